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
# Most tests wait most of the time, so everything is run in twice as many lanes as there
# are processors ($CINIT_LANES), and what only computes takes the time that these leave.
# What measures a whole machine comes last and alone.  The last line is
# "N passed, N failed"; the status is 0 only if none failed.
set -u

cd "$(dirname "$0")" || exit 1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
build=${CINIT_BUILD:-$PWD/../build}
lanes=${CINIT_LANES:-$((2 * $(nproc)))}

# What only computes, and what is run alone.
computes="10-engine.bats 13-fuzz.bats 14-rules.bats"
quiet="62-orphans.bats"
# What is run again with the sanitizers, ...
sanitized="20-tree.bats 23-entries.bats 30-boot.bats 31-process.bats 33-reload.bats
	34-listen.bats 35-ready.bats 36-user.bats 40-ipc.bats 41-svc.bats 43-conformance.bats
	44-hostile.bats 45-libcinit.bats 50-shutdown.bats 60-single.bats 63-container.bats
	80-pool.bats 81-modules.bats 82-control.bats"
# ... statically linked with another libc, as everything is in the machines of test/vm, ...
static="36-user.bats 60-single.bats"
# ... and below valgrind.
valgrind="30-boot.bats"
# What is run with each IPC method, the first in namespaces of their own, and what is with
# the chosen one.
apart="43-conformance.bats"
client="41-svc.bats"
shared="44-hostile.bats 45-libcinit.bats 46-everywhere.bats"

chosen() { "$build/cinit" -V | sed -n 's/.*(ipc: \(.*\))/\1/p'; }

# The IPC methods, each a folder: the chosen one, then those that were built beside it.
methods() {
	chosen
	for folder in ../ipc/*/ipc.h; do
		folder=${folder%/ipc.h}
		[ ! -x "$build/${folder##*/}/cinit" ] || echo "${folder##*/}"
	done
}

# ---- jobs: "HOW KIND FILE" ----

# jobs_of HOW KIND FILE...
jobs_of() {
	how=$1 kind=$2
	shift 2
	for file; do echo "$how $kind $file"; done
}

# Every file that has no other place.
plain_jobs() {
	for file in *.bats; do
		case " $apart $shared $client $computes $quiet " in
		*" $file "*) ;;
		*) echo "alone plain $file" ;;
		esac
	done
}

method_jobs() {
	jobs_of shared "$(chosen)" "$client"
	for method in $(methods); do
		for file in $apart; do echo "alone $method $file"; done
		for file in $shared "$method"/*.bats; do
			[ ! -f "$file" ] || echo "shared $method $file"
		done
	done
}

# With other builds of the chosen method.
other_jobs() {
	for kind in valgrind asan static; do
		[ -x "$build/$kind/cinit" ] || continue
		case $kind in
		asan) files=$sanitized ;;
		static) files=$static ;;
		valgrind) files=$valgrind ;;
		esac
		# shellcheck disable=SC2086 # names without blanks
		jobs_of alone "$kind" $files
	done
}

# ---- running one ----

# What this build needs, and whether its name stands behind those of the tests.
choose_build() {
	CINIT_BUILD=$build what=''
	[ "$1" = plain ] || what=" [$1]"
	[ "$1" = plain ] || [ ! -x "$build/$1/cinit" ] || CINIT_BUILD=$build/$1
	case $1 in
	asan) export CINIT_SLOW=20 CINIT_PROOF=short ;;
	valgrind) export CINIT_UNDER='valgrind -q --vgdb=no --error-exitcode=99 --child-silent-after-fork=yes' ;;
	esac
	export CINIT_BUILD
}

# Root needs no user namespace for it.
namespace() {
	if [ "$(id -u)" = 0 ]; then echo --mount; else echo --map-root-user; fi
}

# Supervisor and clients share an IPC namespace that ends with the tests, so that no
# System V object is left.
bats_of() {
	if [ "$1" = shared ]; then
		CINIT_OUTER_IPC='' unshare "$(namespace)" --ipc bats --tap "$2"
	else
		bats --tap "$2"
	fi
}

# run_job HOW KIND FILE: its tests, each name followed by the kind, and how long they took.
run_job() (
	since=$(date +%s)
	choose_build "$2"
	bats_of "$1" "$3" 2>&1 | sed -u -e '/^1\.\./d' -e "/^\(not \)\{0,1\}ok /s|\$|$what|"
	echo "# $3$what: $(($(date +%s) - since)) s"
)

# lane LIST: takes jobs from it that no other lane has taken.
lane() {
	n=0
	while read -r how kind file; do
		n=$((n + 1))
		mkdir "$work/$1.$n" 2>/dev/null || continue
		if [ "$lanes" = 1 ]; then
			run_job "$how" "$kind" "$file" </dev/null
		else
			run_job "$how" "$kind" "$file" </dev/null >"$work/$1.$n/out"
			cat "$work/$1.$n/out"
		fi
	done <"$work/$1"
}

# in_lanes LIST: the jobs that come in, under this name.
in_lanes() {
	cat >"$work/$1"
	for _ in $(seq "$lanes"); do
		lane "$1" &
	done
	wait
}

one_by_one() { lanes=1 && in_lanes "$1"; }

# shellcheck disable=SC2086 # names without blanks
everything() {
	nice -n 10 ./run.sh $computes >"$work/computed" &
	{ plain_jobs && other_jobs && method_jobs; } | in_lanes main
	wait
	grep -q '^[0-9]* passed, ' "$work/computed" || echo "not ok - what only computes has not come to its end"
	grep -v -e '^[0-9]* passed, ' -e '^# of them' "$work/computed"
	jobs_of alone plain $quiet | one_by_one quiet
}

given_methods() {
	for method in $(methods); do jobs_of alone "$method" "$@"; done
}

case ${1-} in
'') everything ;;
--shared) shift && jobs_of shared plain "$@" | one_by_one given ;;
--methods) shift && given_methods "$@" | one_by_one given ;;
*) jobs_of alone plain "$@" | one_by_one given ;;
esac | tee "$work/out"
passed=$(grep -c '^ok ' "$work/out")
failed=$(grep -c '^not ok ' "$work/out")
skipped=$(grep -c '^ok .* # skip' "$work/out")
[ "$skipped" = 0 ] || echo "# of them skipped: $skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
