#!/usr/bin/env bats
# runs: apart; again: asan
#
# Where the supervisor keeps what it knows: in one block, which is checked against the engine
# and the system.  The checks are in tools/shell-unit.c; here each is reported by name.
#
# shellcheck disable=SC2154

load lib

# What may be written in an object beside that block, and why it is no state: "OBJECT NAME".
caches()
{
	cat <<-EOF
		machine/begin cache (asks the kernel again: machine_owns_kernel)
		machine/unmount own (the child's that unmounts)
		shell/board cache (made anew by board_mark_all)
		shell/board shown (likewise)
		shell/descendants cache (filled anew by find)
	EOF
}

# "OBJECT NAME" of all that can be written: sections of data that stay writable.
written()
{
	local object
	for object in "$BUILD"/{own,obj}/src/{shell,launch,machine}/*.o; do
		[ -e "$object" ] || continue
		objdump -t "$object" | perl -ne '
			BEGIN { $object = shift @ARGV }
			next unless /\s\.(?:bss|data)(?!\.rel\.ro)\S*\s+(?!0+\s)[0-9a-f]+\s+(?:\.hidden )?(\S+)$/;
			next if $1 =~ /^\./;
			print "$object ", $1 =~ s/\.[0-9]+$//r, "\n"' "$(sed -E 's,.*/src/(.*)\.o$,\1,' <<<"$object")"
	done | sort -u
}

@test "shell, launch and machine keep nothing outside of the block but caches that are on the list" {
	written >"$BATS_TEST_TMPDIR/written"
	! grep -q asan "$BATS_TEST_TMPDIR/written" || skip "the sanitizer's own"
	same written "$(cat "$BATS_TEST_TMPDIR/written")" "$(caches | sed 's/ (.*//' | sort)"
}

@test "the block that is there once is main's" {
	nm "$BUILD"/{own,obj}/src/main.o 2>/dev/null | grep -q ' [BDC] shell$'
}

setup_file()
{
	local tree=$BATS_FILE_TMPDIR/tree
	mkdir -p "$tree/svc/init" "$tree/svc/pool/pool"
	ln -s /bin/true "$tree/svc/init/on"
	ln -s /bin/true "$tree/svc/pool/on"
	mkdir "$tree/svc/init/wants"
	ln -s ../../pool "$tree/svc/init/wants/pool"
	echo tcp 127.0.0.1:1 >"$tree/svc/pool/listen"
	timeout "$LIMIT" "$BUILD/test/shell-unit" "$tree" >"$BATS_FILE_TMPDIR/report" 2>&1 ||
		echo "# exit code $?" >>"$BATS_FILE_TMPDIR/report"
}

unit()
{
	local report=$BATS_FILE_TMPDIR/report
	grep -qxF -e "ok - $BATS_TEST_DESCRIPTION" "$report" || fail "$(cat "$report")"
	! grep -F "exit code" "$report"
}

@test "a block that is right is found right, and one before its first tree" { unit; }
@test "a process that engine, shell and memory do not agree on is found" { unit; }
@test "memory that is counted wrong is found" { unit; }
@test "a channel that is nobody's, or closed, is found" { unit; }
@test "a request that waits for nobody is found" { unit; }
@test "a load that lost what it works with is found, and so is a loop" { unit; }
