#!/usr/bin/env bats
# runs: apart; again: asan
#
# Shutdown: in reverse order and in parallel, nobody is left, and how it ends.
#
# shellcheck disable=SC2154

load lib
load boot

setup() { boot_begin; }
teardown() { boot_end; }

poweroff() { timeout "$PATIENCE" "$BUILD/cinit.poweroff" -r "$run"; }

# A service that leaves a process behind which nobody awaits; it writes its name
# down when TERM comes, and ends then unless it is told to be deaf.
straggler()
{
	local trap="echo termed >>$dir/termed; exit"
	[ "${2-}" != deaf ] || trap="echo termed >>$dir/termed"
	script "$1" "(trap '$trap' TERM; echo here >$dir/here; while :; do sleep 0.05; done) &" \
		"until [ -e $dir/here ]; do sleep 0.01; done"
}

# Seconds since the mark.
mark() { marked=$(date +%s%N); }
since_mark_ms() { echo $((($(date +%s%N) - marked) / 1000000)); }

# --- order ---------------------------------------------------------------------------

@test "services stop in the exact reverse of their start" {
	respawn_stub init a b c d
	needs init d
	needs d b c
	needs b a
	needs c a
	boot_settled container
	local name
	for name in init a b c d; do await "$name" happens start $name; done
	poweroff
	ends_with 0
	before "end init" "term d"
	before "end d" "term b"
	before "end d" "term c"
	before "end b" "term a"
	before "end c" "term a"
}

@test "what wants a service is stopped before it" {
	respawn_stub init a w
	needs init a
	wants a w
	boot_settled container
	for name in init a w; do await "$name" happens start $name; done
	poweroff
	ends_with 0
	before "end init" "term a"
	before "end a" "term w"
}

@test "services that do not depend on each other stop at the same time" {
	group init
	respawn_stub a b c
	needs init a b c
	local name
	for name in a b c; do
		tell deaf $name
		printf 60 >"$tree/svc/$name/delay" # a machine under load kills slowly
	done
	boot_settled container
	for name in a b c; do await "$name" happens start $name; done
	poweroff
	for name in a b c; do await "$name hears TERM" happens deaf $name; done
	for name in a b c; do untell deaf $name; done
	# told once: now by force, each by its own PID
	for name in a b c; do kill_service $name KILL; done
	ends_with 0
}

@test "an off program runs to its end before what its service needs is stopped" {
	group init
	respawn_stub base
	stub mounted
	off_stub mounted
	needs init mounted
	needs mounted base
	tell off-time mounted 100
	boot_settled container
	await base happens start base
	poweroff
	ends_with 0
	before "off mounted" "term base"
	local at_off_end at_term
	at_off_end=$(last_line "end mounted") at_term=$(first_line "term base")
	[ "$at_off_end" -lt "$at_term" ] || fail "$(order)"
}

@test "a once-service without off is simply down, and off never runs for what was not up" {
	stub init bad
	off_stub init bad
	wants init bad
	tell exit bad 1
	boot_settled container
	poweroff
	ends_with 0
	same "off of init" "$(happened off init)" 1
	same "off of bad" "$(happened off bad)" 0
}

@test "a service that ignores TERM is killed after its delay, also in a shutdown" {
	respawn_stub init
	printf '0.3\n' >"$tree/svc/init/delay"
	tell deaf init
	boot_settled container
	await init happens start init
	mark
	poweroff
	ends_with 0
	[ "$(since_mark_ms)" -ge 300 ] || fail "after $(since_mark_ms) ms"
	said "init: stopping -> killing"
	same "TERM" "$(happened deaf init)" 1
}

@test "a service that survives KILL is given up after 30 seconds, and what it needs is stopped then" {
	respawn_stub init hung base
	needs init hung
	needs hung base
	printf '0.3\n' >"$tree/svc/hung/delay"
	tell deaf hung
	boot_settled container
	await init happens start init
	local PATIENCE=$((PATIENCE + 40)) pid
	pid=$(pid_of hung)
	"$BUILD/test/hold" "$(outer "$pid")" >"$dir/held" 3>&- &
	local holder=$!
	await "hung to be held" grep -q held "$dir/held"
	mark
	poweroff
	said "hung: stopping -> killing"
	said "hung: process $pid has not ended 10 s after KILL"
	same "TERM to base before hung is given up" "$(happened term base)" 0
	said "hung: process $pid survives KILL, going on without it"
	[ "$(since_mark_ms)" -ge 30000 ] || fail "after $(since_mark_ms) ms"
	await "base to be told" happens term base
	kill "$holder"
	ends_with 0
	before "end init" "term base"
	never_said "other processes"
}

