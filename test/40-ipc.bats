#!/usr/bin/env bats
# runs: apart; again: asan
#
# The IPC as the supervisor keeps it with sockets: permissions, RUNDIR, the endpoint's
# loss and return, and what connections may cost.  What is the same for every method:
# 43-conformance.bats.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc

setup() { ipc_begin; }
teardown() { ipc_end; }

boot_sample()
{
	sample
	boot "${1:-container}"
	await "up" in_state up up
	await "slow" in_state slow starting
}

# --- records and connections --------------------------------------------------------

@test "a record with a wrong magic is answered by the end of the connection" {
	boot_sample
	answers closed verb=list magic=0x12345678
	honest
}

@test "a record in the other byte order is answered by the end of the connection" {
	boot_sample
	answers closed verb=list swap
	honest
}

@test "half a record, none, and two in one end the connection and nothing else" {
	boot_sample
	local before how
	before=$(descriptors)
	for how in half empty long; do
		crowd 50 "$how"
		honest
	done
	await "all connections closed" eval "[ \"\$(descriptors)\" -le $((before + 1)) ]"
}

@test "a descriptor that is passed along is dropped" {
	boot_sample
	local before
	before=$(descriptors)
	crowd 20 descriptor
	honest
	# the connections stay open, one descriptor each
	[ "$(descriptors)" -le $((before + 21)) ] || fail "$(descriptors) descriptors, before $before"
}

# --- who may do what -----------------------------------------------------------------------

@test "the endpoint is open to everybody and its directory writable to nobody else" {
	boot_sample
	same endpoint "$(stat -c '%F %a' "$run/socket")" "socket 666"
	same directory "$(stat -c '%a' "$run")" 755
	same lock "$(stat -c '%a' "$run/lock")" 644
}

@test "another user may query, and is denied every command" {
	as_root
	boot_sample
	publish cinit.svc cinit.halt
	ln -s cinit.halt "$public/cinit.reboot"
	local verb as=(timeout "$PATIENCE" "${NOBODY[@]}")
	"${as[@]}" "$public/cinit.svc" -r "$run" list
	"${as[@]}" "$public/cinit.svc" -r "$run" status up
	"${as[@]}" "$public/cinit.svc" -r "$run" wait up up
	for verb in start stop restart try-restart; do
		run --separate-stderr "${as[@]}" "$public/cinit.svc" -r "$run" --only "$verb" up
		same "$verb" "$status $stderr" "4 cinit.svc: up: permission denied"
	done
	for verb in cinit.halt cinit.reboot; do
		run --separate-stderr "${as[@]}" "$public/$verb" -r "$run"
		same "$verb" "$status $stderr" "4 $verb: permission denied"
	done
	same up "$(state up)" up
	same starts "$(happened start up)" 1
}

@test "another user does not have anything loaded" {
	as_root
	boot_sample
	publish cinit.svc
	run "${NOBODY[@]}" "$public/cinit.svc" -r "$run" start other
	same status "$status" 4
	run svc status other
	same "status of other" "$status" 5
}

@test "root of another user namespace is another user" {
	as_root
	boot_sample
	publish cinit.svc
	"${NOBODY[@]}" unshare --user --map-root-user true || skip "no user namespaces here"
	run "${NOBODY[@]}" unshare --user --map-root-user "$public/cinit.svc" -r "$run" stop up
	same status "$status" 4
	run "${NOBODY[@]}" unshare --user --map-root-user "$public/cinit.svc" -r "$run" status up
	same status "$status" 0
}

# --- RUNDIR and the lock ----------------------------------------------------------------------

@test "a RUNDIR that somebody else owns is refused, and the boot goes on" {
	as_root
	mkdir "$run"
	chown 65534 "$run"
	sample
	cinit_as container
	said "a directory that others own or may write"
	await "the boot" happens start up
	[ ! -e "$run/socket" ] || fail "an endpoint in a foreign directory"
}

@test "a RUNDIR that others may write is mended" {
	mkdir -m 777 "$run"
	boot_sample
	same mode "$(stat -c %a "$run")" 755
}

