/* deadline.h - inside the engine: the deadlines of all services, earliest first.
 *
 * One time for each service at most.  What it means that it has passed is not known here.
 */
#ifndef CINIT_ENGINE_DEADLINE_H
#define CINIT_ENGINE_DEADLINE_H

#include "src/engine/engine.h"

/* Sets, moves or (with NEVER) removes the deadline of service i. */
void deadline_set(struct engine *e, uint32_t i, int64_t at_ms);
/* Takes a service whose deadline is not after now off the heap (its row keeps
 * the time, so that the fact stays known), else NO_SVC. */
uint32_t deadline_take(struct engine *e, int64_t now);
/* The earliest deadline, or NEVER. */
int64_t deadline_first(const struct engine *e);

#endif
