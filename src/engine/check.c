/* check.c - judges a block of memory that is said to be an engine.
 *
 * It may come from another program, or from memory that was written by mistake.  So
 * nothing is believed before it has been looked at, and nothing outside of the block is
 * read: first the layout, then the edges, then every value.  Only then may the rest be
 * read as what it is (recount.c).  Only scratch rows are written. */
#include "src/engine/check.h"

#include <string.h>

#include "src/engine/classes.h"
#include "src/engine/layout.h"
#include "src/limits.h"

/* No time of a clock that has run for less than millions of years. */
#define TIME_MAX (NEVER / 4)

const char *engine_check(struct engine *e, size_t bytes)
{
	const char *wrong = check_block(e, bytes);

	return wrong ? wrong : check_recount(e);
}

/* ---- the layout ---- */

static const char *check_layout(const struct engine *e, size_t bytes)
{
	struct engine right;

	if (bytes < sizeof right)
		return "the block is too small";
	memcpy(&right, e, sizeof right);
	if (engine_lay_out(&right) != e->size || e->size > bytes)
		return "the size is wrong";
	if (right.rows != e->rows || right.need != e->need || right.want != e->want
	    || right.dependent != e->dependent || right.wanter != e->wanter
	    || right.codes != e->codes || right.heap != e->heap || right.scratch != e->scratch
	    || right.waiters != e->waiters)
		return "an offset is wrong";
	return NULL;
}

/* ---- flags: a bool that is neither 0 nor 1 must not be read as one; those of rows are bits ---- */

static const char *check_flags(const struct engine *e)
{
	static const uint16_t flag[] = {
		offsetof(struct engine, waiters_dirty), offsetof(struct engine, booting),
		offsetof(struct engine, shutdown), offsetof(struct engine, done),
		offsetof(struct engine, essential), offsetof(struct engine, lost),
	};

	for (size_t k = 0; k < sizeof flag / sizeof *flag; k++)
		if (((const unsigned char *)e)[flag[k]] > 1)
			return "a flag is neither true nor false";
	return NULL;
}

/* ---- the graph ---- */

static bool begin_and_end(const struct engine *e)
{
	const struct svc *first = engine_svc(e, 0), *end = engine_svc(e, e->n);

	return first->need_at == 0 && first->want_at == 0 && first->dependent_at == 0
	       && first->wanter_at == 0 && end->need_at == e->n_need && end->want_at == e->n_want
	       && end->dependent_at == e->n_need && end->wanter_at == e->n_wanter;
}

/* Each list begins where the one before it ends. */
static const char *check_lists(const struct engine *e)
{
	for (uint32_t i = 0; i < e->n; i++) {
		const struct svc *s = engine_svc(e, i);

		if (s[0].need_at > s[1].need_at || s[0].want_at > s[1].want_at
		    || s[0].dependent_at > s[1].dependent_at || s[0].wanter_at > s[1].wanter_at)
			return "an edge list ends before it begins";
	}
	return begin_and_end(e) ? NULL : "an edge list is not where it should be";
}

static uint32_t *scratch_of(struct engine *e)
{
	return (uint32_t *)((uintptr_t)e + e->scratch);
}

/* Are the reversed lists what the plain ones make?  The entries of each target stand in
 * the order of those who have it, and nobody has it twice. */
static bool reversed(struct engine *e, bool needs)
{
	uint32_t *next = scratch_of(e), total = 0;

	for (uint32_t t = 0; t < e->n; t++)
		next[t] = 0;
	for (uint32_t i = 0; i < e->n; i++) {
		struct edges to = needs ? needs_of(e, i) : wants_of(e, i);

		for (uint32_t k = 0; k < to.n; k++) {
			uint32_t t = to.at[k] & ~WANT_UNORDERED;
			struct edges from;

			if (t >= e->n || (needs && to.at[k] != t))
				return false;
			if (to.at[k] != t)
				continue;
			from = needs ? dependents_of(e, t) : wanters_of(e, t);
			if (next[t] >= from.n || from.at[next[t]] != i
			    || (next[t] && from.at[next[t] - 1] == i))
				return false;
			next[t]++;
			total++;
		}
	}
	return total == (needs ? e->n_need : e->n_wanter);
}

/* How many edges of i order it behind others; those of the refused do not. */
static uint32_t n_behind(const struct engine *e, uint32_t i)
{
	struct edges wants = wants_of(e, i);
	uint32_t n = engine_svc(e, i)->kind & KIND_REFUSED ? 0 : needs_of(e, i).n;

	for (uint32_t k = 0; k < wants.n; k++)
		n += !(wants.at[k] & WANT_UNORDERED);
	return n;
}

/* One edge less is open for each of these; those without any are pushed on the stack,
 * which runs through the same rows, as what is done needs no number any more. */
