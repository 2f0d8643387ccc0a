#!/usr/bin/env bats
# runs: apart; again: asan
#
# The tree: what the loader makes of every entry, good or bad.  In each test an
# innocent neighbour is loaded too, and must not notice anything.
#
# shellcheck disable=SC2154,SC2016,SC2030,SC2031

load lib

setup()
{
	tree_begin
	once neighbour
	begin_init
}

teardown()
{
	public_end
}

begin_init()
{
	group init
	needs init neighbour
}

# try NAME...: loads the tree with these services wanted by init.
try()
{
	wants init "$@"
	load_tree
}

load_tree()
{
	graph
	same neighbour "$(g '.services.neighbour | [.on.argv0, .refused]')" '["/bin/true",null]'
	same "refusal of init" "$(g .services.init.refused)" null
}

# of NAME FILTER SHOULD: something of one service.
of()
{
	same "$1 $2" "$(g ".services[\"$1\"] | $2")" "$3"
}

loaded()
{
	of "$1" '. != null and .refused == null' true
}

# refused NAME [TEXT]: it is refused, and the reason has TEXT in it.
refused()
{
	of "$1" '.refused != null' true
	g ".services[\"$1\"].refused" | grep -qF -e "${2-}" ||
		fail "$1 is refused, but not for \"$2\": $(g ".services[\"$1\"].refused")"
}

# --- on -------------------------------------------------------------------------

@test "argv[0] is the text of the link, not what it points to" {
	group a b c
	ln -s /bin/true "$tree/svc/a/on"
	ln -s ../b/program "$tree/svc/b/on"
	ln -s /no/such/program "$tree/svc/c/on"
	put svc/b/program '#!/bin/sh\n'
	try a b c
	of a .on.argv0 '"/bin/true"'
	of b .on.argv0 '"../b/program"'
	of c .on.argv0 '"/no/such/program"'
	loaded c
}

@test "an on that is a file has no argv[0] of its own" {
	put svc/a/on '#!/bin/sh\n'
	try a
	of a '[has("on"), .on.argv0]' '[true,null]'
}

@test "a service without on is a group" {
	group a
	put svc/a/on.params 'x\n'
	try a
	of a 'has("on")' false
	loaded a
}

@test "an on that is a directory, a FIFO, a socket or a device refuses its service" {
	group dir fifo sock
	mkdir "$tree/svc/dir/on"
	mkfifo "$tree/svc/fifo/on"
	perl -MSocket -e 'socket(my $s, AF_UNIX, SOCK_STREAM, 0); chdir $ARGV[0] or die;
		bind($s, pack_sockaddr_un("on")) or die $!' "$tree/svc/sock"
	try dir fifo sock
	for name in dir fifo sock; do refused "$name" "on: neither a link nor a file"; done
}

# --- on.params --------------------------------------------------------------------

@test "on.params is split at newlines and nothing else" {
	local -A table=(
		[one]='x\n|["x"]' [bare]='x|["x"]' [two]='a\nb\n|["a","b"]'
		[two_bare]='a\nb|["a","b"]' [empty]='|[]' [newline]='\n|[""]'
		[newlines]='\n\n|["",""]' [middle]='a\n\nb\n|["a","","b"]'
		[trailing]='a\n\n|["a",""]' [leading]='\na\n|["","a"]'
		[spaces]='  a b\t\n|["  a b\t"]' [quotes]='"a" '"'b'"'\n|["\"a\" '"'b'"'"]'
		[comment]='# no\n|["# no"]' [stars]='*** ok ***\n|["*** ok ***"]'
		[backslash]='a\\\\\nb\n|["a\\\\","b"]' [dollar]='$HOME\n|["$HOME"]'
		[utf8]='gr\xc3\xbc\xc3\x9fe\n|["grüße"]'
	)
	local name
	for name in "${!table[@]}"; do
		once "$name"
		put "svc/$name/on.params" "${table[$name]%%|*}"
	done
	try "${!table[@]}"
	for name in "${!table[@]}"; do of "$name" .on.params "${table[$name]#*|}"; done
}

@test "without on.params there are no arguments" {
	once a
	try a
	of a .on.params '[]'
}

@test "bytes that are no UTF-8 stay what they are" {
	once a
	put svc/a/on.params '\xff\xfe\n'
	try a
	grep -qF '\udcff\udcfe' "$graph"
}

