#!/usr/bin/env bats
# runs: apart
#
# Pools of the supervisor under load: nothing is refused and nothing lost while workers are
# recycled, rolled, scaled and killed.
#
#   CINIT_REQUESTS  requests at least, over HTTP and as datagrams (100000)
#   CINIT_KILLS     workers killed one after the other (100)
#
# shellcheck disable=SC2154

load lib
load boot
load ipc

setup()
{
	ipc_begin
	port=$(perl -MIO::Socket::INET -e '
		print IO::Socket::INET->new(LocalAddr => "127.0.0.1", Listen => 1)->sockport')
	requests=${CINIT_REQUESTS:-100000}
	kills=0
}

teardown() { ipc_end; }

# pool MODE LISTEN PROGRAM [PARAM...]: the service web, a pool that recycles every 100.
pool()
{
	local mode=$1 listen=$2 name
	shift 2
	mkdir -p "$tree/svc/web/pool" "$tree/svc/init/needs"
	ln -s "$1" "$tree/svc/web/on"
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" >"$tree/svc/web/on.params"
	echo "$listen" >"$tree/svc/web/listen"
	while read -r name value; do echo "$value" >"$tree/svc/web/pool/$name"; done <<-END
		min 2
		max 16
		requests 100
		mode $mode
	END
	ln -sf ../../web "$tree/svc/init/needs/web"
}

# pool_field NAME: one number of the pool.
pool_field() { svc --json status web | jq ".[0].pool.$1"; }

# A worker, any one that is up, is killed.
kill_worker()
{
	local pid
	pid=$(svc --json status web |
		jq '.[0].pool.workers[] | select(.state == "idle" or .state == "busy").pid' | shuf -n 1)
	[ -n "$pid" ] && pid=$(outer "$pid") && [ -n "$pid" ] && kill -KILL "$pid" && kills=$((kills + 1))
}

# churn PID: as long as this process lives: a kill each second, two rolls, 2 to 16
# workers and back.
churn()
{
	local second=0
	while kill -0 "$1" 2>/dev/null; do
		case $((second % 8)) in
		1 | 5) svc -t 20 roll web & rolls+=("$!") ;;
		2) svc scale web 16 ;;
		4) svc scale web 2 ;;
		esac
		kill_worker || :
		second=$((second + 1))
		timeout 1 tail -f /dev/null || : # the pace, not a wait
	done
	for pid in "${rolls[@]}"; do wait "$pid" || rolls_failed=$((rolls_failed + 1)); done
}

# errors KIND: of what wrk says: "Socket errors: connect 0, read 1, write 0, timeout 0"
errors() { sed -n "s/.*Socket errors:.*$1 \([0-9]*\).*/\1/p" "$dir/wrk" | grep . || echo 0; }

