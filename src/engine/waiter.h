/* waiter.h - inside the engine: requests that are not answered yet.
 *
 * A row for each; judges whether its answer is due, and which it is.  Changes no service.
 */
#ifndef CINIT_ENGINE_WAITER_H
#define CINIT_ENGINE_WAITER_H

#include "src/engine/engine.h"

/* Is there a row for one more? */
bool waiter_room(const struct engine *e);
/* Takes a row for the request; with `early` other than RES_NONE it is answered
 * with that, naming `other`, in the next pass. */
void waiter_add(struct engine *e, const struct event *ev, enum result early, uint32_t other);
void waiter_cancel(struct engine *e, uint32_t handle);
/* Does a request wait for svc, or is to name it? */
bool waiter_awaits(const struct engine *e, uint32_t svc);
/* One answer that is due, if any.  Only called when everything has settled. */
bool waiter_answer(struct engine *e, int64_t now, struct action *act);

#endif
