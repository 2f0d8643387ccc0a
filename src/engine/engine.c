/* engine.c - takes events in, settles, hands actions out.
 * enter() is the only writer of a state, decide() the only judge. */
#include "src/engine/engine.h"

#include "src/engine/check.h"
#include "src/engine/classes.h"
#include "src/engine/deadline.h"
#include "src/engine/decide.h"
#include "src/engine/essential.h"
#include "src/engine/facts.h"
#include "src/engine/todo.h"
#include "src/engine/verdict.h"
#include "src/engine/waiter.h"
#include "src/limits.h"

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* What has no limit of its own has one in a shutdown, and less when that was asked for
 * again, but never less than a second. */
static int64_t borrowed_limit(const struct engine *e, int64_t now)
{
	int64_t by = now + STOP_MAX_MS;

	if (e->urgency == URGENCY_ORDERLY)
		return by;
	return earlier(by, later(e->bounded_ms + BOUNDED_DELAY_MS, now + HURRY_DELAY_MS));
}

/* The end of one step of a stop: by itself, and by that of the whole. */
static int64_t stop_deadline(const struct engine *e, const struct svc *s, int64_t now)
{
	int64_t by = s->live.stop_by_ms;

	if (s->delay_ms)
		by = earlier(by, now + s->delay_ms);
	if (by == NEVER && e->shutdown)
		by = borrowed_limit(e, now);
	return e->urgency == URGENCY_NOW ? earlier(by, now + HURRY_DELAY_MS) : by;
}

/* When what survives KILL is waited for no longer. */
static int64_t give_up_at(const struct engine *e, const struct svc_live *l)
{
	int64_t by = e->shutdown ? l->since_ms + STUCK_MAX_MS : NEVER;

	if (e->urgency == URGENCY_ORDERLY)
		return by;
	return earlier(by, later(e->bounded_ms, l->since_ms) + BOUNDED_DELAY_MS);
}

/* What was killed: when to say next that it is still there, or to give it up. */
static int64_t killed_deadline(const struct engine *e, const struct svc_live *l, int64_t now)
{
	return earlier(now + STUCK_SAY_MS, give_up_at(e, l));
}

static void told_to_stop(struct svc *s, int64_t now)
{
	s->live.stop_by_ms = s->off_ms ? now + s->off_ms : NEVER;
}

/* The delay before the next start; counts the crash. */
static int64_t back_off(struct svc_live *l, int64_t now)
{
	int64_t delay = 0;

	if (l->was_up && now - l->up_ms > BACKOFF_FORGET_MS)
		l->crashes = 0;
	if (l->crashes > 0)
		delay = (int64_t)BACKOFF_FIRST_MS << (l->crashes - 1);
	if (delay < BACKOFF_MAX_MS)
		l->crashes++;
	return delay < BACKOFF_MAX_MS ? delay : BACKOFF_MAX_MS;
}

static void begin_start(struct svc_live *l)
{
	l->todo |= TODO_SPAWN;
	l->executed = l->ready = l->succeeded = l->permanent = l->transient = false;
	l->was_up = l->off_ran = l->late = l->late_killed = false;
}

