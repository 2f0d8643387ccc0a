/* explore.c - the exhaustive explorer: every order of events, on small pools.
 *
 *     explore [--pool NAME] [--trace]
 *
 * From a pool that was just made, every event that workers, clients or an operator can
 * cause is tried in every state, until no state is new.  A state is the pool's rows and
 * the world's truth, by the order of the lists and without the numbers of rows, with
 * times relative to now and nothing that no decision looks at.  All oracles watch each
 * step; from the states whose hash says so (one in LIVENESS) everybody behaves until all
 * is quiet.
 *
 * What is explored, and how far, stands in families[].  POOL_MAX is small here, so that
 * rows run out as well.  --trace prints the way to the state that broke a rule. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "src/pool/rules_rows.h"
#include "test/lib/seen.h"
#include "test/pool/lib/record.h"
#include "test/pool/lib/world.h"

#define LATE_MS POOL_LEAVE_MS
#define LIVENESS 16
#define STATES_MAX 4000000  /* of one pool: more is a mistake in families[] */

enum move {
	MOVE_NEXT,         /* one action is taken; only when stepping */
	MOVE_TIME,         /* the next deadline comes */
	MOVE_HEALTHY,      /* it is late: whoever was young is not */
	MOVE_POLL,         /* the manager looks whether a request waits, if that is of use */
	MOVE_REQUEST,      /* from here on they are counted: a request comes */
	MOVE_FALSE,        /* it looked as if one came */
	MOVE_REFUSE,       /* the next one is not taken by its worker */
	MOVE_SCALE,
	MOVE_LIMITS,
	MOVE_ROLL,
	MOVE_DRAIN,
	MOVE_DEATH,        /* from here on: of one row */
	MOVE_BUSY,
	MOVE_UP,           /* from here on they are free */
	MOVE_AVAILABLE,
	MOVE_ENDS,         /* as it was told, or killed */
	MOVE_ANSWER,       /* what became of a request that was given */
	MOVE_N
};
#define FIRST_OF_ROW MOVE_DEATH
#define FIRST_COUNTED MOVE_REQUEST
#define LAST_COUNTED MOVE_BUSY

/* How far a pool is explored: how often a move may be made. */
struct family {
	const char *name;
	struct pool_limits limits, others;
	uint32_t scale;
	bool stepping;     /* events also between two actions, answers come late */
	uint8_t may[MOVE_N];
};

/* Times that are multiples of each other meet in fewer ways. */
#define SHARE(min_, max_, idle_, requests_) \
	{.min = min_, .max = max_, .idle = idle_, .requests = requests_, .idle_ms = 5000, .timeout_ms = 10000}
#define DISPATCH(min_, max_, idle_, requests_) \
	{.min = min_, .max = max_, .idle = idle_, .requests = requests_, .idle_ms = 5000, .timeout_ms = 10000, \
	 .dispatch = true}

