# conformance.bash - the supervisor of 43-conformance.bats, its clients, and what can be
# seen of both without knowing the method; after lib, boot and ipc.
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables of bats and of the others

GROUPS_UP=50   # services s1, s2, ... for a herd
SLEEPS=50      # of a client for one request, at most, however many others there are
RECLAIM_MS=2000

conformance_begin()
{
	unset CINIT_OUTER_IPC # every supervisor has an IPC namespace of its own
	ipc_begin
	IN=() supervisor='' honest_at=''
}

# A service that stays, one that is awaited for long, one that is not loaded, one that
# counts how often it runs, and many that are up.
sample()
{
	local i
	big_tree fan "$GROUPS_UP" # with init
	respawn_stub up
	stub slow other
	script counter "printf x >>$dir/count"
	needs init up counter
	wants init slow
	tell hold slow
}

boot_sample()
{
	sample
	launch_sample
	svc wait up up counter
	await "slow" in_state slow starting
	base=
}

# boot_sample, and what the supervisor has then is all that it may keep.
boot_measured()
{
	boot_sample
	calm
	base=$(left)
}

launch_sample()
{
	cinit_as container
	enter
}

# Where the supervisor is, there its clients are run: ${IN[@]} before a command.
enter()
{
	supervisor=''
	await "the supervisor's process" find_supervisor
	IN=(nsenter -t "$supervisor" --pid --ipc --mount)
	[[ ${NS[*]} != *--user* ]] || IN+=(--user --preserve-credentials)
	IN+=(--)
	await "the supervisor" svc -q list
}

find_supervisor()
{
	supervisor=$(cinit_pid)
	[[ $(readlink "/proc/$supervisor/exe") == */cinit ]]
}

# --- honest clients -------------------------------------------------------------------

svc() { "${IN[@]}" timeout "$PATIENCE" "$BUILD/cinit.svc" -r "$run" "$@"; }

# raw WORD...: records as told; what came back is in $output.
raw()
{
	run "${IN[@]}" timeout "$PATIENCE" "$BUILD/test/ipc-ask" "$run" "$@"
	same "exit code of ipc-ask" "$status" 0
}

