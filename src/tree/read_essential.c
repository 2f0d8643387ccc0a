/* read_essential.c - the words of the file `essential` (cinit-svc(5)) become numbers. */
#include <limits.h>
#include <string.h>

#include "ipc/signal_name.h"
#include "ipc/text.h"
#include "src/engine/engine.h"
#include "src/limits.h"
#include "src/tree/readers.h"

#define CODE_MAX 255   /* of an exit code */
#define SIGNAL_CODE 128 /* plus the signal, as shells have it */

struct words {
	uint64_t number[1 + 2 * (CODE_MAX + 1)]; /* enum essential, then pairs FROM, TO */
	uint32_t n;
	bool from_seen[CODE_MAX + 1];
};

static bool is_word(const char *word, size_t n, const char *known)
{
	return strlen(known) == n && memcmp(word, known, n) == 0;
}

/* A number, or the name of a signal with or without SIG. */
static bool parse_from(const char *s, size_t n, uint64_t *code)
{
	int sig;

	if (parse_u64(s, n, CODE_MAX, code))
		return true;
	sig = signal_of_word(s, n);
	*code = SIGNAL_CODE + (uint64_t)sig;
	return sig != 0;
}

/* FROM=TO */
static const char *add_code(struct words *w, const char *word, size_t n, const char *equals)
{
	size_t left = (size_t)(equals - word);
	uint64_t from, to;

	if (!parse_from(word, left, &from))
		return "not an exit code up to " LIMIT_TEXT(CODE_MAX) " or a signal before `=`";
	if (!parse_u64(equals + 1, n - left - 1, CODE_MAX, &to))
		return "not an exit code up to " LIMIT_TEXT(CODE_MAX) " behind `=`";
	if (w->from_seen[from])
		return "this code is there twice";
	w->from_seen[from] = true;
	w->number[w->n++] = from;
	w->number[w->n++] = to;
	return NULL;
}

/* Why the word cannot be, or NULL. */
static const char *add_word(struct words *w, const char *word, size_t n)
{
	static const struct { char word[8]; uint8_t essential; } known[] = {
		{"exit", ESSENTIAL_EXIT}, {"success", ESSENTIAL_SUCCESS}, {"failure", ESSENTIAL_FAILURE},
	};
	const char *equals = memchr(word, '=', n);

	if (equals)
		return add_code(w, word, n, equals);
	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		if (!is_word(word, n, known[k].word))
			continue;
		if (w->number[0])
			return "only one of exit, success and failure can be";
		w->number[0] = known[k].essential;
		return NULL;
	}
	return "not exit, success, failure or FROM=TO";
}

/* All words of the file, which is changed: each gets a NUL. */
static bool add_words(struct reading *r, struct words *w, char *file, size_t len)
{
	static const char blanks[] = " \t\n";
	size_t at = 0;

	file[len] = '\0';
	while (at += strspn(file + at, blanks), at < len) {
		size_t n = strcspn(file + at, blanks);
		const char *why;

		file[at + n] = '\0';
		why = add_word(w, file + at, n);
		if (why) {
			reading_refuse_value(r, file + at, n, why);
			return false;
		}
		at += n + 1 < len - at ? n + 1 : len - at;
	}
	return true;
}

static bool read_words(struct reading *r, struct words *w)
{
	size_t len;

	if (reading_bytes(r, r->scratch, PATH_MAX, &len) <= 0)
		return false;
	if (len == PATH_MAX) {
		reading_refuse(r, reading_name(r), "", "larger than " LIMIT_TEXT(CONFIG_PATH_MAX) " bytes");
		return false;
	}
	if (memchr(r->scratch, '\0', len)) {
		reading_refuse(r, reading_name(r), "", "has a NUL byte");
		return false;
	}
	return add_words(r, w, r->scratch, len);
}

/* Whatever is in it: that it is there says what is meant. */
void read_essential(struct reading *r)
{
	struct words w = {.n = 1};

	if (!read_words(r, &w))
		w = (struct words){.n = 1};
	if (!w.number[0])
		w.number[0] = ESSENTIAL_EXIT;
	reading_add_numbers(r, w.number, w.n);
}
