/* oracles.h - the rules of the engine, each watched after every step.
 *
 *   R1 starts only when needs are up and ordering wants settled
 *   R2 told to stop only when dependents, and wanters asked to stop, are down
 *   R3 one main process each; none left at the end of a shutdown
 *   R4 each request answered once, in time, rightly, with a reason
 *   R5 failure blocks dependents and names a real culprit; recovery unblocks;
 *      nobody running is stopped without a reason
 *   R6 settles: what can be up is up, what is not wished is down
 *   R7 the back-off, and every other timer, neither early nor late
 *   R8 the refused never start
 *   R9 who says by itself that it is ready is up then and not before; who is not up
 *      in time is told to end, once, and has crashed or failed; who needs it runs on
 *   R10 the end, or the loss, of an essential service ends everything, with its code, and
 *      that is said before anything else happens
 *   R11 what survives KILL is given up in a shutdown, in time and not before, and said
 *   Rw the wishes are what the commands asked for
 *   Rc the engine's classes, counters, queue and heap agree with a naive recount
 */
#ifndef TEST_ENGINE_ORACLES_H
#define TEST_ENGINE_ORACLES_H

#include "test/engine/lib/world.h"

/* Looks at an action before the record follows it. */
void oracle_action(struct world *w, const struct action *act);
/* After every event and action. */
void oracle_always(struct world *w);
/* When engine_next() found nothing to do. */
void oracle_rest(struct world *w);
/* When no event is left either, after a machine that behaved. */
void oracle_final(struct world *w);

#endif
