/* control.h - the supervisor's questions about the pool, over the socket pair that it
 * gave us (ipc/pool.h). */
#ifndef CINIT_POOL_CONTROL_H
#define CINIT_POOL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

/* fd -1: nobody asks. */
void control_init(int fd);
/* Requests are heeded from now on.  0, or -1 with errno. */
int control_begin(void);
/* WATCH_CONTROL: takes some requests. */
void control_readable(void);
/* A roll is over: all who wait for one are told. */
void control_rolled(bool given_up);

/* Unasked: why the manager is about to end. */
void control_complain(const char *why);
/* The answer to a call. */
void control_answer_call(uint64_t id, bool done, const char *text);

/* In a child that executes nothing. */
void control_close_in_child(void);

#endif