@test "a delay of 0 is never, and in a shutdown until it is asked for again" {
	respawn_stub init
	printf '0\n' >"$tree/svc/init/delay"
	tell deaf init
	boot_settled container
	await init happens start init
	mark
	poweroff
	said "waiting for init: process"
	[ "$(since_mark_ms)" -ge 5000 ] || fail "after $(since_mark_ms) ms"
	same init "$(state init)" stopping
	poweroff
	ends_with 0
	said "init: stopping -> killing"
}

@test "a stop that was waiting for ever is bounded when a shutdown begins" {
	group init
	respawn_stub s
	needs init s
	printf '0\n' >"$tree/svc/s/delay"
	tell deaf s
	boot_settled container
	await s happens start s
	svc --no-wait stop s
	await "s hears TERM" happens deaf s
	local has
	has=$(svc status s || :)
	[[ "$has" != *"KILL in"* ]] || fail "$has"
	poweroff
	run -3 svc status s
	[[ "$output" =~ "KILL in "(8[5-9]|90)"." ]] || fail "$output"
	poweroff
	ends_with 0
	said "s: stopping -> killing"
}

@test "waiting, blocked, failed and backing-off services go down at once" {
	group init
	stub never bad held
	wants init never behind crashes held
	stub behind
	needs behind bad
	needs never held
	tell exit bad 1
	tell hold held
	script crashes 'exit 1'
	: >"$tree/svc/crashes/respawn"
	boot container
	await held happens start held
	await "back-off" in_state crashes backoff
	await "blocked" in_state behind blocked
	poweroff
	ends_with 0
	same "starts of never" "$(happened start never)" 0
	same "TERM" "$(happened term held)" 1
}

@test "200 services with a chain of 50 among them stop in order" {
	local i
	group init
	for i in {1..150}; do
		respawn_stub "flat/$i"
		needs init "flat/$i"
	done
	respawn_stub chain/1
	for i in {2..50}; do
		respawn_stub "chain/$i"
		needs "chain/$i" "chain/$((i - 1))"
	done
	needs init chain/50
	boot_settled container
	all() { [ "$(e '[.[] | select(.event == "start")] | length')" = 200 ]; }
	await "all" all
	poweroff
	ends_with 0
	same ends "$(e '[.[] | select(.event == "end")] | length')" 200
	same chain "$(order | grep 'end chain/' | sed 's,.*/,,' | paste -sd' ')" "$(seq -s' ' 50 -1 1)"
}

# --- stragglers ---------------------------------------------------------------------------

@test "a process that a service left behind gets TERM, and cinit leaves when it has gone" {
	straggler init
	printf '20\n' >"$tree/conf/sleep_before_kill"
	boot_settled container
	mark
	poweroff
	ends_with 0
	same heard "$(cat "$dir/termed")" termed
	[ "$(since_mark_ms)" -lt 15000 ] || fail "after $(since_mark_ms) ms"
}

@test "a straggler that ignores TERM is killed after conf/sleep_before_kill" {
	straggler init deaf
	printf '0.5\n' >"$tree/conf/sleep_before_kill"
	boot_settled container
	mark
	poweroff
	ends_with 0
	[ "$(since_mark_ms)" -ge 500 ] || fail "after $(since_mark_ms) ms"
	same heard "$(cat "$dir/termed")" termed
}

@test "a straggler that is stopped by SIGSTOP ends by TERM all the same" {
	straggler init
	printf '20\n' >"$tree/conf/sleep_before_kill"
	boot_settled container
	local pid
	pid=$(children "$(cinit_pid)" | tr -d ' ')
	kill -STOP "$pid"
	mark
	poweroff
	ends_with 0
	[ "$(since_mark_ms)" -lt 15000 ] || fail "after $(since_mark_ms) ms"
}

@test "a straggler in a session of its own, with children, does not outlive cinit" {
	script init "setsid sh -c 'trap \"\" TERM; (sleep 1001 & sleep 1002) & echo >$dir/here; sleep 1003' &" \
		"until [ -e $dir/here ]; do sleep 0.01; done"
	printf '0.2\n' >"$tree/conf/sleep_before_kill"
	local kind
	for kind in container user; do
		rm -f "$dir/here"
		boot_settled $kind
		poweroff
		ends_with 0
	done
}

