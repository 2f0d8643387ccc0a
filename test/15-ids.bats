#!/usr/bin/env bats
# runs: apart
#
# Users and groups: reading /etc/passwd and /etc/group, and becoming a user.  The tests
# themselves are in tools/ids-unit.c; here each is reported by name.
#
# shellcheck disable=SC2154

load lib

# One line of ids-unit, which runs once for all of them.
unit()
{
	local report=$BATS_FILE_TMPDIR/report
	[ -s "$report" ] || timeout "$LIMIT" "$BUILD/test/ids-unit" >"$report" 2>&1 ||
		echo "# exit code $?" >>"$report"
	! grep -qxF -e "skip - $1" "$report" || skip "not as this user"
	grep -qxF -e "ok - $1" "$report" || fail "not ok: $1" "$(cat "$report")"
}

@test "a user by name has its number, its group, and the groups that list it" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a user by number has those of its line, or needs a group" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "HOME, USER, LOGNAME and SHELL are those of the line, where there is one" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "group and groups replace what the files say" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a name that is not there is named, and nobody becomes root for it" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "lines of another form are passed over" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "lines of every length are read alike" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a name that is longer than a name can be is nobody's" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "64 groups are kept, one more is too many" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a file is read to 1 MiB, and beyond it nothing is taken for absent" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "without the files, numbers are enough" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "becoming a user takes groups, group and user, all of each, for good" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "what a system call says is not believed but looked at" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "who may not set groups may stay what it is" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "nothing of ids-unit failed and nothing of it is missing here" {
	run timeout "$LIMIT" "$BUILD/test/ids-unit"
	same "exit code" "$status" 0
	same tests "$(grep -cE '^(ok|skip) - ' <<<"$output")" "$(grep -c '^@test .* {$' "$BATS_TEST_FILENAME" | awk '{ print $1 - 1 }')"
}
