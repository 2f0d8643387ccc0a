/* sim.c - the random simulator: a seed makes limits, workers that die and lie, a
 * machine that is late and an operator who cannot decide; all oracles watch every step.
 *
 *     sim [--seed N] [--seeds N] [--trace] [--rules]
 *
 * Seeds 1..N (500), then what has to hold by name; or the one seed given.  Prints what
 * broke with the command that shows it again; exit 1.  --rules leaves out the recount of
 * the pool's counts and lists, so that a mutant has to be seen by its effects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/prng.h"
#include "test/lib/seeds.h"
#include "test/pool/lib/scenarios.h"
#include "test/pool/lib/world.h"

#define STEPS 1500
struct chaos {
	struct prng rng;
	struct world world;
	struct pool pool;
	uint32_t death_percent, lie_percent, refuse_percent, command_percent, load_percent;
	uint32_t size; /* of pools that an operator wants here */
};

static uint32_t below(struct chaos *c, uint32_t n)
{
	return prng_below(&c->rng, n);
}

static bool chance(struct chaos *c, uint32_t percent)
{
	return prng_chance(&c->rng, percent);
}

/* Mostly sensible; some contradict themselves. */
static struct pool_limits some_limits(struct chaos *c)
{
	static const int64_t idle[] = {0, 10, 1000, 60000}, timeouts[] = {0, 0, 1, 300, 5000};
	static const uint32_t requests[] = {0, 1, 2, 5, 100};
	uint32_t max = 1 + below(c, c->size);
	struct pool_limits l = {
		.max = max, .min = 1 + below(c, max), .requests = requests[below(c, 5)],
		.idle_ms = idle[below(c, 4)], .timeout_ms = timeouts[below(c, 5)],
		.dispatch = chance(c, 60),
	};

	l.idle = l.min + below(c, max - l.min + 1);
	if (chance(c, 5))
		l.min = below(c, 600);
	if (chance(c, 5))
		l.idle = 0, l.idle_ms = -1, l.timeout_ms = -1;
	return l;
}

/* A row with a process, or POOL_NO_ROW. */
static uint32_t some_row(struct chaos *c)
{
	const struct world *w = &c->world;
	uint32_t at = w->high ? below(c, w->high) : 0;

	for (uint32_t k = 0; k < w->high; k++)
		if (w->proc[(at + k) % w->high].alive)
			return (at + k) % w->high;
	return POOL_NO_ROW;
}

static void ends(struct chaos *c, uint32_t row)
{
	world_event(&c->world, &(struct pool_event){.kind = POOL_EV_ENDED, .row = row,
	                                            .orderly = chance(c, 40)});
}

/* Events of no sense, about rows that may not even be there. */
static void lie(struct chaos *c, uint32_t row)
{
	static const enum pool_event_kind kinds[] = {POOL_EV_UP, POOL_EV_BUSY, POOL_EV_AVAILABLE};
	static const uint32_t rows[] = {POOL_ROWS, POOL_NO_ROW, POOL_ROWS - 1};

	if (chance(c, 20))
		world_row_event(&c->world, (enum pool_event_kind)below(c, POOL_EV_REQUEST), rows[below(c, 2)]);
	else
		world_row_event(&c->world, kinds[below(c, 3)], row);
}

/* The process of a row does the next thing, good or bad. */
static void worker_moves(struct chaos *c, uint32_t row)
{
	struct world *w = &c->world;
	const struct proc *p = &w->proc[row];

	if (chance(c, c->death_percent) || ((p->told || p->killed) && chance(c, 50)))
		ends(c, row);
	else if (p->answer != ANSWER_NONE)
		world_answer(w, row);
	else if (chance(c, c->lie_percent))
		lie(c, row);
	else if (!p->up)
		world_row_event(w, POOL_EV_UP, row);
	else if (p->busy_ms != POOL_NEVER)
		world_row_event(w, POOL_EV_AVAILABLE, row);
	else if (!w->limits.dispatch && chance(c, c->load_percent))
		world_row_event(w, POOL_EV_BUSY, row);
}

