#!/usr/bin/env bats
# runs: shared; again: methods
#
# Whom the endpoint of each method is open to: conf/ipc_group, in its exact modes.
# The same tests for each method; run.sh runs them with all four.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc
load endpoint

# commands CODE GID GROUPS: what another user gets who restarts `up`.
commands()
{
	run --separate-stderr as "$2" "$3" "$public/cinit.svc" -r "$run" restart up
	same "restart as group $2, in $3" "$status" "$1" || fail "$output$stderr"
}

# modes_are METHOD=MODES...: what the one that is tested has.
modes_are()
{
	local -A should=()
	local each
	for each; do should[${each%%=*}]=${each#*=}; done
	same modes "$(modes)" "${should[$METHOD]}"
}

@test "without conf/ipc_group the endpoint is open to nobody else, in its exact modes" {
	boot_sample
	modes_are fifo=$'request 600 0\nanswers 700 0' msq=$'queue 600 0\nqueue 600 0' \
		shm=$'segment 444 0\nsegment 600 0' socket="socket 666 0"
	as_root
	publish cinit.svc
	commands 4 $GROUP $GROUP
	same starts "$(happened start up)" 1
}

@test "members of conf/ipc_group may command, by main or further group; others may not" {
	as_root
	put conf/ipc_group "$GROUP\n"
	boot_sample
	publish cinit.svc
	commands 0 $GROUP ""
	commands 0 65534 "1,$GROUP,2"
	commands 4 65534 ""
	commands 4 1 2,3
	same starts "$(happened start up)" 3
	honest
}

@test "a member's client asks, waits, lists and is one of many" {
	as_root
	put conf/ipc_group "$GROUP\n"
	group s1 s2 s3 s4
	needs init s1 s2 s3 s4
	boot_sample
	publish cinit.svc test/ipc-herd
	as $GROUP "" "$public/cinit.svc" -r "$run" list
	as $GROUP "" "$public/cinit.svc" -r "$run" status up
	as $GROUP "" "$public/cinit.svc" -r "$run" wait up up
	run as $GROUP "" "$public/cinit.svc" -r "$run" --json status up
	has "$output" '"state": "up"'
	run as $GROUP "" "$public/ipc-herd" "$run" 10 20 4
	has "$output" "200 answers, 0 wrong"
}

@test "with conf/ipc_group the endpoint is open to the group, and no further" {
	as_root
	put conf/ipc_group "$GROUP\n"
	sysv_bells
	boot_sample
	modes_are fifo=$'request 620 4242\nanswers 3730 4242' \
		msq=$'queue 640 4242\nqueue 660 4242\nbell 620 4242' \
		shm=$'segment 444 0\nsegment 660 4242\nbell 620 4242' socket="socket 666 0"
	# an object of System V is open to its creator's group, too
	[ "$METHOD" != msq ] ||
		same creators "$(awk 'NR > 1 { print $11 }' /proc/sysvipc/msg | sort -u)" $GROUP
	[ "$METHOD" != shm ] ||
		same creators "$(awk 'NR > 1 && $3 == 660 { print $11 }' /proc/sysvipc/shm)" $GROUP
}

@test "conf/ipc_group by name, from /etc/group" {
	as_root
	put conf/ipc_group "crew"
	perl -e 'print "root:x:0:\n", "long:x:7:", "m," x 2000, "\n", "cre:x:1:\n",
		"crew2:x:2:\n", "crew:x\n", "acrew:x:3:\n", "x" x 512, "crew:x:5:\n",
		"crew:x:$ARGV[0]:a,b\n", "crew:x:9:\n"' "$GROUP" >"$public/group"
	wrap=(sh -c 'mount --bind "$0" /etc/group && exec "$@"' "$public/group")
	boot_sample
	publish cinit.svc
	commands 0 $GROUP ""
	commands 4 9 2,3,5,7
}

@test "a group that is the last line of /etc/group, without its end, is found" {
	as_root
	put conf/ipc_group "crew\n"
	printf 'root:x:0:\ncrew:x:%s:' "$GROUP" >"$public/group"
	wrap=(sh -c 'mount --bind "$0" /etc/group && exec "$@"' "$public/group")
	boot_sample
	publish cinit.svc
	commands 0 $GROUP ""
}

@test "a conf/ipc_group that names no group is said, and nobody gets anything" {
	as_root
	local text
	publish cinit.svc
	sample
	for text in nosuchgroup '' '4242\n4243' '4294967295' '-1' 65534 "$(printf '%0100d' 1)"; do
		put conf/ipc_group "$text"
		: >"$log"
		boot container
		said "conf/ipc_group: no group may command: "
		commands 4 $GROUP 4243
		end_by_force
	done
	rm "$tree/conf/ipc_group"
	mkfifo "$tree/conf/ipc_group"
	: >"$log"
	boot container
	said "conf/ipc_group: no group may command: not a file"
	run "$BUILD/cinit.check" -c "$tree"
	has "$output" "conf/ipc_group: no group may command: not a file"
}

# ordinary GROUPS: a supervisor that user 1234 runs, in these groups, the first his main.
ordinary()
{
	local main=${1%%,*}
	mkdir -m 755 "$public/mine"
	chown 1234 "$public/mine"
	run=$public/mine/run
	publish cinit cinit.svc
	mkdir -p "$tree/svc/up"
	group init
	ln -s /bin/sleep "$tree/svc/up/on"
	put svc/up/on.params 1000
	: >"$tree/svc/up/respawn"
	mkdir -p "$tree/svc/init/needs"
	ln -s ../../up "$tree/svc/init/needs/up"
	cp -r "$tree" "$public/tree"
	chmod -R a+rX "$public/tree"
	launch setpriv --reuid=1234 --regid="$main" --groups="$1" -- \
		"$public/cinit" -v -c "$public/tree" -r "$run"
	await "the supervisor" svc -q list
	await "up" in_state up up
}

@test "an ordinary user's supervisor serves the group that it runs as" {
	as_root
	put conf/ipc_group "$GROUP\n"
	ordinary $GROUP,1
	never_said "no group may command"
	commands 0 $GROUP ""
	commands 4 1 ""
	honest # root
}

@test "an ordinary user's supervisor and a group that is his, but not the one he runs as" {
	as_root
	put conf/ipc_group "$GROUP\n"
	ordinary "1,$GROUP"
	if has_path; then
		commands 0 $GROUP ""
		never_said "no group may command"
	else
		# its objects would be open to his main group as well
		said "conf/ipc_group: no group may command: become of the group: Operation not permitted"
		commands 4 $GROUP ""
	fi
	commands 4 1 ""
	honest
}

@test "an ordinary user's supervisor and a group that is not his" {
	as_root
	put conf/ipc_group "$GROUP\n"
	ordinary 1
	if [ "$METHOD" = socket ]; then
		commands 0 $GROUP ""
	else
		said "conf/ipc_group: no group may command: "
		commands 4 $GROUP ""
	fi
	honest
}

@test "fifo: an answer FIFO that has a second name, anybody's perhaps, is not written to" {
	only_for fifo
	boot_sample
	in_background "$BUILD/cinit.svc" -r "$run" wait down up
	await "the client" asleep "${helpers[-1]}"
	ln "$run"/answers/* "$public/second"
	svc stop up
	sleep 0.5 # a span in which it would have been answered
	asleep "${helpers[-1]}" || fail "it was answered"
	rm "$public/second"
	honest
}
