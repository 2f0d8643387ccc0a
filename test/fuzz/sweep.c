/* sweep.c - the same steps as the libFuzzer target takes, chosen by a generator
 * with a seed: the same ones in every run.
 *
 *   sweep RECORDS [SEED]     says what became of so many; aborts at a breach
 *   sweep corpus DIR         writes seeds for libFuzzer
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "test/fuzz/manager.h"
#include "test/fuzz/oracle.h"
#include "test/fuzz/world.h"

#define ROUND 20000  /* records from one boot to the next */

static int write_file(const char *path, const uint8_t *bytes, size_t n)
{
	FILE *f = fopen(path, "w");
	bool written = f && fwrite(bytes, 1, n, f) == n;

	if (f && fclose(f) == 0 && written)
		return 0;
	perror(path);
	return -1;
}

static int write_corpus(const char *dir)
{
	uint8_t input[WORLD_SEED_MAX];
	char path[4096];
	size_t n;

	for (unsigned i = 0; (n = world_seed(i, input)) > 0; i++) {
		snprintf(path, sizeof path, "%s/seed-%u", dir, i);
		if (write_file(path, input, n) < 0)
			return 1;
	}
	return 0;
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void print_counts(uint64_t seed, double took)
{
	const struct oracle_counts *c = &oracle_counts;

	printf("%llu records, seed %llu: %llu no records, %llu objected to, %llu carried out, "
	       "%llu repeated (%llu of them pending), %llu busy, %llu given up, %llu answers; "
	       "%llu hostile answers read, %llu items, %llu workers; managers took %llu steps, "
	       "were asked %llu times, gave %llu honest answers, of which %llu came back, and %llu others; %.0f s, %.0f records/s\n",
	       (unsigned long long)c->fed, (unsigned long long)seed, (unsigned long long)c->refused,
	       (unsigned long long)c->objected, (unsigned long long)c->executed,
	       (unsigned long long)c->repeated, (unsigned long long)c->renewed,
	       (unsigned long long)c->busy, (unsigned long long)c->given_up,
	       (unsigned long long)c->answers, (unsigned long long)world_counts.answers_read,
	       (unsigned long long)world_counts.items_read,
	       (unsigned long long)world_counts.workers_read, (unsigned long long)manager_counts.steps,
	       (unsigned long long)manager_counts.asked,
	       (unsigned long long)manager_counts.honest, (unsigned long long)c->relayed,
	       (unsigned long long)manager_counts.hostile, took, (double)c->fed / took);
}

static void sweep(uint64_t records, uint64_t seed)
{
	struct choice s = choice_of_seed(seed);
	double before = seconds();

	while (oracle_counts.fed < records) {
		uint64_t until = oracle_counts.fed + ROUND;

		while (oracle_counts.fed < until && oracle_counts.fed < records)
			world_step(&s);
		world_round(&s);
	}
	print_counts(seed, seconds() - before);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "corpus") == 0)
		return write_corpus(argv[2]);
	if (argc < 2 || argc > 3 || strtoull(argv[1], NULL, 10) == 0) {
		fputs("usage: sweep RECORDS [SEED] | sweep corpus DIR\n", stderr);
		return 2;
	}
	world_begin();
	atexit(world_end);
	sweep(strtoull(argv[1], NULL, 10), argc > 2 ? strtoull(argv[2], NULL, 10) : 1);
	return 0;
}
