/* report.c - findings as lines, counted.
 *
 * Here alone a finding is printed; how grave it is, says who found it. */
#include <string.h>

#include "src/check/check.h"

static void put(struct text *out, const char *s)
{
	text_name(out, s, strlen(s), true);
}

/* An unknown file may be a known one with a slip in its name. */
static void put_hint(struct text *out, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct hint h = {.name = slash ? slash + 1 : path};

	hint_entries(&h);
	hint_put(out, &h);
}

/* ---- each once ---- */

#define SAID_SLOTS 256 /* at first, a power of two */

static uint64_t hash_of(const struct finding *f)
{
	const char *parts[] = {f->path, f->what, f->why};
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		for (const char *s = parts[i]; *s; s++)
			hash = (hash ^ (unsigned char)*s) * 1099511628211u;
		hash *= 1099511628211u; /* a NUL */
	}
	return hash ? hash : 1;
}

/* True when it is new; a table without free slots takes nothing. */
static bool put_hash(struct vec *said, uint64_t hash)
{
	uint64_t *slots = (uint64_t *)(void *)said->at;
	size_t n = said->len / sizeof *slots, i;

	for (i = hash & (n - 1); slots[i]; i = (i + 1) & (n - 1))
		if (slots[i] == hash)
			return false;
	slots[i] = hash;
	return true;
}

static bool grow(struct vec *said)
{
	struct vec more = {.max = SIZE_MAX / 2};
	const uint64_t *old = (const uint64_t *)(const void *)said->at;

	if (!vec_add(&more, said->len ? 2 * said->len : SAID_SLOTS * sizeof *old))
		return false;
	for (size_t i = 0; i < said->len / sizeof *old; i++)
		if (old[i])
			put_hash(&more, old[i]);
	vec_free(said);
	*said = more;
	return true;
}

/* Without memory it is said again. */
static bool is_new(struct tally *t, const struct finding *f)
{
	size_t slots = t->said.len / sizeof(uint64_t);

	if (2 * (t->n_said + (size_t)1) > slots && !grow(&t->said))
		return true;
	t->n_said++;
	return put_hash(&t->said, hash_of(f));
}

void tally_free(struct tally *t)
{
	vec_free(&t->said);
}

/* ---- saying ---- */

bool is_readme(const char *name)
{
	static const char word[] = "README";
	size_t n = sizeof word - 1, len = strlen(name);

	return len >= n && (memcmp(name, word, n) == 0 || memcmp(name + len - n, word, n) == 0);
}

/* The supervisor ignores more than is worth a word. */
static bool is_in_order(const struct finding *f)
{
	const char *slash = strrchr(f->path, '/');

	return strcmp(f->what, FINDING_UNKNOWN) == 0
	       && (is_readme(slash ? slash + 1 : f->path) || is_module(f->path));
}

void tally_say(void *tally, const struct finding *f)
{
	struct tally *t = tally;
	bool error = f->level == FINDING_ERROR;

	if (is_in_order(f) || !is_new(t, f))
		return;
	t->errors += error;
	t->warnings += f->level == FINDING_WARNING || f->level == FINDING_NOTE;
	put(t->out, f->path);
	text_str(t->out, ": ");
	if (*f->what) {
		put(t->out, f->what);
		text_str(t->out, ": ");
	}
	put(t->out, f->why);
	if (strcmp(f->what, FINDING_UNKNOWN) == 0)
		put_hint(t->out, f->path);
	text_str(t->out, error ? "\n" : f->level == FINDING_REMARK ? " (note)\n" : " (warning)\n");
}

void tally_add(struct tally *t, enum finding_level level, const char *path, const char *what,
               const char *why)
{
	tally_say(t, &(struct finding){level, path, what, why});
}

static void put_count(struct text *out, unsigned n, const char *word)
{
	text_u64(out, n);
	text_char(out, ' ');
	text_str(out, word);
	if (n != 1)
		text_char(out, 's');
}

void tally_sum(const struct tally *t)
{
	put_count(t->out, t->errors, "error");
	text_str(t->out, ", ");
	put_count(t->out, t->warnings, "warning");
	text_char(t->out, '\n');
}
