/* rules.c - takes events in and hands actions out, one at a time. */
#include "src/pool/rules.h"

#include "src/pool/rules_due.h"
#include "src/pool/rules_fate.h"
#include "src/pool/rules_rows.h"

static uint32_t clamped(uint32_t v, uint32_t least, uint32_t most)
{
	return v < least ? least : v > most ? most : v;
}

/* ---- what is in force ---- */

static void apply_limits(struct pool *p)
{
	struct pool_limits *l = &p->limits;
	bool dispatch = l->dispatch;

	*l = p->given;
	l->dispatch = dispatch;
	l->min = clamped(p->scale ? p->scale : l->min, 1, POOL_MAX);
	l->max = clamped(l->max, l->min, POOL_MAX);
	l->idle = l->idle > l->min ? l->idle : l->min;
	l->idle_ms = l->idle_ms > 0 ? l->idle_ms : 0;
	l->timeout_ms = l->timeout_ms > 0 ? l->timeout_ms : 0;
	p->wanted = clamped(p->wanted, l->min, l->max);
}

void pool_init(struct pool *p, const struct pool_limits *limits)
{
	rows_init(p);
	p->given = *limits;
	p->limits.dispatch = limits->dispatch;
	apply_limits(p);
}

/* ---- events ---- */

static void check_ready(struct pool *p)
{
	if (p->n[WORKER_IDLE] + p->n[WORKER_BUSY] >= p->limits.min && !p->failed && !p->draining)
		p->ready = true;
}

static void on_up(struct pool *p, uint32_t row, int64_t now)
{
	if (p->worker[row].state != WORKER_STARTING)
		return;
	p->worker[row].was_up = true;
	fate_become_idle(p, row, now);
	check_ready(p);
}

static void on_ended(struct pool *p, uint32_t row, bool orderly, int64_t now)
{
	struct pool_worker *w = &p->worker[row];

	if (w->state == WORKER_FREE)
		return;
	if (rows_serves(w)) {
		p->crashed += !orderly;
		if (!p->ready && !p->failed && !p->draining) {
			p->failed = true;
			p->failed_row = row;
		}
	}
	fate_remove(p, row, now);
}

/* It has begun or finished a request, and may not have been told to end yet. */
static void stay_leaving(struct pool *p, uint32_t row, int64_t now)
{
	const struct pool_worker *w = &p->worker[row];

	rows_enter(p, row, WORKER_LEAVING,
	           w->list == POOL_LIST_TODO ? POOL_LIST_TODO : fate_stopping_list(w), now);
}

static void on_busy(struct pool *p, uint32_t row, int64_t now)
{
	struct pool_worker *w = &p->worker[row];

	if (p->limits.dispatch || w->busy_ms != POOL_NEVER)
		return;
	if (w->state == WORKER_IDLE) {
		w->reports = true;
		w->busy_ms = now;
		rows_enter(p, row, WORKER_BUSY, POOL_LIST_BUSY, now);
	} else if (w->state == WORKER_LEAVING && now - w->told_ms <= POOL_LEAVE_MS && w->was_up) {
		w->busy_ms = now;
		stay_leaving(p, row, now);
	}
}

static bool is_spent(const struct pool *p, const struct pool_worker *w)
{
	return p->ready && p->limits.requests && w->served >= p->limits.requests;
}

static void on_available(struct pool *p, uint32_t row, int64_t now)
{
	struct pool_worker *w = &p->worker[row];

	if (w->busy_ms == POOL_NEVER)
		return;
	w->busy_ms = POOL_NEVER;
	w->served++;
	p->served++;
	if (w->state == WORKER_LEAVING) {
		stay_leaving(p, row, now);
		return;
	}
	if (p->limits.dispatch && w->served == 1)
		fate_forgive(p, w);
	if (is_spent(p, w))
		fate_recycle(p, row, now);
	else
		fate_become_idle(p, row, now);
}

/* It was not given anything: it is idle since when it was. */
static void on_nothing(struct pool *p, uint32_t row, int64_t now)
{
	struct pool_worker *w = &p->worker[row];

	if (!p->limits.dispatch || w->busy_ms == POOL_NEVER)
		return;
	w->busy_ms = POOL_NEVER;
	if (w->state == WORKER_BUSY)
		rows_enter(p, row, WORKER_IDLE, POOL_LIST_IDLE, now);
	else
		stay_leaving(p, row, now);
}

static void on_request(struct pool *p)
{
	p->waiting = p->limits.dispatch && !p->draining && !p->failed;
}

static void on_unable(struct pool *p, uint32_t row, int64_t now)
{
	if (!p->limits.dispatch)
		return;
	on_request(p);
	if (p->worker[row].busy_ms != POOL_NEVER)
		fate_kill(p, row, POOL_LIST_TODO, now);
}

/* Events about a row that there is. */
static void row_event(struct pool *p, int64_t now, const struct pool_event *ev)
{
	switch (ev->kind) {
	case POOL_EV_UP: on_up(p, ev->row, now); break;
	case POOL_EV_ENDED: on_ended(p, ev->row, ev->orderly, now); break;
	case POOL_EV_BUSY: on_busy(p, ev->row, now); break;
	case POOL_EV_AVAILABLE: on_available(p, ev->row, now); break;
	case POOL_EV_NOTHING: on_nothing(p, ev->row, now); break;
	case POOL_EV_UNABLE: on_unable(p, ev->row, now); break;
	case POOL_EV_REQUEST:
	case POOL_EV_LIMITS:
	case POOL_EV_SCALE:
	case POOL_EV_ROLL:
	case POOL_EV_DRAIN: break;
	}
}

