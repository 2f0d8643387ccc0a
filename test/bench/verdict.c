/* verdict.c - the limits, and which samples each of them compares. */
#include "test/bench/verdict.h"

#include "test/bench/contender.h"
#include "test/bench/samples.h"

#include <stdio.h>
#include <string.h>

#define NO_LIMIT (-1.0)

static const char *best_floor(const char *what)
{
	const char *names[N_WAYS];

	for (size_t i = 0; i < N_WAYS; i++)
		names[i] = contenders[i].name;
	return sample_best(what, names, N_WAYS);
}

/* cinit against one series of the same experiment. */
static void row(const char *title, const char *what, const char *base, const char *base_title,
                double limit)
{
	target_print(&(const struct target){ .title = title, .what = what, .who = CINIT->name,
	                                     .unit = "ms", .base_what = what, .base_who = base,
	                                     .base_title = base_title, .limit = limit });
}

static void row_best(const char *title, const char *what, const char *kind, double limit)
{
	const char *best = best_floor(what);
	char base_title[WHAT_CAP];

	snprintf(base_title, sizeof base_title, "%s (%s)", kind, best ? best : "none");
	row(title, what, best, base_title, limit);
}

static void row_absolute(const char *title, const char *what, const char *unit, double limit)
{
	target_print(&(const struct target){ .title = title, .what = what, .who = CINIT->name,
	                                     .unit = unit, .base_title = "", .limit = limit });
}

/* The limits are for 1000 services; with fewer, what happens once weighs more. */
static void rows_of_starts(size_t n)
{
	double vfork_limit = n >= 1000 ? 1.1 : NO_LIMIT;
	double best_limit = n >= 1000 ? 1.6 : NO_LIMIT;
	double layered_limit = n >= 1000 ? 2.0 : NO_LIMIT;
	char what[WHAT_CAP], title[WHAT_CAP];

	snprintf(title, sizeof title, "start %zu flat", n);
	what_name(what, "flat", n, "start");
	row(title, what, "vfork", "vfork floor", vfork_limit);
	row_best(title, what, "best floor", best_limit);
	snprintf(title, sizeof title, "start %zu layered", n);
	what_name(what, "layered", n, "start");
	row(title, what, "vfork", "vfork floor", layered_limit);
	row_best(title, what, "best floor", layered_limit);
}

static void row_of_stop(size_t n)
{
	char what[WHAT_CAP], title[WHAT_CAP];

	snprintf(title, sizeof title, "stop %zu flat", n);
	what_name(what, "flat", n, "stop");
	row(title, what, "floor", "TERM to all, reap all", NO_LIMIT);
}

static void row_of_memory(size_t n)
{
	double limit = n == 10 ? 150 : n == 1000 ? 450 : NO_LIMIT;
	char what[WHAT_CAP], title[WHAT_CAP];

	snprintf(title, sizeof title, "memory, %zu services", n);
	what_name(what, "flat", n, "memory");
	row_absolute(title, what, "KB", limit);
}

void verdict_print(const struct plan *plan)
{
	size_t largest = 0;
	char what[WHAT_CAP], title[WHAT_CAP];

	for (size_t i = 0; i < plan->n_sizes; i++)
		if (plan->sizes[i] > largest)
			largest = plan->sizes[i];
	target_header();
	rows_of_starts(largest);
	if (plan->chain > 0) {
		snprintf(title, sizeof title, "start chain of %zu", plan->chain);
		what_name(what, "chain", plan->chain, "start");
		row_best(title, what, "in sequence", 2.0);
	}
	row_best("restart", "restart", "best floor", 1.5);
	row("status, one core", "status, one core", "true", "running true", 1.5);
	row("status, free", "status, free", "bare client", "bare client", 1.2);
	row_of_stop(largest);
	for (size_t i = 0; i < plan->n_sizes; i++)
		row_of_memory(plan->sizes[i]);
	row_absolute("context switches, idle", "idle: switches", "", 0);
}
