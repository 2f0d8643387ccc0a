/* record.c - what commands ask for, told again in the plainest way.
 * Recursion over the matrix of edges; nothing of the engine is consulted. */
#include "test/engine/lib/record.h"

bool state_leaving(unsigned state)
{
	return state == SVC_HELD || state == SVC_OFF || state == SVC_OFF_KILLED
	       || state == SVC_STOPPING || state == SVC_KILLING;
}

bool state_late(unsigned state)
{
	return state == SVC_LATE || state == SVC_LATE_KILLED;
}

bool state_active(unsigned state)
{
	return state == SVC_STARTING || state == SVC_UP || state_leaving(state) || state_late(state);
}

bool actor_bad(const struct actor *a)
{
	return a->state == SVC_FAILED || a->state == SVC_REFUSED || a->state == SVC_BLOCKED
	       || (a->state == SVC_DOWN && !a->wish);
}

bool actor_settled(const struct actor *a)
{
	return a->state == SVC_UP || actor_bad(a);
}

bool actor_has_process(const struct actor *a)
{
	return (a->main != PROC_NONE && !a->main_left) || (a->off != PROC_NONE && !a->off_left);
}

void actor_forget_starts(struct actor *a)
{
	for (unsigned k = 0; k < STARTS_AT_ONCE; k++)
		a->start_ms[k] = NEVER;
}

bool all_settled(const struct world *w)
{
	for (uint32_t i = 0; i < w->plan->n; i++)
		if (!actor_settled(&w->actor[i]))
			return false;
	return true;
}

bool edge_orders(const struct world *w, uint32_t who, uint32_t whom)
{
	uint8_t edge = w->plan->edge[who][whom];

	return edge == EDGE_NEED || edge == EDGE_WANT;
}

static void wish_up_one(struct world *w, uint32_t i)
{
	struct actor *a = &w->actor[i];

	a->wish = true;
	a->crashes = 0;
	a->excused = true;
}

static void wish_up(struct world *w, uint32_t i, uint32_t *seen)
{
	if (*seen >> i & 1)
		return;
	*seen |= 1u << i;
	wish_up_one(w, i);
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (w->plan->edge[i][j] != EDGE_NONE)
			wish_up(w, j, seen);
}

static void wish_down_one(struct world *w, uint32_t i)
{
	w->actor[i].wish = w->actor[i].restart = w->actor[i].excused = false;
}

static void wish_down(struct world *w, uint32_t i, uint32_t *seen)
{
	if (*seen >> i & 1)
		return;
	*seen |= 1u << i;
	wish_down_one(w, i);
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (w->plan->edge[j][i] == EDGE_NEED)
			wish_down(w, j, seen);
}

static bool runs(const struct actor *a)
{
	return a->state == SVC_STARTING || a->state == SVC_UP || state_late(a->state);
}

static uint32_t needs_not_up(const struct world *w, uint32_t i)
{
	uint32_t found = 0;

	for (uint32_t j = 0; j < w->plan->n; j++)
		if (w->plan->edge[i][j] == EDGE_NEED && w->actor[j].state != SVC_UP)
			found |= 1u << j;
	return found;
}

static uint32_t dependents_active(const struct world *w, uint32_t i)
{
	uint32_t found = 0;

	for (uint32_t j = 0; j < w->plan->n; j++)
		if (w->plan->edge[j][i] == EDGE_NEED && state_active(w->actor[j].state))
			found |= 1u << j;
	return found;
}

/* What --only refuses. */
static enum result refused_only(const struct world *w, const struct event *ev, uint32_t *in_the_way)
{
	bool starts = ev->kind == EV_START
	              || (ev->kind != EV_STOP && !runs(&w->actor[ev->svc]));

	*in_the_way = starts ? needs_not_up(w, ev->svc) : dependents_active(w, ev->svc);
	if (!*in_the_way)
		return RES_NONE;
	return starts ? RES_NEED_NOT_UP : RES_DEPENDENT_UP;
}

