#!/bin/sh
# run.sh - runs bats files and counts.
#
# run.sh            every file with the plain build; then, with the other builds
#                   that lie in it (asan, static, valgrind, other IPC methods), some of them
# run.sh FILE...    these, with the build in $CINIT_BUILD
#
# The last line is "N passed, N failed"; the status is 0 only if none failed.
set -u

cd "$(dirname "$0")" || exit 1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
build=${CINIT_BUILD:-$PWD/../build}
again="20-tree.bats 21-check.bats 30-boot.bats 31-process.bats 40-ipc.bats 41-svc.bats 45-libcinit.bats
	50-shutdown.bats 60-single.bats 63-container.bats"

# files WHAT FILE...: in their own words, each test's name followed by WHAT.
files() {
	what=$1
	shift
	for file; do
		echo "# $file$what"
		bats --tap "$file" 2>&1 | sed -u -e '/^1\.\./d' -e "/^\(not \)\{0,1\}ok /s|\$|$what|"
	done
}

everything() {
	files "" ./*.bats
	for kind in asan static valgrind; do
		[ -x "$build/$kind/cinit" ] || continue
		CINIT_BUILD=$build/$kind
		export CINIT_BUILD
		case $kind in
		asan)
			# shellcheck disable=SC2086
			CINIT_SLOW=20 files " [asan]" $again
			;;
		static)
			# shellcheck disable=SC2086
			files " [static]" $again
			;;
		valgrind)
			CINIT_UNDER='valgrind -q --error-exitcode=99 --child-silent-after-fork=yes' \
				files " [valgrind]" 30-boot.bats 50-shutdown.bats
			;;
		esac
	done
	for kind in fifo msq shm socket; do
		[ -x "$build/$kind/cinit" ] || continue
		method "$kind"
	done
}

# The other IPC methods: the supervisor and its clients share an IPC namespace
# that ends with the tests, so that no System V object is left.
method() {
	CINIT_BUILD=$build/$1
	CINIT_OUTER_IPC=
	unset CINIT_UNDER CINIT_SLOW
	export CINIT_BUILD CINIT_OUTER_IPC
	for file in 41-svc.bats 45-libcinit.bats 46-everywhere.bats; do
		echo "# $file [$1]"
		unshare "$(namespace)" --ipc bats --tap "$file" 2>&1 |
			sed -u -e '/^1\.\./d' -e "/^\(not \)\{0,1\}ok /s|\$| [$1]|"
	done
}

# Root needs no user namespace for it.
namespace() {
	if [ "$(id -u)" = 0 ]; then echo --mount; else echo --map-root-user; fi
}

if [ $# -gt 0 ]; then
	files "" "$@" | tee "$out"
else
	everything | tee "$out"
fi
passed=$(grep -c '^ok ' "$out")
failed=$(grep -c '^not ok ' "$out")
skipped=$(grep -c '^ok .* # skip' "$out")
[ "$skipped" = 0 ] || echo "# of them skipped: $skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