/* What entering a state does beside the change itself. */
static void enter_effects(struct engine *e, uint32_t i, int64_t now)
{
	struct svc *s = engine_svc(e, i);
	struct svc_live *l = &s->live;

	switch ((enum svc_state)l->state) {
	case SVC_STARTING:
		begin_start(l);
		deadline_set(e, i, s->on_ms ? now + s->on_ms : NEVER);
		break;
	case SVC_UP:
		l->was_up = true;
		l->off_ran = false;
		l->up_ms = now;
		break;
	case SVC_OFF:
		l->todo |= TODO_SPAWN_OFF;
		l->off_ran = true;
		deadline_set(e, i, stop_deadline(e, s, now));
		break;
	case SVC_OFF_KILLED:
		l->todo |= TODO_KILL_OFF;
		deadline_set(e, i, killed_deadline(e, l, now));
		break;
	case SVC_STOPPING:
		l->todo |= l->late ? 0 : TODO_TERM;
		deadline_set(e, i, earlier(l->deadline_ms, stop_deadline(e, s, now)));
		break;
	case SVC_KILLING:
		l->todo |= TODO_KILL;
		deadline_set(e, i, killed_deadline(e, l, now));
		break;
	case SVC_LATE:
		l->todo |= TODO_TERM;
		l->late = true;
		told_to_stop(s, now);
		deadline_set(e, i, stop_deadline(e, s, now));
		break;
	case SVC_LATE_KILLED:
		l->todo |= TODO_KILL;
		l->late_killed = true;
		deadline_set(e, i, now + STUCK_SAY_MS);
		break;
	case SVC_BACKOFF:
		deadline_set(e, i, now + back_off(l, now));
		break;
	case SVC_DOWN:
	case SVC_WAITING:
	case SVC_BLOCKED:
	case SVC_HELD:
	case SVC_FAILED:
	case SVC_REFUSED:
	case SVC_N_STATES:
		break;
	}
}

/* What a stop finds of an earlier deadline: KILL is due to a late service when it
 * was, and has been since, if it was given. */
static int64_t kept_deadline(const struct svc_live *l, int64_t now)
{
	if (!l->late || (l->state != SVC_HELD && l->state != SVC_STOPPING))
		return NEVER;
	return l->late_killed ? now : l->deadline_ms;
}

/* Was it told to stop, and not killed yet? */
static bool awaits_kill(const struct svc_live *l)
{
	return l->state == SVC_OFF || l->state == SVC_STOPPING || l->state == SVC_LATE
	       || (l->state == SVC_HELD && l->late && !l->late_killed);
}

static bool was_killed(const struct svc_live *l)
{
	return l->state == SVC_OFF_KILLED || l->state == SVC_KILLING;
}

/* Has it a limit of its own, for the step that it is in or for the whole stop? */
static bool has_limit(const struct svc *s)
{
	return s->delay_ms || s->live.stop_by_ms != NEVER;
}

/* What is left to a service that was told to stop, or killed. */
static int64_t bound_of(const struct engine *e, const struct svc *s, int64_t now)
{
	int64_t by = NEVER;

	if (was_killed(&s->live))
		return give_up_at(e, &s->live);
	if (!awaits_kill(&s->live))
		return NEVER;
	if (!has_limit(s))
		by = borrowed_limit(e, now);
	return e->urgency == URGENCY_NOW ? earlier(by, now + HURRY_DELAY_MS) : by;
}

/* `delay` 0 is "never", but not in a shutdown; nor is what survives KILL waited for.
 * Nobody's own limit is shortened, until everybody's is; nobody gets more time. */
static void bound_stops(struct engine *e, int64_t now)
{
	for (uint32_t i = 0; i < e->n; i++) {
		const struct svc *s = engine_svc(e, i);
		int64_t by = bound_of(e, s, now);

		if (by < s->live.deadline_ms)
			deadline_set(e, i, by);
	}
}

static void begin_shutdown(struct engine *e, int64_t now)
{
	e->shutdown = true;
	e->waiters_dirty = true;
	e->waiter_next = 0;
	for (uint32_t i = 0; i < e->n; i++)
		set_wish(e, i, false);
	bound_stops(e, now);
}

/* The end, or the loss, of essential service i is the end of everything.  It happens
 * once: afterwards none is wished up. */
static void end_everything(struct engine *e, uint32_t i, int code, bool lost, int64_t now)
{
	e->ended_by = i;
	e->code = (uint8_t)code;
	e->lost = lost;
	begin_shutdown(e, now);
}

