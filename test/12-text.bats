#!/usr/bin/env bats
# runs: apart
#
# The bounded writer, the number parser, UTF-8 and JSON, the record's items, and reasons
# in words.
# The tests themselves are in tools/text-unit.c; here each is reported by name.
#
# shellcheck disable=SC2154

load lib

# One line of text-unit, which runs once for all of them.
unit()
{
	local report=$BATS_FILE_TMPDIR/report
	[ -s "$report" ] || timeout "$LIMIT" "$BUILD/test/text-unit" >"$report" 2>&1 ||
		echo "# exit code $?" >>"$report"
	grep -qxF -e "ok - $1" "$report" || fail "not ok: $1" "$(cat "$report")"
}

@test "the writer keeps to every capacity, ends in NUL and says when it cut" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "escaped names and JSON keep to every capacity" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a cleared text begins anew, and writing nothing cuts nothing" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "whole numbers are written in full" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "seconds are cut, not rounded" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a text with a descriptor loses nothing at any capacity" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "UTF-8: overlong, surrogate, high, cut and control sequences are none" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "names show control bytes, backslashes and broken sequences as \\xNN" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "JSON strings are escaped, and bytes that are no UTF-8 are kept apart" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "parse_u64 takes digits only, up to its maximum" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "the parsers look at n bytes and no more" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "parse_seconds takes up to three decimals, up to its maximum" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "items of every length of name and detail come back as they went in" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "an item that does not fit changes nothing" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a payload that is cut anywhere is read whole or not at all" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "lengths that lie in a payload read nothing behind it" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a cursor behind the payload finds nothing" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a record is checked for size, magic, version and every range" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "a name longer than 255 bytes is not set" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "who is late says within what time it was not up, and what comes next" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "times have the decimals that they need" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "every state and every step of a spawn has a word" {
	unit "${BATS_TEST_DESCRIPTION}"
}

@test "nothing of text-unit failed and nothing of it is missing here" {
	run timeout "$LIMIT" "$BUILD/test/text-unit"
	same "exit code" "$status" 0
	lacks "$output" "not ok"
	same tests "$(grep -c '^ok - ' <<<"$output")" "$(grep -c '^@test .* {$' "$BATS_TEST_FILENAME" | awk '{ print $1 - 1 }')"
}
