/* loading.h - reads a tree in a child: the supervisor touches no file of it after its first
 * load (boot.h), so a disk that hangs holds up nobody but who asked for the load.
 *
 * One load at a time.  The child has a copy of everything as it was when it was made; what
 * it reads becomes a block without pointers in memory that both have, and the supervisor
 * takes that over if it still fits what runs by then.  Findings come while it reads, and are
 * said.
 */
#ifndef CINIT_SHELL_LOADING_H
#define CINIT_SHELL_LOADING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/limits.h"
#include "src/tree/config.h"

/* What became of a load. */
enum loaded {
	LOADED,        /* the config is *fresh, the caller's from now on */
	LOADED_STALE,  /* something started meanwhile that would be lost: load again */
	LOADED_NOT     /* the tree, or the system, does not allow it: said */
};

/* Where the child is: written by it alone, read as it is. */
struct load_place {
	char path[LOAD_PLACE_BYTES];
};

/* What is read. */
enum load_kind {
	LOAD_EXTENDS,  /* the running tree, and a service that it has not or that it refuses */
	LOAD_ANEW,     /* the running tree, in whose place it comes */
	LOAD_BOOT      /* a tree while nothing runs */
};

/* The load that is under way; struct shell has it. */
struct loading {
	bool busy;
	bool fault;            /* the child has loaded, but could not read all of it */
	pid_t pid;             /* of the child; 0: it is reaped, as the loop has seen */
	int said_fd, memory_fd; /* what it says, and what it hands over */
	struct load_place *progress;
	uint32_t n;            /* services when it was made; LOAD_BOOT: 0 */
	int64_t since_ms, say_ms;
	void (*done)(enum loaded how, struct config *fresh, const uint32_t *map);
};

/* Begins one; `asked` is the service of LOAD_EXTENDS.  Calls done() once, later, from
 * loading_readable() or loading_end().  0; or -1 with errno, EBUSY while there is one. */
int loading_begin(enum load_kind kind, const char *asked,
                  void (*done)(enum loaded how, struct config *fresh, const uint32_t *map));
bool loading_is_busy(void);
/* "reading svc/x for 12 s" */
struct text;
void loading_describe(struct text *t);

/* SOURCE_LOAD: the child has something to say. */
void loading_readable(void);
/* Everything is being stopped: the load is given up. */
void loading_end(void);

/* Names a load that takes long, now and then. */
int64_t loading_deadline(void);
void loading_turn(void);

#endif
