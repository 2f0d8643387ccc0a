/* sim.c - the simulator of life: random events and faults, with times as they come.
 *
 *     sim [--seeds N] [--seed FIRST] [--trace]
 *
 * The explorer tries every order of events, with time in large steps; here time passes
 * as the deadlines say, or by any amount, and a run is long.  Each seed is one run, from
 * a begin to an end; a run that breaks a rule is repeated by its seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/limits.h"
#include "test/lib/prng.h"
#include "test/lib/seeds.h"
#include "test/life/lib/world.h"

#define STEPS 400

static void somebody_asks(struct world *w, struct prng *r)
{
	static const uint8_t hows[] = {SHUTDOWN_HALT, SHUTDOWN_POWEROFF, SHUTDOWN_REBOOT, SHUTDOWN_KEXEC,
	                               SHUTDOWN_RESCUE, SHUTDOWN_SWITCH};
	enum life_by by = (enum life_by)prng_below(r, LIFE_BY_TERMINAL + 1);
	bool force = by == LIFE_BY_CLIENT && prng_chance(r, 10);

	world_request(w, (enum shutdown)hows[prng_below(r, sizeof hows)], by, force);
}

/* One thing that happens in the world, if it can. */
static void something_happens(struct world *w, struct prng *r, unsigned requests)
{
	if (w->loading && prng_chance(r, 50))
		world_loaded(w, prng_chance(r, 80), prng_chance(r, 80));
	else if (w->booting && w->services == SERVICES_RUN && prng_chance(r, 50))
		world_settled(w, prng_chance(r, 40));
	else if (w->services == SERVICES_STOP && prng_chance(r, 15))
		world_simple(w, LIFE_EV_DOWN);
	else if (w->helper && prng_chance(r, 20))
		world_helper_over(w, prng_chance(r, 30));
	else if (w->switching && prng_chance(r, 50))
		world_simple(w, LIFE_EV_SWITCHED);
	else if (w->left != LIFE_LEFT_NOBODY && !w->helper && life_is_stopping(&w->l) && prng_chance(r, 10))
		w->left = (uint8_t)(w->kind->container && prng_chance(r, 50) ? LIFE_LEFT_OTHERS : LIFE_LEFT_NOBODY);
	else if (prng_chance(r, requests))
		somebody_asks(w, r);
	else if (w->services == SERVICES_RUN && prng_chance(r, 1))
		world_essential(w, (int32_t)prng_below(r, 256));
	else
		world_simple(w, prng_chance(r, 20) ? LIFE_EV_RELOAD : LIFE_EV_IDLE);
}

/* The loop wakes up: when it has to, or because of an event before that. */
static void time_passes(struct world *w, struct prng *r)
{
	int64_t next = life_deadline(&w->l), ahead = next == NEVER ? 10000 : next - w->now;

	if (prng_chance(r, 30) && ahead > 0)
		world_turn(w, w->now + prng_below(r, (uint32_t)ahead));
	else if (next != NEVER)
		world_turn(w, next + (prng_chance(r, 10) ? prng_below(r, 300) : 0));
	else
		world_turn(w, w->now);
}

/* Events come when it is late already, before the turn. */
static void pass_without_turn(struct world *w, struct prng *r)
{
	int64_t at = prng_chance(r, 50) ? life_deadline(&w->l) : w->l.deadline_ms;

	if (at != NEVER && at > w->now)
		w->now = at;
}

static bool is_over(const struct world *w)
{
	return w->l.state == LIFE_OVER || w->l.state == LIFE_SHELLS;
}

static bool run(uint64_t seed, const struct seeds *o, struct tally *t, const char **why, int64_t *at_ms)
{
	struct prng r = {seed};
	static struct world w;
	unsigned requests = prng_chance(&r, 50) ? 1 : 20;
	const struct kind_of_world *kind = &worlds[prng_below(&r, N_WORLDS)];

	world_init(&w, kind, kind->machine && prng_chance(&r, 20));
	w.trace = o->trace;
	for (unsigned n = 0; n < STEPS && !is_over(&w) && !*w.failure; n++) {
		if (!world_has_actions(&w) && prng_chance(&r, 10))
			pass_without_turn(&w, &r);
		for (bool again = true; again && !*w.failure; again = prng_chance(&r, 20))
			something_happens(&w, &r, requests);
		if (prng_chance(&r, 40) && world_has_actions(&w)) {
			if (prng_chance(&r, 70))
				world_next(&w); /* an event comes between two actions */
			continue;
		}
		world_drain(&w);
		time_passes(&w, &r);
	}
	if (!*w.failure)
		world_rest(&w, prng_chance(&r, 50));
	t->events += w.n_events;
	*why = w.failure;
	*at_ms = w.now;
	return !*w.failure;
}

int main(int argc, char **argv)
{
	return seeds_main(argc, argv, &(const struct simulator){run, NULL});
}
