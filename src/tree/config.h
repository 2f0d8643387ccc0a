/* config.h - a loaded tree: one block of memory, rows and strings.
 *
 * The block is built by config_load() and never changes.  Like the engine's it
 * holds no pointers: strings are byte offsets (0 is the empty string), services
 * are indices.  The engine is a block of its own, made of the graph that stands
 * in this one; its rows have the same indices.
 *
 * What the entries of a service directory say are value rows (values.h), asked for by
 * the identifier of the entry (entries.h).
 *
 * The format of a tree is described in cinit-svc(5).
 */
#ifndef CINIT_TREE_CONFIG_H
#define CINIT_TREE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/engine/engine.h"
#include "src/tree/entries.h"
#include "src/tree/finding.h"
#include "src/tree/values.h"

struct conf_svc {
	uint64_t ino;      /* identity: the physical directory, */
	uint32_t dev;      /* and its device, see config_dev() */
	uint32_t name;     /* its path below svc/ */
	uint32_t refusal;  /* why it is refused, or 0 */
	uint32_t value_at : 31; /* the first of its value rows; they end where the next one's begin */
	uint32_t kept : 1; /* refused, but what runs of it was carried over until it is down */
};

/* Linux has device numbers of 32 bits, 12 of a major and 20 of a minor number; that dev_t has
 * 64 is the C library's. */
static inline uint32_t config_dev(dev_t dev)
{
	return (uint32_t)dev;
}

struct config {
	size_t size;       /* bytes of the block, a whole number of pages */
	uint32_t n;        /* services */
	uint32_t start;    /* the start service, or NO_SVC */
	uint32_t asked;    /* the service that this load was made for, or NO_SVC */
	uint32_t svcs, values, numbers, strings; /* byte offsets in the block, */
	uint32_t names;    /* byte offset of a hash table: index + 1, or 0, of each name */
	uint32_t n_names;  /* its slots, a power of two, at least twice as many as services */
	uint32_t nodes, need_at, want_at, need, want, codes; /* and those of the graph */
	uint32_t n_codes;
	uint32_t n_values; /* rows: of services, then of conf/ */
	uint32_t strings_len;
	uint32_t svc_root; /* string: the physical path of svc/ */
	uint32_t conf_root;/* string: the path of conf/ */
	uint32_t words_max;/* most arguments and environment lines that one program has */
};

/* What may be otherwise the next time: somebody changes the tree while it is read (an
 * entry that a directory has is not found in it, a name leads to another directory than
 * before), or the system could not read it (EIO, ENOMEM, EMFILE and the like). */
enum load_fault { LOAD_FINE, LOAD_CHANGING, LOAD_UNREADABLE };

#define LOAD_FAULT_PATH 512

struct load_again {
	unsigned refused;      /* 1 << enum load_fault: with these there is no config */
	enum load_fault fault; /* afterwards: the first that was met, */
	int error;             /* its errno, if it is LOAD_UNREADABLE, */
	char path[LOAD_FAULT_PATH]; /* and where */
};

struct load {
	const char *dir;   /* the tree, e.g. /etc/cinit */
	const char *start; /* name of the start service; NULL keeps that of `old` */
	const char *asked; /* a further service to load, or NULL */
	/* A tree that is extended: its services are taken over without reading
	 * them again, but for refused ones.  NULL: read everything. */
	const struct config *old;
	/* A tree that is loaded anew while it runs: its services are found again by
	 * name, whatever is not down is kept.  map has running->n rows and tells
	 * afterwards where each is now, NO_SVC if it is gone.  Not together with `old`. */
	const struct config *running;
	uint32_t *map;
	/* The engine of `old` or `running`: what is active in it is not lost. */
	const struct engine *engine;
	/* For who can try again; NULL: what was met is as it is.  Findings of a load that is
	 * refused for a fault are not reported, and those of others at its end. */
	struct load_again *again;
	/* Called for each finding; the strings live only during the call. */
	void (*report)(void *arg, const struct finding *f);
	/* Called before each directory that is looked for or read, with its path below svc/; or
	 * NULL.  Likewise. */
	void (*place)(void *arg, const char *path);
	void *arg;
};

/* tree -> block.  NULL, after a report, if memory or a limit of limits.h does
 * not allow it; then nothing is kept.  A tree without a readable svc/ or start
 * service loads as far as it goes, with `start` NO_SVC; but `running` is only
 * replaced by a tree that has both.  With `old`, the rows
 * of old keep their indices; new ones follow. */
struct config *config_load(const struct load *l);
void config_free(struct config *c);

/* Index of the service of this name (n bytes), or NO_SVC.  Any tree takes as long. */
uint32_t config_find(const struct config *c, const char *name, size_t n);

/* What the engine is made of; it lies in the block. */
struct graph config_graph(const struct config *c);

/* An engine of this config, everything down, in memory of its own; NULL with errno.
 * Essential services count in it, or not.  It outlives the config. */
struct engine *config_make_engine(const struct config *c, bool essential);
void config_free_engine(struct engine *e);

static inline const struct graph_node *config_node(const struct config *c, uint32_t i)
{
	return (const struct graph_node *)((uintptr_t)c + c->nodes) + i;
}

static inline const struct conf_svc *config_svc(const struct config *c, uint32_t i)
{
	return (const struct conf_svc *)((uintptr_t)c + c->svcs) + i;
}

static inline const char *config_str(const struct config *c, uint32_t offset)
{
	return (const char *)c + c->strings + offset;
}

static inline const char *config_name(const struct config *c, uint32_t i)
{
	return config_str(c, config_svc(c, i)->name);
}

/* Where the search for a name begins, in a table of slots (a power of two): FNV-1a. */
static inline uint32_t config_name_slot(const char *name, size_t n, uint32_t slots)
{
	uint32_t hash = 2166136261u;

	while (n--)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return hash & (slots - 1);
}

/* ---- what its entries say ---- */

/* The value rows of service svc, or with NO_SVC those of conf/. */
struct rows config_rows(const struct config *c, uint32_t svc);
/* The row of one entry; NULL: it is not there, or says nothing. */
const struct value *config_value(const struct config *c, uint32_t svc, enum entry_id entry);
/* What a row of numbers, or of strings, holds. */
const uint64_t *config_numbers(const struct config *c, const struct value *v);
const char *config_strings(const struct config *c, const struct value *v);
/* The one string or number of an entry; NULL, or `absent`, where it is not there. */
const char *config_word(const struct config *c, uint32_t svc, enum entry_id entry);
uint32_t config_number(const struct config *c, uint32_t svc, enum entry_id entry, uint32_t absent);

/* conf/sleep_before_kill, or its default. */
uint32_t config_sleep_before_kill_ms(const struct config *c);

#endif
