#!/usr/bin/env bats
# runs: apart; again: asan
#
# A container without a container runtime: essential services and exit codes, what
# services inherit, how long a stop takes at most.  With runtimes: 64-oci.bats.
#
# shellcheck disable=SC2154

load lib
load boot

setup() { boot_begin; }
teardown() { boot_end; }

poweroff() { timeout "$PATIENCE" "$BUILD/cinit.poweroff" -r "$run"; }

# essential NAME [TEXT]: the file, as printf %b has it.
essential() { printf '%b' "${2-}" >"$tree/svc/$1/essential"; }

essential_of() { g ".services[\"$1\"].essential"; }

# --- the file ------------------------------------------------------------------------

@test "essential: an empty file, a word, and codes are read" {
	once init
	local row
	while IFS='|' read -r row expected; do
		essential init "$row"
		graph
		same "of '$row'" "$(essential_of init)" "$expected"
		same "of '$row', found" "$stderr" ""
	done <<'ROWS'
|{"counts":"exit","codes":[]}
exit|{"counts":"exit","codes":[]}
 \n\t success \n\n|{"counts":"success","codes":[]}
failure\n|{"counts":"failure","codes":[]}
3=0|{"counts":"exit","codes":["3=0"]}
TERM=0 failure 255=255\nSIGKILL=9\n007=1\n|{"counts":"failure","codes":["143=0","255=255","137=9","7=1"]}
ROWS
	rm "$tree/svc/init/essential"
	graph
	same "without it" "$(essential_of init)" null
}

@test "essential: what cannot be understood refuses the service, and says the word" {
	once init
	local row
	while IFS='|' read -r row expected; do
		essential init "$row"
		check
		finds "$tree/svc/init/essential: $expected"
		same "code for '$row'" "$status" 1
	done <<'ROWS'
always|'always': not exit, success, failure or FROM=TO
Exit|'Exit': not exit, success, failure or FROM=TO
exit\r\n|'exit\x0d': not exit, success, failure or FROM=TO
exit\0|has a NUL byte
exit failure|'failure': only one of exit, success and failure can be
exit exit|'exit': only one of exit, success and failure can be
=1|'=1': not an exit code up to 255 or a signal before `=`
SIG=1|'SIG=1': not an exit code up to 255 or a signal before `=`
NOSUCH=1|'NOSUCH=1': not an exit code up to 255 or a signal before `=`
256=1|'256=1': not an exit code up to 255 or a signal before `=`
-1=1|'-1=1': not an exit code up to 255 or a signal before `=`
3=|'3=': not an exit code up to 255 behind `=`
3=256|'3=256': not an exit code up to 255 behind `=`
3=1=2|'3=1=2': not an exit code up to 255 behind `=`
3=1 3=2|'3=2': this code is there twice
TERM=1 143=1|'143=1': this code is there twice
ROWS
	essential init "$(printf '%04096d' 0)"
	check
	finds "$tree/svc/init/essential: larger than 4095 bytes"
	rm "$tree/svc/init/essential"
	mkdir "$tree/svc/init/essential"
	check
	finds "$tree/svc/init/essential: cannot be read: not a file"
}

@test "essential: without on it is warned of and ignored" {
	group init
	essential init
	check
	finds "$tree/svc/init/essential: there is no \`on\` whose end could count, ignored (warning)"
	same "exit code" "$status" 0
	boot_settled container
	same init "$(state init)" up
}

@test "cinit.check --simulate ends with an essential service, and says the code" {
	group init
	once job
	needs init job
	essential job '1=9'
	check --simulate
	same "exit code" "$status" 0
	finds "0.000 job: essential, and has ended: everything is stopped"
	finds "stopped, exit code 0"
	check --simulate --fail job
	same "exit code" "$status" 1
	finds "stopped, exit code 9"
	essential job no
	check --simulate
	finds "0.000 job: essential, and refused: everything is stopped"
	finds "stopped, exit code 1"
}

