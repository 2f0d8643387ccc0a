/* pool.h - what travels about a pool: between client and supervisor, and on the
 * socket pair between supervisor and cinit.pool (CINIT_CONTROL_FD, SOCK_SEQPACKET).
 *
 * Both carry struct ipc_record.  The request's payload is the service's name; of
 * VERB_CALL the name, the command and its arguments, each ended by a NUL; of VERB_SCALE
 * `from` is the number of workers.  The manager's answer has the id of its request.
 *
 *   VERB_WORKERS  payload: struct ipc_pool, then n_items times struct ipc_worker, the
 *                 workers from `from` on; total, generation as in a list
 *   VERB_SCALE, VERB_ROLL, VERB_CALL
 *                 payload: a text, may be empty
 *
 * RES_POOL is the pool's no; then the payload is a text that says why.
 *
 * Unasked (id 0) the manager says why it will end: verb VERB_NONE, result RES_POOL, a text.
 */
#ifndef CINIT_IPC_POOL_H
#define CINIT_IPC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/record.h"

#define IPC_QUEUE_UNKNOWN UINT32_MAX

enum ipc_pool_flag {
	IPC_POOL_DISPATCH = 1,  /* else share */
	IPC_POOL_REPORTS = 2,   /* workers say when they are busy */
	IPC_POOL_ROLLING = 4,
	IPC_POOL_DRAINING = 8,
	IPC_POOL_MODULES = 16
};

struct ipc_pool {
	uint64_t served, recycled, crashed; /* since the manager's start */
	uint32_t min, max;
	uint32_t idle, busy, starting, leaving; /* workers now */
	uint32_t queue;                     /* requests that wait, or IPC_QUEUE_UNKNOWN */
	uint32_t flags;                     /* enum ipc_pool_flag */
};

struct ipc_worker {
	int64_t since_ms;   /* in its state (CLOCK_BOOTTIME) */
	uint64_t served;
	int32_t rank;       /* negative: an extra process of a module */
	int32_t pid;        /* as the manager sees it */
	uint32_t state;     /* enum worker_state */
	uint32_t reserved;
};

/* Rows that fit one answer. */
#define IPC_WORKERS_AT_ONCE \
	((sizeof ((struct ipc_record *)0)->payload - sizeof(struct ipc_pool)) / sizeof(struct ipc_worker))

void record_put_pool(struct ipc_record *r, const struct ipc_pool *pool);
/* False when there is no room for another. */
bool record_put_worker(struct ipc_record *r, const struct ipc_worker *worker);
/* Has the payload the bytes of an answer to VERB_WORKERS? */
bool record_is_pool(const struct ipc_record *r);
/* Of a checked answer to VERB_WORKERS; false when the bytes are off. */
bool record_get_pool(const struct ipc_record *r, struct ipc_pool *pool);
bool record_get_worker(const struct ipc_record *r, unsigned i, struct ipc_worker *worker);

/* The payload becomes this text, without its NUL, cut if it is too long. */
void record_set_text(struct ipc_record *r, const char *text);

#endif