/* try-restart is for what is up, and was not told to stop a moment ago. */
static bool is_up_to_stay(const struct actor *a)
{
	return a->state == SVC_UP && a->wish;
}

/* It runs, as it was loaded before, and will be refused once it is down. */
static bool is_lost_by_stop(const struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	return w->plan->node[i].kind & KIND_REFUSED
	       && (state_active(a->state) || a->main != PROC_NONE || a->off != PROC_NONE);
}

/* The answer that is known when the request comes. */
static enum result known_at_once(const struct world *w, const struct event *ev, uint32_t *in_the_way)
{
	*in_the_way = 0;
	if (ev->kind == EV_WAIT)
		return RES_NONE;
	if (ev->kind == EV_TRY_RESTART && !is_up_to_stay(&w->actor[ev->svc]))
		return RES_DONE;
	if (w->shutdown && ev->kind != EV_STOP)
		return RES_SHUTDOWN;
	if ((ev->kind == EV_RESTART || ev->kind == EV_TRY_RESTART) && is_lost_by_stop(w, ev->svc))
		return RES_LOAD;
	return ev->only ? refused_only(w, ev, in_the_way) : RES_NONE;
}

static void start(struct world *w, const struct event *ev)
{
	uint32_t seen = 0;

	if (ev->only)
		wish_up_one(w, ev->svc);
	else
		wish_up(w, ev->svc, &seen);
}

static void stop(struct world *w, const struct event *ev)
{
	uint32_t seen = 0;

	if (ev->only)
		wish_down_one(w, ev->svc);
	else
		wish_down(w, ev->svc, &seen);
}

static void restart(struct world *w, const struct event *ev)
{
	struct actor *a = &w->actor[ev->svc];

	if (!a->wish || !runs(a)) {
		start(w, ev);
		return;
	}
	a->restart = true;
	a->crashes = 0;
}

/* Who is told to start may start at once. */
static void forgive_starts(struct world *w)
{
	for (uint32_t i = 0; i < w->plan->n; i++)
		actor_forget_starts(&w->actor[i]);
}

static void command(struct world *w, const struct event *ev)
{
	forgive_starts(w);
	if (ev->kind == EV_BOOT)
		w->booting = true;
	if (ev->kind == EV_BOOT || ev->kind == EV_START)
		start(w, ev);
	if (ev->kind == EV_STOP)
		stop(w, ev);
	if (ev->kind == EV_RESTART
	    || (ev->kind == EV_TRY_RESTART && is_up_to_stay(&w->actor[ev->svc])))
		restart(w, ev);
}

static bool depended_before(const struct plan *old, uint32_t i, uint32_t j, const uint32_t *map)
{
	for (uint32_t k = 0; k < old->n; k++)
		if (map[k] == j && old->edge[i][k] != EDGE_NONE)
			return true;
	return false;
}

void record_adopted(struct world *w, const struct plan *old, const uint32_t *map)
{
	bool wished[PLAN_MAX];
	uint32_t seen = 0;

	forgive_starts(w);
	for (uint32_t i = 0; i < old->n; i++)
		wished[i] = map[i] != NO_SVC && w->actor[map[i]].wish;
	for (uint32_t i = 0; i < old->n; i++)
		for (uint32_t j = 0; wished[i] && j < w->plan->n; j++)
			if (w->plan->edge[map[i]][j] != EDGE_NONE && !depended_before(old, i, j, map))
				wish_up(w, j, &seen);
}

/* ---- essential services ---- */

static void end_all(struct world *w, uint32_t i, int code, bool lost);

static int right_code(const struct world *w, const struct event *ev)
{
	const struct plan *p = w->plan;
	int code = ev->end.code;

	if (ev->end.kind == END_SIGNAL)
		code += 128;
	if (ev->end.kind == END_SPAWN)
		code = ev->end.step == STEP_EXEC && ev->cause == CAUSE_MISSING ? 127 : 126;
	for (uint32_t k = 0; k < p->n_codes; k++)
		if (p->code[k].svc == ev->svc && p->code[k].from == code)
			return p->code[k].to;
	return code;
}

