/* workers.h - the processes of the pool's workers: makes them, tells them, and notices
 * what became of them.
 *
 * A row here is a row of struct pool.  Its pid is signalled only while it is not reaped;
 * nothing that a worker says is a pid, a row or a descriptor of ours. */
#ifndef CINIT_POOL_WORKERS_H
#define CINIT_POOL_WORKERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/text.h"

/* Makes a worker for a free row: 0; or -1, and what workers_why() says. */
int workers_start(uint32_t row, uint32_t rank);
/* The worker has said how far it is, or it is gone: EV_UP if it is up. */
void workers_started(uint32_t row);
void workers_tell(uint32_t row);
void workers_kill(uint32_t row);
/* A child was reaped: true if it was a worker. */
bool workers_ended(pid_t pid, int status);

pid_t workers_pid(uint32_t row);
/* Our end of what it reports on, or -1. */
int workers_fd(uint32_t row);

/* Why the worker that had this row last came to nothing; true if that may pass by itself
 * (no memory, no process). */
bool workers_why(uint32_t row, struct text *why);

/* Some are told once they have taken what was sent to them: when to look again, and to
 * look. */
int64_t workers_deadline(void);
void workers_turn(void);

/* In a child that executes nothing. */
void workers_close_in_child(void);

#endif
