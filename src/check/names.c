/* names.c - services sorted for people. */
#include <stdlib.h>
#include <string.h>

#include "src/check/check.h"

void put_name(struct text *out, const struct config *c, uint32_t i)
{
	text_name(out, config_name(c, i), strlen(config_name(c, i)), true);
}

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

struct ranked *rank_services(struct vec *memory, const struct config *c, const uint32_t *rank)
{
	struct ranked *r;

	*memory = (struct vec){.max = SIZE_MAX / 2};
	r = vec_add(memory, (c->n + (size_t)1) * sizeof *r);
	for (uint32_t i = 0; r && i < c->n; i++)
		r[i] = (struct ranked){rank[i], i, config_name(c, i)};
	if (r)
		qsort(r, c->n, sizeof *r, compare);
	return r;
}
