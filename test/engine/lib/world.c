/* world.c - carries out what the engine says, and behaves as told. */
#include "test/engine/lib/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "src/limits.h"
#include "test/engine/lib/oracles.h"
#include "test/engine/lib/record.h"
#include "test/engine/lib/trace.h"

/* A drain that takes more actions than this does not end. */
#define DRAIN_MAX 20000
/* A machine that behaves has settled after this many events. */
#define SETTLE_MAX 20000

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

void world_init(struct world *w, const struct plan *p, struct engine *e, int64_t now)
{
	memset(w, 0, sizeof *w);
	w->plan = p;
	w->e = e;
	w->now = now;
	w->last_changed = w->ended_by = NO_SVC;
	for (uint32_t i = 0; i < p->n; i++) {
		struct actor *a = &w->actor[i];

		a->state = p->node[i].kind & KIND_REFUSED ? SVC_REFUSED : SVC_DOWN;
		a->since_ms = now;
		a->up_ms = a->retry_ms = NEVER;
		actor_forget_starts(a);
	}
}

void world_event(struct world *w, const struct event *ev)
{
	if (w->trace)
		trace_event(w, ev);
	record_event(w, ev);
	w->n_events++;
	w->n_drained = 0;
	w->resting = false;
	if (!engine_event(w->e, w->now, ev))
		BROKEN(w, "R4: a request was turned away although there is room");
	oracle_always(w);
}

/* The delay after this many crashes (design: at once, 100 ms, doubling to 30 s). */
static int64_t back_off_ms(unsigned crashes)
{
	int64_t delay = crashes ? BACKOFF_FIRST_MS : 0;

	for (unsigned k = 1; k < crashes && delay < BACKOFF_MAX_MS; k++)
		delay *= 2;
	return delay < BACKOFF_MAX_MS ? delay : BACKOFF_MAX_MS;
}

static void backs_off(struct world *w, struct actor *a)
{
	if (a->was_up && w->now - a->up_ms > BACKOFF_FORGET_MS)
		a->crashes = 0;
	a->retry_ms = w->now + back_off_ms(a->crashes);
	if (a->crashes < 20)
		a->crashes++;
}

static void changed(struct world *w, const struct action *act)
{
	struct actor *a = &w->actor[act->svc];

	if (act->to == SVC_LATE || (a->state == SVC_HELD && !a->late))
		a->told_ms = w->now;
	a->state = act->to;
	a->since_ms = a->said_ms = w->now;
	a->excused = false;
	if (act->to != SVC_STARTING && act->to != SVC_UP)
		a->restart = false;
	if (act->to == SVC_STARTING) {
		memmove(a->start_ms, a->start_ms + 1, sizeof a->start_ms - sizeof *a->start_ms);
		a->start_ms[STARTS_AT_ONCE - 1] = w->now;
		a->was_up = a->off_ran = a->executed = a->did_work = a->spawn_failed = a->spawn_retry = false;
		a->ready = a->fatal = a->late = false;
	}
	if (act->to == SVC_LATE)
		a->late = true;
	if (act->to == SVC_UP) {
		a->was_up = true;
		a->off_ran = false;
		a->up_ms = w->now;
	}
	if (act->to == SVC_BACKOFF)
		backs_off(w, a);
	w->last_changed = act->svc;
	record_hopes(w, act->svc);
}

static void answered(struct world *w, uint32_t handle)
{
	for (uint32_t k = 0; k < REQUESTS_MAX; k++)
		if (w->request[k].handle == handle) {
			w->request[k].handle = 0;
			w->n_requests--;
			return;
		}
}

static void carry_out(struct world *w, const struct action *act)
{
	struct actor *a = &w->actor[act->svc == NO_SVC ? 0 : act->svc]; /* those without look at none */

	switch (act->kind) {
	case ACT_CHANGED: changed(w, act); break;
	case ACT_SPAWN: a->main = PROC_FORKED; break;
	case ACT_SPAWN_OFF:
		a->off = PROC_RUNNING;
		a->off_ran = true;
		break;
	case ACT_TERM: a->termed = a->main != PROC_NONE; break;
	case ACT_KILL: a->killed = a->main != PROC_NONE; break;
	case ACT_KILL_OFF: a->off_killed = a->off != PROC_NONE; break;
	case ACT_STUCK: a->said_ms = w->now; break;
	case ACT_ANSWER: answered(w, act->handle); break;
	case ACT_GIVE_UP:
		if (a->state == SVC_OFF_KILLED)
			a->off_left = true;
		else
			a->main_left = true;
		break;
	case ACT_ESSENTIAL: w->ended_by = NO_SVC; break;
	case ACT_SETTLED:
		w->booting = false;
		w->settled = true;
		break;
	case ACT_DONE: w->done = true; break;
	}
}

