/* adopt.c - engine_adopt: a newly loaded graph takes over a running engine.
 *
 *     adopt
 *
 * First the cases one by one, each with its own checks; then random ones: an
 * engine in the middle of anything is taken over by a bigger graph with other
 * numbers, and all oracles of the simulator go on watching as if nothing had
 * happened.  Prints "ok - NAME" or "not ok - NAME"; exit 1 if one is not ok. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/limits.h"
#include "test/engine/lib/chaos.h"
#include "test/engine/lib/oracles.h"
#include "test/engine/lib/record.h"

#define RANDOM_CASES 1000
#define ON KIND_ON
#define RUN (KIND_ON | KIND_RESPAWN)

/* The case in hand: its first check that failed. */
static const char *failed;
static int n_not_ok;

#define CHECK(x) ((x) || failed || !(failed = #x))

static void done(const char *name)
{
	printf("%s - %s\n", failed ? "not ok" : "ok", name);
	if (failed)
		printf("  # %s\n", failed);
	n_not_ok += failed != NULL;
	failed = NULL;
}

/* A plan from text: "N" need, "W" want, one word for each service. */
static void plan_from(struct plan *p, const char *edges, const uint8_t *kinds)
{
	memset(p, 0, sizeof *p);
	p->n = (uint32_t)strcspn(edges, " ");
	for (uint32_t i = 0; i < p->n; i++) {
		p->node[i] = (struct graph_node){.delay_ms = 5000, .kind = kinds[i]};
		for (uint32_t j = 0; j < p->n; j++) {
			char c = edges[(p->n + 1) * i + j];

			p->edge[i][j] = c == 'N' ? EDGE_NEED : c == 'W' ? EDGE_WANT : EDGE_NONE;
		}
	}
	plan_compile(p);
}

static void feed(struct engine *e, int64_t now, enum event_kind kind, uint32_t svc)
{
	engine_event(e, now, &(struct event){.kind = kind, .svc = svc, .answer_by_ms = NEVER,
	                                     .end = {.kind = END_EXIT, .code = 1}});
}

static void ask(struct engine *e, enum event_kind kind, uint32_t svc, enum goal goal,
                uint32_t handle, int64_t answer_by)
{
	engine_event(e, 0, &(struct event){.kind = kind, .svc = svc, .goal = goal, .handle = handle,
	                                   .answer_by_ms = answer_by});
}

/* Takes all actions; counts those of this kind and service, the last one to *last. */
static unsigned drain(struct engine *e, int64_t now, enum action_kind kind, uint32_t svc,
                      struct action *last)
{
	struct action act;
	unsigned n = 0;

	while (engine_next(e, now, &act))
		if (act.kind == kind && act.svc == svc) {
			n++;
			if (last)
				*last = act;
		}
	return n;
}

static void take(struct engine *e, int64_t now, unsigned n)
{
	struct action act;

	while (n--)
		CHECK(engine_next(e, now, &act));
}

/* The new graph in place of old, which is freed. */
static struct engine *adopt(struct engine *old, const struct plan *p, const uint32_t *map)
{
	struct engine *e = plan_engine(p);

	engine_adopt(e, old, map);
	/* Nothing may be left that points into the old block. */
	memset(old, 0xa5, old->size);
	free(old);
	return e;
}

static uint8_t state_of(const struct engine *e, uint32_t i)
{
	return engine_svc(e, i)->live.state;
}

/* One service that runs becomes number 1 of 2; number 0 is new. */
static const uint8_t one_kind[] = {RUN}, two_kinds[] = {RUN, RUN};
static const uint32_t to_second[] = {1};

static void a_spawn_not_taken_yet(void)
{
	struct plan p, q;
	struct engine *e;

	plan_from(&p, ".", one_kind);
	plan_from(&q, ".. ..", two_kinds);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	take(e, 0, 2); /* down -> waiting -> starting; the spawn is still to come */
	CHECK(state_of(e, 0) == SVC_STARTING && !engine_svc(e, 0)->live.alive);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 0, ACT_SPAWN, 1, NULL) == 1);
	feed(e, 0, EV_EXECUTED, 1);
	drain(e, 0, ACT_SPAWN, 1, NULL);
	CHECK(state_of(e, 1) == SVC_UP && state_of(e, 0) == SVC_DOWN);
	free(e);
	done("an action that was not taken yet is given once, for the new number");
}

