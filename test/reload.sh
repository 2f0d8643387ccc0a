#!/usr/bin/env bash
# reload.sh - how long a supervisor of many services keeps its clients waiting.
#
#   reload.sh BUILD N ROUNDS
#
# A supervisor in user mode, with N once-services that have run.  Its tree is loaded anew ROUNDS
# times, while a client asks for the status of a service each millisecond: a line "reload N ms
# CPU latest" for each, the time from HUP to its end and of PID 1's processor in ms, and the
# latest answer in us.  Then others, which are not loaded, are started by the start of one
# that wants a quarter of N, half of N, N of them: a line "start M ms CPU latest" for each.
# With all of them there are 2.75 N services, which have to be fewer than 65,536.
# The status is 0 if no answer to a status was later than 20 ms in a reload, in the median, and
# a start of N took no more than five times that of a quarter.
set -u

build=$(cd "$1" && pwd) n=$2 rounds=$3 pid=
work=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "${TMPDIR:-/tmp}")/cinit-reload.XXXXXX")

die() { echo "reload.sh: $*" >&2; exit 1; }

# shellcheck disable=SC2317 # called by the trap
clean()
{
	[ -z "$pid" ] || { kill -KILL "$pid"; wait "$pid"; } 2>/dev/null
	rm -rf "$work"
}
trap clean EXIT

# services NAME M: a group NAME that wants M once-services.
services()
{
	perl -e 'my ($svc, $name, $m, $program) = @ARGV; mkdir "$svc/$name"; mkdir "$svc/$name/wants";
		for my $i (1 .. $m) { my $d = "$svc/$name-$i"; mkdir $d or die "$d: $!";
			symlink $program, "$d/on"; open my $f, ">", "$d/on.params"; print $f "one\ntwo\n";
			symlink "../../$name-$i", "$svc/$name/wants/$i" }' "$work/tree/svc" "$1" "$2" "$build/test/bench/true"
}

cpu_ms() { echo $(($(cut -d' ' -f1 "/proc/$pid/schedstat") / 1000000)); }
now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
svc() { "$build/cinit.svc" -r "$work/run" "$@"; }
said() { grep -c -F -e "$1" "$work/log"; }

# During CMD...: a line WHAT M ms CPU latest.
measure()
{
	local what=$1 m=$2 before cpu ms
	shift 2
	exec 7> >("$build/test/ipc-latest" "$work/run" init >"$work/latest"; : >"$work/latest.done")
	rm -f "$work/latest.done"
	cpu=$(cpu_ms) before=$(now_ms)
	"$@" || die "$*"
	ms=$(($(now_ms) - before)) cpu=$(($(cpu_ms) - cpu))
	exec 7>&-
	until [ -e "$work/latest.done" ]; do sleep 0.01; done
	echo "$what $m $ms $cpu $(cut -d' ' -f2 "$work/latest")"
}

reload()
{
	local before
	before=$(said "reload: ")
	kill -HUP "$pid"
	until [ "$(said "reload: ")" -gt "$before" ]; do sleep 0.005; done
}

mkdir -p "$work/tree/svc"
services init "$n"
for m in $((n / 4)) $((n / 2)) "$n"; do services "more$m" "$m"; done
"$build/cinit" -q -c "$work/tree" -r "$work/run" >"$work/log" 2>&1 </dev/null &
pid=$!
until svc -q list >/dev/null 2>&1; do kill -0 "$pid" || die "$(cat "$work/log")"; sleep 0.05; done
svc wait settled >/dev/null || die "the boot"

for ((i = 0; i < rounds; i++)); do measure reload "$n" reload; done >"$work/rounds"
for m in $((n / 4)) $((n / 2)) "$n"; do measure start "$m" svc -t 600 start "more$m"; done >>"$work/rounds"
echo "# what  services  ms  ms of CPU  latest answer, us"
cat "$work/rounds"
kill -TERM "$pid"
wait "$pid"
pid=
awk '$1 == "reload" { latest[++k] = $5 } $1 == "start" { took[++s] = $3 }
	END {
		for (i = 1; i <= k; i++) for (j = i + 1; j <= k; j++) if (latest[j] < latest[i]) {
			t = latest[i]; latest[i] = latest[j]; latest[j] = t }
		median = latest[int((k + 1) / 2)]
		printf "# latest answer in a reload, median: %.1f ms; start of all against a quarter: %.1f times\n",
			median / 1000, took[3] / took[1]
		exit median > 20000 || took[3] > 5 * took[1]
	}' "$work/rounds"
