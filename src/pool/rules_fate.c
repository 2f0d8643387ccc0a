/* rules_fate.c - who leaves, how its rank takes it, who is idle. */
#include "src/pool/rules_fate.h"

#include "src/pool/rules_rows.h"

static bool is_healthy(const struct pool *p, const struct pool_worker *w, int64_t now)
{
	if (p->limits.dispatch && w->served > 0)
		return true;
	return w->was_up && now - w->started_ms >= POOL_HEALTHY_MS;
}

void fate_forgive(struct pool *p, const struct pool_worker *w)
{
	p->rank[w->rank].failures = 0;
	p->rank[w->rank].retry_ms = 0;
	if (w->grown)
		p->rank[0] = (struct pool_rank){0};
}

static void count_failure(struct pool_rank *r, const struct pool_worker *w, int64_t now)
{
	int64_t delay = 0;

	if (w->served > 0 && r->failures > 1)
		r->failures = 1; /* share: it says so itself */
	if (r->failures > 0)
		delay = (int64_t)POOL_BACKOFF_FIRST_MS << (r->failures - 1);
	if (delay < POOL_BACKOFF_MAX_MS)
		r->failures++;
	r->retry_ms = now + (delay < POOL_BACKOFF_MAX_MS ? delay : POOL_BACKOFF_MAX_MS);
}

/* A serving worker was lost; its row does not say so yet. */
static void lose(struct pool *p, const struct pool_worker *w, int64_t now)
{
	if (is_healthy(p, w, now)) {
		fate_forgive(p, w);
		return;
	}
	count_failure(&p->rank[w->grown ? 0 : w->rank], w, now);
	if (w->grown && p->wanted > p->limits.min)
		p->wanted--;
}

enum pool_list fate_stopping_list(const struct pool_worker *w)
{
	return w->busy_ms == POOL_NEVER ? POOL_LIST_LEAVING : POOL_LIST_BUSY;
}

void fate_stop(struct pool *p, uint32_t row, enum pool_list list, int64_t now)
{
	struct pool_worker *w = &p->worker[row];

	if (is_healthy(p, w, now))
		fate_forgive(p, w);
	w->told_ms = now;
	rows_enter(p, row, WORKER_LEAVING, list, now);
}

void fate_kill(struct pool *p, uint32_t row, enum pool_list list, int64_t now)
{
	struct pool_worker *w = &p->worker[row];

	if (rows_serves(w))
		lose(p, w, now);
	p->killed++;
	w->busy_ms = POOL_NEVER;
	rows_enter(p, row, WORKER_KILLED, list, now);
}

void fate_recycle(struct pool *p, uint32_t row, int64_t now)
{
	const struct pool_worker *w = &p->worker[row];
	int64_t *retry = &p->rank[w->rank].retry_ms;

	p->recycled++;
	fate_stop(p, row, POOL_LIST_TODO, now);
	if (!p->limits.dispatch && *retry < w->started_ms + POOL_RECYCLE_MS)
		*retry = w->started_ms + POOL_RECYCLE_MS;
}

void fate_become_idle(struct pool *p, uint32_t row, int64_t now)
{
	struct pool_worker *w = &p->worker[row];

	w->idle_ms = now;
	w->idle_order = ++p->order;
	rows_enter(p, row, WORKER_IDLE, POOL_LIST_IDLE, now);
}

void fate_remove(struct pool *p, uint32_t row, int64_t now)
{
	if (rows_serves(&p->worker[row]))
		lose(p, &p->worker[row], now);
	rows_enter(p, row, WORKER_FREE, POOL_LIST_FREE, now);
}
