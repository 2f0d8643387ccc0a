#!/usr/bin/env bats
# runs: shared; again: asan
#
# The clients: every verb and option, what they print and how they end.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc

setup()
{
	ipc_begin
	unset NO_COLOR
	export LC_ALL=C
}

teardown() { ipc_end; }

# db needs disk; web needs db and wants log; all up.
boot_sample()
{
	group init
	stub disk
	respawn_stub db web log
	needs init web
	needs db disk
	needs web db
	wants web log
	boot_settled container
}

# client CODE ARG...: cinit.svc ends with this code; $output and $stderr.
client()
{
	local code=$1
	shift
	run --separate-stderr svc "$@"
	[ "$status" -eq "$code" ] || fail "cinit.svc $* ended with $status, not $code:" "$output" "$stderr"
}

# client_says CODE TEXT ARG...: and stderr is exactly this.
client_says()
{
	local text=$2
	client "$1" "${@:3}"
	same "stderr of: ${*:3}" "$stderr" "$text"
}

# j FILTER: of the JSON in $output.
j() { jq -c "$1" <<<"$output"; }

# --- start and stop ---------------------------------------------------------------------

@test "start brings up a service with what it needs and wants, and says nothing" {
	group init
	respawn_stub a b c
	needs a b
	wants a c
	boot_settled container
	client_says 0 "" start a
	same output "$output" ""
	same states "$(state a) $(state b) $(state c)" "up up up"
	client_says 0 "" start a
}

@test "stop takes along what needs it, says so first, and waits until it is down" {
	boot_sample
	client 0 stop db
	same stderr "$stderr" "cinit.svc: db: also stops web, init"
	same states "$(state db) $(state web) $(state init) $(state log)" "down down down up"
	before "end web" "end db"
	client_says 0 "" stop db
}

@test "stop -q takes along as much and says nothing" {
	boot_sample
	client_says 0 "" -q stop db
	same states "$(state db) $(state web)" "down down"
}

@test "stop names all of a hundred dependents" {
	group init
	respawn_stub base
	local i
	for i in {100..199}; do
		group "dependent-number-$i"
		needs "dependent-number-$i" base
		wants init "dependent-number-$i"
	done
	boot_settled container
	client 0 stop base
	same lines "$(wc -l <<<"$stderr")" 1
	same names "$(grep -o 'dependent-number-[0-9]*' <<<"$stderr" | sort -u | wc -l)" 100
}

@test "restart stops and starts, dependents too" {
	boot_sample
	client_says 0 "" restart db
	same states "$(state db) $(state web) $(state init)" "up up up"
	same starts "$(happened start db) $(happened start web) $(happened start log)" "2 2 1"
}

@test "try-restart restarts what is up, and does nothing to what is down" {
	boot_sample
	client 0 try-restart db
	same starts "$(happened start db)" 2
	client 0 -q stop web
	client_says 0 "" try-restart web
	same "web, starts" "$(state web) $(happened start web)" "down 2"
}

@test "start --only refuses unless every need is up" {
	boot_sample
	client 0 -q stop disk
	client 1 --only start web
	same stderr "$stderr" "cinit.svc: web: a need is not up: db: down"
	same db "$(state db)" down
	client_says 0 "" start db
	client_says 0 "" --only start web
}

@test "stop --only refuses while a dependent is up" {
	boot_sample
	client 1 --only stop db
	has "$stderr" "cinit.svc: db: a dependent is up: web: up"
	same db "$(state db)" up
	client_says 0 "" --only stop web 2>/dev/null || client 1 --only stop web
}

@test "restart --only refuses while a dependent is up, else restarts" {
	boot_sample
	client 1 --only restart db
	has "$stderr" "db: a dependent is up: web: up"
	same starts "$(happened start db)" 1
	client 0 --only restart log
	same starts "$(happened start log)" 2
}

@test "--no-wait is answered when accepted" {
	group init
	stub slow
	tell hold slow
	boot_settled container
	client_says 0 "" --no-wait start slow
	same slow "$(state slow)" starting
	client_says 0 "" --no-wait stop slow
	await "slow down" in_state slow down
}