# --- ends that count -----------------------------------------------------------------

# What `job` does: the first run as told, all later ones stay.
job()
{
	script job "echo run >>$dir/runs" "[ \"\$(wc -l <$dir/runs)\" = 1 ] || exec sleep 1000" "$1"
	: >"$dir/runs"
	rm -f "$tree/svc/job/respawn"
	[ "${2-}" != respawn ] || : >"$tree/svc/job/respawn"
}

runs() { wc -l <"$dir/runs"; }
ran() { [ "$(runs)" -ge "$1" ]; }

@test "the end of an essential service is the end of everything, with its exit code" {
	group init
	job 'exit 0'
	needs init job
	local kind row how code
	while IFS='|' read -r kind row how code; do
		job "$how" "$kind"
		essential job "$row"
		cinit_as container
		ends_with "$code"
		same "runs of $kind, $row, $how" "$(runs)" 1
	done <<'ROWS'
respawn||exit 0|0
respawn|exit|exit 3|3
respawn|exit|kill -KILL $$|137
respawn|success|exit 0|0
respawn|failure|exit 4|4
respawn|failure|kill -SEGV $$|139
once||exit 0|0
once||exit 3|3
once||kill -TERM $$|143
once|success|exit 0|0
once|success|exit 5|5
once|failure|exit 6|6
respawn|3=0|exit 3|0
respawn|3=0|exit 4|4
respawn|failure 9=200 TERM=15|kill -TERM $$|15
respawn|0=1|exit 0|1
ROWS
	said "cinit: job: essential, and has ended: exit 3; the exit code will be 3"
	said "cinit: job: essential, and has ended: killed by signal 9 (KILL); the exit code will be 137"
}

@test "an end that does not count is no end: failure restarts after exit 0, success after a crash" {
	group init
	job 'exit 0'
	needs init job
	local kind row how
	while IFS='|' read -r row how; do
		job "$how" respawn
		essential job "$row"
		boot container
		await "the second run: $row, $how" ran 2
		await "job" in_state job up
		poweroff
		ends_with 0
	done <<'ROWS'
failure|exit 0
success|exit 1
success|kill -KILL $$
success 1=0|exit 1
ROWS
	never_said essential
}

@test "an essential once-service with the word failure may succeed" {
	respawn_stub init
	job 'exit 0'
	needs init job
	essential job failure
	boot_settled container
	same job "$(state job)" up
	same init "$(state init)" up
	poweroff
	ends_with 0
}

@test "an essential service that cannot be executed ends everything, with 127 or 126" {
	local kind
	group init
	for kind in once respawn; do
		mkdir -p "$tree/svc/job"
		ln -sfn /nonesuch "$tree/svc/job/on"
		[ $kind = once ] || : >"$tree/svc/job/respawn"
		essential job success
		[ -e "$tree/svc/init/needs/job" ] || needs init job
		cinit_as container
		ends_with 127
		: >"$dir/no-program"
		ln -sfn "$dir/no-program" "$tree/svc/job/on"
		cinit_as container
		ends_with 126
		essential job 126=0
		cinit_as container
		ends_with 0
	done
	said "cinit: job: essential, and has ended: exec: No such file or directory; the exit code will be 127"
	said "cinit: job: essential, and has ended: exec: Permission denied; the exit code will be 126"
}

@test "an essential service that cannot be executed for now is tried again" {
	group init
	stub job
	essential job
	needs init job
	busy job
	tell exit job 7
	boot container
	await "back-off" in_state job backoff
	exec 9>&-
	ends_with 7
	same starts "$(happened start job)" 1
}

@test "an essential service that is stopped or restarted by hand ends nothing" {
	respawn_stub init job other
	needs init job other
	essential job
	essential other
	tell exit job 3
	boot_settled container
	svc restart job
	await "its second start" happens start job 2
	svc stop other
	same other "$(state other)" down
	svc stop job
	same job "$(state job)" down
	svc start job
	same job "$(state job)" up
	poweroff
	ends_with 0
	never_said essential
}

