/* facts.h - inside the engine: what is true of one service.
 *
 * Gathers what decide() looks at, from the service's row and what it counts of its
 * neighbours.  Changes nothing.
 */
#ifndef CINIT_ENGINE_FACTS_H
#define CINIT_ENGINE_FACTS_H

#include "src/engine/decide.h"
#include "src/engine/engine.h"

/* A process that was given up counts as gone. */
struct facts facts_gather(const struct engine *e, uint32_t i, int64_t now);

#endif
