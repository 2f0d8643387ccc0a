/* record.c - what processes, requests and times should be, from what was seen. */
#include "test/pool/lib/record.h"

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static uint32_t within(uint32_t v, uint32_t low, uint32_t high)
{
	return v < low ? low : v > high ? high : v;
}

static bool leaves(const struct proc *p)
{
	return p->told || p->spent;
}

bool proc_serves(const struct proc *p)
{
	return p->alive && !p->told && !p->killed && !p->spent && !p->unable;
}

static bool is_idle(const struct proc *p)
{
	return proc_serves(p) && p->up && p->busy_ms == POOL_NEVER;
}

static void count(const struct world *w, struct tally *t, uint32_t row)
{
	const struct proc *p = &w->proc[row];

	t->alive++;
	if (!proc_serves(p)) {
		bool killed = p->killed || p->unable;

		t->killed += killed;
		t->leaving += !killed;
		return;
	}
	t->serving++;
	t->old += p->old;
	t->starting += !p->up;
	t->new_starting += !p->up && !p->old;
	t->busy += p->up && p->busy_ms != POOL_NEVER;
	if (!is_idle(p))
		return;
	t->idle++;
	if (t->last_idle == POOL_NO_ROW || p->idle_turn > w->proc[t->last_idle].idle_turn)
		t->last_idle = row;
	if (t->longest_idle == POOL_NO_ROW || p->idle_turn < w->proc[t->longest_idle].idle_turn)
		t->longest_idle = row;
}

struct tally record_tally(const struct world *w)
{
	struct tally t = {.last_idle = POOL_NO_ROW, .longest_idle = POOL_NO_ROW};

	for (uint32_t row = 0; row < w->high; row++)
		if (w->proc[row].alive)
			count(w, &t, row);
	return t;
}

/* ---- rule 8 ---- */

static bool proven(const struct world *w, const struct proc *p)
{
	return (p->up && w->now - p->start_ms >= POOL_HEALTHY_MS)
	       || (w->limits.dispatch && p->served > 0);
}

static void forget(struct world *w, const struct proc *p)
{
	w->rank[p->rank] = (struct memory){0};
	if (p->grown)
		w->growth = (struct memory){0};
}

static void failed_early(struct world *w, const struct proc *p)
{
	static const int64_t delays[] = {0, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000};
	struct memory *m = p->grown ? &w->growth : &w->rank[p->rank];

	if (p->served > 0 && m->failures > 1)
		m->failures = 1; /* it said that it served: one step at most */
	m->retry_ms = w->now + delays[m->failures];
	m->failures = within(m->failures + 1, 0, 10);
	if (p->grown && w->wanted > w->limits.min)
		w->wanted--;
}

static void is_lost(struct world *w, const struct proc *p)
{
	if (proven(w, p))
		forget(w, p);
	else
		failed_early(w, p);
}

static void is_dismissed(struct world *w, struct proc *p)
{
	if (proven(w, p))
		forget(w, p);
	p->told_ms = p->free_ms = w->now;
}

/* ---- events ---- */

static void becomes_idle(struct world *w, struct proc *p)
{
	p->idle_ms = w->now;
	p->idle_turn = ++w->turn;
}

static void limits_apply(struct world *w)
{
	struct pool_limits *l = &w->limits;
	bool dispatch = l->dispatch;

	*l = w->given;
	l->dispatch = dispatch;
	l->min = within(w->scale ? w->scale : l->min, 1, POOL_MAX);
	l->max = within(l->max, l->min, POOL_MAX);
	if (l->idle < l->min)
		l->idle = l->min;
	if (l->idle_ms < 0)
		l->idle_ms = 0;
	if (l->timeout_ms < 0)
		l->timeout_ms = 0;
	w->wanted = within(w->wanted, l->min, l->max);
}

static void see_ready(struct world *w)
{
	struct tally t = record_tally(w);

	if (!w->failed && !w->draining && t.idle + t.busy >= w->limits.min)
		w->ready = true;
}

static void ended(struct world *w, uint32_t row, bool orderly)
{
	struct proc *p = &w->proc[row];

	if (proc_serves(p)) {
		w->crashed += !orderly;
		is_lost(w, p);
		if (!w->ready && !w->failed && !w->draining) {
			w->failed = true;
			w->failed_row = row;
		}
	}
	w->lost += p->holds;
	*p = (struct proc){0};
}

static void says_busy(struct world *w, struct proc *p)
{
	if (w->limits.dispatch || !p->up || p->killed || p->busy_ms != POOL_NEVER)
		return;
	if (!leaves(p) || w->now - p->told_ms <= POOL_LEAVE_MS)
		p->busy_ms = w->now;
}

