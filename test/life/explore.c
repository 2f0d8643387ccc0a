/* explore.c - the exhaustive explorer of life: every order of events, to a fixed point.
 *
 *     explore [--world NAME] [--trace]
 *
 * In every state, every event that a machine, its services or a person can cause is
 * tried, also between two actions, until no state is new.  A state is struct life and
 * the world's truth, with times relative to now and nothing that no decision looks at.
 * Time moves to the next deadline, or, near the edges of a state, by a second; who is left is looked for in every
 * turn, so the short timer for that is left to the simulator.  All oracles watch each
 * step; from one state in LIVENESS everybody behaves, and nobody does, until all is
 * quiet.  --trace prints the way to the state that broke a rule. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/limits.h"
#include "test/lib/seen.h"
#include "test/life/lib/world.h"

#define LIVENESS 64
#define STATES_MAX 40000000u /* of one world: more is a mistake */

enum move {
	MOVE_NEXT,      /* one action is taken */
	MOVE_TURN,      /* a turn, in the same millisecond */
	MOVE_DEADLINE,  /* time passes to the next deadline but that for a look */
	MOVE_SECOND,    /* a second passes */
	MOVE_MOMENT,    /* time for who may not be killed */
	MOVE_LOADED,    /* a load is over */
	MOVE_LOADED_EMPTY,
	MOVE_LOAD_FAILS,
	MOVE_SETTLED,
	MOVE_HOLLOW,
	MOVE_DOWN,
	MOVE_HELPER_OVER,
	MOVE_HELPER_FAILS,
	MOVE_FEWER,     /* who is left ends */
	MOVE_MORE,      /* in a container, somebody is put beside us */
	MOVE_SWITCH_FAILS,
	MOVE_IDLE,
	MOVE_RELOAD,
	MOVE_ESSENTIAL,
	MOVE_CLIENT,    /* power off, by a client */
	MOVE_NUMBER,    /* reboot, by signal 39 */
	MOVE_SIGNAL,    /* power off, by TERM */
	MOVE_POWER,
	MOVE_FORCE,     /* reboot -f */
	MOVE_RESCUE,
	MOVE_SWITCH,
	MOVE_N
};

static const char *const move_words[MOVE_N] = {
	"next", "turn", "deadline", "second", "moment", "loaded", "loaded empty", "load fails",
	"settled", "hollow", "down", "helper over", "helper fails", "fewer", "more", "switch fails",
	"idle", "reload", "essential", "client", "number", "signal", "power", "force", "rescue", "switch",
};

struct spot {
	struct world world;
	uint32_t id;
};

struct link {
	uint32_t from;
	uint8_t move;
};

struct explorer {
	const struct kind_of_world *kind;
	struct spot at;
	struct spot *stack;
	size_t n_stack, stack_room;
	struct seen seen;
	struct link *trail;
	size_t trail_room;
	uint64_t moves, rested;
	uint32_t n_kept;           /* states, in the order of `trail` */
	size_t per_state[LIFE_N_STATES];
};

/* ---- what a state is ---- */

/* How long ago, up to where it no longer matters; one more than that: never. */
static uint64_t ago(const struct world *w, int64_t then, int64_t matters)
{
	int64_t ms = then == NEVER ? matters + 1 : w->now - then;

	return (uint64_t)(ms < matters || then == NEVER ? ms : matters);
}

static uint64_t until(const struct world *w, int64_t then)
{
	return then == NEVER ? UINT64_MAX : then > w->now ? (uint64_t)(then - w->now) : 0;
}

static void mix_flags(uint64_t *h, const bool *flag, size_t n)
{
	uint64_t bits = 0;

	for (size_t k = 0; k < n; k++)
		bits = bits << 1 | flag[k];
	mix(h, bits);
}

