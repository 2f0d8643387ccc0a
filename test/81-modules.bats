#!/usr/bin/env bats
# runs: apart; again: asan
#
# Modules of a pool: their life, the walk of a request, commands, and what is refused.
#
# shellcheck disable=SC2154

load lib
load pool

setup()
{
	[ -e "$BUILD/test/modules/trace.so" ] || skip "this build has no modules"
	pool_begin
	rm -f "$pool/on" "$pool/on.params"
	trace=$dir/trace
	: >"$trace"
	value min 1
	value max 1
	port=$(free_port)
	listens "udp 127.0.0.1:$port"
}

teardown() { [ -z "${pool-}" ] || pool_end; }

free_port()
{
	perl -MIO::Socket::INET -e 'print IO::Socket::INET->new(Proto => "udp", LocalAddr => "127.0.0.1")->sockport'
}

# modules LINE...: trace.so and other.so by their names, what they write in $trace.
modules()
{
	local line
	for line; do
		set -- "${line%% *}" "${line#"${line%% *}"}"
		case $1 in
		trace | other) echo "$BUILD/test/modules/$1.so to=$trace$2" ;;
		*) echo "$line" ;;
		esac
	done >"$pool/pool/modules"
}

# datagram TEXT [SECONDS]: sends it, and prints what comes back in that time.
datagram()
{
	perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1:$ARGV[0]") or die $!;
		$s->send($ARGV[1]);
		vec(my $r = "", $s->fileno, 1) = 1;
		if (select($r, undef, undef, $ARGV[2])) { $s->recv(my $b, 65535); print $b }' \
		"$port" "$1" "${2:-$PATIENCE}"
}

# What was asked of the modules: "MODULE WHAT OF NUMBER", lines; life is that of
# modules, requests all else.
traced() { cut -d' ' -f1-4 "$trace"; }
life() { grep -E ' (mod_init|registered|child_init|run|destroy) ' "$trace" || :; }
requests() { traced | grep -vE ' (mod_init|registered|child_init|run|destroy) ' || :; }
traces() { [ "$(traced | grep -cxF -e "$1")" -ge "${2:-1}" ]; }

# refused REASON: it does not start, says why to both, and ends with 1.
refused()
{
	start
	exits 1
	has "$(grep '^said ' "$said")" "$1"
	has "$(cat "$log")" "$1"
	! grep -qx ready "$said" || fail "it was ready"
}

# --- life ---------------------------------------------------------------------------------

@test "modules live as the header says, in order, each step in its process and as its user" {
	as_root
	modules trace other
	value min 2
	value max 2
	printf 'nobody\n' >"$pool/user"
	chmod 777 "$dir" "$BATS_TEST_TMPDIR"
	chmod 666 "$trace"
	ready
	await "both workers" traces "other child_init 2 3"
	local main=$manager
	same "before the loop" "$(life | head -n 6)" "trace mod_init processes 0 pid=$main uid=0
other mod_init processes 0 pid=$main uid=0
trace child_init INIT 3 pid=$main uid=0
other child_init INIT 3 pid=$main uid=0
trace child_init MAIN 3 pid=$main uid=0
other child_init MAIN 3 pid=$main uid=0"
	local rank pid
	for rank in 1 2; do
		pid=$(sed -n "s/^trace child_init $rank 3 pid=\([0-9]*\) uid=65534$/\1/p" "$trace")
		[ -n "$pid" ] && [ "$pid" != "$main" ] || fail "rank $rank: $(life)"
		grep -qx "other child_init $rank 3 pid=$pid uid=65534" "$trace" || fail "rank $rank: $(life)"
	done
	drain
	exits_as_told
	same "at the end" "$(life | tail -n 2)" "other destroy  0 pid=$main uid=0
trace destroy  0 pid=$main uid=0"
	same "children" "$(life | wc -l)" 12
}

exits_as_told() { same "its end" "$(tail -n 1 "$said")" "exit 0"; }

as_root() { [ "$(id -u)" -eq 0 ] || skip "needs root, to be another user"; }

@test "with --no-fork INIT, MAIN and 1 are called in the one process" {
	modules trace "other extra=c"
	"$BUILD/cinit.pool" --no-fork "$pool" >>"$log" 2>&1 3>&- &
	manager=$!
	await "an answer" eval '[ "$(datagram hello 1)" = hello ]'
	same "life" "$(life | sed -e '/mod_init/d' -e '/registered/d')" "trace child_init INIT 3 pid=$manager uid=$(id -u)
other child_init INIT 3 pid=$manager uid=$(id -u)
trace child_init MAIN 3 pid=$manager uid=$(id -u)
other child_init MAIN 3 pid=$manager uid=$(id -u)
trace child_init 1 3 pid=$manager uid=$(id -u)
other child_init 1 3 pid=$manager uid=$(id -u)"
	same "children" "$(workers)" ""
	kill -TERM "$manager"
	local code=0
	wait "$manager" || code=$?
	manager=''
	same "exit code" "$code" 0
	same "the end" "$(traced | tail -n 2)" "other destroy  0
trace destroy  0"
}