@test "a service below svc/ that the boot did not reach is loaded when it is started" {
	boot_sample
	stub late-need
	respawn_stub late
	needs late late-need
	client_says 5 "cinit.svc: late: no such service" stop late
	client_says 0 "" start late
	same states "$(state late) $(state late-need)" "up up"
	same others "$(state web) $(happened start web)" "up 1"
}

# --- what goes wrong ----------------------------------------------------------------------

@test "sixty services that the boot did not reach are loaded by one command" {
	respawn_stub init late/{1..60}
	boot_settled container
	svc start late/{1..60}
	same "services up" "$(all_states | grep -c ' up$')" 61
}

@test "start of what is blocked or has failed says why" {
	group init
	stub mount/root www
	needs www mount/root
	tell exit mount/root 2
	boot_settled container
	client_says 1 "cinit.svc: www: blocked: needs mount/root, which failed: exit 2" start www
	client_says 1 "cinit.svc: mount/root: failed: exit 2" start mount/root
	untell exit mount/root
	client_says 0 "" start www
}

@test "start of what cannot be executed says which step failed and why" {
	group init
	put svc/gone/on '#!/no/such/interpreter\n'
	chmod +x "$tree/svc/gone/on"
	boot_settled container
	client_says 1 "cinit.svc: gone: failed: exec: No such file or directory" start gone
}

@test "start of what was killed names the signal" {
	group init
	script killed 'kill -9 $$'
	boot_settled container
	client_says 1 "cinit.svc: killed: failed: killed by signal 9 (KILL)" start killed
}

@test "start of what crashes at once says that, and when it is tried again" {
	group init
	put svc/broken/on '#!/no/such/interpreter\n'
	script crash 'exit 3'
	: >"$tree/svc/crash/respawn"
	boot_settled container
	svc -q start crash || :
	# between two questions it may have been started once more
	await "back-off, for people" says_again crash
	await "back-off" eval 'has "$(why crash)" "exit 3, again in"'
}

says_again() { client 3 status "$1" && has "$output" "again in"; }

@test "a refused service says what the loader found" {
	group init
	group bad
	needs bad missing
	rm -rf "$tree/svc/missing"
	boot_settled container
	client 1 start bad
	has "$stderr" "cinit.svc: bad: refused: needs/missing: no service: No such file or directory"
	said "$tree/svc/bad/needs/missing: no service"
}

@test "a service that does not exist is code 5, and one line for each" {
	boot_sample
	local verb
	for verb in start stop restart try-restart wait; do
		client_says 5 "cinit.svc: none: no such service" "$verb" none
	done
	client 5 status none
	same stderr "$stderr" "cinit.svc: none: no such service"
	client_says 5 $'cinit.svc: none: no such service\ncinit.svc: nobody: no such service' \
		start none nobody
}

@test "of several names the worst code counts, and each is done" {
	boot_sample
	stub bad
	tell exit bad 1
	client 5 restart log none bad web
	same starts "$(happened start log) $(happened start web)" "2 2"
	client 1 start log bad
	client 3 status log bad
	client 5 status log none
	client 0 status log web
}

@test "300 names in one command are all done" {
	big_tree fan 300
	boot_settled container
	client 0 -q stop s{1..300}
	same down "$(all_states | grep -c ' down$')" 301
}

@test "where no supervisor is, it is code 7 and one line" {
	client_says 7 "cinit.svc: $run: no supervisor answers: No such file or directory" list
	mkdir "$run"
	client_says 7 "cinit.svc: $run: no supervisor answers: No such file or directory" start a
	: >"$run/socket"
	client 7 start a
	has "$stderr" "cinit.svc: $run: no supervisor answers: "
}

@test "a supervisor that is stopped is waited for, but not for ever, and named" {
	boot_sample
	kill -STOP "$(cinit_pid)"
	if [ "$(method)" = shm ]; then # there a board answers questions
		client 7 restart db
	else
		client 7 list
	fi
	has "$stderr" "no answer: the supervisor is silent"
	kill -CONT "$(cinit_pid)"
}