static void clients_come(struct chaos *c)
{
	struct world *w = &c->world;

	if (!w->limits.dispatch && !chance(c, 2))
		return;
	if (chance(c, c->load_percent))
		world_arrive(w);
	w->refuses = chance(c, c->refuse_percent);
	if (chance(c, 3))
		world_event(w, &(struct pool_event){.kind = POOL_EV_REQUEST, .row = POOL_NO_ROW});
	else
		world_poll(w);
}

static void operator_moves(struct chaos *c)
{
	struct pool_event ev = {.kind = POOL_EV_ROLL, .row = POOL_NO_ROW};
	uint32_t what = below(c, 10);

	if (what < 3) {
		ev.kind = POOL_EV_LIMITS;
		ev.limits = some_limits(c);
	} else if (what < 6) {
		ev.kind = POOL_EV_SCALE;
		ev.n = chance(c, 5) ? below(c, 600) : 1 + below(c, c->size);
	}
	world_event(&c->world, &ev);
}

static void time_passes(struct chaos *c)
{
	struct world *w = &c->world;
	int64_t at = pool_deadline(w->p);

	if (w->resting && at != POOL_NEVER && at > w->now && chance(c, 60))
		world_wake(w);
	else
		world_clock(w, w->now + below(c, chance(c, 90) ? 50 : 40000));
}

static void step(struct chaos *c)
{
	struct world *w = &c->world;
	uint32_t row = some_row(c), what = below(c, 100);

	if (!w->resting && chance(c, 60))
		world_next(w);
	else if (what < c->command_percent)
		operator_moves(c);
	else if (what < 20)
		time_passes(c);
	else if (what < 45)
		clients_come(c);
	else if (row != POOL_NO_ROW)
		worker_moves(c, row);
}

static void steps(struct chaos *c, unsigned n)
{
	while (n-- && !c->world.failure[0])
		step(c);
}

static void settle(struct chaos *c)
{
	bool slow = c->world.slow_answers;

	if (!c->world.failure[0])
		world_settle(&c->world);
	c->world.slow_answers = slow;
}

/* A start, good or bad; some life, peace; life again, a drain in the middle of it. */
static void live(struct chaos *c)
{
	if (chance(c, 80))
		settle(c);
	steps(c, STEPS);
	if (chance(c, 70))
		settle(c);
	steps(c, below(c, STEPS));
	if (c->world.failure[0])
		return;
	if (chance(c, 70)) {
		world_event(&c->world, &(struct pool_event){.kind = POOL_EV_DRAIN, .row = POOL_NO_ROW});
		steps(c, below(c, STEPS / 4));
	}
	settle(c);
}

static bool run(uint64_t seed, const struct seeds *o, struct tally *t, const char **why, int64_t *at_ms)
{
	static struct chaos c;
	static const uint32_t sizes[] = {2, 3, 4, 4, 6, 8, 12, 40, POOL_MAX};
	struct pool_limits limits;

	memset(&c, 0, sizeof c);
	c.rng.state = seed;
	c.size = sizes[below(&c, chance(&c, 95) ? 7 : 9)];
	c.size = c.size < POOL_MAX ? c.size : POOL_MAX;
	c.death_percent = below(&c, 15);
	c.lie_percent = chance(&c, 50) ? below(&c, 30) : 0;
	c.refuse_percent = chance(&c, 30) ? below(&c, 40) : 0;
	c.command_percent = below(&c, 6);
	c.load_percent = below(&c, 100);
	limits = some_limits(&c);
	world_init(&c.world, &c.pool, &limits, 1000);
	c.world.trace = o->trace;
	c.world.rules_only = o->rules_only;
	c.world.slow_answers = chance(&c, 50);
	live(&c);
	t->events += c.world.n_events;
	t->actions += c.world.n_actions;
	*why = c.world.failure;
	*at_ms = c.world.now;
	return !c.world.failure[0];
}

int main(int argc, char **argv)
{
	return seeds_main(argc, argv, &(const struct simulator){run, scenarios_run});
}
