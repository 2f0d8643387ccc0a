#!/usr/bin/env bats
# runs: apart; again: asan
#
# What a program finds when it is started: by which path it was executed, what the kernel calls
# its process, and its environment.
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

# --- the environment -----------------------------------------------------------------------

env_of() { e "[.[] | select(.event == \"${2:-start}\" and .service == \"$1\")][0].env"; }

@test "the default environment is the supervisor's, without what is not true for a service" {
	stub init
	wrap=(env -i ONE=1 CINIT_SERVICE=outer CINIT_STATUS_FD=9 LISTEN_PID=7 LISTEN_FDS=1 NOTIFY_SOCKET=/n
		PATH=/bin:/usr/bin cprofile=init LISTENER=mine CINITS=mine)
	local kind
	for kind in container user; do
		: >"$events"
		boot_settled $kind
		same "env, $kind" "$(env_of init)" \
			'["ONE=1","PATH=/bin:/usr/bin","LISTENER=mine","CINITS=mine","CINIT_SERVICE=init","CINIT_PROFILE=init"]'
		end_by_force
	done
}

@test "on a machine it is a PATH alone" {
	stub init
	export OUTSIDE=not-for-them
	boot_settled machine
	same env "$(env_of init)" '["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","CINIT_SERVICE=init","CINIT_PROFILE=init"]'
}

@test "an .env whose first line is + adds to the default, and replaces what it has; off and conf/ alike" {
	stub init
	off_stub init
	ln -s "$dir/stub" "$tree/conf/last"
	wrap=(env -i ONE=1 TWO=2 PATH=/bin)
	put svc/init/on.env '+\nTWO=other\nTHREE=3\n+\nCINIT_SERVICE=forged\n'
	put svc/init/off.env '\n+\n'
	put conf/last.env '+\nLAST=1\n'
	boot_settled container
	kill -TERM "$(cinit_pid)"
	ends_with 0
	same on "$(env_of init)" '["ONE=1","PATH=/bin","TWO=other","THREE=3","+","CINIT_SERVICE=init","CINIT_PROFILE=init"]'
	same off "$(env_of init off | jq -c .[0:3])" '["ONE=1","TWO=2","PATH=/bin"]'
	same last "$(env_of conf)" '["ONE=1","TWO=2","PATH=/bin","LAST=1"]'
	: >"$events"
	boot_settled machine
	same machine "$(env_of init | jq -c .[0:3])" '["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","TWO=other","THREE=3"]'
}

@test "a large environment of the supervisor is passed on to each" {
	stub init
	wrap=(env -i PATH=/bin)
	local i
	for i in {1..4000}; do wrap+=("V$i=$i"); done
	printf '+\nLAST=1\n' >"$tree/svc/init/on.env"
	boot_settled container
	same variables "$(env_of init | jq length)" 4004
}

@test "of the user's variables, those behind + count" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	public_tree
	out=$public
	wrap=(env USER=root HOME=/of-root)
	script init "echo \"\$HOME \${USER--} \${SHELL--}\" >$out/told"
	printf '0\n' >"$tree/svc/init/user"
	printf '+\nHOME=/own\nX=1\n' >"$tree/svc/init/on.env"
	boot_settled container
	same told "$(told)" "/own root $(getent passwd 0 | cut -d: -f7)"
}
