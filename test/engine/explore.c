/* explore.c - the exhaustive explorer: every order of events, on small graphs.
 *
 *     explore [--graph ID] [--trace]
 *
 * From a booted engine every event that the machine or an operator can cause
 * is tried in every state, until no state is new.  A state is the engine's
 * block and the machine's processes, with times relative to now and nothing
 * that no decision looks at.  All oracles watch each step; from the states
 * whose hash says so (one in LIVENESS) the machine behaves until all is quiet.
 *
 * What is explored, and how far, stands in families[].  A command is start,
 * stop, restart or (for the whole, once; again after an essential end) shutdown; a fault is a crash, a spawn
 * that fails for good or passingly, a fatal end, an exit 0 after TERM, or not to
 * be up in time.  Not obeying TERM or KILL and an `off` that hangs cost nothing:
 * time may pass at any moment.
 * --trace prints the way to the state that broke a rule. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/limits.h"
#include "test/engine/lib/oracles.h"
#include "test/engine/lib/record.h"
#include "test/lib/seen.h"
#include "test/engine/lib/world.h"

#define N_MAX 4
#define WAITERS_KEPT 12     /* rows of waiters in a snapshot */
#define IMAGE_MAX 4096      /* bytes of an engine of N_MAX services, cut after those */
#define LIVENESS 16
#define STATES_MAX 2000000  /* of one graph: more is a mistake in families[] */
#define WORKERS 2

enum move {
	MOVE_NEXT,         /* one action is taken; only when stepping */
	MOVE_TIME,         /* the next deadline comes */
	MOVE_LONG,         /* all is quiet for so long that a crash is forgotten */
	MOVE_SHUTDOWN,
	MOVE_START,        /* from here on: of one service */
	MOVE_STOP,
	MOVE_STOP_ONLY,
	MOVE_RESTART,
	MOVE_EXECUTED,
	MOVE_READY,        /* a service that has to says that it is ready */
	MOVE_DONE,         /* a once-service exits 0 */
	MOVE_ENDS,         /* as TERM or KILL demanded */
	MOVE_OFF_ENDED,
	MOVE_CRASH,
	MOVE_FATAL,        /* and says that it is no use to start it again */
	MOVE_NO_SPAWN,
	MOVE_NO_SPAWN_NOW,
	MOVE_DONE_LATE,    /* exit 0 after TERM */
	MOVE_N
};

/* How far a kind of graphs is explored. */
struct family {
	const char *name;
	uint32_t n;
	uint8_t commands, faults;          /* in all */
	uint8_t commands_each, faults_each; /* of one service */
	bool stepping;                      /* events also between two actions */
	uint8_t patterns;                   /* ways to give the services kinds; 0: all */
	const struct graph_node *kinds;     /* N_KINDS of them */
};

#define N_KINDS 5
#define RESPAWN (KIND_ON | KIND_RESPAWN)
static const struct graph_node plain[N_KINDS] = {
	{.kind = RESPAWN}, {.kind = KIND_ON}, {.kind = 0}, {.kind = RESPAWN | KIND_OFF},
	{.kind = KIND_ON | KIND_OFF},
};
static const struct graph_node limited[N_KINDS] = {
	{.kind = RESPAWN | KIND_READY, .on_ms = 2500},
	{.kind = KIND_ON, .on_ms = 2500},
	{.kind = RESPAWN | KIND_READY | KIND_OFF, .on_ms = 300, .off_ms = 1500},
	{.kind = KIND_ON | KIND_OFF, .on_ms = 300, .off_ms = 6000},
	{.kind = RESPAWN, .on_ms = 2500, .off_ms = 1500},
};
static const struct graph_node vital[N_KINDS] = {
	{.kind = RESPAWN, .essential = ESSENTIAL_EXIT},
	{.kind = KIND_ON},
	{.kind = RESPAWN | KIND_OFF, .essential = ESSENTIAL_SUCCESS},
	{.kind = KIND_ON, .essential = ESSENTIAL_FAILURE},
	{.kind = RESPAWN | KIND_READY, .on_ms = 2500, .essential = ESSENTIAL_FAILURE},
};
static const uint32_t delays[N_MAX] = {1000, 5000, 0, 200};

