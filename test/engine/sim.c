/* sim.c - the random simulator: a seed makes a graph, a machine that misbehaves
 * and an operator who cannot decide; all oracles watch every step.
 *
 *     sim [--seed N] [--seeds N] [--trace] [--rules]
 *
 * Seeds 1..N (500), then what failed once, by name; or the one seed given.
 * Prints what broke with the command that shows it again; exit 1.  --rules
 * leaves out the recount of the engine's counters, so that a mutant has to be
 * seen by its effects. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/limits.h"
#include "test/engine/lib/chaos.h"
#include "test/lib/seeds.h"

#define STEPS 1000
static void steps(struct chaos *c, unsigned n)
{
	while (n-- && !c->world.failure[0])
		chaos_step(c);
}

static void event(struct chaos *c, enum event_kind kind, uint32_t svc)
{
	world_event(&c->world, &(struct event){.kind = kind, .svc = svc, .answer_by_ms = NEVER});
}

static void shut_down(struct world *w, enum urgency urgency)
{
	world_event(w, &(struct event){.kind = EV_SHUTDOWN, .urgency = urgency, .svc = NO_SVC,
	                               .answer_by_ms = NEVER});
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
	for (unsigned n = 0; n < 2 && !c->world.failure[0] && prng_chance(&c->rng, 40); n++) {
		shut_down(&c->world, (enum urgency)prng_below(&c->rng, 3));
		steps(c, prng_below(&c->rng, STEPS));
	}
	if (!c->world.failure[0])
		world_settle(&c->world);
}

static bool run(uint64_t seed, const struct seeds *o, struct tally *t, const char **why, int64_t *at_ms)
{
	static struct chaos c;
	struct plan plan;
	struct engine *e;

	c = (struct chaos){.rng = {seed}};
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
	t->events += c.world.n_events;
	t->actions += c.world.n_actions;
	*why = c.world.failure;
	*at_ms = c.world.now;
	return !c.world.failure[0];
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

/* Readiness and limits of time: not found by a seed, but what they are for. */

static void is(struct world *w, uint32_t i, enum svc_state state)
{
	if (w->actor[i].state != state)
		BROKEN(w, "%u is %s, not %s", i, state_detail(w->actor[i].state), state_detail(state));
}

/* An event, settled. */
static void then(struct world *w, enum event_kind kind, uint32_t i)
{
	world_event(w, &(struct event){.kind = kind, .svc = i, .answer_by_ms = NEVER,
	                               .end = {.kind = END_EXIT, .code = 1}});
	world_drain(w);
}

static void after(struct world *w, int64_t ms)
{
	world_clock(w, w->now + ms);
	world_drain(w);
}

static void ready_is_what_counts(struct world *w)
{
	boot(w);
	is(w, 0, SVC_STARTING);
	then(w, EV_READY, 0);
	is(w, 0, SVC_UP);
}

static void an_end_before_ready_is_a_crash(struct world *w)
{
	boot(w);
	world_ended(w, 0, END_EXIT, 1);
	world_ready(w, 0); /* that process is gone, and the next one is not made yet */
	world_drain(w);
	is(w, 0, SVC_STARTING);
	then(w, EV_EXECUTED, 0);
	then(w, EV_ENDED, 0);
	is(w, 0, SVC_BACKOFF);
	if (engine_deadline(w->e) != w->now + BACKOFF_FIRST_MS)
		BROKEN(w, "the first crash was not counted");
}

static void ready_before_the_end_counts(struct world *w)
{
	boot(w);
	world_ready(w, 0);
	world_ended_fatally(w, 0, 1); /* not settled in between: still an ordinary crash */
	world_drain(w);
	if (w->actor[0].up_ms != w->now || w->actor[0].crashes != 1)
		BROKEN(w, "it was not up, or that it crashed was not counted");
	is(w, 0, SVC_STARTING);
}

static void a_fatal_end_fails(struct world *w)
{
	boot(w);
	world_ended_fatally(w, 0, 1);
	world_drain(w);
	is(w, 0, SVC_FAILED);
	ask(w, EV_START, 0, GOAL_STARTED, 1);
	world_drain(w);
	is(w, 0, SVC_STARTING);
}