@test "a supervisor that listens on another method is named with it" {
	mkdir "$run"
	in_background "$BUILD/test/ipc-lock" hold "$run" pigeon
	await "the lock" background_said held
	client_says 7 "cinit.svc: built for $(method), but $run's supervisor listens on pigeon" list
	end_background
	client_says 7 "cinit.svc: $run: no supervisor answers: No such file or directory" list
}

@test "a lock without an endpoint is told with its holder's pid" {
	mkdir "$run"
	in_background "$BUILD/test/ipc-lock" hold "$run" "$(method)"
	await "the lock" background_said held
	client 7 list
	has "$stderr" "cinit.svc: $run: no supervisor answers, though pid "
}

# --- waiting -----------------------------------------------------------------------------

@test "wait up, wait down and wait settled" {
	boot_sample
	stub slow
	tell hold slow
	client_says 0 "" wait web
	client_says 0 "" wait up web db
	client_says 0 "" wait settled
	client_says 0 "" wait settled web
	svc --no-wait start slow
	client 1 -t 0.1 wait slow
	same stderr "$stderr" "cinit.svc: still waiting: slow: starting: its program is running"
	client 1 -t 0.1 wait settled slow
	client_says 1 "cinit.svc: still waiting: not settled" -t 0.1 wait settled
	client 1 -t 0 wait down web
	untell hold slow
	client_says 0 "" wait slow
	client 0 -q stop web
	client_says 0 "" wait down web
}

@test "wait up of what fails says so, and wait down of what fails is content" {
	boot_sample
	stub bad
	tell hold bad
	tell exit bad 4
	svc --no-wait start bad
	in_background "$BUILD/cinit.svc" -r "$run" wait bad
	untell hold bad
	await "its answer" background_said "cinit.svc: bad: failed: exit 4"
	client_says 0 "" wait down bad
}

@test "after 5 seconds the client says what is awaited, once" {
	group init
	stub need slow
	needs slow need
	tell hold need
	boot_settled container
	in_background "$BUILD/cinit.svc" -r "$run" start slow
	await "what is awaited" background_said "cinit.svc: waiting: slow: waiting: needs need, which is starting"
	same lines "$(background_output | wc -l)" 1
	untell hold need
	wait "${helpers[-1]}"
	same lines "$(background_output | wc -l)" 1
}

@test "after 5 seconds what each of 40 commands awaits is said once" {
	group init
	local i names=()
	for i in {1..40}; do
		names+=("slow$i")
		stub "slow$i"
		tell hold "slow$i"
	done
	wants init "${names[@]}"
	boot container
	in_background "$BUILD/cinit.svc" -r "$run" start "${names[@]}"
	said_all() { [ "$(background_output | grep -c '^cinit.svc: waiting: slow[0-9]*: starting: its program is running$')" -ge 40 ]; }
	await "all of them" said_all
	same names "$(background_output | grep -o 'slow[0-9]*' | sort -u | wc -l)" 40
	for i in {1..40}; do untell hold "slow$i"; done
	wait "${helpers[-1]}" || fail "$(background_output)"
	same lines "$(background_output | wc -l)" 40
}

@test "start -t ends with code 1 when the time is over, and the service goes on" {
	group init
	stub slow
	tell hold slow
	boot_settled container
	client_says 1 "cinit.svc: still waiting: slow: starting: its program is running" -t 0.2 start slow
	untell hold slow
	client_says 0 "" wait slow
}

@test "a start that is overtaken by a stop says so" {
	group init
	stub slow
	tell hold slow
	boot_settled container
	in_background "$BUILD/cinit.svc" -r "$run" start slow
	await "slow" in_state slow starting
	client 0 stop slow
	await "the answer" background_said "cinit.svc: slow: a later command wished the opposite"
}

# --- tables ------------------------------------------------------------------------------

@test "status is a table with words: state, since when, pid, last exit, why" {
	boot_sample
	client 0 status db
	same lines "$(wc -l <<<"$output")" 2
	grep -qE '^NAME +STATE +SINCE +PID +LAST EXIT +WHY$' <<<"$output"
	grep -qE '^db +up +[0-9]+ s +[0-9]+ +- *$' <<<"$output"
	stub bad
	tell exit bad 2
	client 1 start bad
	client 3 status bad
	grep -qE '^bad +failed +[0-9]+ s +- +exit 2 *$' <<<"$output"
}

