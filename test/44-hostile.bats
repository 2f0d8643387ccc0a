#!/usr/bin/env bats
# runs: shared; again: asan methods
#
# Hostile clients: records of every kind of wrong, very many of them, through a running
# supervisor, whatever its IPC method.
#
#   CINIT_STORM   records of each of the two storms (10000)
#
# shellcheck disable=SC2154,SC2030,SC2031

load lib
load boot
load ipc

setup() { ipc_begin; }
teardown() { ipc_end; }

STORM=${CINIT_STORM:-10000}

# A service that nobody names and must not be touched, and others of every kind.
sample()
{
	group init g1 g2 g3 g/4
	once o1 o2
	respawn_stub steady web
	stub job
	off_stub job
	needs init steady g1
	needs g1 g2 o1
	wants g2 g3
	needs web job g3
	wants init web
	needs o2 o1
}

NAMES=(init g1 g2 g3 g/4 g1 g2 g3 g/4 g1 g2 g3 g/4 g1 g2 g3 g/4 g1 g2 g3 g/4 o1 o2 web job none ../x /etc "")

# storm SEED: what became of it is in $public/out.N.
storm() { in_background "$BUILD/test/ipc-storm" "$run" "$STORM" "$1" steady "${NAMES[@]}"; }

storm_is_over() { ! kill -0 "$1" 2>/dev/null; }

# Everything that has a process is in the list with it, and PID 1 has no other child.
consistent()
{
	local listed living pid
	listed=$(svc --json list | jq -r '.[] | select(.pid != 0) | .pid' | sort)
	living=$(for pid in $(children "$(cinit_pid)"); do
		awk '/^NSpid:/ { print $NF }' "/proc/$pid/status"
	done | sort)
	same "processes in the list and in the namespace" "$listed" "$living"
}

# No memory that a client can make it use: what is private and in use, in KB.
private_memory() { awk '/^RssAnon:/ { print $2 }' "/proc/$(cinit_pid)/status"; }

@test "a storm of right and wrong records harms nobody: honest clients are answered, services stay theirs" {
	local steady_pid before i said
	# What a sanitizer keeps for a while after it was freed is no growth.
	export ASAN_OPTIONS=quarantine_size_mb=1:detect_leaks=0
	sample
	boot_settled container
	steady_pid=$(pid_of steady)
	STORM=2000 storm 1
	wait "${helpers[-1]}"
	before=$(private_memory)
	storm 2
	storm 3
	for i in 1 2; do
		wait "${helpers[i]}" || fail "$(cat "$public/out.$i")"
		said=$(cat "$public/out.$i")
		has "$said" "$STORM posted, "
		has "$said" " 0 wrong, "
		said=${said##*slowest }
		[ "${said% ms}" -lt "${HONEST_MS:-1000}" ] || fail "an honest client was answered only after $said"
	done
	cat "$public"/out.* # shown if the test fails
	same "pid of steady" "$(pid_of steady)" "$steady_pid"
	same "starts of steady" "$(happened start steady)" 1
	[ $(($(private_memory) - before)) -lt 512 ] ||
		fail "memory has grown: $before KB before, $(private_memory) KB now"
	# "busy" while its memory is full of commands that have not expired yet
	await "room for commands" svc start init g/4 o2 web
	svc wait settled
	consistent
	honest
	tell_cinit TERM
	ends_with 0
}