static uint32_t close_edges(struct engine *e, struct edges from, bool needs, uint32_t top)
{
	uint32_t *open = scratch_of(e);

	for (uint32_t k = 0; k < from.n; k++) {
		uint32_t i = from.at[k];

		if ((needs && engine_svc(e, i)->kind & KIND_REFUSED) || --open[i])
			continue;
		open[i] = top;
		top = i;
	}
	return top;
}

/* Can all be taken away one after the other, each when nothing orders it behind another? */
static bool acyclic(struct engine *e)
{
	uint32_t *open = scratch_of(e), top = NO_SVC, taken = 0;

	for (uint32_t i = 0; i < e->n; i++) {
		open[i] = n_behind(e, i);
		if (open[i])
			continue;
		open[i] = top;
		top = i;
	}
	while (top != NO_SVC) {
		uint32_t i = top;

		top = open[i];
		top = close_edges(e, dependents_of(e, i), true, top);
		top = close_edges(e, wanters_of(e, i), false, top);
		taken++;
	}
	return taken == e->n;
}

static const char *check_graph(struct engine *e)
{
	const char *wrong = check_lists(e);

	if (wrong)
		return wrong;
	if (!reversed(e, true) || !reversed(e, false))
		return "an edge is known at one end only";
	return acyclic(e) ? NULL : "the edges go round in a circle";
}

/* ---- values ---- */

static bool is_time(int64_t at)
{
	return at >= 0 && (at == NEVER || at <= TIME_MAX);
}

/* As many as the back-off ever counts. */
static bool is_crashes(unsigned n)
{
	return n < 2 || (n < 32 && (int64_t)BACKOFF_FIRST_MS << (n - 2) < BACKOFF_MAX_MS);
}

static const char *check_row(const struct svc *s)
{
	const unsigned kinds = KIND_ON | KIND_OFF | KIND_RESPAWN | KIND_REFUSED | KIND_READY;
	const struct svc_live *l = &s->live;

	if (l->state >= SVC_N_STATES || l->from >= SVC_N_STATES)
		return "a state is unknown";
	if (s->kind & ~kinds || s->essential >= ESSENTIAL_N)
		return "a kind is unknown";
	if (l->end.kind > END_SPAWN || l->end.step >= STEP_N)
		return "an end is unknown";
	if (!is_crashes(l->crashes))
		return "there are too many crashes";
	if (l->since_ms == NEVER || !is_time(l->since_ms) || !is_time(l->up_ms)
	    || !is_time(l->deadline_ms) || !is_time(l->stop_by_ms))
		return "a time cannot be";
	return NULL;
}

static bool is_svc(const struct engine *e, uint32_t i)
{
	return i < e->n || i == NO_SVC;
}

static const char *check_waiter(const struct engine *e, const struct waiter *w)
{
	if (!is_svc(e, w->svc) || !is_svc(e, w->other))
		return "a waiter names nobody";
	return w->goal < GOAL_N && w->early < RES_N ? NULL : "a waiter awaits nothing";
}

static const char *check_head(const struct engine *e)
{
	const struct graph_code *code = (const struct graph_code *)((uintptr_t)e + e->codes);

	if (!is_svc(e, e->queue_head) || !is_svc(e, e->queue_tail) || !is_svc(e, e->acting)
	    || !is_svc(e, e->ended_by))
		return "the head names nobody";
	if (e->n_heap > e->n || e->waiters_high > WAITERS_MAX || e->waiter_next > WAITERS_MAX)
		return "a table is longer than its room";
	if (e->urgency > URGENCY_NOW || !is_time(e->bounded_ms))
		return "no shutdown is as urgent";
	for (uint32_t k = 0; k < e->n_codes; k++)
		if (code[k].svc >= e->n)
			return "an exit code is nobody's";
	return NULL;
}

static const char *check_values(const struct engine *e)
{
	const struct waiter *w = (const struct waiter *)((uintptr_t)e + e->waiters);
	const uint32_t *heap = (const uint32_t *)((uintptr_t)e + e->heap);
	const char *wrong = check_head(e);

	for (uint32_t i = 0; !wrong && i < e->n; i++)
		wrong = check_row(engine_svc(e, i));
	for (uint32_t k = 0; !wrong && k < e->n_heap; k++)
		wrong = heap[k] < e->n ? NULL : "a deadline is nobody's";
	for (uint32_t k = 0; !wrong && k < e->waiters_high; k++)
		wrong = w[k].handle ? check_waiter(e, &w[k]) : NULL;
	return wrong;
}

const char *check_block(struct engine *e, size_t bytes)
{
	const char *wrong = check_layout(e, bytes);

	if (!wrong)
		wrong = check_flags(e);
	if (!wrong)
		wrong = check_graph(e);
	return wrong ? wrong : check_values(e);
}
