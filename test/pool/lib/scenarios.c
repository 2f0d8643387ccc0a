/* scenarios.c - stories of one pool each, under all oracles, with an end of its own. */
#include "test/pool/lib/scenarios.h"

#include <stdio.h>

#include "test/pool/lib/record.h"
#include "test/pool/lib/world.h"

#define MINUTE 60000
/* Starts of one that ends at once, in a minute: two at once, then after 100 ms, doubled
 * up to 25.6 s. */
#define STARTS_MAX (2 + 9)

static struct world w;
static struct pool pool;

static void event(enum pool_event_kind kind, uint32_t n)
{
	world_event(&w, &(struct pool_event){.kind = kind, .row = POOL_NO_ROW, .n = n});
}

static void row_event(enum pool_event_kind kind, uint32_t row)
{
	world_row_event(&w, kind, row);
	world_drain(&w);
}

/* A request comes, and is given where it can be. */
static void request(void)
{
	world_arrive(&w);
	world_poll(&w);
	world_drain(&w);
}

static void all_up(void)
{
	for (uint32_t row = 0; row < w.high; row++)
		if (w.proc[row].alive && !w.proc[row].up)
			row_event(POOL_EV_UP, row);
}

static void check(bool holds, const char *what)
{
	if (!holds)
		world_broken(&w, "%s", what);
}

/* For so long, at every deadline; `act` is what workers do meanwhile. */
static void pass(int64_t ms, bool (*act)(uint32_t row))
{
	int64_t until = w.now + ms;

	while (!w.failure[0]) {
		bool acted = false;

		world_drain(&w);
		for (uint32_t row = 0; row < w.high && act; row++)
			acted |= w.proc[row].alive && act(row);
		if (acted)
			continue;
		if (pool_deadline(&pool) > until)
			break;
		world_wake(&w);
	}
	world_clock(&w, until);
}

static bool all_end(uint32_t row)
{
	world_row_event(&w, POOL_EV_ENDED, row);
	return true;
}

static void an_idle_pool_sleeps(void)
{
	world_settle(&w);
	check(pool_deadline(&pool) == POOL_NEVER, "it has a deadline at once");
	for (uint32_t k = 0; k < 6; k++) {
		request();
		all_up();
	}
	check(record_tally(&w).busy == 6, "it has not grown");
	world_settle(&w);
	check(pool_deadline(&pool) == POOL_NEVER, "it has a deadline");
	check(record_tally(&w).idle == w.limits.idle, "it is not at its idle limit");
	check(pool_listens(&pool), "it does not listen");
}

static void whoever_ends_at_once_starts_rarely(void)
{
	world_settle(&w);
	for (uint32_t k = 0; k < 3; k++)
		request();
	pass(2000, NULL); /* so that the first end is no failure yet */
	w.n_starts = 0;
	world_arrive(&w);
	event(POOL_EV_REQUEST, 0);
	pass(MINUTE, all_end);
	/* min ranks, and growth */
	check(w.n_starts <= (w.limits.min + 1) * (STARTS_MAX + 1), "too many starts in a minute");
	check(w.n_starts >= w.limits.min * STARTS_MAX, "too few starts in a minute");
}

static bool all_lie(uint32_t row)
{
	world_row_event(&w, POOL_EV_UP, row);
	world_row_event(&w, POOL_EV_BUSY, row);
	world_row_event(&w, POOL_EV_AVAILABLE, row);
	world_row_event(&w, POOL_EV_ENDED, row);
	return true;
}

static void a_liar_starts_rarely(void)
{
	uint32_t pause = w.limits.requests ? POOL_RECYCLE_MS : POOL_BACKOFF_FIRST_MS;

	world_settle(&w);
	w.n_starts = 0;
	pass(MINUTE, all_lie);
	check(w.n_starts <= w.limits.min * (MINUTE / pause + 2), "too many starts in a minute");
}

