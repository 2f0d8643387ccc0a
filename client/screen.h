/* screen.h - what a terminal makes of bytes: how many columns they take, and which of them
 * must not reach it.
 *
 * Knows no locale and prints nothing.  Characters that turn the direction of what follows
 * (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) are no control bytes, but
 * show a name as another one; so they are written as bytes, too.
 */
#ifndef CINIT_CLIENT_SCREEN_H
#define CINIT_CLIENT_SCREEN_H

#include <cinit/client.h>
#include <stddef.h>

#include "ipc/text.h"

/* Columns that a UTF-8 text without control bytes takes. */
size_t screen_width(const char *s);
/* n bytes as somebody else wrote them: like text_name(). */
void screen_name(struct text *out, const char *s, size_t n, enum cinit_charset set);
/* The same of several lines: a newline and a tab stay what they are. */
void screen_lines(struct text *out, const char *s, size_t n, enum cinit_charset set);
/* A text that libcinit made, in which control bytes are written as \xNN already. */
void screen_text(struct text *out, const char *s, enum cinit_charset set);
/* A JSON string: text_json(), but that these characters are written as \uNNNN. */
void screen_json(struct text *out, const char *s, size_t n);

#endif
