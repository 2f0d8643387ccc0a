/* seeds.h - what all simulators share: words of the command line, the loop over seeds, what
 * is printed at the end.  A seed makes one run, and makes the same one again. */
#ifndef TEST_LIB_SEEDS_H
#define TEST_LIB_SEEDS_H

#include <stdbool.h>
#include <stdint.h>

/* What was asked for on the command line. */
struct seeds {
	uint64_t first, n;
	bool trace;       /* every event and action is printed */
	bool rules_only;  /* counts are not counted again: a mutant has to be seen by its effects */
};

/* What came of it: seeds and failures are counted here, the others by each run. */
struct tally {
	uint64_t seeds, failures, events, actions;
};

/* One simulator. */
struct simulator {
	/* The run of one seed; false, and *why is what broke, at which millisecond. */
	bool (*run)(uint64_t seed, const struct seeds *o, struct tally *t, const char **why, int64_t *at_ms);
	/* What has to hold by name: how many did not; or NULL.  Not after a single seed. */
	uint64_t (*named)(bool trace);
};

/* main() of a simulator:
 *
 *     sim [--seed N] [--seeds N] [--trace] [--rules]
 *
 * Seeds 1..N (500), or the one given; then what is named.  After SEEDS_FAILURES_MAX failures
 * no more seeds are tried.  Returns the exit code: 1 if anything broke, 2 for bad words. */
enum { SEEDS_FAILURES_MAX = 5 };
int seeds_main(int argc, char **argv, const struct simulator *s);

#endif
