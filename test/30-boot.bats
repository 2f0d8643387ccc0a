#!/usr/bin/env bats
# runs: apart; again: asan valgrind
#
# Booting: the order of starts, what failure does, back-off, profiles, and what
# happens when there is nothing to boot.
#
# shellcheck disable=SC2154

load lib
load boot

setup() { boot_begin; }
teardown() { boot_end; }

# graph_of_tree: needs and wants as the loader resolves them, for all_in_order.
graph_of_tree()
{
	"$BUILD/cinit.check" -c "$tree" --graph 2>/dev/null | jq '.services' >"$dir/graph.json"
}

# --- order --------------------------------------------------------------------------

@test "a service starts after all of its needs have ended or come up" {
	stub init a b c d
	respawn_stub r
	needs init d r
	needs d b c
	needs b a
	needs c a
	needs a r
	tell time a 50
	tell time b 100
	boot_settled container
	same init "$(state init)" up
	before "end a" "start b"
	before "end a" "start c"
	before "end b" "start d"
	before "end c" "start d"
	before "end d" "start init"
	graph_of_tree
	all_in_order "$dir/graph.json"
}

@test "what does not depend on each other runs at the same time" {
	stub init a b c
	needs init a b c
	local name
	for name in a b c; do tell hold "$name"; done
	boot container
	for name in a b c; do await "$name" happens start "$name"; done
	same init "$(state init)" waiting
	for name in a b c; do untell hold "$name"; done
	svc wait init
}

@test "a service starts after its wants have settled" {
	stub init a
	respawn_stub w
	wants init a w
	tell time a 100
	boot_settled container
	before "end a" "start init"
	same w "$(state w)" up
}

@test "a want that fails only delays" {
	stub init bad
	wants init bad
	tell exit bad 3
	tell time bad 50
	boot_settled container
	before "end bad" "start init"
	same init "$(state init)" up
	same bad "$(state bad)" failed
	has "$(why bad)" "exit 3"
}

@test "a want that is blocked or refused holds nobody up" {
	stub init behind bad good
	wants init behind good crooked
	needs behind bad
	mkdir -p "$tree/svc/crooked/on"
	tell exit bad 1
	boot_settled container
	same init "$(state init)" up
	same behind "$(state behind)" blocked
	same good "$(state good)" up
}

@test "a group is up when its needs are up, and stands for them" {
	stub init a b
	group g
	needs init g
	needs g a
	wants g b
	tell hold a
	boot container
	await "a" happens start a
	await "g" in_state g waiting
	same init "$(state init)" waiting
	same "starts of init" "$(happened start init)" 0
	untell hold a
	svc wait init
	same g "$(state g)" up
	same "pid of a group" "$(pid_of g)" 0
	before "end a" "start init"
	before "end b" "start init"
}

@test "a layered graph of ten layers with three needs each boots in order" {
	local layer i
	stub init
	for layer in {0..9}; do
		for i in {0..4}; do
			if ((i)); then stub "l$layer/$i"; else respawn_stub "l$layer/$i"; fi
			((layer == 0)) || needs "l$layer/$i" "l$((layer - 1))/$i" \
				"l$((layer - 1))/$(((i + 1) % 5))" "l$((layer - 1))/$(((i + 3) % 5))"
		done
	done
	needs init l9/0 l9/1 l9/2 l9/3 l9/4
	boot_settled container
	same init "$(state init)" up
	same started "$(e '[.[] | select(.event == "start")] | length')" 51
	graph_of_tree
	all_in_order "$dir/graph.json"
}

@test "each process is started once, whatever number of services needs it" {
	stub init a b c d base
	needs init a b c d
	local name
	for name in a b c d; do needs $name base; done
	boot_settled container
	same starts "$(happened start base)" 1
}

@test "a dependency through two names of one directory is one dependency" {
	stub init real
	mkdir -p "$tree/svc/init/needs"
	ln -s "$tree/svc/real" "$tree/svc/init/needs/one"
	ln -s ../../../svc/./real/ "$tree/svc/init/needs/two"
	boot_settled container
	same starts "$(happened start real)" 1
	same services "$(all_states | sort | paste -sd,)" "init up,real up"
}

# --- failure -------------------------------------------------------------------------