@test "further processes are started, opted in or out of child_init, and started again" {
	modules "trace extra=cn"
	ready
	await "one" traces "trace run stays -1"
	await "two" traces "trace run stays -2"
	same "registered" "$(grep -c ' registered rank -' "$trace")" 2
	traces "trace child_init -1 4" || fail "$(life)"
	! traced | grep -F "child_init -2" || fail "the second has opted out"
	local pid
	pid=$(sed -n 's/^trace run stays -2 pid=\([0-9]*\) .*/\1/p' "$trace")
	kill -KILL "$pid"
	await "it is back" traces "trace run stays -2" 2
	answered workers
	has "$came" "worker -1 "
	has "$came" "worker -2 "
	drain
	exits_as_told
	[ ! -d "/proc/$pid" ] || fail "left behind"
}

@test "a further process that ends at once is started again, but not in a hot loop" {
	modules "trace extra=e"
	ready
	await "again" traces "trace run ends -1" 4
	local before
	before=$(traced | grep -c 'run ends')
	pass 2
	[ $(($(traced | grep -c 'run ends') - before)) -le 20 ] || fail "$before, then $(traced | grep -c 'run ends')"
	same "still there" "$(datagram hello)" hello
}

# Seconds that are measured.
pass() { timeout "$1" tail -f /dev/null || :; }

@test "a worker that follows another has its rank, and child_init is called for it" {
	modules trace
	ready
	await "the first" traces "trace child_init 1 2"
	datagram crash 0.1
	await "the second" traces "trace child_init 1 2" 2
	await "it serves" eval '[ "$(datagram hello 1)" = hello ]'
	same "mod_init" "$(traced | grep -c mod_init)" 1
}

@test "a roll calls child_init again and mod_init never" {
	modules trace
	ready
	answered roll
	same "roll" "$answer" "answer 1 "
	traces "trace child_init 2 2" || traces "trace child_init 1 2" 2 || fail "$(life)"
	same "mod_init" "$(traced | grep -c mod_init)" 1
	same "served" "$(datagram hello)" hello
}

# --- requests -----------------------------------------------------------------------------

@test "a request is checked, passes every pre, the first handle, every post, and is released" {
	modules trace other
	ready
	same "answer" "$(datagram hello)" hello
	await "its end" traces "other release len 5"
	same "the walk" "$(requests)" "trace check len 5
other check len 5
trace pre original 5
other pre original 5
trace handle len 5
trace post len 5
other post len 5
trace release len 5
other release len 5"
}

@test "what one module passes, the next may take" {
	modules "trace drop=handle" other
	ready
	same "answer" "$(datagram hello)" hello
	has "$(requests)" "trace handle passes 0
other handle len 5"
}

@test "answers and cancels have functions of their own" {
	modules trace
	ready
	same "answer" "$(datagram "answer 1" 0.2)" ""
	same "cancel" "$(datagram "cancel 1" 0.2)" ""
	await "both" traces "trace release len 8" 2
	has "$(requests)" "trace response len 8"
	has "$(requests)" "trace cancel len 8"
	lacks "$(requests)" handle
}

@test "what check or pre drops is only released" {
	local hook
	for hook in check pre; do
		: >"$trace"
		modules "trace drop=$hook" other
		ready
		same "answer" "$(datagram hello 0.2)" ""
		await "its end" traces "other release len 5"
		lacks "$(requests)" handle
		lacks "$(requests)" post
		drain
		rm "$dir/commands"
		: >"$said"
	done
}

@test "of a stream the connection is given, and kept as long as the module wants" {
	modules "trace keep=2"
	listens "unix $sock"
	ready
	run perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]) or die;
		for my $i (1 .. 3) { syswrite $s, "n$i"; sysread $s, my $b, 10; print $b }
		print sysread($s, my $b, 10) == 0 ? " closed" : " open"' "$sock"
	same "kept" "$output" "n1n2n3 closed"
}

@test "a connection that is kept and silent is closed after pool/keepalive, and the worker is free" {
	modules "trace keep=9"
	value keepalive 0.3
	listens "unix $sock"
	ready
	run timeout 20 perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[0]) or die;
		syswrite $s, "x"; sysread $s, my $b, 10;
		print sysread($s, $b, 10) == 0 ? "closed" : "open"' "$sock"
	same "in the end" "$output" closed
	same "the next" "$(ask next)" next
}

