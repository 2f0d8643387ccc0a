/* check.h - inside cinit.check: what its views and checks share.
 *
 * The loader (src/tree/) says what the supervisor would say; the checks here
 * add what a person wants to know beforehand.  Findings go through one
 * function, so that all look alike: "path: what: why". */
#ifndef CINIT_CHECK_CHECK_H
#define CINIT_CHECK_CHECK_H

#include "ipc/text.h"
#include "src/tree/config.h"
#include "src/tree/vec.h"

#define CHECK_DIRS_MAX 262144          /* directories below svc/ that are looked into */
#define CHECK_FOREVER_MS (60 * 1000)   /* simulated: longer than back-off takes to reach its end */

/* Where findings go, and how many there were. */
struct tally {
	struct text *out;
	unsigned errors, warnings;
	struct vec said;   /* uint64_t, a hash table of those that were said: each is said once */
	unsigned n_said;
};

/* report.c.  The first is a report function for config_load(), arg a tally. */
void tally_say(void *tally, const struct finding *f);
void tally_add(struct tally *t, enum finding_level level, const char *path, const char *what,
               const char *why);
void tally_sum(const struct tally *t);
void tally_free(struct tally *t);
/* A file that explains what is beside it: README.txt, sleep_before_kill.README. */
bool is_readme(const char *name);

/* hint.c: the known name that comes closest to an unknown one. */
struct hint {
	const char *name;  /* the unknown one; set by the caller, the rest zero */
	const char *best;  /* as near as a slip of the keys, or NULL */
	unsigned distance;
};

void hint_try(struct hint *h, const char *known);
void hint_entries(struct hint *h); /* tries every entry of a service directory */
void hint_put(struct text *out, const struct hint *h); /* as a question, if there is one */

/* program.c: whether the program `path`/`name` can be executed at all: 0, or the errno that
 * exec would give.  Without a tally nothing is said. */
int check_program(struct tally *t, const char *path, const char *name);
/* elf.c: the interpreter that an ELF file asks for: true and its path. */
bool elf_interpreter(int fd, char *buf, size_t cap);

/* extra.c: users, groups and pools of one loaded service, whose directory is dir. */
void check_extra(struct tally *t, const struct config *c, uint32_t i, const char *dir);
/* What its pool/ says: a descriptor of the service directory with it; -1 if it is no pool,
 * or there is nothing to be read any more. */
struct pool_conf;
int check_open_pool(const struct config *c, uint32_t i, struct pool_conf *pool);

/* Does pool/modules beside this file name it? */
bool is_module(const char *path);

/* services.c: programs and values of every loaded service from this one on, and conf/. */
void check_services(struct tally *t, const struct config *c, uint32_t from);
/* The errno that the start of service i would end with, or 0. */
int check_start(const struct config *c, uint32_t i);
void check_conf(struct tally *t, const struct config *c);

/* walk.c: directories below svc/ that the load of the tree `dir` did not come to. */
void check_unreached(struct tally *t, const struct config *c, const char *dir);
/* rest.c: all that is said of services, of n that were not loaded: names below svc/, each
 * with its NUL. */
void check_rest(struct tally *t, const struct config *c, const char *dir, const char *names, size_t n);

/* names.c: services in an order that a person can read: by rank, then by name. */
struct ranked {
	uint32_t rank, svc;
	const char *name;
};

void put_name(struct text *out, const struct config *c, uint32_t i);
/* All services with rank[i], sorted; NULL without memory.  Free with vec_free(). */
struct ranked *rank_services(struct vec *memory, const struct config *c, const uint32_t *rank);

/* The views.  Those that need memory: 0, or -1 with errno. */
void check_graph(struct text *out, const struct config *c); /* the resolved tree as JSON */
/* The start in waves; e is the engine of c. */
int check_order(struct text *out, const struct config *c, const struct engine *e);

int check_stop_time(struct text *out, const struct config *c, const struct engine *e); /* stop.c */

/* simulate.c: what the person asked about one service. */
struct supposition {
	uint32_t svc;
	bool fails;        /* --fail */
	bool timed;        /* --time */
	int64_t run_ms;
};

/* Boots e, the engine of c, in virtual time and tells it; 0 or -1 with errno.  It
 * stays as the boot left it.  At stop_ms, if not NEVER, everything is stopped
 * while no program heeds it; *code is the exit code if it came to an end, or -1. */
int check_simulate(struct text *out, const struct config *c, struct engine *e,
                   const struct supposition *s, unsigned n, int64_t stop_ms, int *code);

#endif
