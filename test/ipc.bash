# ipc.bash - what the tests of the IPC and of its clients share; after lib and boot.
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables of bats and of lib.bash

# boot_begin, in a directory that every user can reach.
ipc_begin()
{
	boot_begin
	public=$(mktemp -d "${TMPDIR:-/tmp}/cinit-test.XXXXXX")
	chmod 755 "$public"
	public=$(cd "$public" && pwd -P)
	run=$public/run
	helpers=()
}

ipc_end()
{
	local pid
	for pid in "${helpers[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	boot_end
	public_end
}

# A service that stays, one that is awaited for long, and one that is not loaded.
sample()
{
	group init
	respawn_stub up
	stub slow other
	needs init up
	wants init slow
	tell hold slow
}

# in_background CMD...: until the test ends; its output is in $public/out.N, and
# its standard input never ends.
in_background()
{
	mkfifo "$public/in.${#helpers[@]}"
	timeout -k 5 $((PATIENCE * 4)) "$@" <>"$public/in.${#helpers[@]}" \
		>"$public/out.${#helpers[@]}" 2>&1 3>&- &
	helpers+=("$!")
}

# What the last of them has printed.
background_output() { cat "$public/out.$((${#helpers[@]} - 1))"; }
background_said() { background_output | grep -qF -e "$1"; }

end_background()
{
	kill "${helpers[-1]}" 2>/dev/null || :
	wait "${helpers[-1]}" 2>/dev/null || :
}

# crowd N HOW [NAME]: so many badly behaved connections, all made.
crowd()
{
	in_background "${AS[@]}" "$BUILD/test/ipc-crowd" "$run/socket" "$@"
	await "the crowd: $*" background_said "ready $1"
}

AS=() # words before a crowd: whose it is

# raw WORD...: records as told; what came back is in $output.
raw()
{
	run timeout "$PATIENCE" "$BUILD/test/ipc-ask" "$run" "$@"
	same "exit code of ipc-ask" "$status" 0
}

# answers LINE WORD...: these records are answered so.
answers()
{
	local line=$1
	shift
	raw "$@"
	same "answer to: $*" "$output" "$line"
}

# An honest client is answered, and soon.  Generous: the machine may be busy, and what
# the same program takes without a request is allowed for; what hangs, hangs for good or
# for the seconds of a time-out.
honest()
{
	local before=$EPOCHREALTIME after alone
	svc -q list
	after=$EPOCHREALTIME
	"$BUILD/cinit.svc" -V >/dev/null
	alone=$EPOCHREALTIME
	before=${before/./} after=${after/./} alone=${alone/./}
	[ $(((after - before) / 1000)) -lt $((${HONEST_MS:-1000} + 4 * (alone - after) / 1000)) ] ||
		fail "an honest client was answered only after $(((after - before) / 1000)) ms"
}

as_root() { [ "$(id -u)" -eq 0 ] || skip "needs root, to be another user"; }

NOBODY=(setpriv --reuid=65534 --regid=65534 --clear-groups --)

# Programs that other users may execute, in $public.
publish()
{
	local name
	for name; do cp -L "$BUILD/$name" "$public/"; done
}

# field NAME: a number from /proc/PID/status of the supervisor.
field() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$(cinit_pid)/status"; }

descriptors() { find "/proc/$(cinit_pid)/fd" -mindepth 1 | wc -l; }

# Ticks of the CPU that the supervisor has used.
cpu() { awk '{ print $14 + $15 }' "/proc/$(cinit_pid)/stat"; }

# The supervisor as it is seen from inside its mount namespace.
inside_run() { echo "/proc/$(cinit_pid)/root$run"; }

# Endpoint is there, ours and open to all.
endpoint_ready()
{
	[ -S "$run/socket" ] && [ "$(stat -c %a "$run/socket")" = 666 ] && svc -q list
}

# tell_cinit SIGNAL
tell_cinit() { kill "-$1" "$(cinit_pid)"; }
