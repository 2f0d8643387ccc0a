/* oracles.c - judges every action, and every rest. */
#include "test/pool/lib/oracles.h"

#include "test/pool/lib/record.h"

#define CHECK(w, holds, ...) \
	do { \
		if (!(holds)) \
			world_broken((w), __VA_ARGS__); \
	} while (0)

static unsigned u(uint64_t v)
{
	return (unsigned)v;
}

/* ---- actions ---- */

static void judge_start(struct world *w, const struct pool_action *act, const struct tally *t)
{
	uint32_t most = w->limits.max + record_rolls(w, t);

	CHECK(w, !w->draining, "R10: row %u is started while draining", u(act->row));
	CHECK(w, !w->failed, "R9: row %u is started after the pool has failed", u(act->row));
	CHECK(w, t->serving < most, "R1: %u serve, and row %u is started", u(t->serving), u(act->row));
	CHECK(w, act->row < POOL_ROWS && !w->proc[act->row].alive, "R1: row %u is started twice",
	      u(act->row));
	CHECK(w, act->rank >= 1 && act->rank <= w->limits.max + 1, "R8: rank %u", u(act->rank));
	for (uint32_t row = 0; row < w->high; row++)
		CHECK(w, !proc_serves(&w->proc[row]) || w->proc[row].rank != act->rank,
		      "R8: rank %u is given twice", u(act->rank));
	if (w->failure[0])
		return;
	CHECK(w, w->rank[act->rank].retry_ms <= w->now, "R8: rank %u is started before its time",
	      u(act->rank));
	CHECK(w, record_start_due(w, t, act->rank) <= w->now
	         || record_growth_due(w, t, act->rank) <= w->now,
	      "R3: row %u, rank %u is started without need", u(act->row), u(act->rank));
}

/* Why it may be told to end, by one rule or another. */
static void judge_tell(struct world *w, uint32_t row, const struct tally *t)
{
	const struct proc *p = &w->proc[row];
	bool excess = t->serving > w->wanted + record_rolls(w, t);

	CHECK(w, p->alive && !p->told && !p->killed, "R11: row %u is told twice", u(row));
	if (p->spent || w->draining || excess || record_replaces(w, t, row))
		return;
	CHECK(w, !(record_rolls(w, t) && p->old && p->busy_ms != POOL_NEVER),
	      "R7: an old worker, row %u, is told before a new one is up", u(row));
	CHECK(w, p->up && p->busy_ms == POOL_NEVER, "R4: row %u is told and not idle", u(row));
	CHECK(w, row == t->longest_idle, "R4: row %u is not the longest idle", u(row));
	CHECK(w, t->serving > w->limits.min, "R1: row %u is told, %u serve, min is %u", u(row),
	      u(t->serving), u(w->limits.min));
	CHECK(w, record_idle_due(w, t) <= w->now, "R4: row %u is told before its time", u(row));
}

static void judge_kill(struct world *w, uint32_t row)
{
	const struct proc *p = &w->proc[row];

	CHECK(w, p->alive && !p->killed, "R11: row %u is killed twice", u(row));
	CHECK(w, record_kill_due(w, row) <= w->now, "%s: row %u is killed before its time",
	      p->told && p->busy_ms == POOL_NEVER ? "R11" : "R6", u(row));
}

static void judge_give(struct world *w, uint32_t row, const struct tally *t)
{
	const struct proc *p = &w->proc[row];

	CHECK(w, w->limits.dispatch, "R2: a request is given in share mode");
	CHECK(w, !w->draining, "R10: a request is given while draining");
	CHECK(w, w->ready && !w->failed, "R2: a request is given before the pool is ready");
	CHECK(w, w->waiting, "R2: a request is given twice");
	CHECK(w, proc_serves(p) && p->up, "R2: a request is given to row %u, which does not serve", u(row));
	CHECK(w, p->busy_ms == POOL_NEVER && !p->holds, "R2: row %u gets a second request", u(row));
	CHECK(w, row == t->last_idle, "R2: row %u is not the most recently idle", u(row));
}

