/* hint.c - near misses, and habits that people bring along.
 *
 * Optimal string alignment: insertions, deletions, changes and swaps of neighbours, each of
 * which counts one. */
#include "client/hint.h"

#include <cinit/client.h>
#include <stdbool.h>
#include <string.h>

#define SLIPS_MAX 2
#define FAR (SLIPS_MAX + 1)

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static char lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* A row of the table of distances: `row` from the one and the two before it. */
static void fill_row(unsigned short *row, const unsigned short *last, const unsigned short *before,
                     const char *a, size_t i, const char *b, size_t b_len)
{
	row[0] = (unsigned short)i;
	for (size_t j = 1; j <= b_len; j++) {
		char x = lower(a[i - 1]), y = lower(b[j - 1]);
		unsigned d = least(last[j - 1] + (x == y ? 0u : 1u), least(last[j], row[j - 1]) + 1u);

		if (i > 1 && j > 1 && x == lower(b[j - 2]) && lower(a[i - 2]) == y)
			d = least(d, before[j - 2] + 1u);
		row[j] = (unsigned short)d;
	}
}

static unsigned slips_between(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned short rows[3][CINIT_NAME_MAX + 1];

	if (a_len > CINIT_NAME_MAX || b_len > CINIT_NAME_MAX || a_len > b_len + SLIPS_MAX
	    || b_len > a_len + SLIPS_MAX)
		return FAR;
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned short)j;
	for (size_t i = 1; i <= a_len; i++)
		fill_row(rows[i % 3], rows[(i + 2) % 3], rows[(i + 1) % 3], a, i, b, b_len);
	return rows[a_len % 3][b_len];
}

/* A short word may differ in less, or everything would be near it. */
static unsigned slips_allowed(size_t len)
{
	return len < 2 ? 0 : len < 6 ? 1 : SLIPS_MAX;
}

/* "root" for mount/root. */
static bool is_end_of(const char *known, size_t known_len, const char *word, size_t len)
{
	return len && known_len > len && known[known_len - len - 1] == '/'
	       && memcmp(known + known_len - len, word, len) == 0;
}

static size_t without_suffix(const char *word)
{
	static const char suffix[] = ".service";
	size_t len = strlen(word), n = sizeof suffix - 1;

	return len > n && strcmp(word + len - n, suffix) == 0 ? len - n : len;
}

void hint_try(struct hint *h, const char *known)
{
	size_t len = without_suffix(h->word), known_len = strlen(known);
	unsigned n = slips_between(h->word, len, known, known_len);

	if (is_end_of(known, known_len, h->word, len))
		n = 1;
	else if (n > slips_allowed(known_len))
		return;
	if (h->best && h->distance <= n)
		return;
	h->best = known;
	h->distance = n;
}

const char *hint_verb(const char *word)
{
	static const enum cinit_verb verbs[] = {
		CINIT_START, CINIT_STOP, CINIT_RESTART, CINIT_TRY_RESTART, CINIT_STATUS, CINIT_LIST,
		CINIT_WAIT, CINIT_SCALE, CINIT_ROLL, CINIT_CALL,
	};
	struct hint h = {.word = word};

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		hint_try(&h, cinit_verb_word(verbs[i]));
	return h.best;
}

#define RELOAD "the supervisor reads its tree again at a HUP: cinit(8), RELOAD"
#define LOGS "services write to where the supervisor does: cinit(8)"
#define ENABLE "what a link in needs/ or wants/ leads to is started along: cinit-svc(5)"
#define KILL "use stop, or kill(1) with the pid that status shows"

const char *hint_instead(const char *word)
{
	static const struct { const char *word, *instead; } habits[] = {
		{"up", "use start"}, {"down", "use stop"}, {"try", "use try-restart"},
		{"condrestart", "use try-restart"}, {"force-restart", "use restart"}, {"ps", "use list"},
		{"ls", "use list"}, {"list-units", "use list"}, {"show", "use status"},
		{"info", "use status"}, {"why", "use status"}, {"is-active", "use -q status"},
		{"check", "cinit.check reads a tree and says what is wrong with it"},
		{"reload", RELOAD}, {"daemon-reload", RELOAD}, {"reread", RELOAD}, {"update", RELOAD},
		{"log", LOGS}, {"logs", LOGS}, {"journal", LOGS}, {"tail", LOGS},
		{"enable", ENABLE}, {"disable", ENABLE}, {"kill", KILL}, {"signal", KILL},
		{"halt", "use cinit.halt"}, {"poweroff", "use cinit.poweroff"},
		{"reboot", "use cinit.reboot"}, {"shutdown", "use cinit.shutdown"},
		{"switch", "use cinit.switch"}, {"help", "use -h"}, {"version", "use -V"},
	};

	for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
		if (strcmp(word, habits[i].word) == 0)
			return habits[i].instead;
	return NULL;
}
