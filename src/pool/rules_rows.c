/* rules_rows.c - lists through the rows of a pool, kept in order as they are made.
 * It decides nothing. */
#include "src/pool/rules_rows.h"

void rows_init(struct pool *p)
{
	*p = (struct pool){.failed_row = POOL_NO_ROW, .n = {[WORKER_FREE] = POOL_ROWS}};
	for (unsigned k = 0; k < POOL_N_LISTS; k++)
		p->list[k] = (struct pool_ends){POOL_NO_ROW, POOL_NO_ROW};
}

bool rows_serves(const struct pool_worker *w)
{
	return w->state == WORKER_STARTING || w->state == WORKER_IDLE || w->state == WORKER_BUSY;
}

/* What a list is ordered by; 0: by coming. */
static uint64_t key(const struct pool_worker *w, enum pool_list list)
{
	switch (list) {
	case POOL_LIST_IDLE: return w->idle_order;
	case POOL_LIST_BUSY: return (uint64_t)w->busy_ms;
	case POOL_LIST_LEAVING: return (uint64_t)w->since_ms;
	case POOL_LIST_FREE:
	case POOL_LIST_STARTING:
	case POOL_LIST_TODO:
	case POOL_LIST_KILLED:
	case POOL_N_LISTS: break;
	}
	return 0;
}

/* The next row in one direction, or the end of the list. */
static uint32_t *after(struct pool *p, enum pool_list list, uint32_t row)
{
	return row == POOL_NO_ROW ? &p->list[list].first : &p->worker[row].after;
}

static uint32_t *before(struct pool *p, enum pool_list list, uint32_t row)
{
	return row == POOL_NO_ROW ? &p->list[list].last : &p->worker[row].before;
}

static void unlink_row(struct pool *p, uint32_t row)
{
	const struct pool_worker *w = &p->worker[row];
	enum pool_list list = (enum pool_list)w->list;

	*after(p, list, w->before) = w->after;
	*before(p, list, w->after) = w->before;
}

/* From the end, where its place nearly always is. */
static void link_row(struct pool *p, uint32_t row, enum pool_list list)
{
	struct pool_worker *w = &p->worker[row];
	uint32_t left = p->list[list].last;

	while (left != POOL_NO_ROW && key(&p->worker[left], list) > key(w, list))
		left = p->worker[left].before;
	w->list = (uint8_t)list;
	w->before = left;
	w->after = *after(p, list, left);
	*after(p, list, left) = row;
	*before(p, list, w->after) = row;
}

uint32_t rows_new(struct pool *p, uint32_t rank, int64_t now)
{
	uint32_t row = p->list[POOL_LIST_FREE].last;

	if (row == POOL_NO_ROW)
		row = p->high++;
	else
		unlink_row(p, row);
	p->worker[row] = (struct pool_worker){
		.state = WORKER_STARTING, .rank = rank, .started_ms = now, .since_ms = now,
		.busy_ms = POOL_NEVER, .reports = p->limits.dispatch,
	};
	link_row(p, row, POOL_LIST_STARTING);
	p->n[WORKER_FREE]--;
	p->n[WORKER_STARTING]++;
	p->serving++;
	p->rank[rank].taken = true;
	return row;
}

void rows_enter(struct pool *p, uint32_t row, enum worker_state to, enum pool_list list,
                int64_t now)
{
	struct pool_worker *w = &p->worker[row];
	bool served = rows_serves(w);

	p->n[w->state]--;
	p->n[to]++;
	w->state = (uint8_t)to;
	w->since_ms = now;
	if (w->list != list) {
		unlink_row(p, row);
		link_row(p, row, list);
	}
	if (!served || rows_serves(w))
		return;
	p->serving--;
	p->n_old -= w->old;
	p->rank[w->rank].taken = false;
}

uint32_t rows_first_serving(const struct pool *p, enum pool_list list, bool old)
{
	uint32_t row = p->list[list].first;

	while (row != POOL_NO_ROW && !(rows_serves(&p->worker[row]) && (p->worker[row].old || !old)))
		row = p->worker[row].after;
	return row;
}

void rows_mark_old(struct pool *p)
{
	for (uint32_t row = 0; row < p->high; row++)
		p->worker[row].old = rows_serves(&p->worker[row]);
	p->n_old = p->serving;
}