@test "a once-service that fails blocks all that need it, naming it, and nobody else" {
	stub init bad near far other
	needs init far other
	needs far near
	needs near bad
	tell exit bad 2
	boot_settled container
	same bad "$(state bad)" failed
	local name
	for name in near far init; do
		same "$name" "$(state $name)" blocked
		same "starts of $name" "$(happened start $name)" 0
	done
	same other "$(state other)" up
	same "why near" "$(why near)" "needs bad, which failed: exit 2"
	run -3 svc status near
	has "$output" "needs bad, which failed: exit 2"
}

@test "a once-service killed by a signal has failed, and the signal is named" {
	stub init bad
	needs init bad
	tell exit bad "signal 9"
	boot_settled container
	same bad "$(state bad)" failed
	same why "$(why init)" "needs bad, which failed: killed by signal 9 (KILL)"
}

@test "a failed once-service is not started again by itself" {
	stub init bad
	wants init bad
	tell exit bad 1
	boot_settled container
	respawn_stub later
	svc start later
	same starts "$(happened start bad)" 1
}

@test "what was blocked comes up when its need is repaired and started by hand" {
	stub init bad near far
	needs init far
	needs far near
	needs near bad
	tell exit bad 2
	boot_settled container
	same init "$(state init)" blocked
	tell exit bad 0
	svc start bad
	svc wait init
	before "end bad" "start near"
	before "end near" "start far"
	before "end far" "start init"
}

@test "starting a dependent by hand retries the need that failed" {
	stub init bad
	needs init bad
	tell exit bad 2
	boot_settled container
	run -1 svc start init
	has "$output" "needs bad, which failed: exit 2"
	same starts "$(happened start bad)" 2
	tell exit bad 0
	svc start init
}

@test "a need that crashes and comes back leaves running dependents alone" {
	stub init
	respawn_stub base user
	needs init user
	needs user base
	boot_settled container
	local before_user before_base
	before_user=$(pid_of user) before_base=$(pid_of base)
	kill_service base KILL
	await "the second base" happens start base 2
	svc wait base
	[ "$(pid_of base)" != "$before_base" ]
	same "pid of user" "$(pid_of user)" "$before_user"
	same "starts of user" "$(happened start user)" 1
	same "user" "$(state user)" up
}

@test "a dependent that was not up yet waits for a need in back-off" {
	[ -z "${CINIT_UNDER-}" ] || skip "valgrind makes an exit code of a failed exec"
	stub init
	respawn_stub base
	stub slow user
	needs init user
	needs user base slow
	tell hold slow
	boot container
	await slow happens start slow
	svc wait base
	busy base
	kill_service base KILL
	await "base in back-off" in_state base backoff
	untell hold slow
	await "slow" in_state slow up
	same user "$(state user)" waiting
	# between two tries it is starting for a moment
	await "the reason" eval '[ "$(why user)" = "needs base, which is in back-off: exec: Text file busy" ]'
	exec 9>&-
	await init happens end init
}

@test "when a need has failed for good, running dependents are stopped and blocked" {
	stub init
	respawn_stub base user
	needs init user
	needs user base
	boot_settled container
	mv "$dir/stub" "$dir/stub.away"
	kill_service base KILL
	await "base failed" in_state base failed
	await "user blocked" in_state user blocked
	happens term user
	same why "$(why user)" "needs base, which failed: exec: No such file or directory"
	mv "$dir/stub.away" "$dir/stub"
	svc start base
	svc wait user init
	same "starts of user" "$(happened start user)" 2
}

@test "the members of a cycle are refused and named, the rest boots" {
	stub init a b c good behind
	wants init behind good
	needs behind a
	needs a b
	needs b c
	needs c a
	boot_settled container
	same good "$(state good)" up
	same init "$(state init)" up
	same behind "$(state behind)" blocked
	local name
	for name in a b c; do same $name "$(state $name)" refused; done
	has "$(why behind)" "needs a, which is refused"
	grep -E 'cycle of needs: .*(a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c)' "$log"
}