static void a_refusal_is_no_way_around(void)
{
	world_settle(&w);
	w.n_starts = 0;
	world_arrive(&w);
	for (int64_t until = w.now + MINUTE; w.now < until && !w.failure[0];) {
		w.refuses = true;
		world_poll(&w);
		world_drain(&w);
		for (uint32_t row = 0; row < w.high; row++)
			if (w.proc[row].killed || w.proc[row].unable)
				row_event(POOL_EV_ENDED, row);
			else
				row_event(POOL_EV_UP, row);
		world_drain(&w);
		if (pool_deadline(&pool) != POOL_NEVER)
			world_wake(&w);
		else
			world_clock(&w, w.now + 1);
	}
	check(w.n_starts <= (w.limits.min + 1) * (STARTS_MAX + 1), "too many starts in a minute");
}

static void growth_is_forgiven_once(void)
{
	world_settle(&w);
	request();
	request();
	all_up();
	row_event(POOL_EV_AVAILABLE, 1); /* who has grown has served */
	request();
	request();
	for (uint32_t k = 0; k < 3; k++) {
		pass(k * POOL_BACKOFF_FIRST_MS, NULL);
		row_event(POOL_EV_ENDED, 2);
	}
	row_event(POOL_EV_AVAILABLE, 1); /* once more; that says nothing of row 2 */
	request();
	check(w.proc[1].holds && !w.proc[2].alive, "it grows before its time");
}

static void the_last_idle_is_the_first_busy(void)
{
	world_settle(&w);
	request();
	request();
	request();
	row_event(POOL_EV_AVAILABLE, 1);
	row_event(POOL_EV_AVAILABLE, 2);
	row_event(POOL_EV_AVAILABLE, 0);
	request();
	check(w.proc[0].holds && !w.proc[1].holds && !w.proc[2].holds, "it is not row 0");
	request();
	check(w.proc[2].holds && !w.proc[1].holds, "it is not row 2");
}

static void one_more_request_is_not_cut_off(void)
{
	world_settle(&w);
	world_row_event(&w, POOL_EV_BUSY, 0);
	world_row_event(&w, POOL_EV_AVAILABLE, 0);
	world_row_event(&w, POOL_EV_BUSY, 0); /* read with what has spent it */
	world_drain(&w);
	check(w.proc[0].told, "it is not told");
	pass(10 * POOL_LEAVE_MS, NULL);
	check(!w.proc[0].killed, "it is killed in the middle of a request");
	row_event(POOL_EV_AVAILABLE, 0);
	pass(POOL_LEAVE_MS, NULL);
	check(w.proc[0].killed, "it is not killed after its request");
}

static void late_news_is_in_order(void)
{
	world_settle(&w);
	world_row_event(&w, POOL_EV_BUSY, 0);
	world_row_event(&w, POOL_EV_AVAILABLE, 0);
	world_row_event(&w, POOL_EV_BUSY, 0);
	world_clock(&w, w.now + 10);
	world_row_event(&w, POOL_EV_BUSY, 1);
	world_drain(&w); /* row 0 is told now, and has been busy for longer than row 1 */
	pass(w.limits.timeout_ms - 10, NULL);
	check(w.proc[0].killed && !w.proc[1].killed, "it is not row 0 that is killed first");
}

static void a_roll_under_load_cuts_nothing_off(void)
{
	world_settle(&w);
	for (uint32_t k = 0; k < w.limits.max; k++) {
		request();
		all_up();
	}
	event(POOL_EV_ROLL, 0);
	world_drain(&w);
	for (uint32_t k = 0; k < 4 * POOL_MAX && w.rolling; k++)
		all_up();
	check(!w.rolling, "it waits for requests to end");
	check(w.lost == 0 && w.kills == 0, "a request was cut off");
	world_settle(&w);
	check(w.finished == w.arrived, "not all were served");
}