@test "carriage returns are kept, and warned of" {
	once a
	put svc/a/on.params 'a\r\nb\r\n'
	try a
	of a .on.params '["a\r","b\r"]'
	finds_at svc/a/on.params:1 "carriage return"
}

@test "a NUL byte in on.params refuses the service" {
	once a
	put svc/a/on.params 'a\nb\0c\n'
	try a
	refused a "on.params: has a NUL byte"
}

@test "an on.params of 2 MB refuses the service, and one of 1 MiB less does not" {
	once a line b
	perl -e 'print "x" x 2_000_000, "\n"' >"$tree/svc/a/on.params"
	perl -e 'print "x" x 200_000, "\n"' >"$tree/svc/line/on.params"
	perl -e 'print(("x" x 99 . "\n") x 10_000)' >"$tree/svc/b/on.params"
	try a line b
	refused a "larger than 1 MiB"
	refused line "longer than one argument may be"
	of b '.on.params | length' 10000
}

@test "an argument of 131071 bytes is taken, one of 131072 is not" {
	once a b
	perl -e 'print "x" x 131_071, "\n"' >"$tree/svc/a/on.params"
	perl -e 'print "x" x 131_072, "\n"' >"$tree/svc/b/on.params"
	try a b
	of a '.on.params[0] | length' 131071
	refused b "longer than one argument may be"
}

@test "100,000 lines refuse the service, 65,536 do not" {
	once a b
	perl -e 'print "x\n" x 100_000' >"$tree/svc/a/on.params"
	perl -e 'print "x\n" x 65_536' >"$tree/svc/b/on.params"
	try a b
	refused a "more than 65536 lines"
	of b '.on.params | length' 65536
}

# --- on.env --------------------------------------------------------------------------

@test "on.env is the whole environment, and empty lines in it are skipped" {
	once a empty absent
	put svc/a/on.env 'A=1\n\nB=two words\n\n\nC=\n'
	put svc/empty/on.env
	try a empty absent
	of a .on.env '["A=1","B=two words","C="]'
	of empty .on.env '[]'
	of absent '.on | has("env")' false
}

@test "a line without = in on.env is passed on, and warned of" {
	once a
	put svc/a/on.env 'A=1\nodd\n'
	try a
	of a .on.env '["A=1","odd"]'
	finds_at svc/a/on.env:2 'no `=`'
	loaded a
}

@test "100,000 empty lines in on.env are no lines" {
	once a
	perl -e 'print "\n" x 100_000, "A=1\n"' >"$tree/svc/a/on.env"
	try a
	of a .on.env '["A=1"]'
}

@test "a NUL byte in on.env refuses the service" {
	once a
	put svc/a/on.env 'A=\0\n'
	try a
	refused a "on.env: has a NUL byte"
}

# --- off, respawn, delay -----------------------------------------------------------

@test "off has parameters and an environment of its own" {
	once a
	ln -s /bin/echo "$tree/svc/a/off"
	put svc/a/off.params 'x\ny\n'
	put svc/a/off.env 'Z=1\n'
	put svc/a/on.params 'w\n'
	try a
	of a .off '{"argv0":"/bin/echo","params":["x","y"],"env":["Z=1"]}'
	of a .on.params '["w"]'
}

@test "a service without off has none, and a bad off.params refuses it" {
	once a b
	ln -s /bin/echo "$tree/svc/b/off"
	put svc/b/off.params '\0'
	try a b
	of a 'has("off")' false
	refused b "off.params: has a NUL byte"
}

@test "respawn counts by being there, and its content does not" {
	respawn a
	once b c
	put svc/c/respawn 'no\n'
	try a b c
	of a .respawn true
	of b .respawn false
	of c .respawn true
}

@test "respawn without on is warned of and ignored" {
	group a
	put svc/a/respawn
	try a
	of a .respawn false
	loaded a
	finds_at svc/a/respawn 'no `on`'
}

@test "a respawn that is a directory, a FIFO or a dangling link refuses its service" {
	once a b c
	mkdir "$tree/svc/a/respawn"
	mkfifo "$tree/svc/b/respawn"
	ln -s nowhere "$tree/svc/c/respawn"
	try a b c
	refused a "respawn: not a file"
	refused b "respawn: not a file"
	refused c "respawn: cannot be read"
}