static const struct family families[] = {
	{"one service", 1, 4, 3, 4, 3, true, 0, plain},
	{"two services, stepping", 2, 2, 1, 2, 1, true, 3, plain},
	{"two services", 2, 2, 2, 2, 2, false, 0, plain},
	{"three services", 3, 2, 1, 2, 1, false, 2, plain},
	{"four services, chosen", 4, 2, 1, 1, 1, false, 5, plain},
	{"one service with limits", 1, 3, 2, 3, 2, true, 0, limited},
	{"two services with limits", 2, 2, 1, 2, 1, false, 5, limited},
	{"three services with limits", 3, 1, 1, 1, 1, false, 1, limited},
	{"two essential services, stepping", 2, 1, 1, 1, 1, true, 2, vital},
	{"two essential services", 2, 2, 2, 2, 2, false, 5, vital},
};
#define N_FAMILIES (sizeof families / sizeof *families)

/* Graphs of four services: N need, W want, a row for each service. */
static const char *const chosen[] = {
	".NN. ...N ...N ....", /* diamond */
	".N.. ..N. ...N ....", /* chain of needs */
	".W.. ..W. ...W ....", /* chain of wants */
	".NWN .... .... ....", /* fan */
	"...N ...N ...W ....", /* fan upside down */
	".NW. ...W ...N ....", /* mixed diamond */
	".N.. ..W. ...N ....", /* mixed chain */
	".NW. W... ...N ..W.", /* cycles: of a need and a want, of a want and a need */
	".N.. N... .N.W ....", /* a cycle of needs and who needs it */
};
#define N_CHOSEN (sizeof chosen / sizeof *chosen)

/* Everything that a state is, apart from the plan. */
struct spot {
	uint8_t commands[N_MAX], faults[N_MAX];
	uint8_t n_commands, n_faults;
	uint32_t id;               /* place in `trail` */
	struct world world;        /* with the services of the plan only: SPOT_BYTES */
	uint64_t image[IMAGE_MAX / 8];
};
#define SPOT_BYTES(n) (offsetof(struct spot, world.actor) + (n) * sizeof(struct actor))

/* How a state was reached. */
struct link {
	uint32_t from;
	uint8_t move, svc;
};

struct explorer {
	const struct family *family;
	struct plan plan;
	struct engine *engine;
	size_t image;              /* bytes of it that count */
	struct spot at;            /* the state in hand; its image lives in engine */
	struct spot *stack;
	size_t n_stack, stack_room;
	struct seen seen;
	struct link *trail;
	size_t trail_room;
	uint64_t states, moves, settled;
	const char *failure;
};

static uint64_t relative(const struct world *w, int64_t at)
{
	return at == NEVER ? 1 : at <= w->now ? 2 : (uint64_t)(at - w->now) + 3;
}

/* How long it has been up, where the back-off will ask. */
static uint64_t age(const struct world *w, const struct svc_live *l)
{
	int64_t ms = w->now - l->up_ms;

	if (!l->was_up || l->crashes == 0)
		return 0;
	return ms > BACKOFF_FORGET_MS ? 1 : (uint64_t)ms + 2;
}

/* When the whole stop has to end, where some step may still ask. */
static uint64_t stop_end(const struct world *w, const struct svc_live *l)
{
	bool asks = l->state == SVC_OFF || l->state == SVC_OFF_KILLED || l->state == SVC_STOPPING
	            || l->state == SVC_LATE || (l->state == SVC_HELD && l->late);

	return asks ? relative(w, l->stop_by_ms) : 0;
}

/* How long it has been killed, where a shutdown asks, or there may still be one. */
static uint64_t killed_for(const struct world *w, const struct svc_live *l, bool may_end)
{
	bool asks = l->state == SVC_OFF_KILLED || l->state == SVC_KILLING;

	return asks && (may_end || w->shutdown) ? relative(w, l->since_ms + STUCK_MAX_MS) : 0;
}

