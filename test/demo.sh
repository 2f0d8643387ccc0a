#!/bin/sh
# demo.sh - `make run`: boots a tree as PID 1 of namespaces of its own.
#
# demo.sh BUILD          the sample tree, a tour of it, and an ordered shutdown
# demo.sh BUILD TREE     TREE, in the foreground, until it is told to stop
# shellcheck disable=SC2317 # some functions are only called by name
set -eu

build=$(cd "$1" && pwd)
tree=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
run=$(mktemp -d "${TMPDIR:-/tmp}/cinit-run.XXXXXX")
pid=

end() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	rm -rf "$run"
}
trap end EXIT
trap 'exit 130' INT TERM

say() { printf '\n== %s\n' "$*"; }

# How a fresh PID 1 can be had here, if at all.  Clients of System V methods have
# to see the supervisor's objects, so those stay in our IPC namespace.
namespace() {
	case $("$build/cinit" -V) in
	*msq* | *shm*) ipc= ;;
	*) ipc=--ipc ;;
	esac
	for how in "" "--user --map-root-user"; do
		# shellcheck disable=SC2086 # words on purpose
		if why=$(unshare $how --pid --mount $ipc --fork --mount-proc true 2>&1); then
			echo "unshare $how --pid --mount $ipc --fork --mount-proc --kill-child"
			return
		fi
	done
	printf 'no namespaces here (%s): the same in user mode\n' "$why" >&2
}

exec 2>&1 # in the order in which it happens
under=$(namespace)
if [ -n "$tree" ]; then
	tree=$(cd "$tree" && pwd)
	printf 'told to stop by ctrl-c, or: %s/cinit.poweroff -r %s\n' "$build" "$run"
	trap '"$build/cinit.poweroff" -r "$run" 2>/dev/null || :' INT TERM
	# shellcheck disable=SC2086
	$under "$build/cinit" -c "$tree" -r "$run" <&0 &
	pid=$!
	code=0
	wait "$pid" || code=$?
	while kill -0 "$pid" 2>/dev/null; do # a signal only interrupted the waiting
		code=0
		wait "$pid" || code=$?
	done
	pid=
	exit "$code"
fi

svc() { "$build/cinit.svc" -r "$run" "$@"; }

# The pid of a service as the supervisor sees it.
pid_of() { svc --json status "$1" | sed -n 's/.*"pid": \([0-9]*\).*/\1/p'; }

# The pid, as seen from here, of `sleep $1` whose innermost pid is $2.
outer_pid() {
	for p in /proc/[0-9]*; do
		if [ "$(tr '\0' ' ' <"$p/cmdline" 2>/dev/null)" = "/bin/sleep $1 " ] &&
		   [ "$(sed -n 's/^NSpid:.*[[:space:]]\([0-9]*\)$/\1/p' "$p/status")" = "$2" ]; then
			echo "${p#/proc/}"
		fi
	done 2>/dev/null
}

wait_for() { # what it is, then a command: until it succeeds, at most 4 s
	what=$1
	shift
	i=0
	until "$@" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 200 ] || { echo "make run: $what did not come" >&2; exit 1; }
		sleep 0.02
	done
}

say "boot"
# shellcheck disable=SC2086
$under "$build/cinit" -c "$here/trees/sample" -r "$run" </dev/null &
pid=$!
wait_for "the supervisor" svc -q status init

say "cinit.svc list"
svc list

say "web/app is killed, and comes back"
before=$(pid_of web/app)
victim=$(outer_pid 100001 "$before")
echo "kill -KILL $victim (pid $before in there)"
kill -KILL "$victim"
came_back() { [ "$(pid_of web/app)" != "$before" ] && svc -q status web/app; }
wait_for "web/app" came_back
svc status web/app

say "why net/firewall is not up"
svc status net/firewall || echo "(exit code $?)"

say "shutdown, in reverse order"
"$build/cinit.poweroff" -r "$run"
code=0
wait "$pid" || code=$?
pid=
echo "cinit ended with exit code $code"
exit "$code"
