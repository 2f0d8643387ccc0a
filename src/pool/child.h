/* child.h - what a process of the pool does between fork and its own life.
 *
 * The order of the steps is src/launch/steps.h's, the same as for services.  All of it
 * runs in the new process, but child_prepare() and child_put_report() in the manager; with
 * child_alone() there is none.
 */
#ifndef CINIT_POOL_CHILD_H
#define CINIT_POOL_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/text.h"
#include "ipc/words.h"

/* What a child says on the descriptor that it was given: the step at which it failed, which
 * is one of all processes (enum spawn_step), or one of these. */
enum child_step {
	CHILD_UP = STEP_NONE,   /* none: it is up */
	CHILD_INIT = STEP_N,    /* child_init of the modules */
	CHILD_NOTE              /* none, but it starts without a comfort; more will follow */
};

#define CHILD_WHY_MAX 200

struct child_report {
	int32_t step;  /* enum spawn_step or child_step */
	int32_t error; /* errno */
	int32_t entry; /* enum entry_id of an entry of the service directory, else ENTRY_N */
	char why[CHILD_WHY_MAX]; /* CHILD_INIT: what the modules say, perhaps without a NUL; of an
	                          * entry of the service directory: its name and value */
};

/* Once, before the first: signals are blocked, and the limit of descriptors is raised
 * for ourselves.  0, or -1 with errno. */
int child_prepare(void);
/* "user: not permitted": what a report says. */
void child_put_report(struct text *t, const struct child_report *r);

struct pool_child {
	int32_t rank;
	int report_fd;   /* share: write end of a pipe; dispatch: the worker's end; -1: none */
	int start_fd;    /* where a struct child_report goes */
	pid_t manager;
};

/* In the child, for good.  A worker: the program, or the modules. */
_Noreturn void child_worker(const struct pool_child *c);
/* Extra process i of the modules. */
_Noreturn void child_extra(const struct pool_child *c, unsigned i);
/* Goes through all steps but executing, bound to the manager's life; what is the manager's is
 * closed.  Ends with 127 where one fails. */
void child_enter(const struct pool_child *c);
/* Signals come from now on. */
void child_unblock(void);
/* Without fork: this process becomes worker 1, the manager is none. */
_Noreturn void child_alone(int ready_fd);

#endif
