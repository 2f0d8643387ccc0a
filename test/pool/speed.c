/* speed.c - what the rules cost: nanoseconds of a request, from the event that it waits
 * to the rest after it was served.
 *
 *     speed [ROUNDS]
 *
 * Best of five runs, for pools of 16 and 256 workers of which few or nearly all are busy. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "src/pool/rules.h"

#define RUNS 5

static struct pool pool;
static int64_t now;
static uint32_t ring[POOL_ROWS]; /* busy rows, oldest first */

static int64_t clock_ns(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		abort();
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void event(enum pool_event_kind kind, uint32_t row)
{
	pool_event(&pool, now, &(struct pool_event){.kind = kind, .row = row});
}

/* Carries out nothing; who was given a request, or POOL_NO_ROW. */
static uint32_t rest(void)
{
	struct pool_action act;
	uint32_t row = POOL_NO_ROW;

	while (pool_next(&pool, now, &act)) {
		if (act.kind == POOL_ACT_GIVE)
			row = act.row;
		if (act.kind == POOL_ACT_START)
			event(POOL_EV_UP, act.row);
	}
	if (pool_deadline(&pool) <= now)
		abort();
	return row;
}

static uint32_t begin(bool dispatch, uint32_t row)
{
	event(dispatch ? POOL_EV_REQUEST : POOL_EV_BUSY, row);
	return dispatch ? rest() : (rest(), row);
}

/* So many workers, so many of them always busy. */
static double cycle_ns(bool dispatch, uint32_t workers, uint32_t busy, uint32_t rounds)
{
	int64_t began;

	pool_init(&pool, &(struct pool_limits){.min = workers, .max = workers, .idle = workers,
	                                       .idle_ms = 60000, .timeout_ms = 30000, .dispatch = dispatch});
	rest();
	for (uint32_t k = 0; k < busy; k++)
		ring[k] = begin(dispatch, k);
	began = clock_ns();
	for (uint32_t k = 0; k < rounds; k++) {
		uint32_t *oldest = &ring[k % busy];

		now += k % 16 == 0;
		event(POOL_EV_AVAILABLE, *oldest);
		rest();
		*oldest = begin(dispatch, *oldest);
	}
	return (double)(clock_ns() - began) / rounds;
}

static void measure(const char *mode, bool dispatch, uint32_t workers, uint32_t busy, uint32_t rounds)
{
	double best = 1e9;

	for (unsigned k = 0; k < RUNS; k++) {
		double ns = cycle_ns(dispatch, workers, busy, rounds);

		best = ns < best ? ns : best;
	}
	printf("speed: %-8s  %3u workers, %3u busy: %6.1f ns a request\n", mode, (unsigned)workers,
	       (unsigned)busy, best);
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;

	if (rounds == 0) {
		fprintf(stderr, "usage: speed [ROUNDS]\n");
		return 2;
	}
	for (unsigned k = 0; k < 2; k++)
		for (uint32_t workers = 16; workers <= 256; workers *= 16) {
			measure(k ? "share" : "dispatch", !k, workers, 1, rounds);
			measure(k ? "share" : "dispatch", !k, workers, workers - 1, rounds);
		}
	return 0;
}