static void judge_news(struct world *w, const struct pool_action *act, const struct tally *t)
{
	bool given_up = w->draining || w->failed;

	switch (act->kind) {
	case POOL_ACT_READY:
		CHECK(w, w->ready && !w->said_ready, "R9: ready, but it is not, or not for the first time");
		break;
	case POOL_ACT_FAILED:
		CHECK(w, w->failed && !w->said_failed, "R9: failed, but it is not, or not for the first time");
		CHECK(w, act->row == w->failed_row, "R9: row %u is blamed", u(act->row));
		break;
	case POOL_ACT_ROLLED:
		CHECK(w, w->rolling && (t->old == 0 || given_up), "R7: rolled, but it is not over");
		break;
	case POOL_ACT_DRAINED:
		CHECK(w, w->draining && !w->said_drained && t->alive == 0, "R10: drained, but it is not");
		break;
	case POOL_ACT_START:
	case POOL_ACT_TELL:
	case POOL_ACT_KILL:
	case POOL_ACT_GIVE: break;
	}
}

void oracle_action(struct world *w, const struct pool_action *act)
{
	struct tally t = record_tally(w);

	switch (act->kind) {
	case POOL_ACT_START: judge_start(w, act, &t); break;
	case POOL_ACT_TELL: judge_tell(w, act->row, &t); break;
	case POOL_ACT_KILL: judge_kill(w, act->row); break;
	case POOL_ACT_GIVE: judge_give(w, act->row, &t); break;
	case POOL_ACT_READY:
	case POOL_ACT_FAILED:
	case POOL_ACT_ROLLED:
	case POOL_ACT_DRAINED: judge_news(w, act, &t); break;
	}
}

/* ---- Rc ---- */

static enum worker_state state_of(const struct proc *p)
{
	if (!p->alive)
		return WORKER_FREE;
	if (p->killed || p->unable)
		return WORKER_KILLED;
	if (p->told || p->spent)
		return WORKER_LEAVING;
	if (!p->up)
		return WORKER_STARTING;
	return p->busy_ms == POOL_NEVER ? WORKER_IDLE : WORKER_BUSY;
}

static void recount_row(struct world *w, uint32_t row)
{
	const struct pool_worker *is = &w->p->worker[row];
	const struct proc *p = &w->proc[row];

	CHECK(w, is->state == state_of(p), "Rc: row %u is in state %u, not %u", u(row), is->state,
	      state_of(p));
	if (!p->alive)
		return;
	CHECK(w, is->rank == p->rank && is->started_ms == p->start_ms, "Rc: row %u is another", u(row));
	CHECK(w, is->served == p->served, "Rc: row %u has served %u, not %u", u(row), u(is->served),
	      u(p->served));
	CHECK(w, is->busy_ms == p->busy_ms, "Rc: row %u is busy since another time", u(row));
	CHECK(w, is->was_up == p->up, "Rc: row %u was up, or was not", u(row));
}

/* Each list is a list, in its order, of rows that belong there. */
static void recount_list(struct world *w, enum pool_list list, uint32_t *n)
{
	const struct pool *p = w->p;
	uint32_t before = POOL_NO_ROW;

	for (uint32_t row = p->list[list].first; row != POOL_NO_ROW; row = p->worker[row].after) {
		const struct pool_worker *is = &p->worker[row];

		CHECK(w, is->list == list && is->before == before, "Rc: row %u is in list %u by mistake", u(row),
		      list);
		if (before != POOL_NO_ROW && list == POOL_LIST_IDLE)
			CHECK(w, p->worker[before].idle_order < is->idle_order, "Rc: idle list, row %u", u(row));
		if (before != POOL_NO_ROW && list == POOL_LIST_BUSY)
			CHECK(w, p->worker[before].busy_ms <= is->busy_ms, "Rc: busy list, row %u", u(row));
		if (before != POOL_NO_ROW && list == POOL_LIST_LEAVING)
			CHECK(w, p->worker[before].since_ms <= is->since_ms, "Rc: leaving list, row %u", u(row));
		before = row;
		if (++*n > POOL_ROWS || w->failure[0])
			return;
	}
	CHECK(w, p->list[list].last == before, "Rc: the end of list %u", list);
}

static void recount(struct world *w)
{
	const struct pool *p = w->p;
	struct tally t = record_tally(w);
	uint32_t listed = 0;

	for (uint32_t row = 0; row < w->high; row++)
		recount_row(w, row);
	for (unsigned list = 0; list < POOL_N_LISTS; list++)
		recount_list(w, (enum pool_list)list, &listed);
	CHECK(w, listed == p->high, "Rc: %u rows are in lists, of %u", u(listed), u(p->high));
	CHECK(w, p->n[WORKER_STARTING] == t.starting && p->n[WORKER_IDLE] == t.idle
	         && p->n[WORKER_BUSY] == t.busy && p->n[WORKER_LEAVING] == t.leaving
	         && p->n[WORKER_KILLED] == t.killed && p->n[WORKER_FREE] == POOL_ROWS - t.alive,
	      "Rc: rows in a state");
	CHECK(w, p->serving == t.serving && p->n_old == t.old && p->wanted == w->wanted,
	      "Rc: serving %u, old %u, wanted %u, not %u, %u, %u", u(p->serving), u(p->n_old), u(p->wanted),
	      u(t.serving), u(t.old), u(w->wanted));
	CHECK(w, p->served == w->claimed && p->recycled == w->recycled && p->crashed == w->crashed
	         && p->killed == w->kills, "Rc: what was counted in all");
}