static void mix_service(uint64_t *h, const struct world *w, uint32_t i, bool may_end)
{
	const struct svc *s = engine_svc(w->e, i);
	const struct svc_live *l = &s->live;
	const struct actor *a = &w->actor[i];

	mix(h, (uint64_t)l->state | (uint64_t)l->wish << 8 | (uint64_t)l->restart << 9
	       | (uint64_t)l->retry_asked << 10 | (uint64_t)l->alive << 11 | (uint64_t)l->off_alive << 12
	       | (uint64_t)l->executed << 13 | (uint64_t)l->succeeded << 14
	       | (uint64_t)l->permanent << 15 | (uint64_t)l->transient << 16 | (uint64_t)l->was_up << 17
	       | (uint64_t)l->off_ran << 18 | (uint64_t)s->queued << 19
	       | (uint64_t)(s->heap_at != NO_SVC) << 20 | (uint64_t)l->crashes << 24
	       | (uint64_t)l->todo << 32 | (uint64_t)a->main << 40 | (uint64_t)a->off << 42
	       | (uint64_t)a->termed << 44 | (uint64_t)a->killed << 45
	       | (uint64_t)a->off_killed << 46 | (uint64_t)a->excused << 47
	       | (uint64_t)a->restart << 48 | (uint64_t)a->did_work << 49 | (uint64_t)l->ready << 50
	       | (uint64_t)l->late << 51 | (uint64_t)l->late_killed << 52 | (uint64_t)a->fatal << 53
	       | (uint64_t)a->ready << 54 | (uint64_t)a->late << 55
	       | (uint64_t)l->given_up << 56 | (uint64_t)l->off_given_up << 57);
	mix(h, relative(w, l->deadline_ms));
	mix(h, killed_for(w, l, may_end));
	mix(h, stop_end(w, l));
	mix(h, age(w, l));
}

static void mix_requests(uint64_t *h, const struct world *w)
{
	for (uint32_t k = 0; k < REQUESTS_MAX; k++) {
		const struct request *r = &w->request[k];

		if (r->handle)
			mix(h, (uint64_t)r->handle << 32 | (uint64_t)r->svc << 16
			       | (uint64_t)r->goal << 8 | r->expect);
	}
}

static uint64_t hash_of(const struct spot *s, const struct family *f)
{
	const struct world *w = &s->world;
	const struct engine *e = w->e;
	uint64_t h = 1;

	for (uint32_t i = 0; i < w->plan->n; i++) {
		mix_service(&h, w, i, s->n_commands < f->commands);
		mix(&h, (uint64_t)s->commands[i] << 8 | s->faults[i]);
	}
	for (uint32_t i = e->queue_head, k = 0; i != NO_SVC && k < w->plan->n; k++) {
		mix(&h, i);
		i = engine_svc(e, i)->queue_next;
	}
	mix_requests(&h, w);
	mix(&h, (uint64_t)e->booting | (uint64_t)e->shutdown << 1 | (uint64_t)e->done << 2
	        | (uint64_t)e->waiters_dirty << 3 | (uint64_t)w->resting << 4
	        | (uint64_t)(e->ended_by != NO_SVC) << 6
	        | (uint64_t)e->acting << 8 | (uint64_t)e->waiter_next << 40);
	return h ? h : 1;
}

static void copy_spot(struct explorer *x, struct spot *to, const struct spot *from)
{
	memcpy(to, from, SPOT_BYTES(x->plan.n));
	memcpy(to->image, from->image, x->image);
}

static void go_back(struct explorer *x, const struct spot *s)
{
	memcpy(&x->at, s, SPOT_BYTES(x->plan.n));
	memcpy(x->engine, s->image, x->image);
}

static void push(struct explorer *x, enum move move, uint32_t svc, uint32_t from)
{
	struct spot *s;

	if (x->n_stack == x->stack_room) {
		x->stack_room = x->stack_room ? 2 * x->stack_room : 64;
		x->stack = grown(x->stack, x->stack_room * sizeof *x->stack);
	}
	if (x->seen.n > x->trail_room) {
		x->trail_room = 2 * x->seen.n;
		x->trail = grown(x->trail, x->trail_room * sizeof *x->trail);
	}
	x->at.id = (uint32_t)x->seen.n - 1;
	x->trail[x->at.id] = (struct link){from, (uint8_t)move, (uint8_t)svc};
	s = &x->stack[x->n_stack++];
	memcpy(s, &x->at, SPOT_BYTES(x->plan.n));
	memcpy(s->image, x->engine, x->image);
}

