/* plan.h - what is measured, how often, and the experiments themselves.
 *
 * Each experiment measures its contenders in turns (A B C A B C ...), after
 * one round that is not counted, adds its samples under the names below, and
 * prints its own table.  Who is not there is left out.
 */
#ifndef BENCH_PLAN_H
#define BENCH_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#define SIZES_MAX 8

struct plan {
	size_t sizes[SIZES_MAX], n_sizes; /* services, flat and layered */
	size_t chain;                     /* services in the chain; 0: no chain */
	unsigned runs;                    /* starts of each contender */
	unsigned settled_runs;            /* of these, with memory and stop measured */
	unsigned restart_rounds;
	size_t restarts;                  /* in each round, each of another service */
	unsigned calls;                   /* status calls */
	unsigned idle_s;                  /* 0: not measured */
	const char *bin, *tools;          /* directories: cinit, cinit.svc; tick, true, ask */
};

/* "flat N: start", "flat N: stop" (of the floors only the first, as "floor"),
 * "flat N: memory". */
void measure_flat(const struct plan *plan, size_t n);
/* "layered N: start".  The floors know no order. */
void measure_layered(const struct plan *plan, size_t n);
/* "chain N: start" */
void measure_chain(const struct plan *plan);
/* "restart" */
void measure_restart(const struct plan *plan);
/* "status, one core", "status, free"; of "true", "bare client", "cinit" and
 * the peers' own commands. */
void measure_status(const struct plan *plan);
/* "idle: switches" */
void measure_idle(const struct plan *plan);

/* How the names above are made. */
#define WHAT_CAP 48
void what_name(char what[WHAT_CAP], const char *shape, size_t n, const char *of);

#endif
