#!/usr/bin/env bash
# orphans.sh - what it costs PID 1 when many orphans die at once.
#
#   orphans.sh BUILD N ROUNDS [WHO...]
#
# WHO: tree, single, and, where they are installed, tini and runit.  A line for
# each round: who, CPU time of PID 1 in ms, how long until none was left in ms, zombies
# then, the slowest answer to a status meanwhile in ms ("-": nobody to ask);
# then, as comments, a table.  Needs root, or user namespaces.  The status is 0 if
# ours kept what is asked of them: no zombie, CPU at most 200 ms in the median and
# 500 at worst, every status within 100 ms.
set -u

build=$(cd "$1" && pwd) n=$2 rounds=$3
shift 3
all=${*:-tree single tini runit}
patience=120 # seconds
read -ra as_root <<<"$([ "$(id -u)" = 0 ] || echo --user --map-root-user)"

die() { echo "orphans.sh: $*" >&2; exit 1; }

work=$(mktemp -d) unshared=
# shellcheck disable=SC2317 # called by the trap
clean()
{
	[ -z "$unshared" ] || kill -KILL "$unshared" 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT

# What there is room for.
live=$(find /proc -maxdepth 1 -name '[0-9]*' 2>/dev/null | wc -l)
for limit in /proc/sys/kernel/pid_max /proc/sys/kernel/threads-max; do
	[ "$(<$limit)" -gt $((n + live + 1000)) ] ||
		die "$limit is $(<$limit), and $live processes live: no room for $n more"
done

# The program in front: makes them, and stays when they have died.
cat >"$work/payload" <<'END'
#!/bin/sh
"$1" "$2" "$3/go" || echo "$1 could not make $2 processes" >&2
while [ ! -e "$3/stop" ]; do sleep 0.05; done
END
chmod +x "$work/payload"

# in_namespace SETUP CMD...: as PID 1; SETUP is done there first.
in_namespace()
{
	unshare "${as_root[@]}" --pid --mount --fork --kill-child --mount-proc \
		sh -c "$1"'; exec "$@"' sh "${@:2}" <>/dev/null >"$work/said" 2>&1 &
	unshared=$!
}

start_tree()
{
	local tree=$work/tree/svc
	mkdir -p "$tree/init/needs" "$tree/init/wants" "$tree/other" "$tree/makes"
	ln -sfn "$work/payload" "$tree/makes/on"
	printf '%s\n' "$build/test/orphans" "$n" "$work" >"$tree/makes/on.params"
	printf '#!/bin/sh\nexec sleep 1000\n' >"$tree/other/on"
	chmod +x "$tree/other/on"
	: >"$tree/other/respawn"
	ln -sfn "$tree/makes" "$tree/init/needs/makes"
	ln -sfn "$tree/other" "$tree/init/wants/other"
	in_namespace : "$build/cinit" -q -c "$work/tree" -r "$work/run"
}

# runit(8) as PID 1 knows no other place than /etc/runit.
start_runit()
{
	mkdir -p "$work/runit"
	printf '#!/bin/sh\nexit 0\n' >"$work/runit/1"
	printf '#!/bin/sh\nexec %s %s %s %s\n' "$work/payload" "$build/test/orphans" "$n" "$work" >"$work/runit/2"
	cp "$work/runit/1" "$work/runit/3"
	chmod +x "$work/runit"/[123]
	in_namespace "mount --bind '$work/runit' /etc/runit" runit
}

start()
{
	local payload=("$work/payload" "$build/test/orphans" "$n" "$work")
	case $1 in
	tree) start_tree ;;
	single) in_namespace : "$build/cinit" -- "${payload[@]}" ;;
	tini) in_namespace : tini -- "${payload[@]}" ;;
	runit) start_runit ;;
	*) die "$1: not known" ;;
	esac
}

is_there()
{
	case $1 in
	tini | runit) command -v "$1" >/dev/null ;;
	*) true ;;
	esac
}

children() { cat "/proc/$1/task/$1/children" 2>/dev/null; }
cpu_ns() { cut -d' ' -f1 "/proc/$1/schedstat"; }
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# Milliseconds for one status, into $worst if it is the worst.
ask()
{
	local before after
	before=$(now_ms)
	"$build/cinit.svc" -r "$work/run" -q status other || die "status: $?"
	after=$(now_ms)
	((after - before <= worst)) || worst=$((after - before))
}

# left PID1 KEPT: has it more children than those that stay?
left() { [ "$(children "$1" | wc -w)" -gt "$2" ]; }

zombies()
{
	local pid count=0
	for pid in $(children "$1"); do
		! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2>/dev/null || count=$((count + 1))
	done
	echo "$count"
}

await()
{
	local until=$((SECONDS + patience))
	until "$@"; do
		[ "$SECONDS" -lt "$until" ] || die "did not come: $*: $(cat "$work/said")"
		sleep 0.02
	done
}

await_end() # of the storm; $pid, $kept
{
	local until=$((SECONDS + patience))
	while left "$pid" "$kept"; do
		[ "$SECONDS" -lt "$until" ] || break
		[ "$1" != tree ] || ask
		sleep 0.02
	done
}

round()
{
	local who=$1 pid kept=1 before worst=0 began ended
	rm -rf "$work/go" "$work/go.ready" "$work/stop" "$work/run"
	start "$who"
	[ "$who" != tree ] || kept=2
	await test -e "$work/go.ready"
	pid=$(children "$unshared")
	pid=${pid% }
	[ "$who" != tree ] || ask
	worst=0
	await left "$pid" "$n" # the list is not read in one piece
	before=$(cpu_ns "$pid") began=$(now_ms)
	: >"$work/go"
	await_end "$who"
	ended=$(now_ms)
	[ "$who" = tree ] || worst=-
	echo "$who $((($(cpu_ns "$pid") - before) / 1000000)) $((ended - began)) $(zombies "$pid") $worst"
	: >"$work/stop"
	kill -KILL "$unshared"
	wait "$unshared" 2>/dev/null
	unshared=
}

# For each round all of them, so that what else the machine does meets them alike.
for ((i = 0; i < rounds; i++)); do
	for who in $all; do
		is_there "$who" || continue
		round "$who" >"$work/row" # no pipe: a subshell would keep from us what to end
		cat "$work/row" >>"$work/rounds"
		cat "$work/row"
	done
done

echo "# $n orphans at once, $rounds rounds; CPU of PID 1, ms"
printf '# %-8s %8s %8s %8s %14s\n' who median worst zombies "status, worst"
for who in $all; do
	grep "^$who " "$work/rounds" | sort -k2,2n | awk -v who="$who" '
		{ cpu[NR] = $2; zombies += $4; if ($5 != "-" && $5 > status) status = $5 }
		END { if (NR) printf "# %-8s %8d %8d %8d %14s\n", who, cpu[int((NR + 1) / 2)], cpu[NR], zombies,
			status == "" ? "-" : status }'
done
awk '($1 == "tree" || $1 == "single") && ($2 > 500 || $4 > 0 || ($5 != "-" && $5 > 100)) {
	print "# too much: " $0; bad = 1 } END { exit bad }' "$work/rounds" || exit 1
for who in tree single; do
	grep "^$who " "$work/rounds" | sort -k2,2n | awk '
		{ cpu[NR] = $2 } END { exit NR > 2 && cpu[int((NR + 1) / 2)] > 200 }' || die "$who: the median is too much"
done
