/* lines.h - splits files of lines (.params, .env, `listen`), in place.
 *
 * Format (cinit-svc(5)): one final newline is removed, the rest is split at
 * newlines; no trimming, quoting or comments.  The result is `count` strings
 * one after the other, each with its NUL, in the buffer itself.
 */
#ifndef CINIT_TREE_LINES_H
#define CINIT_TREE_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/text.h"

struct lines {
	uint32_t count;
	size_t bytes;        /* of the strings with their NULs */
	uint32_t odd_line;   /* env: first line without '=' (from 1) but for a `+` before all, or 0 */
	uint32_t cr_line;    /* first line that ends with a carriage return, or 0 */
	uint32_t bad_line;   /* where `bad` was found */
	const char *bad;     /* why the file cannot be used, or NULL */
};

#define LINE_QUOTED_MAX 128 /* bytes of a line that a message shows */

/* A value as a message names it, in quotes, so that blanks at its ends are seen; whoever shows
 * the message makes control bytes visible.  Of more than `most` bytes the beginning, and "...".
 * It goes up to the first NUL. */
void lines_quote(struct text *t, const char *value, size_t n, size_t most);

/* `text` has `len` bytes and room for one more.  With skip_empty, empty lines
 * vanish (environment); else they are empty strings (arguments). */
struct lines lines_split(char *text, size_t len, int skip_empty);

#endif