/* Design, kinds of failure: what a start lacked only for now. */
static bool passes(const struct event *ev)
{
	return ev->cause == CAUSE_SHORTAGE || ev->cause == CAUSE_BUSY
	       || (ev->cause == CAUSE_ADDRESS && ev->end.step == STEP_LISTEN);
}

/* Is this end of a process the end of everything? */
static bool ends_all(const struct world *w, const struct event *ev)
{
	const struct graph_node *node = &w->plan->node[ev->svc];
	const struct actor *a = &w->actor[ev->svc];
	bool good = ev->end.kind == END_EXIT && ev->end.code == 0;

	if (!w->plan->vital || w->shutdown || !a->wish || a->restart
	    || (a->state != SVC_STARTING && a->state != SVC_UP))
		return false;
	if (ev->end.kind == END_SPAWN)
		return node->essential != ESSENTIAL_NOT && !passes(ev);
	return node->essential == ESSENTIAL_EXIT || (node->essential == ESSENTIAL_FAILURE && !good)
	       || (node->essential == ESSENTIAL_SUCCESS && (good || !(node->kind & KIND_RESPAWN)));
}

/* The first of its needs that is bad, and so on down to one that is so by itself. */
static const struct actor *culprit_of(const struct world *w, uint32_t i)
{
	for (uint32_t j = 0; j < w->plan->n; j++) {
		const struct actor *a = &w->actor[j];

		if (w->plan->edge[i][j] != EDGE_NEED || !actor_bad(a))
			continue;
		return a->state == SVC_BLOCKED && !(w->plan->node[j].kind & KIND_REFUSED)
		           ? culprit_of(w, j) : a;
	}
	return NULL;
}

void record_hopes(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i], *by = a->state == SVC_REFUSED ? a : NULL;

	if (!w->plan->vital || !w->plan->node[i].essential || w->shutdown || !a->wish)
		return;
	if (a->state == SVC_BLOCKED)
		by = culprit_of(w, i);
	if (by && (by->state == SVC_REFUSED || (by->state == SVC_FAILED && !by->excused)))
		end_all(w, i, 1, true);
}

static void keep_request(struct world *w, const struct event *ev, enum result expect,
                         uint32_t in_the_way)
{
	for (uint32_t k = 0; k < REQUESTS_MAX; k++) {
		if (w->request[k].handle)
			continue;
		w->request[k] = (struct request){
			.handle = ev->handle,
			.svc = ev->svc,
			.goal = (uint8_t)ev->goal,
			.expect = (uint8_t)expect,
			.in_the_way = in_the_way,
			.answer_by_ms = ev->answer_by_ms,
		};
		w->n_requests++;
		return;
	}
	world_broken(w, "the test asks too much: %d requests", REQUESTS_MAX);
}

static void shut_down(struct world *w, enum urgency urgency)
{
	if (!w->shutdown) {
		w->bounded_ms = w->hurried_ms = NEVER;
		w->shutdown = true;
		w->shutdown_ms = w->now;
		for (uint32_t i = 0; i < w->plan->n; i++)
			wish_down_one(w, i);
	}
	if (urgency >= URGENCY_BOUNDED && w->bounded_ms == NEVER)
		w->bounded_ms = w->now;
	if (urgency == URGENCY_NOW && w->hurried_ms == NEVER)
		w->hurried_ms = w->now;
}

static void end_all(struct world *w, uint32_t i, int code, bool lost)
{
	shut_down(w, URGENCY_ORDERLY);
	w->ended_by = i;
	w->end_code = code;
	w->lost = lost;
}

static void cancel(struct world *w, uint32_t handle)
{
	for (uint32_t k = 0; k < REQUESTS_MAX; k++)
		if (w->request[k].handle == handle) {
			w->request[k].handle = 0;
			w->n_requests--;
		}
}

