#!/usr/bin/env bats
# runs: apart; again: asan
#
# Settings of a service's processes: `dir`, `umask`, `no-new-privs`, `limits`, `nice`, `oom`.
# Each holds for `on`, for `off`, and for the workers of a pool, but not for its manager.
# What a process has is read in /proc, from outside.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031,SC2034

load lib
load boot

setup()
{
	boot_begin
	# a place that other users can reach
	public_tree
	group init
	mkdir "$public/off"
	chmod 777 "$public/off"
	cp "$BUILD/cinit.take" "$public/"
	# who services are run as, where that can be asked for
	as=()
	[ "$(id -u)" -ne 0 ] || as=(user=4001 group=4100)
}

teardown()
{
	public_end
	boot_end
}

# entries NAME ENTRY=TEXT...: of a service; texts are those of printf %b.
entries()
{
	local name=$1 entry
	shift
	for entry; do printf '%b' "${entry#*=}" >"$tree/svc/$name/${entry%%=*}"; done
}

# stays NAME [ENTRY=TEXT...]: a service that runs, and whose `off` writes down what it has.
stays()
{
	local name=$1 out=$public/off/$1
	script "$name" 'exec tail -f /dev/null'
	: >"$tree/svc/$name/respawn"
	cat >"$tree/svc/$name/off" <<-END
		#!/bin/sh
		cat /proc/\$\$/status >$out.status
		cat /proc/\$\$/stat >$out.stat
		cat /proc/\$\$/limits >$out.limits
		cat /proc/\$\$/oom_score_adj >$out.oom_score_adj
		readlink /proc/\$\$/cwd >$out.cwd
	END
	chmod +x "$tree/svc/$name/off"
	shift
	entries "$name" "$@"
	wants init "$name"
}

# pool NAME [ENTRY=TEXT...]: two workers that are a program; modules: the same of objects.
pool()
{
	local name=$1
	mkdir -p "$tree/svc/$name/pool"
	ln -s "$public/cinit.take" "$tree/svc/$name/on"
	printf '/bin/true\n' >"$tree/svc/$name/on.params"
	pool_of "$@"
}

modules()
{
	local name=$1
	mkdir -p "$tree/svc/$name/pool"
	cp "$BUILD/test/modules/trace.so" "$public/"
	echo "$public/trace.so" >"$tree/svc/$name/pool/modules"
	pool_of "$@"
}

pool_of()
{
	local name=$1
	shift
	echo 2 >"$tree/svc/$name/pool/min"
	echo 2 >"$tree/svc/$name/pool/max"
	echo "unix $public/$name.sock" >"$tree/svc/$name/listen"
	entries "$name" "$@"
	wants init "$name"
}

# fact WHAT FILES: what a process has, from its directory in /proc or what `off` wrote.
fact()
{
	case $1 in
	dir) readlink "$2cwd" || cat "$2cwd" ;;
	umask) awk '/^Umask:/ { print $2 }' "$2status" ;;
	no-new-privs) awk '/^NoNewPrivs:/ { print $2 }' "$2status" ;;
	nice) sed 's/.*) //' "$2stat" | cut -d' ' -f17 ;;
	oom) cat "$2oom_score_adj" ;;
	*) sed -n "s/^Max $1  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p" "$2limits" ;;
	esac
}

main() { echo "/proc/$(outer "$(pid_of "$1")")/"; }
workers() { children "$(outer "$(pid_of "$1")")"; }

# is WHAT VALUE NAME: of the main process.
is() { same "$1 of $3" "$(fact "$1" "$(main "$3")")" "$2"; }

# everywhere WHAT VALUE ENTRY=TEXT...: main process, `off`, and workers of both kinds have it,
# root's and another user's; managers and the supervisor itself do not.
everywhere()
{
	local what=$1 value=$2 name pid pools=(p)
	shift 2
	stays s "$@"
	stays u "${as[@]}" "$@"
	pool p "${as[@]}" "$@"
	if [ -e "$BUILD/test/modules/trace.so" ]; then
		modules m "${as[@]}" "$@"
		pools+=(m)
	fi
	boot container
	before=$(fact "$what" "/proc/$(cinit_pid)/")
	svc wait settled
	for name in s u; do is "$what" "$value" "$name"; done
	for name in "${pools[@]}"; do
		same "state of $name: $(why "$name")" "$(state "$name")" up
		same "workers of $name" "$(workers "$name" | wc -w)" 2
		for pid in $(workers "$name"); do same "a worker of $name" "$(fact "$what" "/proc/$pid/")" "$value"; done
		is "$what" "$before" "$name"
	done
	for name in s u; do
		svc stop "$name"
		same "off of $name" "$(fact "$what" "$public/off/$name.")" "$value"
	done
	same "the supervisor" "$(fact "$what" "/proc/$(cinit_pid)/")" "$before"
	[ "$before" != "$value" ] || fail "this shows nothing: everybody has $value"
}

