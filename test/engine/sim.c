/* sim.c - the random simulator: a seed makes a graph, a machine that misbehaves
 * and an operator who cannot decide; all oracles watch every step.
 *
 *     sim [--seed N] [--seeds N] [--trace] [--rules]
 *
 * Seeds 1..N (500), then what failed once, by name; or the one seed given.
 * Prints what broke with the command that shows it again; exit 1.  --rules
 * leaves out the recount of the engine's counters, so that a mutant has to be
 * seen by its effects. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/engine/lib/chaos.h"

#define STEPS 1000
#define FAILURES_MAX 5 /* then no more seeds are tried */

struct options {
	uint64_t first, n;
	bool trace, rules_only;
};

struct totals {
	uint64_t seeds, events, actions, failures;
};

static void steps(struct chaos *c, unsigned n)
{
	while (n-- && !c->world.failure[0])
		chaos_step(c);
}

static void event(struct chaos *c, enum event_kind kind, uint32_t svc)
{
	world_event(&c->world, &(struct event){.kind = kind, .svc = svc, .answer_by_ms = NEVER});
}

/* A boot, some chaos, peace; chaos again, a shutdown in the middle of it, the end. */
static void live(struct chaos *c)
{
	if (prng_chance(&c->rng, 70))
		event(c, EV_BOOT, prng_below(&c->rng, c->world.plan->n));
	steps(c, STEPS);
	if (prng_chance(&c->rng, 70) && !c->world.failure[0])
		world_settle(&c->world);
	steps(c, prng_below(&c->rng, STEPS));
	if (c->world.failure[0] || prng_chance(&c->rng, 20))
		return;
	event(c, EV_SHUTDOWN, NO_SVC);
	steps(c, prng_below(&c->rng, STEPS));
	if (!c->world.failure[0] && prng_chance(&c->rng, 30)) {
		event(c, EV_SHUTDOWN, NO_SVC); /* again: hurry */
		steps(c, prng_below(&c->rng, STEPS));
	}
	if (!c->world.failure[0])
		world_settle(&c->world);
}

static void report(const struct chaos *c, uint64_t seed)
{
	printf("sim: seed %" PRIu64 ": at %lld ms: %s\n  replay: sim --seed %" PRIu64 " --trace\n",
	       seed, (long long)c->world.now, c->world.failure, seed);
}

static void run(uint64_t seed, const struct options *o, struct totals *t)
{
	struct chaos c = {.rng = {seed}};
	struct plan plan;
	struct engine *e;

	chaos_graph(&c.rng, &plan, 1 + prng_below(&c.rng, prng_chance(&c.rng, 60) ? 8 : 30));
	c.fault_percent = prng_below(&c.rng, 40);
	c.command_percent = prng_below(&c.rng, 15);
	e = plan_engine(&plan);
	world_init(&c.world, &plan, e, 1000);
	c.world.trace = o->trace;
	c.world.rules_only = o->rules_only;
	if (o->trace)
		plan_print(&plan);
	live(&c);
	free(e);
	t->seeds++;
	t->events += c.world.n_events;
	t->actions += c.world.n_actions;
	if (!c.world.failure[0])
		return;
	t->failures++;
	report(&c, seed);
}

/* What failed once stays tried: each of these was found by a seed. */
typedef void scenario(struct world *w);

static void ask(struct world *w, enum event_kind kind, uint32_t svc, enum goal goal, uint32_t handle)
{
	world_event(w, &(struct event){.kind = kind, .svc = svc, .goal = goal, .handle = handle,
	                               .answer_by_ms = NEVER});
}

/* Boots service 0 and lets all of them execute. */
static void boot(struct world *w)
{
	ask(w, EV_BOOT, 0, GOAL_NOW, 0);
	world_drain(w);
	for (uint32_t i = 0; i < w->plan->n; i++)
		if (w->actor[i].main == PROC_FORKED)
			world_executed(w, i);
	world_drain(w);
}

static void a_restart_is_asked_of_one_run(struct world *w)
{
	boot(w);
	world_ended(w, 1, END_EXIT, 1);
	ask(w, EV_RESTART, 1, GOAL_NOW, 0); /* its end is not settled yet */
	world_drain(w);
	ask(w, EV_START, 1, GOAL_NOW, 0);
	world_drain(w);
	if (w->actor[1].state != SVC_STARTING)
		BROKEN(w, "R5: it is stopped as soon as it starts");
}

