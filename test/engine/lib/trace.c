/* trace.c - a readable account for --trace. */
#include "test/engine/lib/trace.h"

#include <stdio.h>

static const char *const event_words[] = {
	[EV_BOOT] = "boot", [EV_START] = "start", [EV_STOP] = "stop", [EV_RESTART] = "restart",
	[EV_TRY_RESTART] = "try-restart", [EV_WAIT] = "wait", [EV_EXECUTED] = "executed",
	[EV_ENDED] = "ended", [EV_OFF_ENDED] = "off ended", [EV_CANCEL] = "cancel",
	[EV_SHUTDOWN] = "shutdown", [EV_READY] = "ready",
};

static const char *const action_words[] = {
	[ACT_CHANGED] = "changed", [ACT_SPAWN] = "spawn", [ACT_SPAWN_OFF] = "spawn off",
	[ACT_TERM] = "term", [ACT_KILL] = "kill", [ACT_KILL_OFF] = "kill off",
	[ACT_STUCK] = "stuck", [ACT_GIVE_UP] = "give up", [ACT_ANSWER] = "answer", [ACT_SETTLED] = "settled",
	[ACT_DONE] = "done", [ACT_ESSENTIAL] = "ends everything",
};

static const char *const goal_words[] = {
	[GOAL_NOW] = "now", [GOAL_STARTED] = "started", [GOAL_STOPPED] = "stopped",
	[GOAL_UP] = "up", [GOAL_DOWN] = "down", [GOAL_SETTLED] = "settled",
};

static const char *const end_words[] = {
	[END_NONE] = "none", [END_EXIT] = "exit", [END_SIGNAL] = "signal", [END_SPAWN] = "spawn",
};

void trace_event(const struct world *w, const struct event *ev)
{
	printf("%8lld  <- %s", (long long)w->now, event_words[ev->kind]);
	if (ev->svc != NO_SVC)
		printf(" %u", (unsigned)ev->svc);
	if (ev->only)
		printf(" --only");
	if (ev->kind == EV_ENDED)
		printf(": %s %d%s", end_words[ev->end.kind], ev->end.code, ev->said_why ? ", said why" : "");
	if (ev->kind == EV_ENDED && ev->end.kind == END_SPAWN)
		printf(", %s, cause %d", step_word(ev->end.step), (int)ev->cause);
	if (ev->handle)
		printf(" (handle %u, %s", (unsigned)ev->handle, goal_words[ev->goal]);
	if (ev->handle && ev->answer_by_ms != NEVER)
		printf(", by %lld", (long long)ev->answer_by_ms);
	printf(ev->handle ? ")\n" : "\n");
}

void trace_action(const struct world *w, const struct action *act)
{
	printf("%8lld     -> %s", (long long)w->now, action_words[act->kind]);
	if (act->svc != NO_SVC)
		printf(" %u", (unsigned)act->svc);
	if (act->kind == ACT_CHANGED)
		printf(": %s -> %s", state_detail(act->from), state_detail(act->to));
	if (act->kind == ACT_ESSENTIAL)
		printf(": code %d%s", act->code, act->lost ? ", lost" : "");
	if (act->kind == ACT_ANSWER)
		printf(": handle %u, %s", (unsigned)act->handle, result_word(act->result));
	if (act->kind == ACT_ANSWER && act->other != NO_SVC)
		printf(", names %u", (unsigned)act->other);
	putchar('\n');
}
