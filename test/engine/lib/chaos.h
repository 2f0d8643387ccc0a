/* chaos.h - random graphs, machines that misbehave, operators who cannot decide. */
#ifndef TEST_ENGINE_CHAOS_H
#define TEST_ENGINE_CHAOS_H

#include "test/lib/prng.h"
#include "test/engine/lib/world.h"

struct chaos {
	struct prng rng;
	struct world world;
	uint32_t handle;          /* the last one given */
	uint32_t fault_percent;   /* how bad this machine is */
	uint32_t command_percent; /* how restless the operator */
};

/* A random acyclic graph of n services (with loose wants anywhere), compiled. */
void chaos_graph(struct prng *r, struct plan *p, uint32_t n);
/* One random thing happens: an event, a command, time, or an action is taken. */
void chaos_step(struct chaos *c);

#endif
