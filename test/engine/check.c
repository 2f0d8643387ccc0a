/* check.c - engine_check: what it has to refuse, and that it reads nothing else.
 *
 *     check [--seeds N]
 *
 * Each block ends where a page begins that nobody may touch.  First the corruptions one
 * by one: an engine in the middle of things, one value of which is changed, must be
 * refused with the right words.  Then random ones: engines of the simulator in any state
 * are found right, and with random bytes in them refused or, where these are values that
 * can be, run on without a fault.  Prints "ok - NAME" or "not ok - NAME"; exit 1 if one
 * is not ok. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/engine/classes.h"
#include "src/engine/deadline.h"
#include "src/engine/todo.h"
#include "src/limits.h"
#include "test/engine/lib/chaos.h"

#define SPOILT_EACH 200   /* random corruptions of one engine */
#define RUN_ON 3000       /* actions that an engine takes at most that was accepted */

static int n_not_ok;

static void done(const char *name, const char *wrong)
{
	printf("%s - %s\n", wrong ? "not ok" : "ok", name);
	if (wrong)
		printf("  # %s\n", wrong);
	n_not_ok += wrong != NULL;
}

/* ---- a block with nothing behind it ---- */

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

static char *map_for(size_t bytes, size_t *whole)
{
	size_t page = page_size(), room = (bytes + page - 1) / page * page;
	char *at = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*whole = room + page;
	if (at == MAP_FAILED || mprotect(at + room, page, PROT_NONE) < 0) {
		perror("mmap");
		exit(2);
	}
	return at;
}

/* So many bytes of e, right before the page; undo with put_back(). */
struct block {
	struct engine *e;
	char *map;
	size_t whole, bytes;
};

static struct block block_of(const struct engine *e, size_t bytes)
{
	struct block b = {.bytes = bytes};

	b.map = map_for(bytes, &b.whole);
	b.e = (struct engine *)(void *)(b.map + b.whole - page_size() - bytes);
	memcpy(b.e, e, bytes);
	return b;
}

static void put_back(struct block *b)
{
	munmap(b->map, b->whole);
}

/* ---- one corruption each ---- */

/* 0 needs 1 needs 2, and wants 3, which wants 0 without order: 0, 1 and 3 are being
 * stopped, 2 is up, and somebody waits. */
static struct engine *some_engine(void)
{
	static struct plan p;
	struct world w;
	struct engine *e;

	p = (struct plan){.n = 4, .vital = true, .n_codes = 1, .code = {{3, 1, 2}}};
	for (uint32_t i = 0; i < p.n; i++)
		p.node[i] = (struct graph_node){.kind = KIND_ON | KIND_RESPAWN, .delay_ms = 5000};
	p.node[3].delay_ms = 1000;
	p.edge[0][1] = p.edge[1][2] = EDGE_NEED;
	p.edge[0][3] = EDGE_WANT;
	p.edge[3][0] = EDGE_LOOSE;
	plan_compile(&p);
	e = plan_engine(&p);
	world_init(&w, &p, e, 1000);
	world_event(&w, &(struct event){.kind = EV_BOOT, .answer_by_ms = NEVER});
	for (unsigned k = 0; k < 4; k++) {
		world_drain(&w);
		for (uint32_t i = 0; i < p.n; i++)
			if (w.actor[i].main == PROC_FORKED)
				world_executed(&w, i);
	}
	world_drain(&w);
	world_event(&w, &(struct event){.kind = EV_STOP, .svc = 3, .goal = GOAL_STOPPED, .handle = 7,
	                                .answer_by_ms = 4000});
	world_event(&w, &(struct event){.kind = EV_STOP, .svc = 1, .goal = GOAL_STOPPED, .handle = 8,
	                                .answer_by_ms = NEVER});
	world_drain(&w);
	if (w.failure[0]) {
		printf("check: %s\n", w.failure);
		exit(1);
	}
	return e;
}

static uint32_t *row_of(struct engine *e, uint32_t array)
{
	return (uint32_t *)((uintptr_t)e + array);
}

static struct waiter *waiters(struct engine *e)
{
	return (struct waiter *)((uintptr_t)e + e->waiters);
}

static void set_byte(void *at, uint8_t value)
{
	memcpy(at, &value, 1);
}