static const struct family families[] = {
	{.name = "start", .limits = DISPATCH(2, 3, 2, 0), .scale = 1, .stepping = true,
	 .may = {[MOVE_FALSE] = 1, [MOVE_DEATH] = 1, [MOVE_SCALE] = 1, [MOVE_ROLL] = 1, [MOVE_DRAIN] = 1}},
	{.name = "start, three", .limits = DISPATCH(2, 3, 2, 0), .scale = 3,
	 .may = {[MOVE_DEATH] = 2, [MOVE_SCALE] = 1, [MOVE_ROLL] = 1, [MOVE_DRAIN] = 1}},
	{.name = "requests", .limits = DISPATCH(1, 3, 2, 2),
	 .may = {[MOVE_REQUEST] = 3, [MOVE_FALSE] = 1, [MOVE_REFUSE] = 1, [MOVE_DEATH] = 1}},
	{.name = "requests, stepping", .limits = DISPATCH(1, 2, 1, 2), .stepping = true,
	 .may = {[MOVE_REQUEST] = 2, [MOVE_REFUSE] = 1, [MOVE_DEATH] = 1}},
	{.name = "deaths", .limits = DISPATCH(2, 3, 2, 0),
	 .may = {[MOVE_REQUEST] = 2, [MOVE_DEATH] = 3, [MOVE_DRAIN] = 1}},
	{.name = "roll", .limits = DISPATCH(2, 3, 2, 2),
	 .may = {[MOVE_REQUEST] = 2, [MOVE_DEATH] = 1, [MOVE_ROLL] = 1, [MOVE_DRAIN] = 1}},
	{.name = "roll, stepping", .limits = DISPATCH(2, 2, 2, 0), .stepping = true,
	 .may = {[MOVE_REQUEST] = 1, [MOVE_DEATH] = 1, [MOVE_ROLL] = 2, [MOVE_DRAIN] = 1}},
	{.name = "scale", .limits = DISPATCH(1, 2, 1, 0), .others = DISPATCH(1, 1, 1, 1), .scale = 3,
	 .may = {[MOVE_REQUEST] = 2, [MOVE_DEATH] = 1, [MOVE_SCALE] = 1, [MOVE_LIMITS] = 1}},
	{.name = "scale and roll", .limits = DISPATCH(1, 2, 1, 0), .others = DISPATCH(1, 1, 1, 1), .scale = 3,
	 .may = {[MOVE_REQUEST] = 1, [MOVE_SCALE] = 1, [MOVE_LIMITS] = 1, [MOVE_ROLL] = 1, [MOVE_DRAIN] = 1}},
	{.name = "share", .limits = SHARE(1, 3, 1, 2),
	 .may = {[MOVE_BUSY] = 3, [MOVE_DEATH] = 1, [MOVE_DRAIN] = 1}},
	{.name = "share and roll", .limits = SHARE(1, 2, 1, 2),
	 .may = {[MOVE_BUSY] = 2, [MOVE_DEATH] = 1, [MOVE_ROLL] = 1, [MOVE_DRAIN] = 1}},
	{.name = "share, stepping", .limits = SHARE(1, 2, 1, 1), .others = SHARE(2, 2, 2, 0), .stepping = true,
	 .may = {[MOVE_BUSY] = 2, [MOVE_DEATH] = 1, [MOVE_LIMITS] = 1, [MOVE_DRAIN] = 1}},
};
#define N_FAMILIES (sizeof families / sizeof *families)

/* Everything that a state is. */
struct spot {
	struct pool pool;
	struct world world;
	uint8_t made[LAST_COUNTED + 1];
	uint32_t id;               /* place in `trail` */
};

/* How a state was reached. */
struct link {
	uint32_t from;
	uint8_t move, row;
};

struct explorer {
	const struct family *family;
	struct spot at;            /* the state in hand; its world looks at its pool */
	struct spot *stack;
	size_t n_stack, stack_room;
	struct seen seen;
	struct link *trail;
	size_t trail_room;
	uint64_t moves, settled;
	const char *failure;
};

/* ---- what a state is ---- */

/* How long ago, up to where it no longer matters. */
static uint64_t ago(const struct world *w, int64_t then, int64_t matters)
{
	int64_t ms = w->now - then;

	return (uint64_t)(ms < matters ? ms : matters);
}

static uint64_t until(const struct world *w, int64_t then)
{
	return then > w->now ? (uint64_t)(then - w->now) : 0;
}