@test "modules serve what the manager hands out, too" {
	modules trace
	value mode dispatch
	listens "udp 127.0.0.1:$port" "unix $sock"
	ready
	same "datagram" "$(datagram hello)" hello
	same "stream" "$(ask line)" line
	await "both" is_count served 2
}

@test "many datagrams to several workers are each answered, once" {
	modules trace
	value min 4
	value max 4
	ready
	run perl -MIO::Socket::INET -e '
		my $s = IO::Socket::INET->new(Proto => "udp", PeerAddr => "127.0.0.1:$ARGV[0]") or die;
		my %open;
		for my $i (1 .. 2000) {
			$s->send("m$i"); $open{"m$i"} = 1;
			while (keys %open > 50) { $s->recv(my $b, 100); delete $open{$b} or die "twice: $b" }
		}
		$SIG{ALRM} = sub { die "left: " . keys %open };
		alarm 20;
		while (keys %open) { $s->recv(my $b, 100); delete $open{$b} or die "twice: $b" }
		print "all"' "$port"
	same "answers" "$output" all
}

# --- commands -----------------------------------------------------------------------------

# calls WORDS IS: the result (1 done, 20 the pool says no) and the text.
calls() { answered "call $1"; same "call $1" "$answer" "answer $2"; }

@test "a command is called with its parameters, counted and fixed up" {
	modules trace
	ready
	calls "add 2 40" "1 42"
	calls "trace.add 2 40" "1 42"
	await "given back" traces "trace unfixed  0"
	calls "add 2" "20 add: takes 2 arguments, not 1"
	calls "add 1 2 3" "20 add: takes 2 arguments, not 3"
	calls "add 1 x" "20 add: an argument that it does not take"
	calls "none" "20 none: no such command"
	calls "other.add 1 2" "20 other.add: no such command"
	calls "refuse me" "20 not me"
}

@test "a method takes any number of texts within its bounds" {
	modules trace
	ready
	calls "words a" "1 [a]"
	calls "words a b c" "1 [a][b][c]"
	calls "words" "20 words: takes 1 to 3 arguments, not 0"
	calls "words a b c d" "20 words: takes 1 to 3 arguments, not 4"
}

@test "a command for other modules is not called from outside, but by them" {
	modules trace other
	ready
	calls "hidden" "20 hidden: no such command"
	calls "other.other trace.hidden" "1 hidden"
	calls "other.other trace.none" "20 other.other: failed"
}

@test "what a command changes is seen in shared memory alone, and it has no privileges" {
	as_root
	modules trace
	printf 'nobody\n' >"$pool/user"
	chmod 777 "$dir" "$BATS_TEST_TMPDIR"
	chmod 666 "$trace"
	as=(env HOME=/of-root USER=root)
	ready
	calls count "1 own 1 shared 1 uid 65534"
	calls count "1 own 1 shared 2 uid 65534"
	calls home "1 $(getent passwd nobody | cut -d: -f6) nobody"
}

@test "help lists commands and methods, and a text that is too long is cut" {
	modules trace
	ready
	answered "call help"
	has "$(cat "$said")" "trace.add, 2 arguments"
	has "$(cat "$said")" "trace.words: says them again"
	lacks "$(cat "$said")" hidden
	answered "call flood"
	has "$answer" "answer 1 0,1,2,3,"
	[ "${#answer}" -le 1000 ] || fail "${#answer} bytes"
}

@test "a command that hangs or crashes holds up nobody" {
	modules trace
	ready
	tell "call hang"
	calls "add 1 2" "1 3"
	same "served" "$(datagram hello)" hello
	answered "call crash"
	same "crash" "$answer" "answer 20 it ended without an answer"
	same "served" "$(datagram hello)" hello
	await "given up" grep -qE '^answer (8|20) ' "$said"
	await "gone" eval '[ "$(n_workers)" = 1 ]'
}

# --- refused ------------------------------------------------------------------------------

@test "an object that is not there, that lacks symbols or that is no module is refused" {
	modules "$dir/nowhere.so"
	refused "nowhere.so"
	reset
	modules "$BUILD/test/modules/unresolved.so"
	refused "cinit_test_is_nowhere"
	reset
	modules "$BUILD/test/modules/none.so"
	refused "no module: it has no cinit_module"
	reset
	echo "no object" >"$dir/text.so"
	modules "$dir/text.so"
	refused "text.so"
}

reset()
{
	rm -f "$dir/commands"
	: >"$said"
	: >"$log"
}

