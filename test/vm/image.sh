#!/bin/sh
# image.sh BUILD KERNEL OUT - the initramfs: the root directory that lies beside this
# script, static cinit and clients of BUILD, the busybox of KERNEL, as OUT (cpio).
#
# The kernel takes several archives one after the other, so whoever needs more in it
# appends another one.
set -eu

build=$1 kernel=$2 out=$3
here=$(cd "$(dirname "$0")" && pwd)
root=$out.root
rm -rf "$root"
mkdir -p "$root"
cp -R "$here/root/." "$root/"
for d in bin sbin dev proc sys run tmp data newroot root lib/modules var/log; do
	mkdir -p "$root/$d"
done
cp "$kernel/busybox" "$root/bin/"
"$kernel/busybox" --list | while read -r name; do
	case $name in
	busybox | halt | poweroff | reboot | init) ;; # ours; init is for whoever asks for it
	getty | login | sulogin | syslogd | klogd | crond | httpd | ifconfig | insmod | switch_root)
		ln -s /bin/busybox "$root/sbin/$name"
		;;
	*) ln -s /bin/busybox "$root/bin/$name" ;;
	esac
done
ln -s ../bin/busybox "$root/sbin/login"  2>/dev/null || :
ln -s ../sbin/login "$root/bin/login"
ln -s ../bin/busybox "$root/sbin/init"
for program in cinit cinit.svc cinit.check cinit.halt; do
	cp "$build/$program" "$root/sbin/"
done
for name in cinit.poweroff cinit.reboot cinit.shutdown cinit.switch halt poweroff reboot shutdown; do
	ln -s cinit.halt "$root/sbin/$name"
done
for tool in "$build"/test/vm-*; do
	[ ! -e "$tool" ] || cp "$tool" "$root/bin/"
done
cp "$kernel"/modules/*.ko "$root/lib/modules/"
ln -s sbin/cinit "$root/init"
(cd "$root" && find . | LC_ALL=C sort | cpio -o -H newc -R 0:0 --quiet) >"$out.new"
rm -rf "$root"
mv "$out.new" "$out"
