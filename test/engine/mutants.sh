#!/bin/sh
# mutants.sh - proves that the oracles see: every mutant of mutants.txt is built
# and has to be caught by sim, adopt, check or explore.  One line for each, with what
# caught it; exit 1 if one survives.
#
#     mutants.sh engine|life|pool [BUILD_DIR [PROGRAM...]]
#
# Of the engine of services, the life of the supervisor, or the rules of pools.  Run from
# the top of the tree; CC is honoured.  Programs: which may catch them.
set -eu

cc=${CC:-cc}
flags='-std=c11 -D_GNU_SOURCE -I. -O1 -w'
seeds=400
what=$1
list=test/$what/mutants.txt
case $what in
engine) from=src/engine sources='src/engine/*.c' programs='sim adopt check explore' ;;
life) from=src/engine sources='src/engine/*.c' programs='sim explore' seeds=40000 ;; # in less than a second
pool) from=src/pool sources='src/pool/rules*.c' programs='sim explore' ;;
esac
shift

work=$(mktemp -d "${1:-${TMPDIR:-/tmp}}/mutants.XXXXXX")
[ $# -eq 0 ] || shift
programs=${*:-$programs}
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

# build_of PROGRAM: what is compiled otherwise lies in a directory of its own.
build_of() {
	case $what/$1 in
	*/explore) echo small ;;
	*) echo usual ;;
	esac
}

# compile BUILD SOURCE OBJECT: in the tree's own include path.
compile() {
	case $what/$1 in
	pool/small) small=-DPOOL_MAX=3 ;;
	engine/small) small=-DSTUCK_MAX_MS=STUCK_SAY_MS ;;
	*) small= ;;
	esac
	# shellcheck disable=SC2086 # flags are words
	$cc $flags $small -c -o "$3" "$2"
}

# What does not change is compiled once.
compile_rest() {
	mkdir "$work/test" "$work/mutant"
	for program in $programs; do
		build=$(build_of "$program")
		compile "$build" "test/$what/$program.c" "$work/test/$program.o"
		[ ! -d "$work/$build" ] || continue
		mkdir "$work/$build" "$work/$build/lib" "$work/$build/whole"
		for source in "test/$what"/lib/*.c test/lib/*.c ipc/words.c ipc/text.c; do
			compile "$build" "$source" "$work/$build/lib/$(basename "$source" .c).o"
		done
		for source in $sources; do
			compile "$build" "$source" "$work/$build/whole/$(basename "$source" .c).o"
		done
	done
}

# replace FILE ORIGINAL REPLACEMENT: FILE with the one ORIGINAL replaced, to
# stdout; blanks stand for any blanks.  Fails unless there is exactly one.
replace() {
	ORIGINAL=$2 REPLACEMENT=$3 awk '
		function loose(text) {
			gsub(/[][\\.*+?(){}|^$\/]/, "\\\\&", text)
			gsub(/[ \t]+/, "[ \t\n]+", text)
			return text
		}
		{ all = all $0 "\n" }
		END {
			pattern = loose(ENVIRON["ORIGINAL"])
			if (!match(all, pattern))
				exit 1
			before = substr(all, 1, RSTART - 1)
			after = substr(all, RSTART + RLENGTH)
			if (match(after, pattern))
				exit 1
			printf "%s%s%s", before, ENVIRON["REPLACEMENT"], after
		}' "$1"
}

# link PROGRAM FILE: with the mutant, whose usual object is there, in place of FILE.
link() {
	build=$(build_of "$1")
	cp "$work/$build/whole/"*.o "$work/mutant/"
	case $build in
	usual) cp "$work/mutated.o" "$work/mutant/$(basename "$2" .c).o" ;;
	*) compile "$build" "$work/mutated.c" "$work/mutant/$(basename "$2" .c).o" ;;
	esac
	$cc -o "$work/$1" "$work/test/$1.o" "$work/$build/lib/"*.o "$work/mutant/"*.o
}

# The line that says what failed first: a seed, a named case, a graph.
first_failure='/seed [0-9]*: \|^not ok\|^explore: \(graph\|pool\|world\) [^:]*: /{s/^[a-z]*: \(seed\|graph\|pool\|world\)/\1/p;t end;p;:end
q;}'

# caught_by FILE PROGRAM SECONDS [ARG...]: prints what caught it, or fails.  What takes
# more time of a processor than so many seconds hangs, however busy the machine is.
caught_by() {
	link "$2" "$1"
	catcher=$2 seconds=$3
	shift 3
	status=0
	prlimit --cpu="$seconds" "$work/$catcher" "$@" >"$work/out" 2>&1 || status=$?
	case $status in
	0) return 1 ;;
	1) echo "$catcher, $(sed -n "$first_failure" "$work/out")" ;;
	137 | 152) echo "$catcher, which hangs" ;;
	*) echo "$catcher, which crashes" ;;
	esac
}

# caught FILE: by the first program that catches it, quick ones first.
caught() {
	for program in $programs; do
		case $1/$program in
		recount.c/sim | recount.c/adopt | check.c/sim | check.c/adopt) continue ;; # they break nothing
		esac
		case $program in
		sim) caught_by "$1" sim 120 --rules --seeds "$seeds" || caught_by "$1" sim 120 --seeds "$seeds" ;;
		adopt) caught_by "$1" adopt 120 ;;
		check) caught_by "$1" check 120 --seeds 50 ;;
		explore) caught_by "$1" explore 600 ;;
		esac && return 0
	done
	return 1
}

# try FILE NAME ORIGINAL REPLACEMENT
try() {
	if ! replace "$from/$1" "$3" "$4" >"$work/mutated.c"; then
		echo "not ok - $2: the original does not occur exactly once in $1"
		return 1
	fi
	if ! compile usual "$work/mutated.c" "$work/mutated.o"; then
		echo "not ok - $2: does not compile"
		return 1
	fi
	if by=$(caught "$1"); then
		echo "ok - $2 (caught by $by)"
	else
		echo "not ok - $2: survives"
		return 1
	fi
}

compile_rest
n=0 bad=0
grep -v -e '^#' -e '^$' "$list" | sed 's/ @@ /\t/g' >"$work/list"
tab=$(printf '\t')
while IFS=$tab read -r file name original replacement; do
	n=$((n + 1))
	try "$file" "$name" "$original" "$replacement" || bad=$((bad + 1))
done <"$work/list"
echo "mutants: $n tried, $bad survived or do not apply"
[ "$bad" -eq 0 ]