@test "status is 3 unless all are up; without names, unless all that are wished up are" {
	boot_sample
	client 0 status
	client 0 status web db
	client 0 -q stop web
	client 3 status web
	client 3 status db web
	client 0 status db
	client 0 status
	kill_service db KILL
	await "db again" eval '[ "$(happened start db)" -gt 1 ]'
}

@test "list shows all services by name, aligned" {
	boot_sample
	client 0 list
	same names "$(awk 'NR > 1 { print $1 }' <<<"$output" | tr '\n' ' ')" "db disk init log web "
	# every title stands above its cells
	local at
	for at in STATE SINCE PID WHY; do
		same "$at" "$(awk -v t="$at" 'NR == 1 { c = index($0, t) }
			NR > 1 && c > 1 && substr($0, c - 2, 2) != "  " && length($0) >= c { print }' <<<"$output")" ""
	done
}

@test "names are aligned by what they take on the screen" {
	# one column each; an e with a combining accent; wide; an emoji, which is wide, and a joiner
	local names=(ääää aa $'e\xcc\x81' 日本 한글 $'\xf0\x9f\x98\x80\xe2\x80\x8d')
	group init "${names[@]}"
	needs init "${names[@]}"
	boot_settled container
	LC_ALL=C.UTF-8 client 0 list
	# what the names take, by the properties that perl knows
	same "column of the state" "$(perl -CSD -ne '
		my $before = substr($_, 0, index($_, $. == 1 ? "STATE" : " up "));
		$before =~ s/[\p{Mn}\p{Cf}]//g;
		$before =~ s/[\p{East_Asian_Width=Wide}]/xx/g;
		print length($before) + ($. != 1), "\n"' <<<"$output" | sort -u)" 6
	has "$output" 日本
}

# on_terminal ARG...: what cinit.svc prints there.
on_terminal()
{
	run timeout "$PATIENCE" script -qec "$BUILD/cinit.svc -r $run $*" /dev/null </dev/null
}

@test "a long name widens the table, and folds its line on a terminal" {
	local long
	long=$(printf 'x%.0s' {1..40})
	group init short "$long"
	needs init short "$long"
	boot_settled container
	client 0 list
	same lines "$(wc -l <<<"$output")" 4
	has "$output" "$long  up"
	NO_COLOR=1 on_terminal list
	same lines "$(wc -l <<<"$output")" 5
	same "widest line" "$(tr -d '\r' <<<"$output" | awk 'length > 80')" ""
	same "behind the name" "$(tr -d '\r' <<<"$output" | grep -A1 "^$long$" | tail -1 | grep -oE '^ {34}up ')" "$(printf '%34s' '')up "
	same "the others" "$(tr -d '\r' <<<"$output" | grep -cE '^.{34}(STATE|up)')" 4
}

@test "states are in colour on a terminal only, and NO_COLOR is honoured" {
	boot_sample
	client 0 list
	lacks "$output" $'\e'
	on_terminal list
	has "$output" $'\e[32mup\e[0m'
	NO_COLOR=1 on_terminal list
	lacks "$output" $'\e'
	NO_COLOR='' on_terminal list
	has "$output" $'\e[32mup\e[0m'
	TERM=dumb on_terminal list
	lacks "$output" $'\e'
	on_terminal --json list
	lacks "$output" $'\e'
}

@test "a name in UTF-8 is shown as it is on a UTF-8 terminal, else as bytes" {
	group init blåbær
	needs init blåbær
	boot_settled container
	LC_ALL=C.UTF-8 client 0 status blåbær
	has "$output" blåbær
	LC_ALL=C client 0 status blåbær
	has "$output" 'bl\xc3\xa5b\xc3\xa6r'
	LC_ALL='' LC_CTYPE='' LANG=nb_NO.utf8 client 0 status blåbær
	has "$output" blåbær
	LC_ALL=C client_says 0 'cinit.svc: bl\xc3\xa5b\xc3\xa6r: also stops init' stop blåbær
}

