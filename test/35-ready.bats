#!/usr/bin/env bats
# runs: apart; again: asan
#
# `ready`: a service says by a newline on a descriptor when it is up; and what a pool's
# manager finds and says.
#
# shellcheck disable=SC2154,SC2034,SC2016,SC2030,SC2031

load lib
load boot

setup()
{
	boot_begin
	group init
}

teardown() { boot_end; }

# ready NAME N [LINE...]: a service that is ready by descriptor N, a shell script.
ready()
{
	local name=$1 n=$2
	shift 2
	script "$name" "$@"
	: >"$tree/svc/$name/respawn"
	printf 'fd %s\n' "$n" >"$tree/svc/$name/ready"
}

# In scripts: until somebody makes this file, or removes it.
until_there() { echo "until [ -e $dir/$1 ]; do sleep 0.02; done"; }

descriptors() { find "/proc/$(outer "$(pid_of "$1")")/fd" -mindepth 1 -printf '%f\n' | sort -n | paste -sd' '; }
# Pipes that the supervisor did not get from us.
pipes_open()
{
	find "/proc/$(cinit_pid)/fd" -lname 'pipe:*' -printf '%l\n' |
		grep -cvxFf <(find "/proc/$$/fd/" -printf '%l\n' 2>/dev/null | grep pipe: ; echo none) || :
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }

stay='exec tail -f /dev/null'

# --- being ready ------------------------------------------------------------------------------

@test "a service is up when it has written a newline, and what needs it starts then" {
	ready s 5 "$(until_there go)" 'echo >&5' "$stay"
	stub dependent
	needs dependent s
	wants init dependent
	boot container
	await "the start of s" in_state s starting
	same why "$(why s)" "has not said that it is ready"
	same dependent "$(state dependent)" waiting
	pass_time 0.3
	same "s, later" "$(state s)" starting
	same "dependent, later" "$(happened start dependent)" 0
	: >"$dir/go"
	await dependent in_state dependent up
	same s "$(state s)" up
}

@test "the descriptor has the number that was asked for, and its name in CINIT_READY_FD" {
	local n
	for n in 3 9 63; do
		ready "s$n" "$n" "exec bash -c 'echo ready >&\$CINIT_READY_FD; exec sleep 1000'"
		wants init "s$n"
	done
	boot_settled container
	for n in 3 9 63; do
		same "s$n" "$(state "s$n")" up
		same "descriptors of s$n" "$(descriptors "s$n")" "0 1 2 $n"
	done
}

@test "the newline may come after other bytes, in parts; more may follow" {
	ready s 5 'printf OK >&5' "$(until_there go)" 'printf "%s\n" "1.2.3" >&5' 'trap "" PIPE' \
		'echo more >&5' 'echo more >&5' "$stay"
	wants init s
	boot container
	await "the start of s" in_state s starting
	pass_time 0.2
	same s "$(state s)" starting
	: >"$dir/go"
	await s in_state s up
	sleeps 0.3
	same pid "$(state s)" up
}

@test "who closes it without a newline is not ready, and nobody is woken for it" {
	ready s 5 'printf OK >&5; exec 5>&-' "$stay"
	wants init s
	boot container
	await "the start of s" in_state s starting
	sleeps 0.5
	same s "$(state s)" starting
	same "pipes" "$(pipes_open)" 0
	svc stop s
	same s "$(state s)" down
}

@test "who ends without having written a newline was not up, and is started again with back-off" {
	ready s 5 'printf OK >&5' 'exit 3'
	stub dependent
	needs dependent s
	wants init dependent
	boot container
	said "s: starting -> backoff (exit 3, again in"
	same "s, never up" "$(times_said 's: starting -> up')" 0
	same dependent "$(happened start dependent)" 0
}

@test "who writes a newline and ends at once was up before it ended, each time" {
	local i
	for i in {1..30}; do
		ready "s$i" 5 'echo >&5' 'exit 0'
		wants init "s$i"
	done
	boot container
	for i in {1..30}; do
		said "s$i: up -> backoff (exit 0"
	done
	same "ends that came before" "$(times_said ': starting -> backoff')" 0
}

