#!/usr/bin/env bats
# runs: apart; again: asan
#
# cinit.pool and cinit.take by themselves: real workers, real sockets, and pool-host in
# the place of the supervisor.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034,SC2119,SC2120

load lib
load pool

setup() { pool_begin; }
teardown() { pool_end; }

# --- serving --------------------------------------------------------------------------

@test "share: workers accept by themselves, know their rank, and their sockets" {
	ready
	same workers "$(n_workers)" 3
	ask env >"$dir/env"
	same LISTEN_FDS "$(grep ^LISTEN_FDS= "$dir/env")" LISTEN_FDS=1
	same names "$(grep ^LISTEN_FDNAMES= "$dir/env")" LISTEN_FDNAMES=unix-s
	same status "$(grep ^CINIT_STATUS_FD= "$dir/env")" CINIT_STATUS_FD=4
	grep -qE '^CINIT_RANK=[123]$' "$dir/env"
	! grep -E 'CINIT_(REQUEST|CONTROL|READY)_FD' "$dir/env"
}

@test "dispatch: workers are given connections" {
	value mode dispatch
	ready
	ask env >"$dir/env"
	same request "$(grep ^CINIT_REQUEST_FD= "$dir/env")" CINIT_REQUEST_FD=4
	same status "$(grep ^CINIT_STATUS_FD= "$dir/env")" CINIT_STATUS_FD=4
	same keepalive "$(grep ^CINIT_KEEPALIVE= "$dir/env")" CINIT_KEEPALIVE=5
	same echo "$(ask 'echo some words')" "some words"
}

@test "dispatch: the worker that became idle last gets the next request" {
	value mode dispatch
	ready
	local first a b
	first=$(ask who)
	for _ in 1 2 3 4 5; do same "again" "$(ask who)" "$first"; done
	hold a
	hold b
	a=$(head -n 1 "$dir/held.a") b=$(head -n 1 "$dir/held.b")
	same "a's worker" "$a" "${first% *}"
	[ "$a" != "$b" ]
	release b
	await "b idle" is_count busy 1
	release a
	await "a idle" is_count busy 0
	same "the last one" "$(ask who)" "$first"
	hold c
	same "then the one before" "$(ask who | cut -d ' ' -f 1)" "$b"
	release c
}

@test "a worker's program is executed by the path that its link says when the worker starts" {
	local n
	for n in 1 2; do
		mkdir "$dir/release$n"
		printf '%s\n' '#!/bin/sh' "echo \"\$0 \$(cat /proc/\$\$/comm)\" >>$dir/told" \
			"exec $BUILD/cinit.take $dir/serve" >"$dir/release$n/work.sh"
		chmod +x "$dir/release$n/work.sh"
	done
	value min 1
	value max 1
	program "$dir/release1/work.sh"
	ready
	ln -sfn "../release2/work.sh" "$pool/on"
	answered roll
	same told "$(paste -sd'|' "$dir/told")" "$dir/release1/work.sh work.sh|$pool/../release2/work.sh work.sh"
}

@test "a directory that is given by a relative path is the one below where the manager was started" {
	as=(env -C "$dir") given=pool
	printf '/\n' >"$pool/dir"
	ready
	[[ $(ask who) =~ ^[0-9]+\ [0-9]+$ ]]
}

@test "a worker's standard input is what stdin says, else /dev/null" {
	start_from() { readlink "/proc/$(workers | head -n 1)/fd/0"; }
	value min 1
	value max 1
	ready
	same "without" "$(start_from)" /dev/null
	printf 'file /dev/zero\n' >"$pool/stdin"
	answered roll
	same "file" "$(start_from)" /dev/zero
	printf 'tty\n' >"$pool/stdin"
	answered roll
	has "$answer" "stdin: a pool has no terminal"
	same "as before" "$(start_from)" /dev/zero
}

@test "a worker has no descriptor of the manager's but its own end" {
	local mode pid
	for mode in share dispatch; do
		value mode "$mode"
		ready
		for pid in $(workers); do
			ls -l "/proc/$pid/fd" | awk 'NF > 9 { print $9, $11 }' >"$dir/fds"
			! grep -E 'eventpoll|signalfd' "$dir/fds" || fail "$(cat "$dir/fds")"
			same "descriptors above 2" "$(awk '$1 > 2' "$dir/fds" | wc -l)" 3
		done
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
	done
}

