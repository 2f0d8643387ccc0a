#!/usr/bin/env bats
# runs: apart; again: asan
#
# `listen`: sockets that are opened for a service before it starts, and stay.
#
# Each supervisor has a network of its own, so any port is free.
#
# shellcheck disable=SC2154,SC2034,SC2016,SC2030,SC2031

load lib
load boot

setup()
{
	boot_begin
	group init
	ln -s "$BUILD/test/serve" "$dir/serve"
	wrap=(unshare --net perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
		my $up = pack("a16s", "lo", 0x41); ioctl($s, 0x8914, $up) or die; exec @ARGV or die')
	"${NS[@]}" "${wrap[@]}" true 2>/dev/null || skip "no network namespaces here"
}

teardown()
{
	public_end
	boot_end
}

# listens NAME LINE...: a service that answers on these.
listens()
{
	local name=$1
	shift
	mkdir -p "$tree/svc/$name"
	ln -s "$dir/serve" "$tree/svc/$name/on"
	: >"$tree/svc/$name/respawn"
	printf '%s\n' "$@" >"$tree/svc/$name/listen"
}

in_net() { nsenter -t "$(cinit_pid)" -n -- "$@"; }
knock() { in_net "$BUILD/test/knock" "$@"; }
answers() { [[ $(knock "$@") =~ ^[0-9]+' '[0-9]+$ ]]; }

# Who has answered, and on which descriptor.
answered_by() { knock "$2" "$3" | sed "s/^$(pid_of "$1") /$1 /"; }

# What descriptor N of a service is, "socket:[12345]".
descriptor() { readlink "/proc/$(outer "$(pid_of "$1")")/fd/$2"; }
descriptors() { find "/proc/$(outer "$(pid_of "$1")")/fd" -mindepth 1 -printf '%f\n' | sort -n | paste -sd' '; }
errno_of() { status_of "$1" .last_exit.errno; }
n_open() { find "/proc/$(cinit_pid)/fd" -mindepth 1 | wc -l; }

env_of() { e "[.[] | select(.event == \"start\" and .service == \"$1\")][-1].env[] | select(startswith(\"$2=\"))"; }

# --- what a process finds -----------------------------------------------------------------

@test "a service answers on sockets of every kind, in the order of its lines" {
	listens s 'tcp 127.0.0.1:80' 'udp *:53' "unix $dir/a b" "unix-dgram $dir/dgram 0600" 'tcp [::1]:80' 'udp [::1]:1'
	sed -i "s| b$||" "$tree/svc/s/listen"
	wants init s
	boot_settled container
	same "state" "$(state s)" up
	same tcp "$(answered_by s tcp 80)" "s 3"
	same udp "$(answered_by s udp 53)" "s 4"
	same "udp by IPv6" "$(answered_by s udp6 53)" "s 4"
	same unix "$(answered_by s unix "$dir/a")" "s 5"
	same unix-dgram "$(answered_by s unix-dgram "$dir/dgram")" "s 6"
	same "tcp, IPv6" "$(answered_by s tcp6 80)" "s 7"
	same "udp, IPv6" "$(answered_by s udp6 1)" "s 8"
}

@test "LISTEN_FDS, LISTEN_PID and LISTEN_FDNAMES are right, and win over the caller's" {
	respawn_stub s
	printf '%s\n' 'tcp *:8080' "unix $dir/web.sock" "unix-dgram $dir/w:b=c" 'udp 127.0.0.1:9' >"$tree/svc/s/listen"
	wants init s
	wrap=(env LISTEN_FDS=7 LISTEN_PID=1 LISTEN_FDNAMES=x "${wrap[@]}")
	boot_settled container
	await s happens start s
	same fds "$(env_of s LISTEN_FDS)" LISTEN_FDS=4
	same pid "$(env_of s LISTEN_PID)" "LISTEN_PID=$(pid_of s)"
	same names "$(env_of s LISTEN_FDNAMES)" LISTEN_FDNAMES=tcp-8080:unix-web.sock:unix-dgram-w_b_c:udp-9
}

@test "60 services that start at once have each its own pid in LISTEN_PID" {
	local i
	for i in {1..60}; do
		listens "s$i" "unix $dir/s$i" # ends with 9 if it is another's
		wants init "s$i"
	done
	boot_settled container
	for i in {1..60}; do
		same "s$i" "$(answered_by "s$i" unix "$dir/s$i")" "s$i 3"
	done
	same "ends" "$(times_said 'exit 9')" 0
}

@test "a service has its own sockets and nobody else's, and no descriptor beside them" {
	listens s 'tcp *:80' "unix $dir/s" 'udp *:80'
	respawn_stub t
	stub o
	off_stub s
	wants init s t o
	ln -s "$BUILD/test/inside" "$dir/inside"
	mkdir -p "$tree/svc/looks"
	ln -s "$dir/inside" "$tree/svc/looks/on"
	needs looks s
	wants init looks
	boot_settled container
	await t happens start t
	same s "$(descriptors s)" "0 1 2 3 4 5"
	same t "$(descriptors t)" "0 1 2"
	same looks "$(grep ^Descriptors "$dir/inside.out")" $'Descriptors:\t0 1 2'
	kill_service t KILL
	await "t again" happens start t 2
	same "t, started while s listens" "$(descriptors t)" "0 1 2"
}

@test "an off program has none of the sockets" {
	listens s 'tcp *:80'
	ln -s "$BUILD/test/inside" "$dir/inside"
	ln -s "$dir/inside" "$tree/svc/s/off"
	wants init s
	boot_settled container
	svc stop s
	same off "$(grep ^Descriptors "$dir/inside.out")" $'Descriptors:\t0 1 2'
}

# lines N FILE: N paths, s1 and so on, also in ${lines[@]}.
lines()
{
	seq -f "unix $dir/s%g" "$1" >"$2"
	mapfile -t lines <"$2"
}

@test "32 sockets arrive, in any order, beside arguments that fill a page" {
	lines 32 "$dir/lines"
	listens s "${lines[@]}"
	{
		echo -1
		seq 3000
	} >"$tree/svc/s/on.params"
	wants init s
	boot_settled container
	local i
	for i in 1 17 32; do same "s$i" "$(answered_by s unix "$dir/s$i")" "s $((i + 2))"; done
	tac "$dir/lines" >"$tree/svc/s/listen"
	hup
	svc restart s
	for i in 1 2 17 31 32; do same "s$i, now" "$(answered_by s unix "$dir/s$i")" "s $((35 - i))"; done
}

@test "a program that cannot be executed says so, whatever descriptors it was to get" {
	lines 32 "$dir/lines"
	listens s "${lines[@]}"
	listens t "unix $dir/t"
	printf 'fd 63' >"$tree/svc/t/ready"
	ln -sfn "$dir/nothing" "$tree/svc/s/on"
	ln -sfn "$dir/nothing" "$tree/svc/t/on"
	wants init s t
	boot_settled container
	same s "$(why s)" "exec: No such file or directory"
	same t "$(why t)" "exec: No such file or directory"
}

# --- kept open ---------------------------------------------------------------------------------

@test "while a service crashes, is restarted, stopped and started, nobody who connects is refused" {
	listens s 'tcp 127.0.0.1:80' "unix $dir/s"
	wants init s
	boot_settled container
	local inode i tcp unix
	inode=$(descriptor s 3)
	knock tcp 80 "$dir/enough" >"$dir/tcp" &
	tcp=$!
	knock unix "$dir/s" "$dir/enough" >"$dir/unix" &
	unix=$!
	for i in {1..5}; do
		svc restart s
		kill_service s KILL
		svc wait s
		hup
		svc stop s
		svc start s
	done
	: >"$dir/enough"
	wait "$tcp" "$unix"
	cat "$dir/tcp" "$dir/unix"
	grep -qE '^answered [1-9][0-9]* refused 0 ' "$dir/tcp"
	grep -qE '^answered [1-9][0-9]* refused 0 ' "$dir/unix"
	same "the socket" "$(descriptor s 3)" "$inode"
}

@test "who connects while a service is down is answered when it is started" {
	listens s 'tcp 127.0.0.1:80'
	wants init s
	boot_settled container
	svc stop s
	knock tcp 80 >"$dir/answer" &
	local client=$!
	await "a connection" grep -q '^ *[0-9]*: 0100007F:0050 0100007F' "/proc/$(cinit_pid)/net/tcp"
	svc start s
	wait "$client"
	same answer "$(cat "$dir/answer")" "$(pid_of s) 3"
}

@test "a reload that moves services about leaves each its sockets" {
	listens m "unix $dir/m" 'tcp *:81'
	listens n "unix $dir/n"
	wants init m n
	boot_settled container
	local before
	before="$(descriptor m 3) $(descriptor m 4) $(descriptor n 3)"
	listens a "unix $dir/a"
	group b c
	wants init a b c
	hup "reload: 6 services, 3 new, 0 gone"
	svc wait a
	svc restart m n
	same sockets "$(descriptor m 3) $(descriptor m 4) $(descriptor n 3)" "$before"
	same m "$(answered_by m unix "$dir/m")" "m 3"
	same n "$(answered_by n unix "$dir/n")" "n 3"
	same a "$(answered_by a unix "$dir/a")" "a 3"
	rm -r "$tree/svc/a" "$tree/svc/init/wants/a"
	svc stop a
	hup "reload: 5 services, 0 new, 1 gone"
	svc restart m n
	same "sockets again" "$(descriptor m 3) $(descriptor m 4) $(descriptor n 3)" "$before"
	await "the end of its path" is_away "$dir/a"
	run ! knock unix "$dir/a"
}

@test "a service that is loaded because somebody asks for it takes no socket from another" {
	listens s "unix $dir/s"
	listens later "unix $dir/later"
	wants init s
	boot_settled container
	local before
	before=$(descriptor s 3)
	svc start later
	svc restart s
	same socket "$(descriptor s 3)" "$before"
	same later "$(answered_by later unix "$dir/later")" "later 3"
}

@test "with a reload a line that is gone is closed, one that stays is kept, one that is new opens at the next start" {
	listens s 'tcp *:80' "unix $dir/gone" "unix $dir/stays"
	wants init s
	boot_settled container
	local tcp stays
	tcp=$(descriptor s 3) stays=$(descriptor s 5)
	printf '%s\n' "unix $dir/stays" "unix $dir/new" 'tcp *:80' >"$tree/svc/s/listen"
	hup
	await "the end of its path" is_away "$dir/gone" # a process of its own removes it
	[ ! -e "$dir/new" ]
	same "s runs as before" "$(answered_by s tcp 80)" "s 3"
	svc restart s
	same stays "$(descriptor s 3)" "$stays"
	same tcp "$(descriptor s 5)" "$tcp"
	same new "$(answered_by s unix "$dir/new")" "s 4"
	same order "$(answered_by s unix "$dir/stays") $(answered_by s tcp 80)" "s 3 s 5"
	rm "$tree/svc/s/listen"
	hup
	await "the end of its path" is_away "$dir/stays"
	await "the end of its sockets" at_rest
	same "of the supervisor's" "$(find "/proc/$(cinit_pid)/fd" -lname "$tcp")" ""
}

@test "what runs on after a reload in which its directory is gone keeps its sockets until it is stopped" {
	listens s "unix $dir/s"
	wants init s
	boot_settled container
	mv "$tree/svc/s" "$tree/svc-s"
	rm "$tree/svc/init/wants/s"
	hup
	same s "$(answered_by s unix "$dir/s")" "s 3"
	svc stop s
	hup
	await "the end of its path" is_away "$dir/s"
}

# --- whose it is ----------------------------------------------------------------------------------

@test "a path has the mode of its line, and belongs to the service's user and group" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	listens s "unix $dir/a" "unix $dir/b 0600" "unix-dgram $dir/c 777"
	listens u "unix $dir/u 0640"
	printf nobody >"$tree/svc/u/user"
	printf 4711 >"$tree/svc/u/group"
	wants init s u
	umask 077
	boot_settled container
	same modes "$(stat -c '%a %u %g' "$dir/a" "$dir/b" "$dir/c" | paste -sd,)" "660 0 0,600 0 0,777 0 0"
	same u "$(stat -c '%a %U %g' "$dir/u")" "640 nobody 4711"
}