static void what_is_late_is_told_killed_and_a_crash(struct world *w)
{
	boot(w);
	after(w, 1999);
	is(w, 0, SVC_STARTING);
	after(w, 1);
	is(w, 0, SVC_LATE);
	then(w, EV_READY, 0);
	is(w, 0, SVC_LATE);
	after(w, 5000);
	is(w, 0, SVC_LATE_KILLED);
	after(w, STUCK_SAY_MS);
	then(w, EV_ENDED, 0);
	is(w, 0, SVC_STARTING); /* the first restart is at once */
	if (w->actor[0].crashes != 1)
		BROKEN(w, "the crash was not counted");
}

static void a_late_success_is_a_failure(struct world *w)
{
	ask(w, EV_BOOT, 1, GOAL_NOW, 0);
	world_drain(w);
	then(w, EV_EXECUTED, 1);
	after(w, 2000);
	is(w, 1, SVC_LATE);
	world_ended(w, 1, END_EXIT, 0);
	world_drain(w);
	is(w, 1, SVC_FAILED);
	world_settle(w);
}

static void a_late_need_leaves_dependents_alone(struct world *w)
{
	boot(w);
	then(w, EV_READY, 2);
	then(w, EV_EXECUTED, 1);
	then(w, EV_READY, 1);
	is(w, 1, SVC_UP);
	then(w, EV_ENDED, 2); /* it crashes, and is slow the next time */
	then(w, EV_EXECUTED, 2);
	after(w, 2000);
	is(w, 2, SVC_LATE);
	after(w, 5000);
	is(w, 2, SVC_LATE_KILLED);
	is(w, 1, SVC_UP);
	then(w, EV_ENDED, 2);
	is(w, 1, SVC_UP);
	world_settle(w);
}

/* 0 needs 1 needs 2, and all are up but 2, which is late by now. */
static void late_below(struct world *w)
{
	boot(w);
	for (uint32_t i = 2; i != NO_SVC; i--) {
		if (i < 2)
			then(w, EV_EXECUTED, i);
		then(w, EV_READY, i);
	}
	then(w, EV_ENDED, 2);
	then(w, EV_EXECUTED, 2);
	after(w, 2000);
	is(w, 2, SVC_LATE);
}

static void a_late_service_is_killed_on_time_while_it_is_held(struct world *w)
{
	int64_t due;

	late_below(w);
	due = w->now + 5000;
	after(w, 1000);
	ask(w, EV_RESTART, 2, GOAL_STARTED, 1);
	world_drain(w);
	is(w, 2, SVC_HELD);
	is(w, 0, SVC_STOPPING);
	if (engine_deadline(w->e) != due || w->actor[2].killed)
		BROKEN(w, "its KILL is not due as it was");
	world_clock(w, due);
	world_drain(w);
	if (!w->actor[2].killed)
		BROKEN(w, "it was not killed on time");
	is(w, 2, SVC_HELD); /* 1 still runs */
	after(w, 1000);
	then(w, EV_ENDED, 0);
	then(w, EV_ENDED, 1);
	is(w, 2, SVC_KILLING);
	world_settle(w);
}

static void a_late_service_is_told_once(struct world *w)
{
	int64_t due;

	late_below(w);
	due = w->now + 5000;
	after(w, 1000);
	ask(w, EV_STOP, 2, GOAL_STOPPED, 1);
	world_drain(w);
	then(w, EV_ENDED, 0);
	then(w, EV_ENDED, 1);
	is(w, 2, SVC_STOPPING);
	if (engine_deadline(w->e) != due)
		BROKEN(w, "its KILL is not due as it was");
	world_settle(w);
}

static void hurry_reaches_the_late(struct world *w)
{
	late_below(w);
	then(w, EV_SHUTDOWN, NO_SVC);
	is(w, 2, SVC_HELD);
	after(w, 10);
	shut_down(w, URGENCY_BOUNDED);
	after(w, 10);
	if (w->actor[2].killed)
		BROKEN(w, "its own limit was shortened");
	shut_down(w, URGENCY_NOW);
	after(w, HURRY_DELAY_MS - 1);
	if (w->actor[2].killed)
		BROKEN(w, "it has not had its second");
	after(w, 1);
	if (!w->actor[2].killed)
		BROKEN(w, "it was told to end and is not killed after a second");
	world_settle(w);
}

/* When the deadline is due that comes next; nothing is due but one stop. */
static void due_in(struct world *w, int64_t ms)
{
	world_drain(w);
	if (engine_deadline(w->e) != w->now + ms)
		BROKEN(w, "KILL is due in %lld ms, not %lld", (long long)(engine_deadline(w->e) - w->now),
		       (long long)ms);
}

