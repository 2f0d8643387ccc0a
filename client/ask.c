/* ask.c - what to say when something fails, and how to end. */
#include "client/ask.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "client/screen.h"
#include "ipc/text.h"

const char *ask_program = "cinit";
enum cinit_charset ask_charset;

void complain(const char *where, const char *what, const char *why)
{
	char buf[1024];
	const char *parts[4] = {ask_program, where, what, why};
	struct text t;

	text_init_fd(&t, buf, sizeof buf, 2);
	for (unsigned i = 0; i < 4; i++) {
		if (!*parts[i])
			continue;
		if (i)
			text_str(&t, ": ");
		screen_name(&t, parts[i], strlen(parts[i]), ask_charset);
	}
	text_char(&t, '\n');
	text_flush(&t);
}

void complain_line(const char *line)
{
	char buf[1024];
	struct text t;

	text_init_fd(&t, buf, sizeof buf, 2);
	text_str(&t, ask_program);
	text_str(&t, ": ");
	screen_text(&t, line, ask_charset);
	text_char(&t, '\n');
	text_flush(&t);
}

enum code complain_error(const struct cinit *c, enum cinit_error error)
{
	complain_line(cinit_problem(c)); /* in which UTF-8 is left as it is */
	switch (error) {
	case CINIT_OK: return CODE_DONE;
	case CINIT_USAGE: return CODE_USAGE;
	case CINIT_DENIED: return CODE_DENIED;
	case CINIT_NO_SERVICE: return CODE_NO_SERVICE;
	case CINIT_REFUSED:
	case CINIT_OTHER_VERSION:
	case CINIT_MEMORY: return CODE_FAILED;
	case CINIT_ABSENT:
	case CINIT_OTHER_METHOD:
	case CINIT_LOST:
	case CINIT_TIMEOUT:
	case CINIT_SYSTEM: break;
	}
	return CODE_NO_ANSWER;
}

void answer_error(const struct cinit_answer *answer, char line[LINE_CAP])
{
	if (answer->result != CINIT_RESULT_POOL || !cinit_answer_said(answer, line, LINE_CAP))
		cinit_answer_text(answer, NULL, CINIT_UTF8, line, LINE_CAP);
}

enum code code_of(unsigned result)
{
	switch (result) {
	case CINIT_RESULT_DONE:
	case CINIT_RESULT_ACCEPTED: return CODE_DONE;
	case CINIT_RESULT_DENIED: return CODE_DENIED;
	case CINIT_RESULT_NO_SERVICE:
	case CINIT_RESULT_BAD_NAME: return CODE_NO_SERVICE;
	default: return CODE_FAILED;
	}
}

/* A locale names its character set behind a dot, in many spellings. */
static bool is_utf8(const char *set)
{
	return strcasecmp(set, "utf-8") == 0 || strcasecmp(set, "utf8") == 0;
}

enum cinit_charset charset_of_locale(void)
{
	const char *v = getenv("LC_ALL"), *dot;

	if (!v || !*v)
		v = getenv("LC_CTYPE");
	if (!v || !*v)
		v = getenv("LANG");
	dot = v ? strchr(v, '.') : NULL;
	return dot && is_utf8(dot + 1) ? CINIT_UTF8 : CINIT_ASCII;
}

enum code worse(enum code a, enum code b)
{
	return a > b ? a : b;
}
