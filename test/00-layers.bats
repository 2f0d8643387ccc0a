#!/usr/bin/env bats
# runs: apart
#
# Which part may look at which: over the #include lines, and over what the engine's
# objects call.
#
# shellcheck disable=SC2154,SC2086

load lib

setup() { cd "$TOP" || return; }

# includes DIR...: "FILE HEADER" for each of our headers that a file includes; those
# beside it are named from the top, too.
includes()
{
	find "$@" -name '*.[ch]' -exec perl -ne '
		next unless /^\s*#\s*include\s+"([^"]+)"/;
		my $h = $1;
		my $dir = $ARGV =~ s,/[^/]*$,,r;
		print "$ARGV ", (-e $h ? $h : "$dir/$h"), "\n"' {} +
}

system_includes()
{
	find "$@" -name '*.[ch]' -exec perl -ne \
		'print "$ARGV $1\n" if /^\s*#\s*include\s+<([^>]+)>/' {} +
}

# A folder or file that has been renamed breaks no rule any more: each has to be there.
there()
{
	local place
	for place; do [ -e "$place" ] || fail "there is no $place"; done
	[ -n "$(includes "$@")" ] || fail "nothing found in $*"
}

# only PATTERN DIR...: files there include nothing else of ours.
only()
{
	local pattern=$1
	shift
	there "$@"
	! includes "$@" | grep -vE " ($pattern)$" || fail "these are not allowed in $*"
}

# never PATTERN DIR...
never()
{
	local pattern=$1
	shift
	there "$@"
	! includes "$@" | grep -E " ($pattern)" || fail "these are not allowed in $*"
}

@test "every header that is included is there" {
	local file header
	includes ipc src client test/tools | while read -r file header; do
		[ -f "$header" ] || fail "$file includes $header"
	done
}

@test "the engine includes only itself, the vocabulary and the limits" {
	only 'src/engine/[a-z]*\.h|ipc/words\.h|src/limits\.h' src/engine
}

@test "the rules of pools include only themselves and the vocabulary" {
	only 'src/pool/rules[a-z_]*\.h|ipc/words\.h' src/pool/rules*
}

@test "the engine and the rules of pools include only headers of C that need no system" {
	! system_includes src/engine src/pool/rules* ipc/words.h src/limits.h |
		grep -vE ' (stdint|stdbool|stddef|string|assert|limits)\.h$' || fail "these need a system"
}

# pure OBJECT...: they call nothing but each other and memory functions.
pure()
{
	local undefined
	[ -e "$1" ] || skip "no objects in $BUILD"
	undefined=$(nm -u "$@" | awk '$1 == "U" { print $2 }' | sort -u)
	nm --defined-only "$@" | awk 'NF == 3 { print $3 }' | sort -u >"$BATS_TEST_TMPDIR/own"
	[ -s "$BATS_TEST_TMPDIR/own" ]
	undefined=$(grep -vxFf "$BATS_TEST_TMPDIR/own" <<<"$undefined" |
		grep -vE '^(memcpy|memset|memmove|memcmp|__mem(cpy|set|move)_chk|__stack_chk_fail|_GLOBAL_OFFSET_TABLE_)$' |
		grep -vE '^__(asan|ubsan|sanitizer)' || :)
	same "called beyond" "$undefined" ""
}

# stateless OBJECT...: they have no variable that can be written.
stateless()
{
	[ -e "$1" ] || skip "no objects in $BUILD"
	nm "$@" >"$BATS_TEST_TMPDIR/names"
	if grep -q __asan "$BATS_TEST_TMPDIR/names"; then
		skip "the sanitizer's own"
	fi
	! grep -E ' [bBdDcC] ' "$BATS_TEST_TMPDIR/names" || fail "state outside the rows"
}

