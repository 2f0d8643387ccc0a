#!/usr/bin/env bats
# runs: shared; again: methods
#
# The endpoint of each method, wherever a supervisor may find itself: whom it is open
# to, how it comes back when it is lost, what the surroundings may lack, who else may
# be there.  The same tests for each method; run.sh runs them with all four.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc

setup()
{
	ipc_begin
	METHOD=$(method)
	mounted=()
	# nothing of an earlier test's supervisors, where the namespace is our own
	[ -z "${CINIT_OUTER_IPC+set}" ] || remove_objects q m s
}

teardown()
{
	local path
	for path in "${mounted[@]}"; do umount "$path"; done
	ipc_end
}

boot_sample()
{
	sample
	boot "${1:-container}"
	await "up" in_state up up
}

# Only for some of the methods.
only_for() { [[ " $* " == *" $METHOD "* ]] || skip "not for $METHOD"; }
has_path() { [[ $METHOD == socket || $METHOD == fifo ]]; }

# build_of METHOD: where that one was built, beside this one.
build_of()
{
	local base=${BUILD%/"$METHOD"}
	if [ -x "$base/$1/cinit" ]; then echo "$base/$1"; else echo "$base"; fi
}

# beside CMD...: in the namespaces of the supervisor.
beside()
{
	local user=()
	[ "$(id -u)" = 0 ] || user=(-U --preserve-credentials)
	timeout "$((PATIENCE * 2))" nsenter -t "$(cinit_pid)" "${user[@]}" -m -i -p -- "$@"
}

# System V objects of whoever's namespace this is: how many.  Each of the three
# lists has a line that is none.
objects() { cat /proc/sysvipc/{msg,sem,shm} | grep -cv '^ *key' || :; }
bells() { ls "$public/mqueue" | wc -l; }

# answers_soon CMD...: it works, and not only in the end; what is lost is looked for
# after 200 ms.  On a busy machine looking takes time, too, and that is allowed for.
answers_soon()
{
	local before=$EPOCHREALTIME after again
	await "$*" "$@"
	after=$EPOCHREALTIME
	"$@" >/dev/null 2>&1 || :
	again=$EPOCHREALTIME
	before=${before/./} after=${after/./} again=${again/./}
	echo "$(((after - before) / 1000)) ms" >>"${CINIT_TIMES:-/dev/null}"
	[ $((after - before)) -lt $((1000 * ${LOSS_MS:-1000} + 10 * (again - after))) ] ||
		fail "it came back only after $(((after - before) / 1000)) ms: $*"
}

# child PID: its first child.
child() { local pid; read -r pid _ <<<"$(children "$1")" && [ -n "$pid" ] && echo "$pid"; }
grandchild() { child "$(child "$1")"; }

# asleep PID: the client below this `timeout` has asked, and waits.
asleep()
{
	local pid
	pid=$(child "$1")
	[ "$(cat "/proc/$pid/comm")" = cinit.svc ] && grep -q '^State:.S' "/proc/$pid/status"
}

# --- conf/ipc_group ---------------------------------------------------------------

GROUP=4242

# as GID GROUPS CMD...: as another user, in this group and these further ones.
as()
{
	local gid=$1 groups=(--groups="$2")
	[ -n "$2" ] || groups=(--clear-groups)
	shift 2
	timeout "$PATIENCE" setpriv --reuid=65534 --regid="$gid" "${groups[@]}" -- "$@"
}

# commands CODE GID GROUPS: what another user gets who restarts `up`.
commands()
{
	run --separate-stderr as "$2" "$3" "$public/cinit.svc" -r "$run" restart up
	same "restart as group $2, in $3" "$status" "$1" || fail "$output$stderr"
}