@test "names that are no UTF-8, or have a backslash, are escaped once, in tables and messages" {
	group init
	local raw=$'caf\xe9\\'
	stub "$raw"
	tell exit "$raw" 1
	mkdir -p "$tree/svc/init/wants"
	ln -s "$tree/svc/$raw" "$tree/svc/init/wants/x"
	boot_settled container
	LC_ALL=C.UTF-8 client 3 status "$raw"
	has "$output" 'caf\xe9\x5c'
	LC_ALL=C.UTF-8 client_says 1 'cinit.svc: caf\xe9\x5c: failed: exit 1' start "$raw"
	LC_ALL=C.UTF-8 client_says 5 'cinit.svc: \xe9: no such service' start $'\xe9'
	client 0 --json list
	same names "$(j '[.[].name] | length')" 2
}

@test "characters that turn the direction of writing are shown as bytes, in UTF-8 too" {
	group init
	local raw=$'a\xe2\x80\xaegnp.exe' shown='a\xe2\x80\xaegnp.exe'
	mkdir -p "$tree/svc/init/wants"
	stub "$raw"
	tell exit "$raw" 1
	ln -s "$tree/svc/$raw" "$tree/svc/init/wants/x"
	boot_settled container
	LC_ALL=C.UTF-8 client 3 status "$raw"
	has "$output" "$shown"
	LC_ALL=C.UTF-8 client_says 1 "cinit.svc: $shown: failed: exit 1" start "$raw"
	LC_ALL=C.UTF-8 client 3 --json status "$raw"
	has "$output" '"a\u202egnp.exe"'
	same name "$(jq -r '.[0].name' <<<"$output")" "$raw"
	local turn
	for turn in $'\xd8\x9c' $'\xe2\x80\x8e' $'\xe2\x80\x8f' $'\xe2\x80\xaa' $'\xe2\x81\xa6' $'\xe2\x81\xa9'; do
		LC_ALL=C.UTF-8 client 5 start "x$turn"$'\xe2\x80\x8d' # a joiner turns nothing
		lacks "$stderr" "$turn"
		has "$stderr" $'\xe2\x80\x8d'
	done
}

# --- JSON --------------------------------------------------------------------------------

@test "--json list is valid and has every field" {
	boot_sample
	client 0 --json list
	same names "$(j '[.[].name]')" '["db","disk","init","log","web"]'
	same fields "$(j '.[] | select(.name == "db") | keys')" \
		'["crashes","group","last_exit","name","pid","respawn","since_ms","state","why","wished_up"]'
	same types "$(j '.[] | select(.name == "db") | [.crashes, .group, .last_exit, .name, .pid, .respawn,
		.since_ms, .state, .why, .wished_up] | map(type)')" \
		'["number","boolean","null","string","number","boolean","number","string","string","boolean"]'
	same db "$(j '.[] | select(.name == "db") | [.state, .respawn, .group, .wished_up]')" '["up",true,false,true]'
	same init "$(j '.[] | select(.name == "init") | [.state, .respawn, .group, .pid]')" '["up",false,true,0]'
	same disk "$(j '.[] | select(.name == "disk") | .last_exit')" '{"exit":0}'
}

@test "--json tells who is in the way, and how it ended" {
	group init
	stub a b
	needs b a
	tell exit a 2
	put svc/gone/on '#!/no/such/interpreter\n'
	chmod +x "$tree/svc/gone/on"
	script killed 'kill -9 $$'
	boot_settled container
	svc -q start a b gone killed || :
	client 3 --json status b a gone killed
	same order "$(j 'map(.name)')" '["a","b","gone","killed"]' # as in the table
	same b "$(j '.[1] | [.name, .state, .other, .why]')" \
		'["b","blocked","a","needs a, which failed: exit 2"]'
	same a "$(j '.[0].last_exit')" '{"exit":2}'
	same gone "$(j '.[2].last_exit')" '{"step":"exec","error":"No such file or directory","errno":2}'
	same killed "$(j '.[3].last_exit')" '{"signal":9}'
}

@test "--json with a command gives what became of each" {
	boot_sample
	stub bad
	tell exit bad 1
	client 1 --json start web bad
	same results "$(j '[.[] | [.name, .result, .state]]')" '[["bad","no","failed"],["web","done","up"]]'
	client 5 --json start none
	same none "$(j .)" '[{"name":"none","result":"no such service","error":"no such service"}]'
}

