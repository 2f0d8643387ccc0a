#!/usr/bin/env bats
# The IPC as the supervisor keeps it: right answers for many, records of every kind of
# wrong, replay, permissions, the endpoint's loss and return, and what hostile or dead
# clients may cost.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc

setup() { ipc_begin; }
teardown() { ipc_end; }

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

boot_sample()
{
	sample
	boot "${1:-container}"
	await "up" in_state up up
	await "slow" in_state slow starting
}

# boot_many N: s1 .. sN, groups, up.
boot_many()
{
	big_tree fan "$1"
	boot_settled container
}

# --- right answers ----------------------------------------------------------------

@test "50 clients that ask at once get 20 right answers each, and nobody another's" {
	boot_many 50
	run timeout "$((PATIENCE * 2))" "$BUILD/test/ipc-herd" "$run" 50 20 50
	has "$output" "1000 answers, 0 wrong"
}

@test "the answers to several requests on one connection bear their ids" {
	boot_sample
	raw verb=status name=up id=11 mute , verb=status name=slow id=12 mute , \
		read id=11 , read id=12
	same answers "$output" $'done up=up\ndone slow=starting'
}

@test "an answer that is not due yet does not hold up later ones" {
	boot_sample
	raw verb=wait goal=3 name=slow mute , verb=status name=up
	has "$output" "done up=up"
}

@test "a request whose answer_by has passed is answered: still waiting" {
	boot_sample
	answers "still waiting slow=starting" verb=wait goal=3 name=slow answer_by=+50
}

# --- records that are wrong ---------------------------------------------------------

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

@test "a record of another version or size is told so" {
	boot_sample
	local different="client and supervisor are of different versions"
	answers "$different" verb=list version=2
	answers "$different" verb=list version=0
	answers "$different" verb=list version=65535
	answers "$different" verb=list size=1023
	answers "$different" verb=list size=0
	# and nothing that it asks for is done
	answers "$different" verb=stop name=up version=2
	same up "$(state up)" up
}

@test "a payload_len that lies is a bad request" {
	boot_sample
	answers "bad request" verb=status name=up payload_len=953
	answers "bad request" verb=status name=up payload_len=65535
	answers "bad request" verb=status name=up payload_len=256
	answers "bad request" verb=status name=up payload_len=952
	answers "not a service name" verb=status name=up payload_len=255
	answers "not a service name" verb=status name=up payload_len=0
	answers "no such service" verb=status name=up payload_len=1
	honest
}

@test "a command with an id of 0 is not carried out, and the connection goes on" {
	boot_sample
	answers $'no record\ndone up=up' verb=stop name=up id=0 , verb=status name=up
}

@test "unknown verbs and goals are bad requests" {
	boot_sample
	local v
	for v in 0 12 255 65535; do answers "bad request" verb="$v"; done
	for v in 6 255 65535; do answers "bad request" verb=wait name=up goal="$v"; done
	for v in 0 1 2; do answers "bad request" verb=wait name=up goal="$v"; done
	honest
}

@test "times below zero are a bad request" {
	boot_sample
	answers "bad request" verb=list expires=-99999999999999
	answers "bad request" verb=list answer_by=-99999999999999
}

@test "a name with bytes that no service has is refused" {
	boot_sample
	answers "not a service name" verb=status name=$'a\nb'
	answers "not a service name" verb=status name=$'\x7f'
	answers "not a service name" verb=status name=/up
	answers "no such service" verb=status name=../../etc
	answers "no such service" verb=start name=../../../../../../../../etc
	answers "no such service" verb=status name="$(printf '%0255d' 0)"
	honest
}

