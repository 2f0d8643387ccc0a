/* reasons.h - why the last start or run of a service ended, where more is known than its end
 * says: what a pool's manager said last, or which word or line a start failed at.
 *
 * A row of text for each service of a tree, in memory of which hardly anything is ever touched.
 */
#ifndef CINIT_LAUNCH_REASONS_H
#define CINIT_LAUNCH_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/limits.h"

struct reasons {
	char (*at)[WORDS_MAX]; /* n of them */
	uint64_t *said;        /* n: of which entries it was said that a start goes on without them,
	                        * and whether there is a text */
	uint32_t n;
};

/* n empty rows; 0, or -1 with errno. */
int reasons_prepare(struct reasons *r, uint32_t n);
/* Moves them (row i is map[i] now; map NULL: none is moved), and frees `was`.  What is no
 * news in one tree is news again in the next. */
void reasons_move(struct reasons *was, struct reasons *now, const uint32_t *map);
void reasons_free(struct reasons *r);

/* Kept until the next start; cut to WORDS_MAX - 1 bytes, and up to the first NUL. */
void reasons_set(struct reasons *r, uint32_t svc, const char *text, size_t n);
const char *reasons_of(const struct reasons *r, uint32_t svc);

/* True if this is the first time since the tree was loaded that the service starts without
 * what this entry (enum entry_id) asks for: a service that is started again and again says it
 * once. */
bool reasons_is_news(struct reasons *r, uint32_t svc, unsigned entry);

#endif
