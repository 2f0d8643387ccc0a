/* chaos.c - what random machines and operators do. */
#include "test/engine/lib/chaos.h"

#include <string.h>

static uint32_t pick_delay(struct prng *r)
{
	static const uint32_t delays[] = {0, 0, 1, 100, 5000, 5000, 12000};

	return delays[prng_below(r, sizeof delays / sizeof *delays)];
}

/* Half of them have none. */
static uint32_t pick_limit_ms(struct prng *r)
{
	static const uint32_t limits[] = {1, 100, 2000, 7000, 30000};

	return prng_chance(r, 50) ? 0 : limits[prng_below(r, sizeof limits / sizeof *limits)];
}

static uint8_t pick_kind(struct prng *r)
{
	static const uint8_t kinds[] = {
		0, KIND_ON, KIND_ON, KIND_ON | KIND_RESPAWN, KIND_ON | KIND_RESPAWN,
		KIND_ON | KIND_OFF, KIND_ON | KIND_RESPAWN | KIND_OFF, KIND_OFF,
		KIND_ON | KIND_RESPAWN | KIND_READY, KIND_ON | KIND_RESPAWN | KIND_READY | KIND_OFF,
	};
	uint8_t kind = kinds[prng_below(r, sizeof kinds)];

	return prng_chance(r, 4) ? kind | KIND_REFUSED : kind;
}

static enum edge pick_edge(struct prng *r)
{
	uint32_t x = prng_below(r, 20);

	return x < 10 ? EDGE_NEED : x < 18 ? EDGE_WANT : EDGE_LOOSE;
}

/* Some services of some graphs end everything. */
static void pick_essential(struct prng *r, struct plan *p)
{
	static const uint8_t codes[] = {0, 1, 2, 126, 127, 137, 143};

	p->vital = prng_chance(r, 25);
	for (uint32_t i = 0; p->vital && i < p->n; i++) {
		if (!(p->node[i].kind & KIND_ON) || !prng_chance(r, 15))
			continue;
		p->node[i].essential = (uint8_t)(1 + prng_below(r, ESSENTIAL_N - 1));
		while (p->n_codes < PLAN_CODES && prng_chance(r, 50))
			p->code[p->n_codes++] = (struct graph_code){
				i, codes[prng_below(r, sizeof codes)], (uint8_t)prng_below(r, 256)};
	}
}

/* Edges go down a random order, so there is no cycle; loose wants go anywhere. */
void chaos_graph(struct prng *r, struct plan *p, uint32_t n)
{
	uint32_t order[PLAN_MAX] = {0}, density = 5 + prng_below(r, 50);

	memset(p, 0, sizeof *p);
	p->n = n;
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t at = prng_below(r, i + 1);

		order[i] = order[at];
		order[at] = i;
		p->node[i].kind = pick_kind(r);
		p->node[i].delay_ms = pick_delay(r);
		p->node[i].on_ms = pick_limit_ms(r);
		p->node[i].off_ms = pick_limit_ms(r);
	}
	for (uint32_t i = 0; i < p->n; i++)
		for (uint32_t j = 0; j < p->n; j++) {
			if (i == j || !prng_chance(r, density / (p->n > 10 ? 4 : 1)))
				continue;
			p->edge[order[i]][order[j]] = (uint8_t)(j < i ? pick_edge(r)
			                                : prng_chance(r, 10) ? EDGE_LOOSE : EDGE_NONE);
		}
	pick_essential(r, p);
	plan_compile(p);
}

static uint32_t pick_svc(struct chaos *c)
{
	return prng_below(&c->rng, c->world.plan->n);
}

static void spawn_fails(struct chaos *c, uint32_t i)
{
	static const uint8_t steps[] = {STEP_FORK, STEP_EXEC, STEP_LISTEN};

	world_spawn_failed(&c->world, i, (enum spawn_step)steps[prng_below(&c->rng, 3)],
	                   (enum spawn_cause)prng_below(&c->rng, CAUSE_N));
}