@test "bad services of all kinds do not stop the boot of the others" {
	stub init good
	wants init good dangling file fifo device huge nul dir
	local name
	for name in dangling file fifo device huge nul; do stub $name; done
	mkdir -p "$tree/svc/dangling/needs" "$tree/svc/dir/on"
	ln -s ../../nowhere "$tree/svc/dangling/needs/x"
	: >"$tree/svc/file/needs"
	mkfifo "$tree/svc/fifo/on.params"
	ln -s /dev/zero "$tree/svc/device/on.params"
	head -c 2000000 /dev/zero | tr '\0' a >"$tree/svc/huge/on.params"
	printf 'a\0b\n' >"$tree/svc/nul/on.params"
	boot_settled container
	same init "$(state init)" up
	same good "$(state good)" up
	for name in dangling file fifo device huge nul dir; do
		same $name "$(state $name)" refused
		same "lines about $name" "$(grep -c -F "$tree/svc/$name/" "$log")" 1
	done
}

# --- back-off --------------------------------------------------------------------------

# The milliseconds between starts of a service, from what it wrote itself.
gaps()
{
	awk 'NR > 1 { printf "%d\n", ($1 - last) / 1000000 } { last = $1 }' "$dir/times"
}

@test "a service that crashes starts again at once, then after 100, 200, 400 ms" {
	stub init
	wants init crashes
	script crashes "date +%s%N >>$dir/times" 'exit 1'
	: >"$tree/svc/crashes/respawn"
	boot container
	lines() { [ "$(wc -l <"$dir/times")" -ge "$1" ]; }
	await "five starts" lines 5
	gaps >"$dir/gaps"
	cat "$dir/gaps"
	local gap i=0 least=(0 100 200 400)
	while [ $i -lt 4 ]; do
		gap=$(sed -n "$((i + 1))p" "$dir/gaps")
		[ "$gap" -ge "${least[i]}" ] || fail "gap $i: $gap ms"
		i=$((i + 1))
	done
	await "back-off" in_state crashes backoff
	has "$(why crashes)" "exit 1, again in "
	same init "$(state init)" up
}

@test "a service that crashes at once does not loop: under 12 starts in 5 seconds" {
	group init
	wants init crashes
	script crashes "date +%s%N >>$dir/times" 'exit 0'
	: >"$tree/svc/crashes/respawn"
	boot container
	late() { awk 'NR == 1 { first = $1 } END { exit !($1 - first > 2900000000) }' "$dir/times"; }
	await "a start 3 s after the first" late
	[ "$(wc -l <"$dir/times")" -le 12 ] || fail "$(gaps)"
}

@test "a start by hand clears the back-off, and counts from nothing again" {
	group init
	wants init crashes
	script crashes "date +%s%N >>$dir/times" 'exit 1'
	: >"$tree/svc/crashes/respawn"
	boot container
	lines() { [ "$(wc -l <"$dir/times")" -ge "$1" ]; }
	await "six starts" lines 6
	await "back-off" in_state crashes backoff
	local left
	left=$(status_of crashes .until_ms)
	[ "$(status_of crashes .crashes)" -ge 5 ]
	svc -q start crashes || :
	await "a seventh" lines 7
	await "an eighth, at once" lines 8
	# 1.6 s would have passed until the seventh, and 3.2 s until the eighth
	[ "$(gaps | sed -n 7p)" -lt 1500 ] || fail "$(gaps)" "was left: $left"
	[ "$(status_of crashes .crashes)" -le 4 ]
}

@test "a service that is mended while in back-off comes up by itself" {
	group init
	wants init r
	respawn_stub r
	mv "$dir/stub" "$dir/stub.away"
	printf '#!/bin/sh\nexit 7\n' >"$dir/stub"
	chmod +x "$dir/stub"
	boot container
	await "back-off" in_state r backoff
	mv "$dir/stub.away" "$dir/stub"
	await "r" happens start r
	await "r" in_state r up
}

@test "stopping a service in back-off takes it down for good" {
	group init
	wants init crashes
	script crashes "date +%s%N >>$dir/times" 'exit 1'
	: >"$tree/svc/crashes/respawn"
	boot container
	await "back-off" in_state crashes backoff
	svc stop crashes
	same crashes "$(state crashes)" down
	local n
	n=$(wc -l <"$dir/times")
	stub later
	svc start later
	same starts "$(wc -l <"$dir/times")" "$n"
}

# --- profiles ----------------------------------------------------------------------------

@test "without a profile, init is started; with -p, what it names" {
	stub init other
	boot_settled container
	same services "$(all_states)" "init up"
	end_by_force
	boot_settled container -p other
	same services "$(all_states)" "other up"
	same profile "$(e '[.[] | select(.service == "other").env[]? | select(startswith("CINIT_PROFILE"))]')" \
		'["CINIT_PROFILE=other"]'
}

