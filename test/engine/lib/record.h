/* record.h - the world's own account of what commands mean.
 * Written from design section 4, not from the engine. */
#ifndef TEST_ENGINE_RECORD_H
#define TEST_ENGINE_RECORD_H

#include "test/engine/lib/world.h"

/* Notes what ev asks for.  Call before the engine sees it. */
void record_event(struct world *w, const struct event *ev);

/* A new graph has taken over: service i of `old` is now map[i].  What a wished
 * service did not depend on before is pulled in. */
void record_adopted(struct world *w, const struct plan *old, const uint32_t *map);

/* The state of i has changed: if it is essential and will never be up, everything ends. */
void record_hopes(struct world *w, uint32_t i);

/* Does the state mean that there is, or may be, something to stop? */
bool state_active(unsigned state);
/* ... that it is being stopped? */
bool state_leaving(unsigned state);
/* ... that it is told to end because it was not up in time? */
bool state_late(unsigned state);
/* Blocks who needs it: it is not up and will not be by itself. */
bool actor_bad(const struct actor *a);
/* Neither on a timer nor on a process. */
bool actor_settled(const struct actor *a);
/* Has it a process that is not left behind? */
bool actor_has_process(const struct actor *a);
void actor_forget_starts(struct actor *a);
bool all_settled(const struct world *w);
bool edge_orders(const struct world *w, uint32_t who, uint32_t whom);

/* The answer that this request has to get now, or RES_NONE. */
enum result right_answer(const struct world *w, const struct request *r);

#endif
