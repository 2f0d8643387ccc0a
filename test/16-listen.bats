#!/usr/bin/env bats
# runs: apart
#
# Lines of `listen`, and the sockets that they become.  The tests themselves are in
# tools/listen-unit.c; here each is reported by name.  Root runs them as an ordinary
# user, too, because a few need the one and a few the other.
#
# shellcheck disable=SC2154

load lib

setup_file()
{
	local dir="${TMPDIR:-/tmp}" how
	dir=$(mktemp -d "$dir/cinit-test.XXXXXX")
	chmod 755 "$dir"
	cp "$BUILD/test/listen-unit" "$dir/"
	how=$(network)
	run_unit "$how" "$dir" >"$BATS_FILE_TMPDIR/report" 2>&1
	rm -rf "$dir"
}

# Words that run a command in a network of its own.
network()
{
	local how
	for how in "unshare --net" "unshare --map-root-user --net"; do
		if $how true 2>/dev/null; then
			echo "$how env LISTEN_NET=1"
			return
		fi
	done
}

# run_unit HOW DIR
run_unit()
{
	mkdir "$2/sockets" "$2/others"
	$1 timeout "$LIMIT" "$2/listen-unit" "$2/sockets" || echo "# exit code $?"
	chmod 777 "$2/others"
	as_user timeout "$LIMIT" "$2/listen-unit" "$2/others" || echo "# exit code $?"
}

unit()
{
	local report=$BATS_FILE_TMPDIR/report
	! grep -qxF -e "not ok - $1" "$report" || fail "not ok: $1" "$(cat "$report")"
	grep -qxF -e "ok - $1" "$report" || ! grep -qxF -e "skip - $1" "$report" || skip "not possible here"
	grep -qxF -e "ok - $1" "$report" || fail "absent: $1" "$(cat "$report")"
}

@test "every form of a line is understood" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "what is not exactly of that form is refused, and why" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a path of 107 bytes is one, a longer one is refused" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "the parser looks at n bytes and no more" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "the same place is known again, however it is written" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "names are kind and port or last part of the path, in plain bytes" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "addresses are listened on, anew at once, and never shared" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "an asterisk is IPv6 and IPv4, an address of one is not the other" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "without IPv6 an asterisk is IPv4" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "paths are listened on, and their directory has to be there" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a path has exactly its mode, whatever the umask, which stays" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a socket that nobody has open any more is replaced" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a socket that somebody has open is left alone" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a listener whose queue is full is left alone, without waiting" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "whatever else lies at the path is left alone" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a path belongs to the user and group that were asked" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "who cannot give a path away does not leave it behind" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "nothing of listen-unit failed and nothing of it is missing here" {
	local report=$BATS_FILE_TMPDIR/report
	! grep -E '^(not ok|#)' "$report" || fail "$(cat "$report")"
	same tests "$(grep -cE '^(ok|skip) - ' "$report")" "$(grep -c '^@test .* {$' "$BATS_TEST_FILENAME" | awk '{ print 2 * ($1 - 1) }')"
}