@test "the others stop in order, off programs run, and conf/last does; the code stays" {
	respawn_stub init job log
	stub mount
	off_stub mount
	needs init job
	needs job mount
	wants job log
	ln -s "$dir/stub" "$tree/conf/last"
	tell exit job 3
	tell hold job
	rm "$tree/svc/job/respawn"
	essential job
	# job holds until told
	boot container
	await job happens start job
	untell hold job
	ends_with 3
	before "end job" "off mount"
	before "end job" "term log"
	before "end log" "start conf"
	before "off mount" "start conf"
	same "conf/last" "$(happened end conf)" 1
	same "starts of init" "$(happened start init)" 0
}

@test "what depends on the essential service stops first, in order" {
	respawn_stub init web base
	needs init web
	needs web base
	essential base
	boot_settled container
	for name in init web base; do await "$name" happens start $name; done
	kill_service base KILL
	ends_with 137
	before "end init" "term web"
	same "starts of base" "$(happened start base)" 1
}

@test "the first essential end counts, and a request to stop comes after it or before" {
	respawn_stub init a b slow
	needs init a b slow
	essential a
	essential b
	tell deaf slow
	printf '60\n' | tee "$tree/svc/slow/delay" >"$tree/svc/b/delay"
	boot_settled container
	for name in init a b slow; do await "$name" happens start $name; done
	tell deaf b # it does not hear that it is to stop, so that it can be killed
	tell exit b 4
	kill_service a USR1
	await "b hears TERM" happens deaf b
	kill_service b KILL
	kill -TERM "$(cinit_pid)"
	await "slow hears TERM" happens deaf slow
	kill_service slow KILL
	ends_with 138
	said "cinit: a: essential, and has ended: killed by signal 10 (USR1); the exit code will be 138"
	never_said "b: essential"
}

@test "after an ordered stop the code is 0, however essential services end" {
	respawn_stub init job
	needs init job
	essential job
	tell exit job 5
	local sig
	for sig in TERM INT 37; do
		boot_settled container
		await job happens start job
		: >"$events"
		kill "-$sig" "$(cinit_pid)"
		ends_with 0
	done
	boot_settled container
	poweroff
	ends_with 0
	never_said essential
}

@test "an essential service that can never come up ends everything with 1, and is named with the reason" {
	group init
	respawn_stub job other
	stub base
	needs init job other
	needs job base
	essential job
	tell exit base 2
	cinit_as container
	ends_with 1
	said "cinit: job: essential, and blocked: needs base, which failed: exit 2; the exit code will be 1"
	same "starts of job" "$(happened start job)" 0
	ln -s ../../gone "$tree/svc/base/needs-gone"
	mkdir "$tree/svc/base/needs"
	ln -s ../../gone "$tree/svc/base/needs/gone"
	cinit_as container
	ends_with 1
	said "cinit: job: essential, and blocked: needs base, which is refused"
	rm -r "$tree/svc/base/needs"
	essential job nonsense
	cinit_as container
	ends_with 1
	said "cinit: $tree/svc/job/essential: 'nonsense': not exit, success, failure or FROM=TO"
	said "cinit: job: essential, and refused: essential: 'nonsense': not exit, success, failure or FROM=TO"
}

@test "a service that was loaded later is essential too, and earlier ones stay it" {
	respawn_stub init job later
	needs init job
	essential job 'failure 137=42'
	essential later 'failure 137=43'
	local name
	for name in job:42 later:43; do
		: >"$events"
		boot_settled container
		svc start later
		await "${name%:*}" happens start "${name%:*}"
		kill_service "${name%:*}" KILL
		ends_with "${name#*:}"
	done
}

