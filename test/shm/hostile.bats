#!/usr/bin/env bats
# runs: shared
#
# What somebody who may write into the slots of the shm method can do to the supervisor,
# and what clients leave there that die.  Run by run.sh with the shm build, in an IPC
# namespace of its own.
#
#   CINIT_SCRIBBLE    milliseconds of scribbling (5000)
#   CINIT_STEPS       instructions from one kill to the next (35, which makes a hundred)
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load ../lib
load ../boot
load ../ipc

setup()
{
	ipc_begin
	# Steady is up, parked is loaded and down, late is not loaded: nobody commands them.
	group init
	respawn_stub steady parked late
	needs init steady
	wants init parked
	boot container
	svc wait settled
	svc stop parked
	: >"$events"
	steady_pid=$(pid_of steady)
}

teardown() { ipc_end; }

# In the supervisor's PID namespace, where a client's pid means something to it, and
# with its /proc: a sanitizer looks itself up there, and elsewhere may find nobody.
inside() { nsenter -t "$(cinit_pid)" --pid --mount timeout "$((PATIENCE * 4))" "$@"; }

scribble() { inside "$BUILD/test/shm-scribble" "$run" "$@"; }

milliseconds() { echo $((${EPOCHREALTIME/./} / 1000)); }

# A client that asks, board or not, is answered, and soon.
asked_and_answered()
{
	local before
	before=$(milliseconds)
	run timeout "$PATIENCE" "$BUILD/test/ipc-ask" "$run" verb=status name=steady
	same "answer $1" "$output" "done steady=up"
	[ $(($(milliseconds) - before)) -lt "${HONEST_MS:-1000}" ] || fail "$1: answered after $(($(milliseconds) - before)) ms"
}

nothing_was_done()
{
	same "events of services" "$(cat "$events")" ""
	same "pid of steady" "$(pid_of steady)" "$steady_pid"
	same "parked" "$(state parked)" down
}

# Asks until the scribbler has ended: any answer will do, a crash will not.
ask_meanwhile()
{
	local code
	while kill -0 "$1" 2>/dev/null; do
		code=0
		timeout "$PATIENCE" "$BUILD/test/ipc-ask" "$run" verb=status name=steady within=100 \
			expires=+200 >>"$public/asked" 2>&1 || code=$?
		[ "$code" -lt 124 ] || fail "ipc-ask ended with $code"
	done
}

# The board is another segment: whoever reads it is told the truth at any time.
read_meanwhile()
{
	local states=''
	while kill -0 "$1" 2>/dev/null; do
		states=$(svc --json list | jq -r '.[] | "\(.name)=\(.state)"' | tr '\n' ' ')
		same "on the board" "$states" "init=up steady=up parked=down "
		board_reads=$((board_reads + 1))
	done
}

@test "slots that are scribbled over make nobody act, and honest clients are served again at once" {
	local scribbler before board_reads=0
	in_background nsenter -t "$(cinit_pid)" --pid --mount "$BUILD/test/shm-scribble" "$run" "${CINIT_SCRIBBLE:-5000}" 1
	scribbler=${helpers[-1]}
	ask_meanwhile "$scribbler" &
	helpers+=("$!")
	read_meanwhile "$scribbler"
	wait "$scribbler" || fail "$(cat "$public/out.0")"
	asked_and_answered "after the scribbling"
	wait "${helpers[1]}"
	cat "$public/out.0"
	sort "$public/asked" | uniq -c
	[ "$board_reads" -gt 5 ] || fail "the board was read $board_reads times"
	nothing_was_done
	before=$(cpu)
	sleep 1 # in which it does nothing
	[ $(($(cpu) - before)) -le 2 ] || fail "it is still at work: $(($(cpu) - before)) ticks in a second"
}

@test "slots that all seem to be in use are given to honest clients within a second" {
	local state pid
	for state in 1 2 3 4 5 7; do
		for pid in 0 1 -1 2 30000; do
			scribble fill "$state" "$pid"
			asked_and_answered "with all in state $state, of pid $pid"
		done
	done
	nothing_was_done
}

@test "requests that others say were not made are taken all the same, within two seconds" {
	local HONEST_MS=2000
	in_background nsenter -t "$(cinit_pid)" --pid "$BUILD/test/shm-scribble" "$run" unask 10000
	for _ in 1 2 3 4 5; do asked_and_answered "while no slot is said to be published"; done
	kill -0 "${helpers[-1]}" || fail "too slow to tell"
	nothing_was_done
}

@test "a client that is killed after any one instruction of a request leaves no slot behind" {
	local stride=${CINIT_STEPS:-35} before first
	first=$((RANDOM % stride))
	echo "every $stride instructions from $first on"
	run inside "$BUILD/test/shm-step" "$run" steady "$first" "$stride"
	same "exit code: $output" "$status" 0
	echo "$output"
	lacks "$output" " 0 left a slot in use"
	asked_and_answered "after all kills"
	before=$(milliseconds)
	await "all slots free" eval '[ "$(scribble used)" = 0 ]'
	[ $(($(milliseconds) - before)) -lt $((2 * ${HONEST_MS:-1000})) ] || fail "reclaimed only after $(($(milliseconds) - before)) ms"
	nothing_was_done
}
