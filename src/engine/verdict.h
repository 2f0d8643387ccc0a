/* verdict.h - inside the engine: what the end of a main process means.
 *
 * The one judgement of an exit status, a signal or a failed start.  It looks at
 * the plain facts of EV_ENDED alone; what follows for the service is decide()'s,
 * and for everything else essential.h's. */
#ifndef CINIT_ENGINE_VERDICT_H
#define CINIT_ENGINE_VERDICT_H

#include "src/engine/engine.h"

struct verdict {
	bool executed;  /* its program was executed, and has ended */
	bool succeeded; /* with exit 0 */
	bool transient; /* it was never executed, for a reason that may pass */
	bool permanent; /* the reason does not pass by itself */
};

struct verdict verdict_of(const struct event *ended);

#endif