@test "--json tells of each name that was asked for, also of what does not exist" {
	boot_sample
	client 5 --json status web $'no\xff' none
	same names "$(j 'map([.state, .error])')" \
		'[[null,"no such service"],[null,"no such service"],["up",null]]'
	same order "$(grep -o '"name": "[^"]*"' <<<"$output" | tr '\n' ' ')" \
		'"name": "none" "name": "no\udcff" "name": "web" '
	same "no result" "$(j 'map(has("result")) | any')" false
	client 1 --json scale web 3
	same scale "$(j 'map([.name, .result, .state, .error])')" '[["web","not a pool","up",null]]'
}

@test "--json is valid for names that are hard to quote" {
	group init
	local name
	for name in 'a"b' 'a\b' 'ä' $'\xff' 'a b' "it's" '-dash' '%s%n' '<&>'; do
		mkdir -p "$tree/svc/$name" "$tree/svc/init/wants"
		ln -s "$tree/svc/$name" "$tree/svc/init/wants/$RANDOM$RANDOM"
	done
	boot_settled container
	client 0 --json list
	same length "$(j length)" 10
	same quoted "$(j '[.[].name | select(. == "a\"b" or . == "a\\b" or . == "ä")] | length')" 3
}

@test "-q prints nothing, and the code is the same" {
	boot_sample
	local words
	for words in list status "status web" "status none" "start none" "--json list" "stop web" "status web"; do
		read -ra words <<<"$words"
		run svc "${words[@]}"
		local code=$status
		run svc -q "${words[@]}"
		same "code of ${words[*]}" "$status" "$code"
		same "output of ${words[*]}" "$output" ""
	done
}

# --- long lists ----------------------------------------------------------------------------

@test "a list of 1000 services comes page by page, complete" {
	big_tree fan 1000
	boot_settled container
	client 0 --json list
	same names "$(j '[.[].name] | unique | length')" 1001
	client 0 list
	same lines "$(wc -l <<<"$output")" 1002
}

@test "a list is complete and without doubles while services come and go" {
	big_tree fan 300
	respawn_stub churn
	wants init churn
	boot_settled container
	in_background sh -c "while :; do $BUILD/cinit.svc -r $run restart churn || exit; echo turn; done"
	await "the first turn" background_said turn
	local i
	for i in 1 2 3 4 5; do
		client 0 --json list
		same names "$(j '[.[].name] | [length, (unique | length)]')" "[302,302]"
	done
}

@test "a full disk under the list is an error" {
	boot_sample
	[ -c /dev/full ] || skip "no /dev/full"
	run sh -c "'$BUILD/cinit.svc' -r '$run' list >/dev/full"
	same code "$status" 1
	has "$output" "cinit.svc: output: No space left on device"
}

# --- ending the system -------------------------------------------------------------------------

@test "cinit.halt, cinit.poweroff and cinit.reboot end a supervisor in order" {
	local program
	for program in halt poweroff reboot; do
		rm -rf "$tree" && mkdir -p "$tree/svc" "$tree/conf"
		: >"$events"
		boot_sample
		run --separate-stderr timeout "$PATIENCE" "$BUILD/cinit.$program" -r "$run"
		same "$program" "$status $output $stderr" "0  "
		ends_with 0
		before "end web" "end db"
	done
}

@test "in a shutdown, status and list work, and start is refused" {
	group init
	respawn_stub stubborn
	needs init stubborn
	tell deaf stubborn
	put svc/stubborn/delay 60
	boot_settled container
	stub other
	"$BUILD/cinit.poweroff" -r "$run"
	await "it stops" in_state stubborn stopping
	client 0 -q list
	client 3 status stubborn
	has "$output" "has not ended, KILL in"
	client 1 start stubborn
	has "$stderr" "shutting down"
	"$BUILD/cinit.halt" -r "$run"
}

@test "who waits when the system ends is answered" {
	boot_sample
	in_background "$BUILD/cinit.svc" -r "$run" wait down web
	[ "$(method)" != socket ] ||
		await "the client" eval '[ "$(grep -c "$run/socket" /proc/net/unix)" -gt 1 ]'
	"$BUILD/cinit.poweroff" -r "$run"
	wait "${helpers[-1]}" || fail "$(background_output)"
	ends_with 0
}

