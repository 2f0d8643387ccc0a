# boot.bash - what the bats files that run the supervisor share; after lib.bash.
#
#   CINIT_UNDER     words before each cinit, as in 'valgrind -q --error-exitcode=99'
#   CINIT_OUTER_IPC set, though empty: the supervisor stays in our IPC namespace,
#                   where clients of System V methods can find it
#
# Every cinit here runs in namespaces of its own, and they end with the test.
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables of bats and of lib.bash

read -ra UNDER <<<"${CINIT_UNDER-}"

# A directory, an empty tree and a place for everything of one supervisor.
boot_begin()
{
	dir=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	tree=$dir/tree run=$dir/run log=$dir/cinit.log events=$dir/log
	launched='' stdin=/dev/null wrap=()
	mkdir -p "$tree/svc" "$tree/conf"
	: >"$log"
	: >"$events"
	ln -s "$BUILD/test/stub" "$dir/stub"
	ln -s "$BUILD/test/stub" "$dir/stub-off"
	namespaces
}

# How namespaces are made here, in ${NS[@]}.
namespaces()
{
	local how
	for how in "" "--user --map-root-user"; do
		read -ra NS <<<"unshare $how --pid --mount ${CINIT_OUTER_IPC---ipc} --fork --kill-child"
		if "${NS[@]}" --mount-proc true 2>/dev/null; then
			return
		fi
	done
	skip "no PID namespaces here"
}

boot_end()
{
	[ -z "$launched" ] || end_by_force
	cat "$log" # shown if the test has failed
	! grep -E '^==[0-9]+==|runtime error:|Sanitizer' "$log"
}

# The supervisor is another's child, and gone a little after those before it: until then
# it may still answer.
end_by_force()
{
	local pid
	pid=$(cinit_pid) || pid=
	kill -KILL -- "-$launched" 2>/dev/null || kill -KILL "$launched" || :
	wait "$launched" || :
	launched=
	[ -z "$pid" ] || await "the end of process $pid" gone "$pid"
}

# Runs in the background, for a limited time, with $stdin and into $log.
launch()
{
	timeout -k 5 $((PATIENCE * 4)) "$@" <>"$stdin" >>"$log" 2>&1 3>&- 8>&- 9>&- &
	launched=$!
}

# cinit_as user|container|machine [ARG...]: a supervisor on $tree and $run.  In
# user mode it is the child of another PID 1, and all of its orphans' subreaper.
# ${wrap[@]}: a command that executes it.
cinit_as()
{
	local kind=$1 what=()
	shift
	case $kind in
	user) what=(sh -c '"$@"; exit $?' sh) ;;
	esac
	if [ "$kind" = machine ]; then
		[ -z "${CINIT_UNDER-}" ] || skip "valgrind knows no reboot(2), which ends a machine"
		set -- --machine "$@"
	fi
	launch "${NS[@]}" --mount-proc "${what[@]}" "${wrap[@]}" \
		"${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run" "$@"
}

# The same, and it answers.
boot()
{
	cinit_as "$@"
	await "the supervisor" svc -q list
}

boot_settled()
{
	boot "$@"
	svc wait settled
}

# The directory of the static build of this tree.
static_build()
{
	local at
	for at in "$BUILD/static" "$BUILD/../static" "$BUILD"; do
		[ -x "$at/cinit" ] && ! ldd "$at/cinit" >/dev/null 2>&1 && echo "$at" && return
	done
	fail "no static build: make static"
}

# small_cinit FILE: a copy of the static one, with which nobody else shares memory.
small_cinit() { strip -o "$1" "$(static_build)/cinit"; }

# pss_kb PID: its proportional set size.
pss_kb() { awk '$1 == "Pss:" { print $2 }' "/proc/$1/smaps_rollup"; }

# The IPC method of this build.
method() { "$BUILD/cinit" -V | sed 's/.*(ipc: \(.*\))/\1/'; }

svc() { timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$run" "$@"; }

# The supervisor ends by itself, with this code.
ends_with()
{
	local code=0
	wait "$launched" || code=$?
	launched=
	same "exit code" "$code" "$1"
}

# It is killed, like a machine that loses power.
kill_cinit()
{
	kill -KILL "$(cinit_pid)"
	wait "$launched" || :
	launched=
}

# --- processes, as seen from here -----------------------------------------------

children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }

