/* manager.h - the manager of a pool: its loop, and what its parts ask of it.
 *
 * It decides nothing about workers: what happens becomes an event of the rules
 * (rules.h), and what they decide is done.  One thread, no allocation, a bounded amount
 * of work in each turn. */
#ifndef CINIT_POOL_MANAGER_H
#define CINIT_POOL_MANAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "src/pool/rules.h"

/* Runs the pool until it has drained or failed; the exit code.  Files, sockets and
 * modules are there. */
int manager_run(int ready_fd);

/* ---- for its parts ---- */

const struct pool *manager_pool(void);
int64_t manager_now(void);            /* CLOCK_BOOTTIME of this turn, ms */
uint32_t manager_generation(void);    /* changes with every change of the rows */
bool manager_dispatches(void);
bool manager_has_modules(void);
/* A request is of use; there are idle workers; the worker of a row has a request. */
bool manager_listens(void);
uint32_t manager_idle(void);
bool manager_is_busy(uint32_t row);
uint32_t manager_rank(uint32_t row);

void manager_event(enum pool_event_kind kind, uint32_t row);
void manager_ended(uint32_t row, bool orderly);
void manager_scale(uint32_t min);
/* Reads the directory again and rolls: NULL, or why not; then nothing has changed. */
const char *manager_reload(void);

/* Says why, to the supervisor as well: the manager is about to end. */
void manager_complain(const char *where, const char *why);
/* Once the pool has been ready, this is only said. */
void manager_fail_start(const char *why);

/* In a child that executes nothing: closes what is the manager's. */
void manager_close_in_child(void);

#endif
