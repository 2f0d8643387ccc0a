/* extras.h - the extra processes that modules have registered: kept running beside the
 * workers, until the workers are gone. */
#ifndef CINIT_POOL_EXTRAS_H
#define CINIT_POOL_EXTRAS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/pool.h"

/* Makes n of them: 0, or -1 with errno. */
int extras_begin(unsigned n);
/* WATCH_EXTRA: one says that it is up. */
void extras_started(unsigned i);
/* A child was reaped: true if it was one of these. */
bool extras_ended(pid_t pid, int status);
/* Tells all to end. */
void extras_end(void);
bool extras_are_gone(void);

/* What is due by now, and when that will be. */
void extras_turn(void);
int64_t extras_deadline(void);

unsigned extras_count(void);
bool extras_show(unsigned i, struct ipc_worker *out);

/* In a child that executes nothing. */
void extras_close_in_child(void);

#endif