/* Its requests are served; in share mode that is its own word, and bounded. */
static void is_spent(struct world *w, struct proc *p)
{
	int64_t *retry = &w->rank[p->rank].retry_ms, earliest = p->start_ms + POOL_RECYCLE_MS;

	is_dismissed(w, p);
	p->spent = true;
	w->recycled++;
	if (!w->limits.dispatch && *retry < earliest)
		*retry = earliest;
}

static void says_available(struct world *w, struct proc *p)
{
	if (p->busy_ms == POOL_NEVER)
		return;
	p->busy_ms = POOL_NEVER;
	p->served++;
	w->claimed++;
	w->finished += p->holds;
	p->holds = false;
	p->free_ms = w->now;
	if (leaves(p))
		return;
	if (w->limits.dispatch && p->served == 1)
		forget(w, p);
	becomes_idle(w, p);
	if (w->ready && w->limits.requests && p->served >= w->limits.requests)
		is_spent(w, p);
}

static void takes_nothing(struct world *w, struct proc *p)
{
	p->busy_ms = POOL_NEVER;
	p->free_ms = w->now;
}

static void is_unable(struct world *w, struct proc *p)
{
	w->waiting = !w->draining && !w->failed;
	if (!p->alive || p->killed || p->busy_ms == POOL_NEVER)
		return;
	if (proc_serves(p))
		is_lost(w, p);
	w->kills++;
	p->unable = true;
	p->busy_ms = POOL_NEVER;
}

static void row_event(struct world *w, const struct pool_event *ev)
{
	struct proc *p = &w->proc[ev->row];

	switch (ev->kind) {
	case POOL_EV_UP:
		if (!proc_serves(p) || p->up)
			break;
		p->up = true;
		becomes_idle(w, p);
		see_ready(w);
		break;
	case POOL_EV_ENDED: ended(w, ev->row, ev->orderly); break;
	case POOL_EV_BUSY: says_busy(w, p); break;
	case POOL_EV_AVAILABLE: says_available(w, p); break;
	case POOL_EV_NOTHING:
		if (w->limits.dispatch && p->busy_ms != POOL_NEVER)
			takes_nothing(w, p);
		break;
	case POOL_EV_UNABLE:
		if (w->limits.dispatch)
			is_unable(w, p);
		break;
	case POOL_EV_REQUEST:
	case POOL_EV_LIMITS:
	case POOL_EV_SCALE:
	case POOL_EV_ROLL:
	case POOL_EV_DRAIN: break;
	}
}

static void begin_roll(struct world *w)
{
	w->rolling = true;
	for (uint32_t row = 0; row < w->high; row++)
		w->proc[row].old = proc_serves(&w->proc[row]);
}

void record_event(struct world *w, const struct pool_event *ev)
{
	switch (ev->kind) {
	case POOL_EV_UP:
	case POOL_EV_ENDED:
	case POOL_EV_BUSY:
	case POOL_EV_AVAILABLE:
	case POOL_EV_NOTHING:
	case POOL_EV_UNABLE:
		if (ev->row < w->high && w->proc[ev->row].alive)
			row_event(w, ev);
		break;
	case POOL_EV_REQUEST:
		w->waiting = w->limits.dispatch && !w->draining && !w->failed;
		break;
	case POOL_EV_LIMITS:
		w->given = ev->limits;
		limits_apply(w);
		see_ready(w);
		break;
	case POOL_EV_SCALE:
		w->scale = within(ev->n, 1, POOL_MAX);
		limits_apply(w);
		see_ready(w);
		break;
	case POOL_EV_ROLL: begin_roll(w); break;
	case POOL_EV_DRAIN:
		w->draining = true;
		w->waiting = false;
		break;
	}
}

/* ---- actions ---- */

static void started(struct world *w, const struct pool_action *act)
{
	struct tally t = record_tally(w);
	bool grown = record_start_due(w, &t, act->rank) > w->now;

	if (act->row >= w->high)
		w->high = act->row + 1;
	w->proc[act->row] = (struct proc){
		.alive = true, .rank = act->rank, .start_ms = w->now, .busy_ms = POOL_NEVER, .grown = grown,
	};
	w->wanted += grown;
	w->n_starts++;
}

static void told(struct world *w, uint32_t row)
{
	struct proc *p = &w->proc[row];
	struct tally t = record_tally(w);
	bool needed = w->draining || p->spent || record_replaces(w, &t, row)
	              || t.serving > w->wanted + record_rolls(w, &t);

	if (!p->spent)
		is_dismissed(w, p);
	if (!needed && w->wanted > w->limits.min)
		w->wanted--; /* rule 4 */
	p->free_ms = w->now;
	p->told = true;
}

static void killed(struct world *w, struct proc *p)
{
	if (proc_serves(p))
		is_lost(w, p);
	w->kills += !p->unable;
	p->killed = true;
	p->busy_ms = POOL_NEVER;
}

