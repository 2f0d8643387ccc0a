/* spawn.h - makes processes, and hears whether they have executed their program.
 *
 * A child is made either sharing our memory until it executes its program, on a small stack
 * of its own and without our waiting for it (the fastest way, see steps.c), or by fork where
 * that cannot be.  Both report alike, through a pipe that closes itself on exec: end of file
 * says executed, a struct step_report says which step failed and why.
 *
 * A stack belongs to its child until the child has been reaped, if it has not executed: one
 * that reports a failure still runs on it.
 */
#ifndef CINIT_LAUNCH_SPAWN_H
#define CINIT_LAUNCH_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/launch/environment.h"
#include "src/launch/fd.h"
#include "src/launch/input.h"
#include "src/launch/steps.h"
#include "src/limits.h"

/* One process of ours.  Everywhere 0 is none, so that memory that was never touched holds no
 * process: a descriptor of ours is above 2, as main() has those up to there open. */
struct proc {
	pid_t pid;
	int pidfd;       /* readable when it has ended; only in a storm of orphans */
	int exec_fd;     /* end of file when it has executed its program */
	uint16_t slot;   /* 1 more than the number of the memory that it shares with us until then */
	bool hands_over; /* descriptors may come along with what it reports */
};

#define PROC_NONE ((struct proc){0})

/* The memory for children.  All zero before the first spawn_prepare(); the caller sets the
 * limits and the epoch, nobody else touches the rest. */
struct spawner {
	uint64_t nofile_soft;   /* RLIMIT_NOFILE that children get back, */
	uint64_t nofile_hard;
	bool nofile_raised;     /* if we have another one */

	char *slots;            /* SPAWN_IN_FLIGHT of them */
	pid_t held_by[SPAWN_IN_FLIGHT]; /* 0: free */
	uint32_t epoch_of[SPAWN_IN_FLIGHT]; /* of the memory that it reads */
	unsigned n_held;
	uint32_t epoch;         /* of the tree that launches point into; the caller counts */
	bool touched;
	int64_t progress_ms;    /* when a slot was last taken or freed */
	char *scratch;          /* for forked children: room for the largest program */
	size_t scratch_bytes;
};

/* What a process is made from.  The strings are copied, but for params, the lines of the
 * environment, what `rows` points to and fds: they have to stay until it has executed. */
struct launch {
	const char *path;     /* what is executed, */
	bool is_link;         /* or what it says where it is a link: the child reads it */
	const char *argv0;
	const char *params;   /* n_params strings, one after the other */
	uint32_t n_params;
	const char *word;     /* one more argument, or NULL */
	struct environment env;
	const struct spawn_fd *fds; /* n_fds of them: no fd is below FD_OWN, no `as` is not */
	unsigned n_fds;
	struct standard_input input;
	bool find_ids;        /* look up whom the rows name, for the sockets, */
	bool become;          /* and become that user */
	const struct own_socket *sockets; /* n_sockets that it opens itself */
	unsigned n_sockets;
	struct rows rows;     /* of the service */
	bool settings;        /* carry out what its entries ask for */
	const char *directory; /* of the service, where it has rows */
};

/* Prepares the memory; words_max is the most arguments or environment lines that one
 * program has.  0, or -1 with errno. */
int spawn_prepare(struct spawner *sp, uint32_t words_max);

/* Makes the process.  0 and *p, or -1 with *end saying why (END_SPAWN). */
int spawn_process(struct spawner *sp, const struct launch *l, int64_t now_ms, struct proc *p,
                  struct end *end);

/* What the child says; all but SPAWN_NOTHING and SPAWN_EXECUTED with *report.  After
 * SPAWN_EXECUTED and SPAWN_FAILED exec_fd is closed. */
enum spawn_heard {
	SPAWN_NOTHING,  /* nothing yet */
	SPAWN_NOTE,     /* it starts without a comfort; there may be more */
	SPAWN_SOCKET,   /* it has opened a socket: *fd, or -1 where that got lost; likewise */
	SPAWN_EXECUTED,
	SPAWN_FAILED
};
enum spawn_heard spawn_hear(struct spawner *sp, struct proc *p, int64_t now_ms,
                            struct step_report *report, int *fd);

/* The process is reaped or given up: closes what is left of it. */
void spawn_close(struct proc *p);
/* A child of ours was reaped, whichever. */
void spawn_reaped(struct spawner *sp, pid_t pid, int64_t now_ms);

/* Children that still share our memory, at most SPAWN_IN_FLIGHT: the pid of the i-th, or 0. */
pid_t spawn_holder(const struct spawner *sp, unsigned i);
/* Whether one of them was launched in this epoch: then nothing that it may read can be
 * unmapped. */
bool spawn_reads(const struct spawner *sp, uint32_t epoch);
/* All memory for children is in use. */
bool spawn_is_full(const struct spawner *sp);
/* It is, but it is freed quickly: better wait for
 * an exec than fork.  False once nothing has been freed for a while. */
bool spawn_must_wait(const struct spawner *sp, int64_t now_ms);
/* From when on it is worth to look for children that have executed unheard, or
 * NEVER.  Nobody is woken for it: it is done with the next event. */
int64_t spawn_sweep_ms(const struct spawner *sp);
/* Gives the stacks back to the kernel if nobody uses them. */
void spawn_rest(struct spawner *sp);

#endif
