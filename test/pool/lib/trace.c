/* trace.c - a readable account for --trace. */
#include "test/pool/lib/trace.h"

#include <stdio.h>

const char *const trace_events[] = {
	[POOL_EV_UP] = "up", [POOL_EV_ENDED] = "ended", [POOL_EV_BUSY] = "busy",
	[POOL_EV_AVAILABLE] = "available", [POOL_EV_REQUEST] = "request",
	[POOL_EV_NOTHING] = "nothing", [POOL_EV_UNABLE] = "unable", [POOL_EV_LIMITS] = "limits",
	[POOL_EV_SCALE] = "scale", [POOL_EV_ROLL] = "roll", [POOL_EV_DRAIN] = "drain",
};

const char *const trace_actions[] = {
	[POOL_ACT_START] = "start", [POOL_ACT_TELL] = "tell", [POOL_ACT_KILL] = "kill",
	[POOL_ACT_GIVE] = "give", [POOL_ACT_READY] = "ready", [POOL_ACT_FAILED] = "failed",
	[POOL_ACT_ROLLED] = "rolled", [POOL_ACT_DRAINED] = "drained",
};

const char *const trace_states[] = {
	[WORKER_FREE] = "free", [WORKER_STARTING] = "starting", [WORKER_IDLE] = "idle",
	[WORKER_BUSY] = "busy", [WORKER_LEAVING] = "leaving", [WORKER_KILLED] = "killed",
};

void trace_event(const struct world *w, const struct pool_event *ev)
{
	const struct pool_limits *l = &ev->limits;

	printf("%8lld  <- %s", (long long)w->now, trace_events[ev->kind]);
	if (ev->kind <= POOL_EV_AVAILABLE || ev->kind == POOL_EV_NOTHING || ev->kind == POOL_EV_UNABLE)
		printf(" %u%s", (unsigned)ev->row, ev->orderly ? ", orderly" : "");
	if (ev->kind == POOL_EV_SCALE)
		printf(" %u", (unsigned)ev->n);
	if (ev->kind == POOL_EV_LIMITS)
		printf(" min %u max %u idle %u (%lld ms) requests %u timeout %lld ms", (unsigned)l->min,
		       (unsigned)l->max, (unsigned)l->idle, (long long)l->idle_ms, (unsigned)l->requests,
		       (long long)l->timeout_ms);
	putchar('\n');
}

void trace_action(const struct world *w, const struct pool_action *act)
{
	printf("%8lld     -> %s", (long long)w->now, trace_actions[act->kind]);
	if (act->row != POOL_NO_ROW)
		printf(" %u", (unsigned)act->row);
	if (act->kind == POOL_ACT_START)
		printf(", rank %u", (unsigned)act->rank);
	putchar('\n');
}