# modes: everything that belongs to the endpoint, with mode and group.
modes()
{
	case $METHOD in
	socket) stat -c '%n %a %g' "$run/socket" ;;
	fifo) stat -c '%n %a %g' "$run/request" "$run/answers" ;;
	msq) awk 'NR > 1 { print "queue", $3, $9 }' /proc/sysvipc/msg | sort ;;
	shm) awk 'NR > 1 { print "segment", $3, $9 }' /proc/sysvipc/shm | sort ;;
	esac | sed "s,^$run/,,"
	[[ $METHOD != msq && $METHOD != shm ]] || stat -c 'bell %a %g' "$public"/mqueue/* 2>/dev/null || :
}

# The queues for the bells of groups, in $public/mqueue: only a mount shows them.
see_bells()
{
	mkdir -p "$public/mqueue"
	mount -t mqueue none "$public/mqueue"
	mounted+=("$public/mqueue")
	rm -f "$public"/mqueue/* # of an earlier test that was killed
}

@test "without conf/ipc_group the endpoint is open to nobody else, in its exact modes" {
	boot_sample
	case $METHOD in
	socket) same modes "$(modes)" "socket 666 0" ;;
	fifo) same modes "$(modes)" $'request 600 0\nanswers 700 0' ;;
	msq) same modes "$(modes)" $'queue 600 0\nqueue 600 0' ;;
	shm) same modes "$(modes)" $'segment 444 0\nsegment 600 0' ;;
	esac
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
	case $METHOD in
	socket) same modes "$(modes)" "socket 666 0" ;;
	fifo) same modes "$(modes)" $'request 620 4242\nanswers 3730 4242' ;;
	msq) same modes "$(modes)" $'queue 640 4242\nqueue 660 4242\nbell 620 4242' ;;
	shm) same modes "$(modes)" $'segment 444 0\nsegment 660 4242\nbell 620 4242' ;;
	esac
	# an object of System V is open to its creator's group, too
	[ "$METHOD" != msq ] ||
		same creators "$(awk 'NR > 1 { print $11 }' /proc/sysvipc/msg | sort -u)" $GROUP
	[ "$METHOD" != shm ] ||
		same creators "$(awk 'NR > 1 && $3 == 660 { print $11 }' /proc/sysvipc/shm)" $GROUP
}

# Where there are System V objects, they and the bells are in a namespace of ours.
sysv_bells() { has_path || see_bells; }

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

# --- the endpoint is lost, and returns by itself -----------------------------------------

# What of the endpoint has a path.
paths()
{
	case $METHOD in
	socket) echo "$run/socket" ;;
	fifo) echo "$run/request" "$run/answers" ;;
	esac
}

# The endpoint is as it should be, and answers.
whole()
{
	local is
	is=$(modes)
	case $METHOD in
	socket) [ "$is" = "socket 666 0" ] ;;
	fifo) [ "$is" = $'request 600 0\nanswers 700 0' ] ;;
	esac && [ "$(stat -c '%a %F' "$run/lock")" = "644 regular file" ] &&
		[ "$(stat -c '%a' "$run/instance")" = 600 ] &&
		[ "$(stat -c %a "$run")" = 755 ] && svc -q list
}

# A supervisor that has looked at what it has just made.
boot_quiet()
{
	boot_sample
	await "the endpoint" whole
	await "it has settled" eval '[ "$(switches)" = "$(sleep 0.5; switches)" ]'
}

switches() { field voluntary_ctxt_switches; }

# by_itself CMD...: what this destroys is back, without being asked for.
by_itself()
{
	"$@"
	answers_soon whole_and_held
}

# Where it is done often, the supervisor's pid is known.
whole_and_held()
{
	whole && [ "$("$BUILD/test/ipc-lock" holder "$run")" = "${supervisor:-$(cinit_pid)} $METHOD" ]
}

@test "an endpoint that is removed is back by itself" {
	only_for socket fifo
	boot_quiet
	local path
	for path in $(paths); do by_itself rm -r "$path"; done
	[ "$(times_said "the endpoint was lost")" -ge 1 ] || fail "it has not said so"
}

# replace PATH HOW: in one go, before anybody looks.
replace()
{
	perl -MPOSIX=mkfifo -e '
		my ($path, $how) = @ARGV;
		(-d $path ? rmdir $path : unlink $path) or die "$path: $!";
		($how eq "file" ? open my $f, ">", $path : $how eq "fifo" ? mkfifo($path, 0600)
		 : $how eq "link" ? symlink("/etc/passwd", $path) : mkdir($path, 0700)) or die "$path: $!"' "$@"
}

@test "an endpoint that is replaced is back by itself" {
	only_for socket fifo
	boot_quiet
	local path how
	for path in $(paths); do
		for how in file directory link fifo; do by_itself replace "$path" "$how"; done
	done
	same passwd "$(stat -c %F /etc/passwd)" "regular file"
}

@test "an endpoint whose mode or owner is changed is back by itself" {
	only_for socket fifo
	boot_quiet
	local path mode
	for path in $(paths); do
		for mode in 000 600 700 777; do by_itself chmod "$mode" "$path"; done
		[ "$(id -u)" != 0 ] || by_itself chown 65534 "$path"
	done
}

@test "fifo: a directory of answers that is given away with FIFOs in it is back by itself" {
	only_for fifo
	as_root
	boot_quiet
	by_itself eval 'mkfifo "$run/answers/0123456789abcdef"; chown 65534 "$run/answers"'
	same "FIFOs in it" "$(ls "$run/answers")" ""
}

@test "a lock that is removed, replaced or opened is back by itself" {
	boot_quiet
	by_itself rm "$run/lock"
	by_itself replace "$run/lock" file
	by_itself chmod 666 "$run/lock"
	by_itself rm "$run/instance"
	by_itself replace "$run/instance" file
	by_itself chmod 644 "$run/instance"
}

@test "a RUNDIR that is removed is back by itself" {
	boot_quiet
	by_itself rm -r "$run"
	by_itself rm -r "$run"
}

@test "a RUNDIR that is moved away, or whose parent is, is back by itself" {
	mkdir "$public/parent"
	run=$public/parent/run
	boot_quiet
	by_itself mv "$run" "$public/away"
	by_itself eval 'mv "$public/parent" "$public/moved"; mkdir "$public/parent"'
}

@test "a RUNDIR that is opened to writers, or closed, is as it was by itself" {
	boot_quiet
	by_itself chmod 777 "$run"
	by_itself chmod 700 "$run"
	by_itself chmod 000 "$run"
}

@test "a RUNDIR that was private when the supervisor came stays so" {
	mkdir -m 700 "$run"
	boot_sample
	chmod 750 "$run"
	answers_soon eval '[ "$(stat -c %a "$run")" = 700 ]'
	chmod 755 "$run"
	answers_soon eval '[ "$(stat -c %a "$run")" = 700 ]'
}

@test "a RUNDIR that is given to somebody else is not used, and is again when it is given back" {
	as_root
	boot_quiet
	chown 65534 "$run"
	! has_path || said "a directory that others own"
	chown 0 "$run"
	answers_soon whole
}

@test "clients that wait at an endpoint that is lost get an error, and the next an answer" {
	only_for socket fifo
	boot_quiet
	in_background "$BUILD/cinit.svc" -r "$run" wait down up
	await "the client" asleep "${helpers[-1]}"
	local path
	path=$(paths)
	rm -r ${path%% *}
	await "its error" background_said "cinit.svc: "
	answers_soon whole
}

@test "System V objects that are removed are back with the next request" {
	only_for msq shm
	boot_quiet
	local round
	for round in 1 2 3; do
		remove_objects q m
		answers_soon svc -q list
		svc restart up
	done
	has "$(cat "$log")" "the endpoint was lost"
}

@test "System V objects that are removed at any moment while they are made anew are back" {
	only_for msq shm
	as_root
	local before
	put conf/ipc_group "$GROUP\n"
	boot_for_long
	before=$(modes)
	local remove="ipcrm --all=msg; ipcrm --all=shm" # only one of them at once
	at_any_moment objects "$remove" "$remove"
	tell_cinit USR1 # whoever came last may not have been a client
	await "all of it, and for the group" eval '[ "$(modes)" = "$before" ]'
	never_said "no group may command"
}

# remove_objects KIND...: all of these kinds that this namespace has.
remove_objects()
{
	local kind file id
	for kind; do
		case $kind in q) file=msg ;; m) file=shm ;; s) file=sem ;; esac
		awk 'NR > 1 { print $2 }' "/proc/sysvipc/$file" | while read -r id; do
			# the server may have missed one that is gone, and removed the next itself
			ipcrm "-$kind" "$id" || ! object_is_there "$file" "$id"
		done
	done
}

object_is_there() { awk -v id="$2" '$2 == id { found = 1 } END { exit !found }' "/proc/sysvipc/$1"; }

@test "a connection finds the objects that were made in place of its own" {
	only_for msq shm
	boot_quiet
	in_background "$BUILD/test/ipc-ask" "$run" verb=status name=up , told verb=status name=up within=800
	await "the first answer" background_said "done up=up"
	remove_objects q m
	answers_soon svc restart up
	echo >"$public/in.0"
	await "the second answer" eval '[ "$(background_output | wc -l)" = 2 ]'
	same "answers" "$(background_output)" $'done up=up\ndone up=up'
}

@test "a semaphore that is removed is back after USR1, as everything else" {
	only_for msq shm
	boot_quiet
	local kinds
	for kinds in s "s q m"; do
		remove_objects $kinds
		tell_cinit USR1
		answers_soon eval '[ "$(awk "NR > 1" /proc/sysvipc/sem | wc -l)" = 1 ]'
		svc -q list
	done
	same lock "$("$BUILD/test/ipc-lock" holder "$run")" "$(cinit_pid) $METHOD"
}

@test "System V objects whose mode is changed are as they were after USR1" {
	only_for msq shm
	boot_quiet
	local before
	before=$(modes)
	perl -e '
		# IPC_SET, with a mode of 0666 (ipc_perm stands first: key, uid, gid, cuid, cgid, mode)
		for my $what ("msg", "shm") {
			open my $f, "<", "/proc/sysvipc/$what" or die;
			<$f>;
			while (<$f>) {
				my (undef, $id) = split;
				my $buf = "\0" x 512;
				my $ctl = $what eq "msg" ? sub { msgctl($_[0], $_[1], $_[2]) } : sub { shmctl($_[0], $_[1], $_[2]) };
				$ctl->($id, 2, $buf) or die "stat: $!";
				substr($buf, 20, 4) = pack("L", 0666);
				$ctl->($id, 1, $buf) or die "set: $!";
			}
		}'
	lacks "$(modes)" "$before"
	tell_cinit USR1
	await "the modes" eval '[ "$(modes)" = "$before" ]'
	svc -q list
}

# ms_since TIME: milliseconds since $EPOCHREALTIME was that.
ms_since()
{
	local now=$EPOCHREALTIME
	echo $(((${now/./} - ${1/./}) / 1000))
}

# storm WHAT: changes without end, for as long as the test measures.
storm()
{
	in_background perl -e '
		my ($run, $path) = @ARGV;
		for (;;) {
			chmod 0600 | ($i & 077), $path;
			open my $f, ">", "$run/noise"; close $f; unlink "$run/noise";
			$i++ % 1000 or print "$i\n"
		}' "$run" "$1"
}

@test "a storm of changes in RUNDIR costs next to nothing, and the endpoint survives it" {
	boot_quiet
	local path from before after since ms
	path=$(paths)
	path=${path%% *}
	storm "${path:-$run/lock}"
	since=$EPOCHREALTIME from=$(switches) before=$(cpu)
	sleep 3 # the span that is measured, or what became of it
	from=$(($(switches) - from)) after=$(cpu) ms=$(ms_since "$since")
	# five looks in a second, each a turn or two
	[ $((from * 3000)) -lt $((100 * ms)) ] || fail "$from context switches in $ms ms"
	[ $(((after - before) * 3000)) -lt $((30 * ms)) ] || fail "$((after - before)) ticks of CPU in $ms ms"
	end_background
	answers_soon whole
}

@test "removing the endpoint over and over makes no loop, and it is back in the end" {
	only_for socket fifo
	boot_quiet
	local before since ticks times ms
	since=$EPOCHREALTIME
	in_background perl -e 'for (;;) { unlink $ARGV[0] and $n++; select undef, undef, undef, 0.001 }' \
		"$(paths | cut -d" " -f1)"
	before=$(cpu)
	sleep 2 # the span that is measured, or what became of it
	ticks=$(($(cpu) - before)) times=$(times_said "the endpoint was lost") ms=$(ms_since "$since")
	[ $((ticks * 2000)) -lt $((20 * ms)) ] || fail "$ticks ticks of CPU in $ms ms"
	[ $((times * 2000)) -le $((20 * ms)) ] || fail "made anew too often: $times times in $ms ms"
	end_background
	answers_soon whole
}

# A supervisor that lives long enough for many rounds.
boot_for_long()
{
	local PATIENCE=$((PATIENCE * 8))
	boot_quiet
}

# at_any_moment KIND LOSS SECOND...: a loss has the supervisor see to its endpoint; at the
# end of each system call that it then makes about files or objects (of every seventh, unless
# CINIT_PROOF is full), round by round, comes one of the others.
at_any_moment()
{
	local kind=$1 loss=$2 n did supervisor step=7
	[ "${CINIT_PROOF-}" != full ] || step=1
	shift 2
	supervisor=$(cinit_pid)
	for ((n = 1; n < 200; n += step)); do
		did=$(timeout "$((PATIENCE * 2))" "$BUILD/test/ipc-meddle" "$supervisor" "$kind" "$n" \
			"$loss; kill -USR1 $supervisor" "${@:(n / step) % $# + 1:1}")
		[ "$did" != over ] || break
		echo "call $n: $did" # shown if the test fails
		answers_soon whole_and_held
	done
	[ "$n" -gt 10 ] && [ "$did" = over ] || fail "$n calls, the last: $did"
}

@test "an endpoint that is removed at any moment while it is made anew is back by itself" {
	only_for socket fifo
	boot_for_long
	local path
	for path in $(paths); do at_any_moment files "rm -rf $path" "rm -rf $path"; done
}

# like PATH: puts another one of its kind there; for the shell.
like()
{
	case $1 in
	*/socket) echo "rm -rf $1; perl -MIO::Socket::UNIX -e 'umask 0;
		IO::Socket::UNIX->new(Local => \$ARGV[0], Type => SOCK_SEQPACKET, Listen => 1) or die' $1" ;;
	*/request) echo "rm -rf $1; mkfifo -m 600 $1" ;;
	*/answers) echo "rm -rf $1; mkdir -m 700 $1" ;;
	esac
}