@test "a RUNDIR that is a link or a file is refused, and the boot goes on" {
	mkdir "$public/elsewhere"
	ln -s elsewhere "$run"
	sample
	cinit_as container
	said "ipc: $run"
	await "the boot" happens start up
	same elsewhere "$(ls -A "$public/elsewhere")" ""
	end_by_force
	rm "$run"
	: >"$run"
	: >"$events"
	cinit_as container
	await "the boot" happens start up
}

@test "an endpoint, a lock that is a link are not followed" {
	mkdir "$run"
	echo precious >"$public/precious"
	ln -s ../precious "$run/lock"
	sample
	cinit_as container
	said "ipc: $run"
	await "the boot" happens start up
	same precious "$(cat "$public/precious")" precious
	rm "$run/lock"
	ln -s ../precious "$run/socket"
	tell_cinit USR1
	await "the endpoint" endpoint_ready
	same precious "$(cat "$public/precious")" precious
}

@test "a RUNDIR longer than an address of a socket works" {
	local long
	long=$(printf '%0120d' 0)
	mkdir "$public/$long"
	run=$public/$long/run
	boot_sample
	svc stop up
	same up "$(state up)" down
	same "directory of the supervisor" "$(readlink "/proc/$(cinit_pid)/cwd")" /
}

# --- the endpoint is lost and returns ----------------------------------------------------------

# returns CMD...: what the command destroys is back after USR1.
returns()
{
	boot_sample
	"$@"
	tell_cinit USR1
	await "the endpoint after: $*" endpoint_ready
	same lock "$("$BUILD/test/ipc-lock" holder "$run")" "$(cinit_pid) $(method)"
}

@test "an endpoint that was removed is back after USR1" {
	returns rm "$run/socket"
}

@test "an endpoint that was replaced is back after USR1" {
	replace() { rm "$run/socket" && : >"$run/socket"; }
	returns replace
}

@test "an endpoint whose mode was changed is back after USR1" {
	returns chmod 600 "$run/socket"
}

@test "a lock that was removed is back after USR1" {
	returns rm "$run/lock"
}

@test "a RUNDIR that was removed is back after USR1" {
	returns rm -r "$run"
}

@test "a RUNDIR that was moved away is back after USR1" {
	returns mv "$run" "$public/away"
}

@test "an endpoint that was removed is back when a service comes up" {
	boot_sample
	rm "$run/socket"
	untell hold slow
	await "the endpoint" endpoint_ready
}

@test "a RUNDIR that was removed is back when a service comes up" {
	boot_sample
	rm -r "$run"
	untell hold slow
	await "the endpoint" endpoint_ready
}

@test "clients of an endpoint that is lost get an error, not silence" {
	boot_sample
	in_background "$BUILD/cinit.svc" -r "$run" wait down up
	await "the client" waits 1
	rm "$run/socket"
	tell_cinit USR1
	await "its error" background_said "the supervisor closed the connection"
	await "the endpoint" endpoint_ready
	honest
}

# waits N: so many connections are open (beside the one of nobody).
waits() { [ "$(grep -c "$run/socket" /proc/net/unix)" -gt "$1" ]; }

@test "a RUNDIR whose parent is missing at boot: IPC comes with USR1" {
	run=$public/later/run
	sample
	cinit_as container
	said "ipc: $run"
	await "the boot" happens start up
	mkdir "$public/later"
	tell_cinit USR1
	await "the endpoint" endpoint_ready
	same up "$(state up)" up
}

@test "a RUNDIR whose parent is missing at boot: IPC comes when a service comes up" {
	run=$public/later/run
	sample
	script mount "mkdir $public/later"
	needs up mount
	boot container
	same up "$(state mount)" up
}

@test "a RUNDIR that cannot be written at boot: IPC comes when it can" {
	mkdir "$public/ro"
	run=$public/ro/run
	sample
	launch "${NS[@]}" --mount-proc sh -c \
		"mount -t tmpfs -o ro none $public/ro && exec \"\$@\"" sh \
		"${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	said "Read-only file system"
	await "the boot" happens start up
	same endpoint "$(ls "$(inside_run)" 2>/dev/null)" ""
	nsenter -t "$(cinit_pid)" -m mount -o remount,rw "$public/ro"
	tell_cinit USR1
	await "the endpoint" inside_svc -q list
}