# --- what cinit.check and the loader make of the file --------------------------------------

# good ENTRY SHOWN <LINES: each TEXT|SHOWN of --graph.
good()
{
	local entry=$1 text shown n=0
	while IFS='|' read -r text shown; do
		n=$((n + 1))
		once "good$n"
		entries "good$n" "$entry=$text"
		wants init "good$n"
		shows+=("$shown")
	done
	graph
	same findings "$stderr" ""
	for ((n = 0; n < ${#shows[@]}; n++)); do
		same "$entry $((n + 1))" "$(g ".services.good$((n + 1))[\"$entry\"]")" "$(jq -n --arg v "${shows[n]}" '$v')"
	done
}

# bad ENTRY <LINES: each TEXT|REASON; is refused alone, by name, for a reason with this in it.
bad()
{
	local entry=$1 text reason n=0 reasons=()
	once neighbour
	wants init neighbour
	while IFS='|' read -r text reason; do
		n=$((n + 1))
		once "bad$n"
		entries "bad$n" "$entry=$text"
		wants init "bad$n"
		reasons+=("$reason")
	done
	graph
	same neighbour "$(g .services.neighbour.refused)" null
	for ((n = 0; n < ${#reasons[@]}; n++)); do
		[[ $(g ".services.bad$((n + 1)).refused" | jq -r .) == "$entry: "*"${reasons[n]}" ]] ||
			fail "bad$((n + 1)): $(g ".services.bad$((n + 1)).refused")" "not: ${reasons[n]}"
		finds_at "svc/bad$((n + 1))/$entry" "${reasons[n]}"
	done
	boot_settled container
	for ((n = 1; n <= ${#reasons[@]}; n++)); do same "bad$n" "$(state "bad$n")" refused; done
	same neighbour "$(state neighbour)" up
	has "$(svc status bad1 || :)" "$entry: "
}

# no_file ENTRY: what is no file refuses, but for a directory, which is a service of that name.
no_file()
{
	local name
	once fifo nowhere loop within within/"$1" linked
	mkfifo "$tree/svc/fifo/$1"
	ln -s nowhere "$tree/svc/nowhere/$1"
	ln -s "$1" "$tree/svc/loop/$1"
	ln -s "$tree/svc/within" "$tree/svc/linked/$1"
	wants init fifo nowhere loop within within/"$1" linked
	graph
	for name in fifo nowhere loop; do
		[[ $(g ".services.$name.refused") == "\"$1: "* ]] || fail "$name: $(g ".services.$name")"
	done
	for name in within "within/$1" linked; do
		same "$name" "$(g ".services[\"$name\"] | [.refused, .[\"$1\"]]")" '[null,null]'
		finds_nothing_at "svc/$name: "
	done
	check
	finds "$tree/svc/linked/$1: leads to a directory, so it is a service and no setting (warning)"
	timeout "$LIMIT" "$BUILD/cinit.check" -c "$tree" --graph >/dev/null 2>&1 || :
	boot_settled container
	for name in fifo nowhere loop; do same "$name" "$(state "$name")" refused; done
	same others "$(state within) $(state "within/$1") $(state linked)" "up up up"
}

# without_effect ENTRY TEXT: in a group it has none, and cinit.check says so; what is called
# so and is a service has nothing to do with it.
without_effect()
{
	group g h
	once "h/$1" f
	entries g "$1=$2"
	entries f "$1=$2"
	rm "$tree/svc/f/on"
	ln -s /bin/true "$tree/svc/f/off"
	wants init g h "h/$1" f
	check
	finds "$tree/svc/g/$1: has no effect: there is no \`on\` and no \`off\` (warning)"
	finds_nothing_at "svc/h/$1"
	finds_nothing_at "svc/f/$1"
}

# carried ENTRY OTHER WHAT BEFORE AFTER: a running service keeps what it has over a reload; the
# next start has what is in the file then; what is bad refuses it.
carried()
{
	hup
	is "$3" "$4" s
	svc restart s
	is "$3" "$4" s
	entries s "$1=$2"
	hup
	is "$3" "$4" s
	svc restart s
	is "$3" "$5" s
	# refused by a reload while it runs, it runs on as it was loaded, and is not started again
	rm "$tree/svc/s/$1"
	ln -s nowhere "$tree/svc/s/$1"
	hup
	is "$3" "$5" s
	kill_service s KILL
	await "the refusal" in_state s refused
}

# hint WRONG RIGHT: what a slip of the keys is said to be.
hint()
{
	once slip
	entries slip "$1="
	wants init slip
	check
	finds "$tree/svc/slip/$1: unknown file: ignored, did you mean $2? (warning)"
}

# fails NAME REASON: its start has failed, and status, --json and the exit code say so.
fails()
{
	local code=0
	same "state of $1" "$(state "$1")" failed
	same "why of $1" "$(why "$1")" "$2"
	same "step of $1" "$(status_of "$1" .last_exit.step)" setting
	has "$(svc status "$1" || :)" "$2"
	svc status "$1" >/dev/null || code=$?
	same "exit code" "$code" 3
	code=0
	svc start "$1" >/dev/null 2>&1 || code=$?
	same "exit code of start" "$code" 1
	said "$1: starting -> failed ($2)"
}

# --- dir ------------------------------------------------------------------------------------

@test "dir: the directory of main, off and workers, absolute and below the service's" {
	mkdir -p "$public/data"
	everywhere dir "$public/data" "dir=$public/data\n"
	stays below dir=sub
	stays itself dir=.
	stays above dir=../below/sub
	mkdir "$tree/svc/below/sub"
	hup
	svc start below itself above
	is dir "$tree/svc/below/sub" below
	is dir "$tree/svc/itself" itself
	is dir "$tree/svc/below/sub" above
	# what is relative in a pool is below its directory
	mkdir "$tree/svc/p/own"
	entries p dir=own
	svc restart p
	for pid in $(workers p); do same worker "$(fact dir "/proc/$pid/")" "$tree/svc/p/own"; done
	stays without
	hup
	svc start without
	is dir / without
}

@test "dir: where the user may not go, or nobody can, the start fails with the path" {
	local pid
	mkdir -p "$public/secret"
	chmod 700 "$public/secret"
	stays gone dir=/nowhere/at/all
	stays file "dir=$public/cinit.take"
	stays root "dir=$public/secret"
	stays bytes 'dir=/no\ttab'
	[ "${#as[@]}" -eq 0 ] || stays user "${as[@]}" "dir=$public/secret"
	pool p dir=/nowhere/at/all
	boot_settled container
	fails gone "dir: /nowhere/at/all: No such file or directory"
	fails file "dir: $public/cinit.take: Not a directory"
	is dir "$public/secret" root
	same bytes "$(svc status bytes | grep -o 'dir: .*')" 'dir: /no\x09tab: No such file or directory'
	[ "${#as[@]}" -eq 0 ] || fails user "dir: $public/secret: Permission denied"
	same pool "$(state p)" failed
	has "$(why p)" "dir: /nowhere/at/all: No such file or directory"
	mkdir -p "$public/later"
	entries gone "dir=$public/later"
	hup
	svc start gone
	is dir "$public/later" gone
}

@test "dir: a path of 4095 bytes is one, a longer one refuses, and so does what is none" {
	good dir <<-END
		/srv|/srv
		.\n|.
		a b|a b
		/$(printf '%04094d' 0)|/$(printf '%04094d' 0)
	END
	bad dir <<-END
		|not one path
		\n|not one path
		/a\n/b|not one path
		/a\n\n|not one path
		/a\0b|has a NUL byte
		/$(printf '%04095d' 0)|longer than a path may be (4095 bytes)
		/$(printf '%0140000d' 0)|longer than one argument may be (131071 bytes)
	END
}

@test "dir: a carriage return is part of the path, and warned of" {
	once s
	entries s 'dir=/srv\r\n'
	wants init s
	check
	finds "$tree/svc/s/dir:1: ends with a carriage return, which is kept (warning)"
}

@test "dir: no file, no effect, a slip of the keys" {
	no_file dir
	without_effect dir /srv
	hint dri dir
}

@test "dir: a reload carries it, and the next start has what the file says then" {
	mkdir "$public/one" "$public/two"
	stays s "dir=$public/one"
	boot_settled container
	carried dir "$public/two" dir "$public/one" "$public/two"
}

# --- umask ----------------------------------------------------------------------------------

@test "umask: that of main, off and workers" {
	everywhere umask 0137 'umask=137\n'
}

@test "umask: octal numbers up to 0777, and nothing else" {
	good umask <<-'END'
		0|0000
		022|0022
		77\n|0077
		777|0777
		00000777|0777
	END
	bad umask <<-END
		|not an octal number up to 0777
		\n|not an octal number up to 0777
		1000|not an octal number up to 0777
		0o22|not an octal number up to 0777
		8|not an octal number up to 0777
		-1|not an octal number up to 0777
		u=rwx|not an octal number up to 0777
		22 |not an octal number up to 0777
		22\r\n|not an octal number up to 0777
		22\n22\n|not an octal number up to 0777
		22\0|has a NUL byte
		40000000022|not an octal number up to 0777
		$(printf '%065d' 22)|
		$(printf '%070000d' 22)|
	END
	finds "$tree/svc/bad1/umask: '': not an octal number up to 0777"
	finds "$tree/svc/bad8/umask: '22 ': not an octal number up to 0777"
	finds "$tree/svc/bad9/umask: '22\x0d': not an octal number up to 0777"
	finds "$tree/svc/bad13/umask: '$(printf '%064d' 2)'...: not an octal number up to 0777"
}

@test "umask: no file, no effect, a slip of the keys" {
	no_file umask
	without_effect umask 022
	hint umaks umask
}

@test "umask: a reload carries it, and the next start has what the file says then" {
	stays s umask=077
	boot_settled container
	carried umask 0111 umask 0077 0111
}

# --- no-new-privs ---------------------------------------------------------------------------

@test "no-new-privs: main, off and workers can gain no rights by what they execute" {
	everywhere no-new-privs 1 no-new-privs=
}

@test "no-new-privs: only that it is there counts, and content is warned of" {
	once a b
	entries a no-new-privs=
	entries b no-new-privs=0
	wants init a b
	graph
	same shown "$(g '[.services.a, .services.b | .["no-new-privs"]]')" '["",""]'
	check
	finds_nothing_at svc/a/
	finds "$tree/svc/b/no-new-privs: its content is ignored: only that the file is there counts (warning)"
}

@test "no-new-privs: no file, no effect, a slip of the keys" {
	no_file no-new-privs
	without_effect no-new-privs ''
	hint no-new-priv no-new-privs
}

@test "no-new-privs: a reload carries it, and without the file the next start is without" {
	stays s no-new-privs=
	boot_settled container
	hup
	svc restart s
	is no-new-privs 1 s
	rm "$tree/svc/s/no-new-privs"
	hup
	is no-new-privs 1 s
	svc restart s
	is no-new-privs 0 s
}

# --- limits ---------------------------------------------------------------------------------

# A supervisor that may raise no limit: with these, and without the capability.
may_not_raise()
{
	local drop=()
	[ "$(id -u)" -ne 0 ] || drop=(setpriv --bounding-set=-sys_resource --)
	wrap=(bash -c 'ulimit -Sn 256 && ulimit -Hn 512 && ulimit -Sc 100 && ulimit -Hc 100 && exec "$@"' bash "${drop[@]}")
}

@test "limits: those of main, off and workers" {
	everywhere "open files" "100 200" 'limits=core 0\nnofile 100 200\n'
}

@test "limits: what may not be raised is as high as may be, said once; what is lowered is lowered" {
	local n
	may_not_raise
	stays high 'limits=nofile 1000000\ncore 1 5\nfsize unlimited\n'
	stays mixed 'limits=nofile 300 1000000'
	stays equal 'limits=nofile 512'
	pool p 'limits=nofile 1000000'
	boot_settled container
	is "open files" "512 512" high
	is "core file size" "1 5" high
	is "open files" "300 512" mixed
	is "open files" "512 512" equal
	for n in $(workers p); do same worker "$(fact "open files" "/proc/$n/")" "512 512"; done
	said "high: limits: nofile 1000000 1000000, core 1 5, fsize unlimited unlimited: Operation not permitted: started without it"
	same "of the pool" "$(times_said 'limits: nofile 1000000 1000000: Operation not permitted, started without it')" 1
	never_said "equal: limits"
	same state "$(state high) $(state mixed) $(state p)" "up up up"
	# in a restart loop it is not said again; in a tree that is loaded anew it is, once
	for n in 1 2 3; do svc restart high mixed; done
	svc stop high
	same "once" "$(times_said 'high: limits: ')" 1
	same "once" "$(times_said 'mixed: limits: ')" 1
	hup
	svc start high
	svc restart high
	same "and once more" "$(times_said 'high: limits: ')" 2
}

@test "limits: every name has its limit, with numbers up to the largest, or unlimited" {
	local name names=()
	for name in as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack; do
		names+=("$name unlimited|$name unlimited unlimited")
	done
	printf '%s\n' "${names[@]}" 'nofile 1|nofile 1 1' 'nofile 1 2\n|nofile 1 2' 'core 0 unlimited|core 0 unlimited' \
		'\n\n  nofile  1   2  \n\nas 3|nofile 1 2, as 3 3' 'as 18446744073709551614|as 18446744073709551614 18446744073709551614' \
		>"$dir/lines"
	good limits <"$dir/lines"
}

@test "limits: a line that is none refuses the service" {
	bad limits <<-END
		files 5|not the name of a limit
		NOFILE 5|not the name of a limit
		nofile|not a number or \`unlimited\` behind the name
		nofile -1|not a number or \`unlimited\` behind the name
		nofile 1k|not a number or \`unlimited\` behind the name
		nofile infinity|not a number or \`unlimited\` behind the name
		nofile 18446744073709551615|not a number or \`unlimited\` behind the name
		nofile 5 x|not a number or \`unlimited\` as the second
		nofile 5 6 7|not a number or \`unlimited\` as the second
		nofile 6 5|the first is more than the second
		nofile unlimited 5|the first is more than the second
		nofile 5\r\n|not a number or \`unlimited\` behind the name
		nofile\t5|not the name of a limit
		nofile 5\ncore 0\nnofile 6|is there twice
		nofile 5\0|has a NUL byte
		$(printf '%0140000d' 5)|longer than one argument may be (131071 bytes)
	END
}

@test "limits: an empty file asks for nothing" {
	once s
	entries s limits=
	wants init s
	graph
	same shown "$(g .services.s.limits)" '""'
	same findings "$stderr" ""
	stays t limits=
	boot_settled container
	same t "$(state t)" up
}

is_in() { [ "$(state "$1")" = "$2" ]; }

@test "limits: one that the kernel refuses fails the start, and nothing runs without it" {
	# more descriptors than any process may have, where raising is allowed otherwise
	stays s 'limits=nofile 5 6\nnofile 7'
	stays tiny 'limits=as 1'
	script tiny ": >$public/off/tiny.ran" 'exec tail -f /dev/null'
	boot container
	svc wait settled s || :
	same s "$(state s)" refused
	await "the back-off" is_in tiny backoff
	# the kernel has executed it when it kills it, so that it may be up for a moment
	[ ! -e "$public/off/tiny.ran" ] || fail "it ran without its limit"
}

@test "limits: no file, no effect, a slip of the keys" {
	no_file limits
	without_effect limits 'nofile 5'
	hint limit limits
}

@test "limits: a reload carries them, and the next start has what the file says then" {
	stays s 'limits=nofile 100 200\ncore 0'
	boot_settled container
	carried limits 'nofile 50 60' "open files" "100 200" "50 60"
}

# --- nice -----------------------------------------------------------------------------------

# crash NAME: its process is killed, and it runs again.
crash()
{
	local pid
	pid=$(pid_of "$1")
	kill_service "$1" KILL
	await "the restart of $1" eval "in_state $1 up && [ \"\$(pid_of $1)\" != $pid ]"
}

# nicer N: what whoever runs this has, and N more.
nicer() { echo $(($(fact nice /proc/self/) + $1)); }

@test "nice: that of main, off and workers" {
	everywhere nice "$(nicer 3)" "nice=$(nicer 3)\n"
}

@test "nice: numbers from -20 to 19, and nothing else" {
	good nice <<-'END'
		0|0
		19|19
		-20\n|-20
		-0|0
		007|7
	END
	bad nice <<-END
		|not a number from -20 to 19
		-|not a number from -20 to 19
		20|not a number from -20 to 19
		-21|not a number from -20 to 19
		+5|not a number from -20 to 19
		--5|not a number from -20 to 19
		5.0|not a number from -20 to 19
		5 |not a number from -20 to 19
		5\r\n|not a number from -20 to 19
		5\n5\n|not a number from -20 to 19
		5\0|has a NUL byte
		4294967301|not a number from -20 to 19
		-4294967291|not a number from -20 to 19
		99999999999999999999999|not a number from -20 to 19
		$(printf '%065d' 5)|
		$(printf '%070000d' 5)|
	END
}

@test "nice: where it cannot be had the service starts, and that is said once" {
	local n drop=()
	[ "$(id -u)" -ne 0 ] || drop=(setpriv --bounding-set=-sys_nice --)
	wrap=(bash -c 'ulimit -e 0; exec "$@"' bash "${drop[@]}")
	stays s nice=-5
	stays t "nice=$(nicer 2)"
	pool p nice=-5
	boot_settled container
	is nice "$(nicer 0)" s
	is nice "$(nicer 2)" t
	said "s: nice: -5: Permission denied: started without it"
	same "of the pool" "$(times_said 'nice: -5: Permission denied, started without it')" 1
	same states "$(state s) $(state p)" "up up"
	for n in 1 2; do svc restart s; done
	crash s
	same "said once" "$(times_said 's: nice: ')" 1
}

@test "nice: no file, no effect, a slip of the keys" {
	no_file nice
	without_effect nice 5
	hint niec nice
}

@test "nice: a reload carries it, and the next start has what the file says then" {
	stays s "nice=$(nicer 1)"
	boot_settled container
	carried nice "$(nicer 2)" nice "$(nicer 1)" "$(nicer 2)"
}

# --- oom ------------------------------------------------------------------------------------

@test "oom: that of main, off and workers; that of process 1 stays as it was" {
	everywhere oom 300 'oom=300\n'
}

@test "oom: numbers from -1000 to 1000, and nothing else" {
	good oom <<-'END'
		0|0
		1000|1000
		-1000\n|-1000
		-1|-1
	END
	bad oom <<-END
		|not a number from -1000 to 1000
		1001|not a number from -1000 to 1000
		-1001|not a number from -1000 to 1000
		1e3|not a number from -1000 to 1000
		 5|not a number from -1000 to 1000
		5\r\n|not a number from -1000 to 1000
		5\n5\n|not a number from -1000 to 1000
		5\0|has a NUL byte
		-99999999999999999999999|not a number from -1000 to 1000
		$(printf '%065d' 5)|
	END
}

@test "oom: where it cannot be had the service starts, and that is said once" {
	local n drop=()
	[ "$(id -u)" -ne 0 ] || drop=(setpriv --bounding-set=-sys_resource --)
	wrap=("${drop[@]}")
	# both comforts are not to be had: workers say each once, not in turns
	[ "$(id -u)" -ne 0 ] || wrap=(setpriv --bounding-set=-sys_resource,-sys_nice --)
	stays s oom=-900
	pool p oom=-900 nice=-5
	boot_settled container
	is oom "$(cat "/proc/$(cinit_pid)/oom_score_adj")" s
	said "s: oom: -900: Permission denied: started without it"
	same states "$(state s) $(state p)" "up up"
	for n in 1 2; do svc restart s; done
	same "said once" "$(times_said 's: oom: ')" 1
	same "of the pool" "$(times_said 'oom: -900: Permission denied, started without it')" 1
	same "of the pool" "$(times_said 'nice: -5: Permission denied, started without it')" 1
}

@test "oom: a limit of no descriptors does not keep it from being set" {
	stays s oom=250 'limits=nofile 0'
	boot container
	await "its end" in_state s backoff
	never_said "s: oom: "
}

@test "oom: no file, no effect, a slip of the keys" {
	no_file oom
	without_effect oom 5
	hint omo oom
}

@test "oom: a reload carries it, and the next start has what the file says then" {
	stays s oom=100
	boot_settled container
	carried oom 200 oom 100 200
}

@test "all of them together, as an ordinary user who is his own supervisor" {
	[ "$(id -u)" -eq 0 ] || skip "needs root to become one"
	chmod 777 "$public"
	cp "$BUILD/cinit" "$BUILD/test/ignore" "$public/"
	run=$public/run
	mkdir "$public/data"
	stays s "dir=$public/data" umask=027 no-new-privs= "nice=$(nicer 1)" oom=400 'limits=nofile 90 1000000'
	wrap=(setpriv --reuid=4001 --regid=4100 --clear-groups -- bash -c 'ulimit -Sn 256 && ulimit -Hn 512 && exec "$@"' bash)
	launch "${NS[@]}" --mount-proc sh -c '"$@"; exit $?' sh "${wrap[@]}" "$public/cinit" -v -c "$tree" -r "$run"
	await "the supervisor" svc -q list
	svc wait settled
	same s "$(state s)" up
	is dir "$public/data" s
	is umask 0027 s
	is no-new-privs 1 s
	is nice "$(nicer 1)" s
	is oom 400 s
	is "open files" "90 512" s
	said "s: limits: nofile 90 1000000: Operation not permitted: started without it"
}