@test "whatever is done at any moment while the endpoint is made anew, it is back by itself" {
	only_for socket fifo
	boot_for_long
	local path all did
	for path in $(paths); do
		all=("$(like "$path")" "[ ! -e $path ] || chmod 000 $path" "rm -f $run/lock"
			"rm -rf $path; ln -s /etc/passwd $path" "chmod 770 $run" "rm -rf $path; mkdir $path"
			"mv $run $run.away; mkdir $run; rm -rf $run.away")
		if [ "${CINIT_PROOF-}" = full ]; then
			for did in "${all[@]}"; do at_any_moment files "rm -rf $path" "$did"; done
		else # each of them at some
			at_any_moment files "rm -rf $path" "${all[@]}"
		fi
	done
	same passwd "$(stat -c '%a %F' /etc/passwd)" "644 regular file"
}

@test "socket: another one in its place, at any moment while it is made anew, is not taken for ours" {
	only_for socket
	boot_for_long
	at_any_moment files "rm -f $run/socket" "$(like "$run/socket")"
}

@test "a RUNDIR that is removed at any moment while it is made anew is back by itself" {
	boot_for_long
	at_any_moment files "rm -rf $run" "rm -rf $run"
}

@test "without inotify a lost endpoint is back with USR1" {
	wrap=("$BUILD/test/deny" 38 inotify_init1)
	boot_sample
	rm -r "$run"
	tell_cinit USR1
	answers_soon whole
}

