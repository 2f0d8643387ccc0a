#!/usr/bin/env bats
# runs: apart
#
# A machine: Debian's kernel in qemu boots the static cinit with the tree in vm/root/.
#
# shellcheck disable=SC2154

load lib
load vm/vm

setup() { vm_begin; }
teardown() { vm_end; }

# With the IPC method $1: boots, serves the console, answers, switches itself off.
method_serves()
{
	initrd=$VM/initrd${1:+-$1}
	vm
	log_in
	on_guest "cinit.svc wait settled && cinit.svc status init && cinit.svc list"
	has "$said" "up "
	lacks "$said" failed
	same services "$(grep -cE ' up +[0-9]' <<<"$said")" 22
	on_guest "cinit.svc restart cron && cinit.svc status -q cron"
	type_line cinit.poweroff
	expect "cinit: power off: now"
	vm_is_off
	not_on_console "survives KILL"
	not_on_console "Kernel panic"
}

@test "a machine boots, lets root log in, answers cinit.svc and switches itself off" {
	method_serves ""
}

@test "the same by FIFOs" { method_serves fifo; }
@test "the same by message queues" { method_serves msq; }
@test "the same by shared memory" { method_serves shm; }

# --- what only PID 1 of a kernel does ------------------------------------------

@test "what is missing of the usual file systems is mounted, and what is there is left alone" {
	vm
	log_in
	on_guest "mount"
	local each
	for each in "proc on /proc type proc" "sysfs on /sys type sysfs" "devtmpfs on /dev type devtmpfs" \
		"devpts on /dev/pts type devpts" "tmpfs on /dev/shm type tmpfs" "tmpfs on /run type tmpfs" \
		"cgroup2 on /sys/fs/cgroup type cgroup2"; do
		has "$said" "$each"
	done
	on_guest "cut -d' ' -f5 /proc/self/mountinfo | sort | uniq -d | wc -l"
	has "$said" $'\n'"0"
	not_on_console "mount: "
}

@test "the host name and the kernel's parameters come from conf, and both may be wrong" {
	mkdir -p "$dir/over/etc/cinit/conf"
	printf '%s\n' 'vm.swappiness = 7' '# no' '; no' 'no.such.key = 1' '-no.such.other=1' \
		'net/ipv4/conf/lo/forwarding=1' 'word' '../../../etc/issue=x' >"$dir/over/etc/cinit/conf/sysctl"
	echo named >"$dir/over/etc/cinit/conf/hostname"
	overlay "$dir/over"
	vm
	expect "named login: "
	printf 'root\r' >&7
	expect "Password: "
	type_line cinit
	expect "# "
	on_guest "cat /proc/sys/vm/swappiness /proc/sys/net/ipv4/conf/lo/forwarding /etc/issue"
	has "$said" $'\n7\n1\n'
	has "$said" "cinit test machine"
	on_console "conf/sysctl: /proc/sys/no/such/key: No such file or directory"
	on_console "conf/sysctl: word: not KEY=VALUE"
	not_on_console "no/such/other"
}

@test "words of the kernel's that mean nothing are said and ignored, and a profile is chosen there" {
	mkdir -p "$dir/over/etc/cinit/svc/small/needs"
	ln -s ../../getty/ttyS0 "$dir/over/etc/cinit/svc/small/needs/getty"
	overlay "$dir/over"
	vm splash -V --nonsense cprofile:small
	log_in
	on_console "splash: not an option or word of cinit"
	on_guest "cinit.svc status -q small; cinit.svc list"
	lacks "$said" cron
}

@test "ctrl-alt-del reboots the machine, with the services stopped before" {
	monitor
	vm
	log_in
	ctrl_alt_del
	expect "cinit: reboot: stopping all services"
	expect "cinit: reboot: now"
	vm_is_off
}

@test "a machine reboots, and boots again" {
	rebooting=
	vm
	log_in
	type_line "echo changed >/run/mark && cinit.reboot"
	expect "cinit: reboot: now"
	log_in
	on_guest "ls /run/mark" && fail "this is the same boot"
	type_line cinit.poweroff
	vm_is_off
}

# --- the end -------------------------------------------------------------------

# A service that does not hear TERM, and is killed after this many seconds; but it may ask for
# something as often as TERM comes, and every three seconds from then on.
deaf_service()
{
	local svc=$dir/over/etc/cinit/svc
	mkdir -p "$svc/deaf" "$svc/init/wants"
	printf '%s\n' '#!/bin/sh' "trap '${2:+while sleep 3; do $2; done}' TERM" \
		'while :; do sleep 1000 & wait; done' >"$svc/deaf/on"
	chmod +x "$svc/deaf/on"
	: >"$svc/deaf/respawn"
	echo "$1" >"$svc/deaf/delay"
	ln -sfn ../../deaf "$svc/init/wants/deaf"
	overlay "$dir/over"
}

