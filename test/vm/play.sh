#!/bin/sh
# play.sh DIR - the machine of the tests, for a person: root's password is cinit.
# A disk is in DIR/play.disk and stays from one time to the next.
set -eu

dir=$1
[ -e "$dir/play.disk" ] || {
	truncate -s 64M "$dir/play.disk"
	mke2fs -q -F -t ext4 "$dir/play.disk"
}
echo "Log in as root with the password cinit; cinit.poweroff ends it, and so does ctrl-a x."
# shellcheck disable=SC2046 # several words
exec qemu-system-x86_64 $(cat "$dir/accel") -M pc -m 192 -nodefaults -no-user-config \
	-nographic -serial mon:stdio -drive "file=$dir/play.disk,if=none,id=disk,format=raw" \
	-device nvme,drive=disk,serial=1 -kernel "$dir/kernel/vmlinuz" -initrd "$dir/initrd" \
	-append "console=ttyS0 quiet no_timer_check panic=5 ${WORDS-}"