@test "a restart, and a crash, make it unready until it writes again" {
	ready s 5 "$(until_there go)" 'echo >&5' "$stay"
	wants init s
	: >"$dir/go"
	boot_settled container
	same s "$(state s)" up
	rm "$dir/go"
	kill_service s KILL
	await "it starts" in_state s starting
	pass_time 0.2
	same s "$(state s)" starting
	: >"$dir/go"
	await s in_state s up
	rm "$dir/go"
	run -1 svc -t 0.5 restart s
	same s "$(state s)" starting
	svc stop s
	same "pipes" "$(pipes_open)" 0
}

@test "who floods it without a newline is not listened to for ever" {
	ready s 5 'trap "" PIPE' 'head -c 1000000 /dev/zero >&5 2>/dev/null' "$stay"
	wants init s
	boot container
	said "s: ready: there is no newline in what it writes"
	sleeps 0.3
	same s "$(state s)" starting
}

@test "a child that holds the descriptor open does not keep the service from being seen to end" {
	ready s 5 'setsid tail -f /dev/null &' 'exit 7'
	wants init s
	boot container
	said "s: starting -> backoff (exit 7"
	svc stop s
	same "pipes" "$(pipes_open)" 0
}

@test "a reload that moves services about takes along who is not ready yet" {
	group a b c d
	ready m 5 "$(until_there m)" 'echo >&5' "$stay"
	ready n 5 "$(until_there n)" 'echo >&5' "$stay"
	wants init a b c d m n
	boot container
	await m in_state m starting
	await n in_state n starting
	svc -q stop a b c d
	rm -r "$tree"/svc/[abcd] "$tree"/svc/init/wants/[abcd]
	hup "reload: 3 services, 0 new, 4 gone"
	: >"$dir/n"
	await n in_state n up
	same m "$(state m)" starting
	: >"$dir/m"
	await m in_state m up
	same starts "$(times_said 'm: waiting -> starting') $(times_said 'n: waiting -> starting')" "1 1"
	sleeps 0.2
}

@test "the same while a service is loaded because somebody asks for it" {
	ready m 5 "$(until_there m)" 'echo >&5' "$stay"
	wants init m
	stub later
	boot container
	await m in_state m starting
	svc start later
	: >"$dir/m"
	await m in_state m up
	same starts "$(times_said 'm: waiting -> starting')" 1
}

# --- limits of time --------------------------------------------------------------------------------

@test "who is not ready within timeout.on is ended, and started again with back-off" {
	ready s 5 "trap 'echo >>$dir/terms; exit 0' TERM" 'while :; do sleep 0.05; done'
	printf 0.3 >"$tree/svc/s/timeout.on"
	wants init s
	local from
	from=$(now_ms)
	boot container
	said "s: late -> backoff (was not up within 0.3 s, again in"
	[ $(($(now_ms) - from)) -ge 300 ]
	[ "$(wc -l <"$dir/terms")" -ge 1 ]
	same "ever up" "$(times_said 's: starting -> up')" 0
}

@test "who does not hear TERM then is killed after its delay" {
	ready s 5 'trap "" TERM' 'while :; do sleep 0.05; done'
	printf 0.2 >"$tree/svc/s/timeout.on"
	printf 0.3 >"$tree/svc/s/delay"
	wants init s
	boot container
	said "s: late -> late-killed (was not up within 0.2 s"
	said "s: late-killed -> backoff (was not up within 0.2 s"
	same last "$(status_of s .last_exit.signal)" 9
}

@test "who is ready within timeout.on is left alone after it" {
	ready s 5 'echo >&5' "$stay"
	printf 0.3 >"$tree/svc/s/timeout.on"
	wants init s
	boot_settled container
	local pid
	pid=$(pid_of s)
	pass_time 0.6
	same "state and process" "$(state s) $(pid_of s)" "up $pid"
}

@test "timeout.off bounds the whole of a stop" {
	ready s 5 'trap "" TERM' 'echo >&5' 'while :; do sleep 0.05; done'
	printf 60 >"$tree/svc/s/delay"
	printf 0.5 >"$tree/svc/s/timeout.off"
	wants init s
	boot_settled container
	local from took
	from=$(now_ms)
	svc stop s
	took=$(($(now_ms) - from))
	[ "$took" -ge 500 ] && [ "$took" -lt 20000 ]
	same last "$(status_of s .last_exit.signal)" 9
}

