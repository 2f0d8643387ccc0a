/* oracles.h - the rules of src/engine/life.h, as the world sees them kept or broken.
 *
 *   L1  nothing is begun in a stop that a stop would have to end
 *   L2  everybody is asked first, in order; KILL comes late, the end last
 *   L3  a phase is left by its event or at its deadline
 *   L4  what is awaited is named in time
 *   L5  nothing spins, and no deadline is put off
 *   L6  requests are counted as they should be, and the engine is told
 *   L7  how it ends is what was asked for
 *   L8  the exit code is the essential service's
 *   L9  who gets a shell, a load, an exit
 *   Lc  life_check() */
#ifndef TEST_LIFE_ORACLES_H
#define TEST_LIFE_ORACLES_H

#include "test/life/lib/world.h"

/* Before an event: what it means by the rules. */
void oracle_expect(struct world *w, const struct life_event *ev);
/* After it: `from` was the state, and the deadline that it had. */
void oracle_event(struct world *w, const struct life_event *ev, unsigned from, int64_t deadline_ms);
/* An action was handed out, and is not carried out yet. */
void oracle_action(struct world *w, const struct life_action *a);
/* All actions of a turn were taken. */
void oracle_turned(struct world *w);

#endif
