/* recount.c - counts again what an engine keeps counted, and looks whether what it knows
 * fits together.  Every value has been found to be one that can be (check.c). */
#include "src/engine/check.h"

#include "src/engine/classes.h"
#include "src/engine/facts.h"
#include "src/engine/todo.h"
#include "src/limits.h"

/* ---- classes and counters ---- */

static uint32_t count_class(const struct engine *e, struct edges list, unsigned bit)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < list.n; k++)
		if (!(list.at[k] & WANT_UNORDERED))
			n += engine_svc(e, list.at[k])->class & bit ? 1 : 0;
	return n;
}

static bool counters_are_right(const struct engine *e, uint32_t i)
{
	const struct svc *s = engine_svc(e, i);
	struct edges needs = needs_of(e, i);

	return s->needs_up == count_class(e, needs, CLASS_UP)
	       && s->needs_bad == count_class(e, needs, CLASS_BAD)
	       && s->needs_leaving == count_class(e, needs, CLASS_LEAVING)
	       && s->wants_open == count_class(e, wants_of(e, i), CLASS_OPEN)
	       && s->dependents_active == count_class(e, dependents_of(e, i), CLASS_ACTIVE)
	       && s->wanters_leaving == count_class(e, wanters_of(e, i), CLASS_STOP_WANTED);
}

static const char *check_classes(const struct engine *e)
{
	uint32_t n_active = 0, n_unsettled = 0;

	for (uint32_t i = 0; i < e->n; i++) {
		const struct svc *s = engine_svc(e, i);

		if (s->class != class_of(&s->live))
			return "a class is wrong";
		n_active += s->class & CLASS_ACTIVE ? 1 : 0;
		n_unsettled += s->class & CLASS_UNSETTLED ? 1 : 0;
	}
	for (uint32_t i = 0; i < e->n; i++)
		if (!counters_are_right(e, i))
			return "a counter is wrong";
	return n_active == e->n_active && n_unsettled == e->n_unsettled ? NULL : "a total is wrong";
}

/* ---- queue and deadlines ---- */

static const char *check_queue(const struct engine *e)
{
	uint32_t queued = 0, steps = 0, last = NO_SVC;

	for (uint32_t i = 0; i < e->n; i++)
		queued += engine_svc(e, i)->queued;
	for (uint32_t i = e->queue_head; i != NO_SVC; i = engine_svc(e, i)->queue_next) {
		if (i >= e->n || !engine_svc(e, i)->queued || ++steps > queued)
			return "the queue leads astray";
		last = i;
	}
	if (steps != queued)
		return "the queue has lost somebody";
	return last == NO_SVC || last == e->queue_tail ? NULL : "the queue ends elsewhere";
}

/* A deadline that has passed is off the heap, until its service is settled; only one
 * that is held keeps it, as it matters when it is held no more. */
static bool timer_is_lost(const struct svc *s)
{
	return s->heap_at == NO_SVC && s->live.deadline_ms != NEVER && !s->queued
	       && s->live.state != SVC_HELD;
}

static bool has_deadline(enum svc_state state)
{
	switch (state) {
	case SVC_STARTING:
	case SVC_HELD:
	case SVC_OFF:
	case SVC_OFF_KILLED:
	case SVC_STOPPING:
	case SVC_KILLING:
	case SVC_BACKOFF:
	case SVC_LATE:
	case SVC_LATE_KILLED:
		return true;
	case SVC_DOWN:
	case SVC_WAITING:
	case SVC_BLOCKED:
	case SVC_UP:
	case SVC_FAILED:
	case SVC_REFUSED:
	case SVC_N_STATES:
		break;
	}
	return false;
}

static const char *check_heap(const struct engine *e)
{
	const uint32_t *heap = (const uint32_t *)((uintptr_t)e + e->heap);
	uint32_t on_heap = 0;

	for (uint32_t i = 0; i < e->n; i++) {
		const struct svc *s = engine_svc(e, i);

		if (s->live.deadline_ms != NEVER && !has_deadline((enum svc_state)s->live.state))
			return "a deadline is where there can be none";
		if (timer_is_lost(s))
			return "a deadline is lost";
		on_heap += s->heap_at != NO_SVC;
	}
	for (uint32_t k = 0; k < e->n_heap; k++) {
		const struct svc *s = engine_svc(e, heap[k]);

		if (s->heap_at != k || s->live.deadline_ms == NEVER)
			return "the heap is wrong about a deadline";
		if (k && engine_svc(e, heap[(k - 1) / 2])->live.deadline_ms > s->live.deadline_ms)
			return "the heap is out of order";
	}
	return on_heap == e->n_heap ? NULL : "the heap has lost somebody";
}

/* ---- waiters ---- */