static int64_t more(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Of one that serves: how young it is, where its rank will ask. */
static uint64_t youth(const struct world *w, const struct proc *p)
{
	if (w->limits.dispatch && p->served > 0)
		return POOL_HEALTHY_MS;
	return ago(w, p->start_ms, POOL_HEALTHY_MS);
}

static void mix_serving(uint64_t *h, const struct explorer *x, uint32_t row)
{
	const struct world *w = &x->at.world;
	const struct pool_worker *is = &x->at.pool.worker[row];
	const struct family *f = x->family;
	uint64_t served = is->served < 3 ? is->served : 3;

	mix(h, (uint64_t)is->old | (uint64_t)is->grown << 1 | served << 4 | (uint64_t)is->rank << 8
	       | youth(w, &w->proc[row]) << 16);
	if (is->state == WORKER_IDLE || w->proc[row].answer)
		mix(h, ago(w, is->idle_ms, more(f->limits.idle_ms, f->others.idle_ms)));
}

static uint64_t hash_of_row(const struct explorer *x, uint32_t row)
{
	const struct world *w = &x->at.world;
	const struct pool_worker *is = &x->at.pool.worker[row];
	const struct proc *p = &w->proc[row];
	const struct family *f = x->family;
	uint64_t h = 1;

	mix(&h, (uint64_t)is->state | (uint64_t)is->list << 4 | (uint64_t)p->holds << 8
	        | (uint64_t)p->answer << 9 | (uint64_t)is->was_up << 12);
	if (rows_serves(is))
		mix_serving(&h, x, row);
	if (is->busy_ms != POOL_NEVER)
		mix(&h, ago(w, is->busy_ms, more(f->limits.timeout_ms, f->others.timeout_ms)));
	if (is->state == WORKER_LEAVING && is->busy_ms == POOL_NEVER)
		mix(&h, ago(w, is->since_ms, POOL_LEAVE_MS));
	if (is->state == WORKER_LEAVING && !w->limits.dispatch)
		mix(&h, ago(w, is->told_ms, POOL_LEAVE_MS + 1));
	return h;
}

/* Who was killed is in no order that matters. */
static void mix_rows(uint64_t *h, const struct explorer *x)
{
	const struct pool *p = &x->at.pool;

	for (unsigned list = POOL_LIST_STARTING; list < POOL_N_LISTS; list++) {
		uint64_t sum = 0;

		for (uint32_t row = p->list[list].first; row != POOL_NO_ROW; row = p->worker[row].after) {
			sum += hash_of_row(x, row);
			if (list != POOL_LIST_KILLED)
				mix(&sum, list);
		}
		mix(h, sum);
	}
}

static uint64_t hash_of(const struct explorer *x)
{
	const struct world *w = &x->at.world;
	const struct pool *p = &x->at.pool;
	uint64_t h = 1;

	mix_rows(&h, x);
	for (unsigned rank = 0; rank < POOL_MAX + 2; rank++)
		mix(&h, until(w, p->rank[rank].retry_ms) << 8 | p->rank[rank].failures);
	for (unsigned m = FIRST_COUNTED; m <= LAST_COUNTED; m++)
		mix(&h, x->at.made[m]);
	mix(&h, (uint64_t)p->waiting | (uint64_t)p->ready << 1 | (uint64_t)p->said_ready << 2
	        | (uint64_t)p->failed << 3 | (uint64_t)p->said_failed << 4 | (uint64_t)p->draining << 5
	        | (uint64_t)p->said_drained << 6 | (uint64_t)p->rolling << 7 | (uint64_t)p->wanted << 8
	        | (uint64_t)p->scale << 12 | (uint64_t)p->limits.min << 16 | (uint64_t)p->limits.max << 20
	        | (uint64_t)p->limits.requests << 24 | (uint64_t)w->refuses << 28 | (uint64_t)w->resting << 29
	        | (uint64_t)w->queued << 32 | (w->arrived - w->finished - w->lost) << 40);
	return h ? h : 1;
}

/* ---- what can happen ---- */

static bool anybody_young(const struct world *w)
{
	for (uint32_t row = 0; row < w->high; row++)
		if (proc_serves(&w->proc[row]) && youth(w, &w->proc[row]) < POOL_HEALTHY_MS)
			return true;
	return false;
}

static bool possible_of_row(const struct explorer *x, enum move m, uint32_t row)
{
	const struct world *w = &x->at.world;
	const struct proc *p = &w->proc[row];
	bool goes = p->told || p->killed;

	if (row >= w->high || !p->alive)
		return false;
	switch ((int)m) {
	case MOVE_DEATH: return !goes;
	case MOVE_BUSY: return !w->limits.dispatch && p->up && !p->killed && p->busy_ms == POOL_NEVER;
	case MOVE_UP: return !p->up && !goes && !p->answer;
	case MOVE_AVAILABLE: return p->busy_ms != POOL_NEVER && !p->answer;
	case MOVE_ENDS: return goes;
	case MOVE_ANSWER: return p->answer != ANSWER_NONE;
	default: return false;
	}
}

static bool possible(const struct explorer *x, enum move m, uint32_t row)
{
	const struct world *w = &x->at.world;

	if (m >= FIRST_COUNTED && m <= LAST_COUNTED && x->at.made[m] >= x->family->may[m])
		return false;
	if (w->said_failed && m != MOVE_TIME && m != MOVE_DRAIN && m != MOVE_ENDS && m != MOVE_NEXT)
		return false; /* the manager would have ended */
	if (m >= FIRST_OF_ROW)
		return possible_of_row(x, m, row);
	switch ((int)m) {
	case MOVE_NEXT: return x->family->stepping && !w->resting;
	case MOVE_TIME: return w->resting && pool_deadline(&x->at.pool) != POOL_NEVER;
	case MOVE_HEALTHY: return w->resting && anybody_young(w);
	case MOVE_POLL: return w->queued > 0 && pool_listens(&x->at.pool);
	case MOVE_REFUSE: return !w->refuses;
	case MOVE_DRAIN: return !w->draining;
	default: return true;
	}
}

static void operate(struct world *w, const struct family *f, enum pool_event_kind kind)
{
	world_event(w, &(struct pool_event){.kind = kind, .row = POOL_NO_ROW, .n = f->scale,
	                                    .limits = f->others});
}

static void perform(struct world *w, const struct family *f, enum move m, uint32_t row)
{
	switch (m) {
	case MOVE_NEXT: world_next(w); break;
	case MOVE_TIME: world_wake(w); break;
	case MOVE_HEALTHY: world_clock(w, w->now + LATE_MS); break;
	case MOVE_POLL: world_poll(w); break;
	case MOVE_REQUEST: world_arrive(w); break;
	case MOVE_FALSE: operate(w, f, POOL_EV_REQUEST); break;
	case MOVE_REFUSE: w->refuses = true; break;
	case MOVE_SCALE: operate(w, f, POOL_EV_SCALE); break;
	case MOVE_LIMITS: operate(w, f, POOL_EV_LIMITS); break;
	case MOVE_ROLL: operate(w, f, POOL_EV_ROLL); break;
	case MOVE_DRAIN: operate(w, f, POOL_EV_DRAIN); break;
	case MOVE_DEATH:
	case MOVE_ENDS: world_row_event(w, POOL_EV_ENDED, row); break;
	case MOVE_BUSY: world_row_event(w, POOL_EV_BUSY, row); break;
	case MOVE_UP: world_row_event(w, POOL_EV_UP, row); break;
	case MOVE_AVAILABLE: world_row_event(w, POOL_EV_AVAILABLE, row); break;
	case MOVE_ANSWER: world_answer(w, row); break;
	case MOVE_N: break;
	}
}

static void apply(struct explorer *x, enum move m, uint32_t row)
{
	if (m >= FIRST_COUNTED && m <= LAST_COUNTED)
		x->at.made[m]++;
	perform(&x->at.world, x->family, m, row);
	if (!x->family->stepping)
		world_drain(&x->at.world);
	x->moves++;
}

/* ---- the search ---- */

static void go_back(struct explorer *x, const struct spot *s)
{
	x->at = *s;
}

static void push(struct explorer *x, enum move m, uint32_t row, uint32_t from)
{
	if (x->n_stack == x->stack_room) {
		x->stack_room = x->stack_room ? 2 * x->stack_room : 64;
		x->stack = grown(x->stack, x->stack_room * sizeof *x->stack);
	}
	if (x->seen.n > x->trail_room) {
		x->trail_room = 2 * x->seen.n;
		x->trail = grown(x->trail, x->trail_room * sizeof *x->trail);
	}
	x->at.id = (uint32_t)x->seen.n - 1;
	x->trail[x->at.id] = (struct link){from, (uint8_t)m, (uint8_t)row};
	x->stack[x->n_stack++] = x->at;
}

static void boot(struct explorer *x)
{
	memset(&x->at, 0, sizeof x->at);
	world_init(&x->at.world, &x->at.pool, &x->family->limits, 100000);
	x->at.world.slow_answers = x->family->stepping;
	if (!x->family->stepping)
		world_drain(&x->at.world);
}

/* The moves that led to state id, first to last, done again aloud. */
static void retrace(struct explorer *x, uint32_t id)
{
	if (id == 0) {
		boot(x);
		x->at.world.trace = true;
		return;
	}
	retrace(x, x->trail[id].from);
	apply(x, (enum move)x->trail[id].move, x->trail[id].row);
}

static void explain(struct explorer *x, uint32_t from, enum move m, uint32_t row)
{
	retrace(x, from);
	if (m != MOVE_N)
		apply(x, m, row);
	if (!x->at.world.failure[0])
		world_settle(&x->at.world);
}

/* One move from s; false when it broke a rule. */
static bool try_move(struct explorer *x, const struct spot *s, enum move m, uint32_t row)
{
	uint64_t h;

	apply(x, m, row);
	if (x->at.world.failure[0])
		return false;
	h = hash_of(x);
	if (seen_is_new(&x->seen, h)) {
		push(x, m, row, s->id);
		if (h % LIVENESS == 0) {
			world_settle(&x->at.world);
			x->settled++;
			if (x->at.world.failure[0])
				return false;
		}
	}
	go_back(x, s);
	return true;
}

static bool expand(struct explorer *x, const struct spot *s, enum move *m, uint32_t *row)
{
	go_back(x, s);
	for (*m = 0; *m < MOVE_N; ++*m)
		for (*row = 0; *row < (*m < FIRST_OF_ROW ? 1 : POOL_ROWS); ++*row)
			if (possible(x, *m, *row) && !try_move(x, s, *m, *row))
				return false;
	return true;
}

/* Explores one pool; true when no rule broke. */
static bool explore(struct explorer *x, bool trace)
{
	static struct spot s;
	enum move m = MOVE_N;
	uint32_t row = 0;
	bool good;

	x->n_stack = 0;
	x->moves = x->settled = 0;
	seen_clear(&x->seen);
	boot(x);
	good = !x->at.world.failure[0] && seen_is_new(&x->seen, hash_of(x));
	if (good)
		push(x, MOVE_N, 0, 0);
	while (good && x->n_stack && x->seen.n < STATES_MAX) {
		s = x->stack[--x->n_stack];
		good = expand(x, &s, &m, &row);
	}
	if (good && x->seen.n < STATES_MAX)
		return true;
	x->failure = good ? "too many states" : x->at.world.failure;
	if (trace && !good)
		explain(x, s.id, m, row);
	return false;
}

struct totals {
	uint64_t states, moves, settled, failures;
};

static void run_family(struct explorer *x, bool trace, struct totals *t)
{
	bool good = explore(x, trace);

	if (!good)
		printf("explore: pool %s: %s\n  replay: explore --pool '%s' --trace\n", x->family->name,
		       x->failure, x->family->name);
	printf("explore: %s: %zu states, %" PRIu64 " moves, %" PRIu64 " settled\n", x->family->name,
	       x->seen.n, x->moves, x->settled);
	t->states += x->seen.n;
	t->moves += x->moves;
	t->settled += x->settled;
	t->failures += !good;
}

int main(int argc, char **argv)
{
	static struct explorer x;
	struct totals t = {0};
	const char *only = NULL;
	bool trace = false;

	for (int k = 1; k < argc; k++) {
		if (!strcmp(argv[k], "--trace")) {
			trace = true;
		} else if (!strcmp(argv[k], "--pool") && k + 1 < argc) {
			only = argv[++k];
		} else {
			fprintf(stderr, "usage: explore [--pool NAME] [--trace]\n");
			return 2;
		}
	}
	for (size_t k = 0; k < N_FAMILIES && !t.failures; k++) {
		x.family = &families[k];
		if (!only || !strcmp(only, x.family->name))
			run_family(&x, trace, &t);
	}
	free(x.seen.table);
	free(x.stack);
	free(x.trail);
	printf("explore: in all: %" PRIu64 " states, %" PRIu64 " moves, %" PRIu64 " settled, %" PRIu64
	       " failures\n", t.states, t.moves, t.settled, t.failures);
	return t.failures != 0;
}
