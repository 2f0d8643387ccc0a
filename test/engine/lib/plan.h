/* plan.h - the graph of one test, as a matrix that is easy to fill and to read.
 * plan_compile() makes the lists that the engine wants of it. */
#ifndef TEST_ENGINE_PLAN_H
#define TEST_ENGINE_PLAN_H

#include "src/engine/engine.h"

#define PLAN_MAX 32
#define PLAN_CODES 16

enum edge {
	EDGE_NONE,
	EDGE_NEED,
	EDGE_WANT,
	EDGE_LOOSE    /* a want that pulls in but orders nothing */
};

struct plan {
	uint32_t n;
	struct graph_node node[PLAN_MAX];
	uint8_t edge[PLAN_MAX][PLAN_MAX];  /* [who][whom], enum edge */
	bool vital;        /* essential services count */
	uint32_t n_codes;
	struct graph_code code[PLAN_CODES];
	/* Made by plan_compile(). */
	struct graph graph;
	uint32_t need_at[PLAN_MAX + 1], want_at[PLAN_MAX + 1];
	uint32_t need[PLAN_MAX * PLAN_MAX], want[PLAN_MAX * PLAN_MAX];
};

/* Fills the lists; call again after any change.  The plan must not move afterwards. */
void plan_compile(struct plan *p);
/* What a loader does with cycles: a want on a cycle orders nothing, members of
 * a cycle of needs are refused. */
void plan_break_cycles(struct plan *p);
/* One line for each service, to stdout. */
void plan_print(const struct plan *p);

/* An engine of this plan in memory of its own (free it). */
struct engine *plan_engine(const struct plan *p);

#endif