@test "what clients do wakes nobody by way of inotify" {
	boot_quiet
	local before
	svc -q list
	await "it has settled" eval '[ "$(switches)" = "$(sleep 1.5; switches)" ]'
	before=$(switches)
	cat "$run/lock" >/dev/null
	ls -l "$run" >/dev/null
	"$BUILD/test/ipc-lock" holder "$run"
	sleep 1 # the span that is measured
	same "context switches" "$(($(switches) - before))" 0
}

# --- what the system lacks --------------------------------------------------------------------

# What a build needs, and the system calls that bring it.
needed()
{
	case $METHOD in
	socket) echo socket ;;
	fifo) echo mknodat,mknod ;;
	msq) echo semget msgget ;;
	shm) echo semget shmget ;;
	esac
}

@test "cinit -V --check says that all is there, and leaves no trace" {
	local before
	before=$(objects)
	run --separate-stderr "$BUILD/cinit" -V --check -r "$run"
	same "status" "$status $stderr" "0 "
	has "${lines[0]}" "(ipc: $METHOD)"
	[ "${#lines[@]}" -ge 3 ] || fail "$output"
	! grep -v ': ok$' <<<"${output#*$'\n'}" || fail "something is missing: $output"
	same objects "$(objects)" "$before"
	[ ! -e "$run" ] || fail "it has made $run"
	mkdir "$run"
	"$BUILD/cinit" -V --check -r "$run"
	same "in RUNDIR" "$(ls -A "$run")" ""
}

@test "cinit -V --check disturbs no supervisor" {
	boot_quiet
	"$BUILD/cinit" -V --check -r "$run"
	honest
	never_said "the endpoint was lost"
}

@test "cinit --check alone is no option" {
	run timeout "$PATIENCE" "$BUILD/cinit" --check -c "$tree" -r "$run"
	same "status" "$status" 2
}

