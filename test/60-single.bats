#!/usr/bin/env bats
# runs: apart; again: asan static
#
# One program in place of a tree: `cinit -- PROGRAM`, and called as tini or dumb-init.
# Where Debian's tini and dumb-init are installed, the same is done with each of them.
#
# shellcheck disable=SC2154,SC2016 # variables of bats; other shells' variables

load lib
load boot # for await and PATIENCE

setup()
{
	dir=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	heard=$dir/heard started='' typing=''
	# the sanitizer would change what is ignored, and looks for leaks with ptrace
	export ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:detect_leaks=0
	# to replace either is to copy one file
	cp "$BUILD/cinit" "$dir/cinit"
	cp "$BUILD/cinit" "$dir/tini"
	cp "$BUILD/cinit" "$dir/dumb-init"
	hear=$BUILD/test/hear
	read -ra UNDER_TIME <<<"timeout -k 5 $((PATIENCE * 2))"
	cd "$dir" || return
}

teardown()
{
	local pid
	[ -z "$typing" ] || exec 7>&-
	for pid in $started; do
		kill -KILL $(children "$pid") "$pid" 2>/dev/null || :
	done
}

# like tini|dumb-init: ours by that name, and theirs if it is there, lines.
like()
{
	echo "$dir/$1"
	command -v "$1" || :
}

# code CODE CMD...: it ends with this code.
code()
{
	local should=$1
	shift
	run "-$should" --separate-stderr "${UNDER_TIME[@]}" "$@" </dev/null
}

one_line()
{
	same "lines" "$(wc -l <<<"$stderr")" 1
	has "$stderr" "$1"
}

# begin CMD...: in the background, as $init; with $hear it is awaited.
begin()
{
	rm -f "$heard"
	"$@" </dev/null 2>"$dir/said" 3>&- 8>&- 9>&- &
	init=$! started="$started $init"
	[[ " $* " != *" $heard "* ]] || await "the program" test -s "$heard"
}

ended()
{
	local is=0
	await "the end of $init" gone "$init"
	wait "$init" || is=$?
	same "exit code" "$is" "$1"
}

heard_or_stopped() { was_heard "$1" || state_is "$(child_of "$init")" T; }
was_heard() { grep -qx "$1" "$heard"; }
state_is() { [[ $(cat "/proc/$1/stat" 2>/dev/null) == *") $2 "* ]]; }
has_child() { [ -n "$(children "$1")" ]; }
child_of() { read -r pid _ <<<"$(children "$1")" && echo "$pid"; }

# --- which command line is that of a single program ---------------------------------------

@test "a word -- before a program selects it, without one the tree is meant" {
	code 7 ./cinit -s -- sh -c 'exit 7'
	same said "$stderr" ""
	code 2 ./cinit --
	has "$stderr" "--: not an option or word of cinit"
	code 2 ./cinit -e 3
}

@test "words behind the program are the program's" {
	code 0 ./cinit -s -- echo -x -- -g
	same output "$output" "-x -- -g"
	local init
	for init in $(like tini); do
		code 0 "$init" -s -- echo -x -- -g
		same output "$output" "-x -- -g"
		# as its help has it: PROGRAM -- ARGS
		code 0 "$init" -s echo a -- -s
		same output "$output" "a -s"
		code 0 "$init" -s echo a -- b -- c
		same output "$output" "a b -- c"
	done
	code 0 ./dumb-init echo -c -- -r
	same output "$output" "-c -- -r"
}

@test "an unknown option is one line and exit 2" {
	local words
	for words in -x -gx --frob "-c $dir" word cprofile:x --rewrite=TERM --rewrite=0:1 --rewrite=FROB:1 \
		--pdeathsig=FROB --pdeathsig=0 "-e 256" "-e -1" -ex --single-child=yes "--single-child -g"; do
		# shellcheck disable=SC2086
		code 2 ./cinit $words -- true
		one_line cinit:
		same output "$output" ""
	done
	code 2 ./cinit -e -- true
}