@test "dispatch: a datagram is answered from the socket that it came to, UDP and Unix" {
	value mode dispatch
	udp_and_unix
}

@test "share: a datagram is answered from the socket that it came to, UDP and Unix" {
	udp_and_unix
}

udp_and_unix()
{
	program "$BUILD/example/echo"
	local host port
	host=127.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)) port=7007
	listens "udp $host:$port" "unix-dgram $sock" "unix $dir/t"
	ready
	perl -MIO::Socket -e '
		my ($host, $port, $path, $own) = @ARGV;
		my $u = IO::Socket::INET->new(Proto => "udp", PeerAddr => $host, PeerPort => $port) or die;
		my $x = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $own, Peer => $path) or die $!;
		alarm 20;
		for my $n (1 .. 20) {
			for my $s ($u, $x) {
				my $text = "$n " . "x" x (500 * $n);
				$s->send($text) or die $!;
				$s->recv(my $back, 65536);
				die "not the same" if $back ne $text;
			}
		}' "$host" "$port" "$sock" "$dir/own"
	same "a stream beside them" "$(ask "hello" "$dir/t")" hello
	drain
	exits 0
}

@test "cinit.take: a program has a datagram as its input, and its output is the answer" {
	listens "unix-dgram $sock"
	value mode dispatch
	ready
	same answer "$(perl -MIO::Socket -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[1], Peer => $ARGV[0]) or die $!;
		alarm 20;
		$s->send("echo from afar\n"); $s->recv(my $back, 65536); print $back' "$sock" "$dir/own")" "from afar"
}

@test "dispatch: the example in shell answers connections and datagrams" {
	program "$BUILD/cinit.take" "$TOP/src/pool/example/answer.sh"
	listens "unix $sock" "unix-dgram $dir/t"
	value mode dispatch
	ready
	same "what comes back" "$(ask "  some \\words ")" "  some \\words "
	[[ $(ask rank) == [123] ]]
	[ "$(date -d "$(ask time)" +%s)" -gt 0 ]
	same datagram "$(perl -MIO::Socket -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[1], Peer => $ARGV[0]) or die $!;
		alarm 20;
		$s->send("no newline"); $s->recv(my $back, 65536); print $back' "$dir/t" "$dir/own")" "no newline"
	drain
	exits 0
}

@test "cinit.take says what is wrong with its arguments and that it is no worker" {
	run -2 "$BUILD/cinit.take"
	has "$output" "PROGRAM: none was given"
	run -2 "$BUILD/cinit.take" --what true
	has "$output" "unknown option"
	run -1 "$BUILD/cinit.take" true
	has "$output" "no worker of a pool"
	run -0 "$BUILD/cinit.take" -V
}

@test "a worker keeps an HTTP connection, in both modes" {
	local mode
	program "$BUILD/example/http"
	for mode in share dispatch; do
		value mode "$mode"
		ready
		curl -sSv --max-time 20 --unix-socket "$sock" http://x/1 http://x/2 http://x/3 >"$dir/out" 2>"$dir/err"
		same answers "$(grep -c '^worker ' "$dir/out")" 3
		same connections "$(grep -c '^\* Connected to' "$dir/err")" 1
		same one "$(sort -u "$dir/out" | wc -l)" 1
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
	done
}

# --- how many -----------------------------------------------------------------------------

@test "the pool grows while all are busy, up to max, and shrinks after idle.time" {
	local mode n
	for mode in share dispatch; do
		value min 2
		value max 5
		value idle.time 1
		value mode "$mode"
		ready
		for n in 1 2 3 4 5; do hold "$mode$n"; done
		same "at max" "$(n_workers)" 5
		for n in 1 2 3 4 5; do release "$mode$n"; done
		await "shrunk" eval '[ "$(n_workers)" = 2 ]'
		same "min stays" "$(count idle)" 2
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
	done
}

@test "at max a connection waits in the kernel, and is served in its turn" {
	value mode dispatch
	value min 1
	value max 1
	ready
	hold a
	ask "echo later" >"$dir/later" 3>&- 7>&- &
	local client=$!
	same "workers" "$(n_workers)" 1
	[ ! -s "$dir/later" ]
	release a
	wait "$client"
	same later "$(cat "$dir/later")" later
}