@test "of several cprofile: words the last one counts, and -p goes before it" {
	stub init a b c
	boot_settled container cprofile:a cprofile:b
	same services "$(all_states)" "b up"
	end_by_force
	boot_settled container cprofile:a -p c cprofile:b
	same services "$(all_states)" "c up"
}

@test "cprofile in the environment is the profile, and a word goes before it" {
	stub init env word
	export cprofile=env
	boot_settled container
	same services "$(all_states)" "env up"
	end_by_force
	boot_settled container cprofile:word
	same services "$(all_states)" "word up"
}

@test "a profile can be a path below svc/, and a link" {
	stub profiles/rescue/small real
	ln -s real "$tree/svc/alias"
	boot_settled container cprofile:profiles/rescue/small
	same services "$(all_states)" "profiles/rescue/small up"
	end_by_force
	boot_settled container cprofile:alias
	same services "$(all_states)" "real up"
}

@test "an unknown profile is named, and outside a machine the exit code is 1" {
	stub init
	cinit_as container -p nonesuch
	ends_with 1
	said nonesuch
	same "lines about it" "$(grep -c nonesuch "$log")" 1
}

@test "a profile that leads out of svc/ is as unknown as any" {
	stub init
	mkdir "$dir/outside"
	ln -s "$dir/stub" "$dir/outside/on"
	ln -s "$dir/outside" "$tree/svc/escape"
	local name
	for name in escape ../../outside . '' ..; do
		cinit_as container -p "$name"
		ends_with 1
	done
	same events "$(order)" ""
}

@test "a tree that is not there, or has no svc/, is named, exit code 1" {
	rm -r "$tree/svc"
	cinit_as container
	ends_with 1
	said "$tree"
	rm -r "$tree"
	cinit_as container
	ends_with 1
	cinit_as user
	ends_with 1
}

# --- what the boot did not reach -----------------------------------------------------------

@test "a service that the boot did not reach is loaded with its needs when it is started" {
	stub init later base
	needs later base
	boot_settled container
	same services "$(all_states)" "init up"
	svc start later
	same services "$(all_states | sort | paste -sd,)" "base up,init up,later up"
	before "end base" "start later"
	same "starts of init" "$(happened start init)" 1
}

@test "a service whose need cannot be is loaded as refused, and what is there stays" {
	stub init
	respawn_stub r
	needs init r
	boot_settled container
	local pid
	pid=$(pid_of r)
	stub later
	mkdir "$tree/svc/later/needs"
	ln -s ../../gone "$tree/svc/later/needs/gone"
	run -1 svc start later
	has "$output" "refused"
	same "pid of r" "$(pid_of r)" "$pid"
	rm "$tree/svc/later/needs/gone"
	svc start later
	same later "$(state later)" up
	same "pid of r" "$(pid_of r)" "$pid"
	kill_service r KILL
	await "r comes back" happens start r 2
}

@test "a service that does not exist is not loaded, and says so with exit code 5" {
	stub init
	boot_settled container
	run -5 svc start nonesuch
	has "$output" "nonesuch: no such service"
	run -5 svc start ../../etc
	run -5 svc status nonesuch
	same services "$(all_states)" "init up"
}

@test "a service can be loaded under an alias, and is the same one" {
	stub init real
	ln -s real "$tree/svc/alias"
	boot_settled container
	svc start alias
	svc start real
	same starts "$(happened start real)" 1
	same services "$(all_states | sort | paste -sd,)" "init up,real up"
}

@test "many services are loaded one after the other while others run" {
	respawn_stub init
	local i
	for i in {1..20}; do stub "s$i"; done
	boot_settled container
	for i in {1..20}; do svc start "s$i"; done
	same up "$(all_states | grep -c ' up$')" 21
	same "starts of init" "$(happened start init)" 1
}

@test "a refused service that is mended and started comes up, and what waited for it" {
	stub init bad
	needs init bad
	: >"$tree/svc/bad/wants"
	boot_settled container
	same bad "$(state bad)" refused
	same init "$(state init)" blocked
	run -1 svc start bad
	rm "$tree/svc/bad/wants"
	svc start bad
	svc wait init
}

