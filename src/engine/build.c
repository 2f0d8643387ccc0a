/* build.c - lays an engine out in one block, and carries a running one over.
 *
 * No state is decided or entered here: what is carried over stays in the state that it was in,
 * and what follows from the new graph is settled afterwards. */
#include "src/engine/classes.h"
#include "src/engine/deadline.h"
#include "src/engine/layout.h"
#include "src/engine/waiter.h"

#include <string.h>

static uint32_t n_ordering(const struct graph *g)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < g->want_at[g->n]; k++)
		n += !(g->want[k] & WANT_UNORDERED);
	return n;
}

/* Fills counts and offsets of e for this graph; the size, or 0 if it is too large. */
static size_t lay_out(struct engine *e, const struct graph *g)
{
	uint64_t bytes;

	e->n = g->n;
	e->n_need = g->need_at[g->n];
	e->n_want = g->want_at[g->n];
	e->n_wanter = n_ordering(g);
	e->n_codes = g->n_codes;
	bytes = engine_lay_out(e);
	e->size = (uint32_t)bytes;
	return bytes <= UINT32_MAX ? (size_t)bytes : 0;
}

size_t engine_size(const struct graph *g)
{
	struct engine e;

	return lay_out(&e, g);
}

/* Turns edges round.  begin[i] of each target was counted before; afterwards
 * the entries of target t stand at begin of t. */
static void reverse(struct engine *e, const struct graph *g, bool needs)
{
	const uint32_t *at = needs ? g->need_at : g->want_at;
	const uint32_t *to = needs ? g->need : g->want;
	uint32_t *out = (uint32_t *)((uintptr_t)e + (needs ? e->dependent : e->wanter));
	uint32_t *fill = (uint32_t *)((uintptr_t)e + e->scratch);

	for (uint32_t i = 0; i < g->n; i++)
		fill[i] = needs ? engine_svc(e, i)->dependent_at : engine_svc(e, i)->wanter_at;
	for (uint32_t i = 0; i < g->n; i++)
		for (uint32_t k = at[i]; k < at[i + 1]; k++)
			if (!(to[k] & WANT_UNORDERED))
				out[fill[to[k]]++] = i;
}

static void count_reverse(struct engine *e, const struct graph *g)
{
	uint32_t dependents = 0, wanters = 0;

	for (uint32_t k = 0; k < e->n_need; k++)
		engine_svc(e, g->need[k])->dependent_at++;
	for (uint32_t k = 0; k < e->n_want; k++)
		if (!(g->want[k] & WANT_UNORDERED))
			engine_svc(e, g->want[k])->wanter_at++;
	for (uint32_t i = 0; i <= g->n; i++) {
		struct svc *s = engine_svc(e, i);
		uint32_t d = s->dependent_at, w = s->wanter_at;

		s->dependent_at = dependents;
		s->wanter_at = wanters;
		dependents += d;
		wanters += w;
	}
}

static void build_row(struct engine *e, const struct graph *g, uint32_t i)
{
	struct svc *s = engine_svc(e, i);

	memset(s, 0, sizeof *s);
	s->need_at = g->need_at[i];
	s->want_at = g->want_at[i];
	s->heap_at = s->queue_next = NO_SVC;
	s->live.up_ms = s->live.deadline_ms = s->live.stop_by_ms = NEVER;
	if (i == g->n)
		return;
	s->delay_ms = g->node[i].delay_ms;
	s->on_ms = g->node[i].on_ms;
	s->off_ms = g->node[i].off_ms;
	s->kind = g->node[i].kind;
	s->essential = g->node[i].essential;
	s->live.state = s->kind & KIND_REFUSED ? SVC_REFUSED : SVC_DOWN;
}

void engine_build(struct engine *e, const struct graph *g)
{
	memset(e, 0, sizeof *e);
	lay_out(e, g);
	e->queue_head = e->queue_tail = e->acting = e->ended_by = NO_SVC;
	e->essential = g->essential;
	e->waiter_due_ms = NEVER;
	for (uint32_t i = 0; i <= g->n; i++)
		build_row(e, g, i);
	if (e->n_need)
		memcpy((char *)e + e->need, g->need, e->n_need * (size_t)4);
	if (e->n_want)
		memcpy((char *)e + e->want, g->want, e->n_want * (size_t)4);
	if (e->n_codes)
		memcpy((char *)e + e->codes, g->code, e->n_codes * sizeof *g->code);
	count_reverse(e, g);
	reverse(e, g, true);
	reverse(e, g, false);
	reclass_all(e);
}

