/* client.h - the client's side of a method: connect, ask, close.
 *
 * One connection per process.  These calls block, up to the time that they are
 * given: they run in clients, never in the supervisor.
 */
#ifndef CINIT_IPC_CLIENT_H
#define CINIT_IPC_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/record.h"

/* Connects to the supervisor of RUNDIR: 0, or -1 with errno.  ENOENT and
 * ECONNREFUSED: nobody listens there. */
int ipc_connect(const char *rundir);

/* Sends the request.  0, or -1 with errno. */
int ipc_request(const struct ipc_record *request);

/* Waits for the next answer, whichever request of this connection it belongs
 * to (its id says), until until_ms (boot time; 0: for ever).  0 with *answer
 * checked; -1 with errno: ETIMEDOUT, ECONNRESET when the supervisor closed the
 * connection, EPROTO when it is no answer. */
int ipc_next_answer(struct ipc_record *answer, int64_t until_ms);

void ipc_close(void);

/* What the supervisor publishes without being asked, once connected, where the
 * method has a status board.  -1 wherever the board cannot tell: then ask. */

/* The service of this name: 0 and *item. */
int ipc_board_item(const char *name, size_t n, struct ipc_item *item);
/* All services, in the order of a list: 0, and *items is to be freed. */
int ipc_board_items(struct ipc_item **items, size_t *n);

/* A random id that is not 0 (getrandom(2)). */
uint64_t ipc_random_id(void);

#endif
