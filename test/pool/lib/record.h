/* record.h - the world's own account of a pool, written from the rules of
 * src/pool/rules.h and by looking through all rows each time. */
#ifndef TEST_POOL_RECORD_H
#define TEST_POOL_RECORD_H

#include "test/pool/lib/world.h"

/* What one look over all rows finds. */
struct tally {
	uint32_t alive, serving, starting, idle, busy, old;
	uint32_t new_starting;      /* starting, and not to be replaced by the roll */
	uint32_t leaving, killed;
	uint32_t last_idle, longest_idle; /* rows, or POOL_NO_ROW */
};

bool proc_serves(const struct proc *p);
struct tally record_tally(const struct world *w);

/* Notes what happens.  Call before the pool sees an event, after an action was judged. */
void record_event(struct world *w, const struct pool_event *ev);
void record_action(struct world *w, const struct pool_action *act);

/* Rule 7: a roll that has begun; one worker more may serve. */
bool record_rolls(const struct world *w, const struct tally *t);
/* ... and the worker of this row may be told to end, since a new one is up for it. */
bool record_replaces(const struct world *w, const struct tally *t, uint32_t row);
/* When a worker may be started that is missing, or that the roll needs; that growth
 * starts; with this rank, or any when it is 0.  POOL_NEVER: none may. */
int64_t record_start_due(const struct world *w, const struct tally *t, uint32_t rank);
int64_t record_growth_due(const struct world *w, const struct tally *t, uint32_t rank);
/* When the first has to be killed; row's own time. */
int64_t record_kill_due(const struct world *w, uint32_t row);
int64_t record_idle_due(const struct world *w, const struct tally *t);
/* When the pool has to be asked again. */
int64_t record_deadline(const struct world *w);
/* Rule 3, but for load. */
bool record_can_grow(const struct world *w, const struct tally *t);
bool record_listens(const struct world *w);

#endif
