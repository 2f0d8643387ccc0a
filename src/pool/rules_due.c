/* rules_due.c - looks at a pool and changes nothing.  What stands at the end of a list
 * is looked at, not the list. */
#include "src/pool/rules_due.h"

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t time_up(const struct pool *p, uint32_t row, int64_t ms)
{
	const struct pool_worker *w = &p->worker[row];

	return (w->list == POOL_LIST_BUSY ? w->busy_ms : w->since_ms) + ms;
}

int64_t due_kill(const struct pool *p, uint32_t *row)
{
	uint32_t busy = p->list[POOL_LIST_BUSY].first, leaving = p->list[POOL_LIST_LEAVING].first;
	int64_t busy_due = POOL_NEVER, leaving_due = POOL_NEVER;

	if (busy != POOL_NO_ROW && p->limits.timeout_ms)
		busy_due = time_up(p, busy, p->limits.timeout_ms);
	if (leaving != POOL_NO_ROW)
		leaving_due = time_up(p, leaving, POOL_LEAVE_MS);
	*row = busy_due < leaving_due ? busy : leaving;
	return sooner(busy_due, leaving_due);
}

int64_t due_idle(const struct pool *p)
{
	uint32_t row = p->list[POOL_LIST_IDLE].first;

	if (p->n[WORKER_IDLE] <= p->limits.idle || p->serving <= p->limits.min || p->failed)
		return POOL_NEVER;
	return p->worker[row].idle_ms + p->limits.idle_ms;
}

bool due_rolls(const struct pool *p)
{
	return p->rolling && p->ready && p->n_old > 0;
}

bool due_roll(const struct pool *p)
{
	/* old ones were started before new ones */
	uint32_t youngest = p->list[POOL_LIST_STARTING].last;

	return due_rolls(p) && p->serving > p->wanted
	       && (youngest == POOL_NO_ROW || p->worker[youngest].old);
}

/* Of the n lowest free ranks the one that may be started first, and when. */
static int64_t rank_ready(const struct pool *p, uint32_t n, uint32_t *rank)
{
	int64_t due = POOL_NEVER;

	for (uint32_t k = 1; n > 0 && k < POOL_MAX + 2; k++) {
		if (p->rank[k].taken)
			continue;
		n--;
		if (p->rank[k].retry_ms < due) {
			due = p->rank[k].retry_ms;
			*rank = k;
		}
	}
	return due;
}

static bool may_start(const struct pool *p)
{
	return !p->failed && !p->draining && p->n[WORKER_FREE] > 0;
}

int64_t due_start(const struct pool *p, uint32_t *rank)
{
	uint32_t target = p->wanted + due_rolls(p);

	if (p->serving >= target || !may_start(p))
		return POOL_NEVER;
	return rank_ready(p, p->serving < p->wanted ? p->wanted - p->serving : 1, rank);
}

bool due_can_grow(const struct pool *p)
{
	return p->ready && p->wanted < p->limits.max && p->n[WORKER_IDLE] == 0
	       && p->n[WORKER_STARTING] == 0;
}

int64_t due_growth(const struct pool *p, uint32_t *rank)
{
	bool load = p->limits.dispatch ? p->waiting : p->n[WORKER_BUSY] > 0;

	if (!load || !due_can_grow(p) || !may_start(p))
		return POOL_NEVER;
	return later(rank_ready(p, p->wanted + 1 - p->serving, rank), p->rank[0].retry_ms);
}

int64_t due_first(const struct pool *p)
{
	uint32_t ignored;
	int64_t start = sooner(due_start(p, &ignored), due_growth(p, &ignored));

	return sooner(sooner(due_kill(p, &ignored), due_idle(p)), start);
}