/* An engine of this graph whose first service, which needs nobody, runs. */
static struct engine *first_of(struct plan *p, const char *edges, const uint8_t *kinds)
{
	struct engine *e;

	plan_from(p, edges, kinds);
	e = plan_engine(p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	feed(e, 0, EV_EXECUTED, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	CHECK(state_of(e, 0) == SVC_UP);
	return e;
}

static struct engine *one_up(struct plan *p)
{
	return first_of(p, ".", one_kind);
}

static void an_event_not_settled_yet(void)
{
	struct plan p, q;
	struct engine *e = one_up(&p);

	plan_from(&q, ".. ..", two_kinds);
	feed(e, 5, EV_ENDED, 0);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 5, ACT_SPAWN, 1, NULL) == 1);
	free(e);
	done("an event that was not settled yet is settled afterwards");
}

static void a_stop_that_is_timed(void)
{
	struct plan p, q;
	struct engine *e = one_up(&p);

	plan_from(&q, ".. ..", two_kinds);
	feed(e, 100, EV_STOP, 0);
	CHECK(drain(e, 100, ACT_TERM, 0, NULL) == 1);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 200, ACT_TERM, 1, NULL) == 0);
	CHECK(engine_deadline(e) == 5100);
	CHECK(drain(e, 5099, ACT_KILL, 1, NULL) == 0);
	CHECK(drain(e, 5100, ACT_KILL, 1, NULL) == 1);
	free(e);
	done("a delay goes on where it was");
}

static void a_deadline_that_has_passed(void)
{
	struct plan p, q;
	struct engine *e = one_up(&p);

	plan_from(&q, ".. ..", two_kinds);
	feed(e, 100, EV_STOP, 0);
	drain(e, 100, ACT_TERM, 0, NULL);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 9000, ACT_KILL, 1, NULL) == 1);
	CHECK(engine_deadline(e) == 9000 + STUCK_SAY_MS);
	free(e);
	done("a deadline that passed meanwhile is met at once");
}

/* One service that says that it is ready, with limits, becomes number 1 of 2. */
static struct engine *one_limited(struct plan *p, struct plan *q)
{
	static const uint8_t kinds[] = {RUN | KIND_READY | KIND_OFF, RUN | KIND_READY | KIND_OFF};
	struct engine *e;

	plan_from(p, ".", kinds);
	plan_from(q, ".. ..", kinds);
	p->node[0].on_ms = q->node[1].on_ms = 2000;
	p->node[0].off_ms = q->node[1].off_ms = 7000;
	e = plan_engine(p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	feed(e, 0, EV_EXECUTED, 0);
	CHECK(drain(e, 0, ACT_CHANGED, 0, NULL) == 0 && state_of(e, 0) == SVC_STARTING);
	return e;
}

static void ready_is_not_settled_yet(void)
{
	struct plan p, q;
	struct engine *e = one_limited(&p, &q);

	feed(e, 5, EV_READY, 0);
	e = adopt(e, &q, to_second);
	CHECK(engine_deadline(e) == 2000);
	drain(e, 5, ACT_CHANGED, 1, NULL);
	CHECK(state_of(e, 1) == SVC_UP && engine_deadline(e) == NEVER);
	free(e);
	done("a service that has just said that it is ready is up afterwards");
}

static void who_is_late(void)
{
	struct plan p, q;
	struct engine *e = one_limited(&p, &q);
	uint32_t other;

	CHECK(drain(e, 2000, ACT_TERM, 0, NULL) == 1);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 6999, ACT_KILL, 1, NULL) == 0 && state_of(e, 1) == SVC_LATE);
	CHECK(drain(e, 7000, ACT_KILL, 1, NULL) == 1 && state_of(e, 1) == SVC_LATE_KILLED);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	feed(e, 7001, EV_STOP, 1);
	drain(e, 7001, ACT_TERM, 1, NULL);
	CHECK(state_of(e, 1) == SVC_KILLING);
	feed(e, 7002, EV_START, 1);
	feed(e, 7002, EV_ENDED, 1);
	CHECK(drain(e, 7002, ACT_SPAWN, 1, NULL) == 1);
	drain(e, 9002, ACT_TERM, 1, NULL);
	feed(e, 9003, EV_ENDED, 1);
	feed(e, 9003, EV_STOP, 0);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	drain(e, 9003, ACT_SPAWN, 1, NULL);
	drain(e, 11003, ACT_TERM, 1, NULL);
	feed(e, 11004, EV_ENDED, 1);
	drain(e, 11004, ACT_SPAWN, 1, NULL);
	CHECK(engine_why(e, 1, &other) == WHY_LATE && state_of(e, 1) == SVC_BACKOFF);
	CHECK(engine_deadline(e) == 11004 + BACKOFF_FIRST_MS);
	free(e);
	done("who is late stays late, is killed on time, and has its crashes counted");
}

