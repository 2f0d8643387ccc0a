#!/usr/bin/env bats
# runs: computing
#
# The life of the supervisor: simulated, explored, printed, mutated.  The programs say
# themselves which seed or world failed, and how to replay it.

load lib

@test "5,000 seeds of boots, rescues, stops and forced ends keep all rules of life" {
	run timeout 900 "$BUILD/test/life/sim" --seeds 5000
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *"5000 seeds,"*" 0 failures"* ]]
}

@test "every order of events in the life of a supervisor keeps them too" {
	run timeout 900 "$BUILD/test/life/explore"
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *" 0 failures"* ]]
	echo "# ${lines[${#lines[@]}-1]}" >&3
}

@test "the table of what becomes of a supervisor is the one that was reviewed" {
	"$BUILD/test/life/transitions" | diff - "$TOP/test/life/transitions.golden"
}

@test "every mutant of life is caught" {
	cd "$TOP"
	run timeout 900 test/engine/mutants.sh life "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" = 0 ]
	[ "${#lines[@]}" -ge 80 ]
}
