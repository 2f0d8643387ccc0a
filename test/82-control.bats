#!/usr/bin/env bats
# runs: apart; again: asan
#
# Pools and the supervisor: requests that are passed on to a manager, and a manager that
# cannot be trusted.
#
# shellcheck disable=SC2154

load lib
load boot
load ipc

# A supervisor with a manager of ours beside it.
setup()
{
	ipc_begin
	status_of() { listed "$@"; } # few of these managers answer
	bin=$dir/bin
	mkdir "$bin"
	cp "$BUILD/cinit" "$bin/cinit"
	cp "$BUILD/test/pool-liar" "$bin/cinit.pool"
}

teardown()
{
	ipc_end
}

# liar NAME WORD: a pool whose manager is one.
liar()
{
	mkdir -p "$tree/svc/$1/pool" "$tree/svc/init/wants"
	ln -s /bin/true "$tree/svc/$1/on"
	printf 'unix %s/%s.sock\n' "$dir" "$1" >"$tree/svc/$1/listen"
	printf '%s\n' "$2" >"$tree/svc/$1/liar"
	ln -s "../../$1" "$tree/svc/init/wants/$1"
}

# The supervisor whose neighbour is the liar; clients are the build's own.
boot_liars()
{
	mkdir -p "$tree/svc/init"
	ln -sf "$BUILD/cinit.svc" "$bin/cinit.svc"
	ln -sfn "$BUILD/test" "$bin/test"
	BUILD=$bin boot container
	await "everything" svc -q wait settled
}

@test "a service that is no pool has no workers, no scale, no roll and no call" {
	respawn_stub plain
	mkdir -p "$tree/svc/init/needs"
	ln -s ../../plain "$tree/svc/init/needs/plain"
	boot_liars
	local verb
	for verb in "scale plain 3" "roll plain" "call plain help"; do
		# shellcheck disable=SC2086
		run --separate-stderr svc $verb
		same "$verb" "$status $stderr" "1 cinit.svc: plain: not a pool"
	done
	run --separate-stderr svc scale none 3
	same "none" "$status $stderr" "5 cinit.svc: none: no such service"
}

@test "words of a command about a pool are checked before it is sent" {
	boot_liars
	local words
	for words in "scale" "scale a" "scale a b" "scale a -1" "scale a 1 2" "scale a 99999999999" "call" "call a" "roll"; do
		# shellcheck disable=SC2086
		run svc $words
		same "$words" "$status" 2
	done
	run svc call a "$(printf 'x%.0s' {1..960})"
	same "too long" "$status" 2
}

@test "commands about pools are for those who may command, looking is for everybody" {
	as_root
	[ "$(method)" = socket ] || skip "with this method nobody else may even ask"
	liar web twice
	boot_liars
	publish cinit.svc
	local verb
	for verb in "scale web 3" "roll web" "call web help"; do
		# shellcheck disable=SC2086
		run --separate-stderr "${NOBODY[@]}" "$public/cinit.svc" -r "$run" $verb
		same "$verb" "$status $stderr" "4 cinit.svc: web: permission denied"
	done
	run --separate-stderr "${NOBODY[@]}" "$public/cinit.svc" -r "$run" status web
	same "status" "$status" 0
	has "$output" "1 idle"
}

@test "a manager that says nothing is given up in time, and so is its client" {
	liar web silent
	boot_liars
	run --separate-stderr svc -t 1 call web help
	same "call" "$status" 1
	has "$stderr" "still waiting"
	run --separate-stderr svc -t 0.2 roll web
	same "roll" "$status" 1
	svc status -q init
}

@test "without a limit of the client's there is one of the supervisor's" {
	liar web silent
	boot_liars
	local since=$SECONDS
	run --separate-stderr svc scale web 3
	same "scale" "$status" 1
	has "$stderr" "still waiting"
	[ $((SECONDS - since)) -ge 9 ] || fail "given up after $((SECONDS - since)) s"
	[ $((SECONDS - since)) -le 25 ] || fail "given up after $((SECONDS - since)) s"
}

@test "status of a pool whose manager says nothing waits two seconds for its workers, no more" {
	liar web silent
	boot_liars
	local since=$SECONDS
	run --separate-stderr svc status web
	same "status: $stderr" "$status" 0
	has "$stderr" "still waiting"
	has "$output" "web "
	[ $((SECONDS - since)) -ge 1 ] || fail "after $((SECONDS - since)) s"
	[ $((SECONDS - since)) -le 6 ] || fail "after $((SECONDS - since)) s"
}

@test "nonsense from a manager is no answer, or a no" {
	liar web nonsense
	boot_liars
	run --separate-stderr svc call web help
	same "call" "$status $stderr" "1 cinit.svc: web: the pool manager sent a malformed answer"
	run --separate-stderr svc scale web 2
	same "scale" "$status $stderr" "1 cinit.svc: web: the pool manager sent a malformed answer"
	run --separate-stderr svc status web
	has "$stderr" "the pool manager sent a malformed answer"
	has "$output" "web"
	in_state web up
}

