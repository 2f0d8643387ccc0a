#!/usr/bin/env bats
# runs: apart; again: asan
#
# Disks that hang: a file system in user space whose server has been stopped.  The supervisor
# touches no file of its tree after the first load, nor any other that may lie there, so that
# only who needs such a file waits for it.
#
# shellcheck disable=SC2154,SC2030,SC2031,SC2016

load lib
load boot

setup()
{
	[ "$(id -u)" = 0 ] || skip "mounts, as root alone may"
	[ -c /dev/fuse ] || skip "no /dev/fuse here"
	command -v bindfs >/dev/null || fail "no bindfs: test/setup.sh"
	boot_begin
	server='' server_at=''
	respawn_stub first second
	group init
	wants init first second
}

teardown()
{
	[ -z "$server" ] || kill -CONT "$server" || :
	boot_end
	[ -z "$server" ] || umount -l "$server_at"
	[ -z "$server" ] || wait "$server" || :
}

# served DIR: what is in it is served by another process, which can be stopped.
served()
{
	mv "$1" "$dir/behind"
	mkdir "$1"
	server_at=$1
	bindfs -f "$dir/behind" "$1" 3>&- 8>&- 9>&- &
	server=$!
	await "the mount" mountpoint -q "$1"
}

hang() { kill -STOP "$server"; }
heal() { kill -CONT "$server"; }

# pids NAME: its process, as status says.
pid_of() { status_of "$1" .pid; }
is_new() { local now; now=$(pid_of "$1") && [ "$now" != null ] && [ "$now" != "$2" ]; }

# The supervisor does what it is for, whatever hangs.
goes_on()
{
	local before
	before=$(pid_of second)
	kill_service second KILL
	await "second again" is_new second "$before"
	svc stop second
	svc start second
	svc -t 5 status second
}

@test "a reload that hangs on one directory holds up nothing else, and says where it is" {
	stub slow
	wants init slow
	served "$tree/svc/slow"
	boot_settled container
	hang
	kill -HUP "$(cinit_pid)"
	goes_on
	kill -HUP "$(cinit_pid)"
	said "reload: busy, reading svc/slow for "
	said "load: busy, reading svc/slow for "
	goes_on
	heal
	said "reload: 4 services, 0 new, 0 gone"
	await "the second reload" reloads 2
	goes_on
}

reloads() { [ "$(grep -c '^cinit: reload: 4 services' "$log")" = "$1" ]; }

@test "a start that needs a directory that hangs waits alone, and is answered when its time is over" {
	respawn_stub late
	served "$tree/svc/late"
	boot_settled container
	hang
	run ! svc -t 1 start late
	[[ $output == *"still waiting"* ]]
	goes_on
	heal
	svc start late
}

@test "with the whole tree on a disk that hangs, status is answered, and a shutdown ends" {
	served "$tree"
	boot_settled container
	hang
	kill -HUP "$(cinit_pid)"
	svc -t 5 status first
	svc -t 5 list
	svc stop second
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

@test "names of users are looked up by who starts, so that a hanging passwd file holds up that start alone" {
	mkdir "$dir/etc"
	cp /etc/passwd "$dir/etc/passwd"
	served "$dir/etc"
	respawn_stub guest
	put svc/guest/user root
	wrap=(sh -c 'mount --make-rprivate / && mount --bind "$0" /etc/passwd && exec "$@"' "$dir/etc/passwd")
	boot_settled container
	hang
	svc --no-wait start guest
	goes_on
	heal
	svc wait guest
}

@test "a socket at a path on a disk that hangs holds up its service alone" {
	mkdir "$dir/sockets"
	served "$dir/sockets"
	respawn_stub listens
	put svc/listens/listen "unix $dir/sockets/s"
	boot_settled container
	hang
	svc --no-wait start listens
	goes_on
	heal
	svc wait listens
	[ -S "$dir/sockets/s" ]
}

@test "a socket at a path on a disk that hangs is given up by a reload, and by a stop" {
	mkdir "$dir/sockets"
	served "$dir/sockets"
	respawn_stub listens
	wants init listens
	put svc/listens/listen "unix $dir/sockets/a\nunix $dir/sockets/b\n"
	boot_settled container
	svc wait listens
	hang
	put svc/listens/listen "unix $dir/sockets/b"
	kill -HUP "$(cinit_pid)"
	await "the reload" done_reloads 1
	goes_on
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

@test "after a rescue a disk that hangs holds up neither status nor an end" {
	stub init
	served "$tree"
	console
	cinit_as machine -p nonesuch
	type_in "echo rescued >$dir/rescued"
	await "the shell" is_there "$dir/rescued"
	hang
	type_in "exit"
	said "load: busy, reading $tree for "
	svc -t 5 list
	"$BUILD/cinit.poweroff" -r "$run"
	ends_with 130
}

@test "one program that hangs when it is executed stops no reload, however many follow" {
	local i
	mkdir "$dir/programs"
	cp "$BUILD/test/stub" "$dir/programs/stub"
	served "$dir/programs"
	respawn_stub stuck
	ln -sf "$dir/programs/stub" "$tree/svc/stuck/on"
	boot_settled container
	hang
	svc --no-wait start stuck
	for i in {1..40}; do
		kill -HUP "$(cinit_pid)"
		await "reload $i" done_reloads "$i"
	done
	goes_on
	heal
	said "stuck: starting -> up"
}

done_reloads() { [ "$(grep -c '^cinit: reload: .* services, ' "$log")" -ge "$1" ]; }