@test "a cycle that is broken up and started comes up" {
	stub init a b c
	wants init a
	needs a b
	needs b c
	needs c a
	boot_settled container
	same a "$(state a)" refused
	rm "$tree/svc/c/needs/a"
	svc start a
	before "end c" "start b"
	before "end b" "start a"
}

# --- how it is said ---------------------------------------------------------------------------

@test "when the boot has settled without the start service, that is said with the reason" {
	stub init bad
	needs init bad
	tell exit bad 4
	boot_settled container
	said "the boot has settled, but init is blocked: needs bad, which failed: exit 4"
	same times "$(times_said 'the boot has settled')" 1
}

@test "a boot that goes well is not commented on" {
	stub init a
	needs init a
	boot_settled container
	never_said "the boot has settled"
}

@test "the first line tells version, mode, tree and run directory" {
	stub init
	# lines are written when there is time for it: the answer may come first
	boot_settled container
	await "it" grep -qE "^cinit: [0-9.]+ \(\w+\): container mode, pid 1, tree $tree, run $run\$" "$log"
	end_by_force
	: >"$log"
	boot_settled user
	await "it" grep -qE "^cinit: [0-9.]+ \(\w+\): user mode, pid [0-9]+, tree $tree, run $run\$" "$log"
	end_by_force
	: >"$log"
	boot_settled machine
	await "it" grep -qE "^cinit: [0-9.]+ \(\w+\): machine mode, pid 1, " "$log"
}

@test "-v tells every transition, -q only what is bad" {
	stub init bad
	wants init bad
	tell exit bad 1
	boot_settled container
	said "init: waiting -> starting"
	said "init: starting -> up"
	said "bad: starting -> failed (exit 1)"
	end_by_force
	: >"$log"
	launch "${NS[@]}" --mount-proc "$BUILD/cinit" -q -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	svc wait settled
	said "bad: starting -> failed (exit 1)"
	never_said "cinit: init:"
}

@test "-q says nothing when nothing goes wrong, from the first line to the end" {
	stub init
	launch "${NS[@]}" --mount-proc "$BUILD/cinit" -q -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	svc wait settled
	"$BUILD/cinit.poweroff" -r "$run"
	ends_with 0
	same said "$(cat "$log")" ""
}

@test "a console that nobody reads does not hold up the boot" {
	local i
	stub init
	for i in {1..300}; do
		group "a-service-with-a-long-name-so-that-the-pipe-fills-up-quickly-$i"
		wants init "a-service-with-a-long-name-so-that-the-pipe-fills-up-quickly-$i"
	done
	mkfifo "$dir/console"
	exec 7<>"$dir/console"
	log=$dir/console
	cinit_as container
	log=$dir/cinit.log
	await "the supervisor" svc -q list
	svc wait init
	svc wait settled
	same init "$(state init)" up
	exec 7>&-
}

# mute KIND: the supervisor's standard error is of this kind, and nobody reads it before
# hear; then it comes to $dir/heard.
mute()
{
	rm -f "$dir/go" "$dir/heard"
	mkfifo "$dir/go"
	wrap=("$BUILD/test/mute" "$1" "$dir/go" "$dir/heard")
}
hear() { echo >"$dir/go"; }
heard() { grep -qF -e "$1" "$dir/heard"; }

# More than any of them holds.
say_much()
{
	svc -q restart "${talkers[@]}" || fail "$kind: the first"
	svc -q restart "${talkers[@]}" || fail "$kind: the second"
}

@test "whatever standard error is, and who does not read it: the supervisor goes on" {
	local kind before i talkers=()
	for i in {1..120}; do talkers+=("$(printf 'long-%0200d' "$i")"); done
	group init "${talkers[@]}"
	respawn_stub runs
	needs init runs
	wants init "${talkers[@]}"
	for kind in tty alone pipe socket tty-hidden alone-hidden pipe-hidden socket-hidden; do
		[[ $kind != *-hidden ]] || [ "$(id -u)" -eq 0 ] || continue
		mute $kind
		boot container
		svc wait init
		say_much
		before=$(pid_of runs)
		kill_service runs KILL
		await "$kind: another process" other_than "$before" runs
		if [ "$kind" != alone-hidden ]; then # there is no way to such a one
			# it is woken by nothing but the reader
			hear
			await "$kind: the last lines" heard "lines were lost: the console did not take them"
			svc stop runs
			await "$kind: a line of now" heard "runs: stopping -> down"
		fi
		end_by_force
	done
}