@test "where the kernel lacks what is needed, cinit -V --check says so, and so does the boot, which goes on" {
	local calls error
	sample
	for calls in $(needed); do
		for error in 38 1; do
			run "$BUILD/test/deny" $error "$calls" "$BUILD/cinit" -V --check -r "$run"
			same status "$status" 1
			[ $error != 38 ] ||
				has "$output" "Function not implemented (this kernel lacks it, or a container forbids it)"
			[ $error != 1 ] || has "$output" "Operation not permitted"
			: >"$log"
			: >"$events"
			wrap=("$BUILD/test/deny" $error "$calls")
			cinit_as container
			said "ipc: $run: "
			[ $error != 38 ] || said "Function not implemented (this kernel lacks it, or a container forbids it)"
			await "the boot" happens start up
			tell_cinit USR1 # which changes nothing
			tell_cinit TERM
			ends_with 0
		done
	done
}

@test "socket and fifo do not need System V objects" {
	only_for socket fifo
	wrap=("$BUILD/test/deny" 38 semget,msgget,shmget,mq_open)
	run "${wrap[@]}" "$BUILD/cinit" -V --check -r "$run"
	same status "$status" 0
	boot_sample
	honest
}

@test "System V objects that are not to be had for now: IPC comes when they are" {
	only_for msq shm
	as_root
	local name=msgmni
	[ "$METHOD" = msq ] || name=shmmni
	sample
	[ -n "${CINIT_OUTER_IPC+set}" ] || skip "this is not a namespace of our own"
	sysctl -qw "kernel.$name=0"
	run "$BUILD/cinit" -V --check -r "$run"
	same status "$status" 1
	has "$output" "No space left"
	cinit_as container
	said "ipc: $run: System V "
	await "the boot" happens start up
	sysctl -qw "kernel.$name=32000"
	untell hold slow # a service comes up
	answers_soon svc -q list
}

@test "a RUNDIR that cannot be written: cinit -V --check says so, where that matters" {
	mkdir "$run"
	run unshare "$(user_or_mount)" --mount sh -c 'mount -t tmpfs -o ro none "$1"; shift; "$@"' sh "$run" \
		"$BUILD/cinit" -V --check -r "$run"
	if has_path; then
		same status "$status" 1
		has "$output" "Read-only file system"
	else
		same status "$status" 0
	fi
}

user_or_mount() { if [ "$(id -u)" = 0 ]; then echo --mount; else echo --map-root-user; fi; }

# --- file systems ---------------------------------------------------------------------------------

# root_without: a root of one's own in which nothing can be written, without /run.
boot_read_only()
{
	boot_root
	group init
	mkdir -p "$tree/svc/up"
	ln -s /sleep "$tree/svc/up/on"
	put svc/up/on.params 1000
	: >"$tree/svc/up/respawn"
	mkdir -p "$tree/svc/init/needs"
	ln -s ../../up "$tree/svc/init/needs/up"
	put_program "$BUILD/cinit.svc" "$root"
	put_program "$(command -v sleep)" "$root"
	rm -rf "$root/run"
	mkdir -p "$root/dev"
	launch "${NS[@]}" --mount-proc="$root/proc" sh -c '
		mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' \
		"$root" "$(command -v env)" -i "$(command -v chroot)" "$root" /cinit -v "$@"
}

# Its client, from within.
svc_inside() { beside chroot "$root" /cinit.svc "$@"; }

@test "no writable file system at all: msq and shm work, the others boot without IPC" {
	boot_read_only
	said "up: starting -> up"
	if has_path; then
		said "ipc: /run/cinit: mkdir: No such file or directory"
		return
	fi
	await "an answer" svc_inside -q list
	svc_inside stop up
	run svc_inside status up
	same status "$status" 3
	svc_inside start up
	never_said "ipc: "
}

@test "no writable file system, and a second supervisor: it says who is there" {
	only_for msq shm
	boot_read_only
	await "an answer" svc_inside -q list
	run beside chroot "$root" /cinit -v
	same status "$status" 1
	has "$output" "already supervised by pid 1"
	svc_inside -q list
}

@test "a read-only RUNDIR, with all that an earlier supervisor left in it" {
	boot_sample
	end_by_force
	: >"$log"
	: >"$events"
	launch "${NS[@]}" --mount-proc sh -c \
		'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$run" \
		"${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the boot" happens start up
	if has_path; then
		# clients could not make their FIFOs, and nobody the lock
		said "ipc: $run: open lock: Read-only file system"
	else
		await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
	fi
}

# on_tmpfs OPTIONS: a supervisor whose RUNDIR lies on a tmpfs like that, made full.
on_tmpfs()
{
	mkdir "$public/small"
	run=$public/small/run
	sample
	launch "${NS[@]}" --mount-proc sh -c '
		mount -t tmpfs -o "$1" none "$0" || exit 99
		n=0
		while [ "$2" = files ] && (: >"$0/$n"); do n=$((n + 1)); done 2>/dev/null
		[ "$2" = files ] || cat /dev/zero >"$0/full" 2>/dev/null
		shift 2
		exec "$@"' "$public/small" "$1" "$2" "${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the boot" happens start up
}

@test "RUNDIR on a tmpfs without a free byte works" {
	on_tmpfs size=64k,mode=755 bytes
	await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
	beside "$BUILD/cinit.svc" -r "$run" restart up
}