static const char *check_waiters(const struct engine *e)
{
	const struct waiter *w = (const struct waiter *)((uintptr_t)e + e->waiters);
	uint32_t used = 0;

	for (uint32_t k = 0; k < e->waiters_high; k++) {
		if (!w[k].handle)
			continue;
		used++;
		if (!e->waiters_dirty && w[k].answer_by_ms < e->waiter_due_ms)
			return "a waiter's time is forgotten";
	}
	if (e->waiters_high && !w[e->waiters_high - 1].handle)
		return "the last waiter is none";
	return used == e->n_waiters ? NULL : "a waiter is not counted";
}

/* ---- what a state allows ---- */

static bool has_main(enum svc_state state)
{
	switch (state) {
	case SVC_STARTING:
	case SVC_UP:
	case SVC_HELD:
	case SVC_OFF:
	case SVC_OFF_KILLED:
	case SVC_STOPPING:
	case SVC_KILLING:
	case SVC_LATE:
	case SVC_LATE_KILLED:
		return true;
	case SVC_DOWN:
	case SVC_WAITING:
	case SVC_BLOCKED:
	case SVC_BACKOFF:
	case SVC_FAILED:
	case SVC_REFUSED:
	case SVC_N_STATES:
		break;
	}
	return false;
}

/* The actions that may still be handed out for a service in this state. */
static unsigned todo_of(enum svc_state state)
{
	switch (state) {
	case SVC_STARTING: return TODO_CHANGED | TODO_SPAWN;
	case SVC_OFF: return TODO_CHANGED | TODO_SPAWN_OFF;
	case SVC_OFF_KILLED: return TODO_CHANGED | TODO_KILL_OFF | TODO_STUCK | TODO_GIVE_UP;
	case SVC_STOPPING:
	case SVC_LATE: return TODO_CHANGED | TODO_TERM;
	case SVC_KILLING: return TODO_CHANGED | TODO_KILL | TODO_STUCK | TODO_GIVE_UP;
	case SVC_LATE_KILLED: return TODO_CHANGED | TODO_KILL | TODO_STUCK;
	case SVC_HELD: return TODO_CHANGED | TODO_KILL;
	case SVC_DOWN:
	case SVC_WAITING:
	case SVC_BLOCKED:
	case SVC_UP:
	case SVC_BACKOFF:
	case SVC_FAILED:
	case SVC_REFUSED:
	case SVC_N_STATES:
		break;
	}
	return TODO_CHANGED;
}

static const char *check_processes(const struct svc_live *l)
{
	bool off = l->state == SVC_OFF || l->state == SVC_OFF_KILLED;

	if (l->alive && !has_main((enum svc_state)l->state) && !l->given_up)
		return "a process is where there can be none";
	if (l->off_alive && !off && !l->off_given_up)
		return "an off is where there can be none";
	if (l->todo & ~todo_of((enum svc_state)l->state)
	    || (l->todo & TODO_SPAWN && l->alive) || (l->todo & TODO_SPAWN_OFF && l->off_alive))
		return "an action is due that cannot be";
	return NULL;
}

static const char *check_service(const struct engine *e, uint32_t i)
{
	const struct svc *s = engine_svc(e, i);

	if (s->mark || s->pulled)
		return "a walk has left its mark";
	if (s->live.todo && e->acting != i)
		return "an action is due of who does not act";
	if (e->shutdown ? s->live.wish : s->live.given_up || s->live.off_given_up)
		return "a service does not know whether all is to stop";
	return check_processes(&s->live);
}

/* Who is not queued has nothing to do, until its deadline comes. */
static bool is_settled(const struct engine *e, uint32_t i)
{
	const struct svc *s = engine_svc(e, i);
	struct facts f = facts_gather(e, i, INT64_MIN);

	return s->queued || decide((enum svc_state)s->live.state, &f) == s->live.state;
}

static const char *check_settled(const struct engine *e)
{
	for (uint32_t i = 0; i < e->n; i++)
		if (!is_settled(e, i))
			return "a service that should move is not queued";
	return NULL;
}

static const char *check_end(const struct engine *e)
{
	bool begun = e->done || e->urgency != URGENCY_ORDERLY || e->ended_by != NO_SVC;

	return begun && !e->shutdown ? "an end goes on that has not begun" : NULL;
}

const char *check_recount(const struct engine *e)
{
	const char *wrong = check_end(e);

	for (uint32_t i = 0; !wrong && i < e->n; i++)
		wrong = check_service(e, i);
	if (!wrong)
		wrong = check_classes(e);
	if (!wrong)
		wrong = check_queue(e);
	if (!wrong)
		wrong = check_settled(e);
	if (!wrong)
		wrong = check_heap(e);
	return wrong ? wrong : check_waiters(e);
}
