/* world.h - a fake manager around the rules: processes, a queue of requests, a clock.
 *
 * Every test of the rules drives them through here.  world_event() feeds one event,
 * world_next() takes and carries out one action; after each, all oracles look
 * (oracles.h).  The world keeps its own record of every process, request and time,
 * made from events and actions alone, and never asks the pool what it should be.
 *
 * struct world and struct pool hold everything, so both may be copied and gone back
 * to.  The first rule that is broken is kept in `failure`.
 */
#ifndef TEST_POOL_WORLD_H
#define TEST_POOL_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "src/pool/rules.h"

/* What the manager has still to say of a request that was given. */
enum answer {
	ANSWER_NONE,
	ANSWER_NOTHING,
	ANSWER_UNABLE
};

/* A process as the world knows it. */
struct proc {
	bool alive, up, told, killed;
	bool spent;          /* its requests are served: to be told to end */
	bool unable;         /* it did not take a request: to be killed */
	bool old;            /* there when the roll began */
	bool grown;          /* started since a request waited */
	bool holds;          /* dispatch: a request, in truth */
	uint8_t answer;      /* enum answer, about to come */
	uint32_t rank;
	uint32_t served;
	int64_t start_ms;
	int64_t idle_ms;     /* when it became idle */
	int64_t busy_ms;     /* as far as known: when its request began, or POOL_NEVER */
	int64_t told_ms;     /* when it was decided that it goes */
	int64_t free_ms;     /* since when it leaves without a request */
	uint64_t idle_turn;  /* higher: became idle later */
};

struct memory {
	int64_t retry_ms;
	uint32_t failures;
};

struct world {
	struct pool *p;
	int64_t now;
	struct pool_limits limits;  /* in force */
	struct pool_limits given;
	uint32_t scale;
	uint32_t wanted;
	struct memory growth;
	struct memory rank[POOL_MAX + 2];
	uint64_t turn;
	bool waiting;               /* the pool was told that a request waits */
	bool ready, said_ready, failed, said_failed, draining, said_drained, rolling;
	uint32_t failed_row;
	uint32_t queued;            /* requests that nobody has taken */
	uint64_t arrived, finished, lost; /* requests */
	uint64_t claimed, recycled, crashed, kills; /* what the pool's counters have to say */
	uint64_t n_starts, n_events, n_actions;
	uint32_t n_drained;         /* actions since the last event */
	bool slow_answers;          /* NOTHING and UNABLE come later than at once */
	bool refuses;               /* the next request that is given is not taken */
	bool resting;               /* the last world_next() found nothing to do */
	bool woken;                 /* the clock has come to the deadline: something has to be done */
	bool trace;
	bool rules_only;            /* without the naive recount (Rc): the rules have to see it alone */
	uint32_t high;              /* rows below this were ever used */
	char failure[160];          /* empty: no rule is broken */
	struct proc proc[POOL_ROWS];
};

/* A pool that was just made of these limits; p is initialised. */
void world_init(struct world *w, struct pool *p, const struct pool_limits *limits, int64_t now);

/* Feeds the pool and the record. */
void world_event(struct world *w, const struct pool_event *ev);
void world_row_event(struct world *w, enum pool_event_kind kind, uint32_t row);
/* One action, carried out; false when there is none. */
bool world_next(struct world *w);
void world_drain(struct world *w);

/* A client comes; and what the manager sees of the queue. */
void world_arrive(struct world *w);
void world_poll(struct world *w);
/* The answer about row that is about to come, comes. */
void world_answer(struct world *w, uint32_t row);
void world_clock(struct world *w, int64_t to_ms);
/* To the deadline, which there is. */
void world_wake(struct world *w);

/* Workers and a manager that behave, one event at a time: starting workers are up,
 * requests are served, who is told or killed is gone, time passes.  Until nothing is
 * left to happen; then the last oracle. */
void world_settle(struct world *w);

/* Notes a broken rule, if it is the first. */
void world_broken(struct world *w, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
