#!/usr/bin/env bats
# runs: apart; again: asan methods
#
# What every IPC method has to keep, whatever it is made of: written against
# ipc/client.h, cinit.svc and RUNDIR alone, and run with each method (test/run.sh).
#
#   CINIT_PROOF=full    the counts of `make proof-ipc`, else smaller ones
#   CINIT_PROOF=short   smaller still, where only the build differs
#
# The supervisor is PID 1 of a container; its clients live in there too.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

case ${CINIT_PROOF-} in
full)
	CROWD=1000 REQUESTS=100 KILLS=1500 BELLS=1000000 STRANGER=100000 MANY=500 IDLE=10
	CINIT_PATIENCE=${CINIT_PATIENCE:-180}
	;;
short) CROWD=50 REQUESTS=5 KILLS=1 BELLS=1000 STRANGER=500 MANY=20 IDLE=1 ;;
*) CROWD=200 REQUESTS=20 KILLS=200 BELLS=100000 STRANGER=5000 MANY=100 IDLE=2 ;;
esac

load lib
load boot
load ipc
load conformance

setup() { conformance_begin; }
teardown() { ipc_end; }

# --- right answers ----------------------------------------------------------------

@test "8 clients at once get 100 right answers each, and nobody another's" {
	boot_measured
	herd 8 100
	reclaimed
}

@test "$CROWD clients at once get $REQUESTS right answers each, and nobody another's" {
	boot_measured
	herd "$CROWD" "$REQUESTS"
	reclaimed
}

@test "what 1100 clients ask of a supervisor that is stopped is all answered later" {
	boot_measured
	kill -STOP "$supervisor"
	in_background "${IN[@]}" "$BUILD/test/ipc-herd" "$run" 1100 2 "$GROUPS_UP"
	# whatever there is of a queue, pipe, backlog or slots is full, or all have asked
	await "a standstill" background_said "stuck at"
	kill -CONT "$supervisor"
	await "its end" background_said "answers,"
	has "$(background_output)" "2200 answers, 0 wrong, 0 foreign, 0 double, 0 lost"
	reclaimed
}