enum spoil {
	SIZE, COUNT, MANY, OFFSET, HEAD_FLAG, LIST_BACK, LIST_AWAY, NEED_AWAY, NEED_TWICE,
	NEED_LOOSE, REVERSE, WANTER, CIRCLE, STATE, FROM, KIND, ESSENTIAL, END, STEP, CRASHES, SINCE,
	DEADLINE, CODE, ACTING, TAIL, HEAP_LONG, HEAP_AWAY, HIGH, URGENCY, WAITER_AWAY, WAITER_OTHER, GOAL,
	EARLY, CLASS, NEEDS_UP, NEEDS_BAD, NEEDS_LEAVING, WANTS_OPEN, DEPENDENTS, WANTERS, ACTIVE,
	UNSETTLED, QUEUE_LOST, QUEUE_LOOP, QUEUE_AWAY, QUEUE_TAIL, UNQUEUED, HEAP_TWICE, HEAP_ORDER,
	HEAP_LOST, TIMER, TIMED, N_WAITERS, LAST_WAITER, DUE, MARK, TODO_OTHER, TODO_KIND, TODO_AGAIN, WISH,
	LEFT, PROCESS, OFF, HASTY, ENDED_BY, N_SPOILS
};

static const struct {
	const char *words;
	const char *name;
} spoils[N_SPOILS] = {
	[SIZE] = {"the size is wrong", "a size that is a little less"},
	[COUNT] = {"the size is wrong", "one service more"},
	[MANY] = {"the size is wrong", "four thousand million services"},
	[OFFSET] = {"an offset is wrong", "rows that begin elsewhere"},
	[HEAD_FLAG] = {"a flag is neither true nor false", "a flag of 2"},
	[LIST_BACK] = {"an edge list ends before it begins", "a list of less than nothing"},
	[LIST_AWAY] = {"an edge list is not where it should be", "lists that begin late"},
	[NEED_AWAY] = {"an edge is known at one end only", "a need that nobody is"},
	[NEED_TWICE] = {"an edge is known at one end only", "a need of another service"},
	[NEED_LOOSE] = {"an edge is known at one end only", "a need without order"},
	[REVERSE] = {"an edge is known at one end only", "a dependent that needs another one"},
	[WANTER] = {"an edge is known at one end only", "a want without order that has one"},
	[CIRCLE] = {"the edges go round in a circle", "two services that need each other"},
	[STATE] = {"a state is unknown", "a state of 200"},
	[FROM] = {"a state is unknown", "a state before that of 200"},
	[KIND] = {"a kind is unknown", "a kind of 128"},
	[ESSENTIAL] = {"a kind is unknown", "an essential of 9"},
	[END] = {"an end is unknown", "an end of 77"},
	[STEP] = {"an end is unknown", "a step of 77"},
	[CRASHES] = {"there are too many crashes", "a back-off of 2 to the power of 200"},
	[SINCE] = {"a time cannot be", "a time before all times"},
	[DEADLINE] = {"a time cannot be", "a deadline that no clock will show"},
	[CODE] = {"an exit code is nobody's", "an exit code of service 4"},
	[ACTING] = {"the head names nobody", "service 4 that acts"},
	[TAIL] = {"the head names nobody", "service 4 at the end of the queue"},
	[HEAP_LONG] = {"a table is longer than its room", "more deadlines than services"},
	[HEAP_AWAY] = {"a deadline is nobody's", "a deadline of service 4"},
	[HIGH] = {"a table is longer than its room", "more waiters than rows"},
	[WAITER_AWAY] = {"a waiter names nobody", "a waiter for service 4"},
	[WAITER_OTHER] = {"a waiter names nobody", "an answer that names service 4"},
	[GOAL] = {"a waiter awaits nothing", "a goal of 99"},
	[EARLY] = {"a waiter awaits nothing", "an answer of 99"},
	[CLASS] = {"a class is wrong", "a class of nothing"},
	[NEEDS_UP] = {"a counter is wrong", "one need more that is up"},
	[NEEDS_BAD] = {"a counter is wrong", "one need more that is bad"},
	[NEEDS_LEAVING] = {"a counter is wrong", "one need more that is being stopped"},
	[WANTS_OPEN] = {"a counter is wrong", "one want more that is on its way"},
	[DEPENDENTS] = {"a counter is wrong", "one dependent less that runs"},
	[WANTERS] = {"a counter is wrong", "one wanter more that is stopped"},
	[ACTIVE] = {"a total is wrong", "one active service more"},
	[UNSETTLED] = {"a total is wrong", "no unsettled service"},
	[QUEUE_LOST] = {"the queue has lost somebody", "a queued service that is not in the queue"},
	[QUEUE_LOOP] = {"the queue leads astray", "a queue without end"},
	[QUEUE_AWAY] = {"the queue leads astray", "a queue to service 4"},
	[QUEUE_TAIL] = {"the queue ends elsewhere", "a queue that is joined in the middle"},
	[UNQUEUED] = {"a service that should move is not queued", "an end that nobody looks at"},
	[HEAP_TWICE] = {"the heap is wrong about a deadline", "a deadline that is there twice"},
	[HEAP_ORDER] = {"the heap is out of order", "a later deadline first"},
	[HEAP_LOST] = {"the heap has lost somebody", "a heap that is cut off"},
	[TIMER] = {"a deadline is lost", "a deadline that is on no heap"},
	[TIMED] = {"a deadline is where there can be none", "a deadline of a service that is up"},
	[N_WAITERS] = {"a waiter is not counted", "one waiter less"},
	[LAST_WAITER] = {"the last waiter is none", "more rows in use than waiters"},
	[DUE] = {"a waiter's time is forgotten", "a waiter who is looked at too late"},
	[MARK] = {"a walk has left its mark", "a mark"},
	[TODO_OTHER] = {"an action is due of who does not act", "an action of another service"},
	[TODO_KIND] = {"an action is due that cannot be", "a spawn of what is being stopped"},
	[TODO_AGAIN] = {"an action is due that cannot be", "a second spawn"},
	[WISH] = {"a service does not know whether all is to stop", "a wish in a shutdown"},
	[LEFT] = {"a service does not know whether all is to stop", "who is given up without a shutdown"},
	[PROCESS] = {"a process is where there can be none", "a process of a service that is down"},
	[OFF] = {"an off is where there can be none", "an off of a service that is up"},
	[HASTY] = {"an end goes on that has not begun", "haste in a shutdown that has not begun"},
	[URGENCY] = {"no shutdown is as urgent", "an urgency that there is not"},
	[ENDED_BY] = {"an end goes on that has not begun", "an end for a service that runs"},
};