other_than() { [ "$(pid_of "$2")" -gt 1 ] && [ "$(pid_of "$2")" != "$1" ]; }

@test "what others have standard error in common with the supervisor keeps its flags" {
	local kind
	respawn_stub init
	for kind in tty pipe socket; do
		mute $kind
		boot container
		svc wait init
		same "$kind: O_NONBLOCK" $((0$(awk '/^flags:/ { print $2 }' "/proc/$(cinit_pid)/fdinfo/2") & 04000)) 0
		end_by_force
	done
}

# --- options and instances --------------------------------------------------------------------------

@test "an unknown option outside a machine is exit code 2 and one line" {
	stub init
	local word
	for word in --nonesuch -z nonsense -p; do
		: >"$log"
		cinit_as container "$word"
		ends_with 2
		same "lines for $word" "$(grep -vc "^--" "$log")" 1
		said "cinit: $word: "
		: >"$log"
		cinit_as user "$word"
		ends_with 2
		same "lines for $word" "$(grep -vc "^--" "$log")" 1
	done
}

@test "PID 1 of a machine ignores what it does not know, with a line" {
	stub init
	boot_settled machine quiet ro root=/dev/vda1 --nonesuch -p init
	same init "$(state init)" up
	said "cinit: quiet: "
}

@test "-h and -V print and end" {
	run --separate-stderr timeout 10 "$BUILD/cinit" -h
	same status "$status" 0
	has "$output" "usage: cinit"
	run --separate-stderr timeout 10 "$BUILD/cinit" -V
	same status "$status" 0
	has "$output" "ipc: "
}

@test "a second supervisor on the same run directory ends with 1 and names the first" {
	stub init
	# both in one PID namespace, where a pid has a meaning
	printf '%s\n' "\"$BUILD/cinit\" -c '$tree' -r '$run' & first=\$!" \
		"until '$BUILD/cinit.svc' -r '$run' -q wait settled 2>/dev/null; do sleep 0.02; done" \
		"'$BUILD/cinit' -c '$tree' -r '$run' >'$dir/second' 2>&1; echo \$? >'$dir/code'" \
		"'$BUILD/cinit.svc' -r '$run' status init >'$dir/status' 2>&1; echo \$? >>'$dir/code'" \
		"echo \$first >'$dir/first'" "kill \$first; wait \$first" >"$dir/both"
	launch "${NS[@]}" --mount-proc sh "$dir/both"
	ends_with 0
	same codes "$(paste -sd' ' "$dir/code")" "1 0"
	same line "$(cat "$dir/second")" \
		"cinit: $run: already supervised by pid $(cat "$dir/first")"
	same starts "$(happened start init)" 1
}

@test "after SIGKILL a new supervisor takes over the run directory" {
	respawn_stub init
	local round
	for round in 1 2 3; do
		boot_settled container
		same starts "$(happened start init)" "$round"
		kill_cinit
	done
}

@test "two supervisors with two run directories do not disturb each other" {
	respawn_stub init
	boot_settled container
	local first_run=$run first=$launched
	run=$dir/other
	boot_settled container
	"$BUILD/cinit.poweroff" -r "$run"
	ends_with 0
	run=$first_run launched=$first
	same init "$(state init)" up
}

