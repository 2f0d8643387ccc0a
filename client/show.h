/* show.h - services as a table for people or as JSON for programs. */
#ifndef CINIT_CLIENT_SHOW_H
#define CINIT_CLIENT_SHOW_H

#include <cinit/client.h>
#include <stdbool.h>
#include <stddef.h>

#include "ipc/text.h"

/* Sorts by name and prints an aligned table; states in colour if `colour`. */
void show_table(struct text *out, struct cinit_item *items, size_t n, bool colour);
/* A JSON array of objects, in the order given.  `results` (NULL for none) has
 * the result of the request about each. */
void show_json(struct text *out, const struct cinit_item *items, const unsigned *results, size_t n);

#endif
