#!/bin/sh
# run.sh - runs the bats files given (all of test/ without any) and counts.
# Its last line is "N passed, N failed"; its status is 0 only if none failed.
set -u

cd "$(dirname "$0")" || exit 1
[ $# -gt 0 ] || set -- *.bats
out=$(mktemp)
trap 'rm -f "$out"' EXIT
for file; do
	echo "# ${file##*/}"
	bats --tap "$file" 2>&1 | sed '/^1\.\./d'
done | tee "$out"
passed=$(grep -c '^ok ' "$out")
failed=$(grep -c '^not ok ' "$out")
skipped=$(grep -c '^ok .* # skip' "$out")
[ "$skipped" = 0 ] || echo "# skipped, counted as passed: $skipped"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
