/* verdict.c - judges the end of a main process.  Knows nothing of its service. */
#include "src/engine/verdict.h"

/* May the same step of the next start succeed although nobody mends anything? */
static bool may_pass(enum spawn_cause cause, enum spawn_step step)
{
	switch (cause) {
	case CAUSE_SHORTAGE:
	case CAUSE_BUSY:
		return true;
	case CAUSE_ADDRESS: /* somebody may end, or an interface come up */
		return step == STEP_LISTEN;
	case CAUSE_MISSING:
	case CAUSE_OTHER:
	case CAUSE_N:
		break;
	}
	return false;
}

struct verdict verdict_of(const struct event *ended)
{
	const struct end *end = &ended->end;
	bool executed = end->kind != END_SPAWN;
	bool passes = !executed && may_pass(ended->cause, (enum spawn_step)end->step);

	return (struct verdict){
		.executed = executed,
		.succeeded = end->kind == END_EXIT && end->code == 0,
		.transient = passes,
		/* Who says why it ends says that it is no use to start it again. */
		.permanent = executed ? ended->said_why : !passes,
	};
}
