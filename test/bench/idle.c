/* idle.c - experiment: how often an idle supervisor wakes up. */
#include "test/bench/plan.h"

#include "test/bench/life.h"
#include "test/bench/samples.h"
#include "test/bench/weigh.h"

#define SERVICES 10

/* All of them idle at the same time: who does nothing disturbs nobody. */
void measure_idle(const struct plan *plan)
{
	struct life lives[N_CONTENDERS];
	long before[N_CONTENDERS];

	lives_start(lives, N_WAYS, SERVICES);
	for (size_t i = N_WAYS; i < N_CONTENDERS; i++)
		if (contenders[i].present)
			before[i] = weigh_switches(&lives[i]);
	nap_ms(plan->idle_s * 1000);
	for (size_t i = N_WAYS; i < N_CONTENDERS; i++)
		if (contenders[i].present)
			sample_add("idle: switches", contenders[i].name,
			           (double)(weigh_switches(&lives[i]) - before[i]));
	lives_end(lives, N_WAYS);
	samples_print("idle: switches", "times", NULL);
}