static void a_stop_with_a_limit(void)
{
	struct plan p, q;
	struct engine *e = one_limited(&p, &q);

	feed(e, 10, EV_READY, 0);
	drain(e, 10, ACT_SPAWN, 0, NULL);
	feed(e, 100, EV_STOP, 0);
	CHECK(drain(e, 100, ACT_SPAWN_OFF, 0, NULL) == 1);
	e = adopt(e, &q, to_second);
	feed(e, 4000, EV_OFF_ENDED, 1);
	CHECK(drain(e, 4000, ACT_TERM, 1, NULL) == 1);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	CHECK(engine_deadline(e) == 7100);
	CHECK(drain(e, 7100, ACT_KILL, 1, NULL) == 1);
	free(e);
	done("the limit of a whole stop goes on where it was");
}

static void crashes_are_remembered(void)
{
	struct plan p, q;
	struct engine *e = one_up(&p);

	plan_from(&q, ".. ..", two_kinds);
	feed(e, 10, EV_ENDED, 0);
	drain(e, 10, ACT_SPAWN, 0, NULL);
	e = adopt(e, &q, to_second);
	feed(e, 20, EV_ENDED, 1);
	CHECK(drain(e, 20, ACT_SPAWN, 1, NULL) == 0);
	CHECK(engine_deadline(e) == 20 + BACKOFF_FIRST_MS);
	free(e);
	done("the back-off remembers earlier crashes");
}

static void waiters_move_along(void)
{
	struct plan p, q;
	struct engine *e = one_up(&p);
	struct action act = {.handle = 0};

	plan_from(&q, ".. ..", two_kinds);
	ask(e, EV_WAIT, 0, GOAL_DOWN, 7, 400);
	ask(e, EV_WAIT, 0, GOAL_DOWN, 8, NEVER);
	ask(e, EV_WAIT, NO_SVC, GOAL_SETTLED, 9, NEVER);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 0, ACT_ANSWER, NO_SVC, &act) == 1 && act.handle == 9 && act.result == RES_DONE);
	CHECK(engine_deadline(e) == 400);
	CHECK(drain(e, 400, ACT_ANSWER, 1, &act) == 1);
	CHECK(act.handle == 7 && act.result == RES_STILL_WAITING);
	feed(e, 500, EV_STOP, 1);
	drain(e, 500, ACT_TERM, 1, NULL);
	feed(e, 500, EV_ENDED, 1);
	CHECK(drain(e, 500, ACT_ANSWER, 1, &act) == 1 && act.handle == 8 && act.result == RES_DONE);
	free(e);
	done("requests are answered afterwards, under the new number and in time");
}

/* 0 needs 1 needs 2; 2 fails for good. */
static struct engine *blocked_chain(struct plan *p)
{
	static const uint8_t kinds[] = {RUN, RUN, ON};
	struct engine *e;

	plan_from(p, ".N. ..N ...", kinds);
	e = plan_engine(p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 2, NULL);
	feed(e, 0, EV_ENDED, 2);
	drain(e, 0, ACT_SPAWN, 2, NULL);
	CHECK(state_of(e, 0) == SVC_BLOCKED && state_of(e, 2) == SVC_FAILED);
	return e;
}