@test "the depth of the queue is shown for TCP" {
	local host
	host=127.$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1)).$((RANDOM % 250 + 1))
	value mode dispatch
	value min 1
	value max 1
	listens "tcp $host:7008" "unix $sock"
	ready
	same "none" "$(count queue)" 0
	hold a
	perl -MIO::Socket -e 'my @s = map { IO::Socket::INET->new("$ARGV[0]:7008") or die $! } 1 .. 7; sleep 60' "$host" 3>&- 7>&- &
	local clients=$!
	await "seven wait" is_count queue 7
	kill "$clients"
	release a
}

@test "a worker is replaced after so many requests" {
	local mode n
	for mode in share dispatch; do
		value min 1
		value max 1
		value requests 5
		value mode "$mode"
		ready
		for n in $(seq 12); do ask who; done | cut -d ' ' -f 1 | uniq -c | awk '{ print $1 }' >"$dir/runs"
		same "runs ($mode)" "$(tr '\n' ' ' <"$dir/runs")" "5 5 2 "
		await "two recycled" is_count recycled 2
		same "nobody crashed" "$(count crashed)" 0
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
	done
}

@test "scale changes min while the pool runs, and raises max where it must" {
	value min 2
	value max 4
	ready
	answered "scale 8"
	same answer "$answer" "answer 1 min 8, max 8"
	await "eight" eval '[ "$(n_workers)" = 8 ]'
	answered "scale 2"
	same answer "$answer" "answer 1 min 2, max 4"
	await "not more than four" eval '[ "$(n_workers)" -le 4 ]'
	answered "scale 0"
	has "$answer" "not a number of workers from 1 to 256"
	answered "scale 257"
	has "$answer" "not a number of workers from 1 to 256"
}

# --- replacing -------------------------------------------------------------------------------

# load_begin: clients that ask one after the other until load_end; each failure is a line
# of $dir/failed.
load_begin()
{
	: >"$dir/failed"
	: >"$dir/served"
	rm -f "$dir/enough"
	perl -MIO::Socket::UNIX -e '
		my ($sock, $dir, $n) = @ARGV;
		open my $failed, ">>", "$dir/failed" or die; open my $served, ">>", "$dir/served" or die;
		for (1 .. $n) { next if fork; 
			my $count = 0;
			until (-e "$dir/enough") {
				my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $sock);
				if (!$s) { syswrite $failed, "connect: $!\n"; next }
				$s->print("$$ $count\n");
				my $back = <$s>;
				if (!defined $back || $back ne "$$ $count\n") { syswrite $failed, "answer: $!\n" } else { $count++ }
			}
			syswrite $served, "$count\n"; exit }
		1 while wait > 0' "$sock" "$dir" "${1:-4}" 3>&- 7>&- &
	clients=$!
}

load_end()
{
	: >"$dir/enough"
	wait "$clients"
	served=$(awk '{ n += $1 } END { print n }' "$dir/served")
	[ "$served" -gt 0 ]
}

@test "HUP replaces every worker under load, and no connection is lost" {
	local mode before old
	program "$BUILD/example/echo" -1
	for mode in share dispatch; do
		value mode "$mode"
		value requests 100
		ready
		load_begin
		for _ in 1 2 3 4 5; do
			old=$(workers)
			tell HUP
			await "all are others" eval '! grep -qxFf <(echo "$old") <(workers)'
		done
		await "one that has served enough" eval '[ "$(count recycled)" -ge 1 ]'
		load_end
		same "failed ($mode)" "$(cat "$dir/failed")" ""
		same "nobody crashed" "$(count crashed)" 0
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
	done
}

@test "roll is answered when every worker is another one" {
	ready
	local old
	answered roll
	same answer "$answer" "answer 1 "
	old=$(workers)
	# seen at once by the manager: it is not over when the workers are shown
	kill -STOP "$manager"
	tell $'roll\nworkers\nmark'
	await "both are sent" grep -qx mark "$said"
	kill -CONT "$manager"
	await "both answers" eval '[ "$(grep -c ^answer "$said")" = 3 ]'
	same "the roll's comes last" "$(grep '^pool\|^answer 1 $' "$said" | tail -n 1)" "answer 1 "
	# the last old one was told to end, and may still be about to
	answered workers
	same "old ones that serve" "$(grep '^worker' <<<"$came" | grep -wFf <(echo "$old") | grep -cv leaving)" 0
	await "the old ones are gone" eval '! grep -qxFf <(echo "$old") <(workers)'
	same workers "$(n_workers)" 3
	answered roll-no-wait
	same "at once" "$answer" "answer 2 "
}

