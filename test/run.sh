#!/bin/sh
# run.sh - runs bats files and counts.
#
# run.sh                 every file, and a tenth of what is run again otherwise: round $ROUND,
#                        else one chosen by the number of commits; with $ALL: all ten
# run.sh --list          what that would be, a line for each: HOW KIND FILE
# run.sh --builds        the targets of make that build what it needs beside the plain one
# run.sh FILE...         these, with the build in $CINIT_BUILD
# run.sh --shared FILE...   the same, where supervisor and clients share an IPC namespace
# run.sh --methods FILE...  these, with each IPC method
# run.sh --plain         every file once that waits more than it computes or measures
#
# The second line of a bats file says HOW it is run, and with which builds it is run again:
#
#     # runs: apart; again: asan static methods
#
# apart      its supervisors have IPC namespaces of their own, or it has none
# shared     supervisors and clients share an IPC namespace that ends with the tests
# computing  it waits for nothing, so it takes the time that the others leave
# last       it measures the machine, so it runs alone, when all else is over
#
# Again with: asan, valgrind, static (another libc, as in the machines of test/vm), methods
# (each IPC method that was not chosen; a file in the folder of one belongs to that).
#
# A file that has not ended after 15 minutes ($CINIT_FILE_S seconds; twice as long under
# valgrind or with the sanitizers) is ended, and has failed.
#
# Most tests wait most of the time, so everything is run in twice as many lanes as there
# are processors ($CINIT_LANES).  The last line is "N passed, N failed"; the status is 0
# only if none failed.
set -u

cd "$(dirname "$0")" || exit 1
build=${CINIT_BUILD:-$PWD/../build}

# In a chroot there are no namespaces, unless its directory becomes a root of its own.
if ! unshare --mount true 2>/dev/null && "$build/test/own-root" true 2>/dev/null; then
	exec "$build/test/own-root" ./run.sh "$@"
fi

# Tests make and remove files by the ten thousand, for which a disk takes minutes: so they
# are in memory, where root can have a file system of his own and 2 GB are to spare.
in_memory() {
	case ${1-}${CINIT_MOUNTS-} in --list | --builds | *own) return 1 ;; esac
	[ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null &&
		awk '$1 == "MemAvailable:" { enough = $2 > 2000000 } END { exit !enough }' /proc/meminfo
}

if in_memory "$@"; then
	CINIT_MOUNTS=own exec unshare --mount ./run.sh "$@"
fi
work=$(mktemp -d "${TMPDIR:-/tmp}/XXXXXX")
trap 'umount -l "$work" 2>/dev/null; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
if [ -n "${CINIT_MOUNTS-}" ]; then
	mount -t tmpfs -o mode=1777 cinit-test "$work" && export TMPDIR="$work"
fi
lanes=${CINIT_LANES:-$((2 * $(nproc)))}

complain() {
	echo "run.sh: $*" >&2
	exit 1
}

# The IPC method of the plain build, and all of them.
chosen=${CINIT_IPC:-$("$build/cinit" -V 2>/dev/null | sed -n 's/.*(ipc: \(.*\))/\1/p')}
chosen=${chosen:-$(cat ../conf/ipc_method)}
methods=$(cd ../ipc && echo */ipc.h | sed 's|/ipc\.h||g')
others=$(echo "$methods" | tr ' ' '\n' | grep -vx "$chosen")

# ---- which round ----

# Ten commits one after the other are ten rounds.  Where no commits can be counted, days are.
number() {
	if [ "$(git rev-parse --is-shallow-repository 2>/dev/null)" = false ]; then
		git rev-list --count HEAD
	else
		date +%j | sed 's/^0*//'
	fi
}

round() {
	case ${ROUND:=$(number)} in
	*[!0-9]*) complain "ROUND: '$ROUND': not a number" ;;
	esac
	echo "${ROUND#"${ROUND%?}"}" # its last digit
}

# ---- jobs: "HOW KIND FILE" ----


# What the heads of all files say: "FILE TESTS HOW KIND...".  Those of the upper layers take
# longest, so they come first.
heads() {
	awk '
		FNR == 2 {
			if (!/^# runs: (apart|shared|computing|last)(; again:( (asan|valgrind|static|methods))+)?$/) {
				print "run.sh: " substr(FILENAME, 3) ": its second line does not say how it is run" >"/dev/stderr"
				exit 1
			}
			sub(/; again:/, "")
			file = substr(FILENAME, 3)
			head[file] = substr($0, 9)
		}
		/^@test / { tests[file]++ }
		END { for (file in head) print file, tests[file] + 0, head[file] }
	' ./*.bats ./*/*.bats >"$work/unsorted" || exit 1
	sort -t/ -k2,2r -k1,1r "$work/unsorted"
}