@test "essential is read again with the tree, and kept with a service that is kept" {
	respawn_stub init job
	wants init job
	boot_settled container
	await job happens start job
	essential job 137=5
	kill -HUP "$(cinit_pid)"
	said "reload: "
	kill_service job KILL
	ends_with 5
	: >"$log"
	: >"$events"
	boot_settled container
	await job happens start job
	rm -r "$tree/svc/job" "$tree/svc/init/wants"
	kill -HUP "$(cinit_pid)"
	said "kept until it is stopped"
	kill_service job KILL
	ends_with 5
}

@test "essential: the same in user mode; on a machine it is said and ignored" {
	respawn_stub init
	essential init 137=21
	boot_settled user
	await init happens start init
	kill_service init KILL
	ends_with 21
	boot_settled machine
	said "cinit: init: essential: ignored on a machine, which ends only when told to"
	await init happens start init 2
	kill_service init KILL
	await "its restart" happens start init 3
	poweroff
	ends_with 130
}

# --- exit codes otherwise ----------------------------------------------------------------

@test "a tree that cannot be read is exit 1 in a container, with the reason" {
	rmdir "$tree/svc"
	cinit_as container
	ends_with 1
	said "cinit: $tree/svc: cannot be read: No such file or directory"
	said "cinit: $tree: there is nothing to start in it"
	: >"$tree/svc"
	cinit_as container
	ends_with 1
	said "cinit: $tree/svc: cannot be read: Not a directory"
	rm "$tree/svc"
	group other
	cinit_as container -p missing
	ends_with 1
	said "cinit: $tree/svc/missing: no such start service: No such file or directory"
}

@test "a tree that may not be read is exit 1, with the reason" {
	[ "$(id -u)" -eq 0 ] || skip "needs root, to be another user"
	once init
	chmod 700 "$tree/svc"
	wrap=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all --)
	public_build
	BUILD=$public cinit_as container
	ends_with 1
	said "cinit: $tree/svc: cannot be read: Permission denied"
	public_end
}

# A copy of cinit that everybody may execute, and a tree that everybody reaches.
public_build()
{
	public_tree
	cp "$BUILD/cinit" "$public/"
	mv "$dir/tree" "$public/other"
	tree=$public/other
}

# --- what services inherit ------------------------------------------------------------------

@test "services get the environment of the container, and where there is an on.env exactly that" {
	group init
	stub given own none
	wants init given own none
	printf 'OWN=1\n' >"$tree/svc/own/on.env"
	: >"$tree/svc/none/on.env"
	boot_with_environment() { launch "${NS[@]}" --mount-proc env -i A=1 'B=2 3' "${UNDER[@]}" "$BUILD/cinit" -c "$tree" -r "$run"; }
	[ -z "${CINIT_UNDER-}" ] || skip "valgrind adds to the environment"
	boot_with_environment
	local name
	for name in given own none; do await $name happens end $name; done
	env_of() { e "[.[] | select(.event == \"start\" and .service == \"$1\")][0].env | map(select(test(\"^(LSAN|ASAN|UBSAN)\") | not))"; }
	same given "$(env_of given)" '["A=1","B=2 3","CINIT_SERVICE=given","CINIT_PROFILE=init"]'
	same own "$(env_of own)" '["OWN=1","CINIT_SERVICE=own","CINIT_PROFILE=init"]'
	same none "$(env_of none)" '["CINIT_SERVICE=none","CINIT_PROFILE=init"]'
	poweroff
	ends_with 0
}

# launch_to SHELL: in the background, with `run` as the supervisor in this shell text.
launch_to()
{
	timeout -k 5 $((PATIENCE * 4)) bash -c "cinit() { ${NS[*]} --mount-proc ${UNDER[*]} '$BUILD/cinit' -c '$tree' -r '$run'; }; $1" \
		</dev/null >>"$log" 2>&1 3>&- 8>&- 9>&- &
	launched=$!
}

