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

void tally_say(void *tally, const struct finding *f)
{
	struct tally *t = tally;
	bool error = f->level == FINDING_ERROR;

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
