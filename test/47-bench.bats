#!/usr/bin/env bats
# runs: apart
#
# The comparisons of IPC methods (make bench-ipc) and of pools (make bench-pool): with a
# handful of requests they measure everything that they are to measure.
#
# shellcheck disable=SC2154,SC2030,SC2031

load lib

# The word of the build that was chosen; the others lie beside it.
setup_file()
{
	local build=${CINIT_BUILD:-$BATS_TEST_DIRNAME/../build} chosen method

	chosen=$("$build/cinit" -V | sed -n 's/.*(ipc: \(.*\))/\1/p')
	dirs=
	for method in socket fifo msq shm; do
		[ "$method" = "$chosen" ] && dirs="$dirs $method=$build" || dirs="$dirs $method=$build/$method"
	done
	export BENCH_DIRS=$dirs BENCH=$build/test/bench/bench-ipc
	export BENCH_OUT=$BATS_FILE_TMPDIR/out BENCH_SVG=$BATS_FILE_TMPDIR/plot.svg
	export BENCH_TMP=$BATS_FILE_TMPDIR/tmp
	mkdir "$BENCH_TMP"
	# shellcheck disable=SC2086
	TMPDIR=$BENCH_TMP "$BENCH" -r 2 -n 20 -m 2 -c 3 -s 200 -o "$BENCH_SVG" $dirs >"$BENCH_OUT" 2>"$BENCH_OUT.err" &&
		echo 0 >"$BENCH_OUT.status" || echo $? >"$BENCH_OUT.status"
}

# row TITLE: of the part that was chosen with `part`, its cells.
part() { sed -n "/^$1/,/^\$/p" "$BENCH_OUT" >"$BATS_TEST_TMPDIR/part"; }