/* What the manager finds when it takes the request for the worker. */
static void given(struct world *w, struct proc *p)
{
	w->waiting = false;
	p->busy_ms = w->now;
	if (w->queued == 0) {
		p->answer = ANSWER_NOTHING;
	} else if (w->refuses) {
		p->answer = ANSWER_UNABLE;
		w->refuses = false;
	} else {
		w->queued--;
		p->holds = true;
	}
}

void record_action(struct world *w, const struct pool_action *act)
{
	switch (act->kind) {
	case POOL_ACT_START: started(w, act); break;
	case POOL_ACT_TELL: told(w, act->row); break;
	case POOL_ACT_KILL: killed(w, &w->proc[act->row]); break;
	case POOL_ACT_GIVE: given(w, &w->proc[act->row]); break;
	case POOL_ACT_READY: w->said_ready = true; break;
	case POOL_ACT_FAILED: w->said_failed = true; break;
	case POOL_ACT_ROLLED: w->rolling = false; break;
	case POOL_ACT_DRAINED: w->said_drained = true; break;
	}
}

/* ---- what is due ---- */

bool record_rolls(const struct world *w, const struct tally *t)
{
	return w->rolling && w->ready && t->old > 0;
}

bool record_replaces(const struct world *w, const struct tally *t, uint32_t row)
{
	return record_rolls(w, t) && w->proc[row].old && t->new_starting == 0 && t->serving > w->wanted;
}

static bool rank_is_taken(const struct world *w, uint32_t rank)
{
	for (uint32_t row = 0; row < w->high; row++)
		if (proc_serves(&w->proc[row]) && w->proc[row].rank == rank)
			return true;
	return false;
}

/* When one of the n lowest free ranks may be started; of this rank, when it is not 0. */
static int64_t rank_due(const struct world *w, uint32_t n, uint32_t rank)
{
	int64_t due = POOL_NEVER;

	for (uint32_t k = 1; n > 0 && k <= POOL_MAX + 1; k++)
		if (!rank_is_taken(w, k)) {
			n--;
			if (rank == 0 || rank == k)
				due = least(due, w->rank[k].retry_ms);
		}
	return due;
}

static bool may_start(const struct world *w, const struct tally *t)
{
	return !w->failed && !w->draining && t->alive < POOL_ROWS;
}

int64_t record_start_due(const struct world *w, const struct tally *t, uint32_t rank)
{
	if (!may_start(w, t))
		return POOL_NEVER;
	if (t->serving < w->wanted)
		return rank_due(w, w->wanted - t->serving, rank);
	if (record_rolls(w, t) && t->serving == w->wanted)
		return rank_due(w, 1, rank);
	return POOL_NEVER;
}

bool record_can_grow(const struct world *w, const struct tally *t)
{
	return w->ready && w->wanted < w->limits.max && t->idle == 0 && t->starting == 0;
}

int64_t record_growth_due(const struct world *w, const struct tally *t, uint32_t rank)
{
	bool load = w->limits.dispatch ? w->waiting : t->busy > 0;
	int64_t due;

	if (!load || !may_start(w, t) || !record_can_grow(w, t) || t->serving > w->wanted)
		return POOL_NEVER;
	due = rank_due(w, w->wanted + 1 - t->serving, rank);
	return due < w->growth.retry_ms ? w->growth.retry_ms : due;
}

int64_t record_kill_due(const struct world *w, uint32_t row)
{
	const struct proc *p = &w->proc[row];

	if (!p->alive || p->killed)
		return POOL_NEVER;
	if (p->unable)
		return w->now;
	if (p->busy_ms != POOL_NEVER)
		return w->limits.timeout_ms ? p->busy_ms + w->limits.timeout_ms : POOL_NEVER;
	return p->told ? p->free_ms + POOL_LEAVE_MS : POOL_NEVER;
}

int64_t record_idle_due(const struct world *w, const struct tally *t)
{
	if (t->idle <= w->limits.idle || t->serving <= w->limits.min || w->failed || w->draining)
		return POOL_NEVER;
	return w->proc[t->longest_idle].idle_ms + w->limits.idle_ms;
}

int64_t record_deadline(const struct world *w)
{
	struct tally t = record_tally(w);
	int64_t due = record_idle_due(w, &t);

	due = least(due, least(record_start_due(w, &t, 0), record_growth_due(w, &t, 0)));
	for (uint32_t row = 0; row < w->high; row++)
		due = least(due, record_kill_due(w, row));
	return due;
}

bool record_listens(const struct world *w)
{
	struct tally t = record_tally(w);

	return w->limits.dispatch && w->ready && !w->failed && !w->draining && !w->waiting
	       && (t.idle > 0 || record_can_grow(w, &t));
}