static void scale_is_not_for_good(void)
{
	uint32_t max = w.limits.max;

	world_settle(&w);
	event(POOL_EV_SCALE, max + 2);
	world_settle(&w);
	check(record_tally(&w).idle == max + 2, "it has not scaled up");
	world_event(&w, &(struct pool_event){.kind = POOL_EV_LIMITS, .limits = w.given});
	world_settle(&w);
	check(record_tally(&w).idle == max + 2, "other limits have undone it");
	event(POOL_EV_SCALE, 2);
	world_settle(&w);
	check(pool.limits.max == max, "max stays raised");
	check(record_tally(&w).idle == w.given.idle, "idle workers stay");
}

/* Each roll leaves all its workers to a request that does not end. */
static void rows_may_run_out(void)
{
	world_settle(&w);
	for (uint32_t k = 0; k < 8 * POOL_ROWS && !w.failure[0]; k++) {
		if (!w.rolling)
			event(POOL_EV_ROLL, 0);
		world_drain(&w);
		request();
		all_up();
		request();
	}
	pass(POOL_LEAVE_MS, NULL); /* who had no request is killed, and does not go */
	check(record_tally(&w).alive == POOL_ROWS, "there is room yet");
	check(pool_deadline(&pool) == POOL_NEVER, "it is woken for a row that is not there");
	row_event(POOL_EV_ENDED, w.proc[0].told ? 0 : 1);
	world_settle(&w);
}

static const struct {
	const char *name;
	void (*play)(void);
	struct pool_limits limits;
} scenarios[] = {
	{"an idle pool at its idle limit is never woken", an_idle_pool_sleeps,
	 {.min = 2, .max = 8, .idle = 3, .idle_ms = 60000, .timeout_ms = 5000, .dispatch = true}},
	{"a program that always ends at once starts rarely, also while a request waits",
	 whoever_ends_at_once_starts_rarely,
	 {.min = 3, .max = POOL_MAX, .idle = 3, .idle_ms = 60000, .dispatch = true}},
	{"a share worker that says it served and ends starts ten times a second at most",
	 a_liar_starts_rarely, {.min = 3, .max = 8, .idle = 3, .idle_ms = 60000}},
	{"one that says it served its last one starts fifty times a second at most",
	 a_liar_starts_rarely, {.min = 3, .max = 8, .idle = 3, .requests = 1, .idle_ms = 60000}},
	{"workers that take no request start as rarely as those that end", a_refusal_is_no_way_around,
	 {.min = 3, .max = POOL_MAX, .idle = 3, .idle_ms = 60000, .dispatch = true}},
	{"an older worker's next request does not make up for growth that fails", growth_is_forgiven_once,
	 {.min = 1, .max = 4, .idle = 4, .dispatch = true}},
	{"who became idle last gets the next request", the_last_idle_is_the_first_busy,
	 {.min = 3, .max = 3, .idle = 3, .dispatch = true}},
	{"a request that began while its worker was told to end is not cut off",
	 one_more_request_is_not_cut_off, {.min = 1, .max = 3, .idle = 3, .requests = 1}},
	{"who began a request first is killed for its time first", late_news_is_in_order,
	 {.min = 2, .max = 2, .idle = 2, .requests = 1, .timeout_ms = 1000}},
	{"a roll under full load waits for no request and cuts none off", a_roll_under_load_cuts_nothing_off,
	 {.min = 2, .max = 6, .idle = 6, .requests = 100, .dispatch = true}},
	{"scale raises max and outlives other limits, but is taken back by scale", scale_is_not_for_good,
	 {.min = 1, .max = 4, .idle = 3, .idle_ms = 1000, .dispatch = true}},
	{"where the rows run out, workers wait for one", rows_may_run_out,
	 {.min = 2, .max = 2, .idle = 2, .dispatch = true}},
};

uint64_t scenarios_run(bool trace)
{
	unsigned failures = 0;

	for (unsigned k = 0; k < sizeof scenarios / sizeof *scenarios; k++) {
		world_init(&w, &pool, &scenarios[k].limits, 1000);
		w.trace = trace;
		scenarios[k].play();
		printf("%s - %s\n", w.failure[0] ? "not ok" : "ok", scenarios[k].name);
		if (w.failure[0])
			printf("  # %s\n", w.failure);
		failures += w.failure[0] != 0;
	}
	return failures;
}
