/* calls.h - commands that modules export, each run in a process of its own, with a
 * limit of time: they hold up neither the pool nor each other. */
#ifndef CINIT_POOL_CALLS_H
#define CINIT_POOL_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CALLS_MAX 8          /* at once */
#define CALL_MAX_MS 10000    /* and at most until the request's answer_by */

/* words: strings one after the other, n bytes with their NULs.  False: as many run as
 * may, or none can be made.  The answer comes by control_answer_call(). */
bool calls_begin(uint64_t id, const char *words, size_t n, int64_t answer_by_ms);
/* WATCH_CALL. */
void calls_readable(unsigned i);
/* A child was reaped: true if it was one of these. */
bool calls_ended(pid_t pid);

/* Kills those whose time is over; when that will be. */
void calls_turn(void);
int64_t calls_deadline(void);

/* In a child that executes nothing. */
void calls_close_in_child(void);

#endif