static uint32_t free_handle(const struct world *w)
{
	uint32_t handle = 1;

	for (uint32_t k = 0; k < REQUESTS_MAX; k++)
		if (w->request[k].handle == handle) {
			handle++;
			k = UINT32_MAX; /* from the beginning */
		}
	return handle;
}

static void ask(struct world *w, enum event_kind kind, enum goal goal, bool only, uint32_t svc)
{
	world_event(w, &(struct event){.kind = kind, .svc = svc, .handle = free_handle(w), .goal = goal,
	                               .only = only, .answer_by_ms = NEVER});
}

static void perform(struct world *w, enum move move, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	switch (move) {
	case MOVE_NEXT: world_next(w); break;
	case MOVE_TIME: world_clock(w, engine_deadline(w->e)); break;
	case MOVE_LONG: world_clock(w, w->now + BACKOFF_FORGET_MS + 1); break;
	case MOVE_SHUTDOWN:
		world_event(w, &(struct event){.kind = EV_SHUTDOWN, .svc = NO_SVC, .answer_by_ms = NEVER});
		break;
	case MOVE_START: ask(w, EV_START, GOAL_STARTED, false, i); break;
	case MOVE_STOP: ask(w, EV_STOP, GOAL_STOPPED, false, i); break;
	case MOVE_STOP_ONLY: ask(w, EV_STOP, GOAL_STOPPED, true, i); break;
	case MOVE_RESTART: ask(w, EV_RESTART, GOAL_STARTED, false, i); break;
	case MOVE_EXECUTED: world_executed(w, i); break;
	case MOVE_READY: world_ready(w, i); break;
	case MOVE_DONE:
	case MOVE_DONE_LATE: world_ended(w, i, END_EXIT, 0); break;
	case MOVE_ENDS: world_ended(w, i, END_SIGNAL, a->killed ? 9 : 15); break;
	case MOVE_OFF_ENDED: world_off_ended(w, i); break;
	case MOVE_CRASH: world_ended(w, i, END_EXIT, 1); break;
	case MOVE_FATAL: world_ended_fatally(w, i, 1); break;
	case MOVE_NO_SPAWN: world_spawn_failed(w, i, STEP_EXEC, CAUSE_MISSING); break;
	case MOVE_NO_SPAWN_NOW: world_spawn_failed(w, i, STEP_FORK, CAUSE_SHORTAGE); break;
	case MOVE_N: break;
	}
}

static bool is_command(enum move m)
{
	return m >= MOVE_SHUTDOWN && m <= MOVE_RESTART;
}

static bool is_fault(enum move m)
{
	return m >= MOVE_CRASH;
}

static bool forgets(const struct world *w)
{
	if (engine_deadline(w->e) != NEVER)
		return false;
	for (uint32_t i = 0; i < w->plan->n; i++)
		if (age(w, &engine_svc(w->e, i)->live) > 1)
			return true;
	return false;
}

/* The service that is late when the next deadline comes, or NO_SVC. */
static uint32_t late_next(const struct engine *e)
{
	int64_t next = engine_deadline(e);

	for (uint32_t i = 0; next != NEVER && i < e->n; i++)
		if (engine_svc(e, i)->live.state == SVC_STARTING
		    && engine_svc(e, i)->live.deadline_ms == next)
			return i;
	return NO_SVC;
}

static bool fault_affordable(const struct family *f, const struct spot *s, uint32_t i)
{
	return s->n_faults < f->faults && s->faults[i] < f->faults_each;
}

static bool affordable(const struct explorer *x, enum move m, uint32_t i)
{
	const struct family *f = x->family;
	const struct spot *s = &x->at;

	if (is_command(m))
		return s->n_commands < f->commands && s->commands[i] < f->commands_each;
	if (m == MOVE_TIME && late_next(x->engine) != NO_SVC)
		return fault_affordable(f, s, late_next(x->engine));
	return !is_fault(m) || fault_affordable(f, s, i);
}

