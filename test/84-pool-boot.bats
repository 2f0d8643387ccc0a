#!/usr/bin/env bats
# runs: apart
#
# Pools as services: the supervisor, its cinit.pool, and workers.
#
# shellcheck disable=SC2154,SC2016,SC2034

load lib
load boot

setup()
{
	boot_begin
	group init
	sock=$dir/s
	mkdir -p "$tree/svc/web/pool"
	ln -s "$BUILD/cinit.take" "$tree/svc/web/on"
	printf '%s\n' "$dir/serve" >"$tree/svc/web/on.params"
	printf 'unix %s 0666\n' "$sock" >"$tree/svc/web/listen"
	wants init web
	cat >"$dir/serve" <<-'END'
		#!/bin/sh
		read -r verb arg
		case $verb in
		hold) echo begun; while [ ! -e "$arg" ]; do sleep 0.01; done; echo done ;;
		id) id -u ;;
		*) echo "$PPID $CINIT_RANK" ;;
		esac
	END
	chmod +x "$dir/serve"
}

teardown() { boot_end; }

# ask TEXT: one line to the pool, and what comes back until the end.
ask()
{
	timeout "$PATIENCE" perl -MIO::Socket::UNIX -e '$| = 1;
		my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[1]) or die "connect: $!\n";
		$s->print("$ARGV[0]\n"); $s->shutdown(1);
		print while <$s>;' "$1" "$sock"
}

manager() { outer "$(pid_of web)"; }
n_workers() { children "$(manager)" | wc -w; }

@test "a pool is up when its workers are, and answers" {
	boot_settled container
	same state "$(state web)" up
	same workers "$(n_workers)" 3
	[[ $(ask who) =~ ^[0-9]+\ [123]$ ]]
}

@test "a pool whose workers cannot be executed has failed, and status says why; the boot goes on" {
	once other
	wants init other
	ln -sfn /nowhere "$tree/svc/web/on"
	boot_settled container
	same state "$(state web)" failed
	has "$(svc status web || :)" "on: No such file or directory"
	same other "$(state other)" up
	ln -sfn "$BUILD/cinit.take" "$tree/svc/web/on"
	svc start web
	same again "$(state web)" up
}

@test "stop lets a request end" {
	boot_settled container
	ask "hold $dir/go" >"$dir/held" 3>&- &
	await "the request" grep -q begun "$dir/held"
	svc stop web 3>&- &
	local stop=$!
	await "the others are gone" eval '[ "$(n_workers)" = 1 ]'
	same "still" "$(state web)" stopping
	: >"$dir/go"
	wait "$stop"
	same state "$(state web)" down
	await "the answer" grep -qx done "$dir/held"
}

@test "no connection is refused while the manager dies and comes back" {
	boot_settled container
	local before
	perl -MIO::Socket::UNIX -e '
		my ($sock, $dir) = @ARGV; my ($n, $lost) = (0, 0); $SIG{PIPE} = "IGNORE";
		until (-e "$dir/enough") {
			my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $sock) or die "refused: $!\n";
			$s->print("who\n"); defined(my $back = <$s>) ? $n++ : $lost++;
			open my $f, ">", "$dir/count"; print $f $n; close $f;
		}
		print "$lost lost\n"' "$sock" "$dir" >"$dir/out" 2>&1 3>&- &
	local client=$!
	await "requests" eval '[ "$(cat "$dir/count")" -gt 20 ]'
	for _ in 1 2; do
		before=$(pid_of web)
		kill_service web KILL
		await "another manager" eval 'in_state web up && [ "$(pid_of web)" != '"$before"' ]'
	done
	await "more requests" eval '[ "$(cat "$dir/count")" -gt '"$(($(cat "$dir/count") + 20))"' ]'
	: >"$dir/enough"
	wait "$client"
	# the one that a worker had when it was killed with its manager
	[[ $(cat "$dir/out") =~ ^[012]\ lost$ ]] || fail "$(cat "$dir/out")"
}

@test "scale, roll and status by cinit.svc" {
	boot_settled container
	svc scale web 5
	await "five" eval '[ "$(n_workers)" = 5 ]'
	local old
	old=$(children "$(manager)")
	svc roll web
	await "all are others" eval '! grep -qwFf <(tr " " "\n" <<<"'"$old"'" | grep .) <(children "$(manager)")'
	run -1 svc call web anything
	has "$output" "its workers are programs: they have no commands"
}

@test "HUP to the manager by kill, a shutdown while it rolls: everything ends" {
	boot_settled container
	kill -HUP "$(manager)"
	kill -TERM "$(cinit_pid)"
	ends_with 0
}

@test "the workers are the user, the manager is not" {
	[ "$(id -u)" = 0 ] || skip "not root"
	chmod 755 "$dir"
	chmod o+x "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	cp "$BUILD/cinit.take" "$dir/" # the build may lie where others may not go
	ln -sfn "$dir/cinit.take" "$tree/svc/web/on"
	printf '65534\n' | tee "$tree/svc/web/user" >"$tree/svc/web/group"
	boot_settled container
	same user "$(ask id)" 65534
	same manager "$(stat -c %u "/proc/$(manager)")" 0
}