@test "the answers to several requests on one connection bear their ids" {
	boot_sample
	raw verb=status name=up id=11 mute , verb=status name=slow id=12 mute , \
		read id=11 , read id=12
	same answers "$(sort <<<"$output")" $'done slow=starting\ndone up=up'
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

# no_answer WORD...: to this record there is none, soon or ever.
no_answer()
{
	raw "$@" within=300
	[[ $output == closed || $output == silent ]] || fail "answer to: $*" "$output"
}

@test "a record with a wrong magic is not answered, and not carried out" {
	boot_sample
	no_answer verb=stop name=up magic=0x12345678
	honest
	same up "$(state up)" up
}

@test "a record in the other byte order is not answered, and not carried out" {
	boot_sample
	no_answer verb=stop name=up swap
	honest
	same up "$(state up)" up
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
	for v in 0 65000 65535; do answers "bad request" verb="$v"; done
	for v in 100 255 65535; do answers "bad request" verb=wait name=up goal="$v"; done
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

# --- times and replay -------------------------------------------------------------------

@test "a request that has expired is answered so, and not carried out" {
	boot_sample
	answers expired verb=stop name=up expires=1
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
	local before
	before=$(executions)
	raw verb=restart name=counter goal=1 id=77 expires=+25000
	same "the first" "$output" "done counter=up"
	raw verb=restart name=counter goal=1 id=77 expires=+25000 times="$((MANY * 3))"
	same "the others" "$(sort <<<"$output" | uniq -c | sed 's/^ *//')" "$((MANY * 3)) done counter=up"
	same executions "$(executions)" $((before + 1))
}

@test "a command whose id many connections repeat at once is carried out once" {
	boot_sample
	local before i
	before=$(executions)
	for i in {1..20}; do
		in_background "${IN[@]}" "$BUILD/test/ipc-ask" "$run" \
			verb=restart name=counter goal=1 id=78 expires=+25000 times=20 within=500
	done
	wait_for_all
	same executions "$(executions)" $((before + 1))
	# who came while it was pending has only the last one's answer
	same "answers" "$(sort -u "$public"/out.* | grep -v silent)" "done counter=up"
	answers "done counter=up" verb=restart name=counter goal=1 id=78 expires=+25000
}

@test "an id is forgotten when its request has expired" {
	boot_sample
	answers "done up=up" verb=restart name=up id=77 expires=+2000
	again() { raw verb=restart name=up id=77 expires=+2000 && happens start up 3; }
	await "the next start" again
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
	local i
	for i in 1 2; do
		# what is asked next on the connection is answered when the first was taken
		in_background "${IN[@]}" "$BUILD/test/ipc-ask" "$run" verb=start name=slow id=80 \
			expires=+25000 mute , verb=status name=up , read within=25000
		await "request $i" background_said "done up=up"
	done
	untell hold slow
	await "the answer at the second address" background_said "done slow=up"
	same "at the first" "$(cat "$public/out.0")" "done up=up"
	same starts "$(happened start slow)" 1
}

@test "when the memory of commands is full, the next is told busy, and queries go on" {
	boot_measured
	# more than the table has rows
	run "${IN[@]}" timeout "$PATIENCE" "$BUILD/test/ipc-fill" "$run" 2100
	has "$output" busy
	honest
	answers busy verb=stop name=up
	same up "$(state up)" up
}

# --- clients that die --------------------------------------------------------------------

# killed WHAT KILLS NAME [FILE]: WHAT is asked, and killed at every call, in rounds.
killed()
{
	run "${IN[@]}" timeout "$((PATIENCE * 4))" "$BUILD/test/ipc-kill" "$run" "$1" "$3" "$2" "${@:4}"
	has "$output" " 0 honest failed, "
	has "$output" " 0 not executed once"
	echo "$output"
	prompt "$output"
	reclaimed
}

@test "a client killed at any system call of a query costs nobody anything" {
	boot_measured
	killed status "$KILLS" up
}

@test "a command whose client is killed at any system call, and repeated, is carried out once" {
	boot_measured
	killed command 1 counter "$dir/count"
}

@test "clients that die while they wait are forgotten" {
	boot_measured
	local round
	for round in 1 2 3; do
		hostile 400 wait
		kill_hostile
		honest
		reclaimed
	done
	# had their waiters stayed, the table would be full now
	answers "still waiting up=up" verb=wait goal=4 name=up answer_by=+50
}

# --- clients that may ask, and behave badly ------------------------------------------------

# each_way N TIMES HOW...: hostile clients of all these kinds at once, and in the end dead.
each_way()
{
	local n=$1 times=$2 how
	shift 2
	for how; do hostile "$n" "$how" "$times"; done
	kill_hostile
}

# What they do, an honest client and the supervisor's memory do not feel.
harmless()
{
	local before memory
	each_way "$@" # what a table or stack may need, it has now
	honest
	reclaimed
	before=$(executions) memory=$(memory)
	honest_begin
	each_way "$@"
	honest_end
	reclaimed
	same executions "$(executions)" "$before"
	same "memory, in KB" "$(memory)" "$memory"
	same up "$(state up)" up
}

@test "$MANY silent clients, and as many that come and go, keep nobody from an answer" {
	boot_measured
	harmless "$MANY" 1 silent leave
}

@test "$MANY clients that ask and never read keep nobody from an answer" {
	boot_measured
	# more than there are slots, room in queues, and waiters
	harmless "$MANY" $((1200 / MANY + 1)) deaf wait ask-and-leave
}

@test "hundreds of pieces of records, and what is none, keep nobody from an answer" {
	boot_measured
	harmless 20 $((MANY / 4)) half byte empty long garbage mess
}

@test "hundreds of records of each kind of wrong keep nobody from an answer" {
	boot_measured
	harmless 20 $((MANY / 10)) magic version size swap payload id0 verb goal expired far name forged
}

@test "a supervisor that is stopped while hostile clients fill all there is goes on serving" {
	boot_measured
	local how
	kill -STOP "$supervisor"
	for how in deaf forged half; do hostile "$MANY" "$how" $((1200 / MANY)); done
	kill -CONT "$supervisor"
	honest
	kill_hostile
	honest
	reclaimed
}

@test "a flood of $BELLS bells keeps nobody from an answer, and is over when it is over" {
	boot_measured
	honest_begin
	hostile 1 ring "$BELLS"
	hostile 1 ring-and-leave "$BELLS"
	kill_hostile
	honest_end
	idle 1
}

@test "an idle supervisor makes no context switch in $IDLE seconds, whatever there was before" {
	boot_measured
	herd 8 20
	run "${IN[@]}" timeout "$PATIENCE" "$BUILD/test/ipc-kill" "$run" status up 1
	has "$output" " 0 honest failed"
	each_way 20 2 silent deaf wait half garbage version
	honest
	idle "$IDLE"
}

# --- who may do what -----------------------------------------------------------------------

# refused CMD...: of another user's attempts none is accepted, in whatever CMD makes of it.
refused()
{
	local before
	before=$(executions)
	run "${IN[@]}" timeout "$((PATIENCE * 4))" "$@" \
		"$public/ipc-stranger" "$run" 1 counter "$STRANGER"
	echo "$output"
	has "$output" "attempts, 0 accepted, "
	same "status of ipc-stranger" "$status" 0
	same executions "$(executions)" "$before"
	same up "$(state up)" up
	honest
}

@test "of another user's $STRANGER attempts none is accepted" {
	as_root
	boot_sample
	publish test/ipc-stranger
	refused "${NOBODY[@]}"
}

@test "of $STRANGER attempts of root in another user namespace none is accepted" {
	as_root
	boot_sample
	publish test/ipc-stranger
	refused "${NOBODY[@]}" unshare --user --map-root-user
	refused "${NOBODY[@]}" unshare --user
}

@test "another user's cinit.svc and cinit.halt are denied, with exit code 4" {
	as_root
	boot_sample
	publish cinit.svc cinit.halt
	ln -s cinit.halt "$public/cinit.reboot"
	local verb as=("${IN[@]}" timeout "$PATIENCE" "${NOBODY[@]}")
	for verb in start stop restart try-restart; do
		run --separate-stderr "${as[@]}" "$public/cinit.svc" -r "$run" --only "$verb" up
		same "$verb" "$status" 4
		has "$stderr" "ermission denied"
	done
	for verb in cinit.halt cinit.reboot; do
		run --separate-stderr "${as[@]}" "$public/$verb" -r "$run"
		same "$verb" "$status" 4
	done
	same up "$(state up)" up
	same starts "$(happened start up)" 1
}

@test "no object of ours is writable for others, but a socket, which knows who asks" {
	boot_sample
	herd 8 5
	hostile 5 wait
	same "files below RUNDIR" "$(find "$run" ! -type s -perm /022)" ""
	same RUNDIR "$(stat -c '%u %a' "$run")" "$(id -u) 755"
	same "System V objects" "$(objects | awk 'and_2($2) { print }
		function and_2(mode) { mode = sprintf("%03d", mode % 1000)
			return substr(mode, 2, 1) ~ /[2367]/ || substr(mode, 3, 1) ~ /[2367]/ }')" ""
	# and all are the supervisor's own
	same owners "$(objects | awk '{ print $3, $4 }' | sort -u | grep -vx "0 0")" ""
	same "owners of files" "$(find "$run" ! -uid "$(id -u)")" ""
}

@test "the user who runs the supervisor commands it, and so does root" {
	as_root
	local as=()
	mkdir -m 755 "$public/mine"
	chown 65534 "$public/mine"
	publish cinit cinit.svc cinit.poweroff
	run=$public/mine/run
	group init
	mkdir -p "$tree/svc/up"
	ln -s /bin/sleep "$tree/svc/up/on"
	put svc/up/on.params 1000
	: >"$tree/svc/up/respawn"
	cp -r "$tree" "$public/tree"
	chmod -R a+rX "$public/tree"
	mkdir -p "$public/tree/svc/init/needs"
	ln -s ../../up "$public/tree/svc/init/needs/up"
	launch "${NS[@]}" --mount-proc "${NOBODY[@]}" "$public/cinit" -c "$public/tree" -r "$run"
	enter
	svc wait up up
	"${IN[@]}" "${NOBODY[@]}" "$public/cinit.svc" -r "$run" restart up
	svc restart up
	# it is in there too, and may be ended along with all that is left
	"${IN[@]}" "${NOBODY[@]}" "$public/cinit.poweroff" -r "$run" || :
	ends_with 0
}

# --- the lock ------------------------------------------------------------------------------

@test "the lock says who supervises, and by which method" {
	boot_sample
	same lock "$("${IN[@]}" "$BUILD/test/ipc-lock" holder "$run")" "1 $(method)"
	same text "$(cat "$run/lock")" "$(method)"
	same "mode of it" "$(stat -c '%a' "$run/lock")" 644
	same "mode of the one that decides" "$(stat -c '%a' "$run/instance")" 600
}

# grips read|write FILE [CMD...]: it is locked by a process that the command executes.
grips()
{
	local how=$1 file=$2
	shift 2
	in_background "$@" "$public/ipc-lock" "$how" "$file"
	await "the lock" background_said held
}

@test "a lock file that a stranger has locked for reading keeps no supervisor away" {
	as_root
	publish test/ipc-lock
	boot_sample
	end_by_force
	grips read "$run/lock" "${NOBODY[@]}"
	launch_sample
	await "up" in_state up up
	same lock "$("${IN[@]}" "$BUILD/test/ipc-lock" holder "$run")" "1 $(method)"
	honest
	# nor can he lock what is there now, or open the one that decides
	run "${NOBODY[@]}" "$public/ipc-lock" read "$run/lock" </dev/null
	same "status, of the sign" "$status" 1
	run "${NOBODY[@]}" "$public/ipc-lock" read "$run/instance" </dev/null
	has "$output" "Permission denied"
	# and another supervisor is still kept away
	run timeout "$PATIENCE" "${NS[@]}" "$BUILD/cinit" -c "$tree" -r "$run"
	has "$output" "already supervised"
	end_background
}

@test "a supervisor of before, which locks one file, and one of now keep each other away" {
	publish test/ipc-lock
	boot_sample
	run "$public/ipc-lock" write "$run/lock" </dev/null
	same "the old one, status" "$status" 1
	end_by_force
	grips write "$run/lock"
	run timeout "$PATIENCE" "${NS[@]}" "$BUILD/cinit" -c "$tree" -r "$run"
	same "the new one, status" "$status" 1
	has "$output" "already supervised"
	# it gave back what it had of the lock
	same "the one that decides" "$("$public/ipc-lock" write "$run/instance" </dev/null)" held
	end_background
}

@test "a second supervisor for the same RUNDIR says who is there, and ends" {
	boot_sample
	run "${IN[@]}" timeout "$PATIENCE" "$BUILD/cinit" -c "$tree" -r "$run"
	same status "$status" 1
	has "$output" "$run: already supervised by pid 1"
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
	[ -e "$run/lock" ] || fail "it left nothing"
	launch_sample
	await "up" in_state up up
	honest
}

# --- PID 1 waits for nobody -------------------------------------------------------------------

@test "for a client's sake the supervisor makes no call that could block" {
	[ -z "${UNDER[*]}" ] || skip "its calls are not its own here"
	boot_measured
	local strace
	open_before >"$dir/fds"
	in_background strace -f -T -y -o "$dir/trace" -p "$supervisor"
	strace=$((${#helpers[@]} - 1))
	await "strace" background_said attached
	each_way 10 5 silent deaf wait half byte empty garbage mess magic version expired far forged leave
	herd 20 5
	hostile 30 wait
	kill_hostile
	svc restart up
	run svc stop none
	run svc -t 0.1 wait up slow
	HONEST_MS=5000 honest
	kill "${helpers[strace]}"
	wait "${helpers[strace]}" || :
	helpers[strace]=
	run perl "$TOP/test/calls.pl" "$supervisor" "$run" 1 "$dir/fds" <"$dir/trace"
	echo "$output"
	same "what could block" "$(grep -v ' kinds: ' <<<"$output")" ""
	has "$output" epoll_wait
	same "status of calls.pl" "$status" 0
}
