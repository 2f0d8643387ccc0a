/* rules_due.h - what a pool has to do next, and when; POOL_NEVER: not by itself.
 *
 * pool_next() acts on these times and pool_deadline() tells them, so that nobody is
 * woken for what is not done then.
 */
#ifndef CINIT_POOL_RULES_DUE_H
#define CINIT_POOL_RULES_DUE_H

#include "src/pool/rules.h"

/* The first whose time is up by rule 6 or 11. */
int64_t due_kill(const struct pool *p, uint32_t *row);
/* The longest idle worker has to go, rule 4. */
int64_t due_idle(const struct pool *p);
/* The next missing worker may be started, or the one that a roll needs: its rank. */
int64_t due_start(const struct pool *p, uint32_t *rank);
/* One more than those may be, rule 3. */
int64_t due_growth(const struct pool *p, uint32_t *rank);
/* The first of all these. */
int64_t due_first(const struct pool *p);

/* Rule 3, but for load and back-off. */
bool due_can_grow(const struct pool *p);
/* A roll is under way: one worker more is no excess. */
bool due_rolls(const struct pool *p);
/* An old worker has to go, since a new one is up for it. */
bool due_roll(const struct pool *p);

#endif
