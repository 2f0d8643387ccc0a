/* oracles.h - the rules of src/pool/rules.h, each watched after every step.
 *
 *   R1  serving at most max, one more in a roll; at least min at rest
 *   R2  requests: to the most recently idle, one at a time, each once
 *   R3  growth: for load only, one at a time, up to max
 *   R4  idle workers go, neither early nor late, the longest idle first
 *   R5  who has served enough is told to end
 *   R6  who takes too long is killed, neither early nor late
 *   R7  a roll: a new one is up before an old one goes; it ends
 *   R8  ranks are unique, back-off is kept, neither more nor less
 *   R9  ready, failed: said once, and rightly
 *   R10 a drain starts and gives nothing, and ends
 *   R11 who was told and stays is killed, neither early nor late
 *   Rt  the deadline is when something has to be done; who is woken does something
 *   Rc  counts, lists and order of the rows agree with a naive recount
 */
#ifndef TEST_POOL_ORACLES_H
#define TEST_POOL_ORACLES_H

#include "test/pool/lib/world.h"

/* Looks at an action before the record follows it. */
void oracle_action(struct world *w, const struct pool_action *act);
/* After every event and action. */
void oracle_always(struct world *w);
/* When pool_next() found nothing to do. */
void oracle_rest(struct world *w);
/* When no event is left either, after workers that behaved. */
void oracle_final(struct world *w);

#endif