@test "the version and how it is called, in each dialect" {
	code 0 ./cinit -h -- x
	has "$output" "usage: cinit"
	code 0 ./cinit -V -- x
	has "$output" "cinit "
	local init
	for init in $(like tini); do
		code 0 "$init" --version
		has "$output" "tini version 0.19.0"
		code 0 "$init" -h
		has "$output" "TINI_SUBREAPER"
		code 0 "$init" -l
	done
	for init in $(like dumb-init); do
		for word in -V --version -h --help --vers; do
			code 0 "$init" "$word"
			has "$output$stderr" dumb-init
		done
	done
}

@test "as tini and dumb-init, mistakes end with their exit codes" {
	local init
	for init in $(like tini); do
		code 1 "$init"
		code 1 "$init" -s --
		code 1 "$init" -x true
		code 1 "$init" -e
		code 1 "$init" -e 256 true
		code 1 "$init" -p FROB true
		code 1 "$init" --help
	done
	for init in $(like dumb-init); do
		code 1 "$init"
		code 1 "$init" --
		code 1 "$init" -x true
		code 1 "$init" -r
		code 1 "$init" -r 15 true
		code 1 "$init" -r 0:3 true
		code 1 "$init" -r 15:-1 true
		code 1 "$init" --rewrite=99:1 true
		code 1 "$init" --single-child=1 true
	done
}

# --- how it ends -------------------------------------------------------------------------------