@test "delay is a number of seconds, 5 where it is absent" {
	local -A table=([d0]='0\n 0' [d1]='1\n 1000' [bare]='7 7000' [half]='1.5\n 1500'
		[zeros]='007\n 7000' [day]='86400\n 86400000' [ms]='0.001\n 1')
	local name
	once absent
	for name in "${!table[@]}"; do
		once "$name"
		put "svc/$name/delay" "${table[$name]% *}"
	done
	try absent "${!table[@]}"
	of absent .delay_ms 5000
	for name in "${!table[@]}"; do of "$name" .delay_ms "${table[$name]##* }"; done
}

@test "a delay that is no number of seconds refuses its service" {
	local -A table=([empty]='' [newline]='\n' [word]='soon\n' [minus]='-1\n' [plus]='+1\n'
		[space]=' 1\n' [behind]='1 \n' [crlf]='1\r\n' [two]='1\n2\n' [dots]='1.2.3\n'
		[point]='1.\n' [fine]='1.2345\n' [more]='86401\n' [nul]='1\0'
		[huge]='99999999999999999999999\n' [hex]='0x10\n' [exp]='1e3\n')
	local name value
	for name in "${!table[@]}"; do
		once "$name"
		put "svc/$name/delay" "${table[$name]}"
	done
	once long
	perl -e 'print "0" x 62, "5\n", "junk\n"' >"$tree/svc/long/delay"
	try long "${!table[@]}"
	refused nul "delay: has a NUL byte"
	unset 'table[nul]'
	for name in "${!table[@]}"; do
		printf -v value %b "${table[$name]}"
		refused "$name" "delay: '$(jq -rn --arg v "${value%$'\n'}" '$v | tojson[1:-1]')': not a number of seconds up to 86400"
	done
	refused long "delay: '$(printf '%062d' 0)5\\n'...: not a number of seconds up to 86400"
	finds "$tree/svc/crlf/delay: '1\x0d': not a number of seconds up to 86400"
}

# --- files that are none --------------------------------------------------------------

@test "a FIFO, directory, socket, device or dangling link where a file belongs refuses its service" {
	local file kind
	for file in on.params on.env delay; do
		once "fifo-$file" "dir-$file" "dev-$file" "zero-$file" "gone-$file" "loop-$file"
		mkfifo "$tree/svc/fifo-$file/$file"
		mkdir "$tree/svc/dir-$file/$file"
		ln -s /dev/tty "$tree/svc/dev-$file/$file"
		ln -s /dev/zero "$tree/svc/zero-$file/$file"
		ln -s nowhere "$tree/svc/gone-$file/$file"
		ln -s "$file" "$tree/svc/loop-$file/$file"
		for kind in fifo dir dev zero gone loop; do wants init "$kind-$file"; done
	done
	load_tree
	for file in on.params on.env delay; do
		for kind in fifo dir dev zero gone loop; do refused "$kind-$file" "$file: "; done
	done
}

@test "a link to a file is as good as a file" {
	once a
	put values/params 'x\n'
	put values/delay '3\n'
	ln -s ../../values/params "$tree/svc/a/on.params"
	ln -s "$tree/values/delay" "$tree/svc/a/delay"
	try a
	of a '[.on.params, .delay_ms]' '[["x"],3000]'
}

@test "empty files everywhere are no reason to fail, but for delay" {
	local file
	respawn a
	for file in on.params on.env off.params off.env; do put "svc/a/$file"; done
	ln -s /bin/true "$tree/svc/a/off"
	once b
	put svc/b/delay
	try a b
	loaded a
	of a '[.on.params, .on.env, .off.params, .off.env]' '[[],[],[],[]]'
	refused b delay
}

@test "what an ordinary user may not read refuses its service" {
	public_tree
	once neighbour
	begin_init
	once params dir wants-dir delay
	group needs-dir
	needs needs-dir neighbour
	wants wants-dir neighbour
	put svc/params/on.params 'x\n'
	put svc/delay/delay '1\n'
	wants init params dir delay needs-dir wants-dir
	chmod 000 "$tree/svc/params/on.params" "$tree/svc/dir" "$tree/svc/delay/delay" \
		"$tree/svc/needs-dir/needs" "$tree/svc/wants-dir/wants"
	graph=$BATS_TEST_TMPDIR/graph.json
	as_user timeout "$LIMIT" "$public/cinit.check" -c "$tree" --graph >"$graph" 2>"$graph.err" || :
	loaded neighbour
	loaded init
	refused params "on.params: cannot be read: Permission denied"
	refused delay "delay: cannot be read: Permission denied"
	refused dir "cannot be read: Permission denied"
	refused needs-dir "needs: cannot be read: Permission denied"
	refused wants-dir "wants: cannot be read: Permission denied"
}

