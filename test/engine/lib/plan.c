/* plan.c - from a matrix to the engine's lists, and a naive loader's cycles. */
#include "test/engine/lib/plan.h"

#include <stdio.h>
#include <stdlib.h>

static bool orders(const struct plan *p, uint32_t i, uint32_t j)
{
	return p->edge[i][j] == EDGE_NEED || p->edge[i][j] == EDGE_WANT;
}

static void compile_row(struct plan *p, uint32_t i)
{
	uint32_t n_need = p->need_at[i], n_want = p->want_at[i];

	for (uint32_t j = 0; j < p->n; j++) {
		if (p->edge[i][j] == EDGE_NEED)
			p->need[n_need++] = j;
		if (p->edge[i][j] == EDGE_WANT)
			p->want[n_want++] = j;
		if (p->edge[i][j] == EDGE_LOOSE)
			p->want[n_want++] = j | WANT_UNORDERED;
	}
	p->need_at[i + 1] = n_need;
	p->want_at[i + 1] = n_want;
}

void plan_compile(struct plan *p)
{
	p->need_at[0] = p->want_at[0] = 0;
	for (uint32_t i = 0; i < p->n; i++)
		compile_row(p, i);
	p->graph = (struct graph){
		.n = p->n,
		.node = p->node,
		.need_at = p->need_at,
		.need = p->need,
		.want_at = p->want_at,
		.want = p->want,
		.code = p->code,
		.n_codes = p->n_codes,
		.essential = p->vital,
	};
}

typedef bool edge_test(const struct plan *p, uint32_t i, uint32_t j);

static bool needs(const struct plan *p, uint32_t i, uint32_t j)
{
	return p->edge[i][j] == EDGE_NEED;
}

/* Warshall: reach[i] has bit j when i leads to j by such edges. */
static void reachable(const struct plan *p, edge_test *test, uint32_t reach[PLAN_MAX])
{
	for (uint32_t i = 0; i < p->n; i++) {
		reach[i] = 0;
		for (uint32_t j = 0; j < p->n; j++)
			reach[i] |= (uint32_t)test(p, i, j) << j;
	}
	for (uint32_t k = 0; k < p->n; k++)
		for (uint32_t i = 0; i < p->n; i++)
			if (reach[i] >> k & 1)
				reach[i] |= reach[k];
}

void plan_break_cycles(struct plan *p)
{
	uint32_t reach[PLAN_MAX];

	reachable(p, orders, reach);
	for (uint32_t i = 0; i < p->n; i++)
		for (uint32_t j = 0; j < p->n; j++)
			if (p->edge[i][j] == EDGE_WANT && (reach[j] >> i & 1))
				p->edge[i][j] = EDGE_LOOSE;
	reachable(p, needs, reach);
	for (uint32_t i = 0; i < p->n; i++)
		if (reach[i] >> i & 1)
			p->node[i].kind |= KIND_REFUSED;
}

static void print_edges(const struct plan *p, uint32_t i, enum edge edge, const char *word)
{
	const char *before = word;

	for (uint32_t j = 0; j < p->n; j++) {
		if (p->edge[i][j] != edge)
			continue;
		printf("%s%u", before, (unsigned)j);
		before = " ";
	}
}

void plan_print(const struct plan *p)
{
	for (uint32_t i = 0; i < p->n; i++) {
		unsigned kind = p->node[i].kind;

		printf("  %u: %s%s%s%s%s, delay %u ms, on %u ms, off %u ms", (unsigned)i,
		       !(kind & KIND_ON) ? "group" : kind & KIND_RESPAWN ? "respawn" : "once",
		       kind & KIND_READY ? " ready" : "", kind & KIND_OFF ? " off" : "",
		       kind & KIND_REFUSED ? " REFUSED" : "",
		       !p->vital || !p->node[i].essential ? "" : " essential", (unsigned)p->node[i].delay_ms,
		       (unsigned)p->node[i].on_ms, (unsigned)p->node[i].off_ms);
		print_edges(p, i, EDGE_NEED, ", needs ");
		print_edges(p, i, EDGE_WANT, ", wants ");
		print_edges(p, i, EDGE_LOOSE, ", wants (unordered) ");
		putchar('\n');
	}
}

struct engine *plan_engine(const struct plan *p)
{
	struct engine *e = malloc(engine_size(&p->graph));

	if (!e) {
		perror("malloc");
		exit(2);
	}
	engine_build(e, &p->graph);
	return e;
}
