#!/bin/sh
# kernel.sh DIR - Debian's kernel for virtual machines and its static busybox, unpacked
# into DIR, never installed: DIR/vmlinuz, DIR/modules/*.ko, DIR/busybox.
#
# What was fetched once is kept; both packages come by apt, with its checks.
set -eu

dir=$1
[ -e "$dir/complete" ] && exit 0
command -v apt-get >/dev/null || {
	echo "$0: needs apt-get, for the packages linux-image-cloud-amd64 and busybox-static" >&2
	exit 1
}
rm -rf "$dir"
mkdir -p "$dir/fetch"
cd "$dir/fetch"

# fetch PACKAGE: of the newest version that is known, else after asking for news.
fetch() {
	apt-get download -qq "$1" 2>apt.log && return
	if [ "$(id -u)" = 0 ] && apt-get update -qq >>apt.log 2>&1 && apt-get download -qq "$1" 2>>apt.log; then
		return
	fi
	cat apt.log >&2
	exit 1
}

fetch linux-image-cloud-amd64
image=$(dpkg-deb -f linux-image-cloud-amd64_*.deb Depends | sed 's/^\([^ ]*\).*/\1/')
fetch "$image"
fetch busybox-static
for package in "$image"_*.deb busybox-static_*.deb; do
	dpkg-deb -x "$package" tree
done
mkdir ../modules
find tree/lib/modules -name softdog.ko -o -name watchdog.ko | while read -r module; do
	cp "$module" ../modules/
done
cp tree/boot/vmlinuz-* ../vmlinuz
cp tree/bin/busybox ../busybox
cd ..
rm -rf fetch
: >complete
