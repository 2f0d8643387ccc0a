#!/usr/bin/env bats
# runs: shared; again: asan methods
#
# libcinit: installed, compiled against and run as a program of somebody else would.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc

# Compiles once for the file, against what `make install` has installed.
setup_file()
{
	cd "$TOP" || return
	local words word
	export CINIT_PREFIX=$BATS_FILE_TMPDIR/root
	read -ra words <"$BUILD/flags"
	mkdir "$BATS_FILE_TMPDIR/b"
	cp -a "$BUILD"/cinit* "$BUILD/libcinit.a" "$BATS_FILE_TMPDIR/b/"
	make -s -o all install B="$BATS_FILE_TMPDIR/b" IPC="$(method)" DESTDIR="$CINIT_PREFIX" PREFIX=/usr
	CINIT_CC=${words[0]}
	for word in "${words[@]}"; do
		case $word in
		-static | -fsanitize=* | -fno-sanitize-recover=*) CINIT_CC+=" $word" ;;
		esac
	done
	export CINIT_CC
	compile "$TOP/test/libcinit/try.c" "$BATS_FILE_TMPDIR/try" -pthread -Wl,--wrap=malloc
}

# compile FILE PROGRAM [FLAG...]
compile()
{
	local cc
	read -ra cc <<<"$CINIT_CC"
	"${cc[@]}" -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -I "$CINIT_PREFIX/usr/include" "$1" \
		-L "$CINIT_PREFIX/usr/lib" -lcinit -o "$2" "${@:3}"
}

setup()
{
	ipc_begin
	export LC_ALL=C
	cp "$BATS_FILE_TMPDIR/try" "$public/"
}

teardown() { ipc_end; }

# try WORD...: what it prints is in $output.
try()
{
	run timeout "$PATIENCE" "$public/try" "$run" "$@"
	same "exit code of try $*" "$status" 0
}

# tries LINES WORD...: it prints exactly this.
tries()
{
	try "${@:2}"
	same "try ${*:2}" "$output" "$1"
}

# db needs disk, web needs db; all up, with slow, which is not.
boot_sample()
{
	group init
	stub disk slow
	respawn_stub db web
	needs init web
	needs db disk
	needs web db
	tell hold slow
	boot_settled container
}

# --- what is installed ------------------------------------------------------------------

@test "the installed header stands alone, in C and in C++" {
	local std
	for std in c99 c11 c17; do
		echo '#include <cinit/client.h>' | cc -std=$std -pedantic -Wall -Wextra -Werror -fsyntax-only \
			-I "$CINIT_PREFIX/usr/include" -x c - || fail "$std"
	done
	echo '#include <cinit/client.h>
		int main() { struct cinit c; return cinit_connect(&c, nullptr) != CINIT_OK; }' |
		clang -std=c++11 -pedantic -Wall -Wextra -Werror -fsyntax-only \
			-I "$CINIT_PREFIX/usr/include" -x c++ - || fail "C++"
	[ -e "$CINIT_PREFIX/usr/share/man/man3/libcinit.3" ] || fail "no manual page"
}

@test "the library offers what the header declares, and no other name" {
	local lib=$CINIT_PREFIX/usr/lib/libcinit.a
	nm -g --defined-only "$lib" | awk 'NF == 3 && $2 ~ /[A-Z]/ { print $3 }' | grep -v '^__\|^_\?DW' | sort >"$dir/offered"
	# a declaration, not an example: those stand in comments
	grep -v '^ \*' "$CINIT_PREFIX/usr/include/cinit/client.h" | grep -oE '\bcinit_[a-z_]+\(' | tr -d '(' |
		sort -u >"$dir/declared"
	[ -s "$dir/declared" ]
	same "offered and declared" "$(diff "$dir/offered" "$dir/declared")" ""
}

