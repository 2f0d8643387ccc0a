#!/usr/bin/env bats
# runs: apart; again: asan
#
# The table of entries (src/tree/entries.c), as a program prints it that is linked with it,
# beside all that has to agree with it: cinit-svc(5), cinit.check's hints and --graph, and what
# the fuzzers make trees from.
#
# shellcheck disable=SC2154,SC2046

load lib

setup()
{
	tree_begin
	manual=$TOP/src/cinit-svc.5
	"$BUILD/test/entries" >"$BATS_TEST_TMPDIR/table"
	[ -s "$BATS_TEST_TMPDIR/table" ]
}

# rows PLACE WHAT...: the names of these, sorted.
rows()
{
	local place=$1 IFS='|'
	shift
	awk -F'\t' -v place="$place" -v what="^($*)\$" '$2 == place && $3 ~ what { print $1 }' "$BATS_TEST_TMPDIR/table" | sort
}

# documented SECTION: the names that have an entry of their own in its list; those of lists in
# that list belong to them.
documented()
{
	awk -v section="$1" '
		/^\.S[sh] / { inside = ($0 == ".Ss " section) }
		inside && /^\.Bl/ { depth++ }
		inside && /^\.El/ { depth-- }
		inside && depth == 1 && sub(/^\.It Pa /, "") {
			n = split($0, name, / , /)
			for (i = 1; i <= n; i++) { gsub(/^Pa |\/$/, "", name[i]); print name[i] }
		}' "$manual" | sort
}

@test "each entry of the table is documented in cinit-svc(5), and each that is documented is in it" {
	diff <(documented "Entries of a service") <(rows svc link links directory file) || fail "left: the manual"
	diff <(documented "Entries of conf/") <(rows conf link links directory file) || fail "left: the manual"
}

@test "what is kept for later versions is named as such in cinit-svc(5), and nothing else" {
	diff <(awk '/^\.S[sh] / { inside = ($0 == ".Ss Entries that are not built yet") }
		inside && sub(/^\.Pa /, "") { n = split($0, name, / , */)
			for (i = 1; i <= n; i++) if (name[i] != "") print name[i] }' "$manual" | sort) \
		<(rows svc later) || fail "left: the manual"
	same "of conf" "$(rows conf later)" ""
}

# The last letter is there twice.
slip() { echo "$1${1: -1}"; }

@test "cinit.check knows what was meant by a slip of the keys in the name of each entry" {
	local name
	once s
	: >"$tree/svc/s/respawn"
	mkdir "$tree/svc/init"
	for name in $(rows svc '.*'); do : >"$tree/svc/s/$(slip "$name")"; done
	for name in $(rows conf '.*'); do : >"$tree/conf/$(slip "$name")"; done
	wants init s
	check
	[ "$(rows svc '.*' | wc -l)" -gt 20 ]
	for name in $(rows svc '.*'); do
		finds "$tree/svc/s/$(slip "$name"): unknown file: ignored, did you mean $name? (warning)"
	done
	for name in $(rows conf '.*'); do
		finds "$tree/conf/$(slip "$name"): unknown entry: ignored, did you mean $name? (warning)"
	done
}

@test "each entry that is a file has a good value for tests" {
	same "without one" "$(awk -F'\t' '$2 == "svc" && $3 == "file" && $4 == "-"' "$BATS_TEST_TMPDIR/table")" ""
}

# value NAME: a good one.
value() { awk -F'\t' -v name="$1" '$1 == name && $2 == "svc" { print $4 }' "$BATS_TEST_TMPDIR/table" | jq -j .; }

# add SERVICE ENTRY: with a good value.
add()
{
	local at=$tree/svc/$1/$2
	case $(awk -F'\t' -v name="$2" '$1 == name && $2 == "svc" { print $3 }' "$BATS_TEST_TMPDIR/table") in
	link) ln -s /bin/true "$at" ;;
	links) mkdir "$at" && ln -s "$tree/svc/neighbour" "$at/" ;;
	directory) mkdir "$at" ;;
	file) value "$2" >"$at" ;;
	*) fail "no entry: $2" ;;
	esac
}

# A service for which each entry can mean something, without that one, and the same with it.
@test "--graph shows each entry with a good value, and finds nothing wrong with it" {
	local name base
	mkdir "$tree/svc/init"
	once neighbour
	for name in $(rows svc link links directory file); do
		mkdir "$tree/svc/without.$name" "$tree/svc/with.$name"
		for base in on off respawn listen; do
			[ "$base" = "$name" ] || for s in "without.$name" "with.$name"; do add "$s" "$base"; done
		done
		add "with.$name" "$name"
		wants init "without.$name" "with.$name"
	done
	graph
	for name in $(rows svc link links directory file); do
		[ "$(g ".services[\"with.$name\"]")" != "$(g ".services[\"without.$name\"]")" ] ||
			fail "--graph says nothing of $name:" "$(g ".services[\"with.$name\"]")"
		same "$name" "$(g ".services[\"with.$name\"].refused")" null
		finds_nothing_at "svc/with.$name/$name"
	done
}
