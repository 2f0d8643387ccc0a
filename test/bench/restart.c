/* restart.c - experiment: how long a service that was killed is away. */
#include "test/bench/plan.h"

#include "test/bench/life.h"
#include "test/bench/samples.h"

/* Long enough for every supervisor to be asleep again. */
#define BREATH_MS 5
/* Who waits a second before every restart needs no more samples than these. */
#define SLOW_MS 500
#define SLOW_SAMPLES 2

/* Each service is killed once only: its second restart would be delayed.  The
 * first of each is the round that is not counted. */
static void kill_each(struct life *lives, size_t n)
{
	unsigned slow[N_CONTENDERS] = { 0 };

	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < N_CONTENDERS; i++) {
			double ms;

			if (!contenders[i].present || slow[i] > SLOW_SAMPLES)
				continue;
			nap_ms(BREATH_MS);
			ms = life_restart(&lives[i], k);
			slow[i] += ms > SLOW_MS;
			if (k > 0)
				sample_add("restart", contenders[i].name, ms);
		}
}

void measure_restart(const struct plan *plan)
{
	struct life lives[N_CONTENDERS];

	for (unsigned round = 0; round < plan->restart_rounds; round++) {
		lives_start(lives, 0, plan->restarts + 1);
		kill_each(lives, plan->restarts + 1);
		lives_end(lives, 0);
	}
	samples_print("restart", "ms", "vfork");
}