/* Can this happen now? */
static bool possible(const struct explorer *x, enum move m, uint32_t i)
{
	const struct world *w = &x->at.world;
	const struct actor *a = &w->actor[i];
	unsigned kind = w->plan->node[i].kind;
	bool once = !(kind & KIND_RESPAWN);
	bool told = a->termed || a->killed;

	switch (m) {
	case MOVE_NEXT: return i == 0 && x->family->stepping && !w->resting;
	case MOVE_TIME: return i == 0 && w->resting && engine_deadline(w->e) != NEVER;
	case MOVE_LONG: return i == 0 && w->resting && forgets(w);
	case MOVE_SHUTDOWN: return i == 0 && !w->shutdown;
	case MOVE_START:
	case MOVE_STOP:
	case MOVE_RESTART: return true;
	case MOVE_STOP_ONLY: return x->family->n > 1;
	case MOVE_EXECUTED: return a->main == PROC_FORKED;
	case MOVE_READY: return a->main == PROC_RUNNING && kind & KIND_READY && !a->ready;
	case MOVE_DONE: return a->main == PROC_RUNNING && once && !told;
	case MOVE_ENDS: return a->main != PROC_NONE && told;
	case MOVE_OFF_ENDED: return a->off != PROC_NONE;
	case MOVE_CRASH: return a->main == PROC_RUNNING && !told;
	case MOVE_FATAL: return a->main == PROC_RUNNING && !told && kind & KIND_READY;
	case MOVE_NO_SPAWN:
	case MOVE_NO_SPAWN_NOW: return a->main == PROC_FORKED;
	case MOVE_DONE_LATE: return a->main == PROC_RUNNING && once && told;
	case MOVE_N: break;
	}
	return false;
}

static void pay(struct explorer *x, enum move m, uint32_t i)
{
	struct spot *s = &x->at;
	uint32_t at_fault = is_fault(m) ? i : m == MOVE_TIME ? late_next(x->engine) : NO_SVC;

	if (is_command(m)) {
		s->n_commands++;
		s->commands[i]++;
	}
	if (at_fault != NO_SVC) {
		s->n_faults++;
		s->faults[at_fault]++;
	}
}

static void apply(struct explorer *x, enum move m, uint32_t i)
{
	pay(x, m, i);
	perform(&x->at.world, m, i);
	if (!x->family->stepping)
		world_drain(&x->at.world);
	x->moves++;
	if (x->engine->waiters_high > WAITERS_KEPT)
		BROKEN(&x->at.world, "WAITERS_KEPT is too small");
}

/* From here the machine behaves; the state in hand is lost. */
static void check_liveness(struct explorer *x)
{
	world_settle(&x->at.world);
	x->settled++;
}

static void boot(struct explorer *x)
{
	engine_build(x->engine, &x->plan.graph);
	memset(&x->at, 0, offsetof(struct spot, image));
	world_init(&x->at.world, &x->plan, x->engine, 1000);
	x->at.world.same_block = true;
	world_event(&x->at.world, &(struct event){.kind = EV_BOOT, .answer_by_ms = NEVER});
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
	apply(x, (enum move)x->trail[id].move, x->trail[id].svc);
}

static void explain(struct explorer *x, uint32_t from, enum move m, uint32_t i)
{
	plan_print(&x->plan);
	retrace(x, from);
	if (m != MOVE_N)
		apply(x, m, i);
	if (!x->at.world.failure[0])
		check_liveness(x);
}

/* One move from s; false when it broke a rule. */
static bool try_move(struct explorer *x, const struct spot *s, enum move m, uint32_t i)
{
	uint64_t h;
	bool fresh;

	apply(x, m, i);
	if (x->at.world.failure[0])
		return false;
	h = hash_of(&x->at, x->family);
	fresh = seen_is_new(&x->seen, h);
	if (fresh)
		push(x, m, i, s->id);
	if (fresh && h % LIVENESS == 0)
		check_liveness(x);
	go_back(x, s);
	return !x->at.world.failure[0];
}

static bool expand(struct explorer *x, const struct spot *s, enum move *m, uint32_t *i)
{
	go_back(x, s);
	for (*i = 0; *i < x->plan.n; ++*i)
		for (*m = 0; *m < MOVE_N; ++*m)
			if (possible(x, *m, *i) && affordable(x, *m, *i)
			    && !try_move(x, s, *m, *i))
				return false;
	return true;
}

