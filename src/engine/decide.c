/* decide.c - what a service does next.  Nothing here acts or remembers. */
#include "src/engine/decide.h"

/* A running service has to go: by wish, for a restart, or for its needs. */
static bool must_leave(const struct facts *f)
{
	return !f->wish || f->restart || f->need_bad || f->need_leaving;
}

/* It was up, or did its work while it was being stopped, and its `off` is due. */
static bool owes_off(const struct facts *f)
{
	bool did_its_work = !f->respawn && !f->alive && f->succeeded;

	return f->has_off && !f->off_ran && !f->late && (f->was_up || did_its_work);
}

static enum svc_state from_down(const struct facts *f)
{
	if (f->refused)
		return SVC_REFUSED;
	return f->wish ? SVC_WAITING : SVC_DOWN;
}

static enum svc_state from_waiting(const struct facts *f)
{
	if (f->refused)
		return SVC_REFUSED;
	if (!f->wish)
		return SVC_DOWN;
	if (f->need_bad)
		return SVC_BLOCKED;
	if (!f->needs_up || !f->wants_settled)
		return SVC_WAITING;
	return f->group ? SVC_UP : SVC_STARTING;
}

static enum svc_state from_blocked(const struct facts *f)
{
	if (f->refused)
		return SVC_REFUSED;
	if (!f->wish)
		return SVC_DOWN;
	return f->need_bad ? SVC_BLOCKED : SVC_WAITING;
}

static enum svc_state from_starting_alive(const struct facts *f)
{
	if (must_leave(f))
		return SVC_HELD;
	if (f->respawn && (f->says_ready ? f->ready : f->executed))
		return SVC_UP;
	return f->due ? SVC_LATE : SVC_STARTING;
}

/* An end that was reported counts before a wish: a once-service that did its
 * work while it was being given up is up, and is stopped from there.  So is what
 * said that it is ready before it ended: it was up, and has crashed. */
static enum svc_state from_starting(const struct facts *f)
{
	if (f->alive)
		return from_starting_alive(f);
	if (f->transient)
		return SVC_BACKOFF;
	if (!f->respawn)
		return f->succeeded ? SVC_UP : SVC_FAILED;
	if (f->says_ready && f->ready)
		return SVC_UP;
	return f->permanent ? SVC_FAILED : SVC_BACKOFF;
}

/* Whoever needs it and runs is left alone, as by a crash.  What it says or does
 * now comes too late: it has failed, or crashed. */
static enum svc_state from_late(enum svc_state state, const struct facts *f)
{
	if (!f->alive)
		return f->respawn ? SVC_BACKOFF : SVC_FAILED;
	if (must_leave(f))
		return SVC_HELD;
	return f->due ? SVC_LATE_KILLED : state;
}

static enum svc_state from_up(const struct facts *f)
{
	if (must_leave(f))
		return SVC_HELD;
	return f->respawn && !f->group && !f->alive ? SVC_BACKOFF : SVC_UP;
}

static enum svc_state after_off(const struct facts *f)
{
	return f->alive ? SVC_STOPPING : SVC_DOWN;
}

static enum svc_state from_held(const struct facts *f)
{
	if (f->held)
		return SVC_HELD;
	if (f->late && f->alive && f->due)
		return SVC_KILLING; /* it was to be killed by now, or was */
	return owes_off(f) ? SVC_OFF : after_off(f);
}

static enum svc_state from_stopping(const struct facts *f)
{
	if (f->alive)
		return f->due ? SVC_KILLING : SVC_STOPPING;
	return owes_off(f) ? SVC_OFF : SVC_DOWN;
}

static enum svc_state from_backoff(const struct facts *f)
{
	if (f->refused)
		return SVC_REFUSED;
	if (!f->wish)
		return SVC_DOWN;
	return f->due || f->retry_asked ? SVC_WAITING : SVC_BACKOFF;
}

static enum svc_state from_failed(const struct facts *f)
{
	if (f->refused)
		return SVC_REFUSED;
	if (!f->wish)
		return SVC_DOWN;
	return f->retry_asked ? SVC_WAITING : SVC_FAILED;
}

enum svc_state decide(enum svc_state state, const struct facts *f)
{
	switch (state) {
	case SVC_DOWN: return from_down(f);
	case SVC_WAITING: return from_waiting(f);
	case SVC_BLOCKED: return from_blocked(f);
	case SVC_STARTING: return from_starting(f);
	case SVC_UP: return from_up(f);
	case SVC_HELD: return from_held(f);
	case SVC_OFF:
		if (!f->off_alive)
			return after_off(f);
		return f->due ? SVC_OFF_KILLED : SVC_OFF;
	case SVC_OFF_KILLED:
		return f->off_alive ? SVC_OFF_KILLED : after_off(f);
	case SVC_STOPPING: return from_stopping(f);
	case SVC_KILLING: return f->alive ? SVC_KILLING : SVC_DOWN;
	case SVC_BACKOFF: return from_backoff(f);
	case SVC_FAILED: return from_failed(f);
	case SVC_REFUSED: return f->refused ? SVC_REFUSED : SVC_DOWN;
	case SVC_LATE:
	case SVC_LATE_KILLED: return from_late(state, f);
	case SVC_N_STATES: break;
	}
	return state;
}
