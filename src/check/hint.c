/* hint.c - near misses: how many slips of the keys lie between two names.
 *
 * Optimal string alignment: insertions, deletions, changes and swaps of
 * neighbours, each of which counts one. */
#include <string.h>

#include "src/check/check.h"
#include "src/tree/entries.h"

#define KNOWN_MAX 20 /* bytes of the longest known name */
#define SLIPS_MAX 2

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Both are at most KNOWN_MAX + SLIPS_MAX bytes long. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned d[KNOWN_MAX + SLIPS_MAX + 1][KNOWN_MAX + SLIPS_MAX + 1];

	for (size_t i = 0; i <= a_len; i++)
		d[i][0] = (unsigned)i;
	for (size_t j = 0; j <= b_len; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++)
		for (size_t j = 1; j <= b_len; j++) {
			char x = lower(a[i - 1]), y = lower(b[j - 1]);

			d[i][j] = least(d[i - 1][j - 1] + (x != y),
			                least(d[i - 1][j], d[i][j - 1]) + 1);
			if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
				d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
		}
	return d[a_len][b_len];
}

/* A short name may differ in less, or everything would be near it. */
static unsigned slips_allowed(size_t len)
{
	return len < 6 ? 1 : SLIPS_MAX;
}

void hint_try(struct hint *h, const char *known)
{
	size_t len = strlen(h->name), known_len = strlen(known);
	unsigned n;

	if (known_len > KNOWN_MAX || len > known_len + SLIPS_MAX)
		return;
	n = distance(h->name, len, known, known_len);
	if (n > slips_allowed(known_len) || (h->best && h->distance <= n))
		return;
	h->best = known;
	h->distance = n;
}

void hint_entries(struct hint *h)
{
	for (int id = 0; id < ENTRY_N; id++)
		if (!entry_is_conf(&entries[id]))
			hint_try(h, entries[id].name);
}

void hint_put(struct text *out, const struct hint *h)
{
	if (!h->best)
		return;
	text_str(out, ", did you mean ");
	text_str(out, h->best);
	text_char(out, '?');
}
