/* essential.c - what `essential` makes of an end. */
#include "src/tree/essential.h"

#include <errno.h>

#include "src/engine/verdict.h"

#define SIGNAL_CODE 128 /* plus the signal, as shells have it */

static int code_of(const struct end *end)
{
	switch ((enum end_kind)end->kind) {
	case END_EXIT: return end->code;
	case END_SIGNAL: return SIGNAL_CODE + end->code;
	case END_SPAWN: return end->step == STEP_EXEC && end->code == ENOENT ? 127 : 126;
	case END_NONE: break;
	}
	return 0;
}

static int mapped(const struct config *c, const struct value *essential, int code)
{
	const uint64_t *number = config_numbers(c, essential);

	for (uint32_t k = 1; k + 1 < essential->n; k += 2)
		if (number[k] == (uint64_t)code)
			return (int)number[k + 1];
	return code;
}

/* A once-service that has not succeeded is not tried again: it counts, whatever
 * its file says. */
static bool counts(enum essential essential, bool respawn, const struct event *ended)
{
	struct verdict v = verdict_of(ended);

	if (!v.executed)
		return !v.transient;
	switch (essential) {
	case ESSENTIAL_EXIT: return true;
	case ESSENTIAL_SUCCESS: return v.succeeded || !respawn;
	case ESSENTIAL_FAILURE: return !v.succeeded;
	case ESSENTIAL_NOT: break;
	}
	return false;
}

/* It was not stopped or restarted. */
static bool by_itself(const struct svc *s)
{
	bool running = s->live.state == SVC_STARTING || s->live.state == SVC_UP;

	return running && s->live.wish && !s->live.restart;
}

int essential_code(const struct config *c, const struct engine *e, const struct event *ended)
{
	const struct value *essential = config_value(c, ended->svc, ENTRY_ESSENTIAL);
	const struct svc *row = engine_svc(e, ended->svc);

	if (!essential || !by_itself(row)
	    || !counts((enum essential)*config_numbers(c, essential), row->kind & KIND_RESPAWN, ended))
		return -1;
	return mapped(c, essential, code_of(&ended->end));
}

bool essential_is_lost(const struct config *c, const struct engine *e, uint32_t svc)
{
	const struct svc *s = engine_svc(e, svc);
	uint32_t other;

	if (!config_value(c, svc, ENTRY_ESSENTIAL) || !s->live.wish)
		return false;
	if (s->live.state == SVC_REFUSED)
		return true;
	if (s->live.state != SVC_BLOCKED || engine_why(e, svc, &other) != WHY_CULPRIT)
		return false;
	s = engine_svc(e, other);
	return (s->live.state == SVC_FAILED && !s->live.retry_asked) || s->live.state == SVC_REFUSED;
}
