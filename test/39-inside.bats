#!/usr/bin/env bats
# runs: apart; again: asan
#
# What a program finds about itself when it is started: by which path it was executed, and what
# the kernel calls its process.
#
# shellcheck disable=SC2154,SC2034,SC2016

load lib
load boot

setup()
{
	boot_begin
	out=$dir
}
teardown()
{
	public_end
	boot_end
}

# --- what is executed --------------------------------------------------------------------

# tells FILE: a script that writes its $0 and the kernel's name of its process into a file.
tells()
{
	mkdir -p "$(dirname "$1")"
	printf '%s\n' '#!/bin/sh' "echo \"\$0 \$(cat /proc/\$\$/comm)\" >>$out/told" >"$1"
	chmod +x "$1"
}

told() { paste -sd'|' "$out/told"; }

# linked NAME TEXT: a once-service whose `on` is a link with this text.
linked()
{
	mkdir -p "$tree/svc/$1"
	ln -sfn "$2" "$tree/svc/$1/on"
}

@test "a script that on or off links to finds itself by its own path, and its process has its name" {
	tells "$dir/app/bin/start.sh"
	tells "$dir/app/bin/stop.sh"
	linked init "$dir/app/bin/start.sh"
	ln -s "$dir/app/bin/stop.sh" "$tree/svc/init/off"
	boot_settled container
	svc stop init
	same told "$(told)" "$dir/app/bin/start.sh start.sh|$dir/app/bin/stop.sh stop.sh"
}

@test "a relative link is executed by the path of its service, below the tree as it was given" {
	tells "$tree/svc/init/bin/run.sh"
	linked init ./bin//run.sh
	ln -s tree "$dir/by-link"
	boot container -c "$dir/by-link"
	svc wait settled
	same told "$(told)" "$dir/by-link/svc/init/./bin//run.sh run.sh"
}

@test "a program of conf/ is executed by the path of its link, too" {
	stub init
	tells "$tree/conf/end.sh"
	ln -s end.sh "$tree/conf/last"
	tells "$dir/panic.sh"
	ln -s "$dir/panic.sh" "$tree/conf/panic"
	boot_settled container
	kill -TERM "$(cinit_pid)"
	ends_with 0
	same last "$(told)" "$tree/conf/end.sh end.sh"
	rm "$out/told" "$tree/svc/init/on"
	ln -s /nonesuch "$tree/svc/init/on"
	boot machine
	await "the panic" is_there "$out/told"
	same panic "$(told)" "$dir/panic.sh panic.sh"
}

@test "chains of links are not followed by us: the process has the name of the first" {
	tells "$dir/real.sh"
	ln -s real.sh "$dir/alias.sh"
	linked init "$dir/alias.sh"
	boot_settled container
	same told "$(told)" "$dir/alias.sh alias.sh"
}

@test "a file on is executed as itself" {
	tells "$tree/svc/init/on"
	boot_settled container
	same told "$(told)" "$tree/svc/init/on on"
}

@test "the link counts as it is at each start, and so does one above the tree" {
	local release
	for release in 1 2; do
		tells "$dir/release$release/bin.sh"
		mkdir -p "$dir/release$release/tree/svc/init" "$dir/release$release/tree/conf"
		ln -s ../../../bin.sh "$dir/release$release/tree/svc/init/on"
	done
	ln -s release1 "$dir/current"
	boot container -c "$dir/current/tree"
	svc wait settled
	ln -s release2 "$dir/next"
	mv -T "$dir/next" "$dir/current"
	svc restart init
	tells "$dir/other.sh"
	ln -sfn "$dir/other.sh" "$dir/current/tree/svc/init/on"
	svc restart init
	same "paths" "$(told)" "$dir/current/tree/svc/init/../../../bin.sh bin.sh|$dir/current/tree/svc/init/../../../bin.sh bin.sh|$dir/other.sh other.sh"
}

@test "a link whose path would be too long with its directory is executed as on" {
	tells "$tree/svc/init/run.sh"
	linked init "$(printf './%.0s' {1..2040})run.sh"
	group more
	wants init more
	linked more "$(printf '/%.0s' {1..2000})$tree/svc/init/run.sh"
	boot_settled container
	same "the longer one" "$(tail -n 1 "$out/told")" "$tree/svc/init/on on"
	has "$(head -n 1 "$out/told")" "///$tree/svc/init/run.sh run.sh"
}

@test "as another user, too, whose process is made in another way" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	public_tree
	out=$public
	tells "$public/run.sh"
	linked init "$public/run.sh"
	printf '4001\n' >"$tree/svc/init/user"
	printf '4001\n' >"$tree/svc/init/group"
	: >"$out/told"
	chmod 666 "$out/told"
	boot_settled container
	same told "$(told)" "$public/run.sh run.sh"
}
