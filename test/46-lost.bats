#!/usr/bin/env bats
# runs: shared; again: methods
#
# The endpoint of each method is lost, removed or replaced, and is back by itself.
# The same tests for each method; run.sh runs them with all four.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc
load endpoint

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
