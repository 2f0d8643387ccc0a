/* sockets.h - the listening sockets of a pool: descriptors 3, 4, ..., and what the
 * manager does with them.
 *
 * Share: workers wait on them; one blocks, several do not.  Dispatch: the manager takes
 * from them, and of streams its workers get nothing: whoever has a socket may make it
 * block, for all. */
#ifndef CINIT_POOL_SOCKETS_H
#define CINIT_POOL_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/pool/files.h"

#define SOCKETS_NAMES_MAX 4200 /* of LISTEN_FDNAMES: 32 names of at most 128 bytes */

/* The n that were handed over; with none, the lines of `listen` are opened for the user and
 * group of workers.  0, or -1 with *where and *why. */
int sockets_take(unsigned n, const struct files *f, const char **where, const char **why);
/* Sets them for this mode.  0, or -1 with errno. */
int sockets_prepare(bool dispatch);

unsigned sockets_count(void);
int sockets_fd(unsigned i);
const int *sockets_fds(void);
bool sockets_is_stream(unsigned i);
/* The value of LISTEN_FDNAMES; empty: not known. */
const char *sockets_names(void);
/* Where a worker finds what it reports on. */
int sockets_report_fd(void);
/* Connections that wait in the kernel, or IPC_QUEUE_UNKNOWN. */
uint32_t sockets_queue(void);

/* In a child: what a worker may have of them.  0, or -1 with errno. */
int sockets_hand_on(bool dispatch);

#endif