# --- needs/ and wants/ ----------------------------------------------------------------

@test "absolute, relative, winding and slashed links come to one service" {
	once x/target
	group a
	mkdir "$tree/svc/a/needs"
	ln -s "$tree/svc/x/target" "$tree/svc/a/needs/absolute"
	ln -s ../../x/target "$tree/svc/a/needs/relative"
	ln -s ../.././x/../x/./target "$tree/svc/a/needs/winding"
	ln -s ../../x/target/ "$tree/svc/a/needs/slash"
	ln -s "$tree/svc/a/../x/target//" "$tree/svc/a/needs/slashes"
	try a
	of a .needs '["x/target"]'
	same services "$(g '.services | keys')" '["a","init","neighbour","x/target"]'
}

@test "an alias below svc/ is the service that it points to" {
	once real
	ln -s real "$tree/svc/alias"
	ln -s alias "$tree/svc/alias2"
	group a b
	needs a alias
	needs b alias2
	try a b
	of a .needs '["real"]'
	of b .needs '["real"]'
	same services "$(g '.services | keys')" '["a","b","init","neighbour","real"]'
}

@test "the name of the entry means nothing" {
	once one two
	group a
	mkdir "$tree/svc/a/needs"
	ln -s ../../one "$tree/svc/a/needs/two"
	try a
	of a .needs '["one"]'
}

@test "dot entries in needs/ and wants/ are ignored" {
	once one
	group a
	needs a one
	mkdir "$tree/svc/a/wants" "$tree/svc/a/needs/.git"
	ln -s nowhere "$tree/svc/a/needs/.dangling"
	ln -s ../../one "$tree/svc/a/wants/.one"
	put svc/a/needs/.keep
	try a
	loaded a
	of a '[.needs, .wants]' '[["one"],[]]'
}

@test "a directory inside needs/ is a service named by its path" {
	once a/needs/inner
	group a
	try a
	of a .needs '["a/needs/inner"]'
	loaded a/needs/inner
}

@test "services inside services are services, and nesting orders nothing" {
	once net net/eth0 net/eth0/dhcp
	try net net/eth0/dhcp
	of net '[.needs, .wants]' '[[],[]]'
	loaded net/eth0/dhcp
	same "net/eth0, which nobody names" "$(g '.services | has("net/eth0")')" false
}

@test "what is both needed and wanted is needed" {
	once one
	group a
	needs a one
	wants a one
	try a
	of a '[.needs, .wants]' '[["one"],[]]'
}

@test "a dangling entry in needs/ refuses the service, with its path" {
	group a
	needs a nowhere
	try a
	refused a "needs/nowhere: no service: No such file or directory"
	finds "$tree/svc/a/needs/nowhere: no service: No such file or directory"
}

@test "a dangling entry in wants/ is a warning" {
	once one
	group a
	wants a nowhere one
	try a
	loaded a
	of a .wants '["one"]'
	finds_at svc/a/wants/nowhere "(warning)"
}

@test "what lies outside svc/, or is no directory, is no service" {
	mkdir -p "$tree/else" "$tree/svcs/near" "$tree/svc/base"
	put svc/base/file
	local -A table=([outside]="$tree/else" [tmp]=/tmp [root]=/ [above]=../../.. [base]=../..
		[prefix]="$tree/svcs/near" [file]="$tree/svc/base/file" [device]=/dev/null [loop]=loop)
	local name
	for name in "${!table[@]}"; do
		group "need-$name" "want-$name"
		mkdir "$tree/svc/need-$name/needs" "$tree/svc/want-$name/wants"
		ln -s "${table[$name]}" "$tree/svc/need-$name/needs/$name"
		ln -s "${table[$name]}" "$tree/svc/want-$name/wants/$name"
		wants init "need-$name" "want-$name"
	done
	load_tree
	for name in "${!table[@]}"; do
		refused "need-$name" "needs/$name: no service"
		loaded "want-$name"
		finds_at "svc/want-$name/wants/$name" "no service, ignored"
	done
}