static void spoil_graph(struct engine *e, enum spoil what)
{
	uint32_t *need = row_of(e, e->need);

	switch ((int)what) {
	case SIZE: e->size -= 8; break;
	case COUNT: e->n++; break;
	case MANY: e->n = UINT32_MAX; break;
	case OFFSET: e->rows += 8; break;
	case HEAD_FLAG: set_byte(&e->booting, 2); break;
	case LIST_BACK: engine_svc(e, 1)->want_at = 3; break;
	case LIST_AWAY: engine_svc(e, 0)->need_at++; break;
	case NEED_AWAY: need[0] = 4; break;
	case NEED_TWICE: need[1] = 0; break;
	case NEED_LOOSE: need[0] |= WANT_UNORDERED; break;
	case REVERSE: row_of(e, e->dependent)[0] = 2; break;
	case WANTER: row_of(e, e->want)[1] &= ~WANT_UNORDERED; break;
	case CIRCLE: /* 0 needs 1, which needs 0 now; 2 is let go of */
		need[1] = 0;
		row_of(e, e->dependent)[0] = 1;
		row_of(e, e->dependent)[1] = 0;
		engine_svc(e, 1)->dependent_at = 1;
		engine_svc(e, 2)->dependent_at = 2;
		break;
	default: break;
	}
}

static void spoil_value(struct engine *e, enum spoil what)
{
	struct svc *s = engine_svc(e, 2);

	switch ((int)what) {
	case STATE: s->live.state = 200; break;
	case FROM: s->live.from = 200; break;
	case KIND: s->kind |= 128; break;
	case ESSENTIAL: s->essential = 9; break;
	case END: s->live.end.kind = 77; break;
	case STEP: s->live.end.step = 77; break;
	case CRASHES: s->live.crashes = 200; break;
	case SINCE: s->live.since_ms = INT64_MIN; break;
	case DEADLINE: s->live.deadline_ms = NEVER - 1; break;
	case CODE: ((struct graph_code *)(void *)row_of(e, e->codes))->svc = 4; break;
	case ACTING: e->acting = 4; break;
	case TAIL: e->queue_tail = 4; break;
	case HEAP_LONG: e->n_heap = 5; break;
	case HEAP_AWAY: row_of(e, e->heap)[0] = 4; break;
	case HIGH: e->waiters_high = WAITERS_MAX + 1; break;
	case URGENCY: e->urgency = URGENCY_NOW + 1; break;
	case WAITER_AWAY: waiters(e)[0].svc = 4; break;
	case WAITER_OTHER: waiters(e)[0].other = 4; break;
	case GOAL: waiters(e)[0].goal = 99; break;
	case EARLY: waiters(e)[0].early = 99; break;
	default: break;
	}
}