/* Explores one graph; true when no rule broke. */
static bool explore(struct explorer *x, bool trace)
{
	static struct spot s;
	enum move m = MOVE_N;
	uint32_t i = 0;
	bool good;

	x->n_stack = 0;
	seen_clear(&x->seen);
	boot(x);
	good = !x->at.world.failure[0] && seen_is_new(&x->seen, hash_of(&x->at, x->family));
	if (good)
		push(x, MOVE_N, 0, 0);
	while (good && x->n_stack && x->seen.n < STATES_MAX) {
		copy_spot(x, &s, &x->stack[--x->n_stack]);
		good = expand(x, &s, &m, &i);
	}
	x->states += x->seen.n;
	if (good && x->seen.n < STATES_MAX)
		return true;
	x->failure = good ? "too many states" : x->at.world.failure;
	if (trace && !good)
		explain(x, s.id, m, i);
	return false;
}

/* The edges of graph `code` of n services: three digits for each ordered pair. */
static void decode(struct plan *p, uint32_t n, uint32_t code)
{
	memset(p, 0, sizeof *p);
	p->n = n;
	for (uint32_t i = 0; i < n; i++)
		for (uint32_t j = 0; j < n; j++)
			if (i != j) {
				p->edge[i][j] = (uint8_t)(code % 3);
				code /= 3;
			}
}

static uint32_t encode(const struct plan *p, const uint32_t *to)
{
	uint32_t code = 0;

	for (uint32_t i = p->n; i-- > 0;)
		for (uint32_t j = p->n; j-- > 0;)
			if (i != j)
				code = 3 * code + p->edge[to[i]][to[j]];
	return code;
}

/* Of all graphs that differ in names only, the one with the least code; the
 * service that boots keeps its name, since the others are pulled in by it. */
static bool is_canonical(uint32_t n, uint32_t code)
{
	static const uint32_t swapped[] = {0, 2, 1};
	struct plan p;

	decode(&p, n, code);
	return n < 3 || encode(&p, swapped) >= code;
}

static void decode_chosen(struct plan *p, const char *text)
{
	memset(p, 0, sizeof *p);
	p->n = 4;
	for (uint32_t i = 0; i < 4; i++)
		for (uint32_t j = 0; j < 4; j++) {
			char c = text[5 * i + j];

			p->edge[i][j] = c == 'N' ? EDGE_NEED : c == 'W' ? EDGE_WANT : EDGE_NONE;
		}
}

static uint32_t power(uint32_t base, uint32_t n)
{
	return n ? base * power(base, n - 1) : 1;
}

static uint32_t n_codes(const struct family *f)
{
	return f->n == 4 ? (uint32_t)N_CHOSEN : power(3, f->n * (f->n - 1));
}

static uint32_t n_patterns(const struct family *f)
{
	return f->patterns ? f->patterns : power(N_KINDS, f->n);
}

/* Gives each service a kind: all combinations, or a rotation that differs from
 * graph to graph. */
static void give_kinds(struct plan *p, const struct family *f, uint32_t code, uint32_t pattern)
{
	for (uint32_t i = 0; i < p->n; i++) {
		uint32_t turned = code + pattern + i * (1 + pattern % 2);
		uint32_t kind = (f->patterns ? turned : pattern) % N_KINDS;

		p->node[i] = f->kinds[kind];
		p->node[i].delay_ms = delays[i];
		pattern = f->patterns ? pattern : pattern / N_KINDS;
	}
}

/* The plan of a graph; false when another stands for it. */
static bool make_plan(struct plan *p, const struct family *f, uint32_t code, uint32_t pattern)
{
	if (f->n == 4)
		decode_chosen(p, chosen[code]);
	else if (!is_canonical(f->n, code))
		return false;
	else
		decode(p, f->n, code);
	give_kinds(p, f, code, pattern);
	p->vital = f->kinds == vital;
	plan_break_cycles(p);
	plan_compile(p);
	return true;
}

struct totals {
	uint64_t graphs, states, moves, settled, failures;
};

/* What is to be done: worker of workers, or one graph only. */
struct job {
	uint32_t worker;
	int64_t only;
	bool trace;
};

