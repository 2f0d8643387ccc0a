#!/usr/bin/env bats
# runs: apart; again: asan
#
# What a program finds when it is started: by which path it was executed, what the kernel calls
# its process, and its environment.
#
# shellcheck disable=SC2154,SC2034,SC2016,SC2030,SC2031

load lib
load boot

setup()
{
	boot_begin
	out=$dir
}
teardown()
{
	[ -z "${sitter-}" ] || kill "$sitter"
	[ -z "${holder-}" ] || kill "$holder"
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

# --- standard input ------------------------------------------------------------------------

# reads NAME [FILE=TEXT...]: a kept service, and what its descriptor 0 is.
reads()
{
	local name=$1 entry
	shift
	script "$name" "readlink /proc/\$\$/fd/0 >$out/$name.new; mv $out/$name.new $out/$name.stdin" \
		'exec tail -f /dev/null'
	: >"$tree/svc/$name/respawn"
	for entry; do printf '%b' "${entry#*=}" >"$tree/svc/$name/${entry%%=*}"; done
	wants init "$name"
}

stdin_of()
{
	await "$1" is_there "$out/$1.stdin"
	cat "$out/$1.stdin"
}

# Services that tell what they read, to whoever they are: below $public, on a console.
readers()
{
	group init
	console
	public_tree
	out=$public
	chmod 1777 "$public"
}

fd0() { readlink "/proc/$(outer "$(pid_of "$1")")/fd/0"; }

@test "standard input is /dev/null, whatever the supervisor's is, and whoever the service" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	readers
	reads plain
	reads other 'user=65534\n' 'group=65534\n'
	reads null 'stdin=null\n'
	stub once
	wants init once
	printf '#!/bin/sh\nreadlink /proc/$$/fd/0 >%s/off.stdin\n' "$out" >"$tree/svc/plain/off"
	chmod +x "$tree/svc/plain/off"
	local kind
	for kind in container user machine; do
		rm -f "$out"/*.stdin
		boot_settled $kind
		same "$kind" "$(stdin_of plain) $(stdin_of other) $(stdin_of null)" "/dev/null /dev/null /dev/null"
		svc stop plain
		same "off, $kind" "$(stdin_of off)" /dev/null
		end_by_force
	done
}

@test "where there is no /dev/null, what is read there is at its end" {
	boot_root
	mkdir -p "$tree/svc/init"
	ln -s /bin/stub "$tree/svc/init/on"
	: >"$tree/svc/init/respawn"
	root_cinit
	svc wait init
	[[ $(fd0 init) == pipe:* ]]
	same read "$(timeout 5 cat "/proc/$(outer "$(pid_of init)")/fd/0"; echo $?)" 0
}

@test "stdin: inherit is the supervisor's, and file is opened as the user" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	readers
	echo secret >"$public/secret"
	chmod 600 "$public/secret"
	reads inherit 'stdin=inherit\n'
	reads file "stdin=file $public/secret\n"
	reads shut "stdin=file $public/secret\n" 'user=65534\n' 'group=65534\n'
	reads missing 'stdin=file /nonesuch/a b\n'
	rm "$tree/svc/shut/respawn" "$tree/svc/missing/respawn"
	boot_settled container
	same "inherit" "$(stdin_of inherit)" "$dir/console"
	same "file" "$(stdin_of file)" "$public/secret"
	same "shut" "$(why shut)" "stdin: file $public/secret: Permission denied"
	same "missing" "$(why missing)" "stdin: file /nonesuch/a b: No such file or directory"
	[ ! -e "$out/shut.stdin" ]
}

# a_shell NAME [ENTRY...]: `on` is a link to a shell, which reads what it is to do.
a_shell()
{
	local name=$1
	shift
	linked "$name" "$dir/bin/${1:-sh}"
	: >"$tree/svc/$name/respawn"
	wants init "$name"
}

@test "a shell of which nothing is said has the console of a machine; with entries, and elsewhere, it has not" {
	group init
	console
	mkdir "$dir/bin"
	# it would end at once with nothing to read
	printf '#!/bin/sh\nexec tail -f /dev/null\n' >"$dir/bin/sh"
	chmod +x "$dir/bin/sh"
	ln "$dir/bin/sh" "$dir/bin/sulogin"
	ln "$dir/bin/sh" "$dir/bin/shell"
	a_shell bare
	a_shell sulogin sulogin
	a_shell params
	a_shell null
	a_shell user
	a_shell shell shell
	put svc/params/on.params '-i\n'
	put svc/null/stdin 'null\n'
	put svc/user/user "$(id -u)\n"
	put svc/user/group "$(id -g)\n"
	boot_settled machine
	local name
	for name in bare sulogin; do same "$name" "$(fd0 $name)" "$dir/console"; done
	for name in params null user shell; do same "$name" "$(fd0 $name)" /dev/null; done
	end_by_force
	local kind
	for kind in container user; do # no terminal
		boot_settled $kind
		same "bare, $kind" "$(fd0 bare)" /dev/null
		end_by_force
	done
}

# A terminal that nobody has yet: $pts, held until the test ends.
a_terminal()
{
	perl -e 'open(my $m, "+<", "/dev/ptmx") or die; my ($none, $n) = (pack("i", 0), pack("i", 0));
		ioctl($m, 0x40045431, $none) or die; ioctl($m, 0x80045430, $n) or die; $| = 1;
		print "/dev/pts/", unpack("i", $n), "\n"; sleep' >"$dir/pts" 3>&- &
	holder=$!
	await "a terminal" test -s "$dir/pts"
	pts=$(cat "$dir/pts")
}

# has_pts PID: its controlling terminal is $pts.
has_pts()
{
	local nr
	nr=$(sed 's/.*) //' "/proc/$1/stat" | cut -d' ' -f5)
	[ "$nr" -eq $((16#$(stat -c %t "$pts") << 8 | 16#$(stat -c %T "$pts"))) ]
}

controls() { has_pts "$(outer "$(pid_of "$1")")"; }

# Somebody who sits at it: $sitter.
sits()
{
	setsid -c bash -c 'echo $$ >"$0"; exec tail -f /dev/null' "$dir/sits" <>"$pts" >/dev/null 3>&- &
	await "somebody" test -s "$dir/sits"
	sitter=$(cat "$dir/sits")
	has_pts "$sitter"
}

@test "in user mode with a terminal a shell has that, without taking it from who sits there" {
	group init
	mkdir "$dir/bin"
	printf '#!/bin/sh\nexec tail -f /dev/null\n' >"$dir/bin/sh"
	chmod +x "$dir/bin/sh"
	a_shell bare
	reads other
	a_terminal
	sits
	stdin=$pts
	boot_settled user
	same bare "$(fd0 bare)" "$pts"
	same other "$(stdin_of other)" /dev/null
	has_pts "$sitter"
	! controls bare || fail "it was taken"
}

@test "tty PATH is the controlling terminal and descriptors 0 to 2; at a stop it is hung up" {
	group init
	a_terminal
	script seat 'trap "" TERM' "trap 'echo hung up >$dir/hup; exit' HUP" 'while :; do read -r line; done'
	: >"$tree/svc/seat/respawn"
	printf '%s\n' "$pts" >"$tree/svc/seat/tty"
	printf '60\n' >"$tree/svc/seat/delay"
	printf '#!/bin/sh\nreadlink /proc/$$/fd/0 >%s/off.stdin\n' "$out" >"$tree/svc/seat/off"
	chmod +x "$tree/svc/seat/off"
	wants init seat
	boot_settled container
	local fd
	for fd in 0 1 2; do
		same "descriptor $fd" "$(readlink "/proc/$(outer "$(pid_of seat)")/fd/$fd")" "$pts"
	done
	controls seat || fail "$(cat "/proc/$(outer "$(pid_of seat)")/stat")"
	svc stop seat
	same "it heard" "$(cat "$dir/hup")" "hung up"
	same "off" "$(stdin_of off)" /dev/null
}

@test "a terminal that is another session's is taken on a machine, and elsewhere only used" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	group init
	a_terminal
	sits
	reads seat "tty=$pts\n"
	boot_settled container
	said "seat: tty: $pts: Operation not permitted: started without it"
	same stdin "$(stdin_of seat)" "$pts"
	has_pts "$sitter"
	end_by_force
	boot_settled machine
	await "the terminal" controls seat
	! has_pts "$sitter" || fail "it was not taken"
}

@test "with tty and stdin descriptor 0 is what stdin says; a terminal that is not there fails the start" {
	group init
	a_terminal
	reads quiet "tty=$pts\n" 'stdin=null\n'
	reads missing 'tty=/dev/nonesuch\n'
	rm "$tree/svc/missing/respawn"
	boot_settled container
	same quiet "$(stdin_of quiet)" /dev/null
	controls quiet
	same missing "$(why missing)" "tty: /dev/nonesuch: No such file or directory"
}

@test "an empty tty, and stdin tty, are the supervisor's own terminal" {
	group init
	a_terminal
	stdin=$pts
	reads empty tty=
	boot_settled machine
	same empty "$(stdin_of empty)" "$pts"
	controls empty
	end_by_force
	rm "$tree/svc/empty/tty" "$out/empty.stdin"
	printf 'tty\n' >"$tree/svc/empty/stdin"
	boot_settled container
	same stdin "$(stdin_of empty)" "$pts"
}

@test "stdin and tty: other words, and a terminal for a pool, refuse the service" {
	once init
	local row file text
	while IFS='|' read -r file row text; do
		printf '%b' "$row" >"$tree/svc/init/$file"
		check
		finds "$tree/svc/init/$file: $text"
		rm "$tree/svc/init/$file"
	done <<'ROWS'
stdin||not `null`, `file` and an absolute path, `inherit` or `tty`
stdin|Null\n|'Null': not `null`, `file` and an absolute path, `inherit` or `tty`
stdin|file x\n|'file x': not `null`, `file` and an absolute path, `inherit` or `tty`
stdin|null\nnull\n|not `null`, `file` and an absolute path, `inherit` or `tty`
tty|tty1\n|'tty1': not an absolute path
tty|/dev/tty1\n/dev/tty2\n|more than one line
ROWS
	for file in null 'file /x' inherit tty; do
		printf '%s\n' "$file" >"$tree/svc/init/stdin"
		check
		same "$file" "$status" 0
	done
	mkdir "$tree/svc/init/pool"
	put svc/init/listen 'tcp *:80\n'
	put svc/init/tty ''
	check
	finds "$tree/svc/init/stdin: a pool has no terminal"
	finds "$tree/svc/init/tty: a pool has no terminal"
}