static void a_lost_stop_is_answered(struct world *w)
{
	world_settle(w);
	boot(w);
	world_settle(w);
	ask(w, EV_STOP, 0, GOAL_STOPPED, 1);
	world_drain(w);
	ask(w, EV_START, 0, GOAL_NOW, 0);
	world_drain(w);
}

static void time_passes_between_answers(struct world *w)
{
	boot(w);
	world_settle(w);
	world_event(w, &(struct event){.kind = EV_WAIT, .svc = 0, .goal = GOAL_DOWN, .handle = 1,
	                               .answer_by_ms = w->now + 5});
	ask(w, EV_WAIT, 0, GOAL_UP, 2);
	world_next(w);
	world_clock(w, w->now + 10);
	world_drain(w);
}

static void a_culprit_behind_one_that_is_stopped(struct world *w)
{
	boot(w);
	world_ended(w, 2, END_EXIT, 1);
	world_drain(w);
	world_event(w, &(struct event){.kind = EV_STOP, .svc = 1, .only = true, .answer_by_ms = NEVER});
	world_drain(w);
	ask(w, EV_START, 2, GOAL_NOW, 0);
	world_settle(w);
}

static const struct {
	const char *name;
	scenario *play;
	bool chain;  /* 0 needs 1 needs 2, else nobody needs anybody, 0 wants 1 */
} scenarios[] = {
	{"a restart is asked of one run, not of the next", a_restart_is_asked_of_one_run, false},
	{"a stop that a start made void is answered at once", a_lost_stop_is_answered, false},
	{"an answer_by that passes between two answers is met", time_passes_between_answers, false},
	{"who is blocked does not blame past one that was stopped",
	 a_culprit_behind_one_that_is_stopped, true},
};

static void scenario_plan(struct plan *p, bool chain)
{
	*p = (struct plan){.n = 3};
	p->node[0] = (struct graph_node){.kind = KIND_ON | KIND_RESPAWN, .delay_ms = 5000};
	p->node[1] = p->node[2] = (struct graph_node){.kind = KIND_ON, .delay_ms = 5000};
	p->edge[0][1] = chain ? EDGE_NEED : EDGE_LOOSE;
	p->edge[1][2] = chain ? EDGE_NEED : EDGE_NONE;
	plan_compile(p);
}

static void run_scenarios(bool trace, struct totals *t)
{
	for (unsigned k = 0; k < sizeof scenarios / sizeof *scenarios; k++) {
		struct plan p;
		struct world w;
		struct engine *e;

		scenario_plan(&p, scenarios[k].chain);
		e = plan_engine(&p);
		world_init(&w, &p, e, 1000);
		w.trace = trace;
		scenarios[k].play(&w);
		free(e);
		printf("%s - %s\n", w.failure[0] ? "not ok" : "ok", scenarios[k].name);
		if (w.failure[0])
			printf("  # %s\n", w.failure);
		t->failures += w.failure[0] != 0;
	}
}

static int usage(void)
{
	fprintf(stderr, "usage: sim [--seed N] [--seeds N] [--trace] [--rules]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct options o = {.first = 1, .n = 500};
	struct totals t = {0};

	for (int k = 1; k < argc; k++) {
		if (!strcmp(argv[k], "--trace"))
			o.trace = true;
		else if (!strcmp(argv[k], "--rules"))
			o.rules_only = true;
		else if (!strcmp(argv[k], "--seed") && k + 1 < argc)
			o.first = strtoull(argv[++k], NULL, 10), o.n = 1;
		else if (!strcmp(argv[k], "--seeds") && k + 1 < argc)
			o.n = strtoull(argv[++k], NULL, 10);
		else
			return usage();
	}
	for (uint64_t k = 0; k < o.n && t.failures < FAILURES_MAX; k++)
		run(o.first + k, &o, &t);
	if (o.n != 1)
		run_scenarios(o.trace, &t);
	printf("sim: %" PRIu64 " seeds, %" PRIu64 " events, %" PRIu64 " actions, %" PRIu64
	       " failures\n", t.seeds, t.events, t.actions, t.failures);
	return t.failures != 0;
}