@test "in user mode nobody is left behind, however deep and deaf" {
	script init "setsid sh -c 'trap \"\" TERM; (setsid sh -c \"echo \\\$\\\$ >$dir/deep; exec sleep 1004\" &) ; echo >$dir/here; sleep 1005' &" \
		"until [ -s $dir/deep ] && [ -e $dir/here ]; do sleep 0.01; done"
	printf '0.2\n' >"$tree/conf/sleep_before_kill"
	# a PID 1 that stays, so that one can look who is left
	launch "${NS[@]}" --mount-proc sh -c '"$@"; echo "code $?" >'"$dir/code"'
		until [ -e '"$dir/looked"' ]; do sleep 0.02; done; exit 0' sh \
		"${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	svc wait settled
	local init
	sleepers() {
		local pid
		for pid in $(children "$init"); do
			tr '\0' ' ' <"/proc/$pid/cmdline" && echo
		done 2>/dev/null | grep "^sleep $1" || :
	}
	init=$(children "$(children "$launched" | tr -d ' ')" | tr -d ' ')
	poweroff
	await "its end" is_there "$dir/code"
	same code "$(cat "$dir/code")" "code 0"
	same "left behind" "$(sleepers 100)" ""
	: >"$dir/looked"
	ends_with 0
}

# --- conf/last --------------------------------------------------------------------------------

last_stub()
{
	ln -s "$dir/stub" "$tree/conf/last"
	printf -- '-a\n\nb c\n' >"$tree/conf/last.params"
	printf 'ONE=1\n\nTWO=2 2\n' >"$tree/conf/last.env"
}

@test "conf/last runs when everything is down, with its arguments and environment" {
	respawn_stub init
	straggler s
	wants init s
	last_stub
	boot_settled container
	await init happens start init
	poweroff
	ends_with 0
	before "end init" "start conf"
	same argv "$(e '[.[] | select(.event == "start" and .service == "conf")][0].argv[1:]')" \
		'["-a","","b c"]'
	same env "$(e '[.[] | select(.event == "start" and .service == "conf")][0].env')" \
		'["ONE=1","TWO=2 2"]'
	same heard "$(cat "$dir/termed")" termed
	same "ends" "$(happened end conf)" 1
}

@test "conf/last does not run in user mode" {
	stub init
	last_stub
	boot_settled user
	poweroff
	ends_with 0
	same "conf/last" "$(happened start conf)" 0
}

@test "a conf/last that fails or cannot be executed does not hold up the end" {
	stub init
	ln -s /nonesuch "$tree/conf/last"
	boot_settled container
	poweroff
	ends_with 0
	said "conf/last: exec: No such file or directory"
	rm "$tree/conf/last"
	script ../conf/last-program 'exit 3'
	ln -s last-program/on "$tree/conf/last"
	boot_settled container
	poweroff
	ends_with 0
	said "conf/last: exit 3"
}

@test "what conf/last leaves running does not hold up the end" {
	stub init
	script ../conf/last-program 'sleep 1000 & exit 0'
	ln -s last-program/on "$tree/conf/last"
	boot_settled container
	mark
	poweroff
	ends_with 0
	[ "$(since_mark_ms)" -lt $((PATIENCE * 1000)) ]
}

# --- clients meanwhile ----------------------------------------------------------------------------

# A shutdown that lasts until the test lets it end.
long_shutdown()
{
	group init
	respawn_stub slow
	needs init slow
	stub other
	tell deaf slow
	printf '60\n' >"$tree/svc/slow/delay"
	boot_settled container
	await slow happens start slow
	poweroff
	await "slow hears TERM" happens deaf slow
}

@test "during a shutdown start is refused, status and list work" {
	long_shutdown
	run -1 svc start init
	has "$output" "init: shutting down"
	run -1 svc restart slow
	run -3 svc status slow
	has "$output" "has not ended, KILL in"
	has "$output" stopping
	run -0 svc list
	has "$output" slow
	same "starts of other" "$(happened start other)" 0
	same "starts of slow" "$(happened start slow)" 1
	kill_service slow KILL
	ends_with 0
}