@test "logs go to standard output and standard error, files or pipes, each to its own" {
	script init 'echo to-out' 'echo to-err >&2' 'exit 0'
	launch_to "cinit >'$dir/out' 2>'$dir/err'"
	await "both" grep -qs to-out "$dir/out"
	await "settled" svc wait up init
	poweroff
	ends_with 0
	same "standard output" "$(cat "$dir/out")" to-out
	grep -qx to-err "$dir/err"
	grep -q '^cinit: init: .*up' "$dir/err"
	launch_to "{ cinit 2>&3 | sed s/^/pipe1:/ >'$dir/out'; } 3>&1 | sed s/^/pipe2:/ >'$dir/err'"
	await "settled" svc wait up init
	poweroff
	ends_with 0
	same "standard output" "$(cat "$dir/out")" pipe1:to-out
	grep -qx pipe2:to-err "$dir/err"
	grep -q '^pipe2:cinit: init: .*up' "$dir/err"
}

@test "closed descriptors, and pipes that nobody reads, disturb nobody" {
	script init "trap '' PIPE" 'echo to-out' 'echo to-err >&2' "echo here >$dir/here" 'exec sleep 1000'
	: >"$tree/svc/init/respawn"
	local how
	for how in '>&-' '2>&-' '<&- >&- 2>&-' '> >(:)' '2> >(:) > >(:)' '>/dev/full 2>/dev/full'; do
		rm -f "$dir/here"
		launch_to "cinit $how"
		await "here: $how" test -e "$dir/here"
		await "up: $how" svc -q list
		poweroff
		ends_with 0
	done
}

# --- how long a stop takes ------------------------------------------------------------------

# The number, and the number without what comes after services.
stop_time() { check --stop-time; number=${output%% *}; }

@test "--stop-time: one number, and the longest chain that it comes from" {
	group init
	respawn web db log
	once mig
	needs init web
	needs web db
	wants db log
	needs db mig
	ln -s /bin/true "$tree/svc/mig/off"
	put svc/mig/delay '3\n'
	put svc/log/delay '0.25\n'
	stop_time
	same line "$output" "15.000 = web 5.000 + db 5.000 + mig off 3.000 + conf/sleep_before_kill 2.000"
	put svc/log/delay '0\n'
	put conf/sleep_before_kill '0\n'
	stop_time
	same line "$output" "100.000 = web 5.000 + db 5.000 + log 90.000"
	ln -s /bin/true "$tree/conf/last"
	stop_time
	same line "$output" "160.000 = web 5.000 + db 5.000 + log 90.000 + conf/last 60.000"
}

@test "--stop-time: what may still be starting counts, what never comes up does not" {
	group init
	once long
	needs init long
	put svc/long/delay '7\n'
	put conf/sleep_before_kill '0.5\n'
	stop_time
	same line "$output" "7.500 = long (starting) 7.000 + conf/sleep_before_kill 0.500"
	ln -s /bin/true "$tree/svc/long/off"
	stop_time
	same line "$output" "14.500 = long (starting) 14.000 + conf/sleep_before_kill 0.500"
	respawn lost
	wants init lost
	needs lost nowhere
	put svc/lost/delay '60\n'
	stop_time
	same line "$output" "14.500 = long (starting) 14.000 + conf/sleep_before_kill 0.500"
	rm "$tree/svc/init/needs/long"
	rm "$tree/svc/init/wants/lost"
	stop_time
	same line "$output" "0.500 = conf/sleep_before_kill 0.500"
}

@test "--stop-time and --stop: what they do not go with, and no number" {
	once init
	check --stop-time --order
	same "exit code" "$status" 2
	has "$stderr" "exclude each other"
	check --stop 3
	same "exit code" "$status" 2
	has "$stderr" "--stop: goes with --simulate only"
	check --simulate --stop soon
	same "exit code" "$status" 2
	has "$stderr" "soon: not a number of seconds up to 86400"
	check --simulate --stop 1.5
	same "exit code" "$status" 0
	finds "1.500 init: up -> stopping (needs up)"
	finds "stopped, exit code 0"
}