void oracle_always(struct world *w)
{
	struct tally t = record_tally(w);

	CHECK(w, t.alive <= POOL_ROWS, "R1: more processes than rows");
	CHECK(w, w->wanted >= w->limits.min && w->wanted <= w->limits.max, "R1: %u are wanted", u(w->wanted));
	if (!w->rules_only)
		recount(w);
}

/* ---- rest ---- */

static void rest_rows(struct world *w)
{
	for (uint32_t row = 0; row < w->high; row++) {
		const struct proc *p = &w->proc[row];

		if (!p->alive)
			continue;
		CHECK(w, !p->spent || p->told || p->killed, "R5: row %u has served enough and is not told", u(row));
		CHECK(w, record_kill_due(w, row) > w->now, "%s: row %u is not killed in time",
		      p->busy_ms == POOL_NEVER ? "R11" : "R6", u(row));
	}
}

static void rest_numbers(struct world *w, const struct tally *t)
{
	uint32_t spare = record_rolls(w, t);

	CHECK(w, record_start_due(w, t, 0) > w->now, "R8: a worker is missing and not started");
	CHECK(w, record_growth_due(w, t, 0) > w->now, "R3: the pool does not grow");
	CHECK(w, record_idle_due(w, t) > w->now, "R4: row %u is idle for too long", u(t->longest_idle));
	if (w->failed)
		return;
	CHECK(w, t->serving <= w->wanted + spare, "R1: %u serve, %u are wanted", u(t->serving), u(w->wanted));
	CHECK(w, !spare || t->serving <= w->wanted || t->new_starting > 0,
	      "R7: a new one is up and no old one is told");
}

static void rest_news(struct world *w, const struct tally *t)
{
	CHECK(w, w->said_ready == w->ready, "R9: nobody says that it is ready");
	CHECK(w, w->said_failed == w->failed, "R9: nobody says that it has failed");
	CHECK(w, !w->rolling || (t->old > 0 && !w->draining && !w->failed), "R7: nobody says that it is rolled");
	CHECK(w, !w->draining || t->serving == 0, "R10: it drains and row is not told");
	CHECK(w, !w->draining || (t->alive == 0) == w->said_drained, "R10: nobody says that it is drained");
}

void oracle_rest(struct world *w)
{
	struct tally t = record_tally(w);
	int64_t deadline = pool_deadline(w->p), due = record_deadline(w);

	rest_rows(w);
	rest_numbers(w, &t);
	rest_news(w, &t);
	CHECK(w, !w->waiting || !w->ready || t.idle == 0, "R2: a request waits, and row %u is idle",
	      u(t.last_idle));
	CHECK(w, deadline == due, "Rt: the deadline is %lld, not %lld", (long long)deadline, (long long)due);
	CHECK(w, !w->woken || w->n_drained > 0, "Rt: woken for nothing");
	CHECK(w, pool_listens(w->p) == record_listens(w), "R2: listens, or does not");
	w->woken = false;
}

void oracle_final(struct world *w)
{
	struct tally t = record_tally(w);

	CHECK(w, t.starting + t.busy + t.leaving + t.killed == 0, "it has not settled");
	CHECK(w, pool_deadline(w->p) == POOL_NEVER, "Rt: all is quiet, and there is a deadline");
	CHECK(w, w->arrived == w->finished + w->lost + w->queued, "R2: a request is lost or served twice");
	CHECK(w, !w->rolling, "R7: the roll does not end");
	if (w->draining) {
		CHECK(w, t.alive == 0 && w->said_drained, "R10: the drain does not end");
		return;
	}
	if (w->failed)
		return;
	CHECK(w, t.serving >= w->limits.min && t.serving <= w->limits.max, "R1: %u serve", u(t.serving));
	CHECK(w, t.idle <= w->limits.idle || t.serving == w->limits.min, "R4: %u are idle", u(t.idle));
	CHECK(w, w->ready && w->said_ready, "R9: it is not ready");
	CHECK(w, w->queued == 0 || !w->limits.dispatch, "R2: a request still waits");
}
