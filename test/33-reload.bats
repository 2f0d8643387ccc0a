#!/usr/bin/env bats
# runs: apart; again: asan
#
# HUP: the tree is read again while it runs.  Nothing that runs is lost or started
# twice, whatever the new tree says of it.
#
# shellcheck disable=SC2154,SC2030,SC2031

load lib
load boot

setup()
{
	boot_begin
	respawn_stub init first second third
	wants init first second third
}

teardown() { boot_end; }

pids() { svc --json list | jq -c 'map({(.name): .pid}) | add'; }

# Everything that runs still has the process that it had.
same_pids()
{
	local now
	now=$(pids)
	same "processes" "$(jq -nc --argjson a "$1" --argjson b "$now" \
		'$a | to_entries[] | select($b[.key] != .value) | .key')" ""
}

absent() { ! svc --json list | jq -e --arg name "$1" 'any(.name == $name)' >/dev/null; }

# --- what is new, changed, gone -------------------------------------------------------------------------------

@test "a new want of a running service is started, and nothing else happens" {
	boot_settled container
	local before
	before=$(pids)
	respawn_stub fourth fifth
	wants init fourth
	needs fourth fifth
	hup "reload: 6 services, 2 new, 0 gone"
	svc wait fourth
	same fifth "$(state fifth)" up
	# a pid tells the order of the forks; what they log does not, on a busy machine
	[ "$(pid_of fifth)" -lt "$(pid_of fourth)" ] || fail "fourth was started before fifth"
	same_pids "$before"
	same "starts of first" "$(happened start first)" 1
}

@test "without a change, nothing happens" {
	boot_settled container
	local before
	before=$(pids)
	hup "reload: 4 services, 0 new, 0 gone"
	same_pids "$before"
	same "starts" "$(e '[.[] | select(.event == "start")] | length')" 4
}

@test "a changed program counts from the next start" {
	boot_settled container
	local before
	before=$(pids)
	put svc/first/on.params "other"
	hup
	same_pids "$before"
	svc restart first
	await "the restart" happens start first 2
	same "arguments" "$(e '[.[] | select(.event == "start" and .service == "first") | .argv[1]]')" '[null,"other"]'
}

@test "a service that was removed runs on, says so, and is dropped once it was stopped" {
	boot_settled container
	local before
	before=$(pids)
	rm -r "$tree/svc/first" "$tree/svc/init/wants/first"
	hup "reload: 4 services, 0 new, 0 gone"
	same_pids "$before"
	same first "$(state first)" up
	same why "$(why first)" "its directory is gone"
	svc stop first
	same first "$(state first)" refused
	hup "reload: 3 services, 0 new, 1 gone"
	absent first
}

@test "a service that was removed and is down is dropped" {
	boot_settled container
	svc stop first
	rm -r "$tree/svc/first" "$tree/svc/init/wants/first"
	hup "reload: 3 services, 0 new, 1 gone"
	absent first
	run svc status first
	same code "$status" 5
}

@test "a service that was removed and comes back is the one that runs" {
	boot_settled container
	local before
	before=$(pids)
	mv "$tree/svc/first" "$dir/away"
	rm "$tree/svc/init/wants/first"
	hup
	same why "$(why first)" "its directory is gone"
	mv "$dir/away" "$tree/svc/first"
	wants init first
	hup
	same why "$(why first)" ""
	same_pids "$before"
}

@test "a directory that was replaced is still the same service" {
	boot_settled container
	local before
	before=$(pids)
	cp -a "$tree/svc/first" "$dir/copy"
	rm -r "$tree/svc/first"
	mv "$dir/copy" "$tree/svc/first"
	hup "reload: 4 services, 0 new, 0 gone"
	same_pids "$before"
}

@test "a directory that was replaced is the same service too for what is loaded later" {
	boot_settled container
	cp -a "$tree/svc/first" "$dir/copy"
	rm -r "$tree/svc/first"
	mv "$dir/copy" "$tree/svc/first"
	respawn_stub later
	needs later first
	svc start later
	same "services named first" "$(svc --json list | jq 'map(select(.name == "first")) | length')" 1
	same "starts of first" "$(happened start first)" 1
}

# --- what cannot be ---------------------------------------------------------------------------------------------

@test "a service that is broken while it runs runs on, and a restart is refused" {
	boot_settled container
	local before
	before=$(pids)
	put svc/first/delay "never\n"
	hup
	said "svc/first/delay: "
	said "runs on as it was loaded before"
	same_pids "$before"
	run svc restart first
	same "code of restart" "$status" 1
	same_pids "$before"
	put svc/first/delay "7\n"
	svc restart first
	same first "$(state first)" up
	same "starts of first" "$(happened start first)" 2
}