static void a_culprit_is_renamed(void)
{
	static const uint8_t kinds[] = {ON, RUN, RUN, RUN};
	static const uint32_t map[] = {3, 2, 0};
	struct plan p, q;
	struct engine *e = blocked_chain(&p);
	uint32_t other;

	plan_from(&q, ".... .... N... ..N.", kinds);
	e = adopt(e, &q, map);
	CHECK(engine_why(e, 3, &other) == WHY_CULPRIT && other == 0);
	CHECK(drain(e, 0, ACT_CHANGED, 3, NULL) == 0);
	feed(e, 10, EV_START, 0);
	drain(e, 10, ACT_SPAWN, 0, NULL);
	CHECK(state_of(e, 3) == SVC_WAITING);
	free(e);
	done("who is blocked names the culprit by its new number");
}

static void a_culprit_is_gone(void)
{
	static const uint8_t kinds[] = {RUN, ON, ON};
	static const uint8_t left[] = {RUN, ON};
	static const uint32_t map[] = {0, NO_SVC, 1};
	struct plan p, q;
	struct engine *e;
	uint32_t other;

	plan_from(&p, ".NN ... ...", kinds);
	plan_from(&q, ".N ..", left);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	feed(e, 0, EV_ENDED, 1);
	feed(e, 0, EV_ENDED, 2);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	engine_event(e, 0, &(struct event){.kind = EV_STOP, .svc = 1, .only = true, .answer_by_ms = NEVER});
	drain(e, 0, ACT_SPAWN, 0, NULL);
	CHECK(engine_why(e, 0, &other) == WHY_CULPRIT && other == 1 && state_of(e, 1) == SVC_DOWN);
	e = adopt(e, &q, map);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	CHECK(engine_why(e, 0, &other) == WHY_CULPRIT && other == 1 && state_of(e, 1) == SVC_FAILED);
	free(e);
	done("when the culprit is gone, the next one is named");
}

static void a_need_is_gone(void)
{
	static const uint8_t kinds[] = {RUN};
	static const uint32_t map[] = {0, NO_SVC, NO_SVC};
	struct plan p, q;
	struct engine *e = blocked_chain(&p);

	plan_from(&q, ".", kinds);
	engine_event(e, 0, &(struct event){.kind = EV_STOP, .svc = 1, .only = true, .answer_by_ms = NEVER});
	engine_event(e, 0, &(struct event){.kind = EV_STOP, .svc = 2, .only = true, .answer_by_ms = NEVER});
	drain(e, 0, ACT_SPAWN, 0, NULL);
	CHECK(state_of(e, 0) == SVC_BLOCKED && state_of(e, 1) == SVC_DOWN);
	e = adopt(e, &q, map);
	CHECK(drain(e, 0, ACT_SPAWN, 0, NULL) == 1);
	free(e);
	done("who was blocked by a need that is gone starts");
}

static void a_load_mends(void)
{
	static const uint8_t before[] = {RUN, RUN | KIND_REFUSED}, after[] = {RUN, RUN};
	static const uint32_t map[] = {0, 1};
	struct plan p, q;
	struct engine *e;

	plan_from(&p, ".N ..", before);
	plan_from(&q, ".N ..", after);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	CHECK(state_of(e, 0) == SVC_BLOCKED && state_of(e, 1) == SVC_REFUSED);
	e = adopt(e, &q, map);
	CHECK(drain(e, 0, ACT_SPAWN, 1, NULL) == 1);
	feed(e, 0, EV_EXECUTED, 1);
	CHECK(drain(e, 0, ACT_SPAWN, 0, NULL) == 1);
	free(e);
	done("a load that mends a refused service starts it and who needs it");
}

static void a_load_breaks(void)
{
	static const uint8_t after[] = {RUN | KIND_REFUSED, RUN | KIND_REFUSED, ON};
	static const uint32_t map[] = {0, 1, 2};
	struct plan p, q;
	struct engine *e = blocked_chain(&p);
	uint32_t other;

	plan_from(&q, ".N. N.. ...", after);
	e = adopt(e, &q, map);
	CHECK(engine_why(e, 0, &other) == WHY_CULPRIT && other == 1);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	CHECK(state_of(e, 0) == SVC_REFUSED && state_of(e, 1) == SVC_REFUSED);
	free(e);
	done("a load that makes a cycle of blocked services refuses them");
}