/* All three are up, and 0 is told to end: with a delay of 20 s, or none at all. */
static void shut_down_all(struct world *w)
{
	for (unsigned k = 0; k < 3; k++)
		boot(w);
	is(w, 0, SVC_UP);
	then(w, EV_SHUTDOWN, NO_SVC);
	is(w, 0, SVC_STOPPING);
}

static void asked_again(struct world *w)
{
	bool limits = w->plan->node[0].delay_ms > 0;

	shut_down_all(w);
	due_in(w, limits ? 20000 : STOP_MAX_MS);
	after(w, 1000);
	shut_down(w, URGENCY_BOUNDED);
	due_in(w, limits ? 19000 : BOUNDED_DELAY_MS);
	after(w, 1000);
	shut_down(w, URGENCY_NOW);
	due_in(w, HURRY_DELAY_MS);
	then(w, EV_ENDED, 0);
	is(w, 1, SVC_STOPPING);
	due_in(w, HURRY_DELAY_MS);
	world_settle(w);
}

static void nobody_gets_more(struct world *w)
{
	shut_down_all(w);
	after(w, 20000 - 300);
	shut_down(w, URGENCY_NOW);
	due_in(w, 300);
	world_settle(w);
}

/* What survives KILL: 0 before the second request, 1 after it. */
static void what_hangs_is_given_up(struct world *w)
{
	shut_down_all(w);
	after(w, 20000);
	is(w, 0, SVC_KILLING);
	after(w, 15000);
	shut_down(w, URGENCY_BOUNDED);
	after(w, BOUNDED_DELAY_MS - 1);
	is(w, 0, SVC_KILLING);
	after(w, 1);
	is(w, 0, SVC_DOWN);
	is(w, 1, SVC_STOPPING);
	after(w, 20000);
	is(w, 1, SVC_KILLING);
	after(w, BOUNDED_DELAY_MS - 1);
	is(w, 1, SVC_KILLING);
	after(w, 1);
	is(w, 1, SVC_DOWN);
	world_settle(w);
}

/* Long after it was asked for again, whoever is told then has a second all the same. */
static void told_late(struct world *w)
{
	shut_down_all(w);
	shut_down(w, URGENCY_BOUNDED);
	shut_down(w, URGENCY_ORDERLY); /* it never gets less */
	after(w, 4000);
	then(w, EV_ENDED, 0);
	is(w, 1, SVC_STOPPING);
	due_in(w, BOUNDED_DELAY_MS - 4000);
	after(w, BOUNDED_DELAY_MS - 4000 - 500);
	then(w, EV_ENDED, 1);
	is(w, 2, SVC_STOPPING);
	due_in(w, HURRY_DELAY_MS);
	world_settle(w);
}

static void off_and_term_share_one_limit(struct world *w)
{
	int64_t told;

	boot(w);
	then(w, EV_READY, 0);
	told = w->now;
	ask(w, EV_STOP, 0, GOAL_STOPPED, 1);
	world_drain(w);
	is(w, 0, SVC_OFF);
	after(w, 5000); /* its delay */
	is(w, 0, SVC_OFF_KILLED);
	after(w, 500);
	then(w, EV_OFF_ENDED, 0);
	is(w, 0, SVC_STOPPING);
	if (engine_deadline(w->e) != told + 7000)
		BROKEN(w, "KILL is not due when the whole stop is over");
	world_clock(w, told + 7000);
	world_drain(w);
	is(w, 0, SVC_KILLING);
	world_settle(w);
}

/* 0 needs 1 needs 2; 0 is stopped, and hangs. */
static void what_survives_kill_is_given_up_in_a_shutdown(struct world *w)
{
	boot(w);
	then(w, EV_READY, 2);
	then(w, EV_EXECUTED, 1);
	then(w, EV_READY, 1);
	then(w, EV_EXECUTED, 0);
	then(w, EV_READY, 0);
	ask(w, EV_STOP, 0, GOAL_STOPPED, 1);
	world_drain(w);
	after(w, 5000);
	is(w, 0, SVC_KILLING);
	after(w, 3 * STUCK_MAX_MS); /* nobody gives it up */
	is(w, 0, SVC_KILLING);
	then(w, EV_SHUTDOWN, NO_SVC); /* now its time is over */
	if (!w->actor[0].main_left || w->n_requests)
		BROKEN(w, "it is not given up, or not answered");
	is(w, 0, SVC_DOWN);
	is(w, 1, SVC_STOPPING);
	after(w, 5000);
	is(w, 1, SVC_KILLING);
	after(w, STUCK_MAX_MS - 1);
	is(w, 1, SVC_KILLING);
	after(w, 1);
	is(w, 1, SVC_DOWN);
	is(w, 2, SVC_STOPPING);
	then(w, EV_ENDED, 2);
	if (!w->done)
		BROKEN(w, "the shutdown waits for what was given up");
	world_settle(w);
}

