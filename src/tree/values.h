/* values.h - value rows: what the entries of a directory were parsed to.
 *
 * A row says which entry has which value; rows of one service stand together, in the order
 * of the table of entries, at most one for each entry.  Whose they are, they do not say: that
 * knows who holds the first (struct conf_svc).  No row holds a pointer: strings and numbers lie
 * in two arrays beside the rows.
 *
 * Here the three arrays grow while something is read; in a loaded tree (config.h) they are
 * parts of one block.
 */
#ifndef CINIT_TREE_VALUES_H
#define CINIT_TREE_VALUES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/limits.h"
#include "src/tree/entries.h"
#include "src/tree/vec.h"

/* Every service has several of these rows. */
struct value {
	uint32_t entry : 8; /* enum entry_id */
	uint32_t n : 24;    /* how many strings or numbers */
	uint32_t at;        /* enum entry_holds: the number, an index of numbers, an offset of strings */
};

#define VALUE_N_MAX 0xffffff
static_assert(ENTRY_N <= 0xff, "an entry has 8 bits");
static_assert(CONFIG_FILE_MAX <= VALUE_N_MAX, "a file has no more strings or numbers than bytes");

/* The rows of one directory, wherever they lie. */
struct rows {
	const struct value *at;
	uint32_t n;
	const uint64_t *numbers;
	const char *strings;
};

const struct value *rows_find(const struct rows *r, enum entry_id entry);
/* The one string of an entry; NULL where it is not there. */
const char *rows_word(const struct rows *r, enum entry_id entry);

/* A program with its .params and .env.  The strings are those of the rows. */
struct program {
	bool present;
	bool has_env;       /* an .env file exists, perhaps an empty one, */
	bool adds_env;      /* and its first line is a `+`: it adds to the default environment */
	const char *argv0;  /* text of the link; NULL: it is a file, its own path */
	const char *params; /* n_params strings, one after the other */
	const char *env;    /* n_env strings likewise, without that line */
	uint32_t n_params, n_env;
};

/* ENTRY_ON, ENTRY_OFF, CONF_LAST or CONF_PANIC. */
struct program rows_program(const struct rows *r, enum entry_id program);

/* The value of a row as a person would write it, strings and numbers with blanks between. */
struct text;
void value_put(struct text *t, const struct rows *r, const struct value *v);

struct values {
	struct vec rows;    /* struct value */
	struct vec strings; /* each with its NUL; offset 0 is "" */
	struct vec numbers; /* uint64_t */
	const char *failed; /* why nothing can be added any more, or NULL */
	const char *full;   /* which limit of all directories together was met, or NULL: the one
	                     * that is read does not fit, and others may */
};

static inline bool values_stopped(const struct values *v)
{
	return v->failed || v->full;
}

/* 0; or -1 with v->failed.  values_free() in either case. */
int values_begin(struct values *v);
void values_free(struct values *v);

/* The first reason stands. */
void values_fail(struct values *v, const char *why);
/* Something could not be added, with this errno: there is no memory, or, with EFBIG, v->full is
 * this limit. */
void values_lack(struct values *v, int error, const char *limit);
#define VALUES_LIMIT_STRINGS \
	"all services together have more than " LIMIT_TEXT(CONFIG_BYTES_MAX_MIB) " MiB of strings"

/* Adds a string of n bytes: its offset, or 0 after values_lack(). */
uint32_t values_string(struct values *v, const char *s, size_t n);
/* Adds n numbers: the index of the first, or 0 likewise. */
uint32_t values_numbers(struct values *v, const uint64_t *number, uint32_t n);
/* Adds a row; nothing where values_stopped(). */
void values_add(struct values *v, const struct value *row);

uint32_t values_count(const struct values *v);
struct value *values_row(const struct values *v, uint32_t i);
/* The row of this entry among those from `first` on, or NULL. */
const struct value *values_find(const struct values *v, uint32_t first, enum entry_id entry);

/* All rows, for as long as nothing is added. */
struct rows values_rows(const struct values *v);

/* The string behind this one. */
const char *string_after(const char *s);

#endif
