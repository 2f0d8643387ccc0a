#!/bin/sh
# run.sh - says on what is measured, then measures: what `make bench` calls.
#
#   B=DIR test/bench/run.sh [option...]     bench -h names the options
#
# B (build) has cinit and cinit.svc, and the benchmark's own programs below
# test/bench.  All of them should be static: a shared libc's start-up takes
# longer than what is measured.
set -u

build=${B:-build}
tools=$build/test/bench

for name in bench tick true ask; do
	if [ ! -x "$tools/$name" ]; then
		echo "run.sh: $tools/$name: not there: build it with make bench" >&2
		exit 2
	fi
done

# Without a program to tell, nothing is said.
warn_unless_static() {
	command -v readelf >/dev/null || return 0
	if [ -x "$1" ] && readelf -lW "$1" | grep -q INTERP; then
		echo "run.sh: $1: not static: make bench builds it so" >&2
	fi
}
for program in "$build/cinit" "$build/cinit.svc" "$tools/tick" "$tools/ask"; do
	warn_unless_static "$program"
done

cores=$(getconf _NPROCESSORS_ONLN) || cores='?'
echo "$(uname -srm), $cores cores"
if read -r load _ 2>/dev/null </proc/loadavg; then
	echo "load average before: $load"
fi
exec "$tools/bench" --bin "$build" --tools "$tools" "$@"