@test "a program that runs as another user has a port below 1024" {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
	public_tree
	cp "$BUILD/test/serve" "$public/serve"
	dir=$public
	group init
	listens s 'tcp *:80'
	printf nobody >"$tree/svc/s/user"
	wants init s
	boot_settled container
	same s "$(answered_by s tcp 80)" "s 3"
	same user "$(stat -c %U "/proc/$(outer "$(pid_of s)")")" nobody
}

# --- what cannot be opened ------------------------------------------------------------------------------

@test "a port that is taken is waited for in back-off, and the line is named" {
	listens one 'tcp 127.0.0.1:80'
	listens two 'udp *:9' 'tcp 127.0.0.1:80'
	wants init one
	boot_settled container
	run -1 svc start two
	same two "$(state two)" backoff
	has "$(why two)" "listen: tcp 127.0.0.1:80: Address " # libcs differ in the rest
	has "$(why two)" ", again in "
	same errno "$(errno_of two)" 98 # EADDRINUSE
	said "two: starting -> backoff (listen: tcp 127.0.0.1:80: Address "
	same "no loop" "$(($(times_said 'two: waiting -> starting') < 20))" 1
	svc stop one
	rm "$tree/svc/one/listen" "$tree/svc/init/wants/one"
	hup
	await two in_state two up
	same two "$(answered_by two tcp 80)" "two 4"
}