@test "a new worker is up before an old one is told: never fewer than min" {
	ready
	tell HUP
	local n least=9 until=$((SECONDS + 2))
	while [ "$SECONDS" -lt "$until" ]; do
		n=$(n_workers)
		[ "$n" -ge "$least" ] || least=$n
	done
	[ "$least" -ge 3 ]
}

@test "HUP with a bad file changes nothing and says so; the next one without does" {
	ready
	local old
	old=$(workers)
	value min 500
	tell HUP
	await "said" grep -q 'HUP: nothing is changed: pool/min' "$log"
	same "the same workers" "$(workers)" "$old"
	answered roll
	has "$answer" "answer 20 pool/min"
	value min 2
	value max 2
	value mode dispatch
	tell HUP
	await "said" grep -q 'pool/mode: does not change while the pool runs' "$log"
	same "the same workers" "$(workers)" "$old"
	value mode share
	printf 'nobody-of-this-name\n' >"$pool/user"
	tell HUP
	await "said" grep -q 'nobody-of-this-name' "$log"
	rm "$pool/user"
	tell HUP
	await "two others" eval '[ "$(n_workers)" = 2 ] && ! grep -qxFf <(echo "$old") <(workers)'
}

@test "standard error that nobody reads does not hold up the manager" {
	local i
	mkfifo "$dir/go"
	as=("$BUILD/test/mute" tty "$dir/go" "$dir/heard")
	ready
	value min 500
	for i in {1..1200}; do tell HUP; done
	answered workers
	has "$came" "pool "
	for i in {1..1200}; do tell HUP; done
	answered workers
	has "$came" "pool "
	echo >"$dir/go"
	await "its lines" grep -q 'HUP: nothing is changed: pool/min' "$dir/heard"
}

@test "HUP takes new arguments and environment to the new workers" {
	ready
	printf 'GREETING=one\n' >"$pool/on.env"
	answered roll
	same "of the new file" "$(ask env | grep ^GREETING)" GREETING=one
	lacks "$(ask env)" "HOME="
}

@test "dispatch: a request that a worker has not taken yet is not lost when it is told to end" {
	# until it is told to go on TERM would kill it
	program /bin/sh -c "while [ ! -e $dir/go ]; do sleep 0.02; done; exec $BUILD/example/echo -1"
	value mode dispatch
	value min 1
	value max 1
	ready
	local old client
	old=$(workers)
	ask hello >"$dir/out" 3>&- 7>&- &
	client=$!
	await "the request" is_count busy 1
	tell HUP
	await "the old one was told" is_count leaving 1
	: >"$dir/go"
	wait "$client"
	same answer "$(cat "$dir/out")" hello
	await "another one" eval '[ "$(workers)" != '"$old"' ]'
}

@test "dispatch: each socket gets its turn" {
	listens "unix $sock" "unix $dir/other"
	value mode dispatch
	value min 1
	value max 1
	ready
	hold a
	perl -MIO::Socket::UNIX -MIO::Select -e '
		my ($one, $other, $release) = @ARGV; my (%name, @order);
		for my $n (1 .. 11) {
			my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $n <= 10 ? $one : $other) or die $!;
			syswrite $s, "echo x\n"; $name{$s} = $n <= 10 ? "one" : "other"; push @all, $s;
		}
		open my $f, ">", $release; my $select = IO::Select->new(@all); alarm 20;
		while (@order < 11) { for ($select->can_read) { push @order, $name{$_}; $select->remove($_) } }
		my ($at) = grep { $order[$_] eq "other" } 0 .. 10;
		die "@order\n" if $at > 4;' "$sock" "$dir/other" "$dir/release.a"
}