@test "what crashes after it was broken is refused, with the reason" {
	boot_settled container
	put svc/first/delay "never\n"
	hup
	kill_service first KILL
	await refused in_state first refused
	why first | grep -F "delay"
}

@test "a service that loads what is missing keeps those that are broken and run" {
	boot_settled container
	local before
	before=$(pids)
	put svc/first/delay "never\n"
	hup
	respawn_stub later
	svc start later
	same_pids "$before"
	svc stop first
	same first "$(state first)" refused
	await "the end of first" happens term first
}

@test "a load that mends a refused service starts it, and who needs it" {
	put svc/first/delay "never\n"
	respawn_stub dependent
	needs dependent first
	wants init dependent
	boot_settled container
	same first "$(state first)" refused
	put svc/first/delay "3\n"
	hup
	svc wait first dependent
}

@test "without svc/ or its start service the running tree stays" {
	boot_settled container
	local before
	before=$(pids)
	mv "$tree/svc/init" "$dir/init"
	hup "reload: nothing was changed"
	same_pids "$before"
	mv "$dir/init" "$tree/svc/init"
	mv "$tree/svc" "$dir/svc"
	hup "reload: nothing was changed"
	same_pids "$before"
	mv "$dir/svc" "$tree/svc"
	hup "reload: 4 services"
	same_pids "$before"
}

@test "a cycle of needs around what runs is no tree to swap in" {
	boot_settled container
	local before
	before=$(pids)
	needs first second
	needs second first
	hup "reload: nothing was changed"
	await "the cycle" grep -qE "cycle of needs: (first -> second -> first|second -> first -> second)$" "$log"
	same_pids "$before"
	rm -r "$tree/svc/second/needs"
	hup "reload: 4 services"
	same_pids "$before"
}

# --- dependencies ----------------------------------------------------------------------------------------------

@test "a new need of a running service is started, and the service runs on" {
	boot_settled container
	local before
	before=$(pids)
	respawn_stub db
	needs first db
	hup
	svc wait db
	same_pids "$before"
	svc -q stop db
	same first "$(state first)" down
}

@test "a need that is none any more can be stopped alone" {
	needs first second
	boot_settled container
	rm -r "$tree/svc/first/needs"
	hup
	svc stop second
	same first "$(state first)" up
}

@test "what was stopped by hand stays stopped" {
	boot_settled container
	svc stop second
	hup
	same second "$(state second)" down
	same "starts of second" "$(happened start second)" 1
}

@test "a shutdown after a reload is in the order of the new tree" {
	boot_settled container
	needs first second
	hup
	kill -TERM "$(cinit_pid)"
	ends_with 0
	before "end first" "term second"
}

# --- while something is under way ---------------------------------------------------------------------------------

@test "who waits is answered after a reload, under whatever number" {
	tell hold third
	boot container
	await "the start of third" in_state third up
	svc stop first
	rm -r "$tree/svc/first" "$tree/svc/init/wants/first"
	svc wait down third >"$dir/waited" 2>&1 &
	local waiter=$!
	hup "reload: 3 services, 0 new, 1 gone"
	svc stop third
	wait "$waiter"
}

@test "a crash after a reload that moved the numbers is seen" {
	boot_settled container
	svc stop first
	rm -r "$tree/svc/first" "$tree/svc/init/wants/first"
	hup "reload: 3 services, 0 new, 1 gone"
	kill_service third KILL
	await "a restart" happens start third 2
	svc wait third
	same second "$(happened start second)" 1
}

@test "a service that backs off goes on to do so under its new number" {
	boot_settled container
	busy second
	svc stop first second
	rm -r "$tree/svc/first" "$tree/svc/init/wants/first"
	svc --no-wait start second
	hup "reload: 3 services, 0 new, 1 gone"
	exec 9>&-
	await "second" in_state second up
}

@test "a storm of HUPs among commands loses and doubles nothing" {
	boot_settled container
	local before pid
	before=$(pids)
	pid=$(cinit_pid)
	for _ in {1..100}; do
		kill -HUP "$pid"
		svc -q restart second
		svc -q try-restart third
	done
	await "the last reload" svc wait settled
	same first "$(pid_of first)" "$(jq -r .first <<<"$before")"
	# a stub that is stopped at once may not have logged that it started
	same "starts of second" "$(times_said "second: starting -> up")" 101
	same "processes of stubs" "$(inhabitants | wc -l)" 5
}