# A random tree of up to seven services, from a seed.
random_tree()
{
	rm -rf "$tree"
	mkdir -p "$tree/svc/init/needs" "$tree/conf"
	perl -e '
		my ($svc, $seed) = @ARGV;
		srand $seed;
		my $n = 3 + int rand 5;
		for my $i (1 .. $n) {
			my $d = "$svc/s$i";
			mkdir $d;
			symlink "../../s$i", "$svc/init/needs/s$i";
			my $kind = int rand 5;
			symlink "/bin/true", "$d/on" if $kind;
			if ($kind >= 3) { open my $f, ">", "$d/respawn" }
			symlink "/bin/true", "$d/off" if rand() < 0.4;
			if (rand() < 0.8 && ($kind || -l "$d/off")) {
				open my $f, ">", "$d/delay";
				print $f rand() < 0.3 ? 0 : int(rand 9000) / 1000, "\n";
			}
			for my $to (1 .. $i - 1) {
				my $r = rand;
				next if $r > 0.5;
				my $k = $r < 0.25 ? "needs" : "wants";
				mkdir "$d/$k";
				symlink "../../s$to", "$d/$k/s$to";
			}
		}' "$tree/svc" "$1"
	put conf/sleep_before_kill '0\n'
}

# How many ms a stop takes in the real engine, where nobody heeds TERM, from
# second 500 on, with these runs.
simulated()
{
	check --simulate --stop 500 "$@"
	[[ $output =~ after\ ([0-9]+)\.([0-9]+)\ s ]] || fail "no end: $output"
	echo $((${BASH_REMATCH[1]} * 1000 + 10#${BASH_REMATCH[2]} - 500000))
}

# ms S.SSS
ms() { echo $((10#${1%.*} * 1000 + 10#${1#*.})); }

@test "--stop-time is exactly what the engine needs, in random trees, at the worst moment" {
	local seed name delay most this late
	for ((seed = 1; seed <= ${CINIT_SEEDS:-15}; seed++)); do
		random_tree "$seed"
		graph
		most=$(simulated)
		# a once-service that still runs, for ever or until the very end of its delay
		while read -r name delay; do
			for this in "$(simulated --time "$name=5000")" \
				"$(simulated --time "$name=$(printf '%d.%03d' $((500 + (delay - 1) / 1000)) $(((delay - 1) % 1000)))")"; do
				[ "$this" -le "$most" ] || most=$this
			done
		done < <(jq -r '.services | to_entries[] | select(.value.on and (.value.respawn | not))
			| "\(.key) \(if .value.delay_ms == 0 then 90000 else .value.delay_ms end)"' "$graph")
		stop_time
		late=$(($(ms "$number") - most))
		# "the very end" is a millisecond before it
		[ "$late" -ge 0 ] && [ "$late" -le 1 ] || fail "seed $seed: $output, but the engine: $most ms"
	done
}

@test "--stop-time is what a real stop takes when nobody heeds TERM" {
	respawn_stub init web db
	stub mounted
	off_stub mounted
	needs init web
	needs web db
	needs db mounted
	local name
	for name in init web db mounted; do tell deaf $name; done
	tell off-hold mounted
	for name in web:0.3 db:0.4 init:0.2 mounted:0.3; do printf '%s\n' "${name#*:}" >"$tree/svc/${name%:*}/delay"; done
	script straggler "(trap '' TERM; echo >$dir/here; while :; do sleep 0.05; done) &" "until [ -e $dir/here ]; do sleep 0.01; done"
	wants init straggler
	printf '0.1\n' >"$tree/svc/straggler/delay"
	printf '0.5\n' >"$tree/conf/sleep_before_kill"
	boot_settled container
	for name in init web db; do await $name happens start $name; done
	stop_time
	same number "$number" 1.700
	local before=${EPOCHREALTIME/./} took
	poweroff
	ends_with 0
	took=$(((${EPOCHREALTIME/./} - before) / 1000))
	[ "$took" -ge 1700 ] || fail "$took ms"
	[ "$took" -lt $((1700 + PATIENCE * 1000)) ] || fail "$took ms"
}
