/* text.h - the one bounded writer and the one number parser of the tree.
 *
 * Nothing else advances a pointer through text that it builds.  A struct text
 * never overruns its buffer and is NUL-terminated after every call; what did
 * not fit is dropped and `cut` is set; a text that ends in a descriptor is
 * written out instead whenever it is full.  No allocation, no locale.
 */
#ifndef CINIT_TEXT_H
#define CINIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *buf;
	size_t cap;  /* of buf, at least 1 */
	size_t len;  /* without the NUL */
	int fd;      /* where a full buffer goes, or -1 */
	bool cut;    /* something was dropped, or could not be written */
};

/* Starts an empty text in buf, which the caller owns and keeps alive. */
void text_init(struct text *t, char *buf, size_t cap);
/* The same, but everything goes to fd in the end; see text_flush(). */
void text_init_fd(struct text *t, char *buf, size_t cap, int fd);
void text_clear(struct text *t);
/* Writes out what is in the buffer: 0, or -1 with errno; then it is empty. */
int text_flush(struct text *t);
void text_mem(struct text *t, const void *bytes, size_t n);
void text_str(struct text *t, const char *s);
void text_char(struct text *t, char c);
void text_u64(struct text *t, uint64_t v);
void text_i64(struct text *t, int64_t v);
/* v in decimal, padded on the left with zeros to at least `width` digits. */
void text_u64_wide(struct text *t, uint64_t v, unsigned width);
/* Milliseconds as seconds with `places` decimals (0 to 3), cut, not rounded. */
void text_seconds(struct text *t, int64_t ms, unsigned places);
void text_repeat(struct text *t, char c, size_t n);
/* A name or path as a person may see it: control bytes as \xNN, a backslash
 * as \x5c; bytes from 0x80 as they are where `utf8` and well-formed. */
void text_name(struct text *t, const char *s, size_t n, bool utf8);
/* A JSON string (RFC 8259), with its quotes.  Bytes that are no UTF-8 become
 * \\udcXX, as Python's surrogateescape has it, so that nothing is lost. */
void text_json(struct text *t, const char *s, size_t n);
/* The length of the well-formed UTF-8 sequence at s (at most n bytes), else 0. */
size_t utf8_length(const char *s, size_t n);

/* A limit as a part of a message, so that it is written once: LIMIT_TEXT(GROUPS_MAX) is "64"
 * where GROUPS_MAX is 64.  The macro has to be one number without a suffix. */
#define LIMIT_TEXT(limit) LIMIT_TEXT_OF_NUMBER(limit)
#define LIMIT_TEXT_OF_NUMBER(number) #number

/* All of s, n bytes, is a decimal number up to max: true and *out.  No sign,
 * no space, at least one digit. */
bool parse_u64(const char *s, size_t n, uint64_t max, uint64_t *out);
/* Seconds with up to three decimals ("1.5"), up to max_ms, as milliseconds. */
bool parse_seconds(const char *s, size_t n, uint64_t max_ms, uint64_t *out_ms);

#endif