bool world_next(struct world *w)
{
	struct action act;

	w->resting = !engine_next(w->e, w->now, &act);
	if (w->resting) {
		oracle_always(w);
		oracle_rest(w);
		return false;
	}
	if (w->trace)
		trace_action(w, &act);
	w->n_actions++;
	if (++w->n_drained > DRAIN_MAX)
		BROKEN(w, "R6: actions without end");
	oracle_action(w, &act);
	carry_out(w, &act);
	oracle_always(w);
	return true;
}

void world_drain(struct world *w)
{
	while (!w->failure[0] && world_next(w))
		;
}

void world_executed(struct world *w, uint32_t i)
{
	world_event(w, &(struct event){.kind = EV_EXECUTED, .svc = i, .answer_by_ms = NEVER});
}

void world_ready(struct world *w, uint32_t i)
{
	world_event(w, &(struct event){.kind = EV_READY, .svc = i, .answer_by_ms = NEVER});
}

void world_ended(struct world *w, uint32_t i, enum end_kind kind, int code)
{
	world_event(w, &(struct event){
		.kind = EV_ENDED, .svc = i, .answer_by_ms = NEVER,
		.end = {.kind = (uint8_t)kind, .code = (int16_t)code},
	});
}

void world_ended_fatally(struct world *w, uint32_t i, int code)
{
	world_event(w, &(struct event){
		.kind = EV_ENDED, .svc = i, .said_why = true, .answer_by_ms = NEVER,
		.end = {.kind = END_EXIT, .code = (int16_t)code},
	});
}

void world_spawn_failed(struct world *w, uint32_t i, enum spawn_step step, enum spawn_cause cause)
{
	world_event(w, &(struct event){
		.kind = EV_ENDED, .svc = i, .cause = cause, .answer_by_ms = NEVER,
		.end = {.kind = END_SPAWN, .step = (uint8_t)step, .code = 11},
	});
}

void world_off_ended(struct world *w, uint32_t i)
{
	world_event(w, &(struct event){.kind = EV_OFF_ENDED, .svc = i, .answer_by_ms = NEVER});
}

void world_clock(struct world *w, int64_t to_ms)
{
	if (to_ms == w->now)
		return;
	w->now = to_ms;
	w->resting = false;
	w->n_drained = 0;
	if (w->trace)
		printf("%8lld  -- time\n", (long long)w->now);
}

/* The next thing that a well-behaved machine does with i; false if nothing. */
static bool behave(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (a->off != PROC_NONE)
		world_off_ended(w, i);
	else if (a->main == PROC_NONE)
		return false;
	else if (a->killed || a->termed)
		world_ended(w, i, END_SIGNAL, a->killed ? 9 : 15);
	else if (a->main == PROC_FORKED)
		world_executed(w, i);
	else if (!(w->plan->node[i].kind & KIND_RESPAWN))
		world_ended(w, i, END_EXIT, 0);
	else if (w->plan->node[i].kind & KIND_READY && !a->ready)
		world_ready(w, i);
	else
		return false;
	return true;
}

static bool behave_all(struct world *w)
{
	bool any = false;

	for (uint32_t i = 0; i < w->plan->n; i++)
		any = behave(w, i) || any;
	return any;
}

void world_settle(struct world *w)
{
	for (unsigned k = 0; !w->failure[0]; k++) {
		int64_t next;

		world_drain(w);
		if (w->failure[0] || behave_all(w))
			continue;
		next = engine_deadline(w->e);
		if (next == NEVER)
			break;
		if (k > SETTLE_MAX)
			BROKEN(w, "R6: it never settles");
		world_clock(w, next);
	}
	if (!w->failure[0])
		oracle_final(w);
}