@test "without a place for the run directory the boot goes on" {
	stub init
	: >"$dir/file"
	run=$dir/file/run
	cinit_as container
	await "init" happens end init
	said "$run"
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

@test "a run directory that becomes possible is used when a service has come up" {
	stub init makes later
	needs init later
	needs later makes
	script makes "mkdir -p '$dir/late'"
	tell hold later
	run=$dir/late/run
	cinit_as container
	await "the supervisor" svc -q list
	untell hold later
	svc wait init
}

@test "a run directory that was removed is made again on USR1" {
	respawn_stub init
	boot_settled container
	# it would notice by itself
	kill -STOP "$(cinit_pid)"
	rm -r "$run"
	run -7 svc list
	kill -USR1 "$(cinit_pid)"
	kill -CONT "$(cinit_pid)"
	await "the supervisor" svc -q list
	same init "$(state init)" up
}

# --- rescue --------------------------------------------------------------------------------------------

panic_stub()
{
	ln -s "$dir/stub" "$tree/conf/panic"
	printf 'it is bad\n' >"$tree/conf/panic.params"
}

@test "on a machine an unknown profile leads to conf/panic, then a shell, then the boot" {
	panic_stub
	stub init
	console
	cinit_as machine -p nonesuch
	await "conf/panic" happens end conf
	same argv "$(e '.[0].argv[1:]')" '["it is bad"]'
	said "nonesuch"
	said "rescue"
	type_in "echo \$\$ >$dir/rescued"
	await "the shell" is_there "$dir/rescued"
	# mended from the shell; leaving it boots again
	type_in "ln -s init $tree/svc/nonesuch; exit"
	await "init" in_state init up
}

@test "on a machine a tree that cannot be read leads to a shell, never to an exit" {
	rm -r "$tree"
	console
	cinit_as machine
	type_in "echo rescued >$dir/rescued; exit"
	await "the shell" is_there "$dir/rescued"
	# it was no use: another shell
	rm "$dir/rescued"
	type_in "echo again >$dir/again; mkdir -p $tree/svc/init; exit"
	await "another shell" is_there "$dir/again"
	await "init" in_state init up
}

@test "on a machine a boot that leaves nothing up leads to conf/panic and a shell" {
	panic_stub
	stub init bad
	needs init bad
	tell exit bad 1
	console
	cinit_as machine
	await "conf/panic" happens end conf
	said "the boot has settled, but init is blocked: needs bad, which failed: exit 1"
	type_in "echo 0 >$dir/exit/bad; exit"
	await "init" happens end init
	svc wait init
}

@test "on a machine a boot that leaves a respawn service up leads to no shell" {
	panic_stub
	stub init bad
	respawn_stub getty
	needs init bad
	wants init getty
	tell exit bad 1
	console
	cinit_as machine
	said "the boot has settled, but init is blocked"
	svc wait settled
	never_said "rescue"
	same panic "$(happened start conf)" 0
}

@test "a conf/panic that cannot be executed is named, and the shell comes all the same" {
	ln -s /nonesuch "$tree/conf/panic"
	console
	cinit_as machine -p nonesuch
	type_in "echo rescued >$dir/rescued"
	await "the shell" is_there "$dir/rescued"
	said "conf/panic: exec: No such file or directory"
}

@test "a console that nobody sits at makes no hot loop of rescue shells and boots" {
	stub init bad
	needs init bad
	tell exit bad 1
	cinit_as machine # its shell ends at once
	said "rescue: a shell"
	timeout 2 tail -f /dev/null || : # long enough for a thousand
	[ "$(times_said 'rescue: a shell')" -le 2 ] || fail "$(times_said 'rescue: a shell') shells"
	[ "$(happened start bad)" -le 2 ] || fail "$(happened start bad) starts"
	await "the boot again" happens start bad 2
}

@test "a shutdown while the rescue shell runs ends it" {
	stub init
	console
	cinit_as machine -p nonesuch
	type_in "echo rescued >$dir/rescued"
	await "the shell" is_there "$dir/rescued"
	"$BUILD/cinit.poweroff" -r "$run"
	ends_with 130
}

@test "a container without anything up stays, and answers" {
	stub init bad
	needs init bad
	tell exit bad 1
	boot_settled container
	never_said "rescue"
	same init "$(state init)" blocked
}

# --- what it costs ------------------------------------------------------------------

is_small() { [ "$(pss_kb "$(cinit_pid)")" -le 150 ]; }
stays_small() { is_small || fail "$1: $(cat "/proc/$(cinit_pid)/smaps_rollup")"; }

@test "with ten services it has a proportional set size of at most 150 KB, also after work and a reload" {
	small_cinit "$dir/cinit"
	ln -s "$BUILD/cinit.svc" "$dir/cinit.svc"
	local BUILD=$dir UNDER=() services=(s1 s2 s3 s4 s5 s6 s7 s8 s9 s10)
	group init
	respawn_stub "${services[@]}"
	needs init "${services[@]}"
	boot_settled container
	await "less memory" is_small
	svc status s1
	svc list
	svc stop s2
	svc start init
	svc restart s3
	kill_service s4 KILL
	await "s4 again" happens start s4 2
	svc wait init
	stays_small "after work"
	respawn_stub s11
	kill -HUP "$(cinit_pid)"
	said "reload: "
	svc start s11
	stays_small "after a reload"
}
