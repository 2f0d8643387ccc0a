#!/usr/bin/env bats
# runs: apart
#
# Containers as people run them: bundles of the OCI runtimes runc and crun, in
# which there is nothing but static programs and a tree, and less than that.
#
# The strictest surroundings are the usual ones here: no capability, a read-only
# root file system, and a system call filter that kills whoever mounts, unmounts
# or calls reboot(2).
#
# shellcheck disable=SC2154,SC2030,SC2031

load lib

STATIC=$BUILD/static
[ -x "$STATIC/cinit" ] || STATIC=$BUILD

setup()
{
	# of its own, as root of a user namespace has to come to it
	dir=$(mktemp -d "${TMPDIR:-/tmp}/cinit-test.XXXXXX")
	chmod 755 "$dir"
	dir=$(cd "$dir" && pwd -P)
	root=$dir/rootfs tree=$dir/rootfs/etc/cinit
	id=cinit-test-$BATS_ROOT_PID-$BATS_TEST_NUMBER-$RANDOM
	launched='' mounted='' programs=$STATIC user=0:0
	[ "$(id -u)" -eq 0 ] || skip "needs root, to make containers"
}

teardown()
{
	if [ -n "$launched" ]; then
		oci delete --force "$id" || :
		kill -KILL "$launched" 2>/dev/null || :
		wait "$launched" || :
	fi
	[ -z "$mounted" ] || umount "$mounted"
	cat "$dir/out" "$dir/err" 2>/dev/null || :
	rm -rf "$dir"
}

# --- bundles -----------------------------------------------------------------------

# crun runs in a mount namespace of its own, as it refuses cgroups that are half
# version 1 and half version 2; it is told to make none.
oci()
{
	case $runtime in
	runc) timeout $((PATIENCE * 4)) runc --root "$dir/state" "$@" ;;
	crun)
		timeout $((PATIENCE * 4)) unshare --mount sh -c 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"' sh \
			crun --cgroup-manager=disabled --root "$dir/state" "$@"
		;;
	esac
}

# Root, all file systems read-only but a small /run, no capability, no /sys.
STRICT='.process.terminal = false
	| .process.args = ["/cinit", "-v"]
	| .process.env = ["PATH=/", "FROM_THE_CONTAINER=yes"]
	| .process.noNewPrivileges = true
	| .process.capabilities = {"bounding": [], "effective": [], "permitted": [], "ambient": []}
	| .root.readonly = true
	| .mounts = [.mounts[] | select(.destination == "/proc" or .destination == "/dev")
		| .options = ((.options // []) + ["ro"] | unique)]
	| .mounts += [{"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=64k", "mode=0700"]}]
	| .linux.seccomp = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"action": "SCMP_ACT_KILL_PROCESS",
		"names": ["mount", "umount", "umount2", "pivot_root", "reboot", "swapon", "swapoff", "move_mount",
			"fsopen", "fsmount", "open_tree", "kexec_load", "sethostname"]}]}'
# On top of it: some user of a user namespace, and nothing that could be written at all.
NAMESPACED='.linux.namespaces += [{"type": "user"}]
	| .linux.uidMappings = [{"containerID": 0, "hostID": 200000, "size": 65536}]
	| .linux.gidMappings = .linux.uidMappings'
UNWRITABLE='.process.user = {"uid": 1000, "gid": 1000}
	| .mounts = [.mounts[] | select(.destination != "/run")]'

# bundle RUNTIME [FILTER...]: a root directory with our programs, and its config.json.
bundle()
{
	runtime=$1
	shift
	command -v "$runtime" >/dev/null || fail "$runtime is not installed"
	mkdir -p "$root/proc" "$root/dev" "$root/run" "$tree/svc"
	cp "$programs/cinit" "$programs/cinit.svc" "$STATIC/test/tenant" "$root/"
	chmod -R a+rX "$root"
	(cd "$dir" && oci spec)
	local filter
	for filter in "$STRICT" "$@"; do
		jq "$filter" "$dir/config.json" >"$dir/config.new"
		mv "$dir/config.new" "$dir/config.json"
	done
}