@test "the exit code is the program's, and 128 and the signal when it was killed" {
	local init
	for init in "./cinit -s --" $(like tini | sed 's/$/:-s:--/') $(like dumb-init); do
		init=${init//:/ }
		# shellcheck disable=SC2086
		for word in 0 1 77 255; do code "$word" $init sh -c "exit $word"; done
		# shellcheck disable=SC2086
		for word in 1 9 11 15; do code $((128 + word)) $init sh -c "kill -$word \$\$"; done
	done
}

@test "a program that cannot be run is 126 or 127" {
	: >plain
	mkdir -p folder
	code 127 ./cinit -s -- ./nothing
	one_line "./nothing: exec: No such file"
	code 127 ./cinit -s -- no-such-program
	code 127 ./cinit -s -- ''
	code 126 ./cinit -s -- ./plain
	one_line "Permission denied"
	code 126 ./cinit -s -- ./folder
	code 126 ./cinit -s -- ./plain/below
	PATH=$dir:$PATH code 126 ./cinit -s -- plain
	PATH=$dir/plain:$dir/nothing:$PATH code 0 ./cinit -s -- true
	local init
	for init in $(like tini); do
		code 127 "$init" -s no-such-program
		code 126 "$init" -s ./plain
		code 1 "$init" -s ./plain/below
	done
	for init in $(like dumb-init); do
		code 2 "$init" no-such-program
		code 2 "$init" ./plain
	done
}

@test "a script without a first line that names its shell is run by sh" {
	printf 'echo "$0 $*"; exit 3\n' >script
	chmod +x script
	local init
	for init in "./cinit -s --" $(like tini) $(like dumb-init); do
		# shellcheck disable=SC2086
		code 3 $init ./script a b
		same "$init" "$output" "./script a b"
		# shellcheck disable=SC2086
		PATH=$dir:$PATH code 3 $init script a
		same "$init" "$output" "$dir/script a"
	done
}

@test "-e makes an exit code a success" {
	local init
	for init in ./cinit:-s:-e:3:-e143:-- $(like tini | sed 's/$/:-s:-e:3:-e143:--/'); do
		init=${init//:/ }
		# shellcheck disable=SC2086
		for word in "exit 3" 'kill $$' "exit 0"; do code 0 $init sh -c "$word"; done
		# shellcheck disable=SC2086
		code 4 $init sh -c 'exit 4'
	done
}

@test "an end that comes at once is never missed" {
	local i is
	for i in {1..255}; do
		is=0
		./cinit -s -- sh -c "exit $i" || is=$?
		same "exit code" "$is" "$i"
	done
}

# --- signals -----------------------------------------------------------------------------------

# sweep MARKER "SKIP..." CMD...: sends every signal that can be sent up to MARKER and
# prints what the program heard of each.  MARKER comes after each: the highest
# pending signal is taken last.
sweep()
{
	local marker=$1 skip=" 9 10 17 19 $1 $2 " s n seen
	shift 2
	begin "$@" "$hear" "$heard" 10 7
	for ((s = 1; s <= marker; s++)); do
		[[ $skip != *" $s "* ]] || continue
		seen=$(wc -l <"$heard")
		n=$(grep -cx "$marker" "$heard" || :)
		kill "-$s" "$init"
		if [ -n "${stops-}" ] && [ "$s" -ge 20 ] && [ "$s" -le 22 ]; then
			await "$1 to stop after $s" state_is "$init" T
			await "$s" heard_or_stopped "$s" # CONT takes back what still waits
			kill -CONT "$init"
		fi
		kill "-$marker" "$init"
		await "the marker after $s" eval '[ "$(grep -cx "$marker" "$heard")" -gt "$n" ]'
		echo "$s:" $(tail -n "+$((seen + 1))" "$heard" | grep -vx "$marker" | sort -n)
	done
	kill -USR1 "$init"
	ended 7
}

# each_itself "SKIP...": what a sweep prints that changes nothing.
each_itself()
{
	local s
	for ((s = 1; s <= $1; s++)); do
		[[ " 9 10 17 19 $1 $2 " == *" $s "* ]] || echo "$s: $s"
	done
}

@test "every signal is passed on to the program" {
	each_itself 64 "" >should
	sweep 64 "" ./cinit -s -- >is
	same signals "$(<is)" "$(<should)"
	sweep 64 "" ./cinit -s -g -- >is
	same "signals of the group" "$(<is)" "$(<should)"
	sweep 64 "" ./cinit -s --single-child -- >is
	same "signals of a single child" "$(<is)" "$(<should)"
}

@test "as tini, the same signals are passed on as tini does" {
	# faults kill tini, and 32 and 33 are its libc's
	local faults="4 5 6 7 8 11 31 32 33"
	each_itself 64 "$faults" | sed 's/^\(2[12]:\).*/\1/' >should
	for init in $(like tini); do
		sweep 64 "$faults" "$init" -s >is
		same "$init" "$(<is)" "$(<should)"
	done
}

@test "as dumb-init, the same signals are passed on as dumb-init does, and stops stop it too" {
	# STOP in place of those that job control sends, and itself; then CONT
	each_itself 31 "" | sed 's/^\(2[012]:\).*/\1 18/' >should
	local stops=yes name
	for name in $(like dumb-init); do
		sweep 31 "" "$name" >is
		same "$name" "$(<is)" "$(<should)"
	done
	each_itself 31 "" | sed 's/^\(2[012]:\) \(.*\)/\1 18 \2/' >should
	for name in $(like dumb-init); do
		sweep 31 "" "$name" -c >is
		same "$name -c" "$(<is)" "$(<should)"
		DUMB_INIT_SETSID=0 sweep 31 "" "$name" >is
		same "$name, DUMB_INIT_SETSID=0" "$(<is)" "$(<should)"
	done
}

@test "faults are not passed on by tini" {
	for init in $(like tini); do
		begin "$init" -s "$hear" "$heard" 15
		local program
		program=$(child_of "$init")
		started="$started $program"
		kill -SEGV "$init"
		ended 139
		kill -KILL $program
		same "$heard" "$(<"$heard")" ready
	done
}

# family: a shell that waits for a child that hears.
family()
{
	begin "$@" sh -c '"$@" & wait; wait; exit 5' sh "$hear" "$heard" 15
}

@test "-g sends signals to the program's whole group, and without it to the program alone" {
	family ./cinit -s -g --
	kill -TERM "$init"
	await "TERM in the group" was_heard 15
	ended 143
	family ./cinit -s --
	local child
	child=$(child_of "$(child_of "$init")")
	kill -TERM "$init"
	ended 143
	started="$started $child"
	same heard "$(<"$heard")" ready
	kill -TERM "$child"
}

@test "as tini and dumb-init, groups are signalled alike" {
	local init_
	for init_ in $(like tini); do
		family "$init_" -s -g --
		kill -TERM "$init"
		await "TERM in the group of $init_" was_heard 15
		ended 143
		family env TINI_KILL_PROCESS_GROUP= TINI_SUBREAPER= "$init_" --
		kill -TERM "$init"
		await "TERM in the group of $init_" was_heard 15
		ended 143
	done
	for init_ in $(like dumb-init); do
		family "$init_"
		kill -TERM "$init"
		await "TERM in the session of $init_" was_heard 15
		ended 143
		# what is left of the session gets TERM when the program has ended
		begin "$init_" sh -c '"$@" & while [ ! -s "$2" ]; do :; done; exit 5' sh "$hear" "$heard" 15
		ended 5
		await "TERM at the end of $init_" was_heard 15
	done
}

@test "signals are rewritten, or not passed on" {
	begin ./cinit -s --rewrite=TERM:INT --rewrite=1:SIGUSR2 --rewrite QUIT:0 -- "$hear" "$heard" 10 4
	kill -QUIT "$init"
	kill -TERM "$init"
	await "TERM as INT" was_heard 2
	kill -HUP "$init"
	await "HUP as USR2" was_heard 12
	kill -USR1 "$init"
	ended 4
	same heard "$(sort -n "$heard" | tr '\n' ' ')" "ready 2 10 12 "
	local name
	for name in $(like dumb-init); do
		begin "$name" -r 15:2 --rewrite 1:12 --rewrite=3:0 -r20:20 "$hear" "$heard" 10 4
		kill -QUIT "$init"
		kill -TERM "$init"
		await "$name: TERM as INT" was_heard 2
		kill -HUP "$init"
		await "$name: HUP as USR2" was_heard 12
		kill -TSTP "$init"
		await "$name: stopped" state_is "$init" T
		await "$name: TSTP" was_heard 20
		kill -CONT "$init"
		await "$name: CONT" was_heard 18
		kill -USR1 "$init"
		ended 4
		same "$name" "$(sort -n "$heard" | tr '\n' ' ')" "ready 2 10 12 18 20 "
	done
}

@test "a stop by job control stops us when it has stopped the program, and CONT continues both" {
	begin ./cinit -s -- sleep 1000
	await "the program" has_child "$init"
	local program
	program=$(child_of "$init")
	started="$started $program"
	kill -TSTP "$init"
	await "the program to stop" state_is "$program" T
	await "us to stop" state_is "$init" T
	kill -CONT "$init"
	await "the program to go on" state_is "$program" S
	await "us to go on" state_is "$init" S
	kill -TERM "$init"
	ended 143
}

# strace first tries out a process of its own.
is_traced() { [ "$(tr '\0' '\n' <"/proc/$(child_of "$tracer")/cmdline" | head -n 1)" = "$1" ]; }

# held_at CALL CMD...: the program is held for a second before this system call of its start.
held_at()
{
	begin strace -f -qq -o trace -e "inject=$1:delay_enter=1500000" -e "trace=$1" "${@:2}" "$hear" nothing 15
	tracer=$init
	await "strace's program" is_traced "$2"
	init=$(child_of "$tracer")
	started="$started $init"
	await "the program's process" has_child "$init"
}

@test "a signal that comes before the program is executed is not lost" {
	held_at rt_sigaction ./cinit -s -g --
	kill -TERM "$init"
	init=$tracer
	ended 143
	held_at setsid ./dumb-init
	kill -TERM "$init"
	init=$tracer
	ended 143
}

@test "the signal for the parent's death comes" {
	local name
	for name in ./cinit:-s:--pdeathsig=TERM:-- ./cinit:-s:--pdeathsig:SIGTERM:-- \
		./cinit:-s:--pdeathsig=15:-- $(like tini | sed 's/$/:-s:-p:SIGTERM/'); do
		begin sh -c '"$@" & wait' sh ${name//:/ } "$hear" "$heard" 15
		started="$started $(child_of "$init")"
		kill -KILL "$init"
		ended 137
		await "TERM from $name" was_heard 15
	done
}

@test "standard error that nobody reads holds up no program, and is written to when it is read" {
	mkfifo go
	begin "$BUILD/test/mute" tty "$dir/go" "$dir/heard-of" ./tini -s -vvv -- bash -c '
		trap "" RTMIN+6 # which waits in a queue, where one like WINCH is told once
		for ((i = 0; i < 4000; i++)); do kill -RTMIN+6 $PPID; done
		: >sent
		until [ -e enough ]; do sleep 0.05; done
		exit 3'
	await "all of the signals" test -e sent
	echo >go
	await "what was lost is counted" grep -q "lines were lost" heard-of
	: >enough
	ended 3
}

# --- what the program inherits -----------------------------------------------------------------------

inherited='grep -E "^(Sig(Blk|Ign|Cgt)|ShdPnd)" /proc/self/status; ls /proc/self/fd'

@test "the program has the signals and descriptors that we were given" {
	local init
	exec 4<"${BASH_SOURCE[0]}" 5>/dev/null 6</dev/null
	env --block-signal=USR1,TERM,RTMIN+3 --ignore-signal=HUP,CHLD,TTOU,PIPE bash -c "$inherited" >should </dev/null
	grep -q 'SigIgn:.*1' should
	for init in "./cinit -s --" "./cinit -s -g --" "./cinit -s --single-child --" ./tini; do
		# shellcheck disable=SC2086
		env --block-signal=USR1,TERM,RTMIN+3 --ignore-signal=HUP,CHLD,TTOU,PIPE \
			$init bash -c "$inherited" >is 2>/dev/null </dev/null
		same "$init" "$(<is)" "$(<should)"
	done
	"$BUILD/test/ignore" bash -c "$inherited" >should </dev/null
	"$BUILD/test/ignore" ./cinit -s -- bash -c "$inherited" >is </dev/null
	same "all ignored" "$(<is)" "$(<should)"
	exec 4<&- 5>&- 6<&-
}

@test "standard descriptors that are closed stay closed for the program" {
	./cinit -s -- sh -c 'for fd in 0 2; do
		[ ! -e /proc/$$/fd/$fd ] || echo $fd; done >open' <&- >&- 2>&-
	same open "$(<open)" ""
}

@test "a parent that ignores CHLD does not keep the exit code from us" {
	code 3 env --ignore-signal=CHLD ./cinit -s -- sh -c 'exit 3'
	code 3 "$BUILD/test/ignore" ./tini -s -- sh -c 'exit 3'
	code 3 "$BUILD/test/ignore" ./dumb-init sh -c 'exit 3'
}

@test "the program's group and session are those of the dialect" {
	where='read -r pid _ _ _ pgid sid _ </proc/self/stat; [ "$pgid" = "$pid" ] && echo own group;
		[ "$sid" = "$pid" ] && echo own session; echo .'
	local init
	for init in ./cinit:-s:-- ./cinit:-s:-g:-- $(like tini | sed 's/$/:-s:--/'); do
		code 0 ${init//:/ } bash -c "$where"
		same "$init" "$output" "own group"$'\n'.
	done
	for init in $(like dumb-init); do
		code 0 "$init" bash -c "$where"
		same "$init" "$output" "own group"$'\n'"own session"$'\n'.
	done
	for init in ./cinit:-s:--single-child:-- $(like dumb-init | sed 's/$/:-c/'); do
		code 0 ${init//:/ } bash -c "$where"
		same "$init" "$output" .
	done
}

# --- orphans -------------------------------------------------------------------------------------

# A program that ends when the orphan that it has made is gone for good.
leaves='(sh -c "echo \$\$ >orphan.new; mv orphan.new orphan; exit 5" &)
	while [ ! -s orphan ] || [ -d "/proc/$(cat orphan)" ]; do :; done; exit 6'

@test "an orphan is reaped by a subreaper, and -w says so" {
	local init
	for init in ./cinit:-s:-- $(like tini | sed 's/$/:-s:--/') "env:TINI_SUBREAPER=:$dir/tini"; do
		rm -f orphan
		code 6 ${init//:/ } sh -c "$leaves"
		same "said by $init" "$stderr" ""
	done
	rm -f orphan
	code 6 ./cinit -s -w -- sh -c "$leaves"
	has "$stderr" "cinit: reaped orphan $(<orphan): exit 5"
	rm -f orphan
	code 6 ./tini -s -w sh -c "$leaves"
	has "$stderr" "$(<orphan)"
}

@test "PID 1 reaps orphans, hears what it has no handler for, and takes all with it" {
	namespaces
	code 6 "${NS[@]}" --mount-proc ./cinit -- sh -c "$leaves"
	same said "$stderr" ""
	local init_
	for init_ in "./cinit --" $(like tini) $(like dumb-init); do
		# shellcheck disable=SC2086
		begin "${NS[@]}" --mount-proc $init_ "$hear" "$heard" 15 9
		started="$started $(child_of "$init")"
		kill -USR2 "$(child_of "$init")"
		await "USR2" was_heard 12
		kill -TERM "$(child_of "$init")"
		ended 9
	done
}

@test "neither PID 1 nor subreaper is said, once" {
	code 0 ./cinit -- true
	one_line "neither PID 1 nor, with -s, a subreaper"
	code 0 ./tini true
	one_line "neither PID 1 nor, with -s, a subreaper"
	TINI_VERBOSITY=0 code 0 ./tini true
	same said "$stderr" ""
	code 0 ./dumb-init true
	same said "$stderr" ""
}

@test "-v says more each time" {
	code 0 ./cinit -s -v -- true
	has "$stderr" "started the program, process "
	has "$stderr" "ended: the program, process "
	begin ./cinit -s -vv -- "$hear" "$heard" 15
	kill -TERM "$init"
	ended 0
	has "$(<said)" "received signal 15 (TERM)"
	DUMB_INIT_DEBUG=1 begin ./dumb-init -r 1:0 "$hear" "$heard" 15
	kill -HUP "$init"
	kill -TERM "$init"
	ended 0
	has "$(<said)" "received signal 1 (HUP), not passed on"
}

# --- the terminal -----------------------------------------------------------------------------------------

# at_terminal CMD...: as the leader of a session with a terminal; what it shows
# goes to $shown, what `type` says is typed.
at_terminal()
{
	shown=$dir/shown typing=$dir/typing
	rm -f "$typing" "$heard"
	mkfifo "$typing"
	: >"$shown" # now: what was shown before is not to be found there
	"$BUILD/test/terminal" "$@" <"$typing" >"$shown" 2>&1 3>&- 8>&- 9>&- &
	started="$started $!" terminal=$!
	exec 7>"$typing"
}

type() { printf "$1" >&7; }
shows() { await "shown: $1" grep -qF -e "$1" "$shown"; }

hang_up()
{
	exec 7>&-
	typing=
	await "the end of the session" gone "$terminal"
	wait "$terminal" || :
}

tells='read -r pid _ _ _ pgid sid _ tpgid _ </proc/self/stat
	[ "$tpgid" = "$pid" ] && echo in front; [ "$sid" = "$pid" ] && echo leads; tty >/dev/null && echo terminal; echo done'

@test "the program is given the terminal" {
	local init
	for init in ./cinit:-s:-- $(like tini | sed 's/$/:-s:--/'); do
		at_terminal ${init//:/ } bash -c "$tells"
		shows done
		has "$(<shown)" "in front"
		lacks "$(<shown)" leads
		has "$(<shown)" terminal
		hang_up
	done
	for init in $(like dumb-init); do
		at_terminal "$init" bash -c "$tells"
		shows done
		has "$(<shown)" "in front"
		has "$(<shown)" leads
		has "$(<shown)" terminal
		hang_up
	done
	at_terminal ./cinit -s --single-child -- bash -c "$tells"
	shows done
	lacks "$(<shown)" "in front"
	hang_up
}

@test "the hang-up that releasing the terminal brings is not passed on" {
	local name
	for name in $(like dumb-init); do
		at_terminal "$name" "$hear" "$heard" 10
		await "the program" test -s "$heard"
		kill -CONT "$(child_of "$terminal")" # the second
		await "CONT" was_heard 18
		kill -USR1 "$(child_of "$terminal")"
		hang_up
		same "$name" "$(tr '\n' ' ' <"$heard")" "ready 18 10 "
	done
}

@test "at a terminal, ctrl-c ends the program, ctrl-z stops both, fg continues both" {
	at_terminal bash --norc -i
	type "PS1='<\$?> '; $dir/cinit -s -- sed -u s/^/got:/\n"
	type 'hello\n'
	shows got:hello
	type '\032'
	shows Stopped
	type 'echo here is $((40 + 2))\n'
	shows 'here is 42'
	type 'fg\n'
	type 'again\n'
	shows got:again
	type '\003'
	shows '<130> '
	type 'exit\n'
	hang_up
}

@test "in the background the terminal is not taken, and given back it is in the end" {
	at_terminal bash --norc -i
	type "PS1='> '; $dir/cinit -s -- sleep 1000 & jobs -p %%%% >job\n"
	await "the job" test -s job
	type 'echo here is $((40 + 2))\n'
	shows 'here is 42'
	type 'kill %%%%; wait; echo gone=$((1 + 1))\n'
	shows 'gone=2'
	# a shell without job control takes nothing back by itself
	type "sh -c '$dir/cinit -s -- true; read -r line; echo \"got \$line\"'\n"
	type 'words\n'
	shows 'got words'
	type 'exit\n'
	hang_up
}

# --- what it costs ---------------------------------------------------------------------------------------------

@test "the static binary with everything in it has at most 250 KB" {
	small_cinit small
	local bytes
	bytes=$(stat -c %s small)
	echo "$bytes bytes"
	[ "$bytes" -le 250000 ]
}

@test "it has a proportional set size of at most 120 KB, also after signals" {
	small_cinit small
	begin ./small -s -- "$hear" "$heard" 15
	local s
	for s in 1 2 12; do
		echo "$(pss_kb "$init") KB"
		[ "$(pss_kb "$init")" -le 120 ]
		kill "-$s" "$init"
		await "signal $s" was_heard "$s"
	done
	kill -TERM "$init"
	ended 0
}

@test "it allocates nothing, opens nothing, and waits for signals without a time limit" {
	small_cinit small
	begin strace -qq -o trace ./small -s -- "$hear" "$heard" 15
	tracer=$init
	await "strace's program" is_traced ./small
	init=$(child_of "$tracer")
	kill -USR1 "$init"
	await USR1 was_heard 10
	await "sleep" eval 'tail -n1 trace | grep -q "^rt_sigtimedwait(.*, NULL, NULL, 8$"'
	kill -TERM "$init"
	init=$tracer
	ended 0
	! grep -E '^(brk|mmap|open|openat|socket|pipe2?|dup|epoll|signalfd|eventfd|read|poll)' trace ||
		fail "these system calls"
}
