/* world.c - carries out what the pool says, and behaves as told. */
#include "test/pool/lib/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "test/pool/lib/oracles.h"
#include "test/pool/lib/record.h"
#include "test/pool/lib/trace.h"

/* A drain that takes more actions than this does not end. */
#define DRAIN_MAX (4 * POOL_ROWS + 100)
/* Workers that behave have settled after this many events. */
#define SETTLE_MAX (100 * POOL_ROWS)

void world_broken(struct world *w, const char *format, ...)
{
	va_list args;

	if (w->failure[0])
		return;
	va_start(args, format);
	vsnprintf(w->failure, sizeof w->failure, format, args);
	va_end(args);
	if (w->trace)
		printf("%8lld  !! %s\n", (long long)w->now, w->failure);
}

void world_init(struct world *w, struct pool *p, const struct pool_limits *limits, int64_t now)
{
	memset(w, 0, sizeof *w);
	w->p = p;
	w->now = now;
	w->limits.dispatch = limits->dispatch;
	record_event(w, &(struct pool_event){.kind = POOL_EV_LIMITS, .limits = *limits});
	pool_init(p, limits);
}

void world_event(struct world *w, const struct pool_event *ev)
{
	if (w->trace)
		trace_event(w, ev);
	record_event(w, ev);
	w->n_events++;
	w->n_drained = 0;
	w->resting = w->woken = false;
	pool_event(w->p, w->now, ev);
	oracle_always(w);
}

void world_row_event(struct world *w, enum pool_event_kind kind, uint32_t row)
{
	world_event(w, &(struct pool_event){.kind = kind, .row = row});
}

bool world_next(struct world *w)
{
	struct pool_action act;

	if (!pool_next(w->p, w->now, &act)) {
		w->resting = true;
		oracle_rest(w);
		return false;
	}
	if (w->trace)
		trace_action(w, &act);
	w->n_actions++;
	if (++w->n_drained > DRAIN_MAX)
		world_broken(w, "it goes on and on");
	oracle_action(w, &act);
	if (w->failure[0])
		return true;
	record_action(w, &act);
	oracle_always(w);
	if (act.kind == POOL_ACT_GIVE && !w->slow_answers)
		world_answer(w, act.row);
	return true;
}

void world_drain(struct world *w)
{
	while (!w->failure[0] && world_next(w))
		;
}

void world_arrive(struct world *w)
{
	w->queued++;
	w->arrived++;
}

void world_poll(struct world *w)
{
	if (w->queued > 0 && pool_listens(w->p))
		world_event(w, &(struct pool_event){.kind = POOL_EV_REQUEST, .row = POOL_NO_ROW});
}

void world_answer(struct world *w, uint32_t row)
{
	uint8_t answer = w->proc[row].answer;

	w->proc[row].answer = ANSWER_NONE;
	if (answer == ANSWER_NOTHING)
		world_row_event(w, POOL_EV_NOTHING, row);
	if (answer == ANSWER_UNABLE)
		world_row_event(w, POOL_EV_UNABLE, row);
}

void world_clock(struct world *w, int64_t to_ms)
{
	if (w->trace && to_ms != w->now)
		printf("%8lld  .. %lld ms\n", (long long)w->now, (long long)(to_ms - w->now));
	w->now = to_ms;
	w->n_drained = 0;
	w->resting = w->woken = false;
}

void world_wake(struct world *w)
{
	int64_t at = pool_deadline(w->p);

	world_clock(w, at > w->now ? at : w->now);
	w->woken = true;
}

/* The next thing that a worker does that behaves; false when it has nothing to do. */
static bool behave(struct world *w, uint32_t row)
{
	struct proc *p = &w->proc[row];

	if (!p->alive)
		return false;
	if (p->answer != ANSWER_NONE)
		world_answer(w, row);
	else if (p->killed || p->unable)
		world_row_event(w, POOL_EV_ENDED, row);
	else if (p->busy_ms != POOL_NEVER)
		world_row_event(w, POOL_EV_AVAILABLE, row);
	else if (p->told)
		world_event(w, &(struct pool_event){.kind = POOL_EV_ENDED, .row = row, .orderly = true});
	else if (!p->up)
		world_row_event(w, POOL_EV_UP, row);
	else
		return false;
	return true;
}

static bool settle_step(struct world *w)
{
	uint64_t events = w->n_events;

	for (uint32_t row = 0; row < w->high; row++)
		if (behave(w, row))
			return true;
	world_poll(w);
	if (w->n_events != events)
		return true;
	if (pool_deadline(w->p) == POOL_NEVER)
		return false;
	world_wake(w);
	return true;
}

void world_settle(struct world *w)
{
	uint32_t n = 0;

	w->refuses = w->slow_answers = false;
	do {
		world_drain(w);
		if (++n > SETTLE_MAX + 4 * w->queued)
			world_broken(w, "it does not settle");
	} while (!w->failure[0] && settle_step(w));
	if (!w->failure[0])
		oracle_final(w);
}