@test "a service that the boot did not reach is not loaded during a shutdown" {
	long_shutdown
	run -1 svc start other
	has "$output" "other: shutting down"
	same services "$(all_states | cut -d' ' -f1 | sort | paste -sd' ')" "init slow"
	kill_service slow KILL
	ends_with 0
}

# --- asked for again -------------------------------------------------------------------------------

# Time itself is what is waited for: later than requests that are one.
two_seconds() { [ "$(since_mark_ms)" -ge 2100 ]; }
next_request_counts() { await "two seconds" two_seconds; } # since the last one was heard

# kill_in SERVICE: the seconds that it has, without what comes behind the point.
kill_in() { svc status "$1" | sed -n 's/.*KILL in \([0-9]*\)\..*/\1/p'; }
kill_in_between() { local n; n=$(kill_in "$1"); [ -n "$n" ] && [ "$n" -ge "$2" ] && [ "$n" -le "$3" ]; }

# Services that do not hear TERM: one that has 60 seconds, and one that has no limit.
two_deaf_services()
{
	group init
	respawn_stub slow endless
	needs init slow endless
	tell deaf slow
	tell deaf endless
	printf '60\n' >"$tree/svc/slow/delay"
	printf '0\n' >"$tree/svc/endless/delay"
	boot_settled "$1"
	await slow happens start slow
	await endless happens start endless
}
both_hear_term() { happens deaf slow && happens deaf endless; }

@test "a stop signal that comes twice within milliseconds is one request: the service has its time" {
	script init "trap 'until [ -e $dir/told ]; do sleep 0.02; done; echo flushed >$dir/flushed; exit 0' TERM" \
		"echo >$dir/here; while :; do sleep 0.05; done"
	: >"$tree/svc/init/respawn"
	printf '0\n' >"$tree/svc/init/delay"
	local kind
	for kind in container user; do
		rm -f "$dir/flushed" "$dir/here" "$dir/told"
		boot_settled $kind
		await "init" is_there "$dir/here"
		mark
		kill -TERM "$(cinit_pid)"
		said "stop: stopping all services"
		kill -TERM "$(cinit_pid)"
		kill -INT "$(cinit_pid)"
		poweroff
		[ "$(since_mark_ms)" -ge 2000 ] || never_said "asked for again" # they were one
		: >"$dir/told"
		ends_with 0
		is_there "$dir/flushed" || fail "it was killed before it had written"
		never_said "-> killing"
	done
}

@test "a second request limits what has no limit, shortens nobody's own, and says what is awaited" {
	two_deaf_services container
	kill -TERM "$(cinit_pid)"
	await "both to hear TERM" both_hear_term
	mark
	kill_in_between endless 80 90 || fail "endless: $(kill_in endless)"
	run -0 poweroff
	[[ "$output" =~ "cinit.poweroff: waiting: endless: stopping: process "[0-9]+" has not ended, KILL in 8" ]] ||
		fail "$output"
	said "waiting for slow: process"
	never_said "asked for again"
	next_request_counts
	mark
	kill -QUIT "$(cinit_pid)"
	said "stop: asked for again"
	kill_in_between endless 5 10 || fail "endless: $(kill_in endless)"
	kill_in_between slow 45 58 || fail "slow: $(kill_in slow)"
	same "killed" "$(times_said '-> killing')" 0
	await "endless to be killed" grep -qF "endless: stopping -> killing" "$log"
	[ "$(since_mark_ms)" -ge 10000 ] || fail "killed after $(since_mark_ms) ms"
	never_said "slow: stopping -> killing"
	mark
	kill -TERM "$(cinit_pid)"
	said "stop: asked for a third time"
	ends_with 0
	said "slow: stopping -> killing"
	[ "$(since_mark_ms)" -ge 1000 ] || fail "after $(since_mark_ms) ms"
	same "said" "$(times_said 'stopping all services')" 1
	same "TERM" "$(happened deaf slow)" 1
}

@test "the third request leaves everybody a second, in the order of the stop" {
	respawn_stub init base
	needs init base
	local name
	for name in init base; do
		tell deaf $name
		printf '60\n' >"$tree/svc/$name/delay"
	done
	boot_settled user
	for name in init base; do await $name happens start $name; done
	kill -TERM "$(cinit_pid)"
	said "stop: stopping all services"
	mark
	next_request_counts
	kill -INT "$(cinit_pid)"
	said "stop: asked for again"
	mark
	next_request_counts
	same "killed" "$(times_said '-> killing')" 0
	mark
	kill -PWR "$(cinit_pid)"
	ends_with 0
	[ "$(since_mark_ms)" -ge 2000 ] || fail "after $(since_mark_ms) ms"
	said "init: stopping -> killing"
	said "base: stopping -> killing"
	before "deaf init" "deaf base"
}

