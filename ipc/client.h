/* client.h - the client's side of a method: connect, ask, wait, close.
 *
 * A connection is a struct ipc_client, which the caller keeps; nothing else has a
 * state, so there may be any number of them, in any threads, each used by one at a
 * time.  These calls block, up to the time that they are given: they run in
 * clients, never in the supervisor.
 */
#ifndef CINIT_IPC_CLIENT_H
#define CINIT_IPC_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/record.h"

#define IPC_POST_MAX 4096 /* bytes of one ipc_post() */

/* The ipc.h of the method that is built has it; the Makefile says which that is. */
#ifdef CINIT_IPC_HEADER
#include CINIT_IPC_HEADER
#endif
struct ipc_client;

/* Connects to the supervisor of RUNDIR, which must stay where it is until
 * ipc_close(): 0, or -1 with errno, and then there is nothing to close.  ENOENT and
 * ECONNREFUSED: nobody listens there. */
int ipc_connect(struct ipc_client *c, const char *rundir);

/* Fills in where the answer goes, where the method needs that. */
void ipc_sign(struct ipc_client *c, struct ipc_record *r);
/* Publishes n bytes (at most IPC_POST_MAX) as the method publishes a request, and
 * rings its bell.  A method with slots writes what fits, and the rest of the slot
 * stays as it was.  Waits for nothing: 0, or -1 with errno, EAGAIN when there is no
 * room. */
int ipc_post(struct ipc_client *c, const void *bytes, size_t n);
/* The bell alone; 0 where there is none. */
int ipc_ring(struct ipc_client *c);
/* Signs and posts a copy of the request, and waits for room until it expires.  0, or
 * -1 with errno, ECONNRESET when the supervisor has gone. */
int ipc_request(struct ipc_client *c, const struct ipc_record *request);

/* Waits for the next answer, whichever request of this connection it belongs
 * to (its id says), until until_ms (boot time; 0: for ever).  0 with *answer
 * checked; -1 with errno: ETIMEDOUT, ECONNRESET when the supervisor closed the
 * connection, EPROTO when it is no answer. */
int ipc_next_answer(struct ipc_client *c, struct ipc_record *answer, int64_t until_ms);

/* Gives everything back.  Once more does no harm. */
void ipc_close(struct ipc_client *c);
/* The same for a process that ends now: only what would outlive it. */
void ipc_leave(struct ipc_client *c);

/* What the supervisor publishes without being asked, once connected, where the
 * method has a status board.  -1 wherever the board cannot tell: then ask. */

/* The service of this name: 0 and *item. */
int ipc_board_item(struct ipc_client *c, const char *name, size_t n, struct ipc_item *item);
/* All services, in the order of a list: 0, and *items is to be freed. */
int ipc_board_items(struct ipc_client *c, struct ipc_item **items, size_t *n);

/* A random id that is not 0 (getrandom(2)). */
uint64_t ipc_random_id(void);

#endif
