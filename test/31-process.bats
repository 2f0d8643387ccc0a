#!/usr/bin/env bats
# runs: apart; again: asan
#
# Processes: what a service finds about itself, how it is stopped, what becomes of
# one that cannot be started, and of those that belong to nobody.
#
# shellcheck disable=SC2154,SC2034

load lib
load boot

setup() { boot_begin; }
teardown()
{
	public_end
	boot_end
}


# --- what a service finds ----------------------------------------------------------------

# A service that writes down what it finds, and the same for the caller of cinit.
inside_service()
{
	group init
	needs init looks
	mkdir -p "$tree/svc/looks" "$dir/caller"
	ln -s "$BUILD/test/inside" "$dir/inside"
	ln -s "$BUILD/test/inside" "$dir/caller/inside"
	ln -s "$dir/inside" "$tree/svc/looks/on"
	"${NS[@]}" --mount-proc bash -c 'ulimit -Sn 256; ulimit -Hn 512; exec "$0"' "$dir/caller/inside"
}

# Lines that may differ from machine to machine, but not from the caller's.
as_golden()
{
	awk -F'\t' 'NR == FNR { caller[$1] = $2; next }
		/^(SigCgt|Cap|NoNew|Seccomp|Limit|Nice)/ && $1 != "Limit NOFILE:" && caller[$1] == $2 {
			print $1 "\tas the caller'"'"'s"; next }
		{ print }' "$dir/caller/inside.out" "$dir/inside.out"
}

@test "a service finds itself as a clean process: the golden file" {
	inside_service
	wrap=(bash -c 'ulimit -Sn 256; ulimit -Hn 512; umask 077; cd /tmp; exec "$@"' bash)
	local kind
	for kind in container user machine; do
		rm -f "$dir/inside.out"
		boot_settled $kind
		same looks "$(state looks)" up
		diff -u "$TOP/test/golden/inside.txt" <(as_golden)
		end_by_force
	done
}

@test "signals that cinit's caller ignored or blocked are not so for services" {
	inside_service
	wrap=(bash -c 'ulimit -Sn 256; ulimit -Hn 512; trap "" HUP TERM INT QUIT PIPE USR1 CHLD; exec "$@"' bash
		perl -MPOSIX -e 'sigprocmask(SIG_BLOCK, POSIX::SigSet->new(1 .. 31, 40)); exec @ARGV' "$BUILD/test/ignore")
	boot_settled container
	diff -u "$TOP/test/golden/inside.txt" <(as_golden)
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

@test "a TERM that comes before cinit has looked at anything is not lost" {
	[ -z "${CINIT_UNDER-}" ] || skip "valgrind begins before us"
	respawn_stub init
	for _ in 1 2 3; do
		wrap=("$BUILD/test/early" 15)
		cinit_as container
		ends_with 0
	done
}

@test "descriptors that cinit's caller left open do not come to services" {
	inside_service
	wrap=(bash -c 'ulimit -Sn 256; ulimit -Hn 512; exec 5</dev/null 9<>/dev/null 200</proc/self/status; exec "$@"' bash)
	boot_settled container
	same descriptors "$(grep ^Descriptors "$dir/inside.out")" $'Descriptors:\t0 1 2'
}

@test "with descriptors 0 to 2 closed at birth it comes up, and services have all three" {
	inside_service
	local closed
	for closed in '0<&-' '1>&-' '2>&-' '0<&- 1>&- 2>&-' '0<&- 2>&-'; do
		rm -f "$dir/inside.out"
		wrap=(bash -c 'ulimit -Sn 256; ulimit -Hn 512; exec "$@" '"$closed" bash)
		boot_settled container
		same "descriptors, $closed" "$(grep ^Descriptors "$dir/inside.out")" $'Descriptors:\t0 1 2'
		end_by_force
	done
}

@test "cinit raises its own soft limit of descriptors to the hard one" {
	stub init
	wrap=(bash -c 'ulimit -Sn 100; ulimit -Hn 300; exec "$@"' bash)
	boot_settled container
	same limit "$(awk '/^Max open files/ { print $4, $5 }' "/proc/$(cinit_pid)/limits")" "300 300"
}

# --- arguments and environment -----------------------------------------------------------------

argv_of() { e "[.[] | select(.event == \"${2:-start}\" and .service == \"$1\")][0].argv"; }
env_of() { e "[.[] | select(.event == \"${2:-start}\" and .service == \"$1\")][0].env"; }

@test "arguments are exact to the byte" {
	group init
	stub a b c d e f g h
	needs init a b c d e f g h
	put svc/a/on.params 'one\n two  \n"three" $HOME \\\\ *\n'
	put svc/b/on.params '\n\nx\n\n'
	put svc/c/on.params '\n'
	put svc/d/on.params ''
	put svc/e/on.params 'no newline'
	put svc/f/on.params 'tab\there\x01\x7f\n\xc3\xa4\xff\n'
	put svc/g/on.params '#comment\n-v\r\n'
	boot_settled container
	same init "$(state init)" up
	same a "$(argv_of a)" "[\"$dir/stub\",\"one\",\" two  \",\"\\\"three\\\" \$HOME \\\\\\\\ *\"]"
	same b "$(argv_of b)" "[\"$dir/stub\",\"\",\"\",\"x\",\"\"]"
	same c "$(argv_of c)" "[\"$dir/stub\",\"\"]"
	same d "$(argv_of d)" "[\"$dir/stub\"]"
	same e "$(argv_of e)" "[\"$dir/stub\",\"no newline\"]"
	same "f, the first" "$(e '[.[] | select(.service == "f")][0].argv[1] | explode')" \
		'[116,97,98,9,104,101,114,101,1,127]'
	grep -qaF '"ä\udcff"]' "$events" # the last byte is none of UTF-8
	same g "$(argv_of g)" "[\"$dir/stub\",\"#comment\",\"-v\\r\"]"
	same h "$(argv_of h)" "[\"$dir/stub\"]"
}

@test "argv[0] is the text of the link, and relative links work" {
	group init
	needs init rel
	mkdir -p "$tree/svc/rel"
	ln -s "$BUILD/test/stub" "$tree/svc/rel/program"
	ln -s ./../rel//program "$tree/svc/rel/on"
	boot container
	# the stub looks beside its argv[0], from /
	await rel in_state rel failed || :
	has "$(why rel)" "exit 99"
	script rel 'tr "\0" "\n" </proc/$$/cmdline >'"$dir/cmdline"
	svc start rel
	same cmdline "$(paste -sd' ' "$dir/cmdline")" "/bin/sh $tree/svc/rel/on"
}

@test "on.env is the whole environment, with the service and the profile" {
	group init
	stub a b c
	needs init a b c
	put svc/a/on.env 'A=1\n\nB= two \nnoequals\nA=again\n'
	put svc/b/on.env ''
	put svc/c/on.env 'CINIT_SERVICE=forged\nCINIT_PROFILE=forged\nCINIT_SERVICES=mine\nC='
	export OUTSIDE=not-for-them
	boot_settled container
	same a "$(env_of a)" '["A=1","B= two ","noequals","A=again","CINIT_SERVICE=a","CINIT_PROFILE=init"]'
	same b "$(env_of b)" '["CINIT_SERVICE=b","CINIT_PROFILE=init"]'
	same c "$(env_of c)" '["CINIT_SERVICES=mine","C=","CINIT_SERVICE=c","CINIT_PROFILE=init"]'
}

@test "an argument of 100 KB and 60000 arguments arrive" {
	group init
	stub long many
	needs init long many
	head -c 100000 /dev/zero | tr '\0' x >"$tree/svc/long/on.params"
	seq 60000 >"$tree/svc/many/on.params"
	boot_settled container
	same init "$(state init)" up
	same long "$(e '[.[] | select(.service == "long")][0].argv[1] | length')" 100000
	same many "$(e '[.[] | select(.service == "many")][0].argv | [length, .[1], .[60000]]')" \
		'[60001,"1","60000"]'
}

@test "an off program gets its own arguments and environment, and CINIT_PID of a live process" {
	respawn_stub r
	stub o init
	off_stub r o
	wants init r o
	put svc/r/off.params 'stop\n\n'
	put svc/r/off.env 'OFF=1\n'
	put svc/r/on.params 'start\n'
	boot_settled container
	await r happens start r
	local pid
	pid=$(pid_of r)
	svc stop r
	svc stop o
	same argv "$(argv_of r off)" "[\"$dir/stub-off\",\"stop\",\"\"]"
	same env "$(env_of r off)" "[\"OFF=1\",\"CINIT_SERVICE=r\",\"CINIT_PROFILE=init\",\"CINIT_PID=$pid\"]"
	grep -q CINIT_PID <<<"$(env_of o off)" && fail "CINIT_PID without a process"
	before "off r" "term r"
}

# --- stopping ---------------------------------------------------------------------------------------

@test "off runs only for what was up, never after a failed start" {
	stub init bad good
	off_stub bad good
	wants init bad good
	tell exit bad 1
	boot_settled container
	svc stop bad good
	same "off of bad" "$(happened off bad)" 0
	same "off of good" "$(happened off good)" 1
	same states "$(state bad) $(state good)" "down down"
}

@test "an off program that goes on for ever is killed after the delay, then TERM" {
	respawn_stub init
	off_stub init
	printf '0.3' >"$tree/svc/init/delay"
	tell off-hold init
	boot_settled container
	await init happens start init
	svc stop init
	same "off" "$(happened off init)" 1
	said "init: off -> off-killed"
	before "off init" "term init"
}

@test "an off program that fails or cannot be executed is followed by TERM" {
	group init
	respawn_stub a b
	needs init a b
	ln -s /bin/false "$tree/svc/a/off"
	ln -s /nonesuch "$tree/svc/b/off"
	boot_settled container
	for name in a b; do await $name happens start $name; done
	svc stop a b
	same TERM "$(happened term a) $(happened term b)" "1 1"
}

@test "a service that ignores TERM is killed after its delay, not before" {
	respawn_stub init
	printf '0.5' >"$tree/svc/init/delay"
	tell deaf init
	boot_settled container
	await init happens start init
	local from
	from=$(date +%s%N)
	svc stop init
	[ $((($(date +%s%N) - from) / 1000000)) -ge 500 ]
	same "TERM" "$(happened deaf init)" 1
	same last "$(status_of init .last_exit.signal)" 9
}

@test "a service with a delay of 0 is never killed" {
	respawn_stub init
	printf '0\n' >"$tree/svc/init/delay"
	tell deaf init
	boot_settled container
	await init happens start init
	run -1 timeout $((PATIENCE + 10)) "$BUILD/cinit.svc" -r "$run" -t 6 stop init # longer than the usual 5
	has "$output" "still waiting"
	same init "$(state init)" stopping
	untell deaf init
	kill_service init TERM
	svc wait down init
	never_said "killing"
}

@test "a process that was stopped by SIGSTOP is continued, so that TERM reaches it" {
	respawn_stub init
	printf '60\n' >"$tree/svc/init/delay"
	boot_settled container
	await init happens start init
	kill_service init STOP
	svc stop init
	same "TERM" "$(happened term init)" 1
}

# --- what cannot be started ------------------------------------------------------------------------------

@test "a program that cannot be executed has failed, with the step and the reason" {
	local names=(missing denied interpreter directory loop format)
	group init
	wants init "${names[@]}"
	group "${names[@]}"
	ln -s "$dir/nothing" "$tree/svc/missing/on"
	printf '#!/bin/sh\n' >"$tree/svc/denied/on"
	script interpreter
	printf '#!/nonesuch/interpreter\n' >"$tree/svc/interpreter/on"
	ln -s /tmp "$tree/svc/directory/on"
	ln -s loop2 "$tree/svc/loop/on"
	ln -s on "$tree/svc/loop/loop2"
	script format
	printf 'no program\n' >"$tree/svc/format/on"
	boot_settled container
	same init "$(state init)" up
	same missing "$(why missing)" "exec: No such file or directory"
	same denied "$(why denied)" "exec: Permission denied"
	same interpreter "$(why interpreter)" "exec: No such file or directory"
	same directory "$(why directory)" "exec: Permission denied"
	same loop "$(status_of loop .last_exit.errno)" 40 # ELOOP; libcs differ in its text
	same format "$(why format)" "exec: Exec format error"
	for name in missing denied interpreter directory format; do
		same "$name" "$(state $name)" failed
	done
	same step "$(status_of missing '.last_exit | [.step, .errno] | @csv')" '"exec",2'
}

@test "a respawn service that cannot be executed has failed too, without a loop" {
	group init
	wants init missing
	group missing
	ln -s "$dir/nothing" "$tree/svc/missing/on"
	: >"$tree/svc/missing/respawn"
	boot_settled container
	same missing "$(state missing)" failed
	same times "$(times_said 'missing: waiting -> starting')" 1
}

@test "a busy program backs off, and comes up when its writer is done" {
	stub init other
	needs init written
	wants init other
	stub written
	busy written
	boot container
	said "written: starting -> backoff (exec: Text file busy, again in" # not for long at first
	svc wait other
	exec 9>&-
	await "init" in_state init up
}

@test "more arguments than the kernel takes: that service fails, the others boot" {
	stub init good
	wants init good large
	stub large
	seq 60000 >"$tree/svc/large/on.params"
	wrap=(bash -c 'ulimit -Ss 256; exec "$@"' bash)
	boot_settled container
	same large "$(state large)" failed
	same why "$(why large)" "exec: Argument list too long"
	same good "$(state good)" up
}

@test "when no process can be made services back off, and come up later" {
	[ "$(id -u)" -eq 0 ] || skip "needs a user without other processes"
	public_tree
	dir=$public tree=$public/tree run=$public/run events=$public/log
	cp "$BUILD/test/stub" "$dir/stub"
	chmod 777 "$dir"
	local i
	group init
	for i in {1..8}; do
		respawn_stub "s$i"
		needs init "s$i"
	done
	cp "$BUILD/cinit" "$dir/"
	wrap=(setpriv --reuid=64321 --regid=64321 --clear-groups -- prlimit --nproc=5:64)
	launch "${NS[@]}" --mount-proc sh -c '"$@"; exit $?' sh "${wrap[@]}" \
		"$dir/cinit" -v -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	await "back-off" grep -q 'starting -> backoff (fork: Resource temporarily unavailable' "$log"
	same init "$(state init)" waiting
	setpriv --reuid=64321 --regid=64321 --clear-groups -- \
		prlimit --pid "$(cinit_pid)" --nproc=64:64
	await "init" in_state init up
	same up "$(all_states | grep -c ' up$')" 9
	end_by_force
	public_end
}

@test "with 40 descriptors 60 services come up, are seen to end, and come back" {
	local i
	group init
	for i in {1..60}; do
		respawn_stub "s$i"
		needs init "s$i"
	done
	wrap=(bash -c 'ulimit -n 40; exec "$@"' bash)
	boot_settled container
	same init "$(state init)" up
	for i in 1 30 60; do
		await "s$i" happens start "s$i"
		kill_service "s$i" KILL
		await "s$i again" happens start "s$i" 2
	done
	svc stop s60
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

# --- where nothing is there ---------------------------------------------------------------------------------

# bare: a root with the stub and cinit, nothing else.
bare()
{
	boot_root
	rm -rf "$root/proc"
	mkdir -p "$tree/svc/init"
	ln -s /bin/stub "$tree/svc/init/on"
	: >"$tree/svc/init/respawn"
	"${NS[@]}" chroot "$root" /cinit -V >/dev/null 2>&1 || skip "this build does not run without /proc"
}

@test "without /dev, /proc and an environment it comes up, runs a service and stops" {
	bare
	root_cinit
	svc wait init
	await init happens start init
	same env "$(env_of init)" '["CINIT_SERVICE=init","CINIT_PROFILE=init"]'
	kill -TERM "$(cinit_pid)"
	ends_with 0
	same "TERM" "$(happened term init)" 1
}

@test "the same with descriptors 0 to 2 closed" {
	bare
	launch "${NS[@]}" sh -c 'exec "$@" 0<&- 1>&- 2>&-' sh "$(command -v chroot)" "$root" /cinit -r /run/cinit
	await "the supervisor" svc -q list
	svc wait init
	await init happens start init
	"$BUILD/cinit.poweroff" -r "$run"
	ends_with 0
}

@test "without a writable place for the run directory a service runs all the same" {
	bare
	launch "${NS[@]}" "$(command -v env)" -i "$(command -v chroot)" "$root" /cinit -r /nowhere/at/all
	await init happens start init
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

# --- those that belong to nobody ------------------------------------------------------------------------------

orphans()
{
	group init
	needs init makes
	mkdir -p "$tree/svc/makes"
	ln -s "$BUILD/test/orphans" "$tree/svc/makes/on"
	printf '%s\n' "$1" "$dir/go" >"$tree/svc/makes/on.params"
}

@test "500 orphans are reaped, no zombie is left" {
	orphans 500
	local kind
	for kind in container user; do
		rm -f "$dir/go" "$dir/go.ready"
		boot $kind
		await "the orphans" is_there "$dir/go.ready"
		: >"$dir/go"
		svc wait makes
		nobody() { [ "$(children "$(cinit_pid)" | wc -w)" = 0 ]; }
		await "the last one reaped" nobody
		same zombies "$(zombies)" ""
		end_by_force
	done
}

@test "services that were started more often than there is room for remembering are known by their processes" {
	respawn_stub init a b
	wants init a b
	boot_settled container
	local n
	for n in {2..61}; do # of 64 rows
		svc --no-wait try-restart a
		await "start $n of a" happens start a "$n" # else it may be ended before it says so
	done
	same a "$(state a)" up
	kill_service a KILL
	kill_service b KILL
	await "the start of a" happens start a 62
	await "the start of b" happens start b 2
	same zombies "$(zombies)" ""
}

@test "a service that leaves its work to a child of its own is not confused with it" {
	respawn_stub r
	stub init
	needs init r
	wants init forks
	script forks 'sleep 1000 &' 'exit 0'
	boot_settled container
	same forks "$(state forks)" up
	same r "$(state r)" up
	same "starts" "$(happened start r)" 1
}

# --- signals ----------------------------------------------------------------------------------------------------

@test "an idle supervisor sleeps: no context switch while nothing happens" {
	respawn_stub init
	boot_settled container
	sleeps 0.5
}