static void enter(struct engine *e, uint32_t i, enum svc_state to, int64_t now)
{
	struct svc_live *l = &engine_svc(e, i)->live;

	l->from = l->state;
	l->state = (uint8_t)to;
	l->since_ms = now;
	l->retry_asked = false;
	l->restart = l->restart && to == SVC_UP; /* asked of this run only */
	l->todo |= TODO_CHANGED;
	if (l->from == SVC_HELD)
		told_to_stop(engine_svc(e, i), now);
	deadline_set(e, i, kept_deadline(l, now));
	enter_effects(e, i, now);
	reclass(e, i);
	enqueue(e, i);
	e->acting = i;
	e->waiters_dirty = true;
	e->waiter_next = 0;
	if (essential_is_lost(e, i))
		end_everything(e, i, ESSENTIAL_LOST_CODE, true, now);
}

static void say_stuck(struct engine *e, uint32_t i, int64_t now)
{
	struct svc_live *l = &engine_svc(e, i)->live;

	l->todo |= TODO_STUCK;
	e->acting = i;
	deadline_set(e, i, killed_deadline(e, l, now));
}

/* Those behind it are not kept waiting by what hangs in the kernel. */
static void give_up(struct engine *e, uint32_t i)
{
	struct svc_live *l = &engine_svc(e, i)->live;

	l->todo |= TODO_GIVE_UP;
	e->acting = i;
	if (l->state == SVC_OFF_KILLED)
		l->off_given_up = true;
	else
		l->given_up = true;
	enqueue(e, i);
}

static void survives(struct engine *e, uint32_t i, int64_t now)
{
	if (give_up_at(e, &engine_svc(e, i)->live) <= now)
		give_up(e, i);
	else
		say_stuck(e, i, now);
}

/* It was told to end before it was held: that goes on. */
static void kill_held(struct engine *e, uint32_t i)
{
	struct svc_live *l = &engine_svc(e, i)->live;

	if (!l->late || l->late_killed || !l->alive)
		return;
	l->todo |= TODO_KILL;
	l->late_killed = true;
	e->acting = i;
}

/* Staying in a state for long can have something to do as well. */
static void linger(struct engine *e, uint32_t i, int64_t now)
{
	const struct svc_live *l = &engine_svc(e, i)->live;

	if (l->deadline_ms > now)
		return;
	if (l->state == SVC_KILLING || l->state == SVC_OFF_KILLED || l->state == SVC_LATE_KILLED)
		survives(e, i, now);
	if (l->state == SVC_HELD)
		kill_held(e, i);
}

static void settle(struct engine *e, uint32_t i, int64_t now)
{
	struct facts f = facts_gather(e, i, now);
	enum svc_state state = (enum svc_state)engine_svc(e, i)->live.state;
	enum svc_state next = decide(state, &f);

	if (next != state)
		enter(e, i, next, now);
	else
		linger(e, i, now);
}

/* Hands out one action of the acting service. */
static bool hand_out(struct engine *e, struct action *act)
{
	struct svc_live *l = &engine_svc(e, e->acting)->live;
	unsigned bit = l->todo & (0u - l->todo);

	*act = (struct action){.svc = e->acting, .other = NO_SVC};
	l->todo = (uint8_t)(l->todo & ~bit);
	switch (bit) {
	case TODO_CHANGED:
		act->kind = ACT_CHANGED;
		act->from = l->from;
		act->to = l->state;
		return true;
	case TODO_SPAWN:
		l->alive = true;
		act->kind = ACT_SPAWN;
		return true;
	case TODO_SPAWN_OFF:
		l->off_alive = true;
		act->kind = ACT_SPAWN_OFF;
		return true;
	case TODO_TERM: act->kind = ACT_TERM; return true;
	case TODO_KILL: act->kind = ACT_KILL; return true;
	case TODO_KILL_OFF: act->kind = ACT_KILL_OFF; return true;
	case TODO_STUCK: act->kind = ACT_STUCK; return true;
	case TODO_GIVE_UP: act->kind = ACT_GIVE_UP; return true;
	default:
		e->acting = NO_SVC;
		return false;
	}
}

/* Before anything else is done for it. */
static bool say_essential(struct engine *e, struct action *act)
{
	if (e->ended_by == NO_SVC)
		return false;
	*act = (struct action){.kind = ACT_ESSENTIAL, .svc = e->ended_by, .other = NO_SVC,
	                       .code = e->code, .lost = e->lost};
	e->ended_by = NO_SVC;
	return true;
}