@test "an address that is not there yet is waited for" {
	listens s 'tcp 127.0.0.1:80' 'tcp 192.0.2.1:80'
	wants init s
	boot container
	await "back-off" in_state s backoff
	has "$(why s)" "listen: tcp 192.0.2.1:80: "
	same errno "$(errno_of s)" 99 # EADDRNOTAVAIL
	in_net perl -MSocket -e 'socket(my $s, AF_INET, SOCK_DGRAM, 0) or die;
		my $add = pack("a16Sna4x8", "lo:1", AF_INET, 0, inet_aton("192.0.2.1"));
		ioctl($s, 0x8916, $add) or die $!'
	await s in_state s up
}

@test "a path that cannot be has failed, with the line" {
	listens s "unix $dir/nowhere/s"
	listens t "unix $dir/file"
	: >"$dir/file"
	wants init s t
	boot container
	await s in_state s failed
	same why "$(why s)" "listen: unix $dir/nowhere/s: No such file or directory"
	same step "$(status_of s '.last_exit | [.step, .errno] | @csv')" '"listen",2'
	await t in_state t backoff
	has "$(why t)" "listen: unix $dir/file: Address "
	[ -f "$dir/file" ]
	same init "$(state init)" up
	mkdir "$dir/nowhere"
	svc start s
	same s "$(answered_by s unix "$dir/nowhere/s")" "s 3"
	same "why, up" "$(why s)" ""
}