# herd CLIENTS REQUESTS: all is answered, and nobody is woken for each of the others.
herd()
{
	local sleeps
	run "${IN[@]}" timeout "$((PATIENCE * 4))" "$BUILD/test/ipc-herd" "$run" "$1" "$2" "$GROUPS_UP"
	echo "$output"
	has "$output" "$(($1 * $2)) answers, 0 wrong, 0 foreign, 0 double, 0 lost"
	sleeps=${output##*ms, }
	[ "${sleeps%% *}" -lt "$SLEEPS" ] || fail "a client slept ${sleeps%% *} times for a request"
}

# One honest client is answered, and soon: it asks, where cinit.svc may only look.
honest()
{
	run "${IN[@]}" timeout "$PATIENCE" "$BUILD/test/ipc-honest" "$run" up 1
	has "$output" "1 rounds, 0 failed"
	prompt "$output"
}

# The report has nobody who was not answered within a second, or a few times what a
# process needs here that has nothing else to do.
prompt()
{
	local ms=${1##*slowest } echo=${1##*echo }
	[ "${ms%% ms*}" -lt $((${HONEST_MS:-1000} + 4 * ${echo%% ms*})) ] ||
		fail "an honest client waited for ${ms%% ms*} ms"
}

# One that asks over and over, until honest_end; all of it as honest has it.
honest_begin()
{
	in_background "${IN[@]}" "$BUILD/test/ipc-honest" "$run" up
	honest_at=$((${#helpers[@]} - 1))
	await "an honest client" background_said ready
}

honest_end()
{
	local report
	echo 1<>"$public/in.$honest_at"
	wait "${helpers[honest_at]}" || :
	helpers[honest_at]=
	report=$(cat "$public/out.$honest_at")
	echo "$report"
	has "$report" " rounds, 0 failed"
	prompt "$report"
}

# All that run in the background end by themselves.
wait_for_all()
{
	local i
	for i in "${!helpers[@]}"; do
		[ -z "${helpers[i]}" ] || wait "${helpers[i]}" || fail "$(cat "$public/out.$i")"
		helpers[i]=
	done
}

# --- the others -------------------------------------------------------------------------

hostiles=()

# hostile N HOW [TIMES]: so many hostile clients have come, and done what they do.
hostile()
{
	in_background "${IN[@]}" "$BUILD/test/ipc-hostile" "$run" "$1" "$2" counter "${3:-1}"
	hostiles+=("$((${#helpers[@]} - 1))")
	await "hostile clients: $*" background_said "not taken"
	has "$(background_output)" "ready $1"
}

# They die as they stand, and their parent, who is outside, is there to reap them.
kill_hostile()
{
	local i
	for i in "${hostiles[@]}"; do
		echo 1<>"$public/in.$i" # it may have left
		wait "${helpers[i]}" 2>/dev/null || :
		helpers[i]=
	done
	hostiles=()
}

# How often `counter` ran.
executions() { stat -c %s "$dir/count"; }

# --- what the supervisor has -----------------------------------------------------------------

field() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$supervisor/status"; }
# What it has asked for: tables that are touched later than at first are no growth.
memory() { field VmData; }
switches() { echo "$(field voluntary_ctxt_switches) $(field nonvoluntary_ctxt_switches)"; }

# What clients could leave: files, descriptors, messages and slots.
left()
{
	echo "$(find "$run" | wc -l) $(find "/proc/$supervisor/fd" -mindepth 1 | wc -l)" \
		"$("${IN[@]}" awk 'NR > 1 { n += $5 } END { print n + 0 }' /proc/sysvipc/msg)" \
		"$("${IN[@]}" "$BUILD/test/ipc-slots")"
}

# no_more A B: in A there is no number that is greater than in B.
no_more()
{
	local a b i
	read -ra a <<<"$1"
	read -ra b <<<"$2"
	for i in "${!b[@]}"; do [ "${a[i]}" -le "${b[i]}" ] || return 1; done
}

# After boot_measured: what dead clients left is gone two seconds after a request.
reclaimed()
{
	local until now left
	[ -n "$base" ]
	honest
	until=$((${EPOCHREALTIME/./} / 1000 + RECLAIM_MS))
	while :; do
		now=$((${EPOCHREALTIME/./} / 1000)) # counting takes time, too
		left=$(left)
		! no_more "$left" "$base" || break
		[ "$now" -lt "$until" ] || fail "files, descriptors, messages, slots: $left, before $base" ||
			return
	done
}

# Nothing has happened for longer than any one-shot timer takes.
calm() { await "calm" eval '[ "$(switches)" = "$(sleep 0.4; switches)" ]'; }

# idle SECONDS: after its one-shot timers, nothing at all for so long.
idle()
{
	local before
	await "it has settled" eval '[ "$(switches)" = "$(sleep 1.5; switches)" ]'
	before=$(switches)
	sleep "$1" # the span that is measured
	same "context switches, voluntary and not" "$(switches)" "$before"
}

# All System V objects: "KIND MODE UID CUID", lines.
objects()
{
	"${IN[@]}" awk 'FNR > 1 && FILENAME ~ /msg/ { print "queue", $3, $8, $10 }
		FNR > 1 && FILENAME ~ /sem/ { print "semaphores", $3, $5, $7 }
		FNR > 1 && FILENAME ~ /shm/ { print "segment", $3, $8, $10 }' \
		/proc/sysvipc/msg /proc/sysvipc/sem /proc/sysvipc/shm
}

# The supervisor's descriptors as calls.pl wants them.
open_before()
{
	local fd
	for fd in "/proc/$supervisor/fd"/*; do
		echo "${fd##*/} $(awk '$1 == "flags:" { print $2 }' "/proc/$supervisor/fdinfo/${fd##*/}")" \
			"$(stat -L -c %F "$fd" 2>/dev/null | cut -d' ' -f1)"
	done
}
