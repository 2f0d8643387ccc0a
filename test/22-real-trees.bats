#!/usr/bin/env bats
# runs: apart
#
# Configurations as people wrote them: three states of one real machine, and a
# tree of our own in the same shapes.  Each is the /etc/cinit of a root directory
# of its own, because most of its links are absolute.
#
#   CINIT_TREES  a folder with the three tars and graph.json (else one beside
#                the checkout); without it, those tests are skipped
#
# shellcheck disable=SC2154

load lib

TREES=${CINIT_TREES:-$TOP/../shared/data/trees}

setup()
{
	root=$(cd "$BATS_TEST_TMPDIR" && pwd -P)/root
	mkdir "$root"
	put_program "$BUILD/cinit.check" "$root"
	in_root "$root" /cinit.check -V >/dev/null ||
		skip "no root directory of one's own: chroot and user namespaces are not allowed"
}

# unpack TREE: one of the three, with what it should be in $expected.
unpack()
{
	[ -e "$TREES/graph.json" ] || skip "no real trees in $TREES"
	tar -xzf "$TREES/$1.tar.gz" -C "$root"
	expected=$BATS_TEST_TMPDIR/expected.json
	jq --arg tree "$1" '.[$tree]' "$TREES/graph.json" >"$expected"
}

# Programs and interpreters that the tree names: what they are does not matter.
has_programs()
{
	local link path
	{
		find "$root/etc/cinit/svc/" -type l -name on | while read -r link; do
			path=$(readlink "$link")
			case $path in
			/*) echo "$root$path" ;;
			*) realpath -m "$(dirname "$link")/$path" ;;
			esac
		done
		find "$root/etc/cinit/svc/" -type f -name on -exec sed -n '1s,^#! *\([^ ]*\).*,\1,p' {} + | sed "s,^,$root,"
	} | sort -u | while read -r path; do
		mkdir -p "$(dirname "$path")"
		[ -e "$path" ] || ln "$root/cinit.check" "$path"
	done
}

# What cannot be executed is not up in a simulation.
check_root()
{
	[ "${1-}" != --simulate ] || has_programs
	run --separate-stderr in_root "$root" /cinit.check "$@"
	[ "$status" -le 1 ] || fail "cinit.check $*: $status: $stderr"
}

# The resolved graph in the form of graph.json, arguments and environment split.
resolve()
{
	check_root --graph
	jq -S '.services | map_values({
		needs: (.needs | sort), wants: (.wants | sort),
		on: (if .on then (.on.argv0 // "file") else null end), off: (.off != null), respawn,
		params: (.on.params // []), env: .on.env})' <<<"$output" >"$BATS_TEST_TMPDIR/is.json"
}

# The same from graph.json, which holds the text of the files.
expect()
{
	jq -S 'def lines: rtrimstr("\n") | if . == "" then [""] else split("\n") end;
		map_values({
		needs: (.needs | sort), wants: (.wants | sort), on, off, respawn,
		params: (."on.params" // "" | if . == "" then [] else lines end),
		env: (if ."on.env" == null then null else [."on.env" | lines[] | select(. != "")] end)})' \
		"$expected" >"$BATS_TEST_TMPDIR/should.json"
}

resolves_as_expected()
{
	resolve
	expect
	diff -u "$BATS_TEST_TMPDIR/should.json" "$BATS_TEST_TMPDIR/is.json"
}

# in_state STATE: the services that --simulate leaves in it.
in_state()
{
	if [ "$1" = up ]; then
		sed -n 's/^up: //p' <<<"$output" | tr ' ' '\n' | sort
	else
		sed -n "s/^$1: \([^:]*\): .*/\1/p" <<<"$output" | sort
	fi
}

# What needs one of these services, transitively, by $expected; not the services themselves.
who_needs()
{
	jq -r --argjson bad "$(jq -nc '$ARGS.positional' --args "$@")" '. as $all
		| def grow: . as $set | [$all | to_entries[]
			| select(.value.needs | any(. as $n | $set | index($n))) | .key] + $set | unique;
		def closure: grow as $next | if $next == . then . else ($next | closure) end;
		($bad | sort | closure) - $bad | .[]' "$expected" | sort
}

# After --simulate: exactly these are refused or failed, what needs them is blocked,
# everything else is up.
only_these_suffer()
{
	local state=$1
	shift
	same "$state" "$(in_state "$state")" "$(printf '%s\n' "$@" | sort)"
	same blocked "$(in_state blocked)" "$(who_needs "$@")"
	same up "$(in_state up)" \
		"$(jq -r 'keys[]' "$expected" | sort | comm -23 - <({ printf '%s\n' "$@"; who_needs "$@"; } | sort))"
}

# Everything is reached, and what is ordered starts in that order.
starts_in_order()
{
	check_root --order
	awk '/^[0-9]+:/ { for (i = 2; i <= NF; i++) print $i "\t" $1 + 0 }' <<<"$output" \
		>"$BATS_TEST_TMPDIR/waves"
	same "started" "$(cut -f1 "$BATS_TEST_TMPDIR/waves" | sort)" "$(jq -r 'keys[]' "$expected" | sort)"
	jq -r 'to_entries[] | .key as $k | .value | (.needs + .wants)[] | "\($k)\t\(.)"' "$expected" |
		awk -F'\t' 'NR == FNR { wave[$1] = $2; next }
			!(wave[$2] < wave[$1]) { print $1 " does not start after " $2; bad = 1 }
			END { exit bad }' "$BATS_TEST_TMPDIR/waves" -
}

# Oddities lie about in all of these trees; none of them stops a thing.
everything_comes_up()
{
	check_root --simulate
	same up "$(in_state up)" "$(jq -r 'keys[]' "$expected" | sort)"
	same status "$status" 0
}

# --- the real ones -----------------------------------------------------------------

@test "the first tree in daily use, 2007-04-25, resolves as it should" {
	unpack denkbrett-20070425-1
	resolves_as_expected
	same services "$(jq length "$BATS_TEST_TMPDIR/is.json")" 22
}

@test "the first tree in daily use, 2007-04-25, starts in order and comes up" {
	unpack denkbrett-20070425-1
	starts_in_order
	everything_comes_up
}

@test "the last good tree, 2007-09-09, resolves as it should" {
	unpack denkbrett-20070909-1
	resolves_as_expected
	same services "$(jq length "$BATS_TEST_TMPDIR/is.json")" 27
}

@test "the last good tree, 2007-09-09, starts in order and comes up" {
	unpack denkbrett-20070909-1
	starts_in_order
	everything_comes_up
}

@test "in the last good tree a failing mount/root/fsck blocks what is behind it" {
	unpack denkbrett-20070909-1
	check_root --simulate --fail mount/root/fsck
	only_these_suffer failed mount/root/fsck
	grep -qx 'blocked: mount/root: by mount/root/fsck, which is failed' <<<"$output"
}

@test "the last tree has a cycle and resolves as it should all the same" {
	unpack denkbrett-tree-HEAD
	resolves_as_expected
	same services "$(jq length "$BATS_TEST_TMPDIR/is.json")" 26
}

@test "in the last tree the five members of the cycle are refused, and nobody else" {
	unpack denkbrett-tree-HEAD
	check_root --simulate
	only_these_suffer refused mount/proc local-tuning/clean-mtab mount/root mount/root/fsck \
		local-tuning/udev
}

@test "in the last tree the cycle is printed member by member, once" {
	unpack denkbrett-tree-HEAD
	check_root
	same status "$status" 1
	same cycles "$(grep -c ': cycle of needs: ' <<<"$output")" 1
	local cycle
	cycle=$(sed -n 's/.*: cycle of needs: //p' <<<"$output")
	# begun at mount/proc, whatever it was printed from
	cycle=$(awk -F' -> ' '{ for (i = 1; i < NF; i++) if ($i == "mount/proc") at = i
		for (i = 0; i < NF - 1; i++) print $((at - 1 + i) % (NF - 1) + 1) }' <<<"$cycle" | paste -sd' ')
	same cycle "$cycle" \
		"mount/proc local-tuning/clean-mtab mount/root mount/root/fsck local-tuning/udev"
}

@test "programs that a real tree names and this root lacks are found" {
	unpack denkbrett-20070909-1
	check_root
	same status "$status" 1
	finds "/etc/cinit/svc/getty/2/on: /sbin/getty: No such file or directory"
	finds "/etc/cinit/conf/last: interpreter /bin/sh: No such file or directory"
	finds "/etc/cinit/svc/mount/root/fsck/on.old: unknown file: ignored (warning)"
	lacks "$output" README
	finds "/etc/cinit/svc/getty/1: not reached: starting init does not need or want it (warning)"
	refuted=$(grep -c 'no service' <<<"$output") || :
	same "dangling" "$refuted" 0
}

# --- one of our own -------------------------------------------------------------------

# A tree in the shapes of the real ones, with what it should be.
our_tree()
{
	local svc=$root/etc/cinit/svc conf=$root/etc/cinit/conf
	mkdir -p "$svc"/{boot/{needs,wants},disk/{needs,check/needs},dev/{needs,hotplug},term/{1,2}/{needs,wants}} \
		"$svc"/{net/{lo,wire/needs},drivers/{needs,a,b},names/{host,unused},shell,old/daemon/needs} "$conf"
	mv "$svc/boot" "$svc/init"
	ln -s /bin/say "$svc/init/on"
	printf '*** the machine is up ***\n' >"$svc/init/on.params"
	ln -s ../../term/1 "$svc/init/needs/term-one"
	ln -s ../../term/2/ "$svc/init/needs/term-two"
	ln -s /etc/cinit/svc/shell "$svc/init/needs/shell"
	ln -s ../.././net/wire "$svc/init/needs/wire.dhcp"
	ln -s ../../names/host "$svc/init/wants/hostname"
	for n in 1 2; do
		ln -s /sbin/terminal "$svc/term/$n/on"
		printf '38400\ntty%s' "$n" >"$svc/term/$n/on.params"
		printf 'TERM=linux\n\nLANG=C\n' >"$svc/term/$n/on.env"
		: >"$svc/term/$n/respawn"
		ln -s /etc/cinit/svc/disk "$svc/term/$n/needs/mount-root"
		ln -s ../.././../dev/hotplug/ "$svc/term/$n/needs/devices"
		ln -s ../../../names/host "$svc/term/$n/wants/name"
	done
	ln -s /bin/attach "$svc/disk/on"
	printf -- '-o\nremount,rw\n\n/\n' >"$svc/disk/on.params"
	ln -s ../check "$svc/disk/needs/check"
	printf '#!/bin/sh\nexec check\n' >"$svc/disk/check/on"
	chmod +x "$svc/disk/check/on"
	ln -s /sbin/check.old "$svc/disk/check/on.old"
	ln -s ../../../drivers "$svc/disk/check/needs/drivers"
	ln -s /etc/rc.d/hotplug "$svc/dev/hotplug/on"
	printf 'start\n' >"$svc/dev/hotplug/on.params"
	ln -s /usr/bin/hotplug-stop "$svc/dev/hotplug/off"
	for n in a b; do
		ln -s /sbin/insert "$svc/drivers/$n/on"
		printf '%s\n' "$n" >"$svc/drivers/$n/on.params"
		ln -s "../$n" "$svc/drivers/needs/$n"
		printf 'read me\n' >"$svc/drivers/$n/README"
	done
	ln -s /sbin/dhcp "$svc/net/wire/on"
	: >"$svc/net/wire/respawn"
	ln -s ../../lo "$svc/net/wire/needs/loopback"
	ln -s /sbin/loop "$svc/net/lo/on"
	ln -s /bin/name "$svc/names/host/on"
	: >"$svc/names/host/on.env"
	ln -s /bin/never "$svc/names/unused/on"
	ln -s /bin/sh "$svc/shell/on"
	: >"$svc/shell/respawn"
	ln -s /sbin/daemon "$svc/old/daemon/on"
	ln -s ../../../gone "$svc/old/daemon/needs/gone"
	chmod 700 "$svc/term/1" "$svc/term/1/needs" "$svc/net"
	printf '#!/bin/sh\necho bye\n' >"$conf/last.params"
	cp "$conf/last.params" "$conf/last"
	chmod +x "$conf/last"
	printf '3\n' >"$conf/sleep_before_kill"
	printf 'seconds\n' >"$conf/sleep_before_kill.README"
	expected=$BATS_TEST_TMPDIR/expected.json
	cat >"$expected" <<'END'
{"init": {"needs": ["term/1", "term/2", "shell", "net/wire"], "wants": ["names/host"],
  "on": "/bin/say", "on.params": "*** the machine is up ***\n", "off": false, "respawn": false},
 "term/1": {"needs": ["disk", "dev/hotplug"], "wants": ["names/host"], "on": "/sbin/terminal",
  "on.params": "38400\ntty1", "on.env": "TERM=linux\n\nLANG=C\n", "off": false, "respawn": true},
 "term/2": {"needs": ["disk", "dev/hotplug"], "wants": ["names/host"], "on": "/sbin/terminal",
  "on.params": "38400\ntty2", "on.env": "TERM=linux\n\nLANG=C\n", "off": false, "respawn": true},
 "disk": {"needs": ["disk/check"], "wants": [], "on": "/bin/attach",
  "on.params": "-o\nremount,rw\n\n/\n", "off": false, "respawn": false},
 "disk/check": {"needs": ["drivers"], "wants": [], "on": "file", "off": false, "respawn": false},
 "dev/hotplug": {"needs": [], "wants": [], "on": "/etc/rc.d/hotplug", "on.params": "start\n",
  "off": true, "respawn": false},
 "drivers": {"needs": ["drivers/a", "drivers/b"], "wants": [], "on": null, "off": false,
  "respawn": false},
 "drivers/a": {"needs": [], "wants": [], "on": "/sbin/insert", "on.params": "a\n", "off": false,
  "respawn": false},
 "drivers/b": {"needs": [], "wants": [], "on": "/sbin/insert", "on.params": "b\n", "off": false,
  "respawn": false},
 "net/wire": {"needs": ["net/lo"], "wants": [], "on": "/sbin/dhcp", "off": false, "respawn": true},
 "net/lo": {"needs": [], "wants": [], "on": "/sbin/loop", "off": false, "respawn": false},
 "names/host": {"needs": [], "wants": [], "on": "/bin/name", "on.env": "", "off": false,
  "respawn": false},
 "shell": {"needs": [], "wants": [], "on": "/bin/sh", "off": false, "respawn": true}}
END
}

# The same with a cycle: dev/hotplug -> net/lo -> disk -> disk/check -> dev/hotplug
our_broken_tree()
{
	local svc=$root/etc/cinit/svc
	our_tree
	mkdir "$svc/dev/hotplug/needs" "$svc/net/lo/needs"
	ln -s ../../../net/lo "$svc/dev/hotplug/needs/net"
	ln -s ../../../disk/ "$svc/net/lo/needs/disk"
	ln -s ../.././../dev/hotplug "$svc/disk/check/needs/hotplug"
	jq '."dev/hotplug".needs = ["net/lo"] | ."net/lo".needs = ["disk"]
		| ."disk/check".needs += ["dev/hotplug"]' "$expected" >"$expected.broken"
	expected=$expected.broken
}

@test "a tree of our own in their shapes resolves as it should" {
	our_tree
	resolves_as_expected
	check_root --graph
	same last "$(jq -c .conf.last.params <<<"$output")" '["#!/bin/sh","echo bye"]'
	same sleep "$(jq .conf.sleep_before_kill_ms <<<"$output")" 3000
}

@test "a tree of our own starts in order and comes up" {
	our_tree
	starts_in_order
	everything_comes_up
}

@test "in a tree of our own a failing disk/check blocks what is behind it" {
	our_tree
	check_root --simulate --fail disk/check
	only_these_suffer failed disk/check
}

@test "in a tree of our own the members of a cycle are refused, and nobody else" {
	our_broken_tree
	resolves_as_expected
	check_root --simulate
	only_these_suffer refused dev/hotplug net/lo disk disk/check
}

@test "what lies about in a tree of our own is named" {
	our_tree
	check_root
	finds "/etc/cinit/svc/disk/check/on.old: unknown file: ignored (warning)"
	lacks "$output" README
	finds "/etc/cinit/svc/old/daemon: not reached: starting init does not need or want it (warning)"
	finds "/etc/cinit/svc/init/on: /bin/say: No such file or directory"
}