static void what_would_be_lost_is_not_restarted(void)
{
	static const uint8_t after[] = {RUN | KIND_REFUSED};
	static const uint32_t map[] = {0};
	struct action act = {.kind = ACT_DONE};
	struct plan p, q;
	struct engine *e;

	plan_from(&p, ".", one_kind);
	plan_from(&q, ".", after);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	feed(e, 0, EV_EXECUTED, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	e = adopt(e, &q, map);
	ask(e, EV_RESTART, 0, GOAL_STARTED, 1, NEVER);
	CHECK(drain(e, 0, ACT_ANSWER, 0, &act) == 1 && act.handle == 1 && act.result == RES_LOAD);
	ask(e, EV_TRY_RESTART, 0, GOAL_NOW, 2, NEVER);
	CHECK(drain(e, 0, ACT_ANSWER, 0, &act) == 1 && act.handle == 2 && act.result == RES_LOAD);
	CHECK(state_of(e, 0) == SVC_UP);
	ask(e, EV_STOP, 0, GOAL_STOPPED, 3, NEVER);
	drain(e, 0, ACT_ANSWER, 0, NULL);
	CHECK(state_of(e, 0) == SVC_STOPPING);
	free(e);
	done("what runs and cannot be loaded any more is stopped, but not restarted");
}

static void a_boot_settles_once(void)
{
	struct plan p, q;
	struct engine *e;

	plan_from(&p, ".", one_kind);
	plan_from(&q, ".. ..", two_kinds);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 0, ACT_SETTLED, NO_SVC, NULL) == 0);
	feed(e, 0, EV_EXECUTED, 1);
	CHECK(drain(e, 0, ACT_SETTLED, NO_SVC, NULL) == 1);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	CHECK(drain(e, 0, ACT_SETTLED, NO_SVC, NULL) == 0);
	free(e);
	done("a boot settles once, whatever is loaded meanwhile");
}

static void a_shutdown_goes_on(void)
{
	struct plan p, q;
	struct engine *e = one_up(&p);

	plan_from(&q, ".. ..", two_kinds);
	feed(e, 0, EV_SHUTDOWN, NO_SVC);
	drain(e, 0, ACT_TERM, 0, NULL);
	e = adopt(e, &q, to_second);
	CHECK(drain(e, 0, ACT_DONE, NO_SVC, NULL) == 0);
	feed(e, 0, EV_ENDED, 1);
	CHECK(drain(e, 0, ACT_DONE, NO_SVC, NULL) == 1);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	CHECK(drain(e, 0, ACT_DONE, NO_SVC, NULL) == 0);
	free(e);
	done("a shutdown goes on and ends once");
}

static void a_full_table(void)
{
	struct plan p, q;
	struct engine *e = one_up(&p);
	struct event late = {.kind = EV_WAIT, .goal = GOAL_DOWN, .handle = 5000, .answer_by_ms = NEVER};

	plan_from(&q, ".. ..", two_kinds);
	for (uint32_t k = 1; k <= WAITERS_MAX; k++)
		ask(e, EV_WAIT, 0, GOAL_DOWN, k, NEVER);
	CHECK(!engine_event(e, 0, &late));
	e = adopt(e, &q, to_second);
	late.svc = 1;
	CHECK(!engine_event(e, 0, &late));
	late.handle = 7;
	late.kind = EV_CANCEL;
	CHECK(engine_event(e, 0, &late));
	late.kind = EV_WAIT;
	CHECK(engine_event(e, 0, &late));
	feed(e, 0, EV_SHUTDOWN, NO_SVC);
	drain(e, 0, ACT_TERM, 1, NULL);
	feed(e, 0, EV_ENDED, 1);
	CHECK(drain(e, 0, ACT_ANSWER, 1, NULL) == WAITERS_MAX);
	free(e);
	done("a full table of requests turns the next away, and moves whole");
}

/* 0 runs and needs nobody; 1 was never wished. */
static struct engine *first_up(struct plan *p)
{
	struct engine *e = first_of(p, ".. ..", two_kinds);

	CHECK(state_of(e, 1) == SVC_DOWN);
	return e;
}