static void run_graph(struct explorer *x, const struct job *job, uint32_t id, struct totals *t)
{
	x->engine = plan_engine(&x->plan);
	x->image = x->engine->waiters + WAITERS_KEPT * sizeof(struct waiter);
	if (x->image > IMAGE_MAX) {
		fprintf(stderr, "explore: IMAGE_MAX is too small\n");
		exit(2);
	}
	if (!explore(x, job->trace)) {
		printf("explore: graph %u: %s\n  replay: explore --graph %u --trace\n", (unsigned)id,
		       x->failure, (unsigned)id);
		t->failures++;
	}
	t->graphs++;
	free(x->engine);
}

static void run_family(struct explorer *x, const struct job *job, uint32_t *id, struct totals *t)
{
	for (uint32_t code = 0; code < n_codes(x->family); code++)
		for (uint32_t pattern = 0; pattern < n_patterns(x->family); pattern++) {
			bool mine;

			if (!make_plan(&x->plan, x->family, code, pattern))
				continue;
			mine = job->only >= 0 ? job->only == *id : *id % WORKERS == job->worker;
			if (mine && t->failures < 3)
				run_graph(x, job, *id, t);
			++*id;
		}
}

/* Runs a job over all families; totals for each. */
static void run_job(const struct job *job, struct totals t[N_FAMILIES])
{
	static struct explorer x;
	uint32_t id = 0;

	for (size_t k = 0; k < N_FAMILIES; k++) {
		if (k && t[k - 1].failures)
			break; /* enough is known */
		x.family = &families[k];
		x.states = x.moves = x.settled = 0;
		run_family(&x, job, &id, &t[k]);
		t[k].states = x.states;
		t[k].moves = x.moves;
		t[k].settled = x.settled;
	}
	free(x.seen.table);
	free(x.stack);
	free(x.trail);
}

static void add(struct totals *to, const struct totals *t)
{
	to->graphs += t->graphs;
	to->states += t->states;
	to->moves += t->moves;
	to->settled += t->settled;
	to->failures += t->failures;
}

/* A process for each worker; their totals come through a pipe, whole. */
static void run_workers(bool trace, struct totals sum[N_FAMILIES])
{
	int ends[2];

	if (pipe(ends)) {
		perror("pipe");
		exit(2);
	}
	for (uint32_t k = 0; k < WORKERS; k++) {
		struct totals t[N_FAMILIES] = {{0}};

		fflush(stdout);
		if (fork() == 0) {
			run_job(&(struct job){k, -1, trace}, t);
			fflush(stdout);
			_exit(write(ends[1], t, sizeof t) != (ssize_t)sizeof t);
		}
	}
	close(ends[1]);
	for (uint32_t k = 0; k < WORKERS; k++) {
		struct totals t[N_FAMILIES] = {{0}};
		int status;

		if (read(ends[0], t, sizeof t) != (ssize_t)sizeof t) {
			printf("explore: a worker died\n");
			sum[0].failures++;
		}
		wait(&status);
		for (size_t f = 0; f < N_FAMILIES; f++)
			add(&sum[f], &t[f]);
	}
}

static void print_totals(const char *name, const struct totals *t)
{
	printf("explore: %s: %" PRIu64 " graphs, %" PRIu64 " states, %" PRIu64 " moves, %" PRIu64
	       " settled, %" PRIu64 " failures\n",
	       name, t->graphs, t->states, t->moves, t->settled, t->failures);
}

int main(int argc, char **argv)
{
	struct totals t[N_FAMILIES] = {{0}}, sum = {0};
	struct job job = {0, -1, false};

	for (int k = 1; k < argc; k++) {
		if (!strcmp(argv[k], "--trace")) {
			job.trace = true;
		} else if (!strcmp(argv[k], "--graph") && k + 1 < argc) {
			job.only = strtoll(argv[++k], NULL, 10);
		} else {
			fprintf(stderr, "usage: explore [--graph ID] [--trace]\n");
			return 2;
		}
	}
	if (job.only >= 0)
		run_job(&job, t);
	else
		run_workers(job.trace, t);
	for (size_t k = 0; k < N_FAMILIES; k++) {
		if (t[k].graphs)
			print_totals(families[k].name, &t[k]);
		add(&sum, &t[k]);
	}
	print_totals("in all", &sum);
	return sum.failures != 0;
}