inside_svc() { timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$(inside_run)" "$@"; }

@test "an endpoint under a later mount is made anew when a service comes up" {
	sample
	script mount "mount -t tmpfs none $run"
	boot container
	await "up" in_state up up
	svc --no-wait start mount
	await "the new endpoint" inside_svc -q status mount
	[ -S "$(inside_run)/socket" ] || fail "no endpoint in there"
}

@test "the problem with RUNDIR is said once, not with every service that comes up" {
	run=$public/later/run
	sample
	stub a b c d
	wants init a b c d
	cinit_as container
	for name in a b c d up; do await "$name" happens start "$name"; done
	said "d: starting -> up"
	same lines "$(times_said "ipc: $run")" 1
}

# --- what clients may cost -----------------------------------------------------------------------

@test "1100 silent connections do not keep an honest client from an answer" {
	boot_sample
	crowd 1100 silent
	honest
	svc restart up
	honest
}

@test "1100 silent connections of another user do not keep root or others from answers" {
	as_root
	boot_sample
	publish cinit.svc test/ipc-crowd
	AS=("${NOBODY[@]}")
	in_background "${NOBODY[@]}" "$public/ipc-crowd" "$run/socket" 1100 silent
	await "the crowd" background_said "ready 1100"
	honest
	"${NOBODY[@]}" timeout 5 "$public/cinit.svc" -r "$run" status up
	honest
}

@test "another user's 1100 waiting connections leave room for root's commands" {
	as_root
	boot_sample
	publish test/ipc-crowd
	in_background "${NOBODY[@]}" "$public/ipc-crowd" "$run/socket" 1100 wait up
	await "the crowd" background_said "ready 1100"
	honest
	svc restart up
	svc -t 1 wait up up
}

# Out of whatever it is, it uses next to no time of the CPU.
stays_calm()
{
	local before
	before=$(cpu)
	sleep 2 # a span of time to measure over, not to wait for anything
	[ $(($(cpu) - before)) -lt 20 ] || fail "$(($(cpu) - before)) ticks of CPU in 2 s"
}

@test "out of descriptors for connections, the supervisor does not spin and still answers" {
	sample
	launch "${NS[@]}" --mount-proc prlimit --nofile=40:40 \
		"${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	await "up" in_state up up
	crowd 100 silent
	honest
	stays_calm
	honest
	svc restart up
}

@test "out of descriptors at once, the supervisor does not spin, and answers again later" {
	boot_sample
	local pid soft i
	pid=$(cinit_pid)
	soft=$(prlimit --pid "$pid" --nofile --noheadings -o SOFT)
	prlimit --pid "$pid" --nofile="$(descriptors):"
	honest # the spare one
	crowd 20 silent
	honest
	stays_calm
	honest
	prlimit --pid "$pid" --nofile="${soft// }:"
	honest
	svc restart up
}

@test "a full house: an idle client is not sent away for nobody" {
	sample
	launch "${NS[@]}" --mount-proc prlimit --nofile=40:40 \
		"${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	await "up" in_state up up
	# 20 connections are what 40 descriptors allow
	crowd 19 wait up
	answers $'done up=up\ndone up=up' verb=status name=up , verb=status name=up
}

@test "out of descriptors, and none to be had from a client that waits: no spinning, and later an answer" {
	boot_sample
	local pid soft i
	pid=$(cinit_pid)
	soft=$(prlimit --pid "$pid" --nofile --noheadings -o SOFT)
	prlimit --pid "$pid" --nofile="$(descriptors):"
	# more than there are descriptors: the spare one, and perhaps one in a gap
	# one after the other: who has not asked yet may have to make room for the next
	for i in 1 2 3; do
		in_background "$BUILD/cinit.svc" -r "$run" start slow
		await "it has connected" eval '[ "$(grep -c "$run/socket" /proc/net/unix)" -gt "$i" ]'
	done
	in_background "$BUILD/cinit.svc" -r "$run" status up
	stays_calm
	prlimit --pid "$pid" --nofile="${soft// }:"
	untell hold slow
	for pid in "${helpers[@]}"; do
		wait "$pid" || fail "$(cat "$public"/out.*)"
	done
	background_said "up "
	honest
}