@test "the first request after the end of an essential service hurries nobody" {
	two_deaf_services container
	respawn_stub job
	needs init job
	: >"$tree/svc/job/essential"
	hup
	svc start job
	await job happens start job
	kill_service job USR1
	await "both to hear TERM" both_hear_term
	mark
	next_request_counts
	poweroff
	mark
	kill_in_between endless 70 90 || fail "endless: $(kill_in endless)"
	next_request_counts
	poweroff
	kill_in_between endless 5 10 || fail "endless: $(kill_in endless)"
	for name in slow endless; do kill_service $name KILL; done
	ends_with 138
}

@test "on a machine TERM and ctrl-alt-del change and hurry nothing, 37 to 39 and clients change how" {
	two_deaf_services machine
	kill -TERM "$(cinit_pid)"
	await "both to hear TERM" both_hear_term
	local n
	for n in 1 2; do
		mark
		next_request_counts
		kill -INT "$(cinit_pid)"
		kill -TERM "$(cinit_pid)"
		said "waiting for endless: process"
	done
	kill_in_between endless 70 90 || fail "endless: $(kill_in endless)"
	never_said "reboot"
	kill -39 "$(cinit_pid)" # counts as the second
	said "reboot: instead of the power off"
	said "reboot: asked for again"
	kill_in_between endless 5 10 || fail "endless: $(kill_in endless)"
	timeout "$PATIENCE" "$BUILD/cinit.halt" -r "$run"
	said "halt: instead of the reboot"
	kill -39 "$(cinit_pid)"
	said "reboot: instead of the halt"
	for n in slow endless; do kill_service $n KILL || :; done # perhaps it was a third request
	ends_with 129
	said "reboot: now"
}

# The processor's time that it has used.
ticks() { awk '{ print $14 + $15 }' "/proc/$(cinit_pid)/stat"; }
eight_seconds() { [ "$(since_mark_ms)" -ge 8000 ]; }

@test "a forced end that is held up does not spin, names who holds it up, and is not put off" {
	respawn_stub init
	tell deaf init
	printf '0.5\n' >"$tree/svc/init/delay"
	boot_settled container
	await init happens start init
	local pid before after
	pid=$(pid_of init)
	"$BUILD/test/hold" "$(outer "$pid")" >"$dir/held" 3>&- &
	local holder=$!
	await "init to be held" grep -q held "$dir/held"
	poweroff
	said "init: held -> stopping" # CONT stops it for its holder, perhaps before it hears TERM
	mark
	timeout "$PATIENCE" "$BUILD/cinit.poweroff" -f -r "$run"
	said "stop: at once, everybody is killed"
	said "waiting for other processes, "
	said "process $pid ("
	before=$(ticks)
	timeout "$PATIENCE" "$BUILD/cinit.poweroff" -f -r "$run"
	await "eight seconds" eight_seconds
	after=$(ticks)
	[ "$((after - before))" -lt 50 ] || fail "$((after - before)) ticks in three seconds"
	said "a process survives KILL, going on without it"
	[ "$(since_mark_ms)" -ge 9000 ] || fail "after $(since_mark_ms) ms"
	[ "$(since_mark_ms)" -lt 14000 ] || fail "put off: after $(since_mark_ms) ms"
	kill "$holder"
	ends_with 0
}

@test "every waiter is answered when a shutdown comes" {
	respawn_stub base
	stub init held
	needs init base held
	tell hold held
	tell deaf base
	printf '60\n' >"$tree/svc/base/delay"
	boot container
	await held happens start held
	local pids=() name code
	for name in init held; do
		svc start $name >"$dir/out-$name" 2>&1 3>&- &
		pids+=($!)
		svc wait up $name >>"$dir/out-$name" 2>&1 3>&- &
		pids+=($!)
	done
	# all four have connected: they are descriptors of the supervisor
	connected() { [ "$(method)" != socket ] || [ "$(find "/proc/$(cinit_pid)/fd" -lname 'socket:*' | wc -l)" -ge 5 ]; }
	await "four clients" connected
	poweroff
	for name in "${pids[@]}"; do
		code=0
		wait "$name" || code=$?
		same "a waiter's code" "$code" 1
	done
	kill_service base KILL
	ends_with 0
	cat "$dir"/out-*
}

