#!/bin/sh
# behave.sh - writes what cinit makes of many trees, to be compared with what another build made
# of the same: what loader, engine and launch do must not change by a change of the rooms.
#
#   behave.sh [-p N] [-b N] [-j LANES] [-R] BUILD OUT [NAME=DIR]...
#
#   -p N     random trees that cinit.check is shown (5000)
#   -b N     random trees that are booted, too (300); needs root
#   -j N     so many at once (as many as there are processors)
#   -R       files are made in the other order, which must make no difference but in *.raw
#   NAME=DIR trees that are there: each is shown, and booted in every way, like those of test/
#            and those that lie packed in $CINIT_TREES, a folder of NAME.tar.gz with etc/cinit in it
#
# OUT gets three files for each hundred trees: FILE with what is done, FILE.words with what is
# said of it, FILE.raw with all that cinit.check said, in its order (comparable on one machine
# only); and `sums`, a checksum for each.  To compare: diff OUT1/sums OUT2/sums, then the files.
set -eu

fail() { echo "behave.sh: $*" >&2; exit 2; }

pure=5000 boot=300 lanes=$(nproc) options=''
while getopts p:b:j:R option; do
	case $option in
	p) pure=$OPTARG ;;
	b) boot=$OPTARG ;;
	j) lanes=$OPTARG ;;
	R) options=-R ;;
	*) fail "see its first lines" ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 2 ] || fail "BUILD or OUT is missing"
build=$(cd "$1" && pwd) here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
shift 2
[ -z "$(ls -A "$out")" ] || fail "$out is not empty"
[ "$boot" = 0 ] || [ "$(id -u)" = 0 ] || fail "only root can boot them: use -b 0"

# The same for everybody who runs this; what is a service's own starts from here.
# shellcheck disable=SC3045 # dash, ash and bash know these
ulimit -c 0 && ulimit -Sn 1024 && ulimit -Hn 4096
umask 022

# blocks KIND N: "NAME KIND FROM COUNT", a hundred trees each, or what is left.
blocks()
{
	from=0
	while [ "$from" -lt "$2" ]; do
		count=$(($2 - from < 100 ? $2 - from : 100))
		echo "$(printf '%s-%05d' "$1" "$from") $1 $from $count"
		from=$((from + 100))
	done
}

# Root needs no user namespace; nobody else boots anything.  What a root may raise or lower is
# another thing on each machine, so here he may not.
how='setpriv --bounding-set=-sys_resource,-sys_nice -- unshare'
[ "$(id -u)" = 0 ] || { how='unshare --user --map-root-user' options="-n $options"; }
# shellcheck disable=SC2086 # words on purpose
block()
{
	name=$1
	shift
	$how --mount --net --ipc perl -w "$here/behave.pl" $options "$build" "$out/$name" "$@"
}

# Trees that are there: ours, those that are given, and each in $CINIT_TREES/*.tar.gz.
given()
{
	set -- sample="$here/../trees/sample" vm="$here/../vm/root/etc/cinit" "$@"
	unpacked=$(mktemp -d)
	trap 'rm -rf "$unpacked"' EXIT
	[ -n "${CINIT_TREES-}" ] || echo "behave.sh: no trees of others: CINIT_TREES is not set" >&2
	for tar in ${CINIT_TREES:+"$CINIT_TREES"/*.tar.gz}; do
		name=$(basename "$tar" .tar.gz)
		mkdir "$unpacked/$name"
		tar -xzf "$tar" -C "$unpacked/$name"
		set -- "$@" "$name=$unpacked/$name/etc/cinit"
	done
	block trees tree "$@"
}

given "$@"
# shellcheck disable=SC2016 # words of the inner sh
{ blocks pure "$pure" && blocks boot "$boot"; } |
	xargs -r -P "$lanes" -L 1 sh -c '
		how=$1 options=$2 build=$3 out=$4 here=$5 name=$6
		shift 6
		exec $how --mount --net --ipc perl -w "$here/behave.pl" $options "$build" "$out/$name" "$@"
	' sh "$how" "$options" "$build" "$out" "$here"
cd "$out"
cksum ./* >../sums.$$
mv ../sums.$$ sums
