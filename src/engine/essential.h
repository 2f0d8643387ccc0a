/* essential.h - inside the engine: which service's end is the end of everything.
 *
 * Only judged here; that everything is stopped then is engine.c's. */
#ifndef CINIT_ENGINE_ESSENTIAL_H
#define CINIT_ENGINE_ESSENTIAL_H

#include "src/engine/engine.h"

/* A main process has ended, or was never made, and its row does not say so yet: the
 * code with which everything ends for it, or -1 if it goes on. */
int essential_code(const struct engine *e, const struct event *ended);

/* An essential service is wished up and will never come up by itself: it is
 * refused, or blocked by one that failed or is refused. */
bool essential_is_lost(const struct engine *e, uint32_t svc);
#define ESSENTIAL_LOST_CODE 1

#endif
