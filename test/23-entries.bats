#!/usr/bin/env bats
# runs: apart; again: asan
#
# `listen`, `ready`, `user`, `group`, `groups`, `timeout.on`, `timeout.off` and pool/:
# what the loader makes of each, good or bad.  That cinit.check and the supervisor say the
# same is looked at in the end; before, cinit.check stands for both.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load lib
load boot

setup()
{
	tree_begin
	once neighbour
	group init
	needs init neighbour
}

# try NAME...: loads the tree with these services wanted by init; no neighbour notices.
try()
{
	wants init "$@"
	graph
	same neighbour "$(g '.services.neighbour | [.on.argv0, .refused]')" '["/bin/true",null]'
	same "refusal of init" "$(g .services.init.refused)" null
}

# of NAME FILTER JSON
of() { same "$1 $2" "$(g ".services[\"$1\"] | $2")" "$3"; }

loaded() { of "$1" .refused null; }

# refused NAME REASON: exactly this, and said with its place, and so that control bytes are seen.
refused()
{
	local shown=${2//$'\r'/\\x0d}
	shown=${shown//$'\t'/\\x09}
	of "$1" .refused "$(jq -n --arg r "$2" '$r')"
	finds "$tree/svc/$1/${shown//$'\n'/\\x0a}"
}

# quoted TEXT: as a message has it that names this value, without the one newline at its end.
quoted() { printf '%b.' "$1" | perl -0777 -pe 's/\n?\.\z//; s/\A(.{64}).+\z/$1\x27.../s or s/\z/\x27/; s/\A/\x27/'; }

# each ENTRY KIND: from the standard input lines TEXT|REASON: a service of KIND (respawn or
# once) whose ENTRY is TEXT (printf %b) is refused for that.  {} is the text in quotes.
each()
{
	local entry=$1 kind=$2 text reason n=0 names=() reasons=()
	while IFS='|' read -r text reason; do
		n=$((n + 1))
		"$kind" "bad$n"
		put "svc/bad$n/$entry" "$text"
		names+=("bad$n")
		reasons+=("${reason/\{\}/$(quoted "$text")}")
	done
	[ "$n" -gt 0 ]
	try "${names[@]}"
	while [ "$n" -gt 0 ]; do
		refused "${names[n - 1]}" "${reasons[n - 1]}"
		n=$((n - 1))
	done
}

# pool NAME: a pool of programs, listening.
pool()
{
	local name
	for name; do
		once "$name"
		put "svc/$name/listen" 'tcp *:80\n'
		mkdir "$tree/svc/$name/pool"
	done
}

# --- listen ---------------------------------------------------------------------------------

@test "listen has a socket in each line, and empty lines are skipped" {
	respawn a
	once b c
	put svc/a/listen '\ntcp *:80\n\nudp [::1]:53\nunix /run/a.sock 0600\n\nunix-dgram /run/b.sock'
	put svc/b/listen 'tcp 127.0.0.1:1\n'
	put svc/c/listen
	try a b c
	of a .listen '["tcp *:80","udp [::1]:53","unix /run/a.sock 0600","unix-dgram /run/b.sock"]'
	of b .listen '["tcp 127.0.0.1:1"]'
	of c .listen null
	same findings "$stderr" ""
}

@test "a line of listen that is none refuses the service, with the line and the reason" {
	each listen respawn <<-'END'
		tcp *:0|listen: 'tcp *:0': PORT is not a number from 1 to 65535
		tcp *:80\ntcp *:99999\n|listen: 'tcp *:99999': PORT is not a number from 1 to 65535
		tcp localhost:80|listen: 'tcp localhost:80': HOST is neither an address in numbers nor *
		tcp ::1:80|listen: 'tcp ::1:80': an IPv6 address belongs in brackets, as in [::1]:80
		tcp [::g]:80|listen: 'tcp [::g]:80': not an IPv6 address in the brackets
		tcp *|listen: 'tcp *': not HOST:PORT
		tcp|listen: 'tcp': HOST:PORT is missing
		tcp *:80 600|listen: 'tcp *:80 600': more than HOST:PORT
		# web|listen: '# web': does not begin with tcp, udp, unix or unix-dgram
		unix run/a|listen: 'unix run/a': PATH does not begin with /
		unix @a|listen: 'unix @a': a name without a path is open to everybody
		unix /run/|listen: 'unix /run/': PATH ends with /
		unix|listen: 'unix': PATH is missing
		unix /a 888|listen: 'unix /a 888': MODE is not an octal number up to 0777
		unix /a 600 b|listen: 'unix /a 600 b': more than PATH and MODE
		tcp *:80\ntcp *:81\ntcp *:80|listen: 'tcp *:80': is there twice
		unix /a 600\nunix /a|listen: 'unix /a': is there twice
		tcp *:80\0|listen: has a NUL byte
	END
}

@test "32 sockets are listened on, one more refuses the service" {
	respawn a b
	seq 1 32 | sed 's/^/tcp *:/' >"$tree/svc/a/listen"
	seq 1 33 | sed 's/^/tcp *:/' >"$tree/svc/b/listen"
	try a b
	of a '.listen | length' 32
	refused b "listen: 'tcp *:33': more than 32 sockets"
}

@test "a path of a socket may have 107 bytes, no more" {
	local x
	x=$(printf '%0106d' 0)
	respawn a b
	put svc/a/listen "unix /$x\n"
	put svc/b/listen "unix /0$x\n"
	try a b
	loaded a
	refused b "listen: 'unix /0$x': PATH is longer than 107 bytes"
}

@test "listen without on is warned of and ignored" {
	group a
	put svc/a/listen 'tcp *:80\n'
	try a
	loaded a
	of a .listen null
	finds "$tree/svc/a/listen"': there is no `on` that could have the sockets, ignored (warning)'
}

@test "an entry that is no file, or cannot be read, refuses the service, so that it never runs without" {
	local entry n=0
	for entry in listen ready user group groups timeout.on timeout.off; do
		respawn "dir.$entry" "fifo.$entry" "gone.$entry"
		mkdir "$tree/svc/dir.$entry/$entry"
		mkfifo "$tree/svc/fifo.$entry/$entry"
		ln -s nowhere "$tree/svc/gone.$entry/$entry"
		wants init "dir.$entry" "fifo.$entry" "gone.$entry"
	done
	graph
	for entry in listen ready user group groups timeout.on timeout.off; do
		refused "dir.$entry" "$entry: cannot be read: not a file"
		refused "fifo.$entry" "$entry: cannot be read: not a file"
		refused "gone.$entry" "$entry: cannot be read: No such file or directory"
	done
}

# --- ready ----------------------------------------------------------------------------------

@test "ready is the number of a descriptor, behind those of listen" {
	respawn a b c d
	put svc/a/ready 'fd 3\n'
	put svc/b/ready 'fd 63'
	put svc/c/ready 'fd 5\n'
	put svc/c/listen 'tcp *:80\ntcp *:81\n'
	put svc/d/ready 'fd 4\n'
	put svc/d/listen 'tcp *:80\ntcp *:81\n'
	try a b c d
	of a .ready_fd 3
	of b .ready_fd 63
	of c .ready_fd 5
	refused d 'ready: '\''fd 4'\'': the number is that of a socket of `listen`'
}

@test "what is not fd N refuses the service" {
	local n
	for n in '' '\n' 'fd' 'fd ' 'fd 2' 'fd 0' 'fd 64' 'fd -1' 'fd x' 'fd  3' ' fd 3' 'fd 3 ' 'fd 3\n\n' \
		'FD 3' 'fd\t3' 'fd3' '3' 'notify 3' "fd $(printf '%080d' 3)"; do
		echo "$n"'|ready: {}: not `fd N` with a number from 3 to 63'
	done >"$BATS_TEST_TMPDIR/all"
	echo 'fd 3\0|ready: has a NUL byte' >>"$BATS_TEST_TMPDIR/all"
	each ready respawn <"$BATS_TEST_TMPDIR/all"
}

@test "ready with notify or check is warned of and ignored" {
	respawn a b
	put svc/a/ready 'notify\n'
	put svc/b/ready 'check\n'
	try a b
	of a '[.refused, .ready_fd]' '[null,null]'
	of b '[.refused, .ready_fd]' '[null,null]'
	finds "$tree/svc/a/ready: not built yet, ignored (warning)"
	finds "$tree/svc/b/ready: not built yet, ignored (warning)"
}

@test "ready of what is not kept running is warned of and ignored" {
	local why='there is no program that is kept running, ignored (warning)'
	once a
	group b c
	pool d
	put svc/a/ready 'fd 3\n'
	put svc/b/ready 'fd 3\n'
	put svc/c/ready 'fd 3\n'
	put svc/c/respawn
	put svc/d/ready 'fd 3\n'
	try a b c d
	for n in a b c d; do of $n '[.refused, .ready_fd]' '[null,null]'; done
	finds "$tree/svc/a/ready: $why"
	finds "$tree/svc/b/ready: $why"
	finds "$tree/svc/c/ready: $why"
	finds "$tree/svc/d/ready: a pool is ready by its own word, ignored (warning)"
}

# --- times ----------------------------------------------------------------------------------

@test "timeout.on and timeout.off are seconds, and the latter is the delay where there is none" {
	respawn a b c d
	put svc/a/timeout.on '1.5\n'
	put svc/b/timeout.off '30\n'
	put svc/c/timeout.off '30'
	put svc/c/delay '2.5\n'
	put svc/d/timeout.on '0'
	put svc/d/timeout.off '0'
	try a b c d
	of a '[.timeout_on_ms, .timeout_off_ms, .delay_ms]' '[1500,null,5000]'
	of b '[.timeout_on_ms, .timeout_off_ms, .delay_ms]' '[null,30000,30000]'
	of c '[.timeout_on_ms, .timeout_off_ms, .delay_ms]' '[null,30000,2500]'
	of d '[.timeout_on_ms, .timeout_off_ms, .delay_ms]' '[null,null,0]'
}

@test "a timeout that is no number of seconds refuses the service" {
	each timeout.on respawn <<-'END'
		|timeout.on: {}: not a number of seconds up to 86400
		-1|timeout.on: {}: not a number of seconds up to 86400
		86401|timeout.on: {}: not a number of seconds up to 86400
		5s|timeout.on: {}: not a number of seconds up to 86400
	END
	respawn a
	put svc/a/timeout.off 'soon\n'
	try a
	refused a "timeout.off: 'soon': not a number of seconds up to 86400"
}

@test "a service that says when it is up is up then, in a simulation, and never when it fails" {
	respawn a
	put svc/a/ready 'fd 3\n'
	put svc/a/timeout.on '2\n'
	wants init a
	check --simulate
	has "$output" "0.000 a: starting -> up (is ready)"
	check --simulate --fail a
	lacks "$output" "a: starting -> up"
	has "$output" "a: starting -> backoff (exit 1"
}

only_a_with_off()
{
	rm "$tree/svc/init/needs/neighbour"
	respawn a
	ln -s /bin/true "$tree/svc/a/off"
	put conf/sleep_before_kill '0\n'
}

@test "timeout.off bounds the whole of a stop, and --stop-time counts so" {
	only_a_with_off
	put svc/a/delay '4\n'
	wants init a
	check --stop-time
	same "without" "$output" "8.000 = a off 4.000 + a 4.000"
	put svc/a/timeout.off '5\n'
	check --stop-time
	same "less than both" "$output" "5.000 = a off 4.000 + a 1.000"
	put svc/a/timeout.off '3\n'
	check --stop-time
	same "less than one" "$output" "3.000 = a off 3.000"
	put svc/a/timeout.off '60\n'
	check --stop-time
	same "more than both" "$output" "8.000 = a off 4.000 + a 4.000"
	put svc/a/delay '0\n'
	put svc/a/timeout.off '7\n'
	check --stop-time
	same "without a delay" "$output" "7.000 = a off 7.000"
	rm "$tree/svc/a/timeout.off"
	check --stop-time
	same "without both" "$output" "180.000 = a off 90.000 + a 90.000"
}

# What the engine does is what was counted.
@test "a simulated stop takes as long as --stop-time says" {
	only_a_with_off
	wants init a
	local delay off sum
	while read -r delay off; do
		put svc/a/delay "$delay"
		put svc/a/timeout.off "$off"
		check --stop-time
		sum=${output%% *}
		check --simulate --stop 10
		same "with $delay and $off" "$(grep -E ' a: [a-z]+ -> down ' <<<"$output" | cut -d' ' -f1)" \
			"$(awk -v s="$sum" 'BEGIN { printf "%.3f", 10 + s }')"
	done <<-END
		4 5
		4 3
		4 60
		0 7
		2 0
	END
}

# --- users and groups -----------------------------------------------------------------------

@test "user, group and groups are names or numbers" {
	respawn a b c d e
	put svc/a/user 'www\n'
	put svc/b/user '1000'
	put svc/b/group '4294967294\n'
	put svc/c/group 'www-data\n'
	put svc/d/groups 'audio\n\n29\nvideo'
	put svc/e/groups
	try a b c d e
	of a '[.user, .group, .groups]' '["www",null,null]'
	of b '[.user, .group, .groups]' '["1000","4294967294",null]'
	of c '[.user, .group, .groups]' '[null,"www-data",null]'
	of d .groups '["audio","29","video"]'
	of e .groups '[]'
}

@test "what cannot be a user refuses the service" {
	each user respawn <<-'END'
		|user: {}: not one name or number
		\n|user: {}: not one name or number
		www data|user: {}: not one name or number
		www\ndata\n|user: {}: not one name or number
		www\n\n|user: {}: not one name or number
		 www|user: {}: not one name or number
		www\r\n|user: {}: not one name or number
		www:x|user: {}: not one name or number
		www\0|user: has a NUL byte
		4294967295|user: {}: not a number up to 4294967294
		99999999999999999999|user: {}: not a number up to 4294967294
		aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa|user: {}: longer than 64 bytes
	END
}

@test "what cannot be a group refuses the service" {
	each group respawn <<-'END'
		|group: {}: not one name or number
		a b|group: {}: not one name or number
		4294967295|group: {}: not a number up to 4294967294
	END
	respawn a b c
	put svc/a/groups 'audio\na b\n'
	put svc/b/groups '4294967295'
	seq 65 >"$tree/svc/c/groups"
	try a b c
	refused a "groups: 'a b': not one name or number"
	refused b "groups: '4294967295': not a number up to 4294967294"
	refused c "groups: more than 64 groups"
}

@test "64 groups are few enough" {
	respawn a
	seq 64 >"$tree/svc/a/groups"
	try a
	of a '.groups | length' 64
}

@test "a user or a group that is not there now is warned of by cinit.check" {
	respawn a b c d e f
	put svc/a/user 'no-such-user\n'
	put svc/b/group 'no-such-group\n'
	put svc/c/groups "root\nno-such-group\n"
	put svc/d/user '3999999999\n'
	put svc/e/user 'root\n'
	put svc/e/group 'root\n'
	put svc/e/groups '0\nroot\n'
	put svc/f/user '3999999999\n'
	put svc/f/group '3999999999\n'
	wants init a b c d e f
	check
	same status "$status" 0
	finds "$tree/svc/a/user: no-such-user: not found (warning)"
	finds "$tree/svc/b/group: no-such-group: not found (warning)"
	finds "$tree/svc/c/groups: no-such-group: not found (warning)"
	finds "$tree/svc/d/user: 3999999999: has no group in /etc/passwd, and there is no"' `group` (warning)'
	same sum "${lines[-1]}" "0 errors, 4 warnings"
}

@test "what is said of processes, where there are none, is named by cinit.check" {
	local entry
	group a b
	ln -s /bin/true "$tree/svc/b/off"
	for entry in delay timeout.on timeout.off; do put "svc/a/$entry" 1; put "svc/b/$entry" 1; done
	for entry in user group groups; do put "svc/a/$entry" root; put "svc/b/$entry" root; done
	wants init a b
	check
	for entry in delay timeout.off user group groups; do
		finds "$tree/svc/a/$entry"': has no effect: there is no `on` and no `off` (warning)'
	done
	finds "$tree/svc/a/timeout.on"': has no effect: there is no `on` (warning)'
	finds "$tree/svc/b/timeout.on"': has no effect: there is no `on` (warning)'
	same sum "${lines[-1]}" "0 errors, 7 warnings"
}

# --- pool/ ----------------------------------------------------------------------------------

@test "a pool without a file in it has the defaults, and is kept running without respawn" {
	pool a
	try a
	loaded a
	of a .pool '{"mode":"share","min":3,"max":10,"idle":3,"idle_time_ms":60000,"requests":1000,"timeout_ms":0,"keepalive_ms":5000}'
	of a '[.respawn, .ready_fd]' '[true,null]'
	same findings "$stderr" ""
}

@test "every value of a pool is read" {
	pool a
	put svc/a/pool/min '2\n'
	put svc/a/pool/max 256
	put svc/a/pool/idle '5\n'
	put svc/a/pool/idle.time '0.5\n'
	put svc/a/pool/requests '0\n'
	put svc/a/pool/mode 'dispatch\n'
	put svc/a/pool/timeout '30\n'
	put svc/a/pool/keepalive '0\n'
	put svc/a/pool/.hidden x
	try a
	of a .pool '{"mode":"dispatch","min":2,"max":256,"idle":5,"idle_time_ms":500,"requests":0,"timeout_ms":30000,"keepalive_ms":0}'
}

@test "a default of a pool gives way to what is written" {
	pool a b c d
	put svc/a/pool/min 20
	put svc/b/pool/max 2
	put svc/c/pool/idle 7
	put svc/d/pool/min 1
	put svc/d/pool/max 1
	try a b c d
	of a '.pool | [.min, .max, .idle]' '[20,20,20]'
	of b '.pool | [.min, .max, .idle]' '[2,2,2]'
	of c '.pool | [.min, .max, .idle]' '[3,10,7]'
	of d '.pool | [.min, .max, .idle]' '[1,1,1]'
}

@test "a value of a pool that cannot be refuses the service, with its file and the reason" {
	local file text reason name n=0
	local workers="not a number from 1 to 256" seconds="not a number of seconds up to 86400"
	while IFS='|' read -r file text reason; do
		n=$((n + 1))
		pool "bad$n"
		put "svc/bad$n/pool/$file" "$text"
		wants init "bad$n"
		[ "$reason" = "more than pool/max" ] || [ "$reason" = "less than pool/min" ] || reason="$(quoted "$text"): $reason"
		printf '%s|%q\n' "bad$n" "pool/$file: $reason"
	done >"$BATS_TEST_TMPDIR/all" <<-END
		min|0|$workers
		min|257|$workers
		min||$workers
		min|\n|$workers
		min|x|$workers
		min|-1|$workers
		min|3 |$workers
		min|3\n\n|$workers
		min|18446744073709551617|$workers
		min|$(printf '%065d' 3)|longer than 64 bytes
		min|11\n|more than pool/max
		max|0|$workers
		max|257|$workers
		max|many|$workers
		idle|0|$workers
		idle|257|$workers
		idle|2|less than pool/min
		idle.time|-1|$seconds
		idle.time|86401|$seconds
		timeout|soon|$seconds
		keepalive||$seconds
		requests|-1|not a number up to 1000000000
		requests|1000000001|not a number up to 1000000000
		requests||not a number up to 1000000000
		mode|prefork|neither share nor dispatch
		mode|Share|neither share nor dispatch
		mode|share dispatch|neither share nor dispatch
		mode||neither share nor dispatch
	END
	put svc/bad11/pool/max 10
	graph
	while IFS='|' read -r name reason; do
		eval "reason=$reason"
		refused "$name" "$reason"
	done <"$BATS_TEST_TMPDIR/all"
	same "bad ones" "$n" 28
}

@test "a file of a pool that is no file, or dangles, refuses the service" {
	local file
	for file in min max idle idle.time requests mode timeout keepalive modules; do
		pool "dir.$file" "gone.$file"
		mkdir "$tree/svc/dir.$file/pool/$file"
		ln -s nowhere "$tree/svc/gone.$file/pool/$file"
		wants init "dir.$file" "gone.$file"
	done
	graph
	for file in min max idle idle.time requests mode timeout keepalive modules; do
		refused "dir.$file" "pool/$file: not a file"
		refused "gone.$file" "pool/$file: No such file or directory"
	done
}

@test "a pool has listen, and either on or modules" {
	pool both neither mute empty
	put svc/both/pool/modules '/usr/lib/a.so\n'
	rm "$tree/svc/neither/on" "$tree/svc/mute/listen"
	put svc/empty/listen '\n'
	try both neither mute empty
	refused both 'pool: has both `on` and pool/modules'
	refused neither 'pool: has neither `on` nor pool/modules'
	refused mute 'pool: has no socket in `listen`'
	refused empty 'pool: has no socket in `listen`'
}

@test "a pool whose listen is bad is refused for that alone" {
	pool a
	put svc/a/listen 'tcp *:0\n'
	try a
	refused a "listen: 'tcp *:0': PORT is not a number from 1 to 65535"
	same findings "$(wc -l <<<"$stderr")" 1
}

@test "a pool that is a file refuses the service" {
	once a b
	put svc/a/pool
	put svc/a/listen 'tcp *:80\n'
	ln -s nowhere "$tree/svc/b/pool"
	put svc/b/listen 'tcp *:80\n'
	try a b
	refused a "pool: Not a directory"
	refused b "pool: No such file or directory"
}

@test "modules are objects with parameters, one in each line" {
	pool a
	rm "$tree/svc/a/on"
	put svc/a/pool/modules '\n/lib/a.so\n\nb.so  x=1 y=a=b  z=\n'
	put svc/a/on.env 'A=1\n'
	put svc/a/essential
	put svc/a/respawn
	try a
	loaded a
	of a .pool.modules '["/lib/a.so","b.so  x=1 y=a=b  z="]'
	of a '[.respawn, .essential.counts]' '[true,"exit"]'
	same findings "$stderr" ""
}

@test "modules that cannot be refuse the service" {
	local n=0 text reason name
	while IFS='|' read -r text reason; do
		n=$((n + 1))
		pool "bad$n"
		rm "$tree/svc/bad$n/on"
		put "svc/bad$n/pool/modules" "$text"
		wants init "bad$n"
		echo "bad$n|pool/modules$reason"
	done >"$BATS_TEST_TMPDIR/all" <<-'END'
		|: names no object
		\n\n|: names no object
		  |:1: '  ': names no object
		a.so\nb.so x\n|:2: 'b.so x': a word behind the object is not NAME=VALUE
		a.so =1|:1: 'a.so =1': a word behind the object is not NAME=VALUE
		a.so\0|:1: has a NUL byte
	END
	pool large fits
	rm "$tree/svc/large/on" "$tree/svc/fits/on"
	yes a.so | head -c 8191 >"$tree/svc/fits/pool/modules"
	yes a.so | head -c 8192 >"$tree/svc/large/pool/modules"
	try large fits
	while IFS='|' read -r name reason; do refused "$name" "$reason"; done <"$BATS_TEST_TMPDIR/all"
	same "bad ones" "$n" 6
	refused large "pool/modules: larger than 8191 bytes"
	of fits '.pool.modules | length' 1639
}

@test "cinit.check looks for modules, from the service directory on" {
	pool a
	rm "$tree/svc/a/on"
	put svc/a/here.so
	put svc/a/pool/modules 'here.so\n/nowhere/gone.so x=1\npool\n/bin/true\n'
	wants init a
	check
	finds "$tree/svc/a/pool/modules: /nowhere/gone.so: No such file or directory (warning)"
	finds "$tree/svc/a/pool/modules: pool: not a file (warning)"
	lacks "$output" "pool/modules: here.so"
	lacks "$output" "pool/modules: /bin/true"
}

@test "cinit.check says what a pool of programs in share mode has to know, which is no warning" {
	local text="mode share: requests, timeout and growth above min apply only to workers that report busy and available"
	pool a b c
	put svc/b/pool/mode dispatch
	rm "$tree/svc/c/on"
	put svc/c/pool/modules "$(readlink -f /bin/true)\n"
	wants init a b c
	check
	finds "$tree/svc/a/pool: $text (note)"
	same notes "$(grep -c '(note)' <<<"$output")" 1
	same sum "${lines[-1]}" "0 errors, 0 warnings"
}

@test "strangers in pool/ are ignored, and named by cinit.check with what was meant" {
	pool a
	put svc/a/pool/idletime 5
	put svc/a/pool/README x
	put svc/a/pool/.git x
	wants init a
	check
	finds "$tree/svc/a/pool/idletime: unknown entry: ignored, did you mean idle.time? (warning)"
	finds_nothing_at svc/a/pool/README
	same sum "${lines[-1]}" "0 errors, 1 warning"
	graph
	loaded a
}

@test "a directory with listen alone is a service that is not reached; folders with such names are not" {
	group init
	put svc/a/listen 'tcp *:80\n'
	group folder/user folder/listen folder/pool
	check
	finds "$tree/svc/a: not reached: starting init does not need or want it (warning)"
	finds_nothing_at svc/folder
}

# --- a tree that runs -------------------------------------------------------------------------

# tree-carry prints the rows before, extended by `more`, and read anew after the command.
carried() { run timeout "$LIMIT" "$BUILD/test/tree-carry" "$tree" "$@"; }

rows() { grep "^$1 " <<<"$output" | cut -d' ' -f2-; }

full_service()
{
	respawn "$1"
	put "svc/$1/listen" 'tcp *:80\nunix /run/a 600\n'
	put "svc/$1/ready" 'fd 9\n'
	put "svc/$1/user" 'www\n'
	put "svc/$1/group" 'data\n'
	put "svc/$1/groups" 'audio\n29\n'
	put "svc/$1/timeout.on" '1\n'
	put "svc/$1/timeout.off" '2\n'
}

FULL="listen=tcp *:80,unix /run/a 600, ready=9 user=www group=data groups=audio,29, on=1000 off=2000 delay=2000"

@test "what few services have is carried over when a tree is extended" {
	full_service a
	pool p
	respawn plain more
	put svc/more/user 'later\n'
	wants init plain a p
	carried more :
	same before "$(rows before | grep '^a ')" "a $FULL"
	same extended "$(rows extended | grep -v '^more ')" "$(rows before)"
	has "$(rows extended)" "more ready=-1 user=later on=0 off=0 delay=5000"
	same pool "$(rows extended | grep '^p ')" "p listen=tcp *:80, ready=-1 pool on=0 off=0 delay=5000"
	same "rows with extras" "$(rows extended | wc -l)" 3
}

@test "what runs keeps all of it when a reload would refuse it, or its directory is gone" {
	full_service a
	full_service gone
	full_service changed
	respawn plain more
	wants init a gone changed plain
	carried more "echo 'tcp *:0' | tee $tree/svc/a/listen >$tree/svc/plain/listen; mv $tree/svc/gone $tree; rm $tree/svc/init/wants/gone
		rm $tree/svc/changed/ready; echo x >$tree/svc/changed/user"
	same a "$(rows reloaded | grep '^a ')" "a $FULL"
	same gone "$(rows reloaded | grep '^gone ')" "gone $FULL"
	same changed "$(rows reloaded | grep '^changed ')" \
		"changed listen=tcp *:80,unix /run/a 600, ready=-1 user=x group=data groups=audio,29, on=1000 off=2000 delay=2000"
	same "rows with extras, which plain has none of" "$(rows reloaded | wc -l)" 3
	has "$output" "$tree/svc/plain: is not down: runs on as it was loaded before"
}

@test "the supervisor says of all of this what cinit.check says" {
	dir=$(cd "$BATS_TEST_TMPDIR" && pwd -P)
	run=$dir/run log=$dir/cinit.log launched='' stdin=/dev/null wrap=()
	namespaces
	respawn a b c d e f g h
	once k
	group m
	put svc/a/listen 'tcp *:x\n'
	put svc/b/ready 'fd 1\n'
	put svc/c/user 'a b\n'
	put svc/d/group ''
	put svc/e/groups 'a\n:\n'
	put svc/f/timeout.on x
	put svc/g/timeout.off x
	pool p q r s
	put svc/p/pool/min 0
	rm "$tree/svc/q/listen"
	put svc/r/pool/modules 'a.so\n'
	rm "$tree/svc/s/on"
	put svc/h/ready 'notify\n'
	put svc/k/ready 'fd 3\n'
	put svc/m/listen 'tcp *:80\n'
	wants init a b c d e f g h k m p q r s
	graph
	same findings "$(wc -l <<<"$stderr")" 14
	boot container # by then the tree has been read
	while read -r line; do
		has "$(cat "$log")" "cinit: ${line% (warning)}"
	done <<<"$stderr"
	boot_end
}
