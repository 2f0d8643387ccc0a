/* console.h - what the supervisor says, on descriptor 2.
 *
 * Lines are collected and written before the loop sleeps, and at the latest after
 * CONSOLE_MAX_MS, as far as the console takes them: a terminal that was stopped never
 * stops us (ipc/outlet.h).  What does not fit meanwhile is dropped and counted, and the
 * count is said.
 */
#ifndef CINIT_SHELL_CONSOLE_H
#define CINIT_SHELL_CONSOLE_H

#include "ipc/text.h"

enum loudness { NORMAL, QUIET, VERBOSE };

/* What is said and not written yet; struct shell has it. */
struct console {
	enum loudness loudness;
	unsigned lost;           /* lines that had no room */
	size_t n_kept;
	struct text line;        /* being said: in line_buf */
	char line_buf[1200];
	char kept[8192];
};

/* "cinit: where: what: why"; an empty part is left out with its colon. */
void say(const char *where, const char *what, const char *why);
/* The same with the text of errno `err` as why. */
void say_errno(const char *where, const char *what, int err);
/* A line of one's own: begin, write to the text, end. */
struct text *say_begin(void);
void say_end(void);

/* Writes out what was said, as far as that goes without waiting. */
void console_flush(void);
/* What polls writable when the rest can be written, or -1 if there is none. */
int console_awaited(void);

#endif
