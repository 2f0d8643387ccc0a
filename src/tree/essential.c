/* essential.c - the file `essential`, and what it makes of an end. */
#include "src/tree/essential.h"

#include <errno.h>
#include <string.h>

#include "ipc/signal_name.h"
#include "src/engine/verdict.h"
#include "src/limits.h"
#include "src/tree/loader.h"

#define CODE_MAX 255   /* of an exit code */
#define SIGNAL_CODE 128 /* plus the signal, as shells have it */

/* ---- reading ---- */

struct reading {
	uint8_t essential;
	bool from_seen[CODE_MAX + 1];
	char codes[PATH_MAX];  /* FROM=TO with plain numbers, each with its NUL */
	struct text text;      /* that fills it */
	uint32_t n_codes;
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

static const char *take_code(struct reading *r, const char *word, size_t n, const char *equals)
{
	size_t left = (size_t)(equals - word);
	uint64_t from, to;

	if (!parse_from(word, left, &from))
		return "not an exit code up to 255 or a signal before `=`";
	if (!parse_u64(equals + 1, n - left - 1, CODE_MAX, &to))
		return "not an exit code up to 255 behind `=`";
	if (r->from_seen[from])
		return "this code is there twice";
	r->from_seen[from] = true;
	text_u64(&r->text, from);
	text_char(&r->text, '=');
	text_u64(&r->text, to);
	text_char(&r->text, '\0');
	r->n_codes++;
	return NULL;
}

/* Takes one word; why it cannot be, or NULL. */
static const char *take_word(struct reading *r, const char *word, size_t n)
{
	static const struct { char word[8]; uint8_t essential; } known[] = {
		{"exit", ESSENTIAL_EXIT}, {"success", ESSENTIAL_SUCCESS}, {"failure", ESSENTIAL_FAILURE},
	};
	const char *equals = memchr(word, '=', n);

	if (equals)
		return take_code(r, word, n, equals);
	for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
		if (!is_word(word, n, known[k].word))
			continue;
		if (r->essential)
			return "only one of exit, success and failure can be";
		r->essential = known[k].essential;
		return NULL;
	}
	return "not exit, success, failure or FROM=TO";
}

/* All words of the file, which is changed: each gets a NUL. */
static bool take_words(struct loader *l, uint32_t svc, struct reading *r, char *file, size_t len)
{
	static const char blanks[] = " \t\n";
	size_t at = 0;

	file[len] = '\0';
	while (at += strspn(file + at, blanks), at < len) {
		size_t n = strcspn(file + at, blanks);
		const char *why;

		file[at + n] = '\0';
		why = take_word(r, file + at, n);
		if (why) {
			loader_refuse(l, svc, "essential", file + at, why);
			return false;
		}
		at += n + 1 < len - at ? n + 1 : len - at;
	}
	return true;
}

void loader_read_essential(struct loader *l, int dir_fd, uint32_t svc)
{
	struct reading r = {.essential = ESSENTIAL_NOT};
	struct conf_svc *conf = &draft_at(l, svc)->conf;
	size_t len;

	/* Whatever is in it: that it is there says what is meant. */
	conf->essential = ESSENTIAL_EXIT;
	if (loader_read_small(l, dir_fd, svc, "essential", l->target, sizeof l->target, &len) <= 0)
		return;
	if (len == sizeof l->target) {
		loader_refuse(l, svc, "essential", "", "larger than 4095 bytes");
		return;
	}
	if (memchr(l->target, '\0', len)) {
		loader_refuse(l, svc, "essential", "", "has a NUL byte");
		return;
	}
	text_init(&r.text, r.codes, sizeof r.codes);
	if (!take_words(l, svc, &r, l->target, len))
		return;
	conf->essential = r.essential ? r.essential : ESSENTIAL_EXIT;
	conf->n_codes = r.n_codes;
	if (r.n_codes)
		conf->codes = loader_string(l, r.codes, r.text.len - 1);
}

/* ---- judging ---- */

static int code_of(const struct end *end)
{
	switch ((enum end_kind)end->kind) {
	case END_EXIT: return end->code;
	case END_SIGNAL: return SIGNAL_CODE + end->code;
	case END_SPAWN: return end->step == STEP_EXEC && end->code == ENOENT ? 127 : 126;
	case END_NONE: break;
	}
	return 0;
}

static int mapped(const struct config *c, const struct conf_svc *s, int code)
{
	const char *at = config_str(c, s->codes);

	for (uint32_t k = 0; k < s->n_codes; k++, at += strlen(at) + 1) {
		const char *equals = strchr(at, '=');
		uint64_t from = 0, to = 0;

		parse_u64(at, (size_t)(equals - at), CODE_MAX, &from);
		parse_u64(equals + 1, strlen(equals + 1), CODE_MAX, &to);
		if (from == (uint64_t)code)
			return (int)to;
	}
	return code;
}

/* A once-service that has not succeeded is not tried again: it counts, whatever
 * its file says. */
static bool counts(enum essential essential, bool respawn, const struct event *ended)
{
	struct verdict v = verdict_of(ended);

	if (!v.executed)
		return !v.transient;
	switch (essential) {
	case ESSENTIAL_EXIT: return true;
	case ESSENTIAL_SUCCESS: return v.succeeded || !respawn;
	case ESSENTIAL_FAILURE: return !v.succeeded;
	case ESSENTIAL_NOT: break;
	}
	return false;
}

/* It was not stopped or restarted. */
static bool by_itself(const struct svc *s)
{
	bool running = s->live.state == SVC_STARTING || s->live.state == SVC_UP;

	return running && s->live.wish && !s->live.restart;
}

int essential_code(const struct config *c, const struct engine *e, const struct event *ended)
{
	const struct conf_svc *s = config_svc(c, ended->svc);
	const struct svc *row = engine_svc(e, ended->svc);

	if (!s->essential || !by_itself(row)
	    || !counts((enum essential)s->essential, row->kind & KIND_RESPAWN, ended))
		return -1;
	return mapped(c, s, code_of(&ended->end));
}

bool essential_is_lost(const struct config *c, const struct engine *e, uint32_t svc)
{
	const struct svc *s = engine_svc(e, svc);
	uint32_t other;

	if (!config_svc(c, svc)->essential || !s->live.wish)
		return false;
	if (s->live.state == SVC_REFUSED)
		return true;
	if (s->live.state != SVC_BLOCKED || engine_why(e, svc, &other) != WHY_CULPRIT)
		return false;
	s = engine_svc(e, other);
	return (s->live.state == SVC_FAILED && !s->live.retry_asked) || s->live.state == SVC_REFUSED;
}
