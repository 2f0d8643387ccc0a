/* deadline.c - a binary heap of service indices, ordered by deadline. */
#include "src/engine/deadline.h"

static uint32_t *heap_of(const struct engine *e)
{
	return (uint32_t *)((uintptr_t)e + e->heap);
}

static int64_t key(const struct engine *e, uint32_t at)
{
	return engine_svc(e, heap_of(e)[at])->live.deadline_ms;
}

static void place(struct engine *e, uint32_t at, uint32_t i)
{
	heap_of(e)[at] = i;
	engine_svc(e, i)->heap_at = at;
}

static void swap(struct engine *e, uint32_t a, uint32_t b)
{
	uint32_t i = heap_of(e)[a];

	place(e, a, heap_of(e)[b]);
	place(e, b, i);
}

static void sift(struct engine *e, uint32_t at)
{
	while (at > 0 && key(e, at) < key(e, (at - 1) / 2)) {
		swap(e, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
	for (;;) {
		uint32_t least = at, child = 2 * at + 1;

		if (child < e->n_heap && key(e, child) < key(e, least))
			least = child;
		if (child + 1 < e->n_heap && key(e, child + 1) < key(e, least))
			least = child + 1;
		if (least == at)
			return;
		swap(e, at, least);
		at = least;
	}
}

static void take_out(struct engine *e, uint32_t i)
{
	uint32_t at = engine_svc(e, i)->heap_at;

	if (at == NO_SVC)
		return;
	engine_svc(e, i)->heap_at = NO_SVC;
	if (at == --e->n_heap)
		return;
	place(e, at, heap_of(e)[e->n_heap]);
	sift(e, at);
}

void deadline_set(struct engine *e, uint32_t i, int64_t at_ms)
{
	take_out(e, i);
	engine_svc(e, i)->live.deadline_ms = at_ms;
	if (at_ms == NEVER)
		return;
	place(e, e->n_heap, i);
	sift(e, e->n_heap++);
}

uint32_t deadline_take(struct engine *e, int64_t now)
{
	uint32_t i;

	if (deadline_first(e) > now)
		return NO_SVC;
	i = heap_of(e)[0];
	take_out(e, i);
	return i;
}

int64_t deadline_first(const struct engine *e)
{
	return e->n_heap ? key(e, 0) : NEVER;
}