# A power-off of kind $1 at some moment, while files are written; see proof.sh.
power_off_while_writing()
{
	monitor
	new_disk
	initrd=$VM/initrd
	case $1 in
	twice) deaf_service 300 "kill -38 1" ;;
	cut) deaf_service 1 ;;
	esac
	vm
	case $1 in
	running | twice | cut)
		log_in
		on_guest "cinit.svc wait up init writer"
		some_time 2
		type_line cinit.poweroff
		expect "cinit: power off: stopping"
		;;
	booting)
		expect "machine mode"
		some_time 2
		ctrl_alt_del
		;;
	esac
	case $1 in
	twice)
		ctrl_alt_del
		expect "cinit: power off: asked for again"
		expect "cinit: power off: asked for a third time"
		expect "cinit: power off: now"
		;;
	cut)
		some_time 1.5
		vm_cut
		disk_is_whole replay
		return
		;;
	esac
	vm_is_off
	disk_is_whole
}

power_offs()
{
	local round
	for ((round = 1; round <= ${CINIT_ROUNDS:-1}; round++)); do
		power_off_while_writing "$1"
		echo "# power-off $round, $1: $last files are whole" >&3
	done
}

@test "power off at some moment: the file system is clean, and what was fsync'ed is whole" {
	power_offs running
	[ "$last" -gt 0 ] || fail "nothing was written"
}

@test "the same during the boot" { power_offs booting; }
@test "the same when it is asked for three times" { power_offs twice; }
@test "the power goes during the shutdown: clean after the journal, and what was fsync'ed is whole" {
	power_offs cut
}

@test "what blocks a shutdown is named with the time that is left, and a third request ends that" {
	monitor
	deaf_service 200 "sleep 3; kill -39 1"
	vm
	log_in
	on_guest "cinit.svc wait up deaf"
	type_line cinit.reboot
	expect "cinit: reboot: stopping all services"
	expect "cinit: waiting for deaf: process "
	expect " has not ended, KILL in 19"
	expect "cinit: reboot: asked for again"
	expect "cinit: waiting for deaf: process "
	type_line ""
	ctrl_alt_del
	expect "cinit: reboot: asked for a third time"
	expect "cinit: deaf: stopping -> killing"
	expect "cinit: reboot: now"
	vm_is_off
}

@test "swap and file systems go in reverse; nothing keeps them busy" {
	disk_size=64M
	new_disk
	vm
	log_in
	on_guest "mount --make-private /run; touch /run/kept && unshare --mount=/run/kept true && grep kept /proc/self/mountinfo"
	on_guest "cinit.svc stop writer; cd /data && dd if=/dev/zero of=swap bs=1M count=8 2>/dev/null && chmod 600 swap && mkswap swap && swapon swap"
	on_guest "mkdir -p '/data/a b' '/data/a b/c' && mount -t tmpfs tmpfs '/data/a b' && mkdir '/data/a b/c' && mount --bind /data '/data/a b/c' && touch '/data/a b/c/last word' && cat /proc/swaps /proc/self/mountinfo"
	has "$said" '/data/a\040b/c'
	type_line "cd / && cinit.poweroff"
	vm_is_off
	not_on_console "busy, "
	not_on_console "swapoff"
	disk_is_whole
	[ -e "$dir/files/last word" ]
}

# --- rescue -------------------------------------------------------------------

# sulogin(8) is there, and lets root in.
rescue_shell()
{
	expect "a shell on the console"
	expect "Control-D for normal startup"
	type_line cinit
	expect "# "
}

@test "single, and words like it, give a shell in place of the boot, and leaving it boots" {
	vm single
	rescue_shell
	on_guest "ps; tty </dev/console; echo into >/dev/tty; ls /etc/cinit"
	lacks "$said" syslogd
	has "$said" $'\ninto'
	not_on_console "job control turned off"
	type_line exit
	log_in
	on_guest "cinit.svc wait up init"
	type_line cinit.poweroff
	vm_is_off
}