static void spoil_count(struct engine *e, enum spoil what)
{
	struct svc *s = engine_svc(e, 2);

	switch ((int)what) {
	case CLASS: s->class = 0; break;
	case NEEDS_UP: s->needs_up++; break;
	case NEEDS_BAD: s->needs_bad++; break;
	case NEEDS_LEAVING: s->needs_leaving++; break;
	case WANTS_OPEN: s->wants_open++; break;
	case DEPENDENTS: s->dependents_active--; break;
	case WANTERS: s->wanters_leaving++; break;
	case ACTIVE: e->n_active++; break;
	case UNSETTLED: e->n_unsettled = 0; break;
	case QUEUE_LOST: s->queued = true; break;
	case QUEUE_LOOP:
	case QUEUE_AWAY:
	case QUEUE_TAIL:
		enqueue(e, 2);
		enqueue(e, 3);
		if (what == QUEUE_TAIL)
			e->queue_tail = 2;
		else
			engine_svc(e, 3)->queue_next = what == QUEUE_LOOP ? 2 : 4;
		break;
	case UNQUEUED: engine_svc(e, 0)->live.alive = false; break;
	case HEAP_TWICE:
	case HEAP_ORDER:
		deadline_set(e, 3, 9000);
		if (what == HEAP_TWICE)
			row_of(e, e->heap)[1] = row_of(e, e->heap)[0];
		else
			engine_svc(e, row_of(e, e->heap)[1])->live.deadline_ms = 1;
		break;
	case HEAP_LOST: e->n_heap--; break;
	case TIMER: engine_svc(e, 0)->heap_at = NO_SVC; e->n_heap--; break;
	case TIMED: deadline_set(e, 2, 9000); break;
	default: break;
	}
}

static void spoil_rest(struct engine *e, enum spoil what)
{
	struct svc *s = engine_svc(e, 2);

	switch ((int)what) {
	case N_WAITERS: e->n_waiters--; break;
	case LAST_WAITER: waiters(e)[e->waiters_high++].handle = 0; break;
	case DUE: e->waiter_due_ms = NEVER; break;
	case MARK: s->mark = true; break;
	case TODO_OTHER: s->live.todo = TODO_CHANGED; break;
	case TODO_KIND:
		e->acting = 0;
		engine_svc(e, 0)->live.todo = TODO_SPAWN;
		break;
	case TODO_AGAIN:
		e->acting = 2;
		s->live.state = SVC_STARTING;
		s->live.todo = TODO_SPAWN;
		break;
	case WISH: e->shutdown = true; break;
	case LEFT: s->live.given_up = true; break;
	case PROCESS: s->live.state = SVC_DOWN; break;
	case OFF: s->live.off_alive = true; break;
	case HASTY: e->urgency = URGENCY_BOUNDED; break;
	case ENDED_BY: e->ended_by = 2; break;
	default: break;
	}
}

static void check_spoils(struct engine *e)
{
	char said[200];
	const char *wrong;
	struct block b = block_of(e, e->size);

	done("an engine in the middle of things is right", engine_check(b.e, b.bytes));
	put_back(&b);
	for (enum spoil k = 0; k < N_SPOILS; k++) {
		b = block_of(e, e->size);
		spoil_graph(b.e, k);
		spoil_value(b.e, k);
		spoil_count(b.e, k);
		spoil_rest(b.e, k);
		wrong = engine_check(b.e, b.bytes);
		snprintf(said, sizeof said, "%s, not %s", wrong ? wrong : "it is accepted", spoils[k].words);
		done(spoils[k].name, wrong && strcmp(wrong, spoils[k].words) == 0 ? NULL : said);
		put_back(&b);
	}
}

/* Cut off anywhere, it is refused; with room behind it, it is not. */
static void check_cuts(struct engine *e)
{
	const char *wrong = NULL;

	for (size_t bytes = 0; bytes < e->size && !wrong; bytes += 8) {
		struct block b = block_of(e, bytes);

		if (!engine_check(b.e, bytes))
			wrong = "it is accepted";
		put_back(&b);
		if (bytes > 4096)
			bytes += 4096;
	}
	done("an engine of which the end is missing is refused, wherever it is cut", wrong);
	done("more memory than the engine has is no fault", engine_check(e, (size_t)e->size + 4096));
}

