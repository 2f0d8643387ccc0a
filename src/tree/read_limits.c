/* read_limits.c - the lines of `limits` (cinit-svc(5)) become numbers, three for each:
 * RLIMIT_*, soft and hard limit.  What may be raised is not judged here: only the process
 * that asks for it knows. */
#include <string.h>
#include <sys/resource.h>

#include "ipc/text.h"
#include "src/tree/limits_words.h"
#include "src/tree/readers.h"

#define LIMITS_MAX 32 /* lines: each name once, and there are fewer */

struct limits {
	uint64_t number[3 * LIMITS_MAX];
	uint32_t n;
};

static bool is_word(const char *word, size_t n, const char *known)
{
	return strlen(known) == n && memcmp(word, known, n) == 0;
}

static bool parse_limit(const char *word, size_t n, uint64_t *limit)
{
	*limit = RLIM_INFINITY;
	return is_word(word, n, "unlimited") || parse_u64(word, n, UINT64_MAX - 1, limit);
}

static bool is_set(const struct limits *l, uint64_t resource)
{
	for (uint32_t i = 0; i < l->n; i += 3)
		if (l->number[i] == resource)
			return true;
	return false;
}

/* The next word of *at, of *n bytes: NULL where there is none.  Blanks are spaces. */
static const char *next_word(const char **at, size_t *n)
{
	const char *word = *at + strspn(*at, " ");

	*n = strcspn(word, " ");
	*at = word + *n;
	return *n ? word : NULL;
}

/* Why the line cannot be, or NULL. */
static const char *add_line(struct limits *l, const char *line)
{
	uint64_t resource, soft, hard;
	size_t n;
	const char *word = next_word(&line, &n);

	if (!word || !limits_find(word, n, &resource))
		return "not the name of a limit";
	if (is_set(l, resource))
		return "is there twice";
	word = next_word(&line, &n);
	if (!word || !parse_limit(word, n, &soft))
		return "not a number or `unlimited` behind the name";
	hard = soft;
	word = next_word(&line, &n);
	if (word && (!parse_limit(word, n, &hard) || next_word(&line, &n)))
		return "not a number or `unlimited` as the second";
	if (soft > hard)
		return "the first is more than the second";
	l->number[l->n++] = resource;
	l->number[l->n++] = soft;
	l->number[l->n++] = hard;
	return NULL;
}

void read_limits(struct reading *r)
{
	struct limits l = {.n = 0};
	const char *line, *why = NULL;
	uint32_t at, n, k;

	if (reading_lines(r, LINE_PLAIN, &at, &n) <= 0)
		return;
	line = reading_string(r, at);
	for (k = 0; k < n && !(why = add_line(&l, line)); k++)
		line = string_after(line);
	if (why)
		reading_refuse_value(r, line, strlen(line), why);
	else
		reading_add_numbers(r, l.number, l.n);
}