void pool_event(struct pool *p, int64_t now, const struct pool_event *ev)
{
	switch (ev->kind) {
	case POOL_EV_UP:
	case POOL_EV_ENDED:
	case POOL_EV_BUSY:
	case POOL_EV_AVAILABLE:
	case POOL_EV_NOTHING:
	case POOL_EV_UNABLE:
		if (ev->row < p->high)
			row_event(p, now, ev);
		break;
	case POOL_EV_REQUEST:
		on_request(p);
		break;
	case POOL_EV_LIMITS:
		p->given = ev->limits;
		apply_limits(p);
		check_ready(p);
		break;
	case POOL_EV_SCALE:
		p->scale = clamped(ev->n, 1, POOL_MAX);
		apply_limits(p);
		check_ready(p);
		break;
	case POOL_EV_ROLL:
		p->rolling = true;
		rows_mark_old(p);
		break;
	case POOL_EV_DRAIN:
		p->draining = true;
		p->waiting = false;
		break;
	}
}

/* ---- actions ---- */

static bool say(struct pool_action *act, enum pool_action_kind kind, uint32_t row)
{
	*act = (struct pool_action){.kind = kind, .row = row};
	return true;
}

/* News of the whole pool. */
static bool tell_news(struct pool *p, struct pool_action *act)
{
	if (p->failed && !p->said_failed) {
		p->said_failed = true;
		return say(act, POOL_ACT_FAILED, p->failed_row);
	}
	if (p->ready && !p->said_ready) {
		p->said_ready = true;
		return say(act, POOL_ACT_READY, POOL_NO_ROW);
	}
	if (p->rolling && (p->n_old == 0 || p->failed)) { /* a drain leaves no old ones */
		p->rolling = false;
		return say(act, POOL_ACT_ROLLED, POOL_NO_ROW);
	}
	if (p->draining && p->n[WORKER_FREE] == POOL_ROWS && !p->said_drained) {
		p->said_drained = true;
		return say(act, POOL_ACT_DRAINED, POOL_NO_ROW);
	}
	return false;
}

/* What an event has decided already. */
static bool hand_out(struct pool *p, int64_t now, struct pool_action *act)
{
	uint32_t row = p->list[POOL_LIST_TODO].first;

	if (row == POOL_NO_ROW)
		return false;
	if (p->worker[row].state == WORKER_KILLED) {
		rows_enter(p, row, WORKER_KILLED, POOL_LIST_KILLED, now);
		return say(act, POOL_ACT_KILL, row);
	}
	rows_enter(p, row, WORKER_LEAVING, fate_stopping_list(&p->worker[row]), now);
	return say(act, POOL_ACT_TELL, row);
}

static bool kill_one(struct pool *p, int64_t now, struct pool_action *act)
{
	uint32_t row;

	if (due_kill(p, &row) > now)
		return false;
	fate_kill(p, row, POOL_LIST_KILLED, now);
	return say(act, POOL_ACT_KILL, row);
}

static bool give(struct pool *p, int64_t now, struct pool_action *act)
{
	uint32_t row = p->list[POOL_LIST_IDLE].last;

	if (!p->waiting || row == POOL_NO_ROW || !p->ready)
		return false;
	p->waiting = false;
	p->worker[row].busy_ms = now;
	rows_enter(p, row, WORKER_BUSY, POOL_LIST_BUSY, now);
	return say(act, POOL_ACT_GIVE, row);
}

/* The one that is missed least. */
static uint32_t expendable(const struct pool *p, bool old)
{
	static const enum pool_list order[] = {POOL_LIST_STARTING, POOL_LIST_IDLE, POOL_LIST_BUSY};
	uint32_t row = POOL_NO_ROW;

	for (unsigned k = 0; k < 3 && row == POOL_NO_ROW; k++)
		row = rows_first_serving(p, order[k], old);
	return row;
}

/* Who has to be told to end, by rule 10, 1, 7 or 4. */
static uint32_t who_leaves(struct pool *p, int64_t now)
{
	if (p->draining)
		return expendable(p, false);
	if (p->failed)
		return POOL_NO_ROW;
	if (p->serving > p->wanted + due_rolls(p))
		return expendable(p, false);
	if (due_roll(p))
		return expendable(p, true);
	if (due_idle(p) > now)
		return POOL_NO_ROW;
	if (p->wanted > p->limits.min)
		p->wanted--;
	return p->list[POOL_LIST_IDLE].first;
}

static bool tell_one(struct pool *p, int64_t now, struct pool_action *act)
{
	uint32_t row = who_leaves(p, now);

	if (row == POOL_NO_ROW)
		return false;
	fate_stop(p, row, fate_stopping_list(&p->worker[row]), now);
	return say(act, POOL_ACT_TELL, row);
}

static bool start_one(struct pool *p, int64_t now, struct pool_action *act)
{
	uint32_t rank;
	bool grown = false;

	if (due_start(p, &rank) > now) {
		if (due_growth(p, &rank) > now)
			return false;
		p->wanted++;
		grown = true;
	}
	say(act, POOL_ACT_START, rows_new(p, rank, now));
	act->rank = rank;
	p->worker[act->row].grown = grown;
	return true;
}

bool pool_next(struct pool *p, int64_t now, struct pool_action *act)
{
	return tell_news(p, act) || hand_out(p, now, act) || kill_one(p, now, act)
	       || give(p, now, act) || tell_one(p, now, act) || start_one(p, now, act);
}

int64_t pool_deadline(const struct pool *p)
{
	return due_first(p);
}

bool pool_listens(const struct pool *p)
{
	if (!p->limits.dispatch || !p->ready || p->waiting || p->failed || p->draining)
		return false;
	return p->n[WORKER_IDLE] > 0 || due_can_grow(p);
}