# swap SERVICE...: as long as the file go is there, one of them after the other is moved
# away and another directory of the same content is moved to its place.
swap()
{
	perl -e '
		my ($dir, @names) = @ARGV;
		for (my $i = 0; -e "$dir/go"; $i = ($i + 1) % @names) {
			my ($at, $spare) = ("$dir/tree/svc/$names[$i]", "$dir/spare/$names[$i]");
			rename $at, "$dir/away" or die "$at: $!";
			rename $spare, $at or die "$spare: $!";
			rename "$dir/away", $spare or die "away: $!";
		}' "$dir" "$@" 3>&- &
}

@test "directories that are replaced in a storm of HUPs: each service has one process, and an end" {
	local i names=(first second third) pid
	for i in {1..7}; do names+=("s$i"); done
	respawn_stub "${names[@]:3}"
	needs init "${names[@]:3}"
	cp -a "$tree/svc" "$dir/spare"
	boot_settled container
	pid=$(cinit_pid)
	: >"$dir/go"
	swap "${names[@]}"
	for i in {1..600}; do
		kill -HUP "$pid"
		nap 0.004
	done
	rm "$dir/go"
	wait $!
	hup "reload: 11 services, "
	hup "reload: 11 services, 0 new, 0 gone"
	svc wait init
	same "those that run" "$(svc --json list | jq -c '[.[] | select(.state == "up")] | length')" 11
	same "processes of stubs" "$(inhabitants | wc -l)" 12
	svc -q stop "${names[@]}"
	same "processes of stubs after a stop" "$(inhabitants | wc -l)" 1
}

# disturb FROM TO: the directory of third is not there when it is opened for the FROM-th to
# the TO-th time.
disturb()
{
	[ -z "${CINIT_UNDER-}" ] || skip "valgrind cannot be traced"
	wrap=("$BUILD/test/disturb" "$tree/svc/third" "$1" "$2")
}

@test "a directory that is gone when it is to be read: a reload is tried again, and is done" {
	disturb 2 3
	boot_settled container
	local before
	before=$(pids)
	respawn_stub fourth
	wants init fourth
	hup "reload: 5 services, 1 new, 0 gone"
	svc wait fourth
	same_pids "$before"
	never_said "nothing was changed"
	never_said "third: cannot"
}

@test "a directory that is gone each time: the third try says so, and nothing is changed" {
	disturb 2 4
	boot_settled container
	local before
	before=$(pids)
	respawn_stub fourth
	wants init fourth
	hup "reload: nothing was changed: the tree cannot be loaded"
	said "$tree/svc/third: cannot be read: the tree is being changed"
	absent fourth
	same_pids "$before"
	hup "reload: 5 services, 1 new, 0 gone"
	same_pids "$before"
}

@test "a boot goes on without a directory that is gone when it is read, and reads it again" {
	disturb 1 5
	cinit_as container
	said "third: cannot be read: No such file or directory"
	said "first: starting -> up"
	said "third: starting -> up"
	same states "$(state first) $(state third) $(state init)" "up up up"
	same "starts of first" "$(happened start first)" 1
}

# descriptors N: so many the supervisor may have from now on.
descriptors() { prlimit --pid "$(cinit_pid)" --nofile="$1:"; }

# The number that the supervisor's next descriptor would have, if it had N more.
next_free()
{
	local fd=0 n=$1
	while [ -L "/proc/$(cinit_pid)/fd/$fd" ] || ((n-- > 0)); do fd=$((fd + 1)); done
	echo $fd
}

@test "a tree that cannot be read for now is tried three times, then named, and nothing is changed" {
	boot_settled container
	local before since
	before=$(pids)
	respawn_stub fourth
	wants init fourth
	svc -q list
	descriptors "$(next_free 3)" # what it needs for the process that reads
	since=${EPOCHREALTIME/.}
	hup "reload: nothing was changed: the tree cannot be loaded"
	said "$tree/svc: cannot be read: Too many open files"
	[ $((${EPOCHREALTIME/.} - since)) -ge 200000 ] || fail "after $((${EPOCHREALTIME/.} - since)) us"
	descriptors 1000
	absent fourth
	same_pids "$before"
	same "said of it" "$(times_said "Too many open files")" 1
	hup "reload: 5 services, 1 new, 0 gone"
	svc wait fourth
}

# --- limits of all services together -----------------------------------------------------------