# full TITLE: the row is there, and has a figure for each of the four.
full()
{
	local line
	line=$(grep -- "^$1 " "$BATS_TEST_TMPDIR/part") || { echo "no row: $1"; return 1; }
	echo "$line"
	[ "$(echo "${line#"$1"}" | grep -oE '(^| )[0-9][0-9.]*k?( \([0-9.k]+-[0-9.k]+\))?' | wc -l)" = 4 ]
}

@test "the comparison of IPC methods runs to its end" {
	cat "$BENCH_OUT.err"
	[ "$(cat "$BENCH_OUT.status")" = 0 ]
	[ ! -s "$BENCH_OUT.err" ]
}

@test "times and rates stand beside the bare mechanisms, on one core and on two" {
	for place in "ONE CORE" "TWO CORES"; do
		part "BOTH SIDES ON $place"
		head -n 1 "$BATS_TEST_TMPDIR/part" | grep -qE 'socket +fifo +msq +shm'
		for row in "round trip p50, us" "round trip p99, us" "server CPU\/request, us" \
			"requests\/s, 1 client" "requests\/s, 8 clients" "requests\/s, 64 clients" \
			"cinit.svc status, us"; do
			full "${row//\\/}"
		done
		[ "$(grep -c '^  bare mechanism ' "$BATS_TEST_TMPDIR/part")" = 6 ]
		[ "$(grep -cE '^  ratio( +[0-9.]+){4}$' "$BATS_TEST_TMPDIR/part")" = 7 ]
		grep -qE '^  running true +[0-9]' "$BATS_TEST_TMPDIR/part"
	done
}

@test "memory, descriptors, files and System V objects are counted" {
	for when in "WHAT IT TAKES" "WITH 64 CONNECTED CLIENTS"; do
		part "$when"
		for row in "server PSS, KB" "server descriptors" "files in RUNDIR" "System V objects"; do
			full "$row"
		done
		grep -qE '^System V objects +0 +0 +3 +3$' "$BATS_TEST_TMPDIR/part"
	done
	part "WITH 64 CONNECTED CLIENTS"
	grep -qE '^files in RUNDIR +1 +66 +0 +0$' "$BATS_TEST_TMPDIR/part"
}

@test "system calls are counted on both sides" {
	part "SYSTEM CALLS PER REQUEST"
	full "  of the client"
	full "  of the server"
	full "status, whole process"
	grep -qE '^socket +client: .*sendto 1\.0' "$BATS_TEST_TMPDIR/part"
	grep -qE '^fifo +server: .*write 1\.0' "$BATS_TEST_TMPDIR/part"
	grep -qE '^msq +server: .*msgsnd 1\.0' "$BATS_TEST_TMPDIR/part"
	grep -qE '^shm +server: .*futex 1\.0' "$BATS_TEST_TMPDIR/part"
}

@test "shm: status makes no system call to the server, and the server does not run for it" {
	part "SYSTEM CALLS PER REQUEST"
	grep -E '^shm +status: ' "$BATS_TEST_TMPDIR/part" >"$BATS_TEST_TMPDIR/calls"
	grep -q 'shmat' "$BATS_TEST_TMPDIR/calls"
	run ! grep -E 'kill|futex|msgsnd|sendto|connect' "$BATS_TEST_TMPDIR/calls"
	part "WHAT IT TAKES"
	grep -E "^server's wakes per status" "$BATS_TEST_TMPDIR/part" | grep -qE ' 0$'
	grep -E '^look at the board, us' "$BATS_TEST_TMPDIR/part" | grep -qE ' [0-9.]+$'
}

@test "the limits of all methods are judged" {
	for method in socket fifo msq shm; do
		for what in "p50, 1 core" "p50, 2 cores" "status, 1 core"; do
			grep -qE "^$method $what .*(ok|short)\$" "$BENCH_OUT"
		done
	done
}

@test "the picture is well-formed and shows every method" {
	if command -v xmllint >/dev/null; then
		xmllint --noout "$BENCH_SVG"
	fi
	# Every element is closed in its turn, and there is nothing that is not one.
	perl -0777 -ne 's/<\?.*?\?>//s; my @open;
		while (/<(\/?)([a-z]+)((?:\s+[a-zA-Z:]+="[^"<&]*")*)\s*(\/?)>|([^<]+)/g) {
			next if defined $5;
			if ($1) { (pop @open // "") eq $2 or die "</$2>\n" } elsif (!$4) { push @open, $2 } }
		!@open && !/&(?!amp;|lt;|gt;|quot;)/ or die "open: @open\n"' "$BENCH_SVG"
	for method in socket fifo msq shm; do
		[ "$(grep -c ">$method</text>" "$BENCH_SVG")" = 8 ]
	done
	[ "$(grep -c '<rect .*class="b0"' "$BENCH_SVG")" -ge 32 ]
	run ! grep -iE 'nan|inf"' "$BENCH_SVG"
}

@test "no process and no file of it is left" {
	run ! pgrep -f "$BENCH_TMP/cinit-bench"
	[ -z "$(ls -A "$BENCH_TMP")" ]
}

@test "the comparison of pools measures both modes, and idle managers that sleep" {
	local out=$BATS_TEST_TMPDIR/out who
	mkdir "$BATS_TEST_TMPDIR/tmp"
	TMPDIR=$BATS_TEST_TMPDIR/tmp "$BUILD/test/bench/bench-pool" --quick --bin "$BUILD" >"$out"
	cat "$out"
	for who in "bare loop" share dispatch; do
		[ "$(sed -n '/^requests a second/,/^$/p' "$out" | grep -cE "^  $who +[0-9.]+ ")" = 1 ]
		[ "$(sed -n '/^p99  /,/^$/p' "$out" | grep -cE "^  $who +[0-9.]+ ")" = 1 ]
	done
	[ "$(grep -cE '^100 idle, (share|dispatch) +0 .* ok$' "$out")" = 2 ]
	[ ! -x /usr/sbin/nginx ] || [ "$(id -u)" != 0 ] || grep -qE '^  nginx +[0-9.]+ ' "$out"
	same "what is left" "$(ls -A "$BATS_TEST_TMPDIR/tmp")" ""
}
