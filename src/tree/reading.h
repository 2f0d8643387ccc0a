/* reading.h - one directory while its entries are read: a service's, or conf/.
 *
 * The loader reads the directories of a tree with it, the manager of a pool that of its
 * service.  What is found becomes value rows; what is wrong is reported, and where it is an
 * entry of a service, refuses that service and nothing else.
 */
#ifndef CINIT_TREE_READING_H
#define CINIT_TREE_READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/tree/dir.h"
#include "src/tree/entries.h"
#include "src/tree/finding.h"
#include "src/tree/values.h"

/* Whether an entry is there. */
enum presence {
	PRESENT_NOT,
	PRESENT,
	PRESENT_FILE,   /* and the directory itself says that it is a file */
	PRESENT_BAD     /* and was refused */
};

struct reading {
	struct values *values;    /* where rows are added */
	uint32_t svc;             /* whose entries are read; UINT32_MAX: conf/ */
	int fd;                   /* of the directory */
	char *scratch;            /* of PATH_MAX bytes, for one reader at a time */
	/* Called for each finding: entry is below the directory, perhaps "".  An error
	 * refuses the service.  The strings live only during the call. */
	void (*report)(struct reading *r, enum finding_level level, const char *entry,
	               const char *what, const char *why);
	/* Called before that for an entry that could not be read, with errno: ENOENT where it
	 * has gone since the directory was looked through.  NULL: nobody cares. */
	void (*missed)(struct reading *r, const char *entry, int error);
	/* Follows r->entry, a directory of links to services; NULL: nobody does. */
	void (*links)(struct reading *r);
	void *arg;

	/* Set while reading. */
	enum entry_id entry;      /* the one that is read */
	uint32_t first;           /* the first row of this directory */
	bool refused;             /* also for want of room: values->full says that too */
	uint8_t has[ENTRY_N];     /* enum presence */
};

/* Looks through a service directory for entries (`d` is memory for it), and says what
 * means nothing or is not built yet. */
void reading_scan(struct reading *r, struct dir *d);
/* Reads what the scan has found, in the order of the table. */
void reading_service(struct reading *r);
/* Reads conf/: each entry is tried. */
void reading_conf(struct reading *r);

/* ---- for the readers ---- */

/* An error of this entry (below the directory, such as "on" or "pool/min"). */
void reading_refuse(struct reading *r, const char *entry, const char *what, const char *why);
/* The same, of the entry that is read: what is wrong is this value of n bytes, of which at most
 * LINE_QUOTED_MAX are shown. */
void reading_refuse_value(struct reading *r, const char *value, size_t n, const char *why);
/* The same because of an errno: "cannot be read". */
void reading_refuse_unread(struct reading *r, int error);
/* The file name of the entry that is read. */
const char *reading_name(const struct reading *r);

/* Is there a program that this entry concerns (enum entry_of)? */
bool reading_concerns(const struct reading *r, enum entry_of of);

enum line_kind {
	LINE_ARGUMENT,    /* an empty one is an empty argument */
	LINE_ENVIRONMENT, /* empty ones are skipped; one without `=` is said */
	LINE_PLAIN        /* empty ones are skipped */
};

/* The file of r->entry as strings: 1 with their offset and number, 0 absent, -1 reported. */
int reading_lines(struct reading *r, enum line_kind kind, uint32_t *strings, uint32_t *n);
/* Its first bytes, less than cap: 1 and *len (cap: it is larger), 0 absent, -1 reported. */
int reading_bytes(struct reading *r, char *buf, size_t cap, size_t *len);
/* The text of the link that it is: 1 with n bytes in r->scratch, or n 0 where it is a file
 * and no link; 0 absent, -1 reported. */
int reading_link(struct reading *r, size_t *n);

/* The row of r->entry. */
void reading_add_number(struct reading *r, uint32_t number);
void reading_add_numbers(struct reading *r, const uint64_t *number, uint32_t n);
void reading_add_strings(struct reading *r, uint32_t at, uint32_t n);
/* The row of another entry of this directory, or NULL. */
const struct value *reading_value(const struct reading *r, enum entry_id entry);
const char *reading_string(const struct reading *r, uint32_t at);

#endif