@test "services that do not fit any more run on as they were, new ones are refused, others are loaded" {
	local names=()
	mapfile -t names < <(printf 'b%d\n' {1..40})
	perl -e 'print +("=" . "x" x 131070 . "\n") x 8' >"$dir/big"
	respawn_stub "${names[@]}"
	wants init "${names[@]}"
	boot_settled container
	local before name
	before=$(pids)
	respawn_stub small
	stub new newer
	wants init new small
	for name in "${names[@]}" new newer; do # 2 MiB each, of 64
		ln -s "$dir/big" "$tree/svc/$name/on.params"
		ln -s "$dir/big" "$tree/svc/$name/on.env"
	done
	hup "reload: 46 services, 2 new, 0 gone"
	same_pids "$before"
	same "those that run on" "$(times_said "is not down: runs on as it was loaded before")" 9
	said "svc/new/on.env: does not fit: all services together have more than 64 MiB of strings"
	same new "$(state new)" refused
	has "$(why new)" "on.env: does not fit: all services together have more than 64 MiB of strings"
	svc wait small
	run svc start newer
	same "code of start" "$status" 1
	has "$output" "on.env: does not fit: all services together have more than 64 MiB of strings"
	same_pids "$before"
}

@test "a load with more findings than are kept says so, and is done" {
	local deep=$dir
	while [ ${#deep} -lt 3500 ]; do deep+=/$(printf '%0200d' 0); done
	mkdir -p "$deep"
	mv "$tree" "$deep/tree"
	ln -s "$deep/tree" "$tree" # what is said of places in it is long, their paths are what they are
	rm -r "$tree/svc/init/wants"
	boot_settled container
	perl -e 'chdir $ARGV[0] or die; mkdir "wants"; symlink "none", "wants/x$_" for 1 .. 5000' "$tree/svc/init"
	hup "reload: 1 services, 0 new, 0 gone"
	said "has more findings: not said: more than 16 MiB of them"
	[ "$(times_said "cinit: $dir/0")" -gt 4000 ] || fail "too few were said"
	: >"$log" # it would be shown
}

@test "the last command of conf/ is that of the new tree" {
	ln -s "$dir/stub" "$tree/conf/last"
	put conf/last.params "before"
	boot_settled container
	put conf/last.params "after"
	hup
	kill -TERM "$(cinit_pid)"
	ends_with 0
	same "arguments of last" "$(e '[.[] | select(.event == "start" and (.argv[1] // "") != "") | .argv[1]]')" '["after"]'
}

@test "a reload during a shutdown is said and ignored" {
	tell deaf first
	put svc/first/delay '60\n' # until it is killed below, however slow this machine is
	boot_settled container
	kill -TERM "$(cinit_pid)"
	await "the stop" in_state first stopping
	hup "reload: nothing was changed: everything is being stopped"
	kill_service first KILL
	ends_with 0
}

# How long its tasks were on a processor, in ms.
cpu_ms() { echo $(($(cut -d' ' -f1 "/proc/$(cinit_pid)/schedstat") / 1000000)); }

# The full form: make proof-reload.
@test "a reload of 2,000 services keeps no client waiting, and each name is found" {
	local cpu answers latest names=()
	mapfile -t names < <(printf 'n%d\n' {1..2000})
	perl -e 'for (1 .. 2000) { mkdir "$ARGV[0]/n$_"; symlink "../../n$_", "$ARGV[0]/init/wants/n$_" }' "$tree/svc"
	boot_settled container
	svc -q status "${names[@]}"
	mkfifo "$dir/go"
	"$BUILD/test/ipc-latest" "$run" n7 <"$dir/go" >"$dir/latest" &
	exec 7>"$dir/go" # it asks until this is closed
	cpu=$(cpu_ms)
	for _ in 1 2 3; do hup "reload: 2004 services, 0 new, 0 gone"; done
	cpu=$(($(cpu_ms) - cpu))
	exec 7>&-
	wait "$!"
	read -r answers latest <"$dir/latest"
	[ "$answers" -gt 10 ] || fail "$answers answers"
	[ "$latest" -lt $((500000 * ${CINIT_SLOW:-1})) ] || fail "the latest answer took $latest us"
	[ "$cpu" -lt $((60 * ${CINIT_SLOW:-1})) ] || fail "three reloads took $cpu ms of PID 1's processor"
}

@test "after a reload, an idle supervisor sleeps" {
	boot_settled container
	hup
	svc -q list
	sleeps 0.5
}