@test "answers to what nobody asked change nothing" {
	liar web other
	liar www silent
	boot_liars
	svc -q -t 3 call www help &
	local waits=$! code=0
	run --separate-stderr svc -t 1 call web help
	same "call" "$status" 1
	has "$stderr" "still waiting"
	wait "$waits" || code=$?
	same "the other's" "$code" 1
	in_state web up
}

@test "a manager that answers twice has answered once" {
	liar web twice
	boot_liars
	local i
	for i in {1..20}; do
		run --separate-stderr svc call web help
		same "call $i" "$status $output" "0 as you say"
	done
}

@test "what a pool says reaches nobody's terminal as it came, but in its lines" {
	liar web escapes
	boot_liars
	LC_ALL=C.UTF-8 run --separate-stderr svc call web help
	same "call" "$status $output" "0 "'\x1b]0;pwned\x07\x1b[2J'$'\t''b\x5c'$'\n''\xe2\x80\xaec'$'\xc3\xa9'
	LC_ALL=C run --separate-stderr svc call web help
	has "$output" '\xe2\x80\xaec\xc3\xa9'
}

@test "call with --json is JSON, whatever the pool says, and so is a no" {
	liar web escapes
	liar www nonsense
	boot_liars
	run --separate-stderr svc --json call web help
	same "call" "$status $stderr" "0 "
	lacks "$output" $'\e'
	lacks "$output" $'\xe2\x80\xae'
	same "fields" "$(jq -c '.[] | [.name, .result, .error]' <<<"$output")" '["web","done",null]'
	same "said" "$(jq -r '.[0].said' <<<"$output")" $'\e]0;pwned\a\e[2J\tb\\\n\xe2\x80\xaec\xc3\xa9'
	run --separate-stderr svc --json call www help
	same "no" "$status $(jq -c . <<<"$output")" \
		'1 [{"name":"www","result":"the pool refuses","error":"the pool manager sent a malformed answer"}]'
	has "$stderr" "the pool manager sent a malformed answer"
	run --separate-stderr svc -q --json call www help
	same "quiet" "$status $output$stderr" "1 "
}

@test "a manager that floods holds up nobody" {
	liar web flood
	respawn_stub other
	ln -s ../../other "$tree/svc/init/wants/other"
	boot_liars
	svc -q -t 2 call web help &
	local waits=$! i
	for i in {1..20}; do
		timeout 2 "$BUILD/cinit.svc" -r "$run" status -q other || fail "try $i"
	done
	svc restart other
	wait "$waits" || :
	svc stop web
	in_state web down
}

@test "a manager that closes its end is no pool to talk to, and goes on" {
	liar web close
	boot_liars
	await "the end" eval '! svc -q call web help'
	run --separate-stderr svc call web help
	same "call" "$status" 1
	in_state web up
}

@test "who waits for a manager that dies is told so" {
	liar web die
	boot_liars
	run --separate-stderr svc -t 20 call web help
	same "call" "$status" 1
	lacks "$stderr" "still waiting"
	has "$stderr" "web"
	await "it is back" in_state web up
}

@test "what a manager says before it ends is shown, fit for a terminal" {
	liar web words
	boot_liars
	run --separate-stderr svc -t 20 call web help
	same "call" "$status" 1
	await "it is back" in_state web up
	lacks "$(cat "$log")" $'\033'
}

@test "a manager that says why before it is up has failed with that" {
	liar web late
	boot_liars
	same "state" "$(state web)" failed
	has "$(why web)" "the moon is full"
	lacks "$(svc status web || :)" $'\033'
	in_state init up
	run --separate-stderr svc start web
	same "start" "$status" 1
	has "$stderr" "the moon is full"
	lacks "$stderr" $'\033'
}

@test "more requests than rows are told busy, and rows come back" {
	liar web silent
	boot_liars
	local i pids=()
	for i in {1..80}; do
		svc -t 9 call web help 2>>"$dir/said" &
		pids+=($!)
	done
	for i in "${pids[@]}"; do wait "$i" || :; done
	has "$(cat "$dir/said")" "web: busy"
	same "given up" "$(grep -c 'still waiting' "$dir/said")" 64
	run --separate-stderr svc -t 0.5 call web help
	has "$stderr" "still waiting"
}

@test "a pool that is reloaded under a new number keeps its answers" {
	liar web twice
	liar zzz twice
	boot_liars
	mkdir -p "$tree/svc/aaa"
	ln -s ../../aaa "$tree/svc/init/wants/aaa"
	tell_cinit HUP
	said "reload: "
	run svc call web help
	same "web" "$status $output" "0 as you say"
	run svc call zzz help
	same "zzz" "$status $output" "0 as you say"
}