static void an_off_that_survives_kill_is_given_up(struct world *w)
{
	boot(w);
	then(w, EV_READY, 0);
	then(w, EV_SHUTDOWN, NO_SVC);
	is(w, 0, SVC_OFF);
	after(w, 5000);
	is(w, 0, SVC_OFF_KILLED);
	after(w, STUCK_MAX_MS);
	is(w, 0, SVC_KILLING); /* told to end, but the time of the whole stop is over */
	then(w, EV_ENDED, 0);
	is(w, 0, SVC_DOWN);
	world_settle(w);
}

/* 0 is essential, with the code 9 for 3; 1 runs beside it. */
static void the_end_of_an_essential_service(struct world *w)
{
	int64_t due;

	boot(w);
	is(w, 0, SVC_UP);
	world_ended(w, 0, END_EXIT, 3);
	if (!w->shutdown || w->end_code != 9)
		BROKEN(w, "its end is not the end of everything, with 9");
	world_drain(w);
	is(w, 0, SVC_DOWN);
	is(w, 1, SVC_STOPPING);
	due = engine_deadline(w->e);
	after(w, 100);
	then(w, EV_SHUTDOWN, NO_SVC);
	if (engine_deadline(w->e) != due)
		BROKEN(w, "the first request hurries somebody");
	shut_down(w, URGENCY_NOW);
	after(w, HURRY_DELAY_MS);
	is(w, 1, SVC_KILLING);
	world_settle(w);
}

static void an_essential_service_that_is_stopped(struct world *w)
{
	boot(w);
	ask(w, EV_RESTART, 0, GOAL_STARTED, 1);
	world_drain(w);
	then(w, EV_ENDED, 0);
	is(w, 0, SVC_STARTING);
	then(w, EV_EXECUTED, 0);
	ask(w, EV_STOP, 0, GOAL_STOPPED, 2);
	world_drain(w);
	then(w, EV_ENDED, 0);
	is(w, 0, SVC_DOWN);
	if (w->shutdown)
		BROKEN(w, "what was stopped or restarted by hand ends everything");
	world_spawn_failed(w, 1, STEP_EXEC, CAUSE_MISSING); /* nothing to 0 */
	ask(w, EV_START, 0, GOAL_STARTED, 3);
	world_drain(w);
	world_spawn_failed(w, 0, STEP_FORK, CAUSE_SHORTAGE);
	world_drain(w);
	if (w->shutdown)
		BROKEN(w, "a shortage ends everything");
	world_settle(w);
}

/* 0 is essential and needs 1, which needs 2. */
static void an_essential_service_without_hope(struct world *w)
{
	boot(w);
	then(w, EV_ENDED, 2);
	if (!w->shutdown || w->end_code != 1)
		BROKEN(w, "that it will never be up does not end everything");
	world_settle(w);
}

/* The graphs of the scenarios. */
enum shape {
	LOOSE, /* nobody needs anybody, 0 wants 1 */
	CHAIN, /* 0 needs 1 needs 2 */
	RESPAWN_CHAIN, /* the same, all kept running */
	ENDLESS_CHAIN, /* the same, and nobody has a delay */
	READY, /* as LOOSE, and CHAIN: all with limits, and respawn services say that they are ready */
	READY_CHAIN,
	VITAL, /* as LOOSE, and CHAIN: 0 is essential, and 3 becomes 9 */
	VITAL_CHAIN
};