static void mix_life(uint64_t *h, const struct world *w)
{
	const struct life *l = &w->l;
	const bool flags[] = {l->shell_first, l->reload_first, l->reload_asked, l->requested, l->forced,
		l->in_use, l->tree, l->start, l->loaded, l->load_failed, l->settled, l->hollow, l->ended,
		l->unstarted, l->down, l->gone, l->looked};

	mix(h, until(w, l->deadline_ms));
	mix(h, until(w, l->name_ms));
	mix(h, l->look_ms == NEVER);
	mix(h, ago(w, l->named_ms, REQUEST_NAME_MS));
	mix(h, ago(w, l->since_ms, FOREIGN_MAX_MS));
	mix(h, ago(w, l->counted_ms, REQUEST_ONE_MS));
	mix(h, l->state == LIFE_SHELL ? ago(w, l->shell_ms, RESCUE_RETRY_MS) : 0);
	mix(h, (uint64_t)l->state | (uint64_t)l->how << 8 | (uint64_t)l->urgency << 16 | (uint64_t)l->helper << 24
	       | (uint64_t)l->loading << 32 | (uint64_t)(l->code != 0) << 40);
	mix(h, (uint64_t)l->todo << 16 | l->say);
	mix_flags(h, flags, sizeof flags);
}

static uint64_t hash(const struct world *w)
{
	const bool flags[] = {w->loading, w->reloading, w->stale, w->tree, w->start, w->booting,
		w->switching, w->forced, w->requested, w->urgency_told, w->reload_asked, w->termed, w->killed, w->active,
		w->closed, w->last, w->unmounted, w->ended, w->stopped, w->shell_first};
	uint64_t h = 1;

	mix_life(&h, w);
	mix(&h, (uint64_t)w->services | (uint64_t)w->left << 8 | (uint64_t)w->helper << 16
	        | (uint64_t)w->how << 24 | (uint64_t)w->urgency << 32);
	mix(&h, ago(w, w->shell_ms, RESCUE_RETRY_MS));
	mix(&h, ago(w, w->named_ms, BLOCKED_SAY_MS + 1));
	mix_flags(&h, flags, sizeof flags);
	return h ? h : 1;
}

/* ---- moves ---- */

static bool may_load(const struct world *w, enum move m)
{
	/* Trees of both kinds matter only where a boot decides. */
	return w->loading && (m != MOVE_LOAD_FAILS || !w->stale);
}

/* A state is explored by the second where it begins and where it ends; in between, from
 * one naming to the next. */
static bool near_an_edge(const struct world *w)
{
	return w->now < w->l.since_ms + 3000 || w->l.deadline_ms == NEVER || w->l.deadline_ms < w->now + 3000;
}

static bool may_pass(const struct world *w, enum move m)
{
	int64_t next = w->l.deadline_ms < w->l.name_ms ? w->l.deadline_ms : w->l.name_ms;

	if (world_has_actions(w))
		return false;
	switch ((unsigned)m) {
	case MOVE_DEADLINE: return next != NEVER;
	case MOVE_SECOND: return next > w->now + 1000 && near_an_edge(w);
	case MOVE_MOMENT:
		return w->l.state == LIFE_KILLED && w->left == LIFE_LEFT_OTHERS
		       && w->now < w->l.since_ms + FOREIGN_MAX_MS && next > w->now + 250;
	default: return true;
	}
}

static bool may(const struct world *w, enum move m)
{
	bool alive = w->l.state != LIFE_OVER && w->l.state != LIFE_SHELLS;

	if (*w->failure || (!alive && m != MOVE_NEXT && m != MOVE_TURN && m != MOVE_CLIENT))
		return false;
	switch (m) {
	case MOVE_NEXT: return world_has_actions(w);
	case MOVE_TURN:
	case MOVE_DEADLINE:
	case MOVE_SECOND:
	case MOVE_MOMENT: return may_pass(w, m);
	case MOVE_LOADED:
	case MOVE_LOADED_EMPTY:
	case MOVE_LOAD_FAILS: return may_load(w, m);
	case MOVE_SETTLED:
	case MOVE_HOLLOW: return w->booting && w->services == SERVICES_RUN;
	case MOVE_DOWN: return w->services == SERVICES_STOP;
	case MOVE_HELPER_OVER:
	case MOVE_HELPER_FAILS: return w->helper != HELPER_NONE;
	case MOVE_FEWER: return w->left != LIFE_LEFT_NOBODY && !w->helper && life_is_stopping(&w->l);
	case MOVE_MORE: return w->kind->container && w->left == LIFE_LEFT_NOBODY && w->l.state == LIFE_SERVICES;
	case MOVE_SWITCH_FAILS: return w->switching;
	case MOVE_ESSENTIAL:
		return !w->kind->machine && !w->l.code && (w->services == SERVICES_RUN || w->services == SERVICES_STOP);
	case MOVE_IDLE: return w->l.reload_asked || w->reload_asked;
	case MOVE_RELOAD:
	case MOVE_CLIENT:
	case MOVE_NUMBER:
	case MOVE_SIGNAL:
	case MOVE_POWER:
	case MOVE_FORCE:
	case MOVE_RESCUE:
	case MOVE_SWITCH:
	case MOVE_N: break;
	}
	return true;
}

