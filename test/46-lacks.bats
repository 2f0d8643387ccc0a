#!/usr/bin/env bats
# runs: shared; again: methods
#
# What the surroundings of the endpoint may lack: objects, file systems, room.
# The same tests for each method; run.sh runs them with all four.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc
load endpoint

# --- what the system lacks --------------------------------------------------------------------

# What a build needs, and the system calls that bring it.
needed()
{
	case $METHOD in
	socket) echo socket ;;
	fifo) echo mknodat,mknod ;;
	msq) echo semget msgget ;;
	shm) echo semget shmget ;;
	esac
}

@test "cinit -V --check says that all is there, and leaves no trace" {
	local before
	before=$(objects)
	run --separate-stderr "$BUILD/cinit" -V --check -r "$run"
	same "status" "$status $stderr" "0 "
	has "${lines[0]}" "(ipc: $METHOD)"
	[ "${#lines[@]}" -ge 3 ] || fail "$output"
	! grep -v ': ok$' <<<"${output#*$'\n'}" || fail "something is missing: $output"
	same objects "$(objects)" "$before"
	[ ! -e "$run" ] || fail "it has made $run"
	mkdir "$run"
	"$BUILD/cinit" -V --check -r "$run"
	same "in RUNDIR" "$(ls -A "$run")" ""
}

@test "cinit -V --check disturbs no supervisor" {
	boot_quiet
	"$BUILD/cinit" -V --check -r "$run"
	honest
	never_said "the endpoint was lost"
}

@test "cinit --check alone is no option" {
	run timeout "$PATIENCE" "$BUILD/cinit" --check -c "$tree" -r "$run"
	same "status" "$status" 2
}

@test "where the kernel lacks what is needed, cinit -V --check says so, and so does the boot, which goes on" {
	local calls error
	sample
	for calls in $(needed); do
		for error in 38 1; do
			run "$BUILD/test/deny" $error "$calls" "$BUILD/cinit" -V --check -r "$run"
			same status "$status" 1
			[ $error != 38 ] ||
				has "$output" "Function not implemented (this kernel lacks it, or a container forbids it)"
			[ $error != 1 ] || has "$output" "Operation not permitted"
			: >"$log"
			: >"$events"
			wrap=("$BUILD/test/deny" $error "$calls")
			cinit_as container
			said "ipc: $run: "
			[ $error != 38 ] || said "Function not implemented (this kernel lacks it, or a container forbids it)"
			await "the boot" happens start up
			tell_cinit USR1 # which changes nothing
			tell_cinit TERM
			ends_with 0
		done
	done
}

@test "socket and fifo do not need System V objects" {
	only_for socket fifo
	wrap=("$BUILD/test/deny" 38 semget,msgget,shmget,mq_open)
	run "${wrap[@]}" "$BUILD/cinit" -V --check -r "$run"
	same status "$status" 0
	boot_sample
	honest
}

@test "System V objects that are not to be had for now: IPC comes when they are" {
	only_for msq shm
	as_root
	local name=msgmni
	[ "$METHOD" = msq ] || name=shmmni
	sample
	[ -n "${CINIT_OUTER_IPC+set}" ] || skip "this is not a namespace of our own"
	sysctl -qw "kernel.$name=0"
	run "$BUILD/cinit" -V --check -r "$run"
	same status "$status" 1
	has "$output" "No space left"
	cinit_as container
	said "ipc: $run: System V "
	await "the boot" happens start up
	sysctl -qw "kernel.$name=32000"
	untell hold slow # a service comes up
	answers_soon svc -q list
}

@test "a RUNDIR that cannot be written: cinit -V --check says so, where that matters" {
	mkdir "$run"
	run unshare "$(user_or_mount)" --mount sh -c 'mount -t tmpfs -o ro none "$1"; shift; "$@"' sh "$run" \
		"$BUILD/cinit" -V --check -r "$run"
	if has_path; then
		same status "$status" 1
		has "$output" "Read-only file system"
	else
		same status "$status" 0
	fi
}

# --- file systems ---------------------------------------------------------------------------------

# root_without: a root of one's own in which nothing can be written, without /run.
boot_read_only()
{
	boot_root
	group init
	mkdir -p "$tree/svc/up"
	ln -s /sleep "$tree/svc/up/on"
	put svc/up/on.params 1000
	: >"$tree/svc/up/respawn"
	mkdir -p "$tree/svc/init/needs"
	ln -s ../../up "$tree/svc/init/needs/up"
	put_program "$BUILD/cinit.svc" "$root"
	put_program "$(command -v sleep)" "$root"
	rm -rf "$root/run"
	mkdir -p "$root/dev"
	launch "${NS[@]}" --mount-proc="$root/proc" sh -c '
		mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' \
		"$root" "$(command -v env)" -i "$(command -v chroot)" "$root" /cinit -v "$@"
}