@test "RUNDIR on a tmpfs without a free inode: IPC comes when there is one" {
	on_tmpfs nr_inodes=8,mode=755 files
	if has_path; then
		said "ipc: $run: mkdir: No space left on device"
		beside sh -c 'rm "$0"/[0-9]*' "$public/small"
		tell_cinit USR1
	fi
	await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
	beside "$BUILD/cinit.svc" -r "$run" restart up
}

@test "RUNDIR on a tmpfs with too few inodes for all of it: said, and no loop" {
	mkdir "$public/small"
	run=$public/small/run
	only_for socket fifo
	sample
	local free=2 before # RUNDIR and its lock; for fifo one more, the directory
	[ "$METHOD" = socket ] || free=3
	launch "${NS[@]}" --mount-proc sh -c '
		mount -t tmpfs -o nr_inodes=$(($1 + 1)),mode=755 none "$0" || exit 99
		shift
		exec "$@"' "$public/small" "$free" "${UNDER[@]}" "$BUILD/cinit" -v -c "$tree" -r "$run"
	await "the boot" happens start up
	said "No space left on device"
	await "it has settled" eval '[ "$(switches)" = "$(sleep 1; switches)" ]'
	beside mount -o remount,nr_inodes=100 "$public/small"
	tell_cinit USR1
	await "an answer" beside "$BUILD/cinit.svc" -r "$run" -q list
}

@test "a RUNDIR longer than an address of a socket works, with odd bytes in it" {
	local odd
	odd=$(printf 'a b\t"\\x41%%s \xff\xc3\xa4\ne')
	run="$public/$odd/$(printf '%0120d' 0)"
	mkdir "$public/$odd"
	boot_sample
	svc stop up
	same up "$(state up)" down
	same lock "$("$BUILD/test/ipc-lock" holder "$run")" "$(cinit_pid) $METHOD"
	run timeout "$PATIENCE" "$BUILD/cinit" -c "$tree" -r "$run"
	same status "$status" 1
	has "$output" 'a b\x09"\x5cx41%s \xff'
	has "$output" "already supervised by pid $(cinit_pid)"
}

@test "a RUNDIR that is no possible path is refused in one line" {
	run timeout "$PATIENCE" "$BUILD/cinit" -c "$tree" -r "/$(printf '%05000d' 0)"
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ] || fail "status $status"
	has "$output" "File name too long"
	run --separate-stderr timeout "$PATIENCE" "$BUILD/cinit.svc" -r "/$(printf '%05000d' 0)" list
	same status "$status" 2
}

# --- side by side -----------------------------------------------------------------------------------

# tree_of NAME: one more tree, with a service NAME that stays.
tree_of()
{
	local more=$dir/tree-$1 name=${1##*/}
	mkdir -p "$more/svc/$name" "$more/svc/init/needs"
	ln -s /bin/sleep "$more/svc/$name/on"
	echo 1000 >"$more/svc/$name/on.params"
	: >"$more/svc/$name/respawn"
	ln -s "../../$name" "$more/svc/init/needs/$name"
}

# another NAME: one more supervisor, in our namespaces, with RUNDIR $public/NAME.
another()
{
	local name=$1
	tree_of "$name"
	in_background "$BUILD/cinit" -v -c "$dir/tree-$name" -r "$public/$name"
}

# Who answers at $public/NAME has the service NAME and none of the others.
is_itself()
{
	[ "$(timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$public/$1" --json list |
		jq -r '[.[].name] - ["init"] | join(" ")')" = "${1##*/}" ]
}

@test "several supervisors side by side: each RUNDIR is one of its own" {
	local name
	for name in a b c d; do another $name; done
	for name in a b c d; do await "$name" is_itself $name; done
	for name in a b c d; do timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$public/$name" restart $name; done
	# one ends, the others do not notice
	timeout "$PATIENCE" "$BUILD/cinit.poweroff" -r "$public/b"
	wait "${helpers[1]}"
	for name in a c d; do is_itself $name || fail "$name is not itself"; done
	run timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$public/b" list
	same status "$status" 7
}

@test "supervisors whose keys are the same are told apart, whoever comes and goes" {
	only_for msq shm
	as_root
	local a b
	mkdir "$public/ro"
	mount -t tmpfs -o ro none "$public/ro" # no lock file may help
	mounted+=("$public/ro")
	run "$BUILD/test/ipc-keys" collide "$public/ro"
	same status "$status" 0
	a=ro/${lines[0]##*/} b=ro/${lines[1]##*/}
	same "keys" "$("$BUILD/test/ipc-keys" lock "$public/$a" 0 0)" \
		"$("$BUILD/test/ipc-keys" lock "$public/$b" 0 0)"
	another "$a"
	await "the first" is_itself "$a"
	another "$b"
	await "the second" is_itself "$b"
	is_itself "$a" || fail "the first is not itself any more"
	# the first goes: its key is free, and the second lives behind it
	kill -KILL "$(child "${helpers[0]}")"
	wait "${helpers[0]}" || :
	is_itself "$b" || fail "the second is not found behind a free key"
	run timeout "$PATIENCE" "$BUILD/cinit" -c "$dir/tree-$b" -r "$public/$b"
	same status "$status" 1
	has "$output" "already supervised by pid "
	rm -rf "$dir/tree-$a"
	another "$a"
	await "the first again" is_itself "$a"
	is_itself "$b" || fail "the second is not itself any more"
	same semaphores "$(awk 'NR > 1' /proc/sysvipc/sem | wc -l)" 2
}

# contained NAME: a supervisor in a PID and mount namespace of its own, all with one
# and the same RUNDIR to them, and in our IPC namespace.
contained()
{
	mkdir -p "$public/shared"
	local name=$1
	tree_of "$name"
	in_background unshare "$(user_or_mount)" --pid --mount --fork --kill-child --mount-proc sh -c \
		'mount -t tmpfs none "$0" && exec "$@"' "$public/shared" \
		"$BUILD/cinit" -v -c "$dir/tree-$name" -r "$public/shared/run"
}

# inside_of N CMD...: in the namespaces of the N-th of them.
inside_of()
{
	local pid
	pid=$(grandchild "${helpers[$1]}")
	shift
	timeout "$PATIENCE" nsenter -t "$pid" -m -p -- "$@"
}

is_contained() # N NAME
{
	[ "$(inside_of "$1" "$BUILD/cinit.svc" -r "$public/shared/run" --json list |
		jq -r '[.[].name] - ["init"] | join(" ")')" = "$2" ]
}

@test "containers with one IPC namespace and the same RUNDIR in each: each has its own" {
	as_root
	local i
	for i in 0 1 2; do contained "c$i"; done
	for i in 0 1 2; do await "c$i" is_contained $i "c$i"; done
	for i in 0 1 2; do inside_of $i "$BUILD/cinit.svc" -r "$public/shared/run" restart "c$i"; done
	# from outside, none of them is the supervisor of that RUNDIR
	run timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$public/shared/run" list
	same status "$status" 7
	# one is killed, and begins again
	kill -KILL "$(grandchild "${helpers[1]}")"
	wait "${helpers[1]}" || :
	rm -rf "$dir/tree-c1"
	contained c1
	await "c1 again" is_contained 3 c1
	is_contained 0 c0 && is_contained 2 c2 || fail "another was disturbed"
	has_path || same semaphores "$(awk 'NR > 1' /proc/sysvipc/sem | wc -l)" 3
}

# --- what a stranger made beforehand -----------------------------------------------------------------

@test "an endpoint that a stranger made beforehand is removed, never used" {
	only_for socket fifo
	as_root
	local kind name
	sample
	for kind in file fifo link directory socket; do
		for name in socket request answers; do
			rm -rf "$run"
			mkdir -p "$run"
			case $kind in
			file) echo precious >"$run/$name" ;;
			fifo) mkfifo -m 666 "$run/$name" ;;
			link) ln -s "$public/precious" "$run/$name" ;;
			directory) mkdir -m 777 "$run/$name" ;;
			socket) perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1)' "$run/$name" ;;
			esac
			chown -h 65534 "$run/$name"
			echo precious >"$public/precious"
			boot container
			whole || fail "after a $kind at $name: $(ls -la "$run")"
			same precious "$(cat "$public/precious")" precious
			end_by_force
		done
	done
}