# --- what a pool's manager is started with -------------------------------------------------------------

# beside_manager LINE...: a supervisor with a cinit.pool beside it, a shell script.
beside_manager()
{
	mkdir -p "$dir/bin"
	cp "$BUILD/cinit" "$dir/bin/cinit"
	ln -s "$BUILD/cinit.svc" "$dir/bin/cinit.svc"
	ln -s "$BUILD/test" "$dir/bin/test"
	printf '%s\n' '#!/bin/bash' "$@" >"$dir/bin/cinit.pool"
	chmod +x "$dir/bin/cinit.pool"
	BUILD=$dir/bin
	status_of() { listed "$@"; } # such a manager answers nothing
}

# pool NAME LINE...: a pool that listens on these.
pool()
{
	local name=$1
	shift
	mkdir -p "$tree/svc/$name/pool"
	ln -s /bin/true "$tree/svc/$name/on"
	printf '%s\n' "$@" >"$tree/svc/$name/listen"
}

@test "a pool is cinit.pool from beside the supervisor, told its directory, with its sockets and two descriptors" {
	beside_manager "printf '%s\n' \"\$0\" \"\$@\" >$dir/argv" "env >$dir/env" \
		"readlink /proc/\$\$/fd/{3,4,5,6} | sed 's/:.*//' >$dir/fds" 'echo >&"$CINIT_READY_FD"' "$stay"
	pool web "unix $dir/a" "unix-dgram $dir/b"
	printf 'x\n' >"$tree/svc/web/on.params"
	printf 'MINE=1\n' >"$tree/svc/web/on.env"
	wants init web
	boot_settled container
	same web "$(state web)" up
	same argv "$(paste -sd' ' "$dir/argv")" "$dir/bin/cinit.pool $tree/svc/web"
	same fds "$(paste -sd' ' "$dir/fds")" "socket socket pipe socket"
	same env "$(grep -E '^(LISTEN_FDS|CINIT|MINE)' "$dir/env" | sort | paste -sd' ')" \
		"CINIT_CONTROL_FD=6 CINIT_PROFILE=init CINIT_READY_FD=5 CINIT_SERVICE=web LISTEN_FDS=2 MINE=1"
}

@test "a pool is not up before its manager says so, and stays what the supervisor is" {
	beside_manager "$(until_there go)" 'echo >&"$CINIT_READY_FD"' "$stay"
	pool web "unix $dir/a"
	printf 'nobody\n' >"$tree/svc/web/user"
	wants init web
	boot container
	await web in_state web starting
	same uid "$(stat -c %u "/proc/$(outer "$(pid_of web)")")" "$(id -u)"
	: >"$dir/go"
	await web in_state web up
}

@test "a manager that says why it ends has failed for good, and the reason is shown" {
	beside_manager "$BUILD/test/last-words 'pool/modules: echo.so: no such symbol'" 'exit 1'
	pool web "unix $dir/a"
	wants init web
	stub dependent
	needs dependent web
	wants init dependent
	boot_settled container
	same web "$(state web)" failed
	same why "$(why web)" "pool/modules: echo.so: no such symbol"
	same starts "$(times_said 'web: waiting -> starting')" 1
	has "$(why dependent)" "needs web, which failed"
	[ -S "$dir/a" ]
	# and once more, by hand
	run -1 svc start web
	same "why, again" "$(why web)" "pool/modules: echo.so: no such symbol"
}

@test "a manager that dies without a word is started again, with new descriptors" {
	beside_manager 'echo >&"$CINIT_READY_FD"' "$stay"
	pool web "unix $dir/a"
	wants init web
	boot_settled container
	local before first
	before=$(find "/proc/$(cinit_pid)/fd" -mindepth 1 | wc -l)
	first=$(pid_of web)
	kill_service web KILL
	again() { [ "$(pid_of web)" != "$first" ] && in_state web up; }
	await "another" again
	same "open descriptors" "$(find "/proc/$(cinit_pid)/fd" -mindepth 1 | wc -l)" "$before"
}
