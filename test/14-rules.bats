#!/usr/bin/env bats
# runs: computing
#
# The rules of pools: simulated, explored, printed, mutated.  The programs say
# themselves which seed or pool failed, and how to replay it.

load lib

@test "500 seeds of deaths, lies, rolls and changes keep all rules of pools" {
	run timeout 900 "$BUILD/test/pool/sim" --seeds 500
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *"500 seeds,"*" 0 failures"* ]]
}

@test "an idle pool has no deadline, and what always ends or lies starts rarely" {
	run timeout 900 "$BUILD/test/pool/sim" --seeds 0
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *"ok - an idle pool at its idle limit is never woken"* ]]
	[[ "$output" == *"ok - a program that always ends at once starts rarely"* ]]
	[[ "$output" != *"not ok"* ]]
}

@test "every interleaving on every small pool keeps them too" {
	run timeout 900 "$BUILD/test/pool/explore"
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *" 0 failures"* ]]
	echo "# ${lines[${#lines[@]}-1]}" >&3
}

@test "the table of what becomes of a worker is the one that was reviewed" {
	"$BUILD/test/pool/transitions" | diff - "$TOP/test/pool/transitions.golden"
}

@test "every mutant of the rules is caught" {
	cd "$TOP"
	run timeout 900 test/engine/mutants.sh pool "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" = 0 ]
	[ "${#lines[@]}" -ge 60 ]
}
