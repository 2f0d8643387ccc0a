#!/usr/bin/env bats
# runs: apart
#
# Which files a round of `make test` runs, and how: that none is forgotten.
#
# shellcheck disable=SC2154

load lib

setup()
{
	unset ALL ROUND
	export CINIT_IPC=socket
	cd "$TOP/test" || return
	again=$BATS_TEST_TMPDIR/again
}

# What is run again in round N: "HOW KIND FILE", lines.
again_in() { ROUND=$1 ./run.sh --list | grep -v '^[a-z]* plain ' || :; }

# list_of CHANGE FILE: of a suite that is this one but for one file.
list_of()
{
	local copy=$BATS_TEST_TMPDIR/copy
	mkdir -p "$copy"
	cp -R "$TOP/ipc" "$TOP/test" "$copy/"
	sed -i "$1" "$copy/test/$2"
	run -1 "$copy/test/run.sh" --list
}

@test "ten rounds run again, each once, all that is ever run again" {
	local round
	for round in {0..9}; do again_in "$round"; done | sort >"$again"
	[ -s "$again" ]
	same "run twice" "$(uniq -d "$again")" ""
	same "run again" "$(cat "$again")" "$(ALL=1 ./run.sh --list | grep -v '^[a-z]* plain ' | sort)"
}

@test "each round runs every file once with the plain build, and those of the chosen method" {
	local round
	for round in {0..9}; do
		same "round $round" "$(ROUND=$round ./run.sh --list | sed -n 's/^[a-z]* plain //p' | sort)" \
			"$(printf '%s\n' *.bats socket/*.bats | grep -v '\*' | sort)"
	done
	CINIT_IPC=shm ./run.sh --list | grep -qx 'shared plain shm/hostile.bats'
}

@test "all that the heads of the files name is run again" {
	local file kind
	ALL=1 ./run.sh --list >"$again"
	for file in *.bats */*.bats; do
		for kind in $(sed -n '2s/.*; again: //p' "$file" | sed 's/methods/fifo msq shm/'); do
			grep -qx "[a-z]* $kind $file" "$again" || fail "not run again: $file $kind"
		done
	done
	for kind in asan valgrind static fifo msq shm; do
		grep -q "^[a-z]* $kind " "$again" || fail "nothing is run again with $kind"
	done
}

@test "every round has something to run again, and no round more than a quarter of it" {
	local round share all
	all=$(ALL=1 ./run.sh --list | grep -vc '^[a-z]* plain ')
	for round in {0..9}; do
		share=$(again_in "$round" | wc -l)
		[ "$share" -gt 0 ] || fail "nothing in round $round"
		[ $((share * 4)) -le "$all" ] || fail "$share of $all in round $round"
	done
}

@test "a file that hangs is ended and has failed, whatever it leaves behind" {
	local copy=$BATS_TEST_TMPDIR/copy
	mkdir -p "$copy"
	cp -R "$TOP/ipc" "$TOP/conf" "$TOP/test" "$copy/"
	printf '%s\n' '#!/usr/bin/env bats' '# runs: apart' '@test "one" { true; }' \
		'@test "two" { setsid sleep 1000 & echo "$!" >"$LEFT"; sleep 1000; }' >"$copy/test/99-hangs.bats"
	local left=$BATS_TEST_TMPDIR/left
	# bats puts a directory with its inner parts before the PATH of tests
	run -1 env -i PATH="$(tr : '\n' <<<"$PATH" | grep -v bats | paste -sd:)" LEFT="$left" CINIT_BUILD="$BUILD" CINIT_FILE_S=2 \
		"$copy/test/run.sh" 99-hangs.bats
	kill "$(cat "$left")"
	finds "ok 1 one"
	finds "not ok - 99-hangs.bats: 1 of 2 tests have ended"
	finds "1 passed, 1 failed"
}

@test "whoever waits for what does not come is told, also where a failure is handled" {
	PATIENCE=1
	await "a miracle" false 2>"$again" && fail "it came"
	grep -qx "did not come: a miracle" "$again"
}

@test "ten commits one after the other are ten rounds, and a round may be chosen" {
	local repo=$BATS_TEST_TMPDIR/repo round
	mkdir "$repo"
	cp -R "$TOP/ipc" "$TOP/conf" "$TOP/test" "$repo/"
	cd "$repo"
	git init -q .
	for round in {1..12}; do
		git -c user.name=x -c user.email=x@x commit -q --allow-empty -m "$round"
		same "after $round commits" "$(test/run.sh --list)" "$(ROUND=$((round % 10)) test/run.sh --list)"
	done
	same "round 23" "$(ROUND=23 test/run.sh --list)" "$(ROUND=3 test/run.sh --list)"
	ROUND='3 4' run -1 test/run.sh --list
	same complaint "$output" "run.sh: ROUND: '3 4': not a number"
}

@test "a round names the builds that it needs" {
	local round
	for round in {0..9}; do
		same "round $round" "$(ROUND=$round ./run.sh --builds)" \
			"$(again_in "$round" | grep -oE '^[a-z]+ (asan|valgrind) ' | cut -d' ' -f2 | sort -u)"
	done
}

@test "a file whose head does not say how it is run is refused by name" {
	local change
	for change in 2d 's/^# runs: apart/# runs: alone/' '2s/$/; again: slow/' '2s/$/; again: asan, static/'; do
		list_of "$change" 42-demo.bats
		same "with $change" "$output" "run.sh: 42-demo.bats: its second line does not say how it is run"
	done
}

# runs_with LINE...: run.sh of a copy of the suite, in which these lines are bats.
runs_with()
{
	copy=$BATS_TEST_TMPDIR/copy
	mkdir -p "$copy/test" "$copy/build" "$copy/bin"
	cp -R "$TOP/ipc" "$copy/"
	cp "$TOP/test/run.sh" "$copy/test/"
	cp "$BUILD/cinit" "$copy/build/"
	printf '%s\n' '#!/bin/sh' "$@" >"$copy/bin/bats"
	chmod +x "$copy/bin/bats"
	export CINIT_BUILD=$copy/build PATH=$copy/bin:$PATH
	unset CINIT_MOUNTS
}

@test "tests that do not come to their end, and builds that are not there, are failures" {
	runs_with 'echo 1..2' 'echo ok 1 one'
	run -1 "$copy/test/run.sh" x.bats
	has "$output" "ok 1 one"
	has "$output" "not ok - x.bats: 1 of 2 tests have ended"
	has "$output" "1 passed, 1 failed"
	rm "$copy/build/cinit"
	run -1 "$copy/test/run.sh" x.bats
	has "$output" "not ok - x.bats: there is no $copy/build/cinit"
}

@test "root's tests have their files in memory, and what they leave is gone with them" {
	local place
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	[ "$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)" -gt 2000000 ] || skip "needs 2 GB of memory"
	runs_with 'echo 1..1' 'echo >"$TMPDIR/left"' 'echo "ok 1 $(stat -f -c %T "$TMPDIR") $TMPDIR"'
	run -0 "$copy/test/run.sh" x.bats
	has "$output" "ok 1 tmpfs /"
	place=${output#*tmpfs } place=${place%%$'\n'*}
	[ ! -e "$place" ]
	! grep -F cinit-test /proc/self/mounts | grep -F "$place"
}
