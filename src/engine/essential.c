/* essential.c - judges the end, and the hopes, of essential services.  Changes nothing. */
#include "src/engine/essential.h"

#include "src/engine/verdict.h"

#define SIGNAL_CODE 128 /* plus the signal, as shells have it */
#define NO_PROGRAM 127  /* and that too: it is not there, */
#define NOT_EXECUTED 126 /* or could not be executed */

static int code_of(const struct event *ended)
{
	const struct end *end = &ended->end;

	switch ((enum end_kind)end->kind) {
	case END_EXIT: return end->code;
	case END_SIGNAL: return SIGNAL_CODE + end->code;
	case END_SPAWN:
		return end->step == STEP_EXEC && ended->cause == CAUSE_MISSING ? NO_PROGRAM
		                                                               : NOT_EXECUTED;
	case END_NONE: break;
	}
	return 0;
}

static int mapped(const struct engine *e, uint32_t svc, int code)
{
	const struct graph_code *at = (const struct graph_code *)((uintptr_t)e + e->codes);

	for (uint32_t k = 0; k < e->n_codes; k++)
		if (at[k].svc == svc && at[k].from == code)
			return at[k].to;
	return code;
}

/* A once-service that has not succeeded is not tried again: it counts, whatever
 * its file says. */
static bool counts(const struct svc *s, const struct event *ended)
{
	struct verdict v = verdict_of(ended);

	if (!v.executed)
		return !v.transient;
	switch ((enum essential)s->essential) {
	case ESSENTIAL_EXIT: return true;
	case ESSENTIAL_SUCCESS: return v.succeeded || !(s->kind & KIND_RESPAWN);
	case ESSENTIAL_FAILURE: return !v.succeeded;
	case ESSENTIAL_NOT:
	case ESSENTIAL_N: break;
	}
	return false;
}

/* It was not stopped or restarted. */
static bool by_itself(const struct svc_live *l)
{
	bool running = l->state == SVC_STARTING || l->state == SVC_UP;

	return running && l->wish && !l->restart;
}

int essential_code(const struct engine *e, const struct event *ended)
{
	const struct svc *s = engine_svc(e, ended->svc);

	if (!e->essential || !s->essential || !by_itself(&s->live) || !counts(s, ended))
		return -1;
	return mapped(e, ended->svc, code_of(ended));
}

bool essential_is_lost(const struct engine *e, uint32_t svc)
{
	const struct svc *s = engine_svc(e, svc);
	uint32_t other;

	if (!e->essential || !s->essential || !s->live.wish)
		return false;
	if (s->live.state == SVC_REFUSED)
		return true;
	if (s->live.state != SVC_BLOCKED || engine_why(e, svc, &other) != WHY_CULPRIT)
		return false;
	s = engine_svc(e, other);
	return (s->live.state == SVC_FAILED && !s->live.retry_asked) || s->live.state == SVC_REFUSED;
}
