/* layout.c - the order of things in the block of an engine. */
#include "src/engine/layout.h"

#include "src/limits.h"

/* Hands out room in the block: bytes rounded up so that the next is aligned. */
static uint32_t room(uint64_t *at, uint64_t bytes)
{
	uint64_t from = *at;

	*at += (bytes + 7) & ~(uint64_t)7;
	return (uint32_t)from;
}

uint64_t engine_lay_out(struct engine *e)
{
	uint64_t at = 0, n = e->n;

	room(&at, sizeof *e);
	e->rows = room(&at, (n + 1) * sizeof(struct svc));
	e->need = room(&at, e->n_need * (uint64_t)4);
	e->want = room(&at, e->n_want * (uint64_t)4);
	e->dependent = room(&at, e->n_need * (uint64_t)4);
	e->wanter = room(&at, e->n_wanter * (uint64_t)4);
	e->codes = room(&at, e->n_codes * (uint64_t)sizeof(struct graph_code));
	e->heap = room(&at, n * 4);
	e->scratch = room(&at, n * 4);
	/* Last, so that rows that nobody ever used are never touched. */
	e->waiters = room(&at, WAITERS_MAX * sizeof(struct waiter));
	return at;
}
