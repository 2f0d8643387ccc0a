/* limits_words.h - the names of resource limits in `limits`: those of setrlimit(2), in small
 * letters. */
#ifndef CINIT_TREE_LIMITS_WORDS_H
#define CINIT_TREE_LIMITS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/text.h"

/* The RLIMIT_* of the name of n bytes: true and *resource. */
bool limits_find(const char *word, size_t n, uint64_t *resource);
/* Triples of resource, soft and hard limit (n numbers) as lines of `limits` have them, with
 * commas between. */
void limits_put(struct text *t, const uint64_t *number, uint32_t n);

#endif