@test "cinit.poweroff -r without a supervisor is code 7 and signals nobody" {
	# strace shows that no signal is sent: to send one would end this machine
	local program
	export ASAN_OPTIONS=detect_leaks=0 # which does not work while traced
	for program in halt poweroff reboot; do
		run --separate-stderr timeout "$PATIENCE" strace -qq -e trace=kill,tkill,tgkill -o "$dir/trace" \
			"$BUILD/cinit.$program" -r "$run"
		same "$program" "$status $stderr" \
			"7 cinit.$program: $run: no supervisor answers: No such file or directory"
		! grep -q kill "$dir/trace" || fail "$(cat "$dir/trace")"
	done
}

# --- the command line ---------------------------------------------------------------------------

# bad PROGRAM LINE ARG...: code 2, exactly this line on stderr, nothing on stdout.
bad()
{
	local program=$1 line=$2
	run --separate-stderr timeout "$PATIENCE" "$BUILD/$program" "${@:3}"
	same "$program ${*:3}" "$status $output $stderr" "2  $program: $line"
}

@test "bad input is one clear line and code 2" {
	bad cinit.svc "no verb; see cinit.svc -h"
	bad cinit.svc "frobnicate: not a verb; see cinit.svc -h" frobnicate a
	bad cinit.svc "dependents: not a verb; see cinit.svc -h" dependents a
	bad cinit.svc "reboot: not a verb; use cinit.reboot" reboot
	bad cinit.svc "start: names no service" start
	bad cinit.svc "wait: names no service" wait
	bad cinit.svc "wait: names no service" wait down
	bad cinit.svc "list: takes no names" list a
	bad cinit.svc "stop: an empty name" stop ''
	bad cinit.svc "stop: a name longer than 255 bytes" stop "$(printf '%0256d' 0)"
	bad cinit.svc "-x: not an option; see cinit.svc -h" -x list
	bad cinit.svc "-x: not an option; see cinit.svc -h" -xq list
	bad cinit.svc "--json=1: not an option; see cinit.svc -h" --json=1 list
	bad cinit.svc "--frob: not an option; see cinit.svc -h" --frob list
	bad cinit.svc "--frob: not an option; see cinit.svc -h" list --frob
	bad cinit.svc "-x: not an option; see cinit.svc -h" start a -x b
	bad cinit.svc "-r: needs an argument" list -r
	bad cinit.svc "-t: needs an argument" list -t
	bad cinit.svc "-t: not a number of seconds up to 86400" -t x list
	bad cinit.svc "-t: not a number of seconds up to 86400" -t -1 list
	bad cinit.svc "-t: not a number of seconds up to 86400" -t 86401 list
	local program
	for program in cinit.halt cinit.poweroff cinit.reboot; do
		bad "$program" "word: takes no arguments" -r "$run" word
		bad "$program" "-x: not an option" -r "$run" -x
		bad "$program" "--frob: not an option" -r "$run" --frob
		bad "$program" "-r: needs an argument" -r
	done
	bad cinit "-x: not an option or word of cinit" -r "$run" -x
	bad cinit "word: not an option or word of cinit" -r "$run" word
	bad cinit "-c: not an option or word of cinit" -r "$run" -c
}

@test "a word that is no verb, but one of other tools or nearly one, names what to use" {
	bad cinit.svc "up: not a verb; use start" up web
	bad cinit.svc "try: not a verb; use try-restart" try web
	bad cinit.svc "check: not a verb; cinit.check reads a tree and says what is wrong with it" check
	bad cinit.svc "statr: not a verb, did you mean start?" statr web
	bad cinit.svc "Restat: not a verb, did you mean restart?" Restat web
	bad cinit.svc "lits: not a verb, did you mean list?" lits
	local word
	for word in reload daemon-reload; do
		bad cinit.svc "$word: not a verb; the supervisor reads its tree again at a HUP: cinit(8), RELOAD" $word
	done
	for word in log logs; do
		bad cinit.svc "$word: not a verb; services write to where the supervisor does: cinit(8)" $word web
	done
	for word in enable disable; do
		bad cinit.svc "$word: not a verb; what a link in needs/ or wants/ leads to is started along: cinit-svc(5)" \
			$word web
	done
	# what such a line refers to is there
	grep -qx '.Sh RELOAD' "$TOP/src/cinit.8"
	for word in halt poweroff reboot shutdown switch; do
		bad cinit.svc "$word: not a verb; use cinit.$word" $word
		[ -e "$BUILD/cinit.$word" ]
	done
}