static void a_new_need_is_pulled_in(void)
{
	static const uint8_t three[] = {RUN, RUN, RUN};
	static const uint32_t same[] = {0, 1};
	struct plan p, q;
	struct engine *e = first_up(&p);

	plan_from(&q, ".N. ..W ...", three);
	e = adopt(e, &q, same);
	CHECK(drain(e, 0, ACT_SPAWN, 2, NULL) == 1);
	CHECK(state_of(e, 0) == SVC_UP && state_of(e, 1) == SVC_WAITING);
	feed(e, 0, EV_EXECUTED, 2);
	CHECK(drain(e, 0, ACT_SPAWN, 1, NULL) == 1);
	CHECK(drain(e, 0, ACT_TERM, 0, NULL) == 0 && state_of(e, 0) == SVC_UP);
	free(e);
	done("a new need of a running service is pulled in with its wants, and the service runs on");
}

static void a_new_need_fails(void)
{
	static const uint8_t kinds[] = {RUN, ON};
	struct plan p, q;
	struct engine *e = first_up(&p);
	uint32_t other;

	plan_from(&q, ".N ..", kinds);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	CHECK(drain(e, 0, ACT_SPAWN, 1, NULL) == 1);
	feed(e, 0, EV_ENDED, 1);
	CHECK(drain(e, 0, ACT_TERM, 0, NULL) == 1);
	feed(e, 0, EV_ENDED, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	CHECK(state_of(e, 0) == SVC_BLOCKED && engine_why(e, 0, &other) == WHY_CULPRIT && other == 1);
	free(e);
	done("a new need that fails takes along who needs it");
}

static void an_old_need_stays_stopped(void)
{
	struct plan p, q;
	struct engine *e;

	plan_from(&p, ".W ..", two_kinds);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 1, NULL);
	feed(e, 0, EV_STOP, 1);
	drain(e, 0, ACT_SPAWN, 1, NULL);
	feed(e, 0, EV_ENDED, 1);
	drain(e, 0, ACT_SPAWN, 1, NULL);
	CHECK(state_of(e, 1) == SVC_DOWN);
	plan_from(&q, ".N ..", two_kinds); /* a need now: no new dependency */
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	CHECK(drain(e, 0, ACT_SPAWN, 1, NULL) == 0 && state_of(e, 1) == SVC_DOWN);
	free(e);
	done("what a person has stopped stays stopped where it was depended on before");
}

static void nothing_is_pulled_in_by_the_unwished_or_at_the_end(void)
{
	static const uint8_t three[] = {RUN, RUN, RUN};
	struct plan p, q;
	struct engine *e = first_up(&p);

	plan_from(&q, "... ..N ...", three);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	CHECK(drain(e, 0, ACT_SPAWN, 2, NULL) == 0);
	free(e);
	e = first_up(&p);
	feed(e, 0, EV_SHUTDOWN, NO_SVC);
	plan_from(&q, ".N. ... ...", three);
	e = adopt(e, &q, (const uint32_t[]){0, 1});
	CHECK(drain(e, 0, ACT_SPAWN, 1, NULL) == 0);
	free(e);
	done("who is not wished up pulls nothing in, and nobody does in a shutdown");
}

/* What ends everything is about to be said. */
static void an_essential_end_not_said_yet(void)
{
	static const uint8_t kind[] = {ON}, refused[] = {ON | KIND_REFUSED};
	static const uint32_t map[] = {1};
	struct action act = {.kind = ACT_DONE};
	struct plan p, q;
	struct engine *e;

	plan_from(&p, ".", refused);
	p.vital = true;
	p.node[0].essential = ESSENTIAL_EXIT;
	plan_compile(&p);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	CHECK(!engine_may_drop(e, 0)); /* it has no process, but is to be named */
	CHECK(drain(e, 0, ACT_ESSENTIAL, 0, &act) == 1 && act.code == 1 && act.lost);
	CHECK(engine_may_drop(e, 0));
	free(e);
	plan_from(&p, ".", kind);
	p.vital = true;
	p.node[0].essential = ESSENTIAL_EXIT;
	plan_compile(&p);
	plan_from(&q, ".. ..", two_kinds);
	q.vital = true;
	plan_compile(&q);
	e = plan_engine(&p);
	feed(e, 0, EV_BOOT, 0);
	drain(e, 0, ACT_SPAWN, 0, NULL);
	feed(e, 0, EV_EXECUTED, 0);
	feed(e, 0, EV_ENDED, 0);
	e = adopt(e, &q, map);
	CHECK(drain(e, 0, ACT_ESSENTIAL, 1, &act) == 1 && act.code == 1 && !act.lost);
	CHECK(state_of(e, 1) == SVC_DOWN);
	free(e);
	done("the end of everything that was not said yet is said, for the new number");
}