static void fewer(struct world *w)
{
	w->left = (uint8_t)(w->kind->container && w->left == LIFE_LEFT_SOME ? LIFE_LEFT_OTHERS : LIFE_LEFT_NOBODY);
}

static void pass(struct world *w, enum move m)
{
	int64_t next = w->l.deadline_ms < w->l.name_ms ? w->l.deadline_ms : w->l.name_ms;

	switch ((unsigned)m) {
	case MOVE_DEADLINE: world_turn(w, next); break;
	case MOVE_SECOND: world_turn(w, w->now + 1000); break;
	case MOVE_MOMENT: world_turn(w, w->now + 250); break;
	default: world_turn(w, w->now); break;
	}
}

static void make(struct world *w, enum move m)
{
	switch (m) {
	case MOVE_NEXT: world_next(w); break;
	case MOVE_TURN:
	case MOVE_DEADLINE:
	case MOVE_SECOND:
	case MOVE_MOMENT: pass(w, m); break;
	case MOVE_LOADED: world_loaded(w, true, true); break;
	case MOVE_LOADED_EMPTY: world_loaded(w, true, false); break;
	case MOVE_LOAD_FAILS: world_loaded(w, false, false); break;
	case MOVE_SETTLED: world_settled(w, false); break;
	case MOVE_HOLLOW: world_settled(w, true); break;
	case MOVE_DOWN: world_simple(w, LIFE_EV_DOWN); break;
	case MOVE_HELPER_OVER: world_helper_over(w, false); break;
	case MOVE_HELPER_FAILS: world_helper_over(w, true); break;
	case MOVE_FEWER: fewer(w); break;
	case MOVE_MORE: w->left = LIFE_LEFT_OTHERS; break;
	case MOVE_SWITCH_FAILS: world_simple(w, LIFE_EV_SWITCHED); break;
	case MOVE_IDLE: world_simple(w, LIFE_EV_IDLE); break;
	case MOVE_RELOAD: world_simple(w, LIFE_EV_RELOAD); break;
	case MOVE_ESSENTIAL: world_essential(w, 7); break;
	case MOVE_CLIENT: world_request(w, SHUTDOWN_POWEROFF, LIFE_BY_CLIENT, false); break;
	case MOVE_NUMBER: world_request(w, SHUTDOWN_REBOOT, LIFE_BY_NUMBER, false); break;
	case MOVE_SIGNAL: world_request(w, SHUTDOWN_POWEROFF, LIFE_BY_SIGNAL, false); break;
	case MOVE_POWER: world_request(w, SHUTDOWN_POWEROFF, LIFE_BY_POWER, false); break;
	case MOVE_FORCE: world_request(w, SHUTDOWN_REBOOT, LIFE_BY_CLIENT, true); break;
	case MOVE_RESCUE: world_request(w, SHUTDOWN_RESCUE, LIFE_BY_SIGNAL, false); break;
	case MOVE_SWITCH: world_request(w, SHUTDOWN_SWITCH, LIFE_BY_CLIENT, false); break;
	case MOVE_N: break;
	}
}

/* ---- the search ---- */