/* What is said once everything has settled. */
static bool announce(struct engine *e, struct action *act)
{
	bool settled = e->booting && !e->shutdown && e->n_unsettled == 0;
	bool done = e->shutdown && !e->done && e->n_active == 0 && e->n_waiters == 0;

	*act = (struct action){.kind = settled ? ACT_SETTLED : ACT_DONE, .svc = NO_SVC,
	                       .other = NO_SVC};
	if (settled)
		e->booting = false;
	if (done)
		e->done = true;
	return settled || done;
}

static bool next(struct engine *e, int64_t now, struct action *act)
{
	uint32_t i;

	while ((i = deadline_take(e, now)) != NO_SVC)
		enqueue(e, i);
	for (;;) {
		if (e->acting != NO_SVC && hand_out(e, act))
			return true;
		if (say_essential(e, act))
			return true;
		i = dequeue(e);
		if (i == NO_SVC)
			break;
		settle(e, i, now);
	}
	if (waiter_answer(e, now, act))
		return true;
	return announce(e, act);
}

bool engine_next(struct engine *e, int64_t now, struct action *act)
{
	bool any = next(e, now, act);

	check_each(e);
	return any;
}

int64_t engine_deadline(const struct engine *e)
{
	int64_t first = deadline_first(e);

	return first < e->waiter_due_ms ? first : e->waiter_due_ms;
}

static void ready(struct svc_live *l)
{
	if (l->alive)
		l->ready = true;
}

static void ended(struct engine *e, const struct event *ev, int64_t now)
{
	struct svc_live *l = &engine_svc(e, ev->svc)->live;
	struct verdict v = verdict_of(ev);
	int code = essential_code(e, ev);

	l->alive = false;
	l->end = ev->end;
	l->succeeded = v.succeeded;
	l->transient = v.transient;
	l->permanent = v.permanent;
	enqueue(e, ev->svc);
	if (code >= 0)
		end_everything(e, ev->svc, code, false, now);
}

static void hurry(struct engine *e, enum urgency urgency, int64_t now)
{
	if (urgency <= (enum urgency)e->urgency)
		return;
	if (e->urgency == URGENCY_ORDERLY)
		e->bounded_ms = now;
	e->urgency = (uint8_t)urgency;
	bound_stops(e, now);
}

static void shut_down(struct engine *e, enum urgency urgency, int64_t now)
{
	if (!e->shutdown)
		begin_shutdown(e, now);
	hurry(e, urgency, now);
}

static bool is_running(const struct svc_live *l)
{
	return l->state == SVC_UP || l->state == SVC_STARTING || l->state == SVC_LATE
	       || l->state == SVC_LATE_KILLED;
}

/* What runs and is refused could not come back from a restart. */
static bool would_be_lost(const struct engine *e, const struct event *ev)
{
	bool restarts = ev->kind == EV_RESTART || ev->kind == EV_TRY_RESTART;

	return restarts && engine_svc(e, ev->svc)->kind & KIND_REFUSED
	       && engine_is_active(e, ev->svc);
}

/* A command that cannot be carried out: why not, and who is in the way. */
static enum result objection(const struct engine *e, const struct event *ev, uint32_t *other)
{
	const struct svc_live *l = &engine_svc(e, ev->svc)->live;
	struct edges needs = needs_of(e, ev->svc), dependents = dependents_of(e, ev->svc);
	bool starts = ev->kind == EV_START || (ev->kind != EV_STOP && !is_running(l));

	if (e->shutdown && ev->kind != EV_STOP)
		return RES_SHUTDOWN;
	if (would_be_lost(e, ev))
		return RES_LOAD;
	if (!ev->only)
		return RES_NONE;
	if (starts)
		for (uint32_t k = 0; k < needs.n; k++)
			if (!(engine_svc(e, *other = needs.at[k])->class & CLASS_UP))
				return RES_NEED_NOT_UP;
	if (!starts)
		for (uint32_t k = 0; k < dependents.n; k++)
			if (engine_svc(e, *other = dependents.at[k])->class & CLASS_ACTIVE)
				return RES_DEPENDENT_UP;
	*other = NO_SVC;
	return RES_NONE;
}

