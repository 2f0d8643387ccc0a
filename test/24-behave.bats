#!/usr/bin/env bats
# runs: apart
#
# What loader, engine and launch make of random trees is what it was: checksums of a sample.  What
# has changed shows test/behave/behave.sh, run with this build and one of before; the full form
# with its thousands of trees is there, too.
#
# Where the change is meant, test/golden/behave.txt changes in the same commit:
#     sh test/behave/behave.sh -p 200 -b 30 build OUT
#     grep -v -e raw -e trees OUT/sums >test/golden/behave.txt
#
# shellcheck disable=SC2154

load lib

# behave ARG...: a sample in $out.
behave()
{
	out=$BATS_TEST_TMPDIR/out
	CINIT_TREES='' sh "$TOP/test/behave/behave.sh" "$@" "$BUILD" "$out"
}

# is_golden KIND: what is written of these trees.
is_golden()
{
	diff <(grep "$1" "$TOP/test/golden/behave.txt") <(grep "$1" "$out/sums" | grep -v raw) ||
		fail "compare with what a build of before makes of it: see test/behave/behave.sh"
}

# The golden file was made in the other order.
@test "what cinit.check shows of two hundred trees is what it was, in whatever order directories are read" {
	behave -p 200 -b 0 -R
	is_golden pure
}

@test "what services, off, conf/last and workers are given in thirty trees is what it was" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	behave -p 0 -b 30
	is_golden boot
}