# service NAME KIND [WORD...]: runs the tenant; KIND is once or respawn.
service()
{
	local name=$1 kind=$2
	shift 2
	mkdir -p "$tree/svc/$name"
	ln -s /tenant "$tree/svc/$name/on"
	[ $# -eq 0 ] || printf '%s\n' "$@" >"$tree/svc/$name/on.params"
	[ "$kind" = once ] || : >"$tree/svc/$name/respawn"
	[ "$name" = init ] || link init "$name"
}

# link A B: A needs B.
link()
{
	mkdir -p "$tree/svc/$1/needs"
	ln -s "../../$2" "$tree/svc/$1/needs/$2"
}

# Runs it in the background; what it writes is in out and err.
start()
{
	oci run --bundle "$dir" "$id" </dev/null >"$dir/out" 2>"$dir/err" 3>&- &
	launched=$!
}

# The same, and it answers.
up()
{
	start
	await "the supervisor" inside /cinit.svc -q list
}

# What a health check does: crun, other than runc, has to be told whose process it is.
inside() { oci exec --user "$user" "$id" "$@" </dev/null; }
svc() { inside /cinit.svc "$@"; }
pid_of() { svc --json status "$1" | jq -r '.[0].pid'; }

ends_with()
{
	local code=0 until=$((SECONDS + PATIENCE))
	while kill -0 "$launched" 2>/dev/null && [ "$SECONDS" -lt "$until" ]; do sleep 0.02; done
	[ "$SECONDS" -lt "$until" ] || fail "does not end"
	wait "$launched" || code=$?
	launched=
	same "exit code" "$code" "$1"
}

printed() { await "printed: $1" grep -qxF -e "$1" "$dir/out"; }
said() { await "said: $1" grep -qF -e "$1" "$dir/err"; }

# Where in the output a line stands, for the order.
line_of() { cat "$dir/out" | grep -nxF -m1 -e "$1" | cut -d: -f1; }

# Checks health, lets it heal, and stops it.
lives_and_stops()
{
	service init respawn stay
	service web respawn stay to-stderr
	service look once look
	service db respawn stay
	link web db
	# loaded, but not up
	service job once exit 0
	service lost once exit 3
	mkdir "$tree/svc/init/wants"
	mv "$tree/svc/init/needs/lost" "$tree/svc/init/wants/"
	up
	svc wait up init
	# the health check of a container
	run -0 svc status -q web
	same "health check, output" "$output" ""
	run -3 svc status -q lost
	run -5 svc status -q nosuch
	printed "web: up"
	said "to-stderr"
	local pid again
	pid=$(pid_of web)
	inside /tenant signal "$pid" KILL
	new() { again=$(pid_of web) && [ "$again" != "$pid" ] && [ "$again" != null ]; }
	await "another web" new
	svc restart db
	svc wait up web
	run -0 svc status -q web
	oci kill "$id" TERM
	ends_with 0
	printed "init: TERM"
	printed "db: TERM"
	same "web was stopped twice, before db" "$(grep -xE '(web|db): TERM' "$dir/out" | paste -sd' ')" \
		"web: TERM db: TERM web: TERM db: TERM"
	said "cinit: stop: stopping all services"
	! grep -i "lines were lost" "$dir/err"
}

# --- runc and crun -----------------------------------------------------------------------

root_and_read_only()
{
	bundle "$1"
	lives_and_stops
	printed "look: uid 0, capabilities 000000000, /: Read-only file system, /run: can be written, /dev/shm: No such file or directory, /proc is there, /sys is not there"
	said "container mode, pid 1, tree /etc/cinit, run /run/cinit"
}

@test "runc: FROM scratch, read-only, no capability: boots, is healthy, heals, stops" { root_and_read_only runc; }
@test "crun: FROM scratch, read-only, no capability: boots, is healthy, heals, stops" { root_and_read_only crun; }

in_a_user_namespace()
{
	bundle "$1" "$NAMESPACED"
	lives_and_stops
	printed "look: uid 0, capabilities 000000000, /: Read-only file system, /run: can be written, /dev/shm: No such file or directory, /proc is there, /sys is not there"
}

@test "runc: the same in a user namespace" { in_a_user_namespace runc; }
@test "crun: the same in a user namespace" { in_a_user_namespace crun; }

# unwritable RUNTIME METHOD [FILTER]
unwritable()
{
	programs=$STATIC/$2
	[ -x "$programs/cinit" ] || programs=$STATIC
	user=1000:1000
	bundle "$1" "$UNWRITABLE" "${3:-.}"
	has "$("$root/cinit" -V)" "ipc: $2"
	lives_and_stops
	printed "look: uid 1000, capabilities 000000000, /: Read-only file system, /run: Read-only file system, /dev/shm: No such file or directory, /proc is there, /sys is not there"
}

@test "runc, msq: an ordinary user, and nothing that can be written" { unwritable runc msq; }
@test "crun, msq: an ordinary user, and nothing that can be written" { unwritable crun msq; }
@test "runc, shm: an ordinary user, and nothing that can be written" { unwritable runc shm; }
@test "crun, shm: an ordinary user, and nothing that can be written" { unwritable crun shm; }
@test "runc, msq: an ordinary user of a user namespace, and nothing that can be written" { unwritable runc msq "$NAMESPACED"; }
@test "crun, shm: an ordinary user of a user namespace, and nothing that can be written" { unwritable crun shm "$NAMESPACED"; }

without_an_endpoint()
{
	bundle "$1" "$UNWRITABLE"
	service init respawn stay
	start
	printed "init: up"
	said "cinit: ipc: /run/cinit"
	oci kill "$id" TERM
	ends_with 0
	printed "init: TERM"
}

@test "runc: where a socket cannot be made, it boots and stops all the same" { without_an_endpoint runc; }
@test "crun: where a socket cannot be made, it boots and stops all the same" { without_an_endpoint crun; }

exit_codes()
{
	bundle "$1"
	service init respawn stay
	service job respawn stay
	: >"$tree/svc/job/essential"
	up
	svc wait up init
	inside /tenant signal "$(pid_of job)" KILL
	ends_with 137
	printed "init: TERM"
	rm "$tree/svc/job/respawn"
	printf 'exit\n3\n' >"$tree/svc/job/on.params"
	start
	ends_with 3
	said "cinit: job: essential, and has ended: exit 3; the exit code will be 3"
	rm "$tree/svc/job/on"
	ln -s /nonesuch "$tree/svc/job/on"
	start
	ends_with 127
	rm -r "$tree/svc"
	start
	ends_with 1
	said "cinit: /etc/cinit/svc: cannot be read: No such file or directory"
}

@test "runc: the exit code is that of the essential service" { exit_codes runc; }
@test "crun: the exit code is that of the essential service" { exit_codes crun; }

stop_signals()
{
	bundle "$1"
	service init respawn stay
	local sig
	for sig in INT QUIT PWR 37; do
		up
		printed "init: up"
		oci kill "$id" "$sig"
		ends_with 0
		printed "init: TERM"
	done
}

@test "runc: the stop signals of other images stop everything, too" { stop_signals runc; }
@test "crun: the stop signals of other images stop everything, too" { stop_signals crun; }

@test "runc: whoever is left behind, or put into the container, does not outlive it, nor hold it up" {
	bundle runc
	service init respawn stay
	service pair once pair
	mkdir -p "$tree/conf"
	printf '0.3\n' >"$tree/conf/sleep_before_kill"
	up
	svc wait up init
	oci exec --detach "$id" /tenant deaf
	oci kill "$id" TERM
	ends_with 0
}

@test "runc: a process of another user that was put into the container does not hold it up" {
	programs=$STATIC/msq
	[ -x "$programs/cinit" ] || programs=$STATIC
	user=1000:1000
	bundle runc "$UNWRITABLE"
	service init respawn stay
	mkdir -p "$tree/conf"
	printf '0.3\n' >"$tree/conf/sleep_before_kill"
	up
	oci exec --detach --user 0:0 "$id" /tenant deaf
	local before=${EPOCHREALTIME/./} took
	oci kill "$id" TERM
	ends_with 0
	took=$(((${EPOCHREALTIME/./} - before) / 1000))
	[ "$took" -lt 8000 ] || fail "$took ms"
	said "cinit: processes that we may not kill are left"
}

@test "the filter of these tests does kill whoever calls reboot(2)" {
	bundle runc '.process.args = ["/cinit", "--machine"]'
	service init once exit 0
	local code=0
	start
	wait "$launched" || code=$?
	launched=
	# SYS, by signal to PID 1: the runtime says 128 + 31
	same "exit code of a cinit that is told to call reboot(2)" "$code" 159
}

# --- less than a runtime can give ------------------------------------------------------------

# in_nothing METHOD: $dir/nothing, a root directory on a read-only tmpfs with our
# programs and the tree alone, without /proc, /sys, /dev and /run.
in_nothing()
{
	programs=$STATIC/$1
	[ -x "$programs/cinit" ] || programs=$STATIC
	mkdir "$dir/nothing"
	mount -t tmpfs -o size=8m tmpfs "$dir/nothing"
	mounted=$dir/nothing
	mkdir -p "$dir/nothing/etc"
	cp -a "$tree" "$dir/nothing/etc/cinit"
	cp "$programs/cinit" "$programs/cinit.svc" "$STATIC/test/tenant" "$dir/nothing/"
	mount -o remount,ro "$dir/nothing"
}

without_anything()
{
	service init respawn stay
	service look once look
	in_nothing "$1"
	local pid
	timeout -k 5 $((PATIENCE * 4)) unshare --pid --ipc --mount --fork --kill-child \
		chroot --userspec=1000:1000 --groups= "$dir/nothing" /cinit -v </dev/null >"$dir/out" 2>"$dir/err" 3>&- &
	launched=$!
	printed "init: up"
	said "container mode, pid 1"
	printed "look: uid 1000, capabilities 000000000, /: Read-only file system, /run: No such file or directory, /dev/shm: No such file or directory, /proc is not there, /sys is not there"
	pid=$(children "$(children "$launched")")
	ask() { nsenter --target "$pid" --ipc --pid --root --wd --setuid 1000 --setgid 1000 /cinit.svc "$@"; }
	run -0 ask status -q init
	ask --json list | jq -e 'map(select(.state == "up")) | length == 2'
	ask restart init
	printed "init: TERM"
	kill -TERM "$pid"
	ends_with 0
}

children() { tr -d ' ' <"/proc/$1/task/$1/children"; }

@test "msq: a root directory with three programs and a tree, read-only, and nothing else at all" { without_anything msq; }
@test "shm: a root directory with three programs and a tree, read-only, and nothing else at all" { without_anything shm; }

# --- how long a stop takes ----------------------------------------------------------------------

# Microseconds from TERM to the end of all that the runtime's part did.
stop_us()
{
	local before pid
	rm -rf "$dir/run"
	unshare --pid --mount-proc --fork --kill-child "$STATIC/cinit" -c "$tree" -r "$dir/run" \
		</dev/null >"$dir/out" 2>"$dir/err" 3>&- &
	launched=$!
	await "all" "$STATIC/cinit.svc" -r "$dir/run" -q wait up init
	pid=$(children "$launched")
	before=${EPOCHREALTIME/./}
	kill -TERM "$pid"
	wait "$launched" || return 1
	launched=
	echo $((${EPOCHREALTIME/./} - before))
}

@test "100 services that end at once are stopped in order in less than 20 ms" {
	local i best=999999 us
	for ((i = 1; i <= 100; i++)); do
		service "s$i" respawn quiet
		ln -sf "$STATIC/test/tenant" "$tree/svc/s$i/on"
	done
	# the machine may be busy with other tests: then more often
	for ((i = 1; i <= 10 || (i <= 100 && best >= 20000); i++)); do
		stop_us >"$dir/us"
		us=$(cat "$dir/us")
		[ "$us" -gt "$best" ] || best=$us
	done
	echo "# best of $((i - 1)): $best us" >&3
	[ "$best" -lt 20000 ] || fail "$best us"
}
