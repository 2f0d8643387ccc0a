#!/usr/bin/env bats
# runs: apart
#
# The supervisor of an ordinary user: any process, anybody's, without an option.
#
# shellcheck disable=SC2154

load lib
load boot # for await, children, script and PATIENCE

setup()
{
	public_tree
	cp "$BUILD/cinit" "$BUILD/cinit.svc" "$BUILD/cinit.halt" "$BUILD/test/terminal" "$public/"
	ln -s cinit.halt "$public/cinit.poweroff"
	home=$public/home started=''
	config=$home/.config/cinit
	mkdir -p "$home/.config" "$public/run" "$public/other"
	rm -rf "$tree"
	tree=$config
	mkdir -p "$tree/svc"
	# a service that stays, and one that leaves a process to whoever takes it
	script keeps 'echo "$$" >"$OUT.new"; mv "$OUT.new" "$OUT"; exec sleep 1000'
	: >"$tree/svc/keeps/respawn"
	printf 'PATH=%s\nOUT=%s\n' "$PATH" "$home/keeps.pid" >"$tree/svc/keeps/on.env"
	group init
	needs init keeps
	other=()
	[ "$(id -u)" -ne 0 ] || other=(setpriv --reuid=65534 --regid=65534 --clear-groups --)
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$home" "$public/run" "$public/other"
	chmod 700 "$public/run" "$public/other"
	unset CINIT_DIR CINIT_RUN XDG_CONFIG_HOME
	export HOME=$home XDG_RUNTIME_DIR=$public/run
	cd "$public" || return
}

