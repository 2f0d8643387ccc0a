# endpoint.bash - what the tests of the endpoint of each method share; after ipc.bash.
#
# An ordinary group, who is in it, what is there of System V objects, and a supervisor that
# is about to lose something.
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables of bats and of the files before

GROUP=4242

setup()
{
	ipc_begin
	METHOD=$(method)
	mounted=()
	# nothing of an earlier test's supervisors, where the namespace is our own
	[ -z "${CINIT_OUTER_IPC+set}" ] || remove_objects q m s
}

teardown()
{
	local path
	for path in "${mounted[@]}"; do umount "$path"; done
	ipc_end
}

boot_sample()
{
	sample
	boot "${1:-container}"
	await "up" in_state up up
}

# Only for some of the methods.
only_for() { [[ " $* " == *" $METHOD "* ]] || skip "not for $METHOD"; }
has_path() { [[ $METHOD == socket || $METHOD == fifo ]]; }

# build_of METHOD: where that one was built, beside this one.
build_of()
{
	local base=${BUILD%/"$METHOD"}
	if [ -x "$base/$1/cinit" ]; then echo "$base/$1"; else echo "$base"; fi
}

# beside CMD...: in the namespaces of the supervisor.
beside()
{
	local user=()
	[ "$(id -u)" = 0 ] || user=(-U --preserve-credentials)
	timeout "$((PATIENCE * 2))" nsenter -t "$(cinit_pid)" "${user[@]}" -m -i -p -- "$@"
}

# System V objects of whoever's namespace this is: how many.  Each of the three
# lists has a line that is none.
objects() { cat /proc/sysvipc/{msg,sem,shm} | grep -cv '^ *key' || :; }
bells() { ls "$public/mqueue" | wc -l; }

# answers_soon CMD...: it works, and not only in the end; what is lost is looked for
# after 200 ms.  On a busy machine looking takes time, too, and that is allowed for.
answers_soon()
{
	local before=$EPOCHREALTIME after again
	await "$*" "$@"
	after=$EPOCHREALTIME
	"$@" >/dev/null 2>&1 || :
	again=$EPOCHREALTIME
	before=${before/./} after=${after/./} again=${again/./}
	echo "$(((after - before) / 1000)) ms" >>"${CINIT_TIMES:-/dev/null}"
	[ $((after - before)) -lt $((1000 * ${LOSS_MS:-1000} + 10 * (again - after))) ] ||
		fail "it came back only after $(((after - before) / 1000)) ms: $*"
}

# child PID: its first child.
child() { local pid; read -r pid _ <<<"$(children "$1")" && [ -n "$pid" ] && echo "$pid"; }
grandchild() { child "$(child "$1")"; }

# asleep PID: the client below this `timeout` has asked, and waits.
asleep()
{
	local pid
	pid=$(child "$1")
	[ "$(cat "/proc/$pid/comm")" = cinit.svc ] && grep -q '^State:.S' "/proc/$pid/status"
}

# as GID GROUPS CMD...: as another user, in this group and these further ones.
as()
{
	local gid=$1 groups=(--groups="$2")
	[ -n "$2" ] || groups=(--clear-groups)
	shift 2
	timeout "$PATIENCE" setpriv --reuid=65534 --regid="$gid" "${groups[@]}" -- "$@"
}

# modes: everything that belongs to the endpoint, with mode and group.
modes()
{
	case $METHOD in
	socket) stat -c '%n %a %g' "$run/socket" ;;
	fifo) stat -c '%n %a %g' "$run/request" "$run/answers" ;;
	msq) awk 'NR > 1 { print "queue", $3, $9 }' /proc/sysvipc/msg | sort ;;
	shm) awk 'NR > 1 { print "segment", $3, $9 }' /proc/sysvipc/shm | sort ;;
	esac | sed "s,^$run/,,"
	[[ $METHOD != msq && $METHOD != shm ]] || stat -c 'bell %a %g' "$public"/mqueue/* 2>/dev/null || :
}

# A supervisor that has looked at what it has just made.
boot_quiet()
{
	boot_sample
	await "the endpoint" whole
	await "it has settled" eval '[ "$(switches)" = "$(sleep 0.5; switches)" ]'
}

switches() { field voluntary_ctxt_switches; }

# remove_objects KIND...: all of these kinds that this namespace has.
remove_objects()
{
	local kind file id
	for kind; do
		case $kind in q) file=msg ;; m) file=shm ;; s) file=sem ;; esac
		awk 'NR > 1 { print $2 }' "/proc/sysvipc/$file" | while read -r id; do
			# the server may have missed one that is gone, and removed the next itself
			ipcrm "-$kind" "$id" || ! object_is_there "$file" "$id"
		done
	done
}

user_or_mount() { if [ "$(id -u)" = 0 ]; then echo --mount; else echo --map-root-user; fi; }

# The queues for the bells of groups, in $public/mqueue: only a mount shows them.
see_bells()
{
	mkdir -p "$public/mqueue"
	mount -t mqueue none "$public/mqueue"
	mounted+=("$public/mqueue")
	rm -f "$public"/mqueue/* # of an earlier test that was killed
}

# Where there are System V objects, they and the bells are in a namespace of ours.
sysv_bells() { has_path || see_bells; }

# What of the endpoint has a path.
paths()
{
	case $METHOD in
	socket) echo "$run/socket" ;;
	fifo) echo "$run/request" "$run/answers" ;;
	esac
}

# The endpoint is as it should be, and answers.
whole()
{
	local is
	is=$(modes)
	case $METHOD in
	socket) [ "$is" = "socket 666 0" ] ;;
	fifo) [ "$is" = $'request 600 0\nanswers 700 0' ] ;;
	esac && [ "$(stat -c '%a %F' "$run/lock")" = "644 regular file" ] &&
		[ "$(stat -c '%a' "$run/instance")" = 600 ] &&
		[ "$(stat -c %a "$run")" = 755 ] && svc -q list
}

object_is_there() { awk -v id="$2" '$2 == id { found = 1 } END { exit !found }' "/proc/sysvipc/$1"; }
