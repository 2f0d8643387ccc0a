/* transitions.c - prints what a worker's row does with every event, from the code.
 *
 * A pool of one worker (max 2, two requests each) is brought into each state, and each
 * event happens to it alone; what follows is printed.  The output is kept as
 * transitions.golden. */
#include <stdio.h>
#include <string.h>

#include "test/pool/lib/trace.h"

#define REQUEST_MS 1000 /* timeout_ms */
#define LATE 100000     /* now, at the beginning */

static struct pool pool;
static int64_t now;

static const struct pool_limits limits = {
	.min = 1, .max = 2, .idle = 2, .requests = 2, .idle_ms = 60000, .timeout_ms = REQUEST_MS,
};

/* A situation that row 0 can be in, as the events that lead there. */
static const struct situation {
	const char *name;
	const char *dispatch, *share; /* a letter each: see play() */
} situations[] = {
	{"starting", "", ""},
	{"idle", "u", "u"},
	{"busy", "ug", "ub"},
	{"busy, its last", "ugag", "ubab"},
	{"leaving", "uo", "uo"},
	{"leaving, busy", "ugo", "ubo"},
	{"killed", "ugt", "ubt"},
	{"gone", "ugte", "ubte"},
};

static const struct happening {
	char letter;
	const char *name;
} happenings[] = {
	{'u', "up"}, {'b', "busy"}, {'a', "available"}, {'n', "nothing"}, {'r', "unable"}, {'e', "ended"},
	{'g', "a request waits"}, {'t', "time passes"}, {'o', "roll"}, {'d', "drain"},
};

static void event(enum pool_event_kind kind)
{
	pool_event(&pool, now, &(struct pool_event){.kind = kind, .row = 0});
}

static void play(char letter)
{
	switch (letter) {
	case 'u': event(POOL_EV_UP); break;
	case 'b': event(POOL_EV_BUSY); break;
	case 'a': event(POOL_EV_AVAILABLE); break;
	case 'n': event(POOL_EV_NOTHING); break;
	case 'r': event(POOL_EV_UNABLE); break;
	case 'e': event(POOL_EV_ENDED); break;
	case 'g': event(POOL_EV_REQUEST); break;
	case 't': now += pool_deadline(&pool) == POOL_NEVER ? LATE : pool_deadline(&pool) - now; break;
	case 'o': event(POOL_EV_ROLL); break;
	case 'd': event(POOL_EV_DRAIN); break;
	}
}

/* What the pool does; told: into text. */
static void follow(char *text, size_t room)
{
	struct pool_action act;
	size_t at = 0;

	while (pool_next(&pool, now, &act)) {
		if (text && at < room)
			at += (size_t)snprintf(text + at, room - at, "%s%s%s", at ? ", " : "", trace_actions[act.kind],
			                       act.row == POOL_NO_ROW || act.row == 0 ? "" : " another");
		if (!text && act.kind == POOL_ACT_START && act.row != 0) /* a roll's new one is up */
			pool_event(&pool, now, &(struct pool_event){.kind = POOL_EV_UP, .row = act.row});
	}
}

static void reach(const char *letters, bool dispatch)
{
	struct pool_limits l = limits;

	l.dispatch = dispatch;
	now = LATE;
	pool_init(&pool, &l);
	follow(NULL, 0);
	for (; *letters; letters++) {
		play(*letters);
		follow(NULL, 0);
	}
}

static const char *state(void)
{
	const struct pool_worker *w = &pool.worker[0];

	if (w->state == WORKER_LEAVING && w->busy_ms != POOL_NEVER)
		return "leaving, busy";
	return trace_states[w->state];
}

/* One line, unless the event is ignored. */
static void print_line(const char *mode, bool dispatch, const struct situation *s,
                       const struct happening *h)
{
	char actions[200] = "", was[40];

	reach(dispatch ? s->dispatch : s->share, dispatch);
	snprintf(was, sizeof was, "%s", state());
	play(h->letter);
	follow(actions, sizeof actions);
	if (*actions)
		printf("%-8s  %-14s  %-15s -> %-13s  %s\n", mode, s->name, h->name, state(), actions);
	else if (strcmp(was, state()) != 0)
		printf("%-8s  %-14s  %-15s -> %s\n", mode, s->name, h->name, state());
}

static void print_mode(const char *mode, bool dispatch)
{
	for (size_t s = 0; s < sizeof situations / sizeof *situations; s++) {
		putchar('\n');
		for (size_t k = 0; k < sizeof happenings / sizeof *happenings; k++)
			print_line(mode, dispatch, &situations[s], &happenings[k]);
	}
}

int main(void)
{
	puts("# What becomes of a worker: printed by test/pool/transitions from the rules.\n"
	     "# A pool of one worker, max 2, two requests each; what it was, what happens, what it\n"
	     "# is then, what is done.  Time passes until the deadline, if there is one.  What is not\n"
	     "# here is ignored, or left for later.");
	print_mode("dispatch", true);
	print_mode("share", false);
	return 0;
}