@test "pkg-config knows the library, its version and its method" {
	command -v pkg-config >/dev/null || skip "no pkg-config"
	local words
	export PKG_CONFIG_LIBDIR=$CINIT_PREFIX/usr/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$CINIT_PREFIX
	same version "cinit $(pkg-config --modversion cinit)" "$("$BUILD/cinit" -V | sed 's/ (.*//')"
	same method "$(pkg-config --variable=ipc_method cinit)" "$(method)"
	read -ra words <<<"$CINIT_CC $(PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
		pkg-config --cflags --libs cinit)"
	"${words[0]}" "$TOP/client/example/up.c" "${words[@]:1}" -o "$dir/up"
	run "$dir/up" -r "$dir/none" web
	has "$output" "no supervisor answers"
}

@test "the manual page names every call, and its example is compiled and runs" {
	boot_sample
	local page=$CINIT_PREFIX/usr/share/man/man3/libcinit.3 call
	for call in $(nm -g --defined-only "$CINIT_PREFIX/usr/lib/libcinit.a" | grep -oE 'cinit_[a-z_]+$'); do
		grep -qE "\b$call\b" "$page" || fail "not in the manual page: $call"
	done
	awk '/^\.\\" example begins/ { on = 1; next } /^\.\\" example ends/ { on = 0 }
		on && !/^\.(Bd|Ed)/' "$page" | sed 's/\\e/\\/g' >"$dir/example.c"
	compile "$dir/example.c" "$public/example"
	CINIT_RUN=$run run timeout "$PATIENCE" "$public/example" web
	same example "$status $output" "0 web: up"
	CINIT_RUN=$run run timeout "$PATIENCE" "$public/example" nobody
	same example "$status $output" "1 example: nobody: no such service"
	CINIT_RUN=$dir/none run timeout "$PATIENCE" "$public/example" web
	same example "$status $output" "1 example: $dir/none: no supervisor answers: No such file or directory"
}

@test "the example program starts several at the same time" {
	boot_sample
	stub bad
	tell exit bad 3
	untell hold slow
	compile "$TOP/client/example/up.c" "$public/up"
	run timeout "$PATIENCE" "$public/up" -r "$run" slow bad nobody web
	same code "$status" 1
	same lines "$(sort <<<"$output")" "$(printf '%s\n' 'bad: failed: exit 3' 'nobody: no such service' 'slow: up' 'web: up')"
	run timeout "$PATIENCE" "$public/up" -r "$run" web slow
	same "code and lines" "$status $(sort <<<"$output" | tr '\n' ' ')" "0 slow: up web: up "
}

# --- simple calls -----------------------------------------------------------------------

@test "status: a service, its state and why; and none of that name" {
	boot_sample
	tries "web: up, flags 3" status web
	stub bad
	needs bad slow
	svc --no-wait start bad
	tries "bad: waiting: needs slow, which is starting, flags 1" status bad
	tries "no such service: nobody: no such service" status nobody
}

@test "commands: done, refused and why, accepted, at a limit" {
	boot_sample
	tries "done: " command stop web 0 0
	same web "$(state web)" down
	tries "done: " command start web 0 0
	tries "done: " command restart db 0 0
	tries "done: " await web 3 0
	tries "done: " command try-restart web 0 0
	svc wait web
	tries "refused: db: a dependent is up: web: up" command stop db 1 0
	tries "no answer in time: still waiting: slow: starting: its program is running" command start slow 0 100
	tries "done: " command start slow 2 0
	tries "no such service: nobody: no such service" command stop nobody 0 0
	stub bad
	tell exit bad 2
	tries "refused: bad: failed: exit 2" command start bad 0 0
	tries "done: " command poweroff '' 4 0
	untell hold slow
	ends_with 0
}

@test "awaiting up, down, and all settled" {
	boot_sample
	tries "done: " await web 3 0
	tries "no answer in time: still waiting: web: up" await web 4 50
	svc --no-wait start slow
	tries "no answer in time: still waiting: slow: starting: its program is running" await slow 3 50
	tries "no answer in time: still waiting: not settled" await '' 5 50
	untell hold slow
	tries "done: " await '' 5 0
	svc -q stop web
	tries "done: " await web 4 1000
}

