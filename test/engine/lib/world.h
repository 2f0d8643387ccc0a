/* world.h - a fake machine around the engine: processes, a clock, clients.
 *
 * Every test of the engine drives it through here.  world_event() feeds one
 * event, world_next() takes and carries out one action; after each, all
 * oracles look (oracles.h).  The world keeps its own record of every process,
 * wish, request and time, made from events and actions alone, and never asks
 * the engine what it should be.
 *
 * struct world and the engine's block hold everything, so both may be copied
 * and gone back to.  The first rule that is broken is kept in `failure`.
 */
#ifndef TEST_ENGINE_WORLD_H
#define TEST_ENGINE_WORLD_H

#include "test/engine/lib/plan.h"

#define REQUESTS_MAX 48

/* Starts of a service that may follow each other without a delay: one that a restart
 * of what it needs ends, the one after it, and the first restart after a crash. */
#define STARTS_AT_ONCE 3

enum proc {
	PROC_NONE,
	PROC_FORKED,   /* made, not executed yet */
	PROC_RUNNING
};

/* One service as the world knows it. */
struct actor {
	/* Its processes. */
	uint8_t main, off;       /* enum proc */
	bool termed, killed, off_killed;
	bool executed, did_work; /* of the last main process: its exec, its exit 0 */
	bool ready;              /* that it said that it is ready, */
	bool fatal;              /* and that it is no use to start it again */
	bool spawn_failed, spawn_retry; /* it could not be executed; for something passing */
	/* What was seen and asked. */
	uint8_t state;           /* by ACT_CHANGED */
	bool wish, restart;      /* by the commands */
	bool excused;            /* an operator's start since it backed off or failed */
	bool was_up, off_ran;
	bool main_left, off_left; /* it survived KILL for so long that it counts as gone */
	bool late;               /* this run was told to end because it was not up in time */
	uint8_t crashes;         /* what the back-off has to remember */
	int64_t since_ms;        /* in this state */
	int64_t told_ms;         /* when it was told to end: late, or no longer held */
	int64_t up_ms;
	int64_t retry_ms;        /* in back-off: not started before */
	int64_t said_ms;         /* when KILL or the last complaint was given */
	int64_t start_ms[STARTS_AT_ONCE]; /* its last starts since the last command, else NEVER */
};

struct request {
	uint32_t handle;         /* 0: a free row */
	uint32_t svc;
	uint8_t goal;            /* enum goal */
	uint8_t expect;          /* enum result known at once, or RES_NONE */
	uint32_t in_the_way;     /* services that such a result may name, as bits */
	int64_t answer_by_ms;
};

struct world {
	const struct plan *plan;
	struct engine *e;
	int64_t now;
	struct request request[REQUESTS_MAX];
	uint32_t n_requests;
	uint32_t last_changed;   /* whose ACT_CHANGED came last, or NO_SVC */
	uint32_t n_drained;      /* actions since the last event */
	bool booting, settled, shutdown, done;
	bool lost;               /* what is still to be said of that: whose, and the code */
	int end_code;
	uint32_t ended_by;       /* or NO_SVC */
	int64_t shutdown_ms;
	int64_t bounded_ms, hurried_ms; /* when it became urgent: URGENCY_BOUNDED, NOW; or NEVER */
	bool resting;            /* the last world_next() found nothing to do */
	bool trace;
	bool same_block;         /* its layout and graph need no look each time */
	bool rules_only;         /* without the naive recount (Rc): the rules have to see it alone */
	uint64_t n_events, n_actions;
	char failure[200];       /* empty: no rule is broken */
	struct actor actor[PLAN_MAX]; /* the last: who copies a world needs those of the plan only */
};

/* A world with everything down at time `now`; e was built from p. */
void world_init(struct world *w, const struct plan *p, struct engine *e, int64_t now);

/* Feeds the engine and the record.  At most REQUESTS_MAX requests may be open. */
void world_event(struct world *w, const struct event *ev);
/* One action, carried out; false when there is none. */
bool world_next(struct world *w);
void world_drain(struct world *w);

/* The usual events of the machine. */
void world_executed(struct world *w, uint32_t i);
void world_ready(struct world *w, uint32_t i);
void world_ended(struct world *w, uint32_t i, enum end_kind kind, int code);
/* Having said why. */
void world_ended_fatally(struct world *w, uint32_t i, int code);
void world_spawn_failed(struct world *w, uint32_t i, enum spawn_step step, enum spawn_cause cause);
void world_off_ended(struct world *w, uint32_t i);
void world_clock(struct world *w, int64_t to_ms);

/* A machine that behaves, one event at a time: everything executes, says that it
 * is ready if it has to, a once-service exits 0, TERM and KILL are obeyed, `off` ends, time passes.
 * Until nothing is left to happen; then the last oracle. */
void world_settle(struct world *w);

/* Notes a broken rule, if it is the first. */
#define BROKEN(w, ...) world_broken((w), __VA_ARGS__)
void world_broken(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