@test "a tree that cannot be read gives conf/panic and a shell; leaving it boots what was mended" {
	mkdir -p "$dir/over/etc/cinit/conf"
	printf '%s\n' '#!/bin/sh' 'mv /etc/cinit/svc /etc/cinit/away; echo PANICKED' >"$dir/over/etc/cinit/conf/panic"
	chmod +x "$dir/over/etc/cinit/conf/panic"
	overlay "$dir/over"
	vm cprofile:nonsense
	expect "no such start service"
	expect "PANICKED"
	rescue_shell
	on_guest "ls /etc/cinit"
	type_line exit
	expect "/etc/cinit/svc: cannot be read: No such file or directory"
	rescue_shell
	on_guest "mv /etc/cinit/away /etc/cinit/svc; ln -s init /etc/cinit/svc/nonsense"
	type_line exit
	log_in
	on_guest "cinit.svc wait up init"
}

@test "USR2 stops everything in order and gives a shell; leaving it reads the tree and boots anew" {
	vm
	log_in
	on_guest "cinit.svc wait up init"
	type_line "kill -USR2 1"
	expect "cinit: rescue: stopping all services"
	expect "cinit: fs/tmp: stopping -> down"
	rescue_shell
	on_guest "ps | grep -v grep | grep -E 'syslogd|httpd|crond'" && fail "services run:" "$said"
	on_guest "cinit.svc start cron" && fail "it starts something"
	has "$said" "shut"
	on_guest "mkdir /etc/cinit/svc/fresh && ln -s /bin/true /etc/cinit/svc/fresh/on && ln -s ../../fresh /etc/cinit/svc/init/wants/fresh"
	type_line exit
	log_in
	on_guest "cinit.svc wait up init && cinit.svc status -q fresh && cinit.svc status -q cron"
	type_line "kill -USR2 1"
	rescue_shell
	type_line "cinit.poweroff"
	expect "cinit: power off: now"
	vm_is_off
}

# --- the clients (by path: the shell has halt and the like built in) ---------------

@test "reboot -f kills instead of stopping, and leaves the file systems clean" {
	new_disk
	deaf_service 200
	vm
	log_in
	on_guest "cinit.svc wait up deaf writer"
	type_line "/sbin/reboot -f"
	expect "cinit: reboot: at once, everybody is killed"
	expect "cinit: reboot: now"
	vm_is_off
	not_on_console "stopping ->"
	disk_is_whole
}

@test "poweroff -ff asks the kernel itself" {
	new_disk
	vm
	log_in
	type_line "/sbin/poweroff -ff"
	expect "reboot: Power down"
	vm_is_off
	not_on_console "cinit: power off"
	disk_is_whole replay
}

@test "halt stops everything, and the machine stays on" {
	vm
	log_in
	type_line /sbin/halt
	expect "cinit: halt: stopping all services"
	expect "cinit: halt: now"
	expect "reboot: System halted"
	kill -0 "$qemu"
}

@test "shutdown waits for its time, warns, and is cancelled; now is now" {
	vm
	log_in
	on_guest "shutdown +3 lunch & cinit.svc wait up init; shutdown -r +5; true"
	has "$said" "a shutdown is planned already"
	on_console "The system will power off in 3 minutes: lunch"
	on_guest "shutdown -c"
	comes "The shutdown is cancelled"
	on_guest "shutdown -c" && fail "there was nothing to cancel"
	has "$said" "no shutdown is planned"
	on_guest "shutdown -k now testing"
	has "$said" "The system will power off now: testing"
	on_guest "shutdown" && fail "without a time"
	on_guest "shutdown 25:00" && fail "there is no such time"
	type_line "shutdown -r now"
	expect "cinit: reboot: now"
	vm_is_off
}

@test "reboot -k without a loaded kernel says so and reboots" {
	vm
	log_in
	type_line "/sbin/reboot -k"
	expect "no kernel is loaded"
	expect "cinit: reboot: now"
	vm_is_off
}

@test "reboot -k boots the kernel that was loaded, with the disk left clean" {
	mkdir -p "$dir/next"
	cp "$VM/kernel/vmlinuz" "$VM/initrd" "$dir/next/"
	disk_size=96M
	new_disk "$dir/next"
	vm
	log_in
	on_guest "cinit.svc wait up fs/data"
	on_guest "vm-kexec /data/vmlinuz /data/initrd 'console=ttyS0 quiet no_timer_check panic=-1 nextword' && echo fresh >/data/kept"
	type_line "/sbin/reboot -k"
	expect "stopping all services"
	expect "nextword: not an option or word of cinit"
	log_in
	on_guest "cinit.svc wait up fs/data && cat /data/kept"
	has "$said" fresh
	type_line cinit.poweroff
	expect "cinit: power off: now"
	vm_is_off
	disk_is_whole
}

# --- the watchdog ---------------------------------------------------------------