/* ---- random ones ---- */

struct totals {
	uint64_t right, refused, accepted;
};

/* A step of a machine to which an engine has to be equal that was accepted. */
static void feed(struct prng *r, struct engine *e, int64_t now)
{
	static const uint8_t kinds[] = {EV_START, EV_STOP, EV_RESTART, EV_EXECUTED, EV_ENDED, EV_ENDED,
	                                EV_OFF_ENDED, EV_READY, EV_SHUTDOWN};
	struct event ev = {.kind = (enum event_kind)kinds[prng_below(r, sizeof kinds)],
	                   .svc = prng_below(r, e->n), .answer_by_ms = NEVER,
	                   .end = {.kind = END_EXIT, .code = (int16_t)prng_below(r, 3)}};

	engine_event(e, now, &ev);
}

/* Without a clock a deadline that has passed cannot be told from one that was moved into
 * the future: that it is on no heap is seen when its service is settled. */
static bool is_moved_deadline(const char *wrong)
{
	return wrong && strcmp(wrong, "a deadline is lost") == 0;
}

/* What is accepted can be run: it settles, and stays right. */
static const char *run_on(struct prng *r, struct engine *e, int64_t now)
{
	unsigned n = 0;

	for (unsigned step = 0; step < 40; step++, now += prng_below(r, 10000)) {
		const char *wrong;
		struct action act;

		feed(r, e, now);
		while (engine_next(e, now, &act))
			if (++n > RUN_ON)
				return "it never settles";
		wrong = engine_check(e, e->size);
		if (wrong)
			return is_moved_deadline(wrong) ? NULL : wrong;
	}
	return NULL;
}

static void spoil_at_random(struct prng *r, struct block *b)
{
	/* Not the many rows that nobody uses. */
	uint32_t used = b->e->waiters + (b->e->waiters_high + 1) * (uint32_t)sizeof(struct waiter);

	for (uint32_t k = 1 + prng_below(r, 3); k; k--) {
		static const uint8_t values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
		unsigned char *at = (unsigned char *)b->e + prng_below(r, used);

		*at = prng_chance(r, 50) ? values[prng_below(r, sizeof values)]
		                         : (unsigned char)(*at ^ 1u << prng_below(r, 8));
	}
}

static const char *spoil_many(struct prng *r, struct engine *e, int64_t now, struct totals *t)
{
	const char *wrong = NULL;

	for (unsigned k = 0; k < SPOILT_EACH && !wrong; k++) {
		struct block b = block_of(e, e->size);

		spoil_at_random(r, &b);
		if (engine_check(b.e, b.bytes)) {
			t->refused++;
		} else {
			t->accepted++;
			wrong = run_on(r, b.e, now);
		}
		put_back(&b);
	}
	return wrong;
}

static const char *one_seed(uint64_t seed, struct totals *t)
{
	struct chaos c = {.rng = {seed}, .fault_percent = 30, .command_percent = 10};
	const char *wrong = NULL;
	struct plan p;
	struct engine *e;

	chaos_graph(&c.rng, &p, 1 + prng_below(&c.rng, 12));
	e = plan_engine(&p);
	world_init(&c.world, &p, e, 1000);
	world_event(&c.world, &(struct event){.kind = EV_BOOT, .answer_by_ms = NEVER});
	for (uint32_t n = prng_below(&c.rng, 400); n && !c.world.failure[0]; n--)
		chaos_step(&c);
	wrong = engine_check(e, e->size);
	t->right += !wrong;
	if (!wrong)
		wrong = spoil_many(&c.rng, e, c.world.now, t);
	free(e);
	return wrong;
}

static void check_random(uint64_t seeds)
{
	struct totals t = {0};
	const char *wrong = NULL;
	uint64_t seed = 0;

	while (seed < seeds && !wrong)
		wrong = one_seed(++seed, &t);
	if (wrong)
		printf("  # seed %llu\n", (unsigned long long)seed);
	done("random engines are right, and spoilt ones refused, or run on without a fault", wrong);
	printf("check: %llu right, %llu refused, %llu accepted\n", (unsigned long long)t.right,
	       (unsigned long long)t.refused, (unsigned long long)t.accepted);
}

int main(int argc, char **argv)
{
	struct engine *e = some_engine();
	uint64_t seeds = 200;

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		seeds = strtoull(argv[2], NULL, 10);
	check_spoils(e);
	check_cuts(e);
	free(e);
	check_random(seeds);
	return n_not_ok != 0;
}