@test "lists: all, and what would be stopped along" {
	boot_sample
	try list
	same all "$(tr ' ' '\n' <<<"$output" | sort | tr '\n' ' ')" "db disk init web "
	try list db
	same dependents "$(tr ' ' '\n' <<<"$output" | sort | tr '\n' ' ')" "init web "
	tries "no such service: nobody: no such service" list nobody || same code "$status" 1
}

@test "a list of 1000 services is complete" {
	big_tree fan 1000
	boot_settled container
	try list
	same names "$(tr ' ' '\n' <<<"$output" | sort -u | wc -l)" 1001
}

@test "what makes no sense is said, and the connection goes on" {
	group init
	respawn_stub a
	needs init a
	boot_settled container
	tries "a call that makes no sense: not connected
a call that makes no sense: no name
a call that makes no sense: no name
a call that makes no sense: a name longer than 255 bytes
a call that makes no sense: no such verb
a call that makes no sense: a limit below 0
a call that makes no sense: no such goal
a call that makes no sense: nothing was asked
and still answers
a call that makes no sense: nothing was asked" usage
}

@test "another user is denied, in the way of the method" {
	as_root
	boot_sample
	publish cinit.svc
	run timeout "$PATIENCE" "${NOBODY[@]}" "$public/try" "$run" command stop web 0 0
	grep -qE '^permission denied: ' <<<"$output" || fail "$output"
	same web "$(state web)" up
}

# --- several requests under way -----------------------------------------------------------

@test "many requests under way, and none read meanwhile: every answer comes once, is right, and comes soon" {
	local before after
	big_tree fan 80
	boot_settled container
	in_background "$public/try" "$run" many
	await "80 requests" background_said "too many requests under way"
	svc -q list # once this is answered, so are they
	before=$EPOCHREALTIME
	printf '\n' >"$public/in.$((${#helpers[@]} - 1))"
	await "their answers" background_said " of "
	after=$EPOCHREALTIME
	same lines "$(background_output | tail -n 1)" "80 of 80"
	[ $(((${after/./} - ${before/./}) / 1000)) -lt "${HONEST_MS:-1000}" ] ||
		fail "they came only after $(((${after/./} - ${before/./}) / 1000)) ms"
}

@test "answers come as they are ready, and waiting can be bounded" {
	boot_sample
	in_background "$public/try" "$run" order web
	await "the bounded waits" background_said "and by a time"
	client_stops_web
	await "the last" background_said "last: slow"
	same lines "$(background_output)" "first: quick
then at once: no answer in time: $run: no answer: the supervisor is silent
and by a time: no answer in time: $run: no answer: the supervisor is silent
last: slow"
}

client_stops_web() { svc -q stop web; }

@test "connections to two supervisors at once, and two to one" {
	boot_sample
	local first=$launched first_run=$run first_tree=$tree
	run=$public/run2 tree=$dir/tree2
	mkdir -p "$tree/svc" "$tree/conf"
	group init
	script other 'exec sleep 1000'
	: >"$tree/svc/other/respawn"
	needs init other
	boot_settled container
	local second=$launched second_run=$run
	run=$first_run tree=$first_tree
	try two "$second_run" web other
	end_by_force
	launched=$first
	same lines "$output" "ids right
web
other
web"
}

@test "threads, each with a connection of its own" {
	boot_sample
	tries "0 wrong" threads 20 20 web
}

@test "threads that wait in vain, also more than there are signals to end a wait with" {
	boot_sample
	tries "0 wrong" threads 20 0 web
	tries "0 wrong" threads 60 0 web
}

# --- the process around it ------------------------------------------------------------------

@test "a wait ends in time, and the program's signals and timers are its own" {
	boot_sample
	local how ticks="all the time"
	for how in plain blocked taken refused; do
		[ "$how" = plain ] || ticks=no
		tries "no answer in time, in time
ticks: $ticks
signals: as before
timer: as before" signals "$how" web
	done
}

@test "a supervisor that is stopped does not hold a call for ever" {
	boot_sample
	kill -STOP "$(cinit_pid)"
	tries "no answer in time: $run: no answer: the supervisor is silent" command stop web 2 0
	kill -CONT "$(cinit_pid)"
}

