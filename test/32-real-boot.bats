#!/usr/bin/env bats
# runs: apart
#
# Configurations as people wrote them, booted as PID 1 in a root of their own, in
# which every program is a stub that logs how it was called.
#
#   CINIT_TREES  a folder with the three tars and graph.json (else one beside
#                the checkout); without it, those tests are skipped
#
# shellcheck disable=SC2154

load lib
load boot

TREES=${CINIT_TREES:-$TOP/../shared/data/trees}

setup()
{
	boot_begin
	boot_root
	"${NS[@]}" "--mount-proc=$root/proc" chroot "$root" /cinit -V >/dev/null || skip "chroot is not allowed here"
}

teardown() { boot_end; }

# unpack TREE: one of the three, with what it should be in $expected.
unpack()
{
	[ -e "$TREES/graph.json" ] || skip "no real trees in $TREES"
	tar -xzf "$TREES/$1.tar.gz" -C "$root"
	expected=$BATS_TEST_TMPDIR/expected.json
	jq --arg tree "$1" '.[$tree]' "$TREES/graph.json" >"$expected"
	stub_programs
}

# Whatever a link of the tree or a line `#!` names is the stub.
stub_programs()
{
	local target
	{
		find "$tree" -type l \( -name on -o -name off -o -path '*/conf/*' \) -printf '%l\n'
		find "$tree" -type f \( -name on -o -name off -o -name last -o -name panic \) \
			-exec sed -n '1s/^#![[:space:]]*\([^[:space:]]*\).*/\1/p' {} +
	} | sort -u | while read -r target; do
		[[ $target == /* ]] || continue
		mkdir -p "$root${target%/*}"
		[ -e "$root$target" ] || ln -s /bin/stub "$root$target"
	done
}

# boot_tree [ARG...]: until it is settled.
boot_tree()
{
	root_cinit "$@"
	svc wait settled
}

in_states() { all_states | awk -v state="$1" '$2 == state { print $1 }' | sort; }

# What needs one of these services, transitively, by $expected; not these.
who_needs()
{
	jq -r --argjson bad "$(jq -nc '$ARGS.positional' --args "$@")" '. as $all
		| def grow: . as $set | [$all | to_entries[]
			| select(.value.needs | any(. as $n | $set | index($n))) | .key] + $set | unique;
		def closure: grow as $next | if $next == . then . else ($next | closure) end;
		($bad | sort | closure) - $bad | .[]' "$expected" | sort
}

# Exactly these are in that state, what needs them is blocked, the rest is up.
only_these_suffer()
{
	local state=$1
	shift
	same "$state" "$(in_states "$state")" "$(printf '%s\n' "$@" | sort)"
	same blocked "$(in_states blocked)" "$(who_needs "$@")"
	same up "$(in_states up)" \
		"$(jq -r 'keys[]' "$expected" | sort | comm -23 - <({ printf '%s\n' "$@"; who_needs "$@"; } | sort))"
}

everything_is_up()
{
	same up "$(in_states up)" "$(jq -r 'keys[]' "$expected" | sort)"
}

# Those that are up and have a program have been started, once each.
started_once()
{
	local name
	all_logged() {
		same started "$(e '[.[] | select(.event == "start") | .service] | sort')" \
			"$(jq -c --argjson up "$(in_states up | jq -Rnc '[inputs]')" \
				'[to_entries[] | select(.value.on != null) | .key] - ([keys[]] - $up) | sort' "$expected")"
	}
	await "a start of each, once" all_logged
}

# Arguments and environment of each start, against the text of its files.  A script
# is run by its interpreter, which gets the path of the script before the rest.
exact_words()
{
	jq -rn --slurpfile expected "$expected" --slurpfile log "$events" --arg init "$1" '
		def lines: rtrimstr("\n") | if . == "" then [""] else split("\n") end;
		$log[] | select(.event == "start") | .service as $s | $expected[0][$s] as $x
		| ($x."on.params" // "" | if . == "" then [] else lines end) as $params
		| (if $x."on.env" == null
		   then ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]
		   else [$x."on.env" | lines[] | select(. != "")] end
		   + ["CINIT_SERVICE=\($s)", "CINIT_PROFILE=\($init)"]) as $env
		| (if $x.on == "file" then "/etc/cinit/svc/\($s)/on" else $x.on end) as $name
		| (if $x.on == "file" then (.argv | index($name)) else (if .argv[0] == $name then 0 else null end) end) as $at
		| if $at == null then "\($s): not called as \($name): \(.argv)"
		  elif .argv[$at + 1:] != $params then "\($s): arguments \(.argv[$at + 1:]), not \($params)"
		  elif .env != $env then "\($s): environment \(.env), not \($env)"
		  else empty end' >"$dir/wrong"
	[ ! -s "$dir/wrong" ] || fail "$(cat "$dir/wrong")"
}

# Each was told to end after all that needs or wants it had ended.
stopped_in_reverse()
{
	jq -rn --slurpfile graph "$expected" --slurpfile log "$events" '
		def at(e; s): [$log | to_entries[] | select(.value.event == e and .value.service == s) | .key] | first;
		$graph[0] | to_entries[] | .key as $s | (.value.needs + .value.wants)[] | . as $d
		| select(at("term"; $d) and at("term"; $s))
		| if at("term"; $d) < at("end"; $s) then "\($d) was stopped before \($s) had ended" else empty end
		' >"$dir/disorder"
	[ ! -s "$dir/disorder" ] || fail "$(cat "$dir/disorder")"
}

# As a machine, so that the environment is the default one.
boots_whole()
{
	boot_tree --machine
	everything_is_up
	started_once
	all_in_order "$expected"
	exact_words init
}

# Exactly the respawn services that are up are told, and end; the machine's end is
# reboot(2).
stops_as_machine()
{
	local running
	running=$(jq -r 'to_entries[] | select(.value.respawn) | .key' "$expected" | sort |
		comm -12 - <(in_states up))
	timeout "$PATIENCE" "$BUILD/cinit.poweroff" -r "$run"
	ends_with 130
	same "told to end" "$(jq -r 'select(.event == "term") | .service' "$events" | sort)" "$running"
	stopped_in_reverse
}

# --- the real ones -------------------------------------------------------------------------

@test "the first tree in daily use, 2007-04-25, boots as PID 1 and stops in reverse" {
	unpack denkbrett-20070425-1
	boots_whole
	same services "$(all_states | wc -l)" 22
	stops_as_machine
}

@test "the last good tree, 2007-09-09, boots as PID 1 and stops in reverse" {
	unpack denkbrett-20070909-1
	boots_whole
	same services "$(all_states | wc -l)" 27
	stops_as_machine
	same "conf/last" "$(happened start conf)" 1
}

@test "in the last good tree a failing mount/root/fsck blocks what is behind it, until it is repaired" {
	unpack denkbrett-20070909-1
	tell exit mount/root/fsck 4
	boot_tree --machine
	only_these_suffer failed mount/root/fsck
	same why "$(why mount/root)" "needs mount/root/fsck, which failed: exit 4"
	run -3 svc status mount/root
	has "$output" "needs mount/root/fsck, which failed: exit 4"
	local name
	for name in $(in_states blocked); do
		has "$(why "$name")" "needs "
		same "starts of $name" "$(happened start "$name")" 0
	done
	tell exit mount/root/fsck 0
	svc start mount/root/fsck
	svc wait init
	svc wait settled
	everything_is_up
	for name in $(jq -r 'keys[]' "$expected"); do
		[ "$(happened start "$name")" -le 1 ] || [ "$name" = mount/root/fsck ] || fail "$name twice"
	done
	stops_as_machine
}

@test "in the last tree the five members of the cycle are refused, what needs them is blocked, the rest is up" {
	unpack denkbrett-tree-HEAD
	boot_tree --machine
	only_these_suffer refused mount/proc local-tuning/clean-mtab mount/root mount/root/fsck \
		local-tuning/udev
	same services "$(all_states | wc -l)" 26
	same cycles "$(times_said ': cycle of needs: ')" 1
	local name
	for name in mount/proc local-tuning/clean-mtab mount/root mount/root/fsck local-tuning/udev; do
		grep -F ': cycle of needs: ' "$log" | grep -qF -e "$name"
		run -3 svc status "$name"
		has "$output" "cycle"
	done
	started_once
	all_in_order "$expected"
	exact_words init
	stops_as_machine
}

# --- one of our own ---------------------------------------------------------------------------

# dependency SERVICE/KIND NAME TARGET; program SERVICE TARGET
dependency()
{
	mkdir -p "$tree/svc/$1"
	ln -s "$3" "$tree/svc/$1/$2"
}

program()
{
	mkdir -p "$tree/svc/$1"
	ln -s "$2" "$tree/svc/$1/on"
}

# A tree in the shapes of the real ones, with what it should be.
our_tree()
{
	program init /bin/say
	put svc/init/on.params '*** the machine is up ***\n'
	dependency init/needs term-one ../../term/1
	dependency init/needs term-two ../../term/2/
	dependency init/needs wire.dhcp ../.././net/wire
	dependency init/needs shell /etc/cinit/svc/shell
	dependency init/wants hostname ../../names/host
	local n
	for n in 1 2; do
		program term/$n /sbin/terminal
		put svc/term/$n/on.params "38400\\ntty$n"
		put svc/term/$n/on.env 'TERM=linux\n\nLANG=C\n'
		: >"$tree/svc/term/$n/respawn"
		dependency term/$n/needs mount-root /etc/cinit/svc/disk
		dependency term/$n/needs devices ../.././../dev/hotplug/
		dependency term/$n/wants name ../../../names/host
	done
	program disk /bin/attach
	put svc/disk/on.params '-o\nremount,rw\n\n/\n'
	dependency disk/needs check ../check
	put svc/disk/check/on '#!/bin/interpreter\nexec check\n'
	chmod +x "$tree/svc/disk/check/on"
	dependency disk/check/needs drivers ../../../drivers
	program dev/hotplug /etc/rc.d/hotplug
	put svc/dev/hotplug/on.params 'start\n'
	ln -s /usr/bin/hotplug-stop "$tree/svc/dev/hotplug/off"
	for n in a b; do
		program drivers/$n /sbin/insert
		put svc/drivers/$n/on.params "$n\\n"
		dependency drivers/needs $n ../$n
		put svc/drivers/$n/README 'read me\n'
	done
	program net/wire /sbin/dhcp
	: >"$tree/svc/net/wire/respawn"
	dependency net/wire/needs disk ../../../disk
	program shell /bin/sh # keeps a machine from its rescue shell
	: >"$tree/svc/shell/respawn"
	program names/host /bin/name
	put svc/names/host/on.env ''
	program names/unused /bin/never
	chmod 700 "$tree/svc/term/1" "$tree/svc/net"
	ln -s /bin/farewell "$tree/conf/last"
	put conf/last.params '#!/bin/sh\necho bye\n'
	stub_programs
	ln -s stub "$root/bin/interpreter" 2>/dev/null || :
	expected=$BATS_TEST_TMPDIR/expected.json
	cat >"$expected" <<'END'
{"init": {"needs": ["term/1", "term/2", "shell", "net/wire"], "wants": ["names/host"], "on": "/bin/say",
  "on.params": "*** the machine is up ***\n", "respawn": false},
 "term/1": {"needs": ["disk", "dev/hotplug"], "wants": ["names/host"], "on": "/sbin/terminal",
  "on.params": "38400\ntty1", "on.env": "TERM=linux\n\nLANG=C\n", "respawn": true},
 "term/2": {"needs": ["disk", "dev/hotplug"], "wants": ["names/host"], "on": "/sbin/terminal",
  "on.params": "38400\ntty2", "on.env": "TERM=linux\n\nLANG=C\n", "respawn": true},
 "disk": {"needs": ["disk/check"], "wants": [], "on": "/bin/attach",
  "on.params": "-o\nremount,rw\n\n/\n", "respawn": false},
 "disk/check": {"needs": ["drivers"], "wants": [], "on": "file", "respawn": false},
 "dev/hotplug": {"needs": [], "wants": [], "on": "/etc/rc.d/hotplug", "on.params": "start\n",
  "respawn": false},
 "drivers": {"needs": ["drivers/a", "drivers/b"], "wants": [], "on": null, "respawn": false},
 "drivers/a": {"needs": [], "wants": [], "on": "/sbin/insert", "on.params": "a\n", "respawn": false},
 "drivers/b": {"needs": [], "wants": [], "on": "/sbin/insert", "on.params": "b\n", "respawn": false},
 "net/wire": {"needs": ["disk"], "wants": [], "on": "/sbin/dhcp", "respawn": true},
 "names/host": {"needs": [], "wants": [], "on": "/bin/name", "on.env": "", "respawn": false},
 "shell": {"needs": [], "wants": [], "on": "/bin/sh", "respawn": true}}
END
}

@test "a tree of our own in their shapes boots as PID 1 and stops in reverse" {
	our_tree
	boots_whole
	stops_as_machine
	same "conf/last" "$(e '[.[] | select(.event == "start" and .service == "conf")][0].argv')" \
		'["/bin/farewell","#!/bin/sh","echo bye"]'
}

@test "in a tree of our own a failing disk/check blocks what is behind it, until it is repaired" {
	our_tree
	tell exit disk/check 4
	boot_tree --machine
	only_these_suffer failed disk/check
	same why "$(why disk)" "needs disk/check, which failed: exit 4"
	tell exit disk/check 0
	svc start disk/check
	svc wait init
	everything_is_up
	stops_as_machine
}

@test "in a tree of our own the members of a cycle are refused, what needs them is blocked" {
	our_tree
	dependency dev/hotplug/needs disk ../../../disk
	dependency disk/check/needs hotplug ../.././../dev/hotplug
	jq '."dev/hotplug".needs = ["disk"] | ."disk/check".needs += ["dev/hotplug"]' "$expected" >"$expected.2"
	expected=$expected.2
	boot_tree --machine
	only_these_suffer refused dev/hotplug disk disk/check
	same cycles "$(times_said ': cycle of needs: ')" 1
	started_once
	all_in_order "$expected"
}

@test "the sample tree of make run boots, and what fails in it is what should" {
	cp -a "$TOP/test/trees/sample/." "$tree/"
	find "$tree" -name '*.params' -delete
	mkdir -p "$dir/graph"
	"$BUILD/cinit.check" -c "$tree" --graph 2>/dev/null |
		jq '.services | map_values(.on = .on.argv0)' >"$dir/graph/expected"
	expected=$dir/graph/expected
	stub_programs
	tell exit net/firewall 1
	boot_tree --machine
	same failed "$(in_states failed)" net/firewall
	same rest "$(all_states | awk '$2 != "up" && $2 != "failed"')" ""
	all_in_order "$expected"
	stops_as_machine
}