# The supervisor: timeout -> unshare -> (PID 1 that is not ours ->) cinit
cinit_pid()
{
	local pid=$launched exe
	for _ in 1 2 3; do
		read -r pid _ <<<"$(children "$pid")" || return 1
		exe=$(tr '\0' '\n' <"/proc/$pid/cmdline" | grep -m1 -E '/cinit$') || continue
		[[ $(readlink "/proc/$pid/exe") == */unshare || $(readlink "/proc/$pid/exe") == */*sh ]] || break
	done
	echo "$pid"
}

# Everything in the supervisor's PID namespace: "OUTER INNER", lines.
inhabitants()
{
	local ns
	ns=$(readlink "/proc/$(cinit_pid)/ns/pid")
	grep -H '^NSpid:' /proc/[0-9]*/status 2>/dev/null | while IFS=/: read -r _ _ pid _ _ pids; do
		[ "$(readlink "/proc/$pid/ns/pid")" != "$ns" ] || echo "$pid ${pids##*[[:space:]]}"
	done 2>/dev/null
}

# outer INNER: the pid here of a process of the namespace.
outer()
{
	local ns file pid
	ns=$(readlink "/proc/$(cinit_pid)/ns/pid")
	grep -lE "^NSpid:.*[[:space:]]$1\$" /proc/[0-9]*/status 2>/dev/null | while read -r file; do
		pid=${file#/proc/} pid=${pid%/status}
		[ "$(readlink "/proc/$pid/ns/pid")" != "$ns" ] || echo "$pid"
	done 2>/dev/null
}

# status_of NAME FILTER
status_of()
{
	{ svc --json status "$1" || :; } | jq -r ".[0] | $2"
}

# listed NAME FILTER: the same, but no manager of a pool is asked: one that does not answer
# holds up a status for two seconds.
listed()
{
	{ svc --json list || :; } | jq -r --arg name "$1" ".[] | select(.name == \$name) | $2"
}

state() { status_of "$1" .state; }
why() { status_of "$1" .why; }
pid_of() { status_of "$1" .pid; }
in_state() { [ "$(state "$1")" = "$2" ]; }
all_states() { svc --json list | jq -r '.[] | "\(.name) \(.state)"'; }

# kill_service NAME SIGNAL
kill_service()
{
	kill "-$2" "$(outer "$(pid_of "$1")")"
}

# Whoever has died and was not reaped, in the namespace.
zombies()
{
	inhabitants | while read -r pid _; do
		grep -l '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null || :
	done
}

# How often it was on a CPU and left it.
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$(cinit_pid)/status"; }

# By the clock of another process.
pass_time() { timeout "$1" tail -f /dev/null || :; }

at_rest() { [ "$(switches)" = "$(pass_time 0.3; switches)" ]; }

# sleeps SECONDS: what it looks after once, after a change, is over; then it does not run.
sleeps()
{
	local before
	await "rest" at_rest
	before=$(switches)
	pass_time "$1"
	same "context switches" "$(switches)" "$before"
}

# --- services of stubs --------------------------------------------------------------

# stub NAME...: once-services that log; respawn_stub: that stay.
stub()
{
	local name
	for name; do
		mkdir -p "$tree/svc/$name"
		ln -s "$dir/stub" "$tree/svc/$name/on"
	done
}

respawn_stub()
{
	local name
	stub "$@"
	for name; do : >"$tree/svc/$name/respawn"; done
}

# off_stub NAME...: with an `off` that logs.
off_stub()
{
	local name
	for name; do ln -s "$dir/stub-off" "$tree/svc/$name/off"; done
}

# script NAME [LINE...]: `on` is a shell script.
script()
{
	local name=$1
	shift
	mkdir -p "$tree/svc/$name"
	rm -f "$tree/svc/$name/on" # may be a link
	printf '%s\n' '#!/bin/sh' "$@" >"$tree/svc/$name/on"
	chmod +x "$tree/svc/$name/on"
}

# tell KIND NAME [WORD]: what a stub is told; see tools/stub.c.
tell()
{
	mkdir -p "$(dirname "$dir/$1/$2")"
	printf '%s' "${3-}" >"$dir/$1/$2"
}

untell() { rm "$dir/$1/$2"; }

# e FILTER: over all that the stubs logged, as one array.
e() { jq -rsc "$1" "$events"; }

# The order of these events: "EVENT NAME", lines.
order() { jq -r '"\(.event) \(.service)"' "$events"; }

# first_line TEXT: at which line of the order this stands first; 0 never.
first_line() { order | grep -nxF -m1 -e "$1" | cut -d: -f1 | grep . || echo 0; }
last_line() { order | grep -nxF -e "$1" | tail -n1 | cut -d: -f1 | grep . || echo 0; }

# before A B: both happened, and A did first.
before()
{
	local a b
	a=$(first_line "$1") b=$(first_line "$2")
	[ "$a" -gt 0 ] && [ "$b" -gt 0 ] && [ "$a" -lt "$b" ] ||
		fail "'$1' should come before '$2':" "$(order)"
}

# busy NAME: the program of this service is a copy that is being written, which
# cannot be executed, until the test closes descriptor 9.
busy()
{
	cp "$BUILD/test/stub" "$dir/busy.new"
	exec 9>>"$dir/busy.new"
	ln -sfn "$dir/busy" "$tree/svc/$1/on"
	mv "$dir/busy.new" "$dir/busy"
}

# happened EVENT NAME: how often.
happened() { e "[.[] | select(.event == \"$1\" and .service == \"$2\")] | length"; }
happens() { [ "$(happened "$1" "$2")" -ge "${3:-1}" ]; }

# all_in_order GRAPH: with a graph {NAME: {needs, wants}} (wants that are up), every
# process was made after those of its dependencies, and after a once-service of
# them had ended.  A pid tells the order of the forks.
all_in_order()
{
	jq -rn --slurpfile graph "$1" --slurpfile log "$events" '
		def index_of(e; s): [$log | to_entries[] | select(.value.event == e and .value.service == s)
			| .key] | first;
		def pid_of(s): [$log[] | select(.event == "start" and .service == s) | .pid] | first;
		$graph[0] as $g
		# a group stands for what it needs and wants
		| def programs(s): if $g[s] == null then empty
			elif $g[s].on == null then ($g[s].needs + $g[s].wants)[] | programs(.) else s end;
		$g | keys[] | . as $s | select(pid_of($s)) | ($g[$s].needs + $g[$s].wants)[] | programs(.)
		| . as $d | select(pid_of($d))
		| if pid_of($d) >= pid_of($s) then "\($s) was started before \($d)"
		  elif ($g[$d].respawn | not) and index_of("end"; $d) > index_of("start"; $s)
		  then "\($s) was started before \($d) had ended" else empty end' >"$dir/disorder"
	[ ! -s "$dir/disorder" ] || fail "$(cat "$dir/disorder")"
}

# said TEXT: the supervisor says it, now or soon.
said() { await "in the log: $1" grep -qF -e "$1" "$log"; }
never_said() { ! grep -F -e "$1" "$log" || fail "said: $1"; }
times_said() { grep -cF -e "$1" "$log" || :; }

# hup [TEXT]: it is told, and says this of it: else that it is done.
hup()
{
	local before
	before=$(times_said "${1-reload: }")
	kill -HUP "$(cinit_pid)"
	await "of the reload: ${1-}" said_more "$before" "${1-reload: }"
}

said_more() { [ "$(times_said "$2")" -gt "$1" ]; }

# A machine whose console is a FIFO that the test holds on descriptor 8.
console()
{
	mkfifo "$dir/console"
	exec 8<>"$dir/console"
	stdin=$dir/console
}

type_in() { printf '%s\n' "$*" >&8; }

is_there() { [ -e "$1" ]; }
is_away() { [ ! -e "$1" ]; }

# --- a root directory of one's own ----------------------------------------------------

# A root in which every program is the stub: $root, with $tree as its /etc/cinit
# and what the stubs log in $events.
boot_root()
{
	root=$dir/root tree=$dir/root/etc/cinit run=$dir/root/run/cinit dir=$dir/root/stub
	events=$dir/log
	mkdir -p "$root/run" "$root/bin" "$root/proc" "$tree/svc" "$tree/conf" "$dir"
	: >"$events"
	put_program "$BUILD/test/stub" "$root/bin"
	put_program "$BUILD/cinit" "$root"
	ln -s /etc/cinit "$dir/tree"
	mv "$root/bin"/lib* "$root/" 2>/dev/null || :
	ln -s stub "$root/bin/sh"
}

# root_cinit [ARG...]: PID 1 in $root, with nothing in its environment, and with
# /proc if there is such a directory.
root_cinit()
{
	local proc=()
	[ ! -d "$root/proc" ] || proc=("--mount-proc=$root/proc")
	launch "${NS[@]}" "${proc[@]}" "$(command -v env)" -i "$(command -v chroot)" "$root" /cinit -v -r /run/cinit "$@"
	await "the supervisor" svc -q list
}