static void request(struct world *w, const struct event *ev)
{
	uint32_t in_the_way;
	enum result expect = known_at_once(w, ev, &in_the_way);

	if (expect == RES_NONE)
		command(w, ev);
	for (uint32_t i = 0; ev->kind == EV_BOOT && i < w->plan->n; i++)
		record_hopes(w, i);
	if (ev->handle)
		keep_request(w, ev, expect, in_the_way);
}

static void main_ended(struct actor *a, const struct event *ev)
{
	a->main = PROC_NONE;
	a->termed = a->killed = false;
	a->did_work = ev->end.kind == END_EXIT && ev->end.code == 0;
	a->spawn_failed = ev->end.kind == END_SPAWN;
	a->spawn_retry = a->spawn_failed && passes(ev);
	a->fatal = ev->said_why && !a->spawn_failed;
}

void record_event(struct world *w, const struct event *ev)
{
	switch (ev->kind) {
	case EV_BOOT:
	case EV_START:
	case EV_STOP:
	case EV_RESTART:
	case EV_TRY_RESTART:
	case EV_WAIT:
		request(w, ev);
		break;
	case EV_EXECUTED:
		w->actor[ev->svc].main = PROC_RUNNING;
		w->actor[ev->svc].executed = true;
		break;
	case EV_ENDED:
		if (ends_all(w, ev))
			end_all(w, ev->svc, right_code(w, ev), false);
		main_ended(&w->actor[ev->svc], ev);
		break;
	case EV_READY:
		w->actor[ev->svc].ready |= w->actor[ev->svc].main != PROC_NONE;
		break;
	case EV_OFF_ENDED:
		w->actor[ev->svc].off = PROC_NONE;
		w->actor[ev->svc].off_killed = false;
		break;
	case EV_CANCEL:
		cancel(w, ev->handle);
		break;
	case EV_SHUTDOWN:
		shut_down(w, ev->urgency);
		break;
	}
}

/* No process, and no state that has or makes one. */
static bool is_idle(const struct actor *a)
{
	return !state_active(a->state) && !actor_has_process(a);
}

static enum result answer_to_start(const struct world *w, const struct request *r)
{
	const struct actor *a = &w->actor[r->svc];

	if (w->shutdown)
		return RES_SHUTDOWN;
	if (a->state == SVC_UP)
		return RES_DONE;
	if (a->state == SVC_DOWN)
		return r->goal == GOAL_STARTED ? RES_SUPERSEDED : RES_NONE;
	return actor_bad(a) || a->state == SVC_BACKOFF ? RES_NO : RES_NONE;
}

static enum result answer_to_goal(const struct world *w, const struct request *r)
{
	bool all = r->svc == NO_SVC; /* a goal of all is to be settled */
	const struct actor *a = &w->actor[all ? 0 : r->svc];

	switch ((enum goal)r->goal) {
	case GOAL_NOW:
		return RES_ACCEPTED;
	case GOAL_STARTED:
	case GOAL_UP:
		return answer_to_start(w, r);
	case GOAL_STOPPED:
		if (a->wish && a->state != SVC_REFUSED)
			return RES_SUPERSEDED;
		return is_idle(a) ? RES_DONE : RES_NONE;
	case GOAL_DOWN:
		return is_idle(a) && a->state != SVC_WAITING && a->state != SVC_BACKOFF
		               && !(a->state == SVC_DOWN && a->wish)
		           ? RES_DONE : RES_NONE;
	case GOAL_SETTLED:
		return (all ? all_settled(w) : actor_settled(a)) ? RES_DONE : RES_NONE;
	case GOAL_N:
		break;
	}
	return RES_BAD_REQUEST;
}

enum result right_answer(const struct world *w, const struct request *r)
{
	enum result answer = r->expect ? (enum result)r->expect : answer_to_goal(w, r);

	if (answer == RES_NONE && r->answer_by_ms <= w->now)
		return RES_STILL_WAITING;
	return answer;
}
