/* dispatch.h - takes requests from the listening sockets and gives them to workers, as
 * the rules say to whom.
 *
 * A request is taken only while somebody is there for it, or could be; until then it
 * stays in the kernel's queue.  Of a stream the connection itself is handed on; a
 * datagram is one message with its sender.  One that was taken is kept until a worker
 * has it. */
#ifndef CINIT_POOL_DISPATCH_H
#define CINIT_POOL_DISPATCH_H

#include <stdbool.h>
#include <stdint.h>

/* 0, or -1 with errno. */
int dispatch_init(void);
/* WATCH_LISTENER: socket i has something. */
void dispatch_readable(unsigned i);
/* Looks for a request, where one is of use: true if the rules were told of one. */
bool dispatch_turn(void);
/* POOL_ACT_GIVE. */
void dispatch_give(uint32_t row);

/* The request that was last given to somebody: was it this worker, who did not take it? */
bool dispatch_refused(uint32_t row);

/* One was taken that no worker has yet. */
bool dispatch_holds(void);
/* When to look again although nothing came. */
int64_t dispatch_deadline(void);

/* In a child that executes nothing. */
void dispatch_close_in_child(void);

#endif
