#!/bin/bash
# bench.sh DIR [RUNS] - from the kernel's first message to all services up: cinit,
# against busybox init with the same programs in the same image, by turns.
#
# busybox init runs its once-lines one after the other, as it has no dependencies,
# and then everything that stays, at once.  The limit is 1.1 times its median.
set -euo pipefail

vm=$(cd "$1" && pwd) runs=${2:-7}
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
what="syslogd 1 klogd 1 crond 1 httpd 2 getty 1 sleep 3 vm-writer 1 /tmp/booted 1 /tmp/www/index.html 1"

mkdir -p "$dir/over/etc/cinit/svc/allup" "$dir/over/etc/cinit/svc/init/wants"
cd "$dir/over/etc"
ln -s /bin/vm-allup cinit/svc/allup/on
tr ' ' '\n' <<<"$what" >cinit/svc/allup/on.params
ln -s ../../allup cinit/svc/init/wants/allup
svc=/etc/cinit/svc
{
	for mount in "proc proc /proc" "sysfs sysfs /sys" "devtmpfs devtmpfs /dev" "tmpfs tmpfs /run"; do
		echo "::sysinit:/bin/mount -t $mount"
	done
	echo "::sysinit:/bin/mkdir -p /dev/pts /dev/shm"
	for mount in "devpts devpts /dev/pts" "tmpfs tmpfs /dev/shm" "cgroup2 cgroup2 /sys/fs/cgroup"; do
		echo "::sysinit:/bin/mount -t $mount"
	done
	echo "::once:/bin/vm-allup $what"
	for once in net/loopback fs/tmp fs/dirs fs/data page clock seed; do
		on=$here/root$svc/$once/on
		params=$([ ! -e "$on.params" ] || tr '\n' ' ' <"$on.params")
		echo "::sysinit:$(readlink "$on" || echo "$svc/$once/on") $params"
	done
	for stays in log/system log/kernel cron web/public web/admin getty/ttyS0 tick/a tick/b tick/c writer; do
		on=$here/root$svc/$stays/on
		echo "::respawn:$(readlink "$on") $(tr '\n' ' ' <"$on.params")"
	done
} >inittab
cp "$vm/initrd" "$dir/initrd"
(cd "$dir/over" && find . | cpio -o -H newc -R 0:0 --quiet) >>"$dir/initrd"

# boot INIT WORDS-OF-QEMU...: milliseconds
boot()
{
	local init=$1 pid until
	shift
	: >"$dir/console"
	qemu-system-x86_64 "$@" -M pc -m 192 -nodefaults -no-user-config -display none -serial stdio \
		-no-reboot -kernel "$vm/kernel/vmlinuz" -initrd "$dir/initrd" \
		-append "console=ttyS0 quiet no_timer_check panic=-1 rdinit=$init" </dev/null >"$dir/console" 2>&1 &
	pid=$!
	until=$((SECONDS + 120))
	until grep -aq 'ALL UP [0-9.]*' "$dir/console"; do
		[ "$SECONDS" -lt "$until" ] || { cat "$dir/console" >&2; kill -KILL $pid; exit 1; }
		sleep 0.1
	done
	kill -KILL $pid
	wait $pid 2>/dev/null || :
	grep -ao 'ALL UP [0-9.]*' "$dir/console" | awk '{ printf "%d\n", $3 * 1000 }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

measure()
{
	local name=$1 cinit other
	shift
	: >"$dir/cinit"
	: >"$dir/busybox"
	for ((i = 0; i < runs; i++)); do
		boot /sbin/cinit "$@" >>"$dir/cinit"
		boot /sbin/init "$@" >>"$dir/busybox"
	done
	cinit=$(median <"$dir/cinit") other=$(median <"$dir/busybox")
	echo "$name: cinit $cinit ms, busybox init $other ms (medians of $runs): $(awk -v a="$cinit" -v b="$other" 'BEGIN { printf "%.2f times", a / b }')"
	awk -v a="$cinit" -v b="$other" 'BEGIN { exit !(a <= 1.1 * b) }' || bad=1
}

bad=0
read -ra accel <"$vm/accel"
measure emulated -accel tcg
[ "${accel[1]}" != kvm ] || measure KVM "${accel[@]}"
exit $bad
