#!/usr/bin/env bats
# runs: apart
#
# `make run`: the sample tree as PID 1 of fresh namespaces, for root and for ordinary
# users, and where no namespace can be had; one's own tree until it is told to stop.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load lib
load boot
load ipc

setup()
{
	helpers=() run=''
	ordinary=()
	[ "$(id -u)" -ne 0 ] || ordinary=("${NOBODY[@]}")
	public=$(mktemp -d "${TMPDIR:-/tmp}/cinit-test.XXXXXX")
	chmod 755 "$public"
	export TMPDIR=$public/tmp
	mkdir -m 1777 "$TMPDIR"
}

teardown()
{
	local pid
	[ -z "${run-}" ] || "$BUILD/cinit.poweroff" -r "$run" 2>/dev/null || :
	for pid in "${helpers[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	public_end
}

# The programs, the sample and the script where every user can reach them.
publish_all()
{
	mkdir -p "$public/build" "$public/test"
	cp -L "$BUILD"/cinit "$BUILD"/cinit.* "$public/build/"
	cp -R "$TOP/test/demo.sh" "$TOP/test/trees" "$public/test/"
	chmod -R a+rX "$public/build" "$public/test"
}

# tour CMD...: runs it and looks at what it shows; five seconds are enough.
tour()
{
	local before=$SECONDS
	run timeout -k 5 "$PATIENCE" "$@"
	same "exit code" "$status" 0
	[ $((SECONDS - before)) -le "${TOUR_S:-5}" ] || fail "it took $((SECONDS - before)) s" "$output"
	shows_everything
}

shows_everything()
{
	local part
	for part in "== boot" "web/app: starting -> up" "net/firewall: starting -> failed (exit 1)" \
		"== cinit.svc list" "NAME" "== web/app is killed, and comes back" \
		"web/app: up -> backoff (killed by signal 9 (KILL)" "== why net/firewall is not up" \
		"(exit code 3)" "== shutdown, in reverse order" "stopping all services" \
		"cinit ended with exit code 0"; do
		has "$output" "$part"
	done
	lacks "$output" "did not come"
	# web/app is stopped before what it needs
	local app db
	app=$(grep -n 'web/app: .* -> down' <<<"$output" | tail -n1 | cut -d: -f1)
	db=$(grep -n '^cinit: db: .* -> down' <<<"$output" | tail -n1 | cut -d: -f1)
	[ "${app:-0}" -lt "${db:-0}" ] || fail "not in reverse order:" "$output"
	same "left behind" "$(ls -A "$TMPDIR")" ""
}

@test "the tour boots, lists, kills, and shuts down, in five seconds, as PID 1" {
	namespaces
	tour "$TOP/test/demo.sh" "$BUILD"
	has "$output" "container mode, pid 1"
}

@test "the tour works for an ordinary user" {
	publish_all
	namespaces
	"${ordinary[@]}" unshare --user --map-root-user --pid --mount --ipc --fork --mount-proc true ||
		skip "no user namespaces for ordinary users here"
	tour "${ordinary[@]}" "$public/test/demo.sh" "$public/build"
	has "$output" "container mode, pid 1"
}

# PATH with an unshare that is refused.
no_namespaces()
{
	mkdir -p "$public/bin"
	printf '%s\n' '#!/bin/sh' 'echo "unshare: not today" >&2' 'exit 1' >"$public/bin/unshare"
	chmod 755 "$public/bin" "$public/bin/unshare"
	PATH=$public/bin:$PATH
}

@test "where no namespace can be made, the tour says why and runs in user mode" {
	no_namespaces
	tour "$TOP/test/demo.sh" "$BUILD"
	has "$output" "no namespaces here (unshare: not today): the same in user mode"
	has "$output" "user mode, pid "
}

@test "where no namespace can be made, the tour works for an ordinary user" {
	publish_all
	no_namespaces
	tour "${ordinary[@]}" "$public/test/demo.sh" "$public/build"
	has "$output" "user mode, pid "
}

# stays CMD...: it runs on a tree of one's own until TERM.
stays()
{
	tree=$public/own
	mkdir -p "$tree/svc/init/needs" "$tree/svc/stay"
	ln -s ../../stay "$tree/svc/init/needs/stay"
	ln -s /bin/sleep "$tree/svc/stay/on"
	echo 1000 >"$tree/svc/stay/on.params"
	: >"$tree/svc/stay/respawn"
	chmod -R a+rX "$tree"
	in_background "$@" "$tree"
	await "its service" background_said "init: waiting -> up"
	background_said "cinit.poweroff -r "
	run=$(background_output | sed -n 's/.*cinit.poweroff -r //p')
	"$BUILD/cinit.svc" -r "$run" status stay
}

# TERM to the script alone is passed on, and the shutdown is an ordered one.
term_ends_it()
{
	kill -TERM "$(children "${helpers[-1]}" | tr -d ' ')"
	await "its end" eval '! kill -0 "${helpers[-1]}"'
	background_said "stopping all services" || fail "$(background_output)"
	background_said "stay: up -> " || background_said " -> down" || fail "$(background_output)"
	background_said "init: " || fail "$(background_output)"
}

# No process names the tree any more (the brackets: nor does grep itself).
nobody_lives_on()
{
	! grep -lsa -e "${public##*/}/[o]wn" /proc/[0-9]*/cmdline || fail "these live on"
}

@test "a tree of one's own stays up until cinit.poweroff" {
	namespaces
	stays "$TOP/test/demo.sh" "$BUILD"
	"$BUILD/cinit.poweroff" -r "$run"
	wait "${helpers[-1]}"
	background_said "stay: stopping -> down" || background_said "stay: killing -> down"
	same "left behind" "$(ls -A "$TMPDIR")" ""
}

@test "a tree of one's own stays up until TERM" {
	namespaces
	stays "$TOP/test/demo.sh" "$BUILD"
	term_ends_it
	await "nobody left" eval '[ -z "$(ls -A "$TMPDIR")" ]'
	nobody_lives_on
}

@test "without namespaces, a tree of one's own stays up until TERM" {
	no_namespaces
	stays "$TOP/test/demo.sh" "$BUILD"
	term_ends_it
	await "nobody left" eval '[ -z "$(ls -A "$TMPDIR")" ]'
	nobody_lives_on
}

@test "in a chroot no mounts are apart from others, so tests run in a root of their own" {
	as_root
	local inside=$public/root
	namespaces
	put_program "$BUILD/test/own-root" "$inside"
	put_program "$(command -v unshare)" "$inside"
	put_program /bin/true "$inside"
	mkdir "$inside/proc"
	in_chroot() { "${NS[@]}" sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$inside" "$@"; }
	run in_chroot /unshare --mount /true
	[ "$status" != 0 ] || fail "this is no chroot as others are"
	run -0 in_chroot /own-root /unshare --mount /true
	run -0 in_chroot /own-root /unshare --user --map-root-user --pid --mount --fork --mount-proc /true
	run -1 in_chroot /own-root /unshare --no-such-option
	run -125 in_chroot /own-root /missing
	has "$output" "own-root: /missing: No such file or directory"
}