static void start(struct engine *e, uint32_t i, bool only)
{
	struct svc_live *l = &engine_svc(e, i)->live;

	if (!only) {
		wish_up_closure(e, i);
		return;
	}
	l->crashes = 0;
	l->retry_asked = l->state == SVC_FAILED || l->state == SVC_BACKOFF;
	set_wish(e, i, true);
}

static void restart(struct engine *e, uint32_t i, bool only)
{
	struct svc_live *l = &engine_svc(e, i)->live;

	if (!l->wish || !is_running(l)) {
		start(e, i, only);
		return;
	}
	l->crashes = 0;
	l->restart = true;
	reclass(e, i);
	enqueue(e, i);
}

/* What was told to stop a moment ago is not to be started again. */
static bool is_up_to_stay(const struct engine *e, uint32_t i)
{
	const struct svc_live *l = &engine_svc(e, i)->live;

	return l->state == SVC_UP && l->wish;
}

/* What was refused by the load changes its state no more. */
static void boot(struct engine *e, uint32_t svc, int64_t now)
{
	e->booting = true;
	wish_up_closure(e, svc);
	for (uint32_t i = 0; e->essential && i < e->n; i++)
		if (essential_is_lost(e, i))
			end_everything(e, i, ESSENTIAL_LOST_CODE, true, now);
}

static void command(struct engine *e, const struct event *ev, int64_t now)
{
	switch (ev->kind) {
	case EV_BOOT:
		boot(e, ev->svc, now);
		break;
	case EV_START:
		start(e, ev->svc, ev->only);
		break;
	case EV_STOP:
		if (ev->only)
			set_wish(e, ev->svc, false);
		else
			wish_down_closure(e, ev->svc);
		break;
	case EV_RESTART:
		restart(e, ev->svc, ev->only);
		break;
	case EV_TRY_RESTART:
		if (is_up_to_stay(e, ev->svc))
			restart(e, ev->svc, ev->only);
		break;
	case EV_WAIT:
	case EV_EXECUTED:
	case EV_ENDED:
	case EV_OFF_ENDED:
	case EV_CANCEL:
	case EV_SHUTDOWN:
	case EV_READY:
		break;
	}
}

static enum result early_result(const struct engine *e, const struct event *ev, uint32_t *other)
{
	*other = NO_SVC;
	if (ev->kind == EV_WAIT)
		return RES_NONE;
	if (ev->kind == EV_TRY_RESTART && !is_up_to_stay(e, ev->svc))
		return RES_DONE;
	return objection(e, ev, other);
}

static bool request(struct engine *e, const struct event *ev, int64_t now)
{
	uint32_t other;
	enum result early = early_result(e, ev, &other);

	if (ev->handle && !waiter_room(e))
		return false;
	if (early == RES_NONE)
		command(e, ev, now);
	if (ev->handle)
		waiter_add(e, ev, early, other);
	return true;
}

static bool record_event(struct engine *e, int64_t now, const struct event *ev)
{
	switch (ev->kind) {
	case EV_BOOT:
	case EV_START:
	case EV_STOP:
	case EV_RESTART:
	case EV_TRY_RESTART:
	case EV_WAIT:
		return request(e, ev, now);
	case EV_EXECUTED:
		engine_svc(e, ev->svc)->live.executed = true;
		enqueue(e, ev->svc);
		break;
	case EV_ENDED:
		ended(e, ev, now);
		break;
	case EV_OFF_ENDED:
		engine_svc(e, ev->svc)->live.off_alive = false;
		enqueue(e, ev->svc);
		break;
	case EV_READY:
		ready(&engine_svc(e, ev->svc)->live);
		enqueue(e, ev->svc);
		break;
	case EV_CANCEL:
		waiter_cancel(e, ev->handle);
		break;
	case EV_SHUTDOWN:
		shut_down(e, ev->urgency, now);
		break;
	}
	return true;
}

