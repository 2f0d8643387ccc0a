/* show.h - services as a table for people or as JSON for programs.
 *
 * Writes into the text that it is given, and may sort what it shows: it asks nobody, opens
 * nothing and decides no exit code.
 */
#ifndef CINIT_CLIENT_SHOW_H
#define CINIT_CLIENT_SHOW_H

#include <cinit/client.h>
#include <stdbool.h>
#include <stddef.h>

#include "ipc/text.h"

struct pool_view;

struct look {
	bool colour; /* of states */
	bool fold;   /* what stands behind a long name stands in a line of its own */
};

/* Sorts by name and prints an aligned table. */
void show_table(struct text *out, struct cinit_item *items, size_t n, struct look look);
/* As the table does. */
void show_sort(struct cinit_item *items, size_t n);

/* One object of a JSON array.  What is NULL is left out; `name` is that which was asked for,
 * where no item tells another. */
struct show_object {
	const char *name;
	const struct cinit_item *item;
	const char *result, *error, *near, *said;
	const struct pool_view *pool;
};

void show_object(struct text *out, const struct show_object *o, size_t i); /* the i-th */
void show_end(struct text *out, size_t n); /* behind n of them */
/* A whole list. */
void show_json(struct text *out, const struct cinit_item *items, size_t n);
/* For those who show something else: a key, and simple values behind it. */
void show_word(struct text *out, const char *key, const char *word);
void show_number(struct text *out, const char *key, int64_t value);
void show_bool(struct text *out, const char *key, bool value);
void show_key(struct text *out, const char *key);
void show_age(struct text *out, int64_t ms);

#endif