bool engine_is_active(const struct engine *e, uint32_t svc)
{
	const struct svc *s = engine_svc(e, svc);

	return s->class & CLASS_ACTIVE || s->live.alive || s->live.off_alive;
}

bool engine_may_drop(const struct engine *e, uint32_t svc)
{
	return !engine_is_active(e, svc) && e->acting != svc && e->ended_by != svc
	       && !waiter_awaits(e, svc);
}

static uint32_t mapped(const uint32_t *map, uint32_t i)
{
	return i == NO_SVC ? NO_SVC : map[i];
}

static void adopt_row(struct engine *e, const struct svc *old, uint32_t i)
{
	struct svc_live *l = &engine_svc(e, i)->live;
	int64_t deadline = old->live.deadline_ms;

	*l = old->live;
	l->deadline_ms = NEVER;
	deadline_set(e, i, deadline);
}

static void adopt_waiters(struct engine *e, const struct engine *old, const uint32_t *map)
{
	const struct waiter *from = (const struct waiter *)((uintptr_t)old + old->waiters);
	struct waiter *to = (struct waiter *)((uintptr_t)e + e->waiters);

	for (uint32_t i = 0; i < old->waiters_high; i++) {
		to[i] = from[i];
		to[i].svc = mapped(map, from[i].svc);
		to[i].other = mapped(map, from[i].other);
	}
	e->waiters_high = old->waiters_high;
	e->n_waiters = old->n_waiters;
	e->waiters_dirty = true;
}

/* ---- dependencies that are new ---- */

static void mark_images(struct engine *e, struct edges edges, const uint32_t *map, bool mark)
{
	for (uint32_t k = 0; k < edges.n; k++) {
		uint32_t to = map[edges.at[k] & ~WANT_UNORDERED];

		if (to != NO_SVC)
			engine_svc(e, to)->mark = mark;
	}
}

static void pull_unmarked(struct engine *e, struct edges edges)
{
	for (uint32_t k = 0; k < edges.n; k++) {
		struct svc *s = engine_svc(e, edges.at[k] & ~WANT_UNORDERED);

		s->pulled |= !s->mark;
	}
}

/* Service i of old is wished up: what it did not depend on before is pulled in. */
static void pull_new(struct engine *e, const struct engine *old, uint32_t i, const uint32_t *map)
{
	mark_images(e, needs_of(old, i), map, true);
	mark_images(e, wants_of(old, i), map, true);
	pull_unmarked(e, needs_of(e, map[i]));
	pull_unmarked(e, wants_of(e, map[i]));
	mark_images(e, needs_of(old, i), map, false);
	mark_images(e, wants_of(old, i), map, false);
}

static void wish_pulled(struct engine *e)
{
	for (uint32_t i = 0; i < e->n; i++) {
		if (!engine_svc(e, i)->pulled)
			continue;
		engine_svc(e, i)->pulled = false;
		wish_up_closure(e, i);
	}
}

void engine_adopt(struct engine *e, const struct engine *old, const uint32_t *map)
{
	for (uint32_t i = 0; i < old->n; i++)
		if (map[i] != NO_SVC)
			adopt_row(e, engine_svc(old, i), map[i]);
	adopt_waiters(e, old, map);
	e->acting = mapped(map, old->acting);
	e->booting = old->booting;
	e->shutdown = old->shutdown;
	e->urgency = old->urgency;
	e->bounded_ms = old->bounded_ms;
	e->done = old->done;
	e->ended_by = mapped(map, old->ended_by);
	e->lost = old->lost;
	e->code = old->code;
	reclass_all(e);
	for (uint32_t i = 0; i < e->n; i++)
		enqueue(e, i);
	for (uint32_t i = 0; i < old->n; i++)
		if (map[i] != NO_SVC && engine_svc(old, i)->live.wish)
			pull_new(e, old, i, map);
	wish_pulled(e);
}