/* The main process of i does the next thing, good or bad. */
static void main_moves(struct chaos *c, uint32_t i)
{
	struct world *w = &c->world;
	const struct actor *a = &w->actor[i];
	bool fault = prng_chance(&c->rng, c->fault_percent);

	if (a->killed || a->termed) {
		if (prng_chance(&c->rng, 50))
			return; /* not yet, or not at all */
		world_ended(w, i, fault ? END_EXIT : END_SIGNAL, fault ? 0 : 15);
	} else if (a->main == PROC_FORKED && fault) {
		if (prng_chance(&c->rng, 20))
			world_ended(w, i, END_SIGNAL, 9);
		else
			spawn_fails(c, i);
	} else if (a->main == PROC_FORKED) {
		world_executed(w, i);
	} else if (fault && prng_chance(&c->rng, 20)) {
		world_ended_fatally(w, i, 1);
	} else if (fault) {
		world_ended(w, i, END_EXIT, (int)prng_below(&c->rng, 3));
	} else if (!(c->world.plan->node[i].kind & KIND_RESPAWN)) {
		world_ended(w, i, END_EXIT, 0);
	} else if (prng_chance(&c->rng, a->ready ? 5 : 50)) {
		world_ready(w, i);
	}
}

/* Some service that has a process, or any if none has. */
static uint32_t pick_process(struct chaos *c)
{
	uint32_t n = c->world.plan->n, i = pick_svc(c);

	for (uint32_t k = 0; k < n; k++, i = (i + 1) % n)
		if (c->world.actor[i].main != PROC_NONE || c->world.actor[i].off != PROC_NONE)
			return i;
	return i;
}

static void machine_moves(struct chaos *c)
{
	uint32_t i = pick_process(c);

	if (c->world.actor[i].off != PROC_NONE && prng_chance(&c->rng, 50))
		world_off_ended(&c->world, i);
	if (c->world.actor[i].main != PROC_NONE)
		main_moves(c, i);
	else if (prng_chance(&c->rng, 5))
		world_ready(&c->world, i); /* what it said last comes late */
}

static int64_t pick_limit(struct chaos *c)
{
	return prng_chance(&c->rng, 50) ? NEVER : c->world.now + prng_below(&c->rng, 20000);
}

static enum goal pick_goal(struct chaos *c, enum event_kind kind)
{
	static const enum goal waits[] = {GOAL_UP, GOAL_DOWN, GOAL_SETTLED, GOAL_STARTED};

	if (kind == EV_WAIT)
		return waits[prng_below(&c->rng, 4)];
	if (prng_chance(&c->rng, 15))
		return GOAL_NOW;
	return kind == EV_STOP ? GOAL_STOPPED : GOAL_STARTED;
}

static void operator_asks(struct chaos *c)
{
	static const enum event_kind kinds[] = {
		EV_START, EV_START, EV_START, EV_STOP, EV_RESTART, EV_TRY_RESTART, EV_WAIT,
	};
	struct event ev = {
		.kind = kinds[prng_below(&c->rng, sizeof kinds / sizeof *kinds)],
		.svc = pick_svc(c),
		.answer_by_ms = pick_limit(c),
	};

	ev.goal = pick_goal(c, ev.kind);
	ev.only = ev.kind != EV_WAIT && prng_chance(&c->rng, 20);
	if (ev.kind == EV_WAIT && ev.goal == GOAL_SETTLED && prng_chance(&c->rng, 50))
		ev.svc = NO_SVC;
	if (ev.kind == EV_WAIT || prng_chance(&c->rng, 70))
		ev.handle = ++c->handle;
	if (ev.handle && c->world.n_requests == REQUESTS_MAX)
		return;
	world_event(&c->world, &ev);
}

static void client_leaves(struct chaos *c)
{
	const struct request *r = &c->world.request[prng_below(&c->rng, REQUESTS_MAX)];

	if (r->handle)
		world_event(&c->world, &(struct event){
			.kind = EV_CANCEL, .svc = NO_SVC, .handle = r->handle, .answer_by_ms = NEVER});
}

/* To the next deadline, or past it, or anywhere. */
static void time_passes(struct chaos *c)
{
	static const uint32_t spans[] = {1, 50, 100, 3000, 6000, 40000};
	int64_t next = engine_deadline(c->world.e);
	int64_t to = c->world.now + prng_below(&c->rng, spans[prng_below(&c->rng, 6)]);

	if (next != NEVER && next > c->world.now && prng_chance(&c->rng, 60))
		to = next;
	world_clock(&c->world, to);
}

void chaos_step(struct chaos *c)
{
	uint32_t x = prng_below(&c->rng, 100);

	if (x < c->command_percent)
		operator_asks(c);
	else if (x < c->command_percent + 2)
		client_leaves(c);
	else if (x < 40)
		machine_moves(c);
	else if (x < 48)
		time_passes(c);
	else if (x < 70)
		world_drain(&c->world);
	else
		world_next(&c->world);
}