@test "a lock that a stranger made beforehand is refused" {
	as_root
	local kind
	has_path || skip "they need no file"
	sample
	echo precious >"$public/precious"
	for kind in "touch $run/lock; chown 65534 $run/lock" "mkfifo $run/lock" "mkdir $run/lock" \
		"ln $public/precious $run/lock" "ln -s $public/precious $run/lock" \
		"touch $run/instance; chown 65534 $run/instance" "ln $public/precious $run/instance"; do
		rm -rf "$run"
		mkdir -p "$run"
		eval "$kind"
		: >"$log"
		: >"$events"
		cinit_as container
		said "ipc: $run: "
		await "the boot" happens start up
		same precious "$(cat "$public/precious")" precious
		rm -rf "$run/lock" "$run/instance"
		tell_cinit USR1
		answers_soon svc -q list
		end_by_force
	done
}

# squat SLOTS: another user makes objects for everybody at the keys of root's RUNDIR.
squat()
{
	publish test/ipc-keys
	mkdir -p "$run" # or its path would not be that of the supervisor's
	"${NOBODY[@]}" "$public/ipc-keys" squat "$run" 0 "$1"
}

@test "System V objects that a stranger made under our keys are not used" {
	only_for msq shm
	as_root
	squat 3
	boot_sample
	svc restart up
	# ours stand beside them, and belong to nobody else
	same "semaphores of ours" "$(awk 'NR > 1 && $5 == 0 && $3 == 644' /proc/sysvipc/sem | wc -l)" 1
	[ "$("$BUILD/test/ipc-lock" holder "$run")" = "$(cinit_pid) $METHOD" ]
	svc stop up
	same up "$(state up)" down
}

@test "System V objects that a stranger made under all our keys: root takes them back" {
	only_for msq shm
	as_root
	squat 32
	boot_sample
	svc restart up
}

@test "a stranger under all the keys of an ordinary user: said, and the boot goes on" {
	only_for msq shm
	as_root
	publish test/ipc-keys cinit
	run=$public/mine/run
	mkdir -m 755 "$public/mine" "$public/mine/run"
	chown -R 1234 "$public/mine"
	"${NOBODY[@]}" "$public/ipc-keys" squat "$run" 1234 32
	group init
	cp -r "$tree" "$public/tree"
	launch setpriv --reuid=1234 --regid=1234 --clear-groups -- "$public/cinit" -v -c "$public/tree" -r "$run"
	said "ipc: $run: lock by semaphore: File exists (all its keys are taken by others)"
	said "init: "
}

# --- ends, and beginnings ---------------------------------------------------------------------------