@test "when the supervisor dies, a call says so, without SIGPIPE" {
	local how
	for how in gone pending; do
		boot_sample
		in_background "$public/try" "$run" "$how" web
		await "the connection" background_said connected
		kill_cinit
		printf '\n' >"$public/in.$((${#helpers[@]} - 1))"
		await "the end" background_said SIGPIPE
		if [ "$how" = gone ]; then
			same lines "$(background_output | tail -n 2)" $'the connection has ended\nSIGPIPE never was'
		else
			same lines "$(background_output | tail -n 1)" "SIGPIPE is pending"
		fi
		rm -rf "$tree" && mkdir -p "$tree/svc" "$tree/conf"
	done
}

@test "connecting, a question and its answer need no allocation" {
	boot_sample
	tries "done, 0 allocations
counted" memory web
}

# --- who is there ------------------------------------------------------------------------------

@test "nobody there, and a run directory that cannot be" {
	tries "no supervisor answers: $run: no supervisor answers: No such file or directory
$(method) $run" connect
	run=rel
	cd "$public"
	tries "no supervisor answers: $public/rel: no supervisor answers: No such file or directory
$(method) $public/rel" connect
	run=$(printf '%04096d' 0)
	try connect
	grep -qE '^a call that makes no sense: run directory: File ?name too long$' <<<"$output" || fail "$output"
	run=$public/$'blå\e'
	try connect
	has "$output" "no supervisor answers: $public/blå\\x1b: no supervisor"
	run=''
	CINIT_RUN=$public/env tries "no supervisor answers: $public/env: no supervisor answers: No such file or directory
$(method) $public/env" connect
}

# Where the programs of each method are, from any of their directories.
build_of()
{
	local at
	for at in "$BUILD" "$BUILD/.." "$BUILD/$1" "$BUILD/../$1"; do
		if [ -x "$at/cinit" ] && [ "$(BUILD=$at method)" = "$1" ]; then
			echo "$at"
			return
		fi
	done
	fail "no programs with method $1: make methods"
}

@test "a supervisor of each method, and this client: answered, or named with its method" {
	local theirs mine at
	mine=$(method)
	for theirs in socket fifo msq shm; do
		tree=$dir/tree.$theirs run=$public/run.$theirs
		mkdir -p "$tree/svc" "$tree/conf"
		group init
		at=$(build_of "$theirs")
		BUILD=$at cinit_as container
		if [ "$mine" = "$theirs" ]; then
			await "the supervisor" svc -q list
			tries "done: 
$mine $run" connect
		else
			await "the supervisor" grep -qs "$theirs" "$run/lock"
			tries "the supervisor listens on another method: built for $mine, but $run's supervisor listens on $theirs
$mine $run" connect
			run --separate-stderr svc list
			same "cinit.svc of $mine" "$status $output $stderr" \
				"7  cinit.svc: built for $mine, but $public/run.$theirs's supervisor listens on $theirs"
		fi
		end_by_force
	done
}

@test "what a newer supervisor says is numbers, and its words are ?" {
	[ "$(method)" = socket ] || return 0
	mkdir "$run"
	in_background "$BUILD/test/ipc-newer" "$run" unknown
	await "the supervisor" background_said ready
	tries "result 4444: ?
state 99: ?
end [] step ?
web: ?, flags 240
state 99: ?
end [] step ?
web: ?: needs net, flags 240
text [web: ?]
cut [web:]
words ? ? ?" newer web
	rm "$run/socket"
	in_background "$BUILD/test/ipc-newer" "$run" version
	await "the supervisor" background_said ready
	tries "client and supervisor are of different versions: client and supervisor are of different versions" \
		other-version web
	rm "$run/socket"
	in_background "$BUILD/test/ipc-newer" "$run" unknown
	await "the supervisor" background_said ready
	run --separate-stderr svc --json status web
	same "cinit.svc" "$status $(jq -c '.[0] | [.state, .last_exit]' <<<"$output")" '1 ["?",null]'
	same stderr "$stderr" "cinit.svc: web: ?"
}