# A service loads the device of the kernel's own.
with_watchdog()
{
	local tree=$dir/over/etc/cinit
	mkdir -p "$tree/svc/dog" "$tree/svc/init/wants" "$tree/conf"
	printf '%s\n' '#!/bin/sh' 'insmod /lib/modules/watchdog.ko && exec insmod /lib/modules/softdog.ko' >"$tree/svc/dog/on"
	chmod +x "$tree/svc/dog/on"
	ln -sfn ../../dog "$tree/svc/init/wants/dog"
	printf '%s\n' "$1" >"$tree/conf/watchdog"
	overlay "$dir/over"
}

@test "a PID 1 that hangs makes the watchdog reboot the machine, one that does not keeps it" {
	with_watchdog "3 /dev/watchdog0"
	vm
	log_in
	comes "cinit: /dev/watchdog0: armed"
	on_guest "sleep 7; cat /sys/class/watchdog/watchdog0/timeout /proc/uptime"
	has "$said" $'\n3\n'
	type_line "vm-stall 1 && echo stalled"
	expect "stalled"
	expect "stalled"
	vm_is_off
	not_on_console "stopping all services"
}

@test "a halt disarms the watchdog, and a bad conf/watchdog is said and does nothing" {
	with_watchdog "0"
	vm
	log_in
	on_console "conf/watchdog: '0': not SECONDS"
	on_guest "cinit.svc wait up dog; echo 5 >/etc/cinit/conf/watchdog; kill -HUP 1"
	comes "cinit: /dev/watchdog: armed"
	type_line "/sbin/halt"
	expect "cinit: halt: now"
	expect "System halted"
	not_on_console "did not stop"
}

# --- from an initramfs to the real root ------------------------------------------

# A disk with a root: the initramfs' own files, and another tree.
new_root()
{
	local root=$dir/realroot
	mkdir -p "$root"
	(cd "$root" && cpio -idm --quiet <"$VM/initrd")
	mkdir -p "$root/etc/cinit/svc/real"
	ln -s /bin/true "$root/etc/cinit/svc/real/on"
	ln -s ../../real "$root/etc/cinit/svc/init/wants/real"
	rm "$root/init"
	echo real >"$root/etc/cinit/conf/hostname"
	disk_size=64M
	new_disk "$root"
}

@test "switch stops the initramfs' services, and boots the real root with the kernel's words" {
	new_root
	vm aword
	log_in
	on_guest "cinit.switch /newroot" && fail "nothing is mounted there"
	has "$said" "no mounted file system with that init"
	on_guest "cinit.svc stop writer && umount /data && mount -t ext4 /dev/nvme0n1 /newroot"
	on_guest "cinit.switch /newroot /sbin/nonesuch" && fail "there is no such init"
	on_guest "echo limit \$(ulimit -n)"
	local limit=${said##*limit }
	limit=${limit%%[!0-9]*}
	[ -n "$limit" ] || fail "$said"
	type_line "cinit.switch /newroot"
	expect "cinit: switch: stopping all services"
	expect "cinit: fs/tmp: stopping -> down"
	expect "cinit: switch: /newroot: /sbin/cinit"
	expect "aword: not an option or word of cinit"
	expect "machine mode, pid 1"
	expect "real login: "
	type_line root
	expect "Password: "
	type_line cinit
	expect "# "
	on_guest "cinit.svc wait up init && cinit.svc status -q real; grep -c ' / ' /proc/self/mountinfo; cut -d' ' -f5,9 /proc/self/mountinfo; grep -E 'nvme' /proc/mounts; ps | grep -c '[c]init'"
	has "$said" "nvme0n1 / ext4"
	has "$said" $'\n/sys/fs/cgroup'
	has "$said" $'\n/dev/pts'
	on_guest "echo limit \$(ulimit -n)"
	has "$said" "limit $limit"
	on_guest "echo x >/kept && sync"
	type_line cinit.poweroff
	expect "cinit: power off: now"
	vm_is_off
	not_on_console "busy, "
	disk_is_whole
	[ -s "$dir/files/kept" ]
}

@test "a switch to an init that cannot run gives a shell" {
	new_root
	vm
	log_in
	on_guest "cinit.svc stop writer && umount /data && mount -t ext4 /dev/nvme0n1 /newroot && echo no >/newroot/bad"
	type_line "cinit.switch /newroot /bad"
	expect "cinit: /bad: exec: Permission denied"
	rescue_shell
	on_guest "cat /bad; ls /etc/cinit/svc/real"
	type_line exit
	expect "real login: "
}
