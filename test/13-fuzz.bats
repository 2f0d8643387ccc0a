#!/usr/bin/env bats
# runs: computing; again: asan
#
# Records by the million against the half of the server that all IPC methods share, the
# shell's requests, the loader and the engine, in one process (test/fuzz/): the same ones
# in every run.
#
#   CINIT_FUZZ   records (1000000)
#
# shellcheck disable=SC2154

load lib

setup() { sweep=$BUILD/test/fuzz/sweep; }

@test "a million records, right and wrong: each is answered once, and only what may be is carried out" {
	run timeout 900 env TMPDIR="$BATS_TEST_TMPDIR" "$sweep" "${CINIT_FUZZ:-1000000}" 1
	same "exit code: $output" "$status" 0
	has "$output" "${CINIT_FUZZ:-1000000} records, seed 1: "
	# and every way through was gone
	[[ $output != *[\ \(]0\ [a-z]* ]] || fail "something never happened: $output"
}

@test "the tree that the sweep makes is gone with it" {
	run timeout 900 env TMPDIR="$BATS_TEST_TMPDIR" "$sweep" 100
	same "left" "$(ls "$BATS_TEST_TMPDIR")" ""
}