@test "wait down is answered with yes by a shutdown" {
	respawn_stub init
	boot_settled container
	await init happens start init
	svc wait down init >"$dir/out" 2>&1 3>&- &
	local waiter=$!
	connected() { [ "$(method)" != socket ] || [ "$(find "/proc/$(cinit_pid)/fd" -lname 'socket:*' | wc -l)" -ge 2 ]; }
	await "the client" connected
	poweroff
	wait "$waiter" || fail "$? $(cat "$dir/out")"
	ends_with 0
}

@test "after the end clients say that no supervisor answers" {
	stub init
	boot_settled container
	poweroff
	ends_with 0
	run -7 svc list
	run -7 timeout 10 "$BUILD/cinit.poweroff" -r "$run"
}

# --- by signal -----------------------------------------------------------------------------------------

@test "TERM, INT, QUIT, PWR and 37 to 39 stop everything and exit 0, in a container" {
	respawn_stub init
	local sig
	for sig in TERM INT QUIT PWR 37 38 39; do
		: >"$events"
		boot_settled container
		await init happens start init
		kill "-$sig" "$(cinit_pid)"
		ends_with 0
		same "TERM after $sig" "$(happened term init)" 1
	done
}

@test "TERM, INT, QUIT, PWR and 37 to 39 stop everything and exit 0, in user mode" {
	respawn_stub init
	local sig
	for sig in TERM INT QUIT PWR 37 38 39; do
		: >"$events"
		boot_settled user
		await init happens start init
		kill "-$sig" "$(cinit_pid)"
		ends_with 0
		same "TERM after $sig" "$(happened term init)" 1
	done
}

@test "other signals do not disturb a supervisor" {
	respawn_stub init
	boot_settled container
	local sig last=64
	[ -z "${CINIT_UNDER-}" ] || last=63 # valgrind's own
	for sig in ALRM USR2 PIPE WINCH URG CHLD CONT TSTP TTIN VTALRM PROF IO 34 35 40 50 $last; do
		kill "-$sig" "$(cinit_pid)"
	done
	said "USR2"
	same init "$(state init)" up
	same "starts" "$(happened start init)" 1
}

@test "halt, power off and reboot are one in a container" {
	stub init
	local name
	for name in halt poweroff reboot; do
		boot_settled container
		timeout "$PATIENCE" "$BUILD/cinit.$name" -r "$run"
		ends_with 0
	done
}

# --- the end of a machine ------------------------------------------------------------------------------------

@test "a machine is halted, powered off and rebooted by reboot(2)" {
	respawn_stub init
	local name
	# its namespace is ended by INT for power off and halt, by HUP for a restart
	for name in halt:130 poweroff:130 reboot:129; do
		boot_settled machine
		timeout "$PATIENCE" "$BUILD/cinit.${name%:*}" -r "$run"
		ends_with "${name#*:}"
	done
	said "power off: stopping all services"
	said "halt: now"
	said "power off: now"
	said "reboot: now"
}

@test "TERM and 38 power a machine off, INT and 39 reboot it, 37 halts it" {
	respawn_stub init
	local sig
	for sig in TERM:power\ off:130 38:power\ off:130 PWR:power\ off:130 INT:reboot:129 39:reboot:129 \
		37:halt:130; do
		: >"$log"
		boot_settled machine
		kill "-${sig%%:*}" "$(cinit_pid)"
		ends_with "${sig##*:}"
		sig=${sig#*:}
		said "${sig%:*}: now"
	done
}

@test "a machine runs conf/last before the end" {
	respawn_stub init
	last_stub
	boot_settled machine
	await init happens start init
	poweroff
	ends_with 130
	before "end init" "start conf"
	same "ends" "$(happened end conf)" 1
}

@test "a shutdown in the middle of a boot waits for nothing that has not begun" {
	stub init a b
	needs init b
	needs b a
	tell hold a
	boot container
	await a happens start a
	poweroff
	ends_with 0
	same "starts" "$(happened start b) $(happened start init)" "0 0"
	same "TERM" "$(happened term a)" 1
}