@test "a module of another version, or with a name that is taken, is refused" {
	modules "$BUILD/test/modules/abi.so"
	refused "built for another version of <cinit/module.h>"
	reset
	cp "$BUILD/test/modules/trace.so" "$dir/again.so"
	modules trace "$dir/again.so"
	refused "there is a module of this name already"
	lacks "$(traced)" mod_init
}

@test "a parameter that is unknown, or whose value is not taken, is refused" {
	modules "trace colour=red"
	refused "trace: colour: no such parameter"
	reset
	modules "trace keep=many"
	refused "trace: keep: a value that it does not take"
	reset
	modules "trace word"
	refused "not NAME=VALUE"
}

@test "a module that fails at any step of the start fails the service, and says why" {
	modules trace "other fail=mod_init"
	refused "other: mod_init: told to fail at it"
	reset
	modules "trace fail=INIT"
	refused "trace: child_init (INIT): told to fail at it"
	reset
	modules "trace fail=MAIN"
	refused "trace: child_init (MAIN): told to fail at it"
	reset
	modules "trace fail=1"
	refused "trace: child_init: told to fail at it"
}

@test "a worker that fails child_init later counts as a crash" {
	modules "trace fail=2"
	value max 2
	ready
	answered "scale 2"
	await "it is tried again" traces "trace child_init 2 3" 3
	same "served" "$(datagram hello)" hello
	[ "$(count crashed)" -ge 2 ] || fail "crashed: $(count crashed)"
}

@test "paths are absolute or below the service directory" {
	cp "$BUILD/test/modules/trace.so" "$pool/mine.so"
	modules "mine.so to=$trace"
	ready
	same "served" "$(datagram hello)" hello
}

@test "a static manager has no modules, and says so in one line" {
	[ -x "$BUILD/static/cinit.pool" ] || skip "no static build"
	modules trace
	run --separate-stderr "$BUILD/static/cinit.pool" "$pool"
	same "status" "$status" 1
	same "lines" "$(wc -l <<<"$stderr")" 1
	has "$stderr" "pool/modules"
}

# --- the example --------------------------------------------------------------------------

# sip METHOD: a request as a phone sends it.
sip()
{
	printf '%s sip:example.net SIP/2.0\r\n' "$1"
	printf '%s\r\n' 'Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1' 'Max-Forwards: 70' \
		'From: <sip:a@example.net>;tag=1' 'To: <sip:a@example.net>' 'Call-ID: 1@example.net' \
		"CSeq: 1 $1" 'Contact: <sip:a@127.0.0.1:5070>' 'Content-Length: 0' ''
}

@test "the registrar answers REGISTER with 200 OK, and everything else with 405" {
	modules "$BUILD/example/registrar.so expires=600"
	ready
	run datagram "$(sip REGISTER)"$'\r\n'
	has "$output" "SIP/2.0 200 OK"
	has "$output" "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1"
	has "$output" "To: <sip:a@example.net>;tag="
	has "$output" "CSeq: 1 REGISTER"
	has "$output" "Contact: <sip:a@127.0.0.1:5070>"
	has "$output" "Expires: 600"
	run datagram "$(sip OPTIONS)"$'\r\n'
	has "$output" "SIP/2.0 405 "
	same "an answer" "$(datagram "SIP/2.0 200 OK" 0.2)" ""
	same "no SIP" "$(datagram "hello" 0.2)" ""
	calls stats "1 seen 3, registered 1, refused 1, dropped 1"
	calls "expires 60" "1 60, was 600"
	calls "expires x" "20 expires: an argument that it does not take"
	run datagram "$(sip REGISTER)"$'\r\n'
	has "$output" "Expires: 60"
}

@test "sipp registers ten thousand users, and all are answered" {
	command -v sipp >/dev/null || skip "no package of this distribution has sipp"
	modules "$BUILD/example/registrar.so"
	value min 2
	value max 4
	ready
	{ echo SEQUENTIAL && seq -f 'user%g;' "${CINIT_USERS:-10000}"; } >"$dir/users.csv"
	run timeout 100 sipp -sf "$TOP/test/sipp-register.xml" -inf "$dir/users.csv" \
		-m "${CINIT_USERS:-10000}" -r 4000 -l 1000 -i 127.0.0.1 -p "$(free_port)" \
		-nostdin -trace_err -error_file "$dir/errors" "127.0.0.1:$port"
	[ "$status" = 0 ] || fail "sipp: $status" "$output" "$(cat "$dir/errors" || :)"
	answered "call stats"
	[[ $answer =~ registered\ ([0-9]+), ]] # what was sent again counts again
	[ "${BASH_REMATCH[1]}" -ge "${CINIT_USERS:-10000}" ] || fail "$answer"
}
