#!/usr/bin/env bats
# runs: last
#
# Many orphans that die at once; test/orphans.sh does it, and `make proof-orphans`
# does it ten times.
#
# shellcheck disable=SC2154

load lib
load boot

setup()
{
	boot_begin
	cd "$TOP/test" || return
	build=$BUILD
	[ ! -x "$BUILD/static/cinit" ] || build=$BUILD/static
}

teardown()
{
	public_end
	boot_end
}

# storm N WHO...: one round; $output.
storm()
{
	run timeout -k 5 300 ./orphans.sh "$build" "$1" 1 "${@:2}" 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
}

# row WHO: "CPU TIME ZOMBIES STATUS"
row() { awk -v who="$1" '$1 == who { print $2, $3, $4, $5 }' <<<"$output"; }

@test "20000 orphans that die at once cost at most half a second of CPU, and a status 100 ms" {
	local cpu zombies slowest
	storm 20000 tree tini runit
	read -r cpu _ zombies slowest <<<"$(row tree)"
	[ "$cpu" -le 500 ]
	same zombies "$zombies" 0
	[ "$slowest" -le 100 ]
}

@test "a single program's supervisor reaps 20000 orphans that die at once as cheaply" {
	local cpu zombies
	storm 20000 single
	read -r cpu _ zombies _ <<<"$(row single)"
	[ "$cpu" -le 500 ]
	same zombies "$zombies" 0
}

@test "while 2000 orphans die at once a status takes less than a second" {
	group init
	needs init makes
	mkdir -p "$tree/svc/makes"
	ln -s "$BUILD/test/orphans" "$tree/svc/makes/on"
	printf '%s\n' 2000 "$dir/go" >"$tree/svc/makes/on.params"
	respawn_stub other
	wants init other
	boot container
	svc wait other
	await "the orphans" test -e "$dir/go.ready"
	: >"$dir/go"
	for i in {1..20}; do
		timeout 1 "$BUILD/cinit.svc" -r "$run" -q status other || fail "status $i: $?"
	done
	nobody() { [ "$(children "$(cinit_pid)" | wc -w)" = 1 ]; }
	await "the last one reaped" nobody
}

@test "a program that ends in the middle of a storm is noticed, with its exit code" {
	local dir began
	dir=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	# it ends when they die, of the same file
	began=$SECONDS
	run -7 timeout -k 5 "$PATIENCE" "${NS[@]}" --mount-proc "$build/cinit" -- \
		sh -c '"$1" 3000 "$2/go" & while [ ! -e "$2/go.ready" ]; do sleep 0.02; done
			: >"$2/go"; wait; exit 7' sh "$build/test/orphans" "$dir" 3>&-
	[ $((SECONDS - began)) -lt "$PATIENCE" ]
}
