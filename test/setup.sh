#!/bin/sh
# setup.sh - gets what the tests lack, from the distribution's packages.
#
# One row for each tool: the command that shows it is there, then the package
# that brings it, for apt, apk, dnf and pacman ("-": not needed there).  Proved
# with apt.  The last three are only compared with.
set -eu

tools() {
	cat <<'ROWS'
cc           gcc            gcc           gcc              gcc
musl-gcc     musl-tools     musl-dev      musl-gcc         musl
clang        clang          clang         clang            clang
bats         bats           bats          bats             bash-bats
ps           procps        procps        procps-ng        procps-ng
curl         curl          curl          curl             curl
bindfs       bindfs        bindfs        bindfs           bindfs
jq           jq             jq            jq               jq
perl         perl-base      perl          perl-interpreter perl
strace       strace         strace        strace           strace
setpriv      util-linux     setpriv       util-linux       util-linux
unshare      util-linux     util-linux    util-linux       util-linux
timeout      coreutils      coreutils     coreutils        coreutils
valgrind     valgrind       valgrind      valgrind         valgrind
cppcheck     cppcheck       cppcheck      cppcheck         cppcheck
shellcheck   shellcheck     shellcheck    ShellCheck       shellcheck
cpio         cpio           cpio          cpio             cpio
qemu-system-x86_64 qemu-system-x86 qemu-system-x86_64 qemu-system-x86-core qemu-system-x86
mke2fs       e2fsprogs      e2fsprogs     e2fsprogs        e2fsprogs
mandoc       mandoc         mandoc        mandoc           mandoc
git          git            git           git              git
tini         tini           -             -                -
dumb-init    dumb-init      -             -                -
runit        runit          -             -                -
runc         runc           runc          runc             runc
crun         crun           crun          crun             crun
nsenter      util-linux     util-linux    util-linux       util-linux
wrk          wrk            wrk           wrk              wrk
sipp         sip-tester     -             sipp             -
ROWS
}

column() { # which column of the rows names the package, and what installs it
	for row in "2 apt-get install -y -qq --no-install-recommends" "3 apk add -q" \
	           "4 dnf install -y -q" "5 pacman -S --needed --noconfirm -q"; do
		manager=${row#* }
		if command -v "${manager%% *}" >/dev/null 2>&1; then
			echo "$row"
			return
		fi
	done
}

missing() { # packages of the tools that are not there, from column $1
	tools | while read -r command apt apk dnf pacman; do
		command -v "$command" >/dev/null 2>&1 && continue
		# shellcheck disable=SC2086
		echo $command $apt $apk $dnf $pacman | cut -d' ' -f"$1"
	done | grep -vx -e - | sort -u | tr '\n' ' '
}

row=$(column)
if [ -z "$row" ]; then
	lacking=$(missing 1)
	[ -z "$lacking" ] && exit 0
	echo "make test: no package manager that is known here; it needs: $lacking" >&2
	exit 1
fi
packages=$(missing "${row%% *}")
[ -z "$packages" ] && exit 0
manager=${row#* }
if [ "$(id -u)" != 0 ]; then
	echo "make test: these packages are missing; install them with:" >&2
	echo "  sudo $manager $packages" >&2
	exit 1
fi
echo "make test: installing $packages"
case $manager in
apt-get*)
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq >/dev/null
	;;
esac
log=$(mktemp)
# shellcheck disable=SC2086
if ! $manager $packages >"$log" 2>&1; then
	cat "$log" >&2
	rm -f "$log"
	exit 1
fi
rm -f "$log"