@test "of a name that does not exist, the nearest that does is suggested" {
	group init
	respawn_stub web mount/root database
	needs init web mount/root database
	boot_settled container
	client_says 5 "cinit.svc: wbe: no such service, did you mean web?" start wbe
	client_says 5 "cinit.svc: datbse: no such service, did you mean database?" status datbse
	client_says 5 "cinit.svc: root: no such service, did you mean mount/root?" stop root
	client_says 5 "cinit.svc: web.service: no such service, did you mean web?" restart web.service
	client_says 5 "cinit.svc: webshop: no such service" start webshop
	client_says 5 "cinit.svc: wbe: no such service, did you mean web?" call wbe stats
	client_says 5 "cinit.svc: x: no such service
cinit.svc: Web: no such service, did you mean web?" wait x Web
	client_says 5 "" -q start wbe
	client 5 --json status wbe zzz
	same json "$(j .)" \
		'[{"name":"wbe","error":"no such service","did_you_mean":"web"},{"name":"zzz","error":"no such service"}]'
}

@test "every program has -h and --help, -V and --version, and no line of help is wider than 80" {
	local program option
	for program in cinit cinit.svc cinit.check cinit.halt cinit.poweroff cinit.reboot cinit.switch \
		cinit.shutdown cinit.pool cinit.take; do
		for option in -h --help; do
			[ "$program $option" != "cinit.shutdown -h" ] || continue # of old, it asks for a halt
			run --separate-stderr timeout "$PATIENCE" "$BUILD/$program" $option
			same "$program $option" "$status $stderr" "0 "
			has "$output" "usage: $program "
			same "wide lines of $program $option" "$(awk 'length > 80' <<<"$output")" ""
		done
		for option in -V --version; do
			run --separate-stderr timeout "$PATIENCE" "$BUILD/$program" $option
			same "$program $option" "$status $stderr" "0 "
			grep -qE "^$program [0-9.]+( |$)" <<<"$output" || fail "$output"
			[[ $program == cinit.@(check|pool|take) ]] || has "$output" "(ipc: $(method))"
		done
	done
}

@test "the help of the names that cinit takes from others is not wider, either" {
	local name
	for name in tini dumb-init; do
		ln -s "$BUILD/cinit" "$dir/$name"
		run --separate-stderr timeout "$PATIENCE" "$dir/$name" -h
		same "$name -h" "$status" 0
		same "wide lines of $name" "$(awk 'length > 80' <<<"$output$stderr")" ""
	done
}

@test "the run directory is -r, else CINIT_RUN, else that of the user" {
	boot_sample
	CINIT_RUN=$run run timeout "$PATIENCE" "$BUILD/cinit.svc" status web
	same code "$status" 0
	CINIT_RUN=$dir/none run timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$run" status web
	same code "$status" 0
	CINIT_RUN=$dir/none run timeout "$PATIENCE" "$BUILD/cinit.svc" status web
	same code "$status" 7
	has "$output" "$dir/none"
	cd "$public"
	client 0 -r run status web
}

@test "a name that begins with a dash is named after --" {
	group init -dash
	needs init -dash
	boot_settled container
	client 0 status -- -dash
	client 0 stop -- -dash
}

# --- what it costs -------------------------------------------------------------------

# What does not fit would be a mapping of its own, which takes as long as ten system calls.
@test "the static client's variables, libc's among them, fit into one page" {
	local bytes
	bytes=$(readelf -lW "$(static_build)/cinit.svc" | awk '$1 == "LOAD" && / RW / { print $6 }')
	echo "$((bytes)) bytes"
	[ $((bytes)) -gt 0 ] && [ $((bytes)) -le 4096 ]
}