@test "a list from behind its end has no items, and its total" {
	boot_sample
	answers "done" verb=list from=4294967295
	answers "done" verb=dependents name=up from=1000
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

# --- times and replay -------------------------------------------------------------------

@test "a request that has expired is answered so, and not carried out" {
	boot_sample
	answers expired verb=stop name=up expires=-1
	answers expired verb=list expires=1
	same up "$(state up)" up
}

@test "a request that expires more than 30 seconds ahead is refused" {
	boot_sample
	answers "bad request" verb=stop name=up expires=+31000
	same up "$(state up)" up
	answers "done up=up" verb=status name=up expires=+29000
}

@test "a command whose id is repeated is carried out once and answered alike" {
	boot_sample
	local pid
	answers "done up=up" verb=restart name=up goal=1 id=77 expires=+20000
	pid=$(pid_of up)
	answers "done up=up" verb=restart name=up goal=1 id=77 expires=+20000
	answers "done up=up" verb=restart name=up goal=1 id=77 expires=+20000
	same "pid of up" "$(pid_of up)" "$pid"
	same starts "$(happened start up)" 2
}

@test "an id is forgotten when its request has expired" {
	boot_sample
	answers "done up=up" verb=restart name=up id=77 expires=+200
	await "the next start" eval \
		"$BUILD/test/ipc-ask $run verb=restart name=up id=77 expires=+200; happens start up 3"
}

@test "a refusal is repeated as well" {
	boot_sample
	answers "no such service" verb=start name=none id=78 expires=+20000
	stub none
	answers "no such service" verb=start name=none id=78 expires=+20000
	answers "done none=up" verb=start name=none id=79 expires=+20000
}

@test "a pending id that is repeated only renews the return address" {
	boot_sample
	in_background "$BUILD/test/ipc-ask" "$run" verb=start name=slow id=80 expires=+20000 within=10000
	await "the first request" eval "$BUILD/test/ipc-ask $run verb=status name=slow | grep starting"
	in_background "$BUILD/test/ipc-ask" "$run" verb=start name=slow id=80 expires=+20000
	# The second is taken once a third, sent after it, has been answered; it is
	# not answered itself, being pending still.
	honest
	untell hold slow
	await "the answer at the second address" background_said "done slow=up"
	same "at the first" "$(cat "$public/out.0")" ""
	same starts "$(happened start slow)" 1
}

@test "when the memory of commands is full, the next is told busy, and queries go on" {
	boot_sample
	# more than the table has rows
	run timeout "$PATIENCE" "$BUILD/test/ipc-fill" "$run" 2100
	has "$output" busy
	honest
	answers busy verb=stop name=up
	same up "$(state up)" up
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

@test "the user who runs the supervisor commands it, and so does root" {
	as_root
	mkdir -m 755 "$public/mine"
	chown 65534 "$public/mine"
	publish cinit cinit.svc
	cp -r "$BUILD/test/stub" "$public/"
	run=$public/mine/run
	group init
	mkdir -p "$tree/svc/up"
	ln -s /bin/sleep "$tree/svc/up/on"
	put svc/up/on.params 1000
	: >"$tree/svc/up/respawn"
	needs init up
	cp -r "$tree" "$public/tree"
	chmod -R a+rX "$public/tree"
	rm "$public/tree/svc/init/needs/up"
	ln -s ../../up "$public/tree/svc/init/needs/up"
	launch "${NOBODY[@]}" "$public/cinit" -c "$public/tree" -r "$run"
	await "the supervisor" svc -q list
	svc wait up up
	"${NOBODY[@]}" "$public/cinit.svc" -r "$run" restart up
	svc restart up
	"${NOBODY[@]}" "$BUILD/cinit.poweroff" -r "$run" 2>/dev/null ||
		"$BUILD/cinit.poweroff" -r "$run"
	ends_with 0
}

# --- RUNDIR and the lock ----------------------------------------------------------------------

@test "the lock says who supervises, and by which method" {
	boot_sample
	same lock "$("$BUILD/test/ipc-lock" holder "$run")" "$(cinit_pid) $(method)"
	same text "$(cat "$run/lock")" "$(method)"
}

method() { "$BUILD/cinit" -V | sed 's/.*(ipc: \(.*\))/\1/'; }

@test "a second supervisor for the same RUNDIR says who is there, and ends" {
	boot_sample
	run timeout "$PATIENCE" "$BUILD/cinit" -c "$tree" -r "$run"
	same status "$status" 1
	has "$output" "$run: already supervised by pid $(cinit_pid)"
	honest
}

@test "a lock that is held from another PID namespace is named without a pid" {
	boot_sample
	run timeout "$PATIENCE" "${NS[@]}" "$BUILD/cinit" -c "$tree" -r "$run"
	same status "$status" 1
	has "$output" "already supervised by a process of another PID namespace"
}

@test "what a dead supervisor left is taken over" {
	boot_sample
	end_by_force
	[ -S "$run/socket" ] || fail "it left nothing"
	boot container
	await "up" in_state up up
}

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

@test "clients that ask and never read cost nobody else anything" {
	boot_sample
	crowd 50 deaf
	honest
	svc restart up
	honest
}

@test "clients that leave while they wait are forgotten" {
	boot_sample
	local before round
	before=$(descriptors)
	for round in 1 2 3; do
		crowd 500 wait up
		end_background
	done
	await "their descriptors are closed" eval "[ \"\$(descriptors)\" -le $before ]"
	# had their waiters stayed, the table would be full now
	answers "still waiting up=up" verb=wait goal=4 name=up answer_by=+50
}

@test "neither memory nor descriptors grow with 2000 connections" {
	boot_sample
	local fds memory
	crowd 1000 silent
	end_background
	crowd 1000 ask-and-leave
	honest
	fds=$(descriptors) memory=$(field VmRSS)
	crowd 1000 ask-and-leave
	crowd 1000 leave
	honest
	await "descriptors as before" eval "[ \"\$(descriptors)\" -le $fds ]"
	[ "$(field VmRSS)" -le $((memory + ${MEMORY_KB:-200})) ] || fail "from $memory KB to $(field VmRSS)"
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

@test "for a client's sake the supervisor makes no call that could block" {
	[ -z "${UNDER[*]}" ] || skip "its calls are not its own here"
	boot_sample
	local pid
	pid=$(cinit_pid)
	in_background strace -f -o "$public/trace" -p "$pid"
	await "strace" background_said attached
	crowd 30 deaf
	crowd 30 half
	svc list
	svc restart up
	run svc stop none
	svc -t 0.1 wait up slow || :
	honest
	end_background
	kill "${helpers[0]}" 2>/dev/null || :
	wait "${helpers[0]}" 2>/dev/null || :
	grep -q accept4 "$public/trace" || fail "the trace is empty"
	sed -i '/<detached \.\.\.>/d' "$public/trace" # it was in a call when strace left
	whole_calls "$public/trace"
	# Descriptors of clients: accepted non-blocking, read and written with DONTWAIT.
	! grep -E 'accept4?\(' "$public/trace" | grep -v SOCK_NONBLOCK || fail "a blocking accept"
	! grep -E '(recv|send)(from|to|msg|mmsg)\(' "$public/trace" | grep -v MSG_DONTWAIT ||
		fail "a blocking send or receive"
	# Nothing else that waits, but for the loop, which waits for everybody.
	! grep -E "^$pid +(ppoll|poll|select|pselect6|nanosleep|clock_nanosleep|flock|futex|msgrcv|semop|connect|fsync)\(" \
		"$public/trace" | grep -vE 'poll\(.*(, 0\)|tv_sec=0, tv_nsec=0})' || fail "a call that waits"
	! grep -E "^$pid +fcntl\(.*SETLKW" "$public/trace" || fail "waits for a lock"
	# The listener is non-blocking, too.
	same "flags of the listener" "$(listener_flags "$pid")" nonblocking
}

# Calls that were interrupted in the trace, each in one line.
whole_calls()
{
	perl -i -ne '
		if (/^(\d+) +(.*) <unfinished \.\.\.>$/) { $begun{$1} = $2; next }
		s/^(\d+) +<\.\.\. \w+ resumed>/$1  $begun{$1}/;
		print' "$1"
}

# The listener is the one that strace saw in accept4.
listener_flags()
{
	local fd flags
	fd=$(grep -m1 -o 'accept4([0-9]*' "$public/trace")
	flags=$(awk '$1 == "flags:" { print $2 }' "/proc/$1/fdinfo/${fd#*(}")
	[ $((flags & 04000)) -ne 0 ] && echo nonblocking
}

@test "an idle supervisor makes no context switch in 10 seconds" {
	boot_sample
	crowd 5 silent
	honest
	local before after
	await "it has settled" eval '[ "$(switches)" = "$(sleep 0.3; switches)" ]'
	before=$(switches)
	sleep 10 # the span that is measured
	after=$(switches)
	same "context switches" "$((after - before))" 0
}

switches() { field voluntary_ctxt_switches; }
