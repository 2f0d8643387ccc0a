#!/bin/sh
# cov.sh BUILD [FILE...] - runs the tests, or these bats files, with the programs in BUILD,
# which clang has made count, and prints how many lines and branches of each folder were
# ever run; which they were, line by line, is in BUILD/html.
#
# The counters of a program are a file that is mapped into all processes that run it, so
# nothing is lost with a fork, an exec, an _exit, a kill or the end of a PID 1.  Not seen is
# what cannot open that file: programs in a root directory of their own, and users who cannot
# enter BUILD.  What runs in a virtual machine, is linked statically or only computes (but for
# the simulators of the engine and of pools) is left out.  That a test fails here is shown and
# does not matter: some look at objects, sizes or times, which are others.
set -eu

build=$(cd "$1" && pwd)
shift
top=$(cd "$(dirname "$0")/.." && pwd)
programs="cinit cinit.svc cinit.check cinit.halt cinit.pool cinit.take"
for tool in llvm-profdata llvm-cov jq; do
	command -v "$tool" >/dev/null || {
		echo "make cov: there is no $tool here; the package is called llvm, or jq" >&2
		exit 1
	}
done

# Every user may count.
rm -rf "$build/raw" "$build/html"
mkdir -m 1777 "$build/raw"
cd "$build"
for program in $programs; do "./$program" -V >/dev/null; done
chmod 666 raw/*

"$build/test/engine/sim" --seeds 200
"$build/test/life/sim" --seeds 200
"$build/test/pool/sim" --seeds 200
[ $# -gt 0 ] || set -- --plain
CINIT_BUILD=$build "$top/test/run.sh" "$@" || :

# cov COMMAND [OPTION...]: of what the programs are made of.
cov() {
	command=$1
	shift
	llvm-cov "$command" -instr-profile=all.profdata "$@" cinit -object cinit.svc \
		-object cinit.check -object cinit.halt -object cinit.pool -object cinit.take 2>cov.log
}

llvm-profdata merge -o all.profdata raw/*.profraw
cov show -format=html -show-branches=count -output-dir=html
cov export -summary-only | jq -r --arg top "$top/" '
	def sums: [(map(.summary.lines.covered) | add), (map(.summary.lines.count) | add),
		(map(.summary.branches.covered) | add), (map(.summary.branches.count) | add)];
	def percent(n; of): if of == 0 then "-" else "\(1000 * n / of | round / 10)%" end;
	[.data[0].files[] | select(.summary.lines.count > 0) | .filename |= ltrimstr($top)
		| .folder = (.filename | sub("/[^/]*$"; ""))]
	| (group_by(.folder)[] | [.[0].folder] + sums), ["all"] + sums
	| [.[0], percent(.[1]; .[2]), .[2], percent(.[3]; .[4]), .[4]] | @tsv' >folders
awk -F'\t' 'BEGIN { printf "%-16s %8s of %6s %9s of\n", "", "lines", "", "branches" }
	{ printf "%-16s %8s of %6d %9s of %6d\n", $1, $2, $3, $4, $5 }' folders
echo "line by line: $build/html/index.html"
