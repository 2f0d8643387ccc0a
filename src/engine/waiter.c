/* waiter.c - who awaits which state.  Answers are judged only when the settle
 * queue is empty, so nobody sees a state that is left in the same breath. */
#include "src/engine/waiter.h"

#include "src/limits.h"

static struct waiter *waiter_row(const struct engine *e, uint32_t i)
{
	return (struct waiter *)((uintptr_t)e + e->waiters) + i;
}

bool waiter_room(const struct engine *e)
{
	return e->n_waiters < WAITERS_MAX;
}

void waiter_add(struct engine *e, const struct event *ev, enum result early, uint32_t other)
{
	uint32_t i = 0;

	while (i < e->waiters_high && waiter_row(e, i)->handle)
		i++;
	if (i == e->waiters_high)
		e->waiters_high++;
	*waiter_row(e, i) = (struct waiter){
		.answer_by_ms = ev->answer_by_ms,
		.handle = ev->handle,
		.svc = ev->svc,
		.other = other,
		.goal = (uint8_t)ev->goal,
		.early = (uint8_t)early,
	};
	e->n_waiters++;
	e->waiters_dirty = true;
	e->waiter_next = 0;
}

static void drop(struct engine *e, struct waiter *w)
{
	w->handle = 0;
	e->n_waiters--;
	while (e->waiters_high && !waiter_row(e, e->waiters_high - 1)->handle)
		e->waiters_high--;
}

void waiter_cancel(struct engine *e, uint32_t handle)
{
	if (!handle)
		return; /* free rows bear that */
	for (uint32_t i = 0; i < e->waiters_high; i++)
		if (waiter_row(e, i)->handle == handle)
			drop(e, waiter_row(e, i));
}

bool waiter_awaits(const struct engine *e, uint32_t svc)
{
	for (uint32_t i = 0; i < e->waiters_high; i++) {
		const struct waiter *w = waiter_row(e, i);

		if (w->handle && (w->svc == svc || w->other == svc))
			return true;
	}
	return false;
}

static enum result judge_start(const struct engine *e, const struct svc_live *l, bool down_is_no)
{
	switch ((enum svc_state)l->state) {
	case SVC_UP:
		return RES_DONE;
	case SVC_BLOCKED:
	case SVC_BACKOFF:
	case SVC_FAILED:
	case SVC_REFUSED:
		return e->shutdown ? RES_SHUTDOWN : RES_NO;
	case SVC_DOWN:
		return down_is_no ? RES_SUPERSEDED : RES_NONE;
	case SVC_WAITING:
	case SVC_STARTING:
	case SVC_HELD:
	case SVC_OFF:
	case SVC_OFF_KILLED:
	case SVC_STOPPING:
	case SVC_KILLING:
	case SVC_LATE:
	case SVC_LATE_KILLED:
	case SVC_N_STATES:
		break;
	}
	return RES_NONE;
}

static bool has_nothing_running(const struct svc_live *l)
{
	switch ((enum svc_state)l->state) {
	case SVC_DOWN:
	case SVC_WAITING:
	case SVC_BLOCKED:
	case SVC_BACKOFF:
	case SVC_FAILED:
	case SVC_REFUSED:
		return true;
	case SVC_STARTING:
	case SVC_UP:
	case SVC_HELD:
	case SVC_OFF:
	case SVC_OFF_KILLED:
	case SVC_STOPPING:
	case SVC_KILLING:
	case SVC_LATE:
	case SVC_LATE_KILLED:
	case SVC_N_STATES:
		break;
	}
	return false;
}

static bool comes_by_itself(const struct svc_live *l)
{
	return l->state == SVC_WAITING || l->state == SVC_BACKOFF;
}

static enum result judge_stop(const struct svc_live *l)
{
	if (l->wish && l->state != SVC_REFUSED)
		return RES_SUPERSEDED;
	return has_nothing_running(l) ? RES_DONE : RES_NONE;
}

static bool is_settled(const struct svc_live *l)
{
	return l->state == SVC_UP || (has_nothing_running(l) && !comes_by_itself(l));
}

/* Of all services together only one thing can be awaited. */
static enum result judge_all(const struct engine *e, enum goal goal)
{
	if (goal != GOAL_SETTLED)
		return RES_BAD_REQUEST;
	return e->n_unsettled == 0 ? RES_DONE : RES_NONE;
}

static enum result judge_one(const struct engine *e, enum goal goal, const struct svc_live *l)
{
	switch (goal) {
	case GOAL_NOW:
		return RES_ACCEPTED;
	case GOAL_STARTED:
		return e->shutdown ? RES_SHUTDOWN : judge_start(e, l, true);
	case GOAL_UP:
		return e->shutdown ? RES_SHUTDOWN : judge_start(e, l, false);
	case GOAL_STOPPED:
		return judge_stop(l);
	case GOAL_DOWN:
		return has_nothing_running(l) && !comes_by_itself(l) ? RES_DONE : RES_NONE;
	case GOAL_SETTLED:
		return is_settled(l) ? RES_DONE : RES_NONE;
	case GOAL_N:
		break;
	}
	return RES_BAD_REQUEST;
}

static enum result judge_goal(const struct engine *e, const struct waiter *w)
{
	if (w->svc == NO_SVC)
		return judge_all(e, (enum goal)w->goal);
	return judge_one(e, (enum goal)w->goal, &engine_svc(e, w->svc)->live);
}

static enum result judge(const struct engine *e, const struct waiter *w, int64_t now)
{
	enum result r = w->early ? (enum result)w->early : judge_goal(e, w);

	if (r == RES_NONE && w->answer_by_ms <= now)
		return RES_STILL_WAITING;
	return r;
}

static void pass_ends(struct engine *e)
{
	e->waiters_dirty = false;
	e->waiter_next = 0;
	e->waiter_due_ms = NEVER;
	for (uint32_t i = 0; i < e->waiters_high; i++) {
		const struct waiter *w = waiter_row(e, i);

		if (w->handle && w->answer_by_ms < e->waiter_due_ms)
			e->waiter_due_ms = w->answer_by_ms;
	}
}

bool waiter_answer(struct engine *e, int64_t now, struct action *act)
{
	if (!e->waiters_dirty && e->waiter_due_ms > now)
		return false;
	while (e->waiter_next < e->waiters_high) {
		struct waiter *w = waiter_row(e, e->waiter_next++);
		enum result r = w->handle ? judge(e, w, now) : RES_NONE;

		if (r == RES_NONE)
			continue;
		*act = (struct action){.kind = ACT_ANSWER, .svc = w->svc, .result = (uint8_t)r,
		                       .handle = w->handle, .other = w->other};
		drop(e, w);
		return true;
	}
	pass_ends(e);
	/* Time may have gone on since this pass began: then there is another. */
	return waiter_answer(e, now, act);
}
