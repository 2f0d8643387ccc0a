#!/usr/bin/env bats
# runs: computing
#
# The engine: simulated, explored, printed, taken over, mutated.  The programs
# say themselves which seed or graph failed, and how to replay it.

load lib

@test "500 seeds of the simulator keep all rules" {
	run timeout 900 "$BUILD/test/engine/sim" --seeds 500
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *"500 seeds,"*" 0 failures"* ]]
}

@test "every interleaving of every small graph keeps them too" {
	run timeout 900 "$BUILD/test/engine/explore"
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" == *" 0 failures"* ]]
	echo "# ${lines[${#lines[@]}-1]}" >&3
}

@test "the transition table printed from the code is the one that was reviewed" {
	"$BUILD/test/engine/transitions" | diff - "$TOP/test/engine/transitions.golden"
}

@test "a larger graph takes over a running engine in mid-flight" {
	run timeout 900 "$BUILD/test/engine/adopt"
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" != *"not ok"* ]]
}

@test "an engine that contradicts itself is refused with a word, and nothing outside of it is read" {
	run timeout 900 "$BUILD/test/engine/check"
	echo "$output"
	[ "$status" = 0 ]
	[[ "$output" != *"not ok"* ]]
	[ "${#lines[@]}" -ge 60 ]
}

@test "every mutant of the engine is caught" {
	cd "$TOP"
	run timeout 900 test/engine/mutants.sh engine "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" = 0 ]
	[ "${#lines[@]}" -ge 40 ]
}