static const struct {
	const char *name;
	scenario *play;
	enum shape shape;
} scenarios[] = {
	{"a restart is asked of one run, not of the next", a_restart_is_asked_of_one_run, LOOSE},
	{"a stop that a start made void is answered at once", a_lost_stop_is_answered, LOOSE},
	{"an answer_by that passes between two answers is met", time_passes_between_answers, LOOSE},
	{"who is blocked does not blame past one that was stopped",
	 a_culprit_behind_one_that_is_stopped, CHAIN},
	{"a service that says that it is ready is up then, and not by its exec", ready_is_what_counts,
	 READY},
	{"an end before it is a crash, and counted", an_end_before_ready_is_a_crash, READY},
	{"a ready that is said before the end counts", ready_before_the_end_counts, READY},
	{"a fatal end while it starts is a failure, and a start tries again", a_fatal_end_fails, READY},
	{"who is not up in time is told to end, killed, and started again",
	 what_is_late_is_told_killed_and_a_crash, READY},
	{"an exit 0 after the time is over is a failure", a_late_success_is_a_failure, READY},
	{"a need that restarts and is late leaves those that run alone",
	 a_late_need_leaves_dependents_alone, READY_CHAIN},
	{"who is late is killed on time, whoever holds it up",
	 a_late_service_is_killed_on_time_while_it_is_held, READY_CHAIN},
	{"who is late and then stopped is told once", a_late_service_is_told_once, READY_CHAIN},
	{"who is late is killed when a shutdown is asked for a third time", hurry_reaches_the_late, READY_CHAIN},
	{"a shutdown that is asked for again shortens nobody's limit", asked_again, RESPAWN_CHAIN},
	{"a shutdown that is asked for again limits what has no limit", asked_again, ENDLESS_CHAIN},
	{"a shutdown that is asked for again gives nobody more time", nobody_gets_more, RESPAWN_CHAIN},
	{"who survives KILL is given up ten seconds after a shutdown is asked for again", what_hangs_is_given_up,
	 RESPAWN_CHAIN},
	{"who is told to end late has a second", told_late, ENDLESS_CHAIN},
	{"off and the wait after TERM share the time of the stop", off_and_term_share_one_limit, READY},
	{"what survives KILL is given up in a shutdown, and not before",
	 what_survives_kill_is_given_up_in_a_shutdown, READY_CHAIN},
	{"an off that survives KILL is given up, and its service told to end",
	 an_off_that_survives_kill_is_given_up, READY},
	{"the end of an essential service is that of all, and no request to hurry",
	 the_end_of_an_essential_service, VITAL},
	{"an essential service that is stopped, restarted, or lacks something for now ends nothing",
	 an_essential_service_that_is_stopped, VITAL},
	{"an essential service that can never be up ends everything",
	 an_essential_service_without_hope, VITAL_CHAIN},
};

static void scenario_plan(struct plan *p, enum shape shape)
{
	bool chain = shape != LOOSE && shape != READY && shape != VITAL;
	bool limits = shape == READY || shape == READY_CHAIN;
	bool runs = shape == RESPAWN_CHAIN || shape == ENDLESS_CHAIN;
	uint8_t says = KIND_ON | KIND_RESPAWN | KIND_READY;

	*p = (struct plan){.n = 3};
	for (uint32_t i = 0; i < p->n; i++)
		p->node[i] = (struct graph_node){.kind = i && !runs ? KIND_ON : KIND_ON | KIND_RESPAWN,
		                                 .delay_ms = shape == ENDLESS_CHAIN ? 0 : runs ? 20000 : 5000, .on_ms = limits ? 2000 : 0};
	if (shape == READY)
		p->node[0] = (struct graph_node){.kind = says | KIND_OFF, .delay_ms = 5000,
		                                 .on_ms = 2000, .off_ms = 7000};
	for (uint32_t i = 0; shape == READY_CHAIN && i < p->n; i++)
		p->node[i].kind = says;
	if (shape >= VITAL) {
		p->vital = true;
		p->node[0].essential = ESSENTIAL_EXIT;
		p->code[p->n_codes++] = (struct graph_code){0, 3, 9};
	}
	p->edge[0][1] = chain ? EDGE_NEED : EDGE_LOOSE;
	p->edge[1][2] = chain ? EDGE_NEED : EDGE_NONE;
	plan_compile(p);
}

static uint64_t run_scenarios(bool trace)
{
	uint64_t failures = 0;

	for (unsigned k = 0; k < sizeof scenarios / sizeof *scenarios; k++) {
		struct plan p;
		struct world w;
		struct engine *e;

		scenario_plan(&p, scenarios[k].shape);
		e = plan_engine(&p);
		world_init(&w, &p, e, 1000);
		w.trace = trace;
		scenarios[k].play(&w);
		free(e);
		printf("%s - %s\n", w.failure[0] ? "not ok" : "ok", scenarios[k].name);
		if (w.failure[0])
			printf("  # %s\n", w.failure);
		failures += w.failure[0] != 0;
	}
	return failures;
}

int main(int argc, char **argv)
{
	return seeds_main(argc, argv, &(const struct simulator){run, run_scenarios});
}
