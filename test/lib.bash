# lib.bash - what the bats files share.  `load lib` in each of them.
#
#   CINIT_BUILD     where the programs were built (else build/ beside test/)
#   CINIT_PATIENCE  seconds after which what was awaited will not come
#
# shellcheck shell=bash disable=SC2154 # status, output, stderr are set by `run`

bats_require_minimum_version 1.5.0

TOP=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)
BUILD=${CINIT_BUILD:-$TOP/build}
PATIENCE=${CINIT_PATIENCE:-30}
LIMIT=20 # seconds after which a program that should have ended has hung

# --- making trees ---------------------------------------------------------

# An empty tree for this test, in $tree.
tree_begin()
{
	tree=$(cd "$BATS_TEST_TMPDIR" && pwd -P)/tree
	mkdir -p "$tree/svc" "$tree/conf"
}

# put FILE [TEXT]: a file of the tree with exactly these bytes (printf %b).
put()
{
	mkdir -p "$tree/$(dirname -- "$1")"
	printf '%b' "${2-}" >"$tree/$1"
}

# group NAME...: services without a program.
group()
{
	local name
	for name; do mkdir -p "$tree/svc/$name"; done
}

# once NAME...: services whose program is /bin/true.
once()
{
	local name
	for name; do
		group "$name"
		ln -s /bin/true "$tree/svc/$name/on"
	done
}

# respawn NAME...: the same, kept running.
respawn()
{
	local name
	for name; do
		once "$name"
		: >"$tree/svc/$name/respawn"
	done
}

# needs A B...: A needs each of B, wants likewise, by absolute links.
needs() { depend needs "$@"; }
wants() { depend wants "$@"; }

depend()
{
	local kind=$1 from=$2 to
	shift 2
	mkdir -p "$tree/svc/$from/$kind"
	for to; do ln -s "$tree/svc/$to" "$tree/svc/$from/$kind/${to//\//-}"; done
}

# big_tree cycle|chain|fan N: groups s1 .. sN below `init`, which needs s1 (the
# fan: all of them).
big_tree()
{
	perl -e '
		my ($svc, $shape, $n) = @ARGV;
		mkdir "$svc/init"; mkdir "$svc/init/needs";
		symlink "../../s1", "$svc/init/needs/s1";
		for my $i (1 .. $n) {
			mkdir "$svc/s$i" or die "$svc/s$i: $!";
			my $to = $i < $n ? $i + 1 : 1;
			if ($shape eq "fan") {
				symlink "../../s$i", "$svc/init/needs/s$i";
			} elsif ($i < $n || $shape eq "cycle") {
				mkdir "$svc/s$i/needs";
				symlink "../../s$to", "$svc/s$i/needs/next";
			}
		}' "$tree/svc" "$1" "$2"
}

# --- cinit.check ----------------------------------------------------------

# Runs cinit.check on $tree: $status, $output (what it shows), $stderr.
check()
{
	run --separate-stderr timeout "$LIMIT" "$BUILD/cinit.check" -c "$tree" "$@"
	[ "$status" -ne 124 ] || fail "cinit.check hangs"
	[ "$status" -le 2 ] || fail "cinit.check ends with $status: $stderr"
}

# small_stack ARG...: cinit.check with a stack of 64 KiB (and no environment on it).
small_stack()
{
	bash -c 'ulimit -s 64; exec env -i timeout "$@"' - "$LIMIT" "$BUILD/cinit.check" "$@"
}

# The resolved graph into the file $graph, findings into $stderr.
graph()
{
	check --graph "$@"
	graph=$BATS_TEST_TMPDIR/graph.json
	printf '%s\n' "$output" >"$graph"
	jq -e .services "$graph" >/dev/null || fail "no JSON: $output"
}

# g FILTER: what the filter finds in the graph, compact.
g()
{
	jq -c "$1" "$graph"
}

# --- saying what is wrong --------------------------------------------------

fail()
{
	printf '%s\n' "$@" >&2
	return 1
}

# same WHAT IS SHOULD
same()
{
	[ "$2" = "$3" ] || fail "$1:" "  is        $2" "  should be $3"
}

# has TEXT PART, lacks TEXT PART: some text has this part in it, or has it not.
has() { [[ $1 == *"$2"* ]] || fail "not there: $2" "in:" "$1"; }
lacks() { [[ $1 != *"$2"* ]] || fail "there: $2" "in:" "$1"; }

# One line of findings, exactly; those of --graph and the like are in $stderr.
finds()
{
	grep -qxF -e "$1" <<<"$output"$'\n'"${stderr-}" || fail "not found: $1" "in:" "$output" "${stderr-}"
}

# A finding about this place (below the tree) whose rest has this in it.
finds_at()
{
	grep -F -e "$tree/$1: " <<<"$output"$'\n'"${stderr-}" | grep -qF -e "$2" ||
		fail "nothing at $tree/$1 with: $2" "in:" "$output" "${stderr-}"
}

finds_nothing_at()
{
	! grep -F -e "$tree/$1" <<<"$output"$'\n'"${stderr-}" || fail "found something at $1"
}

# --- who runs it -------------------------------------------------------------

# as_user CMD...: as an ordinary user, also where root runs the tests.
as_user()
{
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"
	else
		"$@"
	fi
}

# A tree that ordinary users can reach, with cinit.check beside it.
public_tree()
{
	public=$(mktemp -d "${TMPDIR:-/tmp}/cinit-test.XXXXXX")
	chmod 755 "$public"
	public=$(cd "$public" && pwd -P)
	tree=$public/tree
	mkdir -p "$tree/svc" "$tree/conf"
	cp "$BUILD/cinit.check" "$public/"
}

# Removes it again: for teardown, harmless if there is none.
public_end()
{
	[ -n "${public-}" ] || return 0
	chmod -R u+rwx "$public"
	rm -rf "$public"
}

# put_program PROGRAM ROOT: a program with its libraries, if any, in a root directory.
put_program()
{
	local lib
	mkdir -p "$2"
	cp "$1" "$2/"
	for lib in $(ldd "$1" 2>/dev/null | grep -o '/[^ )]*'); do
		mkdir -p "$2$(dirname "$lib")"
		cp -L "$lib" "$2$lib"
	done
}

# in_root ROOT CMD...: with ROOT as the root directory.
in_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		chroot "$@"
	else
		unshare -r chroot "$@"
	fi
}

# gone PID: it has ended; whoever it is left to may take a while to reap it.
gone()
{
	local stat
	! read -r stat 2>/dev/null <"/proc/$1/stat" || [[ $stat == *") Z "* ]]
}

# nap SECONDS: without a process of its own, since others wait for the processor.
nap()
{
	local fifo=$BATS_RUN_TMPDIR/nap
	[ -p "$fifo" ] || mkfifo "$fifo" || [ -p "$fifo" ]
	read -rt "$1" <>"$fifo" || :
}

# await WHAT CMD...: until the command succeeds; looked at less often after a second.
await()
{
	local what=$1 until=$((SECONDS + PATIENCE)) looks=0
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$until" ] || fail "did not come: $what" || return
		if ((++looks < 50)); then nap 0.02; else nap 0.1; fi
	done
}