@test "what a worker has said before its end counts" {
	# the second word comes while the manager lets some time pass after the first
	cat >"$dir/brief" <<-'END'
		#!/usr/bin/perl
		select undef, undef, undef, 1.1; open my $f, ">&=", $ENV{CINIT_STATUS_FD};
		syswrite $f, "busy\n"; select undef, undef, undef, 0.002; syswrite $f, "available\n";
		kill 9, $$;
	END
	chmod +x "$dir/brief"
	program "$dir/brief"
	value min 4
	ready
	await "eight ends" eval '[ "$(count crashed)" -ge 8 ]'
	answered workers
	[[ $came =~ served=([0-9]+)\ recycled=0\ crashed=([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -ge "${BASH_REMATCH[2]}" ] || fail "$came"
}

@test "a worker that is told between its look and its accept does not sleep" {
	program "$BUILD/test/pool-race"
	value min 1
	value max 1
	ready
	same "the one it had" "$(ask x)" served
	await "its end" eval '[ "$(count crashed)" = 0 ] && [ "$(workers)" != "" ]'
	lacks "$(cat "$log")" "pool-race"
	lacks "$(cat "$log")" "killed by signal"
}

# --- ends ----------------------------------------------------------------------------------------

@test "a worker that dies takes its own request along, and is replaced at once" {
	local mode
	for mode in share dispatch; do
		value mode "$mode"
		ready
		hold a
		same "no answer" "$(ask die)" ""
		await "three again" eval '[ "$(n_workers)" = 3 ]'
		await "said" grep -q 'killed by signal 9 (KILL)' "$log"
		release a
		await "it is counted" is_count crashed 1
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
		: >"$log"
	done
}

@test "a hundred kills: at min again within 200 ms each time" {
	value min 16
	value max 16
	program "$BUILD/example/echo"
	ready
	# each time one that has lived for a second: who dies younger waits for its back-off
	perl -MTime::HiRes=time,sleep -e '
		my $manager = shift; my $worst = 0; my %seen;
		my $list = sub {
			open my $f, "<", "/proc/$manager/task/$manager/children" or die;
			my @all = split " ", <$f> // ""; $seen{$_} //= time for @all; @all };
		for my $n (1 .. 100) {
			my ($victim) = sort { $seen{$a} <=> $seen{$b} } $list->();
			my $left = $seen{$victim} + 1.02 - time; sleep $left if $left > 0;
			my $begin = time;
			kill 9, $victim or die;
			for (;;) {
				my @now = grep { $_ != $victim } $list->();
				last if @now >= 16;
				die "not within 10 s\n" if time - $begin > 10;
				sleep 0.001;
			}
			my $took = time - $begin; $worst = $took if $took > $worst;
		}
		printf "worst %.0f ms\n", 1000 * $worst; exit($worst > 0.2)' "$manager" >"$dir/worst" || fail "$(cat "$dir/worst")"
	cat "$dir/worst"
}

@test "a request that takes too long is the end of its worker" {
	local mode
	for mode in share dispatch; do
		value mode "$mode"
		value timeout 0.5
		ready
		hold a
		await "said" grep -q 'its request takes longer than pool/timeout: killed' "$log"
		await "three again" eval '[ "$(n_workers)" = 3 ]'
		same "an idle one is not" "$(ask 'echo x')" x
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
		: >"$log"
	done
}

@test "TERM: what was accepted is finished, then the manager ends with 0" {
	local mode
	for mode in share dispatch; do
		value mode "$mode"
		ready
		hold "$mode"
		tell TERM
		await "the idle ones are gone" eval '[ "$(n_workers)" = 1 ]'
		! grep -q ^exit "$said"
		release "$mode"
		drained
		same end "$(tail -n 1 "$said")" "exit 0"
		rm "$dir/commands"
		: >"$said"
	done
}

@test "TERM in the middle of many connections loses none that was accepted" {
	local mode round
	program "$BUILD/example/echo" -1
	for mode in share dispatch; do
		value mode "$mode"
		for round in 1 2 3 4 5; do
			ready
			load_begin
			await "requests" eval '[ "$(count served)" -gt 50 ]'
			drain
			exits 0
			load_end
			# the socket is gone with the manager: what was queued in it, too
			! grep answer "$dir/failed" | grep -v 'Connection reset' || fail "$(sort "$dir/failed" | uniq -c)"
			rm "$dir/commands"
			: >"$said"
		done
	done
}

@test "workers end with a manager that is killed" {
	ready
	hold a
	local all
	all=$(workers)
	kill -KILL "$manager"
	await "all gone" eval '! ps -o pid= -p "$(tr "\n" , <<<"$all" | sed s/,*$//)" | grep -q .'
	await "its end is seen" grep -qx 'signal 9' "$said"
}

# --- starts that fail -----------------------------------------------------------------------------

# fails TEXT: it ends with 1, never ready, having said this to the supervisor and on stderr.
fails()
{
	start
	exits 1
	! grep -qx ready "$said"
	grep '^said 20 ' "$said" | grep -qF "$1" || fail "not said: $1"
	grep -qF "$1" "$log" || fail "not on standard error: $1"
	rm -f "$dir/commands"
	: >"$said"
	: >"$log"
}

@test "a start that fails says why" {
	program /nowhere
	fails "ended before the pool was up: on: No such file or directory"
	rm "$pool/on"
	fails "pool: has neither \`on\` nor pool/modules"
	program "$BUILD/example/echo"
	value max 1
	value min 2
	fails "pool/"
	rm "$pool/pool/min" "$pool/pool/max"
	value mode sideways
	fails "pool/mode: "
	rm "$pool/pool/mode"
	printf 'nobody-of-this-name\n' >"$pool/user"
	fails "nobody-of-this-name"
	rm "$pool/user"
	listens "tcp nowhere"
	fails "listen: 'tcp nowhere': "
}

@test "workers that end as soon as they are executed fail the start or are held back" {
	value min 8
	value max 8
	program /bin/false
	start
	sleep 2 # what is begun in this time is counted
	# all eight may have been executed before the first has ended
	if grep -qx ready "$said"; then
		[ "$(grep -c ': exit 1$' "$log")" -le 80 ] || fail "$(grep -c ': exit 1$' "$log") ends in 2 s"
	else
		grep -q '^said 20 worker [1-8] ended before the pool was up: exit 1$' "$said"
	fi
}

@test "bad arguments are refused, and -h and -V answered" {
	run -2 "$BUILD/cinit.pool"
	has "$output" "one service directory is needed"
	run -2 "$BUILD/cinit.pool" --what "$pool"
	has "$output" "unknown option"
	run -1 "$BUILD/cinit.pool" /nowhere
	has "$output" "No such file"
	run -0 "$BUILD/cinit.pool" -h
	run -0 "$BUILD/cinit.pool" -V
}

@test "--no-fork: the program is the one process" {
	program "$BUILD/example/echo"
	timeout "$PATIENCE" "$BUILD/cinit.pool" --no-fork "$pool" 3>&- &
	local it=$!
	await "the socket" test -S "$sock"
	await "an answer" eval '[ "$(ask hello)" = hello ]'
	same "no children" "$(pgrep -P "$(pgrep -P "$it")" | wc -l)" 0
	kill "$it"
	wait "$it" || :
}

# --- who workers are -----------------------------------------------------------------------------

# for_others PROGRAM...: these of $BUILD, where other users may execute them.
for_others()
{
	mkdir "$dir/bin"
	(cd "$BUILD" && cp -L --parents -- "$@" "$dir/bin/")
	chmod -R go=rX "$dir/bin"
	BUILD=$dir/bin
}

@test "workers are the user, and can neither kill nor look into the manager" {
	[ "$(id -u)" = 0 ] || skip "not root"
	for_others test/pool-host cinit.pool cinit.take
	serve
	chmod 755 "$dir" "$dir/serve"
	chmod o+x "$(dirname "$dir")" "$(dirname "$(dirname "$dir")")" "$(dirname "$(dirname "$(dirname "$dir")")")"
	printf '65534\n' >"$pool/user"
	printf '65534\n' >"$pool/group"
	as=(env USER=root HOME=/of-root)
	cat >"$dir/serve" <<-END
		#!/bin/sh
		id -u; id -g; id -G; echo "\$HOME \$LOGNAME"
		manager=\$(ps -o ppid= -p \$PPID | tr -d ' ')
		kill -9 \$manager 2>&1
		cat /proc/\$manager/environ 2>&1
	END
	ready
	ask anything >"$dir/out"
	same ids "$(head -n 3 "$dir/out" | tr '\n' ' ')" "65534 65534 65534 "
	same HOME "$(sed -n 4p "$dir/out")" "$(awk -F: '$3 == 65534 { print $6, $1; exit }' /etc/passwd)"
	grep -q 'not permitted' "$dir/out"
	grep -q 'ermission denied' "$dir/out"
	kill -0 "$manager"
}

@test "a worker of the manager's own user cannot look into it" {
	[ "$(id -u)" = 0 ] || skip "not root"
	for_others test/pool-host cinit.pool cinit.take
	serve
	chmod 777 "$dir" "$pool"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test"
	chmod 666 "$said" "$log"
	cat >"$dir/serve" <<-'END'
		#!/bin/sh
		manager=$(ps -o ppid= -p $PPID | tr -d ' ')
		cat /proc/$manager/environ 2>&1
		echo "in $(stat -c %u /proc/$manager/task)"
	END
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	ready
	ask anything >"$dir/out"
	grep -q 'ermission denied' "$dir/out" || fail "$(tr '\0' ' ' <"$dir/out")"
}

# --- hostile ones ------------------------------------------------------------------------------------

# cpu PID: clock ticks that it has used.
cpu() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }

# In a pool of four, rank 1 is hostile in this way; the manager uses less than a third of a
# processor, the other three serve, and a roll replaces all.
stands()
{
	local how=$1 mode=$2 before used n calls took since
	[ "$how" != all ] || [ "$(id -u)" = 0 ] || return 0 # of the same user it may kill the manager
	value min 4
	value max 4
	value requests 0
	value mode "$mode"
	program "$BUILD/test/pool-hostile" "$how" "$BUILD/example/echo" -1
	sock=$dir/s.$how # those of the one before may still be about to end
	listens "unix $sock"
	[ "$(id -u)" != 0 ] || { chmod 711 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR/.." "$dir"; printf '65534\n' | tee "$pool/user" >"$pool/group"; }
	ready
	before=$(cpu "$manager") since=$SECONDS
	: >"$dir/answers"
	if [ "$mode" = share ]; then
		# those that the hostile one is given in dispatch mode are its own
		for n in $(seq 10); do ask "echo $n" >>"$dir/answers"; done
		same "$how: answers" "$(wc -l <"$dir/answers")" 10
	fi
	# it is the load over this time that is measured
	timeout 2 strace -c -o "$dir/calls" -p "$manager" 2>/dev/null || sleep 1
	calls=$(awk '$NF == "total" { print $3 == "total" ? 0 : $4 }' "$dir/calls")
	used=$(($(cpu "$manager") - before))
	took=$((SECONDS - since))
	echo "$how $mode: $used ticks in $took s, ${calls:-?} system calls in 2 s"
	[ "$used" -lt 100 ] || fail "$how: the manager used $used ticks in $took s"
	# 200 times: waits, looks who has something, takes it, and another wait when it is early
	[ "${calls:-0}" -lt 2000 ] || fail "$how: the manager made $calls system calls in 2 s"
	# of the words that it knows one may come of it: a worker of rank 1 that is recycled
	same "$how: workers" "$(answered workers; grep -c '^worker [1234] .* \(idle\|busy\|starting\) ' <<<"$came")" 4
	[ "$(grep -c 'neither busy nor available' "$log")" -le 2 ]
	kill -KILL "$manager"
	drained
	rm "$dir/commands"
	: >"$said"
	: >"$log"
}

@test "a worker that writes rubbish, floods, closes and passes descriptors changes nothing (share)" {
	local how
	for_others test/pool-host test/pool-hostile cinit.pool example/echo
	for how in rubbish words halves nothing descriptors close all; do stands "$how" share; done
}

@test "a worker that writes rubbish, floods, closes and passes descriptors changes nothing (dispatch)" {
	local how
	for_others test/pool-host test/pool-hostile cinit.pool example/echo
	for how in rubbish words halves nothing descriptors close all; do stands "$how" dispatch; done
}

# --- idle ones -----------------------------------------------------------------------------------------

@test "a pool of a hundred idle workers does not wake its manager" {
	local mode before
	program "$BUILD/example/echo"
	for mode in share dispatch; do
		value min 100
		value max 100
		value mode "$mode"
		ready
		await "at rest" eval '[ "$(switches)" = "$(sleep 0.2; switches)" ]'
		before=$(switches)
		sleep 3 # for so long nothing may happen
		same "switches" "$(switches)" "$before"
		drain
		exits 0
		rm "$dir/commands"
		: >"$said"
	done
}

switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$manager/status"; }