# http MODE: wrk until that many requests are answered.
http()
{
	local served=0 failed=0 rounds=0 other rolls=() rolls_failed=0
	pool "$1" "tcp 127.0.0.1:$port" "$BUILD/example/http" -1
	boot container
	await "the pool" in_state web up
	while [ "$served" -lt "$requests" ] && [ "$rounds" -lt 20 ]; do
		wrk -t 1 -c 8 -d 8s --timeout 20s -H 'Connection: close' "http://127.0.0.1:$port/" >"$dir/wrk" 2>&1 3>&- &
		churn $!
		cat "$dir/wrk"
		served=$((served + $(sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' "$dir/wrk")))
		other=$(sed -n 's/.*Non-2xx or 3xx responses: //p' "$dir/wrk")
		same "refused or never answered" "$(errors connect) $(errors write) $(errors timeout) ${other:-0}" "0 0 0 0"
		failed=$((failed + $(errors read)))
		rounds=$((rounds + 1))
	done
	echo "$served answered, $failed failed, $kills killed in $rounds rounds"
	[ "$served" -ge "$requests" ] || fail "only $served requests in $rounds rounds"
	[ "$failed" -le "$kills" ] || fail "$failed failed of $served, and $kills were killed"
	same "rolls that failed" "$rolls_failed" 0
	[ "$(pool_field recycled)" -ge $((requests / 1000)) ] || fail "recycled: $(pool_field recycled)"
	svc scale web 2
	await "quiet" eval '[ "$(pool_field "busy + .[0].pool.leaving")" = 0 ]'
	same "min" "$(pool_field min)" 2
}

@test "share: HTTP while workers are recycled, rolled, scaled and killed" {
	command -v wrk >/dev/null || skip "no package of this distribution has wrk"
	http share
}

@test "dispatch: HTTP while workers are recycled, rolled, scaled and killed" {
	command -v wrk >/dev/null || skip "no package of this distribution has wrk"
	http dispatch
}

# datagrams MODE
datagrams()
{
	local rolls=() rolls_failed=0
	pool "$1" "udp 127.0.0.1:$port" "$BUILD/example/echo"
	boot container
	await "the pool" in_state web up
	"$BUILD/test/udp-load" "$port" "$requests" 32 >"$dir/udp" 3>&- &
	churn $!
	cat "$dir/udp"
	read -r _ answered _ lost _ twice _ strange <"$dir/udp"
	echo "$kills killed"
	same "all of them" "$((answered + lost))" "$requests"
	same "twice, strange" "$twice $strange" "0 0"
	[ "$lost" -le "$kills" ] || fail "$lost lost, and $kills were killed"
	same "rolls that failed" "$rolls_failed" 0
}

@test "share: datagrams while workers are recycled, rolled, scaled and killed" {
	datagrams share
}

@test "dispatch: datagrams while workers are recycled, rolled, scaled and killed" {
	datagrams dispatch
}

# killed MODE: one after the other, under load; the tool runs where the pool's pids are valid.
killed()
{
	command -v wrk >/dev/null || skip "no package of this distribution has wrk"
	pool "$1" "tcp 127.0.0.1:$port" "$BUILD/example/http" -1
	echo 16 >"$tree/svc/web/pool/min"
	echo 24 >"$tree/svc/web/pool/max"
	echo 0 >"$tree/svc/web/pool/requests"
	mkdir -p "$tree/svc/killer"
	ln -s "$BUILD/test/pool-kill" "$tree/svc/killer/on"
	printf '%s\n' "$run" web "${CINIT_KILLS:-100}" 50 >"$tree/svc/killer/on.params"
	boot container
	await "the pool" in_state web up
	in_background wrk -t 1 -c 16 -d $((PATIENCE * 4 - 10))s -H 'Connection: close' "http://127.0.0.1:$port/"
	await "load" eval '[ "$(pool_field served)" -ge 100 ]'
	"$BUILD/cinit.svc" -r "$run" -t $((PATIENCE * 4 - 10)) start killer
	said " kills, "
	echo "# $(grep -o '[0-9]* kills, .*' "$log")" >&3
	[ "$(sed -n 's/.* slowest \([0-9]*\) ms$/\1/p' "$log")" -le 200 ] || fail "$(grep ' kills, ' "$log")"
	in_state web up
}

@test "share: workers that are killed are replaced within 200 ms, each time" {
	killed share
}

@test "dispatch: workers that are killed are replaced within 200 ms, each time" {
	killed dispatch
}

@test "workers that die at start are tried ever less often, and nothing else suffers" {
	pool share "tcp 127.0.0.1:$port" "$dir/dying"
	respawn_stub other
	needs init other
	rm "$tree/svc/init/needs/web"
	wants init web
	printf '#!/bin/sh\n[ ! -e %s ] || { echo died >>%s; exit 1; }\nexec sleep 1000\n' "$dir/die" "$dir/deaths" >"$dir/dying"
	chmod +x "$dir/dying"
	boot container
	await "the pool" in_state web up
	: >"$dir/die"
	kill_worker
	await "it is tried again" eval '[ "$(wc -l <"$dir/deaths")" -ge 4 ]'
	local before
	before=$(wc -l <"$dir/deaths")
	timeout 3 tail -f /dev/null || : # the span that is measured
	[ $(($(wc -l <"$dir/deaths") - before)) -le 8 ] || fail "$(($(wc -l <"$dir/deaths") - before)) times in 3 s"
	in_state web up
	in_state other up
	rm "$dir/die"
	await "it is back" eval '[ "$(pool_field idle)" = 2 ]'
}

@test "the manager's death is its workers', and no connection is refused until it is back" {
	pool share "tcp 127.0.0.1:$port" "$BUILD/example/http" -1
	boot container
	await "the pool" in_state web up
	local workers i
	workers=$(svc --json status web | jq '.[0].pool.workers[].pid')
	in_background perl -MIO::Socket::INET -e '
		$| = 1;
		for (;;) {
			my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$ARGV[0]") or print("refused: $!\n"), next;
			$n++ or print "begun\n";
		}' "$port"
	await "connections" background_said begun
	for i in $workers; do outer "$i"; done >"$dir/pids"
	kill_service web KILL
	await "it is back" eval 'in_state web up && [ "$(pool_field "workers[0].pid")" != "${workers%%[[:space:]]*}" ]'
	while read -r i; do [ ! -d "/proc/$i" ] || fail "worker $i lives"; done <"$dir/pids"
	end_background
	lacks "$(background_output)" refused
}
