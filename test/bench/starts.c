/* starts.c - experiments: start, memory and stop of N services. */
#include "test/bench/plan.h"

#include "test/bench/life.h"
#include "test/bench/samples.h"
#include "test/bench/weigh.h"

#include <stdio.h>

/* The kernel is still taking the last life's processes apart when the next
 * could begin: it would pay for them. */
static void breathe(size_t n)
{
	nap_ms(10 + (unsigned)n / 20);
}

void what_name(char what[WHAT_CAP], const char *shape, size_t n, const char *of)
{
	snprintf(what, WHAT_CAP, "%s %zu: %s", shape, n, of);
}

static void keep(bool counted, const char *shape, size_t n, const char *of, const char *who,
                 double value)
{
	char what[WHAT_CAP];

	what_name(what, shape, n, of);
	if (counted)
		sample_add(what, who, value);
}

static void print(const char *shape, size_t n, const char *of, const char *unit, const char *base)
{
	char what[WHAT_CAP];

	what_name(what, shape, n, of);
	samples_print(what, unit, base);
}

static void flat_once(const struct contender *who, size_t n, bool counted, bool settled)
{
	struct life life;
	double ms;

	breathe(n);
	ms = life_start(&life, who, SHAPE_FLAT, n);
	keep(counted, "flat", n, "start", who->name, ms);
	if (who->kind == KIND_FLOOR) {
		ms = life_stop(&life);
		keep(counted && who == contenders, "flat", n, "stop", "floor", ms);
		return;
	}
	if (!settled) {
		life_end(&life);
		return;
	}
	life_settle(&life);
	keep(counted, "flat", n, "memory", who->name, (double)weigh_pss_kb(&life));
	ms = life_stop(&life);
	keep(counted, "flat", n, "stop", who->name, ms);
}

void measure_flat(const struct plan *plan, size_t n)
{
	for (unsigned run = 0; run <= plan->runs; run++)
		for (size_t i = 0; i < N_CONTENDERS; i++)
			if (contenders[i].present)
				flat_once(&contenders[i], n, run > 0, run > 0 && run <= plan->settled_runs);
	print("flat", n, "start", "ms", "vfork");
	print("flat", n, "stop", "ms", "floor");
	print("flat", n, "memory", "KB PSS", NULL);
}

static void layered_once(const struct contender *who, size_t n, bool counted)
{
	struct life life;
	double ms;

	breathe(n);
	ms = life_start(&life, who, SHAPE_LAYERED, n);
	keep(counted, "layered", n, "start", who->name, ms);
	life_end(&life);
}

void measure_layered(const struct plan *plan, size_t n)
{
	for (unsigned run = 0; run <= plan->runs; run++)
		for (size_t i = 0; i <= N_WAYS; i++) /* the floors and cinit */
			if (contenders[i].present)
				layered_once(&contenders[i], n, run > 0);
	print("layered", n, "start", "ms", "vfork");
}

static void chain_once(const struct contender *who, size_t n, bool counted)
{
	struct life life;
	double ms;

	breathe(n);
	if (who->kind == KIND_FLOOR) {
		ms = life_sequence(who, n);
	} else {
		ms = life_start(&life, who, SHAPE_CHAIN, n);
		life_end(&life);
	}
	keep(counted, "chain", n, "start", who->name, ms);
}

void measure_chain(const struct plan *plan)
{
	for (unsigned run = 0; run <= plan->runs; run++)
		for (size_t i = 0; i <= N_WAYS; i++)
			if (contenders[i].present)
				chain_once(&contenders[i], plan->chain, run > 0);
	print("chain", plan->chain, "start", "ms", "vfork");
}