@test "the engine's objects call nothing but each other and memory functions" {
	pure "$BUILD"/obj/src/engine/*.o
}

@test "the engine has no state of its own: no variable that can be written" {
	stateless "$BUILD"/obj/src/engine/*.o
}

@test "the rules' objects call nothing but each other and memory functions" {
	pure "$BUILD"/obj/src/pool/rules*.o
}

@test "the rules have no state of their own: no variable that can be written" {
	stateless "$BUILD"/obj/src/pool/rules*.o
}

@test "the loader knows the engine, and of ipc the text and the names of signals" {
	only 'src/(tree|engine)/[a-z_]*\.h|src/limits\.h|ipc/(text|signal_name)\.h' src/tree
}

@test "what reads files and lines knows nothing of a tree; what reads a directory nothing of the engine's rows" {
	local low='ipc/text\.h|src/limits\.h' file='src/tree/(file|lines|table|address|pool_conf)\.h'
	only "$file|$low" src/tree/{file,lines,table,address,pool_conf}.[ch]
	never 'src/tree/(config|loader|carry)\.h' src/tree/{entries,values,reading,readers}.[ch] src/tree/read_*.c
}

@test "launch knows engine and tree, and nothing of the loader, of the shell or of a method" {
	only 'src/(launch|engine|tree)/[a-z_]*\.h|src/limits\.h|ipc/(text|words)\.h' src/launch
	never 'src/tree/(loader|carry|reading|readers)\.h' src/launch
	never 'src/launch/' src/engine src/tree
}

@test "the shell includes nothing of cinit.check, of a machine, of a method or of a client" {
	only 'src/(shell|engine|tree|launch)/[a-z_]*\.h|src/limits\.h|ipc/[a-z_]*\.h' src/shell
	only 'src/(machine|shell|tree)/[a-z_]*\.h|src/limits\.h|ipc/text\.h' src/machine
	never 'src/check/|src/pool/|ipc/[a-z]*/|ipc/client|client/' src/shell src/main.c
}

@test "a single program knows no tree and no client" {
	only 'src/single/[a-z]*\.h|src/shell/(console|thrift)\.h|src/limits\.h|ipc/(text|describe|signal_name)\.h' src/single
}

@test "cinit.check knows engine and tree, who a user is, and nothing of the shell or of a method" {
	only 'src/(check|engine|tree)/[a-z_]*\.h|src/launch/ids\.h|src/limits\.h|ipc/(text|place)\.h' src/check
}

@test "a pool's manager knows one service directory, no tree, no channels and no method of ipc; its examples nothing of ours" {
	only 'src/(pool|launch)/[a-z_]*\.h|src/tree/(address|pool_conf|values|reading)\.h|src/limits\.h|ipc/(outlet|pool|record|text|words|signal_name)\.h|src/pool/cinit/[a-z]*\.h' src/pool
	never 'src/launch/(channels|prepare|spawn)\.h|src/tree/config\.h' src/pool
	[ -z "$(includes src/pool/example src/pool/cinit)" ]
}

@test "a pool's rules call nothing but each other and memory functions" {
	[ -e "$BUILD/obj/src/pool/rules.o" ] || skip "no objects in $BUILD"
	only 'src/pool/rules[a-z_]*\.h|ipc/words\.h' src/pool/rules*.[ch]
}

@test "clients and ipc include nothing of src" {
	never 'src/' client ipc
}

