/* seeds.c - runs a simulator for each seed. */
#include "test/lib/seeds.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse(struct seeds *o, int argc, char **argv)
{
	for (int k = 1; k < argc; k++) {
		if (!strcmp(argv[k], "--trace"))
			o->trace = true;
		else if (!strcmp(argv[k], "--rules"))
			o->rules_only = true;
		else if (!strcmp(argv[k], "--seed") && k + 1 < argc)
			o->first = strtoull(argv[++k], NULL, 10), o->n = 1;
		else if (!strcmp(argv[k], "--seeds") && k + 1 < argc)
			o->n = strtoull(argv[++k], NULL, 10);
		else
			return false;
	}
	return true;
}

static void run(const struct simulator *s, uint64_t seed, const struct seeds *o, struct tally *t)
{
	const char *why = "";
	int64_t at_ms = 0;

	t->seeds++;
	if (s->run(seed, o, t, &why, &at_ms))
		return;
	t->failures++;
	printf("sim: seed %" PRIu64 ": at %" PRId64 " ms: %s\n  replay: sim --seed %" PRIu64 " --trace\n",
	       seed, at_ms, why, seed);
}

int seeds_main(int argc, char **argv, const struct simulator *s)
{
	struct seeds o = {.first = 1, .n = 500};
	struct tally t = {0};

	if (!parse(&o, argc, argv)) {
		fprintf(stderr, "usage: sim [--seed N] [--seeds N] [--trace] [--rules]\n");
		return 2;
	}
	for (uint64_t k = 0; k < o.n && t.failures < SEEDS_FAILURES_MAX; k++)
		run(s, o.first + k, &o, &t);
	if (o.n != 1 && s->named)
		t.failures += s->named(o.trace);
	printf("sim: %" PRIu64 " seeds, %" PRIu64 " events, %" PRIu64 " actions, %" PRIu64 " failures\n",
	       t.seeds, t.events, t.actions, t.failures);
	return t.failures != 0;
}