@test "killed and begun again 20 times, nothing grows" {
	sample
	local round before after
	# what the first leaves is as much as there will ever be
	for round in $(seq 20); do
		: >"$events"
		boot container
		svc -q list
		in_background "$BUILD/cinit.svc" -r "$run" wait down up
		await "the client" asleep "${helpers[-1]}"
		kill_cinit
		kill -KILL "$(child "${helpers[-1]}")" 2>/dev/null || : # it may have ended by itself
		wait "${helpers[-1]}" || :
		after="$(objects) objects, $(find "$run" -mindepth 1 -maxdepth 1 | wc -l) files, $(find "$run" -name '*.new' | wc -l)"
		[ "$round" -gt 1 ] || before=$after
		same "after round $round" "$after" "$before"
	done
}

@test "killed and begun again with a group, nothing grows either" {
	as_root
	put conf/ipc_group "$GROUP\n"
	sysv_bells
	sample
	local round before after
	for round in 1 2 3 4 5; do
		boot container
		kill_cinit
		after="$(objects) $(has_path || bells)"
		[ "$round" -gt 1 ] || before=$after
		same "after round $round" "$after" "$before"
	done
}

@test "an orderly end leaves no object in the kernel" {
	as_root
	put conf/ipc_group "$GROUP\n"
	sysv_bells
	local before
	before=$(objects)
	boot_sample
	has_path || [ "$(objects)" -gt "$before" ]
	in_background "$BUILD/cinit.svc" -r "$run" wait down up
	await "the client" asleep "${helpers[-1]}"
	"$BUILD/cinit.poweroff" -r "$run"
	wait "${helpers[-1]}" || fail "$(background_output)" # it was answered
	ends_with 0
	same objects "$(objects)" "$before"
	has_path || same bells "$(bells)" 0
	boot container
	honest
}

# --- one supervisor ---------------------------------------------------------------------------------

@test "of two supervisors with one RUNDIR, of whatever methods, the second says so and ends" {
	local first second
	sample
	for first in socket fifo msq shm; do
		[ -x "$(build_of $first)/cinit" ] || fail "$first was not built"
		: >"$events"
		launch "${NS[@]}" --mount-proc "$(build_of $first)/cinit" -v -c "$tree" -r "$run"
		await "$first" beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		for second in socket fifo msq shm; do
			run beside "$(build_of $second)/cinit" -c "$tree" -r "$run"
			same "$second after $first" "$status" 1
			has "$output" "$run: already supervised by pid 1"
		done
		beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		same text "$(cat "$run/lock")" $first
		end_by_force
	done
}

@test "the same, where the first could not write RUNDIR and the second can" {
	local first second
	sample
	for first in msq shm; do
		: >"$events"
		mkdir -p "$run"
		launch "${NS[@]}" --mount-proc sh -c \
			'mount -t tmpfs -o ro none "$0" && exec "$@"' "$run" \
			"$(build_of $first)/cinit" -v -c "$tree" -r "$run"
		await "$first" beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		beside mount -o remount,rw "$run"
		for second in socket fifo msq shm; do
			run beside "$(build_of $second)/cinit" -c "$tree" -r "$run"
			same "$second after $first" "$status" 1
			has "$output" "$run: already supervised by pid 1"
		done
		beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		end_by_force
	done
}

@test "the same, where the second sees a RUNDIR that it cannot write" {
	local first second
	sample
	for first in socket fifo; do
		: >"$events"
		launch "${NS[@]}" --mount-proc "$(build_of $first)/cinit" -v -c "$tree" -r "$run"
		await "$first" beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		for second in msq shm; do
			run beside unshare --mount sh -c \
				'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"' "$run" \
				"$(build_of $second)/cinit" -c "$tree" -r "$run"
			same "$second after $first" "$status" 1
			has "$output" "$run: already supervised by pid 1"
		done
		end_by_force
	done
}

@test "of ten that begin at once, of all methods, one supervises" {
	local i methods=(socket fifo msq shm socket fifo msq shm msq shm) lost=0 code
	group init
	launch "${NS[@]}" --mount-proc sleep 1000
	await "the namespace" eval 'nsenter -t "$(sleeper)" -m -i -p -- true'
	for i in "${!methods[@]}"; do
		in_background nsenter -t "$(sleeper)" -m -i -p -- \
			"$(build_of "${methods[i]}")/cinit" -v -c "$tree" -r "$run"
	done
	await "nine have ended" eval '[ "$(ended)" -ge 9 ]'
	sleep 0.5 # none may follow; what lives, lives on
	same "have ended" "$(ended)" 9
	same "said so" "$(cat "$public"/out.* | grep -c 'already supervised')" 9
}

sleeper() { grandchild "$launched"; }
ended() { local pid n=0; for pid in "${helpers[@]}"; do kill -0 "$pid" 2>/dev/null || n=$((n + 1)); done; echo $n; }

# --- descriptors that clients pass -------------------------------------------------------------------

@test "a client that passes descriptors whose last close blocks does not stop the supervisor" {
	only_for socket
	boot_sample
	in_background "$BUILD/test/ipc-linger" "$run/socket" 8
	await "the sockets" background_said " taken"
	[ "$(background_output)" = "0 taken" ] || passes_rights ||
		skip "this kernel cannot refuse passed descriptors (SO_PASSRIGHTS, Linux 6.16)"
	honest
	svc restart up
	honest
}

# Does this kernel know SO_PASSRIGHTS?  Then no descriptor may have been taken.
passes_rights()
{
	perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_SEQPACKET, 0) or die; exit !getsockopt($s, SOL_SOCKET, 83)'
}
