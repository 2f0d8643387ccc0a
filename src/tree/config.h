/* config.h - a loaded tree: one block of memory, rows and strings.
 *
 * The block is built by config_load() and never changes.  Like the engine's it
 * holds no pointers: strings are byte offsets (0 is the empty string), services
 * are indices.  The engine is a block of its own, made of the graph that stands
 * in this one; its rows have the same indices.
 *
 * The format of a tree is described in cinit-svc(5).
 */
#ifndef CINIT_TREE_CONFIG_H
#define CINIT_TREE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/engine/engine.h"

/* One program: `on`, `off`, conf/last or conf/panic. */
struct conf_prog {
	uint32_t argv0;    /* text of the link, or 0: its own path */
	uint32_t params;   /* n_params strings, one after the other */
	uint32_t env;      /* n_env strings likewise */
	uint32_t n_params;
	uint32_t n_env;
	bool present;
	bool has_env;      /* an .env file exists, perhaps an empty one */
};

struct conf_svc {
	uint64_t dev, ino; /* identity: the physical directory */
	uint32_t name;     /* its path below svc/ */
	uint32_t refusal;  /* why it is refused, or 0 */
	struct conf_prog on, off;
	uint32_t codes;    /* n_codes strings FROM=TO, one after the other */
	uint32_t n_codes;
	uint32_t extra;    /* row + 1 of what few services have, 0: nothing of it */
	uint8_t essential; /* enum essential */
};

/* What few services have, so that the rows of all others stay small.  Strings as above. */
struct conf_extra {
	uint32_t svc;      /* whose it is */
	uint32_t listen;   /* n_listen strings: lines of `listen`, each parsed once already */
	uint32_t user, group; /* a word each, or 0 */
	uint32_t groups;   /* n_groups strings */
	uint16_t n_listen, n_groups;
	bool has_groups;   /* the file is there, perhaps empty */
	bool pool;         /* its main process is cinit.pool */
	int16_t ready_fd;  /* the number of `ready`, or -1; a pool's is chosen by the shell */
};

struct config {
	size_t size;       /* bytes of the block, a whole number of pages */
	uint32_t n;        /* services */
	uint32_t start;    /* the start service, or NO_SVC */
	uint32_t asked;    /* the service that this load was made for, or NO_SVC */
	uint32_t svcs, extras, strings; /* byte offsets in the block, */
	uint32_t nodes, need_at, want_at, need, want; /* and those of the graph */
	uint32_t n_extras;
	uint32_t strings_len;
	uint32_t svc_root; /* string: the physical path of svc/ */
	uint32_t conf_root;/* string: the path of conf/ */
	uint32_t words_max;/* most arguments and environment lines that one program has */
	uint32_t sleep_before_kill_ms;
	uint32_t hostname; /* string: conf/hostname, or 0 */
	uint32_t sysctl;   /* n_sysctl strings, one after the other: lines of conf/sysctl */
	uint32_t n_sysctl;
	uint32_t watchdog; /* string: the device of conf/watchdog, or 0 */
	uint32_t watchdog_s; /* 0: none */
	struct conf_prog last, panic;
};

/* What the loader has to say about one place. */
enum finding_level {
	FINDING_REMARK,  /* nothing is wrong; a checker's own */
	FINDING_NOTE,    /* only a checker says it */
	FINDING_WARNING,
	FINDING_ERROR
};

/* The `what` of an entry that means nothing, so that a checker can add a hint. */
#define FINDING_UNKNOWN "unknown file"

struct finding {
	enum finding_level level;
	const char *path; /* full path of the place */
	const char *what; /* what is wrong with it, may be "" */
	const char *why;
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
	/* Called for each finding; the strings live only during the call. */
	void (*report)(void *arg, const struct finding *f);
	void *arg;
};

/* tree -> block.  NULL, after a report, if memory or a limit of limits.h does
 * not allow it; then nothing is kept.  A tree without a readable svc/ or start
 * service loads as far as it goes, with `start` NO_SVC; but `running` is only
 * replaced by a tree that has both.  With `old`, the rows
 * of old keep their indices; new ones follow. */
struct config *config_load(const struct load *l);
void config_free(struct config *c);

/* Index of the service of this name (n bytes), or NO_SVC. */
uint32_t config_find(const struct config *c, const char *name, size_t n);

/* What the engine is made of; it lies in the block. */
struct graph config_graph(const struct config *c);

/* An engine of this config, everything down, in memory of its own; NULL with errno.
 * It outlives the config. */
struct engine *config_make_engine(const struct config *c);
void config_free_engine(struct engine *e);

static inline const struct graph_node *config_node(const struct config *c, uint32_t i)
{
	return (const struct graph_node *)((uintptr_t)c + c->nodes) + i;
}

static inline const struct conf_svc *config_svc(const struct config *c, uint32_t i)
{
	return (const struct conf_svc *)((uintptr_t)c + c->svcs) + i;
}

static inline const struct conf_extra *config_extra(const struct config *c, uint32_t row)
{
	return (const struct conf_extra *)((uintptr_t)c + c->extras) + row;
}

static inline const char *config_str(const struct config *c, uint32_t offset)
{
	return (const char *)c + c->strings + offset;
}

static inline const char *config_name(const struct config *c, uint32_t i)
{
	return config_str(c, config_svc(c, i)->name);
}

#endif
