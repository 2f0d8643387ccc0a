/* table.h - reads a file like /etc/passwd or /etc/group (passwd(5), group(5)), a
 * bounded part of it at a time.
 *
 * Both have lines NAME:PASSWORD:NUMBER:REST; only REST differs.  No length of a line
 * matters, nothing is allocated, no name service is asked (libc may ask a daemon, which
 * nobody has started yet).  Lines of another form, such as those with which an old
 * name service was asked ("+::"), are passed over.
 */
#ifndef CINIT_TREE_TABLE_H
#define CINIT_TREE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_WORD_MAX 256  /* a longer name is nobody's */
#define TABLE_PART 512      /* bytes read at once */
#define TABLE_ID_MAX 4294967294 /* the very last number of 32 bits stands for none */

struct table_word {
	size_t len;              /* in the file; only TABLE_WORD_MAX of them are kept */
	char text[TABLE_WORD_MAX];
};

struct table {
	int fd;                  /* or -1 */
	bool in_line;            /* of the present line something is left */
	size_t at, have, total;  /* in buf; bytes read so far */
	char buf[TABLE_PART];
	struct table_word name;  /* of the present line */
	uint32_t id;
};

/* 0, or -1 with errno.  table_end() in either case. */
int table_begin(struct table *t, const char *file);
/* The next line of that form: 1, 0 at the end, -1 with errno; EFBIG where the file is
 * larger than CONFIG_FILE_MAX. */
int table_line(struct table *t);
/* The next word of what is left of the line, up to `separator`: likewise. */
int table_word(struct table *t, char separator, struct table_word *word);
/* Leaves errno as it is. */
void table_end(struct table *t);

bool table_word_is(const struct table_word *word, const char *s, size_t n);
bool table_number(const char *s, size_t n, uint32_t *id);

/* The first line with this name (n bytes), or with this number: 0, and the table
 * stands behind its number; -1 with errno, ENOENT if there is none. */
int table_find_name(struct table *t, const char *file, const char *name, size_t n);
int table_find_id(struct table *t, const char *file, uint32_t id);

/* The number of this name in such a file: 0, or -1 with errno likewise. */
int table_id_of(const char *file, const char *name, size_t n, uint32_t *id);

#endif
