/* child.h - what a process of the pool does between fork and its own life. */
#ifndef CINIT_POOL_CHILD_H
#define CINIT_POOL_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The step at which a child failed; it says so on the descriptor that it was given. */
enum child_step { CHILD_UP, CHILD_DESCRIPTORS, CHILD_USER, CHILD_EXEC, CHILD_INIT };

#define CHILD_WHY_MAX 200

struct child_report {
	int32_t step;  /* enum child_step; CHILD_UP: none failed, it is up */
	int32_t error; /* errno */
	char why[CHILD_WHY_MAX]; /* CHILD_INIT: what the modules say, perhaps without a NUL */
};

/* Once, before the first: signals are blocked, and the limit of descriptors is raised
 * for ourselves.  0, or -1 with errno. */
int child_prepare(void);
const char *child_step_word(int32_t step);

struct child {
	int32_t rank;
	int report_fd;   /* share: write end of a pipe; dispatch: the worker's end; -1: none */
	int start_fd;    /* where a struct child_report goes */
	pid_t manager;
};

/* In the child, for good.  A worker: the program, or the modules. */
_Noreturn void child_worker(const struct child *c);
/* Extra process i of the modules. */
_Noreturn void child_extra(const struct child *c, unsigned i);
/* Becomes the user and is bound to the manager's life; what is the manager's is closed.
 * Ends with 127 where that fails. */
void child_enter(const struct child *c);
/* Signals come from now on. */
void child_unblock(void);
/* Without fork: this process becomes worker 1, the manager is none. */
_Noreturn void child_alone(int ready_fd);

#endif
