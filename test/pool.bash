# pool.bash - what the bats files about pools share; after lib.bash.
#
# A pool here is a service directory in $pool, run by cinit.pool below pool-host, which
# stands in for the supervisor: what is written to descriptor 7 are its commands, and
# $said is what it says.
#
# shellcheck shell=bash disable=SC2154,SC2034 # variables of bats and of lib.bash

pool_begin()
{
	dir=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	pool=$dir/pool said=$dir/said log=$dir/stderr runner='' manager=''
	mkdir -p "$pool/pool"
	: >"$said"
	: >"$log"
	sock=$dir/s as=()
	serve
}

pool_end()
{
	[ -z "$manager" ] || kill -KILL "$manager" 2>/dev/null || :
	[ -z "$runner" ] || kill -KILL "$runner" 2>/dev/null || :
	if [ -n "${clients-}" ]; then # of a test that did not come to its end
		: >"$dir/enough"
		wait "$clients" 2>/dev/null || :
	fi
	cat "$said" "$log"
	! grep -E 'runtime error:|Sanitizer' "$log"
}

# value NAME TEXT: a file of pool/.
value() { printf '%s\n' "$2" >"$pool/pool/$1"; }
listens() { printf '%s\n' "$@" >"$pool/listen"; }

# program PROGRAM [ARG...]: `on` with its arguments.
program()
{
	ln -sfn "$1" "$pool/on"
	shift
	rm -f "$pool/on.params"
	[ $# -eq 0 ] || printf '%s\n' "$@" >"$pool/on.params"
}

# A worker by way of cinit.take: one line comes, one goes.
serve()
{
	cat >"$dir/serve" <<-'END'
		#!/bin/sh
		read -r verb arg
		case $verb in
		who) echo "$PPID $CINIT_RANK" ;;
		hold) echo "$PPID"; while [ ! -e "$arg" ]; do sleep 0.01; done; echo done ;;
		die) kill -9 "$PPID" ;;
		env) env ;;
		echo) echo "$arg" ;;
		esac
	END
	chmod +x "$dir/serve"
	program "$BUILD/cinit.take" "$dir/serve"
	listens "unix $sock"
}

# Starts it, with the words ${as[@]} before it and its directory as $given, if that is set;
# `ready` waits until it is up.
start()
{
	mkfifo "$dir/commands"
	exec 7<>"$dir/commands"
	"${as[@]}" "$BUILD/test/pool-host" "$BUILD/cinit.pool" "${given:-$pool}" <"$dir/commands" >>"$said" 2>>"$log" 3>&- 7>&- &
	runner=$!
	await "the manager" grep -q '^pid ' "$said"
	manager=$(sed -n 's/^pid //p' "$said")
}

ready()
{
	start
	await "ready" grep -qx ready "$said"
}

tell() { printf '%s\n' "$1" >&7; }

# Asks and waits for the answer's last line, which is in $answer; what came is in $came.
answered()
{
	local before
	before=$(grep -c '^answer' "$said") || :
	tell "$1"
	await "an answer to $1" eval '[ "$(grep -c "^answer" "$said")" -gt '"$before"' ]'
	answer=$(tail -n 1 "$said")
	came=$(tac "$said" | sed -e '2,${/^answer/Q}' | tac)
}

# One number of `workers`: count busy.
count()
{
	answered workers
	sed -n "s/^pool .*\b$1=\([-0-9]*\).*/\1/p" <<<"$came"
}

is_count() { [ "$(count "$1")" = "$2" ]; }

# The pids of the workers, one a line.
workers() { ps -o pid= --ppid "$manager" | tr -d ' '; }
n_workers() { workers | wc -l; }

# Ends it by TERM: $status.
drain()
{
	tell TERM
	drained
}

drained()
{
	await "the end" grep -qE '^(exit|signal) ' "$said"
	wait "$runner" || :
	runner='' manager=''
}

exits()
{
	drained
	same "its end" "$(tail -n 1 "$said")" "exit $1"
}

# ask TEXT [SOCKET]: one line to the pool, and what comes back until the end.
ask()
{
	perl -MIO::Socket::UNIX -e '$| = 1;
		my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $ARGV[1]) or die "connect: $!\n";
		$s->print("$ARGV[0]\n"); $s->shutdown(1);
		print while <$s>;' "$1" "${2:-$sock}"
}

# hold NAME: a request that takes until `release NAME`; waits until it has begun.  Which
# worker has it is in the file held.NAME.
hold()
{
	ask "hold $dir/release.$1" >"$dir/held.$1" 3>&- 7>&- &
	await "request $1" grep -q . "$dir/held.$1"
}

release() { : >"$dir/release.$1"; await "its end" grep -qx done "$dir/held.$1"; }