@test "cinit.svc and cinit.halt see libcinit's header, and of ipc the bounded text alone" {
	only 'client/[a-z]*\.h|ipc/(text|place)\.h' client/*.c client/*.h
	[ "$(system_includes client/*.c client/*.h | grep -c ' cinit/client\.h$')" -ge 2 ]
}

@test "libcinit is made of its own and of ipc; its header and its examples of nothing" {
	only 'client/lib/[a-z]*\.h|ipc/[a-z_]*\.h' client/lib
	[ -z "$(includes client/cinit client/example test/libcinit)" ]
	! system_includes client/cinit | grep -vE ' std(bool|def|int)\.h$' || fail "not in C alone"
}

@test "cinit.svc and cinit.halt call nothing of ipc but the bounded text and the run directory" {
	[ -e "$BUILD/obj/client/svc.o" ] || skip "no objects in $BUILD"
	find "$BUILD/obj/ipc" "$BUILD/own/ipc" "$BUILD/own/client/lib" -name '*.o' ! -path '*/ipc/text.o' ! -path '*/ipc/place.o' \
		-exec nm --defined-only {} + | awk '$2 ~ /[A-Z]/ { print $3 }' | grep -v '^cinit_' >"$BATS_TEST_TMPDIR/theirs"
	[ -s "$BATS_TEST_TMPDIR/theirs" ]
	# objects of sources that are there
	! for file in client/*.c; do nm -u "$BUILD/obj/${file%.c}.o"; done | awk '$1 == "U" { print $2 }' | grep -v '^__' |
		grep -xFf "$BATS_TEST_TMPDIR/theirs" || fail "these are not libcinit's"
}

@test "a method includes nothing of another method" {
	local method
	for method in ipc/*/; do
		method=${method#ipc/} method=${method%/}
		only "ipc/[a-z_]*\.h|ipc/$method/ipc\.h" "ipc/$method"
	done
	only 'ipc/[a-z_]*\.h' ipc/*.c ipc/*.h
}

@test "no client object calls the supervisor's side, and the other way round" {
	[ -e "$BUILD/obj/client/svc.o" ] || skip "no objects in $BUILD"
	! nm -u "$BUILD"/obj/client/*.o | grep -E ' U (cinit_ipc_|engine_|config_|lock_take)' ||
		fail "a client calls these"
	! nm -u "$BUILD"/obj/src/shell/*.o "$BUILD"/own/src/shell/*.o "$BUILD"/own/src/main.o |
		grep -E ' U ipc_(connect|sign|post|ring|request|next_answer|close|leave)$' || fail "the shell calls these"
}

@test "each .c includes its own header first, where it has one" {
	local file header first
	find ipc src client -name '*.c' | while read -r file; do
		header=${file%.c}.h
		[ -e "$header" ] || continue
		first=$(includes "$file" | head -n 1)
		same "first of $file" "${first#* }" "$header"
		same "first line with an include of $file" \
			"$(grep -m1 -E '^\s*#\s*include' "$file" | grep -c '"')" 1
	done
}

@test "every header guards itself and compiles alone" {
	local header
	find ipc src client -name '*.h' | while read -r header; do
		grep -qE '^#ifndef CINIT_' "$header" || fail "$header has no guard"
		printf '#include "%s"\n' "$header" |
			${CC:-cc} -std=c11 -D_GNU_SOURCE -I. -Iclient -fsyntax-only -x c - || fail "$header"
	done
}

@test "the headers that are installed can be used in one program, in C and in C++" {
	local text
	text=$(printf '#include <cinit/%s.h>\n' client worker module)
	${CC:-cc} -std=c11 -D_GNU_SOURCE -Iclient -Isrc/pool -fsyntax-only -Werror -Wall -x c - <<<"$text"
	command -v c++ >/dev/null || skip "no C++ compiler here"
	c++ -D_GNU_SOURCE -Iclient -Isrc/pool -fsyntax-only -x c++ - <<<"$text"
}

@test "no dependency goes round in a circle between folders" {
	local from to
	includes src ipc client | while read -r from to; do
		# what lies in src/ itself is on top (main) or at the bottom (limits)
		[ "${from%/*}" = src ] || from=${from%/*}
		[ "${to%/*}" = src ] || to=${to%/*}
		[ "$from" = "$to" ] || echo "$from $to"
	done | sort -u >"$BATS_TEST_TMPDIR/folders"
	tsort "$BATS_TEST_TMPDIR/folders" 2>"$BATS_TEST_TMPDIR/loops" >/dev/null || :
	same loops "$(cat "$BATS_TEST_TMPDIR/loops")" ""
}

@test "sources name no path of somebody's own" {
	! grep -rnE '/(home|root|Users|work|mnt|tmp)/[A-Za-z]' src ipc client test/tools --include='*.[ch]' ||
		fail "in the sources"
}

# A limit that is written in a message a second time is wrong when the limit changes.
@test "no message has a limit written out: LIMIT_TEXT() puts it in" {
	! grep -rnE '"[^"%]*\b(from|to|than|most|up|of|has|larger|longer)\b[^"]*\b[0-9]{2,}\b[^"]*"' src client ipc --include='*.c' |
		grep -v '^src/pool/example/' || fail "these have"
	# one of a header that was not included would be there by its name
	! grep -aoE '(from|to|than|most) [A-Z_]+_(MAX|MIN|MIB|S|FD)\b' "$BUILD"/cinit.* "$BUILD/cinit" || fail "these have a name"
}