/* Goes the way to a state once more, and tells of it. */
static void replay(const struct explorer *x, uint32_t id, struct world *w)
{
	if (x->trail[id].from == id) {
		world_init(w, x->kind, id > 0);
		w->trace = true;
		return;
	}
	replay(x, x->trail[id].from, w);
	printf("* %s\n", move_words[x->trail[id].move]);
	make(w, (enum move)x->trail[id].move);
}

static void keep(struct explorer *x, const struct world *w, uint32_t from, enum move m)
{
	uint32_t id = x->n_kept++;

	x->per_state[w->l.state]++;
	if (id >= x->trail_room) {
		x->trail_room = x->trail_room ? 2 * x->trail_room : 65536;
		x->trail = grown(x->trail, x->trail_room * sizeof *x->trail);
	}
	x->trail[id] = (struct link){from, (uint8_t)m};
	if (x->n_stack == x->stack_room) {
		x->stack_room = x->stack_room ? 2 * x->stack_room : 4096;
		x->stack = grown(x->stack, x->stack_room * sizeof *x->stack);
	}
	x->stack[x->n_stack++] = (struct spot){*w, id};
}

static bool rests(struct explorer *x, const struct world *from, bool hostile, char *failure)
{
	struct world w = *from;

	world_rest(&w, hostile);
	x->rested++;
	strcpy(failure, w.failure);
	return !*failure;
}

static bool failed(const struct explorer *x, enum move last, const char *why, bool trace)
{
	struct world w;

	printf("explore: world %s: %s\n", x->kind->name, why);
	if (!trace)
		return false;
	replay(x, x->at.id, &w);
	printf("* %s\n", move_words[last]);
	make(&w, last);
	return false;
}

/* All moves from the state in hand; false when one breaks a rule. */
static bool expand(struct explorer *x, bool trace)
{
	char failure[sizeof x->at.world.failure];

	for (unsigned m = 0; m < MOVE_N; m++) {
		struct world w = x->at.world;
		uint64_t h;

		if (!may(&w, (enum move)m))
			continue;
		make(&w, (enum move)m);
		x->moves++;
		if (*w.failure)
			return failed(x, (enum move)m, w.failure, trace);
		h = hash(&w);
		if (!seen_is_new(&x->seen, h))
			continue;
		keep(x, &w, x->at.id, (enum move)m);
		if (h % LIVENESS == 0 && !(rests(x, &w, false, failure) && rests(x, &w, true, failure)))
			return failed(x, (enum move)m, failure, trace);
	}
	return x->seen.n < STATES_MAX;
}

static bool explore(const struct kind_of_world *kind, bool trace)
{
	struct explorer x = {.kind = kind};
	struct world w;
	bool good = true;

	for (unsigned shell_first = 0; shell_first <= kind->machine; shell_first++) {
		world_init(&w, kind, shell_first);
		keep(&x, &w, shell_first, MOVE_NEXT); /* a way begins with itself */
		seen_is_new(&x.seen, hash(&w));
	}
	while (good && x.n_stack) {
		x.at = x.stack[--x.n_stack];
		good = expand(&x, trace);
	}
	for (unsigned k = 0; trace && k < LIFE_N_STATES; k++)
		printf("  %-12s %zu\n", life_state_word(k), x.per_state[k]);
	printf("explore: %s: %zu states, %llu moves, %llu times to rest: %s\n", kind->name, x.seen.n,
	       (unsigned long long)x.moves, (unsigned long long)x.rested, good ? "fine" : "BROKEN");
	seen_clear(&x.seen);
	free(x.stack);
	free(x.trail);
	return good;
}

int main(int argc, char **argv)
{
	const char *only = NULL;
	bool trace = false;
	unsigned bad = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--trace") == 0)
			trace = true;
		else if (strcmp(argv[i], "--world") == 0 && i + 1 < argc)
			only = argv[++i];
	}
	for (unsigned k = 0; k < N_WORLDS; k++)
		if (!only || strcmp(only, worlds[k].name) == 0)
			bad += !explore(&worlds[k], trace);
	printf("explore: %u failures\n", bad);
	return bad > 0;
}
