#!/bin/sh
# run.sh - runs bats files and counts.
#
# run.sh                 everything: each file with the plain build; what is the same for
#                        all IPC methods with each of them; and, with the other builds that
#                        lie in the build directory (asan, static, valgrind), some again
# run.sh FILE...         these, with the build in $CINIT_BUILD
# run.sh --shared FILE...   the same, where supervisor and clients share an IPC namespace
#                        that ends with the tests
# run.sh --methods FILE...  these, with each IPC method
#
# The last line is "N passed, N failed"; the status is 0 only if none failed.
set -u

cd "$(dirname "$0")" || exit 1
out=$(mktemp)
trap 'rm -f "$out"' EXIT
build=${CINIT_BUILD:-$PWD/../build}

# What is run again with the sanitizers and statically linked.
again="20-tree.bats 21-check.bats 30-boot.bats 31-process.bats 33-reload.bats 40-ipc.bats
	41-svc.bats 45-libcinit.bats 50-shutdown.bats 60-single.bats 63-container.bats"
# What is run with each IPC method: the first make namespaces of their own.
apart="43-conformance.bats"
shared="41-svc.bats 44-hostile.bats 45-libcinit.bats 46-everywhere.bats"

# one FILE WHAT COMMAND...: its tests, each name followed by WHAT, and how long they took.
one() {
	file=$1 what=$2 since=$(date +%s)
	shift 2
	"$@" 2>&1 | sed -u -e '/^1\.\./d' -e "/^\(not \)\{0,1\}ok /s|\$|$what|"
	echo "# $file$what: $(($(date +%s) - since)) s"
}

# files WHAT FILE...
files() {
	kind=$1
	shift
	for file; do
		one "$file" "$kind" bats --tap "$file"
	done
}

# shared WHAT FILE...: as files(), but the supervisor and its clients share an IPC
# namespace that ends with the tests, so that no System V object is left.
shared() {
	kind=$1
	shift
	for file; do
		CINIT_OUTER_IPC='' one "$file" "$kind" unshare "$(namespace)" --ipc bats --tap "$file"
	done
}

# Root needs no user namespace for it.
namespace() {
	if [ "$(id -u)" = 0 ]; then echo --mount; else echo --map-root-user; fi
}

chosen() { "$build/cinit" -V | sed -n 's/.*(ipc: \(.*\))/\1/p'; }

# The IPC methods, each a folder: the chosen one, then those that were built beside it.
methods() {
	chosen
	for folder in ../ipc/*/ipc.h; do
		folder=${folder%/ipc.h}
		[ ! -x "$build/${folder##*/}/cinit" ] || echo "${folder##*/}"
	done
}

build_of() {
	if [ -x "$build/$1/cinit" ]; then echo "$build/$1"; else echo "$build"; fi
}

# with KIND COMMAND...: with the build of this kind.
with() {
	CINIT_BUILD=$(build_of "$1")
	export CINIT_BUILD
	shift
	"$@"
	CINIT_BUILD=$build
}

each_method() {
	for method in $(methods); do
		# shellcheck disable=SC2086
		with "$method" files " [$method]" $apart
		# shellcheck disable=SC2086
		with "$method" shared " [$method]" $shared
		for own in "$method"/*.bats; do
			[ ! -f "$own" ] || with "$method" shared " [$method]" "$own"
		done
	done
}

# Every file that is not run with each method anyway.
plain() {
	for file in ./*.bats; do
		case " $apart $shared " in
		*" ${file#./} "*) ;;
		*) files "" "$file" ;;
		esac
	done
}

with_asan() {
	# shellcheck disable=SC2086
	CINIT_SLOW=20 files " [asan]" $again
	CINIT_PROOF=short files " [asan]" 43-conformance.bats
	CINIT_SLOW=20 files " [asan]" 44-hostile.bats
}

with_static() {
	# shellcheck disable=SC2086
	files " [static]" $again
}

with_valgrind() {
	CINIT_UNDER='valgrind -q --error-exitcode=99 --child-silent-after-fork=yes' \
		files " [valgrind]" 30-boot.bats 50-shutdown.bats
}

kind() { [ ! -x "$build/$1/cinit" ] || with "$1" "with_$1"; }

# In two lanes: most tests wait most of the time.
everything() {
	{ each_method && kind valgrind; } >"$out.second" 2>&1 &
	plain
	kind static
	kind asan
	wait
	cat "$out.second"
	rm -f "$out.second"
}

given_methods() {
	for method in $(methods); do
		with "$method" files " [$method]" "$@"
	done
}

CINIT_BUILD=$build
export CINIT_BUILD
case ${1-} in
'') everything ;;
--shared) shift && shared "" "$@" ;;
--methods) shift && given_methods "$@" ;;
*) files "" "$@" ;;
esac | tee "$out"
passed=$(grep -c '^ok ' "$out")
failed=$(grep -c '^not ok ' "$out")
skipped=$(grep -c '^ok .* # skip' "$out")
[ "$skipped" = 0 ] || echo "# of them skipped: $skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