@test "a thousand starts that fail leave no descriptor behind" {
	local i names=(path exec user ready)
	listens path 'tcp *:80' 'udp *:80' "unix $dir/nowhere/s"
	listens exec 'tcp *:81' "unix $dir/exec"
	ln -sfn "$dir/nothing" "$tree/svc/exec/on"
	printf 'fd 9' >"$tree/svc/exec/ready"
	listens user 'tcp *:82'
	printf 'nosuchuser' >"$tree/svc/user/user"
	respawn_stub ready
	ln -sfn "$dir/nothing" "$tree/svc/ready/on"
	printf 'fd 63' >"$tree/svc/ready/ready"
	boot_settled container
	svc start "${names[@]}" || :
	for i in "${names[@]}"; do same "$i" "$(state "$i")" failed; done
	await rest at_rest
	local before
	before=$(n_open)
	for i in {1..250}; do
		svc -q start "${names[@]}" || :
	done
	await rest at_rest
	same "open descriptors" "$(n_open)" "$before"
	same "starts" "$(($(times_said 'waiting -> starting') >= 1000))" 1
}

@test "when no descriptor is left services back off, and come up when there is one" {
	listens s 'tcp *:1' 'tcp *:2' 'tcp *:3' 'tcp *:4'
	script s 'echo >&9' "exec $dir/serve"
	printf 'fd 9' >"$tree/svc/s/ready"
	boot_settled container
	local i limit
	limit=$(awk '/^Max open files/ { print $4 }' "/proc/$(cinit_pid)/limits")
	for i in {65..69}; do # four sockets, the end of a pipe, and one that reports
		prlimit --pid "$(cinit_pid)" --nofile="$i:"
		run -1 svc start s
		same "errno with $i" "$(errno_of s)" 24 # EMFILE
	done
	prlimit --pid "$(cinit_pid)" --nofile="$limit:"
	await s in_state s up
	same s "$(answered_by s tcp 4)" "s 6"
}

@test "with a limit of 40 descriptors nothing can be passed on: failed, and said" {
	listens s 'tcp *:1'
	respawn_stub t
	wants init s t
	wrap=(bash -c 'ulimit -n 40; exec "$@"' bash "${wrap[@]}")
	boot_settled container
	same s "$(state s)" failed
	same why "$(why s)" "descriptors: RLIMIT_NOFILE: too low to pass any"
	same t "$(state t)" up
}

@test "a limit of its own that is lower than the number of a descriptor does not matter" {
	script s 'exec bash -c "echo >&40; exec tail -f /dev/null"'
	: >"$tree/svc/s/respawn"
	printf 'fd 40' >"$tree/svc/s/ready"
	wants init s
	wrap=(bash -c 'ulimit -Sn 20; exec "$@"' bash "${wrap[@]}")
	boot_settled container
	same s "$(state s)" up
	same limit "$(awk '/^Max open files/ { print $4 }' "/proc/$(outer "$(pid_of s)")/limits")" 20
}

# --- given up ----------------------------------------------------------------------------------------------

@test "at the end of a shutdown paths are removed, but not what somebody put in their place" {
	listens s "unix $dir/mine" "unix $dir/theirs" "unix $dir/sub/other"
	mkdir "$dir/sub"
	wants init s
	boot_settled user
	rm "$dir/theirs"
	: >"$dir/theirs"
	mv "$dir/sub/other" "$dir/moved"
	kill -TERM "$(cinit_pid)"
	ends_with 0
	[ ! -e "$dir/mine" ]
	[ -f "$dir/theirs" ]
	[ -S "$dir/moved" ]
}

@test "what a killed supervisor left behind is taken over" {
	listens s "unix $dir/s" "unix-dgram $dir/d"
	wants init s
	boot_settled container
	kill_cinit
	[ -S "$dir/s" ]
	boot_settled container
	same s "$(answered_by s unix "$dir/s") $(answered_by s unix-dgram "$dir/d")" "s 3 s 4"
}