teardown()
{
	local pid
	for pid in $started; do
		kill -TERM "$pid" 2>/dev/null || :
		await "its end" gone "$pid"
	done
	cat "$public"/*.log
	cd / && public_end
}

# user NAME CMD...: a supervisor of the user's in the background, as $pid; what it
# says is in NAME.log.
user()
{
	local name=$1
	shift
	"${other[@]}" "$@" </dev/null >"$name.log" 2>&1 3>&- 8>&- 9>&- &
	pid=$! started="$started $!"
}

svc() { as_user timeout "$PATIENCE" ./cinit.svc "$@"; }

ended()
{
	local is=0
	await "its end" gone "$pid"
	wait "$pid" || is=$?
	same "exit code" "$is" "$1"
}

@test "without an option: tree in ~/.config/cinit, run directory in XDG_RUNTIME_DIR/cinit" {
	user one ./cinit
	await "the service" svc wait keeps
	grep -F "user mode, pid $pid, tree $home/.config/cinit, run $public/run/cinit" one.log
	[ -S "$public/run/cinit/socket" ] || [ "$(method)" != socket ]
	same mode "$(stat -c %A "$public/run/cinit" | cut -c6,9)" "--"
	has "$(svc list)" keeps
	as_user ./cinit.poweroff
	ended 0
}

@test "XDG_CONFIG_HOME says where the tree is" {
	mkdir "$home/elsewhere"
	mv "$home/.config/cinit" "$home/elsewhere/cinit"
	ln -sfn "$home/elsewhere/cinit/svc/keeps" "$home/elsewhere/cinit/svc/init/needs/keeps"
	XDG_CONFIG_HOME=$home/elsewhere user one ./cinit
	await "the service" svc wait keeps
	grep -F "tree $home/elsewhere/cinit" one.log
	# an empty one counts as unset
	kill -TERM "$pid"
	ended 0
	mv "$home/elsewhere/cinit" "$home/.config/cinit"
	XDG_CONFIG_HOME='' user two ./cinit
	await "an answer" svc -q list
	grep -F "tree $home/.config/cinit" two.log
}

@test "it ends when told, by each of the signals, and its services with it" {
	local sig service
	for sig in TERM INT QUIT PWR 37 38 39; do
		rm -f "$home/keeps.pid"
		user "$sig" ./cinit
		await "the service" test -s "$home/keeps.pid"
		service=$(<"$home/keeps.pid")
		kill "-$sig" "$pid"
		ended 0
		[ ! -d "/proc/$service" ] || fail "the service outlives $sig"
	done
}

@test "HUP ends it when it has a terminal, and without one it stays" {
	user one ./cinit
	await "the service" svc wait keeps
	kill -HUP "$pid"
	svc wait keeps
	has "$(svc list)" keeps
	kill -TERM "$pid"
	ended 0
	rm -f "$home/keeps.pid"
	# its leader's end hangs the terminal up
	mkfifo typing
	"${other[@]}" ./terminal ./cinit <typing >two.log 2>&1 3>&- 8>&- 9>&- &
	pid=$! started="$started $!"
	exec 7>typing
	await "the service" test -s "$home/keeps.pid"
	kill -HUP "$(children "$pid" | cut -d' ' -f1)"
	ended 0
	exec 7>&-
	await "the service's end" gone "$(<"$home/keeps.pid")"
}

# The service says whose child it is, and in $home/keeps.end that it was asked to end, a
# while after that.
takes_its_time()
{
	script keeps 'echo "$PPID" >"${OUT%.pid}.cinit"; echo "$$" >"$OUT.new"; mv "$OUT.new" "$OUT"' \
		'trap "sleep 0.3; echo asked >\"${OUT%.pid}.end\"; exit" TERM' 'while :; do sleep 0.05; done'
}

# closed CMD...: its terminal goes away as that of a window does.
closed()
{
	rm -f "$home"/keeps.*
	mkfifo typing
	"${other[@]}" ./terminal "$@" <typing >closed.log 2>&1 3>&- 8>&- 9>&- &
	started="$started $!"
	exec 7>typing
	await "the service" test -s "$home/keeps.pid"
	pid=$(<"$home/keeps.cinit")
	kill -KILL "${started##* }"
	exec 7>&-
	rm typing
	await "its end" gone "$pid"
	same "last word of the service" "$(cat "$home/keeps.end")" asked
	[ ! -d "/proc/$(<"$home/keeps.pid")" ] || fail "the service outlives it"
}

@test "when its terminal is closed everything is stopped in order, and it ends" {
	takes_its_time
	closed ./cinit
}

@test "when its terminal is closed under a shell, which is told first, nobody is hurried" {
	takes_its_time
	closed sh -c './cinit; exit'
	closed bash -ic './cinit; exit'
}

@test "several run side by side, and none twice" {
	user one ./cinit
	local one=$pid
	await "the first" svc wait keeps
	XDG_RUNTIME_DIR=$public/other user two ./cinit
	local two=$pid
	XDG_RUNTIME_DIR=$public/other await "the second" svc wait keeps
	user three ./cinit -r "$public/run/third"
	await "the third" svc -r "$public/run/third" wait keeps
	user again ./cinit
	ended 1
	grep -F "already supervised by pid $one" again.log
	XDG_RUNTIME_DIR=$public/other as_user ./cinit.poweroff
	pid=$two ended 0
	svc -q status keeps
	svc -r "$public/run/third" -q status keeps
}

@test "orphans of its services come to it, and end with it" {
	script leaves '(sh -c "echo \$\$ >$OUT.new; mv $OUT.new $OUT; exec sleep 1000" &)'
	printf 'PATH=%s\nOUT=%s\n' "$PATH" "$home/orphan.pid" >"$tree/svc/leaves/on.env"
	needs init leaves
	user one ./cinit
	await "the orphan" test -s "$home/orphan.pid"
	local orphan
	orphan=$(<"$home/orphan.pid")
	is_child() { [[ " $(children "$pid") " == *" $1 "* ]]; }
	await "the orphan's new parent" is_child "$orphan"
	kill -KILL "$orphan"
	await "its reaping" eval '! is_child $orphan'
	rm "$home/orphan.pid"
	svc stop leaves
	svc start leaves
	await "another orphan" test -s "$home/orphan.pid"
	orphan=$(<"$home/orphan.pid")
	await "its new parent" is_child "$orphan"
	kill -TERM "$pid"
	ended 0
	[ ! -d "/proc/$orphan" ] || fail "the orphan outlives it"
}

@test "without XDG_RUNTIME_DIR it runs all the same, and says what it lacks" {
	unset XDG_RUNTIME_DIR
	user one ./cinit -r "$public/nowhere/at/all"
	await "the service" test -s "$home/keeps.pid"
	await "what is said" grep -F "$public/nowhere/at/all" one.log
	kill -TERM "$pid"
	ended 0
}
