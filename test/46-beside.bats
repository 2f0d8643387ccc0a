#!/usr/bin/env bats
# runs: shared; again: methods
#
# Who else may be beside the endpoint: other supervisors, strangers, whoever was before.
# The same tests for each method; run.sh runs them with all four.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load boot
load ipc
load endpoint

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

# each_second_says_so FIRST: whatever its method, one that comes later says who is there, and ends.
each_second_says_so()
{
	local second
	for second in socket fifo msq shm; do
		run beside "$(build_of $second)/cinit" -c "$tree" -r "$run"
		same "$second after $1" "$status" 1
		has "$output" "$run: already supervised by pid 1"
	done
}

@test "of two supervisors with one RUNDIR, of whatever methods, the second says so and ends" {
	local first
	sample
	for first in socket fifo msq shm; do
		[ -x "$(build_of $first)/cinit" ] || fail "$first was not built"
		: >"$events"
		launch "${NS[@]}" --mount-proc "$(build_of $first)/cinit" -v -c "$tree" -r "$run"
		await "$first" beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		each_second_says_so "$first"
		beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		same text "$(cat "$run/lock")" $first
		end_by_force
	done
}

@test "the same, where the first could not write RUNDIR and the second can" {
	local first
	sample
	for first in msq shm; do
		: >"$events"
		mkdir -p "$run"
		launch "${NS[@]}" --mount-proc sh -c \
			'mount -t tmpfs -o ro none "$0" && exec "$@"' "$run" \
			"$(build_of $first)/cinit" -v -c "$tree" -r "$run"
		await "$first" beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		beside mount -o remount,rw "$run"
		each_second_says_so "$first"
		beside "$(build_of $first)/cinit.svc" -r "$run" -q list
		end_by_force
	done
}

@test "the same, where the second sees a RUNDIR that it cannot write" {
	local first
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