@test "a plain file in needs/ is no service" {
	group a b
	put svc/a/needs/one
	put svc/b/wants/one
	try a b
	refused a "needs/one: no service: not a directory"
	loaded b
}

@test "needs or wants that is a file refuses the service" {
	once a b c
	put svc/a/needs 'x\n'
	put svc/b/wants
	mkfifo "$tree/svc/c/needs"
	try a b c
	refused a "needs: cannot be read: Not a directory"
	refused b "wants: cannot be read: Not a directory"
	refused c "needs: cannot be read: Not a directory"
}

@test "needs may be a link to a directory, and one that dangles refuses the service" {
	once one
	group a b shared
	needs shared one
	ln -s ../shared/needs "$tree/svc/a/needs"
	ln -s nowhere "$tree/svc/b/needs"
	try a b
	of a .needs '["one"]'
	refused b "needs: cannot be read"
}

# --- names -------------------------------------------------------------------------------

@test "odd names are names" {
	local name
	local -a odd=("-rf" "--help" "white space" "grüße" $'latin\xfc' 'back\slash' 'quo"te'
		'$HOME' '*' '~' 'a:b' 'needs')
	for name in "${odd[@]}"; do
		once "$name"
		wants init "$name"
	done
	load_tree
	same "refused" "$(g '[.services[] | select(.refused)] | length')" 0
	same "services" "$(g '.services | length')" $((2 + ${#odd[@]}))
	loaded -rf
	loaded grüße
	loaded 'white space'
	grep -qF 'latin\udcfc' "$graph"
}

@test "a name with a control byte is refused, and shown without it" {
	local nl=$'new\nline' esc=$'esc\e[2J' del=$'del\x7f'
	once "$nl" "$esc" "$del"
	try "$nl" "$esc" "$del"
	refused 'new\nline' "name has a control byte"
	refused 'esc\u001b[2J' "name has a control byte"
	refused 'del\u007f' "name has a control byte"
	finds "$tree/svc/new\\x0aline: name has a control byte"
	lacks "$stderr" $'\e'
}

@test "a name of 255 bytes is a name, one of 256 is refused" {
	local part; part=$(printf 'x%.0s' {1..127})
	local fits=$part/$part long=$part/y$part whole
	whole=$(printf 'w%.0s' {1..255})
	once "$fits" "$long" "$whole" "$whole/in"
	group init
	mkdir -p "$tree/svc/init/wants"
	ln -s "../../$whole/in" "$tree/svc/init/wants/0"
	ln -s "../../$whole" "$tree/svc/init/wants/1"
	ln -s "../../$fits" "$tree/svc/init/wants/2"
	ln -s "../../$long" "$tree/svc/init/wants/3"
	load_tree
	loaded "$fits"
	loaded "$whole"
	same "refused" "$(g '[.services[] | select(.refused) | .refused] | sort')" \
		'["name is longer than 255 bytes","name is longer than 255 bytes"]'
	same "services" "$(g '.services | length')" 6
}

# --- cycles --------------------------------------------------------------------------------

@test "a service that needs itself is refused" {
	once a
	needs a a
	try a
	refused a "cycle"
	finds "$tree/svc/a: cycle of needs: a -> a"
}

@test "a service that wants itself is warned of" {
	once a
	wants a a
	try a
	loaded a
	of a .wants '[]'
	finds_at svc/a/wants/a "wants itself, ignored (warning)"
}

@test "a cycle of needs is named member by member, and exactly its members are refused" {
	once a b c before behind
	needs a b
	needs b c
	needs c a before
	needs behind a
	try behind
	local name
	for name in a b c; do refused "$name" "member of a cycle of needs"; done
	loaded before
	loaded behind
	grep -qE 'cycle of needs: (a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c)$' <<<"$stderr"
	same "cycles" "$(grep -c ': cycle of needs: ' <<<"$stderr")" 1
}

@test "two cycles are two findings" {
	once a b c d
	needs a b
	needs b a
	needs c d
	needs d c
	try a c
	same "cycles" "$(grep -c ': cycle of needs: ' <<<"$stderr")" 2
}

@test "a want on a cycle pulls in but orders nothing" {
	once a b
	needs a b
	wants b a
	try a
	loaded a
	loaded b
	of b '[.wants, .unordered]' '[["a"],["a"]]'
	finds_at svc/b/wants "lies on a cycle"
}

@test "wants in a circle all start" {
	once a b c
	wants a b
	wants b c
	wants c a
	try a
	local name
	for name in a b c; do
		loaded "$name"
		of "$name" '.unordered | length' 1
	done
}

@test "a directory that holds itself by a link is one service" {
	once a
	mkdir "$tree/svc/a/needs"
	ln -s .. "$tree/svc/a/loop"
	ln -s ../loop/neighbour "$tree/svc/a/needs/n"
	try a
	of a .needs '["neighbour"]'
}

# --- strangers and what lies about ---------------------------------------------------------

@test "READMEs, on.old, scripts and private directories do no harm" {
	once a
	put svc/a/README 'read me\n'
	put svc/a/sleep_before_kill.README
	ln -s /no/such/program "$tree/svc/a/on.old"
	put svc/a/.hidden
	group b
	ln -s ../nowhere/udev "$tree/svc/b/on"
	chmod 700 "$tree/svc/a" "$tree/svc/b"
	try a b
	loaded a
	loaded b
	finds_nothing_at svc/a/README
	finds_at svc/a/on.old "unknown file: ignored"
	finds_nothing_at svc/a/.hidden
}

@test "entries that are not built yet are named, and services that are called so are not" {
	once a a/log
	put svc/a/backoff '1\n'
	mkdir "$tree/svc/a/after"
	try a a/log
	loaded a
	finds_at svc/a/backoff "not built yet"
	finds_at svc/a/after "not built yet"
	lacks "$stderr" "$tree/svc/a/log: "
}

@test "on.params without on is noted" {
	group a
	put svc/a/on.params 'x\n'
	put svc/a/off.env 'A=1\n'
	try a
	finds_at svc/a 'has on.params or on.env: but no `on`'
	finds_at svc/a 'has off.params or off.env: but no `off`'
}

# --- conf/ -----------------------------------------------------------------------------------

@test "conf/last and conf/panic have parameters and an environment" {
	ln -s /bin/echo "$tree/conf/last"
	put conf/last.params '#!/bin/sh\necho bye\n'
	put conf/panic '#!/bin/sh\n'
	put conf/panic.env 'A=1\n'
	try
	same last "$(g .conf.last)" '{"argv0":"/bin/echo","params":["#!/bin/sh","echo bye"]}'
	same panic "$(g .conf.panic)" '{"argv0":null,"params":[],"env":["A=1"]}'
}

@test "conf/sleep_before_kill is seconds, 2 where it is absent or bad" {
	try
	same absent "$(g .conf.sleep_before_kill_ms)" 2000
	put conf/sleep_before_kill '7\n'
	load_tree
	same seven "$(g .conf.sleep_before_kill_ms)" 7000
	put conf/sleep_before_kill 'long\n'
	load_tree
	same bad "$(g .conf.sleep_before_kill_ms)" 2000
	finds_at conf/sleep_before_kill "'long': not a number of seconds"
}

@test "a conf/ that is absent, a file, or full of strange things stops nothing" {
	rm -r "$tree/conf"
	load_tree
	put conf 'a file\n'
	load_tree
	finds_at conf "cannot be read"
	rm "$tree/conf"
	mkdir -p "$tree/conf/last" "$tree/conf/panic.params"
	mkfifo "$tree/conf/sleep_before_kill"
	ln -s /bin/true "$tree/conf/panic"
	load_tree
	finds_at conf/last "neither a link nor a file"
	finds_at conf/panic.params "not a file"
	finds_at conf/sleep_before_kill "not a file"
}

# --- profiles -------------------------------------------------------------------------------

@test "the start service is init, or the profile" {
	once profiles/rescue
	needs profiles/rescue neighbour
	graph
	same start "$(g .start)" '"init"'
	graph -p profiles/rescue
	same start "$(g .start)" '"profiles/rescue"'
	same services "$(g '.services | keys')" '["neighbour","profiles/rescue"]'
	graph -p ./profiles/../profiles//rescue/
	same start "$(g .start)" '"profiles/rescue"'
}

@test "a profile that is an alias is what it points to" {
	ln -s init "$tree/svc/default"
	graph -p default
	same start "$(g .start)" '"init"'
	loaded neighbour
}

@test "an unknown profile is named, and so is one that is not strictly below svc/" {
	local profile
	mkdir -p "$tree/svcs"
	put svc/file
	for profile in nosuch no/such .. . ../svc ../svc/. ../svcs ../../tree/svc/.. /etc "$tree/svc" \
		/ "" file init/on; do
		graph -p "$profile"
		same "start of \"$profile\"" "$(g .start)" null
		same "status of \"$profile\"" "$status" 1
		grep -qF "no such start service" <<<"$stderr" || fail "\"$profile\": $stderr"
	done
	graph -p nosuch
	finds "$tree/svc/nosuch: no such start service: No such file or directory"
}

@test "a tree without svc/ says so" {
	rm -r "$tree/svc"
	graph
	same start "$(g .start)" null
	finds "$tree/svc: cannot be read: No such file or directory"
	put svc
	graph
	finds "$tree/svc: cannot be read: Not a directory"
}

@test "a tree whose svc/ is a link is read through it" {
	mv "$tree/svc" "$tree/services"
	ln -s services "$tree/svc"
	group a
	mkdir "$tree/svc/a/needs"
	ln -s ../../neighbour "$tree/svc/a/needs/n"
	try a
	of a .needs '["neighbour"]'
}

# --- size -----------------------------------------------------------------------------------

# Loads with a stack of 64 KiB, in a second of CPU time.
load_big()
{
	local TIMEFORMAT='%U %S' used
	graph=$BATS_TEST_TMPDIR/graph.json
	used=$({ time small_stack -c "$tree" --graph >"$graph" 2>"$graph.err"; } 2>&1) ||
		[ $? -eq 1 ]
	[[ $used =~ ^[0-9.]+\ [0-9.]+$ ]] || fail "no time: $used"
	jq -e .services "$graph" >/dev/null || fail "it did not load" "$(head "$graph.err")"
	perl -e 'exit($ARGV[0] + $ARGV[1] > ($ENV{CINIT_SLOW} || 1))' "${used% *}" "${used#* }" || fail "CPU time: $used s"
}

@test "a chain of 10,000 loads in a second on a small stack" {
	rm -r "$tree/svc/init"
	big_tree chain 10000
	needs init neighbour
	load_big
	loaded neighbour
	same services "$(g '.services | length')" 10002
	same refused "$(g '[.services[] | select(.refused)] | length')" 0
}

@test "a cycle of 10,000 loads in a second on a small stack, and is refused" {
	rm -r "$tree/svc/init"
	big_tree cycle 10000
	needs init neighbour
	load_big
	loaded neighbour
	loaded init
	same refused "$(g '[.services[] | select(.refused)] | length')" 10000
	same cycles "$(grep -c ': cycle of needs: ' "$graph.err")" 1
	grep -q ' \.\.\.$' "$graph.err"
}

@test "a fan of 10,000 loads in a second on a small stack" {
	rm -r "$tree/svc/init"
	big_tree fan 10000
	needs init neighbour
	load_big
	loaded neighbour
	of init '.needs | length' 10001
}

@test "5,000 cycles of two are found in a second" {
	perl -e 'my $s = $ARGV[0]; mkdir "$s/init/wants";
		for my $i (1 .. 10000) { mkdir "$s/c$i"; mkdir "$s/c$i/needs";
			symlink "../../c" . ($i % 2 ? $i + 1 : $i - 1), "$s/c$i/needs/x";
			symlink "../../c$i", "$s/init/wants/c$i" }' "$tree/svc"
	load_big
	loaded neighbour
	same cycles "$(grep -c ': cycle of needs: ' "$graph.err")" 5000
}

# --- limits of all services together ------------------------------------------------------------
#
# Whoever is read last and does not fit is refused, by name, and nobody else.

# unfit N TEXT: so many services are refused because they do not fit, all in these words; each is
# a finding with its path.  The findings are in $found.
unfit()
{
	same "refused services" "$(grep -cF -e ": does not fit: $2" "$found")" "$1"
	same "paths" "$(grep -F -e ": does not fit: " "$found" | cut -d: -f1 | sort -u | wc -l)" "$1"
	same "other errors" "$(grep -vE ': (does not fit|no service, ignored): |^[0-9]+ errors| \(note\)$' "$found" || :)" ""
}

# check_big ARG...: its findings are many, and bats is slow with many lines.
check_big()
{
	found=$BATS_TEST_TMPDIR/found
	timeout "$LIMIT" "$BUILD/cinit.check" -c "$tree" "$@" >"$BATS_TEST_TMPDIR/out" 2>"$found" || [ $? -eq 1 ]
	[ $# -gt 0 ] || found=$BATS_TEST_TMPDIR/out
}

# linked FILE N ENTRY...: N services, b1 on, that init wants, with these entries all links to FILE.
linked()
{
	perl -e 'my ($svc, $file, $n, @entries) = @ARGV; mkdir "$svc/init/wants";
		for my $i (1 .. $n) { my $b = "$svc/b$i"; mkdir $b; symlink "/bin/true", "$b/on";
			symlink $file, "$b/$_" for @entries;
			symlink "../../b$i", "$svc/init/wants/b$i" }' "$tree/svc" "$@"
}

# late: read after all of these, because only they want it.
late()
{
	once late
	perl -e 'for (glob "$ARGV[0]/b*") { mkdir "$_/wants"; symlink "../../late", "$_/wants/late" }' "$tree/svc"
}

# full_lines FILE: 1 MiB.
full_lines() { perl -e 'print +("=" . "x" x 131070 . "\n") x 8' >"$1"; }

# huge_tree: the tree again, in memory where that is possible: it has a hundred thousand entries.
huge_tree()
{
	public=$(mktemp -d "$([ -w /dev/shm ] && echo /dev/shm || echo "$BATS_TEST_TMPDIR")/cinit-test.XXXXXX")
	tree=$public/tree
	mkdir -p "$tree/svc"
	once neighbour
	begin_init
}

@test "of 82,000 services, 65,536 are loaded, the next 16,384 refused by name, and others are no services" {
	huge_tree
	perl -e 'mkdir "$ARGV[0]"; mkdir "$ARGV[0]/s$_" for 1 .. 82000' "$tree/svc/init/wants"
	check_big --graph
	unfit 16384 "there are more than 65536 services"
	same "no services" "$(grep -cF ": no service, ignored: there are more than 65536 services" "$found")" \
		$((82000 + 2 - 65536 - 16384))
	same "loaded and refused" "$(jq -c '[.services[] | select(.refused == null)] | length, (.[0] | .refused)' \
		"$BATS_TEST_TMPDIR/out" | paste -sd' ')" "65536 null"
}

@test "of 1,050,625 needs, or wants, those that do not fit refuse their services" {
	local kind of
	for kind in needs wants; do
		public_end
		huge_tree
		perl -e 'my ($tree, $kind) = @ARGV; mkdir "$tree/all"; mkdir "$tree/svc/init/wants";
			for my $i (1 .. 1024) { mkdir "$tree/svc/leaf$i";
				symlink "../svc/leaf$i", "$tree/all/$i" }
			for my $i (1 .. 1026) { mkdir "$tree/svc/p$i"; symlink "../../all", "$tree/svc/p$i/$kind";
				symlink "../../p$i", "$tree/svc/init/wants/p$i" }' "$tree" "$kind"
		check_big
		of=$([ "$kind" = needs ] && echo 3 || echo 4) # init wants 1026 by itself
		unfit "$of" "all services together have more than 1048576 $kind"
		same "entries" "$(grep -cE "/svc/p[0-9]+/$kind: does not fit: " "$found")" "$of"
	done
}

@test "services whose strings do not fit into 64 MiB are refused, and a smaller one behind them is not" {
	full_lines "$tree/big"
	linked "$tree/big" 40 on.params on.env
	late
	ln -s "$tree/big" "$tree/svc/late/on.params" # there is room for it, if no refused one keeps any
	check_big
	unfit 9 "all services together have more than 64 MiB of strings"
	same "entries" "$(grep -cE "/svc/b[0-9]+/on.env: does not fit: " "$found")" 9
}

@test "services whose numbers do not fit into 64 MiB are refused, and a smaller one behind them is not" {
	huge_tree
	perl -e 'print "$_=1 " for 0 .. 255' >"$tree/codes"
	linked "$tree/codes" 16360 essential
	late
	echo 1=2 >"$tree/svc/late/essential"
	check_big
	unfit 8 "all services together have more than 64 MiB of numbers"
}
