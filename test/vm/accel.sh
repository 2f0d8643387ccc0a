#!/bin/sh
# accel.sh DIR - how machines run here, in DIR/accel: qemu's words.  KVM only where a
# guest boots with it within seconds: there are hosts where /dev/kvm opens and guests hang.
set -eu

dir=$1
[ ! -e "$dir/accel" ] || exit 0
if [ -w /dev/kvm ] && timeout 8 qemu-system-x86_64 -accel kvm -cpu host -M pc -m 192 -nodefaults \
	-no-user-config -display none -serial stdio -no-reboot -kernel "$dir/kernel/vmlinuz" \
	-initrd "$dir/initrd" -append "console=ttyS0 quiet no_timer_check panic=-1 rdinit=/bin/true" \
	</dev/null >"$dir/accel.log" 2>&1; then
	echo "-accel kvm -cpu host" >"$dir/accel"
else
	echo "-accel tcg" >"$dir/accel"
fi