# The method that a file is for, if it is in the folder of one.
method_of() {
	case $1 in
	*/*) method=${1%%/*} ;;
	*) method=$chosen ;;
	esac
}

# Every file once, with the plain build.
plain_jobs() {
	while read -r file _ how _; do
		method_of "$file"
		[ "$method" != "$chosen" ] || echo "$how plain $file"
	done <"$work/heads"
}

# again_with KIND...: of this $file, which is run $how, "WEIGHT HOW KIND FILE"; under
# valgrind a test takes as long as four, with the sanitizers as two.
again_with() {
	for kind; do
		case $kind in
		asan) echo "$((tests * 2)) $how $kind $file" ;;
		valgrind) echo "$((tests * 4)) $how $kind $file" ;;
		methods)
			# shellcheck disable=SC2086 # words
			again_with $others
			;;
		*) echo "$tests $how $kind $file" ;;
		esac
	done
}

# What is run again, "ROUND HOW KIND FILE": kinds stay together, for the sake of what a
# round has to build, and rounds weigh about the same.
again_jobs() {
	while read -r file tests how again; do
		method_of "$file"
		[ "$method" = "$chosen" ] || again="$method $again"
		# shellcheck disable=SC2086 # words
		again_with $again
	done <"$work/heads" | sort -s -k3,3 | awk '
		{ middle[NR] = sum + $1 / 2; sum += $1; $1 = ""; job[NR] = $0 }
		END { for (i = 1; i <= NR; i++) print int(middle[i] * 10 / sum) job[i] }'
}

# All jobs of this run.  What is run again takes longer, so it comes first.
jobs() {
	heads >"$work/heads" || exit 1
	if [ -n "${ALL-}" ]; then
		again_jobs | cut -d' ' -f2-
	else
		number=$(round) || exit 1
		again_jobs | sed -n "s/^$number //p"
	fi
	plain_jobs
}

# The static build and those of the methods are there for the plain tests.
builds() {
	jobs >"$work/jobs" || exit 1
	cut -d' ' -f2 "$work/jobs" | sort -u | grep -x -e asan -e valgrind
	:
}

# ---- running one ----

# What this build needs, and whether its name stands behind those of the tests.
choose_build() {
	CINIT_BUILD=$build what='' limit=${CINIT_FILE_S:-900}
	case $1 in
	plain) ;;
	"$chosen") what=" [$1]" ;;
	*) what=" [$1]" CINIT_BUILD=$build/$1 ;;
	esac
	case $1 in
	asan) limit=$((limit * 2)) && export CINIT_SLOW=20 CINIT_PROOF=short ;;
	valgrind) limit=$((limit * 2)) && export CINIT_UNDER='valgrind -q --vgdb=no --error-exitcode=99 --child-silent-after-fork=yes' ;;
	esac
	export CINIT_BUILD
}

# Root needs no user namespace for it.
namespace() {
	if [ "$(id -u)" = 0 ]; then echo --mount; else echo --map-root-user; fi
}

limited() { timeout -k 5 "$limit" "$@"; }

# In a shared IPC namespace that ends with the tests no System V object is left.
bats_of() {
	case $1 in
	shared) CINIT_OUTER_IPC='' limited unshare "$(namespace)" --ipc bats --tap "$2" ;;
	computing) limited nice -n 10 bats --tap "$2" ;;
	*) limited bats --tap "$2" ;;
	esac
}

# Each name with what is behind it, and whether there were as many as were announced.
results() {
	perl -ne '
		BEGIN { $| = 1; ($file, $what) = splice @ARGV, 0, 2 }
		if (/^1\.\.(\d+)$/) { $plan = $1; next }
		if (/^(not )?ok /) { $n++; s/$/$what/ }
		print;
		END { printf "not ok - %s%s: %d of %d tests have ended\n", $file, $what, $n, $plan if !$plan || $n != $plan }
	' "$1" "$2"
}

# run_job HOW KIND FILE: its tests, and how long they took.
run_job() (
	since=$(date +%s)
	choose_build "$2"
	if [ -x "$CINIT_BUILD/cinit" ]; then
		bats_of "$1" "$3" 2>&1 | results "$3" "$what"
	else
		echo "not ok - $3$what: there is no $CINIT_BUILD/cinit"
	fi
	echo "# $3$what: $(($(date +%s) - since)) s"
)

# ---- running many ----

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

plain() {
	heads >"$work/heads" || exit 1
	plain_jobs | grep -v -e '^computing ' -e '^last ' | in_lanes main
}

everything() {
	jobs >"$work/jobs" || exit 1
	[ -n "${ALL-}" ] || echo "# round $(round) of 0 to 9, again: $(sed -n '/ plain /!s/^[a-z]* //p' "$work/jobs" |
		paste -sd,)"
	(grep '^computing ' "$work/jobs" | one_by_one computing) &
	grep -v -e '^computing ' -e '^last ' "$work/jobs" | in_lanes main
	wait
	grep '^last ' "$work/jobs" | one_by_one last
}

# jobs_of HOW KIND FILE...
jobs_of() {
	how=$1 kind=$2
	shift 2
	for file; do echo "$how $kind $file"; done
}

given_methods() {
	for method in $methods; do jobs_of apart "$method" "$@"; done
}

case ${1-} in
--list) jobs; exit ;;
--builds) builds; exit ;;
esac
case ${1-} in
'') everything ;;
--plain) plain ;;
--shared) shift && jobs_of shared plain "$@" | one_by_one given ;;
--methods) shift && given_methods "$@" | one_by_one given ;;
*) jobs_of apart plain "$@" | one_by_one given ;;
esac | tee "$work/out"
passed=$(grep -c '^ok ' "$work/out")
failed=$(grep -c '^not ok ' "$work/out")
skipped=$(grep -c '^ok .* # skip' "$work/out")
[ "$skipped" = 0 ] || echo "# of them skipped: $skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
