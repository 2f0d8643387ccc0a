/* facts.c - gathers what decide() looks at, from a row and its counters. */
#include "src/engine/facts.h"

#include "src/engine/classes.h"

struct facts facts_gather(const struct engine *e, uint32_t i, int64_t now)
{
	const struct svc *s = engine_svc(e, i);
	const struct svc_live *l = &s->live;

	return (struct facts){
		.wish = l->wish,
		.restart = l->restart,
		.refused = s->kind & KIND_REFUSED,
		.retry_asked = l->retry_asked,
		.group = !(s->kind & KIND_ON),
		.respawn = s->kind & KIND_RESPAWN,
		.says_ready = s->kind & KIND_READY,
		.has_off = s->kind & KIND_OFF,
		.was_up = l->was_up,
		.off_ran = l->off_ran,
		.alive = l->alive && !l->given_up,
		.off_alive = l->off_alive && !l->off_given_up,
		.executed = l->executed,
		.ready = l->ready,
		.succeeded = l->succeeded,
		.permanent = l->permanent,
		.transient = l->transient,
		.late = l->late,
		.needs_up = s->needs_up == needs_of(e, i).n,
		.need_bad = s->needs_bad > 0,
		.need_leaving = s->needs_leaving > 0,
		.wants_settled = s->wants_open == 0,
		.held = s->dependents_active > 0 || s->wanters_leaving > 0,
		.due = l->deadline_ms <= now,
	};
}