# Its client, from within.
svc_inside() { beside chroot "$root" /cinit.svc "$@"; }

@test "no writable file system at all: msq and shm work, the others boot without IPC" {
	boot_read_only
	said "up: starting -> up"
	if has_path; then
		said "ipc: /run/cinit: mkdir: No such file or directory"
		return
	fi
	await "an answer" svc_inside -q list
	svc_inside stop up
	run svc_inside status up
	same status "$status" 3
	svc_inside start up
	never_said "ipc: "
}

@test "no writable file system, and a second supervisor: it says who is there" {
	only_for msq shm
	boot_read_only
	await "an answer" svc_inside -q list
	run beside chroot "$root" /cinit -v
	same status "$status" 1
	has "$output" "already supervised by pid 1"
	svc_inside -q list
}

@test "a read-only RUNDIR, with all that an earlier supervisor left in it" {
	boot_sample
	end_by_force
	: >"$log"
	: >"$events"
	launch "${NS[@]}" --mount-proc sh -c \
		'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$run" \
		"${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the boot" happens start up
	if has_path; then
		# clients could not make their FIFOs, and nobody the lock
		said "ipc: $run: open lock: Read-only file system"
	else
		await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
	fi
}

# on_tmpfs OPTIONS: a supervisor whose RUNDIR lies on a tmpfs like that, made full.
on_tmpfs()
{
	mkdir "$public/small"
	run=$public/small/run
	sample
	launch "${NS[@]}" --mount-proc sh -c '
		mount -t tmpfs -o "$1" none "$0" || exit 99
		n=0
		while [ "$2" = files ] && (: >"$0/$n"); do n=$((n + 1)); done 2>/dev/null
		[ "$2" = files ] || cat /dev/zero >"$0/full" 2>/dev/null
		shift 2
		exec "$@"' "$public/small" "$1" "$2" "${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the boot" happens start up
}

@test "RUNDIR on a tmpfs without a free byte works" {
	on_tmpfs size=64k,mode=755 bytes
	await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
	beside "$BUILD/cinit.svc" -r "$run" restart up
}

@test "RUNDIR on a tmpfs without a free inode: IPC comes when there is one" {
	on_tmpfs nr_inodes=8,mode=755 files
	if has_path; then
		said "ipc: $run: mkdir: No space left on device"
		beside sh -c 'rm "$0"/[0-9]*' "$public/small"
		tell_cinit USR1
	fi
	await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
	beside "$BUILD/cinit.svc" -r "$run" restart up
}

@test "RUNDIR on a tmpfs with too few inodes for all of it: said, and no loop" {
	mkdir "$public/small"
	run=$public/small/run
	only_for socket fifo
	sample
	local free=2 before # RUNDIR and its lock; for fifo one more, the directory
	[ "$METHOD" = socket ] || free=3
	launch "${NS[@]}" --mount-proc sh -c '
		mount -t tmpfs -o nr_inodes=$(($1 + 1)),mode=755 none "$0" || exit 99
		shift
		exec "$@"' "$public/small" "$free" "${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the boot" happens start up
	said "No space left on device"
	await "it has settled" eval '[ "$(switches)" = "$(sleep 1; switches)" ]'
	beside mount -o remount,nr_inodes=100 "$public/small"
	tell_cinit USR1
	await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
}

@test "a RUNDIR longer than an address of a socket works, with odd bytes in it" {
	local odd
	odd=$(printf 'a b\t"\\x41%%s \xff\xc3\xa4\ne')
	run="$public/$odd/$(printf '%0120d' 0)"
	mkdir "$public/$odd"
	boot_sample
	svc stop up
	same up "$(state up)" down
	same lock "$("$BUILD/test/ipc-lock" holder "$run")" "$(cinit_pid) $METHOD"
	run timeout "$PATIENCE" "$BUILD/cinit" -c "$tree" -r "$run"
	same status "$status" 1
	has "$output" 'a b\x09"\x5cx41%s \xff'
	has "$output" "already supervised by pid $(cinit_pid)"
}

@test "a RUNDIR that is no possible path is refused in one line" {
	run timeout "$PATIENCE" "$BUILD/cinit" -c "$tree" -r "/$(printf '%05000d' 0)"
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ] || fail "status $status"
	has "$output" "File name too long"
	run --separate-stderr timeout "$PATIENCE" "$BUILD/cinit.svc" -r "/$(printf '%05000d' 0)" list
	same status "$status" 2
}