static void who_may_be_dropped(void)
{
	struct plan p;
	struct engine *e = first_up(&p);

	CHECK(!engine_may_drop(e, 0) && engine_may_drop(e, 1));
	ask(e, EV_WAIT, 1, GOAL_UP, 7, NEVER);
	CHECK(!engine_may_drop(e, 1));
	feed(e, 0, EV_STOP, 0);
	drain(e, 0, ACT_TERM, 0, NULL);
	CHECK(!engine_may_drop(e, 0));
	feed(e, 0, EV_ENDED, 0);
	CHECK(!engine_may_drop(e, 0));
	drain(e, 0, ACT_TERM, 0, NULL);
	CHECK(engine_may_drop(e, 0));
	free(e);
	done("only what has nothing to stop and nobody to wait for it may be dropped");
}

/* The random cases.  The bigger graph: the old services in a random order,
 * with the edges that they had, and new ones that depend on anybody. */
static void enlarge(struct prng *r, const struct plan *p, struct plan *q, uint32_t *map)
{
	uint32_t fresh = prng_below(r, 5), n = p->n + fresh, to[PLAN_MAX];
	struct plan extra;

	chaos_graph(r, &extra, n);
	memset(q, 0, sizeof *q);
	q->n = n;
	q->vital = p->vital;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = prng_below(r, i + 1);

		to[i] = to[at];
		to[at] = i;
		q->node[i] = extra.node[i];
	}
	for (uint32_t i = 0; i < p->n; i++) {
		map[i] = to[i];
		q->node[to[i]] = p->node[i];
		for (uint32_t j = 0; j < p->n; j++)
			q->edge[to[i]][to[j]] = p->edge[i][j];
	}
	for (uint32_t i = p->n; i < n; i++)
		for (uint32_t j = 0; j < i; j++)
			q->edge[to[i]][to[j]] = prng_chance(r, 60) ? EDGE_NONE : extra.edge[i][j] | extra.edge[j][i];
	plan_compile(q);
}

/* Nobody new depends on what is being stopped: its stop goes on as it began. */
static void spare_the_leaving(const struct world *w, const struct plan *p, struct plan *q,
                              const uint32_t *map)
{
	for (uint32_t i = 0; i < p->n; i++)
		for (uint32_t j = 0; state_leaving(w->actor[i].state) && j < q->n; j++)
			q->edge[j][map[i]] = EDGE_NONE;
}

/* Another tree with the same services and some more, under other numbers. */
static void replant(struct prng *r, const struct world *w, const struct plan *p, struct plan *q,
                    uint32_t *map)
{
	uint32_t n = p->n + prng_below(r, 5), to[PLAN_MAX];

	chaos_graph(r, q, n);
	q->vital = p->vital;
	q->n_codes = 0;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = prng_below(r, i + 1);

		to[i] = to[at];
		to[at] = i;
	}
	for (uint32_t i = 0; i < p->n; i++) {
		map[i] = to[i];
		q->node[to[i]] = p->node[i];
		if (!w->done && prng_chance(r, 10))
			q->node[to[i]].kind |= KIND_REFUSED; /* it cannot be loaded any more */
	}
	spare_the_leaving(w, p, q, map);
	plan_compile(q);
}

static uint32_t renamed(uint32_t set, const uint32_t *map, uint32_t n)
{
	uint32_t out = 0;

	for (uint32_t i = 0; i < n; i++)
		if (set >> i & 1)
			out |= 1u << map[i];
	return out;
}

