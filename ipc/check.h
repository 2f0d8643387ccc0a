/* check.h - whether this system has what the IPC method needs: cinit -V --check, and
 * the words for what is missing at boot. */
#ifndef CINIT_IPC_CHECK_H
#define CINIT_IPC_CHECK_H

#include <stdbool.h>

#include "ipc/text.h"

/* The text of errno, and what it usually means when a kernel lacks a mechanism. */
void check_explain(struct text *t, int err);
/* Tries everything on ipc_needs below ipc_rundir and writes a line for each: "what: ok"
 * or "what: why".  True if nothing is missing. */
bool check_needs(struct text *t);

/* Needs that several methods have: a name in RUNDIR, made by `make` (which is given
 * its path) and removed, and RUNDIR itself if it is missing; the semaphore of the
 * lock. */
int check_rundir(void);
int check_in_rundir(int (*make)(const char *path));
int check_semaphore(void);
int check_signalfd(void);

#endif