bool engine_event(struct engine *e, int64_t now, const struct event *ev)
{
	bool taken = record_event(e, now, ev);

	check_each(e);
	return taken;
}

/* The first need whose class has, or has not, this bit. */
static uint32_t first_need(const struct engine *e, uint32_t i, unsigned bit, bool has)
{
	struct edges needs = needs_of(e, i);

	for (uint32_t k = 0; k < needs.n; k++)
		if (!(engine_svc(e, needs.at[k])->class & bit) != has)
			return needs.at[k];
	return NO_SVC;
}

static enum why why_waiting(const struct engine *e, uint32_t i, uint32_t *other)
{
	struct edges wants = wants_of(e, i);

	*other = first_need(e, i, CLASS_UP, false);
	if (*other != NO_SVC)
		return WHY_NEED;
	for (uint32_t k = 0; k < wants.n; k++)
		if (!(wants.at[k] & WANT_UNORDERED)
		    && engine_svc(e, wants.at[k])->class & CLASS_OPEN) {
			*other = wants.at[k];
			return WHY_WANT;
		}
	return WHY_NONE;
}

/* Follows the bad needs down to one that is bad by itself.  Looked for when
 * asked, not kept: who is to blame can change without any neighbour changing. */
static enum why why_blocked(const struct engine *e, uint32_t i, uint32_t *other)
{
	uint32_t next = first_need(e, i, CLASS_BAD, true);

	if (next == NO_SVC)
		return why_waiting(e, i, other); /* they have recovered this moment */
	while (next != NO_SVC) {
		*other = next;
		/* Those on a cycle are refused, even if their state is not yet. */
		next = engine_svc(e, next)->live.state == SVC_BLOCKED
		               && !(engine_svc(e, next)->kind & KIND_REFUSED)
		           ? first_need(e, next, CLASS_BAD, true) : NO_SVC;
	}
	return WHY_CULPRIT;
}

static enum why why_held(const struct engine *e, uint32_t i, uint32_t *other)
{
	struct edges lists[2] = {dependents_of(e, i), wanters_of(e, i)};
	unsigned bits[2] = {CLASS_ACTIVE, CLASS_STOP_WANTED};

	for (unsigned j = 0; j < 2; j++)
		for (uint32_t k = 0; k < lists[j].n; k++)
			if (engine_svc(e, lists[j].at[k])->class & bits[j]) {
				*other = lists[j].at[k];
				return WHY_DEPENDENT;
			}
	return WHY_NONE;
}

static enum why why_starting(const struct svc *s)
{
	if (s->kind & KIND_READY)
		return WHY_READY;
	return s->kind & KIND_RESPAWN ? WHY_EXEC : WHY_RUN;
}

enum why engine_why(const struct engine *e, uint32_t svc, uint32_t *other)
{
	const struct svc *s = engine_svc(e, svc);

	*other = NO_SVC;
	switch ((enum svc_state)s->live.state) {
	case SVC_WAITING: return why_waiting(e, svc, other);
	case SVC_BLOCKED: return why_blocked(e, svc, other);
	case SVC_STARTING: return why_starting(s);
	case SVC_HELD: return why_held(e, svc, other);
	case SVC_OFF:
	case SVC_OFF_KILLED: return WHY_OFF;
	case SVC_STOPPING:
	case SVC_KILLING: return WHY_PROCESS;
	case SVC_LATE:
	case SVC_LATE_KILLED: return WHY_LATE;
	case SVC_BACKOFF: return s->live.late ? WHY_LATE : WHY_DELAY;
	case SVC_FAILED: return s->live.late ? WHY_LATE : WHY_END;
	case SVC_REFUSED: return WHY_LOAD;
	case SVC_UP: return s->kind & KIND_REFUSED ? WHY_LOAD : WHY_NONE;
	case SVC_DOWN: return s->live.alive || s->live.off_alive ? WHY_PROCESS : WHY_NONE;
	case SVC_N_STATES: break;
	}
	return WHY_NONE;
}