/* The world's record under the new numbers. */
static void move_world(struct world *w, const struct plan *q, struct engine *e, const uint32_t *map)
{
	struct world old = *w;

	world_init(w, q, e, old.now);
	memcpy(w->request, old.request, sizeof w->request);
	for (uint32_t i = 0; i < old.plan->n; i++)
		w->actor[map[i]] = old.actor[i];
	for (uint32_t k = 0; k < REQUESTS_MAX; k++) {
		if (w->request[k].svc != NO_SVC && w->request[k].handle)
			w->request[k].svc = map[w->request[k].svc];
		w->request[k].in_the_way = renamed(w->request[k].in_the_way, map, old.plan->n);
	}
	w->n_requests = old.n_requests;
	w->last_changed = old.last_changed == NO_SVC ? NO_SVC : map[old.last_changed];
	w->booting = old.booting;
	w->settled = old.settled;
	w->shutdown = old.shutdown;
	w->shutdown_ms = old.shutdown_ms;
	w->bounded_ms = old.bounded_ms;
	w->hurried_ms = old.hurried_ms;
	w->done = old.done;
	w->ended_by = old.ended_by == NO_SVC ? NO_SVC : map[old.ended_by];
	w->end_code = old.end_code;
	w->lost = old.lost;
	w->trace = old.trace;
	memcpy(w->failure, old.failure, sizeof w->failure);
}

static void random_steps(struct chaos *c)
{
	for (uint32_t n = prng_below(&c->rng, 300); n-- && !c->world.failure[0];)
		chaos_step(c);
}

static void live(struct chaos *c)
{
	world_event(&c->world, &(struct event){.kind = EV_BOOT, .answer_by_ms = NEVER});
	random_steps(c);
	if (prng_chance(&c->rng, 20))
		world_event(&c->world, &(struct event){
			.kind = EV_SHUTDOWN, .svc = NO_SVC, .answer_by_ms = NEVER});
	random_steps(c);
}

static void one_random_case(uint64_t seed, bool same_edges)
{
	struct chaos c = {.rng = {seed}, .fault_percent = 20, .command_percent = 10};
	struct plan p, q;
	uint32_t map[PLAN_MAX];
	struct engine *old, *e;

	chaos_graph(&c.rng, &p, 1 + prng_below(&c.rng, 8));
	old = plan_engine(&p);
	world_init(&c.world, &p, old, 1000);
	live(&c);
	if (same_edges) {
		enlarge(&c.rng, &p, &q, map);
	} else {
		world_drain(&c.world); /* what was decided under the old edges is done */
		replant(&c.rng, &c.world, &p, &q, map);
	}
	e = plan_engine(&q);
	engine_adopt(e, old, map);
	free(old);
	move_world(&c.world, &q, e, map);
	record_adopted(&c.world, &p, map);
	oracle_always(&c.world);
	random_steps(&c);
	if (!c.world.failure[0])
		world_settle(&c.world);
	if (c.world.failure[0]) {
		printf("  # seed %u at %lld: %s\n", (unsigned)seed, (long long)c.world.now, c.world.failure);
		CHECK(c.world.failure[0] == '\0');
	}
	free(e);
}

static void random_cases(void)
{
	for (uint64_t seed = 1; seed <= RANDOM_CASES && !failed; seed++)
		one_random_case(seed, true);
	done("1000 random engines are taken over and keep all rules");
	for (uint64_t seed = 1; seed <= RANDOM_CASES && !failed; seed++)
		one_random_case(seed, false);
	done("1000 random engines get another tree while they run and keep all rules");
}

int main(void)
{
	a_spawn_not_taken_yet();
	an_event_not_settled_yet();
	a_stop_that_is_timed();
	a_deadline_that_has_passed();
	ready_is_not_settled_yet();
	who_is_late();
	a_stop_with_a_limit();
	crashes_are_remembered();
	waiters_move_along();
	a_culprit_is_renamed();
	a_culprit_is_gone();
	a_need_is_gone();
	a_load_mends();
	a_load_breaks();
	what_would_be_lost_is_not_restarted();
	a_boot_settles_once();
	a_shutdown_goes_on();
	a_full_table();
	a_new_need_is_pulled_in();
	a_new_need_fails();
	an_old_need_stays_stopped();
	nothing_is_pulled_in_by_the_unwished_or_at_the_end();
	an_essential_end_not_said_yet();
	who_may_be_dropped();
	random_cases();
	return n_not_ok != 0;
}
