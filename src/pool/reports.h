/* reports.h - reads what workers say of themselves: "busy\n", "available\n".
 *
 * It is telemetry: it becomes an event of the row whose descriptor it came from, which
 * the rules ignore where it does not fit.  Anything else is said once, and ignored.
 *
 * Share: the pipes are read together, at most every REPORTS_PACE_MS, a bounded number
 * of bytes: a busy pool costs little, a flood no more, and an idle one nothing.
 * Dispatch: a request waits for the word, so it is taken at once; from a worker that
 * says what nobody awaits, at that pace. */
#ifndef CINIT_POOL_REPORTS_H
#define CINIT_POOL_REPORTS_H

#include <stdint.h>

#define REPORTS_PACE_MS 10

/* 0, or -1 with errno. */
int reports_init(void);
/* A new worker of this row reports on fd (non-blocking where it is a pipe). */
int reports_begin(uint32_t row, int fd);
/* The worker is gone: what it has said before. */
void reports_last(uint32_t row);
void reports_end(uint32_t row, int fd);

/* WATCH_REPORT of a row; WATCH_REPORTS. */
void reports_readable(uint32_t row);
void reports_waiting(void);
/* What is due by now; and when that will be. */
void reports_turn(void);
int64_t reports_deadline(void);

/* In a child that executes nothing. */
void reports_close_in_child(void);

#endif
