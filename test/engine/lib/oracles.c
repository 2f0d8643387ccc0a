/* oracles.c - the rules, judged from the graph and the world's record.
 * The engine is asked only for what it shows (its rows, why), never for what
 * is right. */
#include "test/engine/lib/oracles.h"

#include "src/engine/check.h"
#include "src/engine/classes.h"
#include "src/limits.h"
#include "test/engine/lib/record.h"

static bool needs(const struct world *w, uint32_t who, uint32_t whom)
{
	return w->plan->edge[who][whom] == EDGE_NEED;
}

static bool is_group(const struct world *w, uint32_t i)
{
	return !(w->plan->node[i].kind & KIND_ON);
}

static bool is_respawn(const struct world *w, uint32_t i)
{
	return !is_group(w, i) && w->plan->node[i].kind & KIND_RESPAWN;
}

static bool says_ready(const struct world *w, uint32_t i)
{
	return is_respawn(w, i) && w->plan->node[i].kind & KIND_READY;
}

static bool need_bad(const struct world *w, uint32_t i)
{
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (needs(w, i, j) && actor_bad(&w->actor[j]))
			return true;
	return false;
}

static bool need_leaving(const struct world *w, uint32_t i)
{
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (needs(w, i, j) && state_leaving(w->actor[j].state))
			return true;
	return false;
}

/* A want that is still on its way to up. */
static bool want_open(const struct actor *a)
{
	return a->wish && !actor_settled(a) && a->state != SVC_BACKOFF;
}

/* R1, R8: may i start at this moment? */
static void check_start(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (w->plan->node[i].kind & KIND_REFUSED)
		BROKEN(w, "R8: %u starts although it is refused", i);
	if (a->start_ms[0] != NEVER && w->now - a->start_ms[0] < BACKOFF_FIRST_MS && !is_group(w, i))
		BROKEN(w, "R7: %u restarts in a hot loop", i);
	if (!a->wish)
		BROKEN(w, "R1: %u starts although it is not wished up", i);
	for (uint32_t j = 0; j < w->plan->n; j++) {
		if (needs(w, i, j) && w->actor[j].state != SVC_UP)
			BROKEN(w, "R1: %u starts although its need %u is not up", i, j);
		if (w->plan->edge[i][j] == EDGE_WANT && want_open(&w->actor[j]))
			BROKEN(w, "R1: %u starts although its want %u is not settled", i, j);
	}
}

/* R2: i is told to stop now; who has to be gone before? */
static void check_stop_order(struct world *w, uint32_t i)
{
	for (uint32_t j = 0; j < w->plan->n; j++) {
		const struct actor *a = &w->actor[j];
		bool asked = !a->wish || a->restart || state_leaving(a->state);

		if (!state_active(a->state) && !actor_has_process(a))
			continue;
		if (needs(w, j, i))
			BROKEN(w, "R2: %u is stopped before %u, which needs it", i, j);
		if (w->plan->edge[j][i] == EDGE_WANT && asked)
			BROKEN(w, "R2: %u is stopped before %u, which wants it and stops too", i, j);
	}
}

/* R5: running services are left alone unless there is a reason. */
static void check_reason_to_stop(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (a->wish && !a->restart && !need_bad(w, i) && !need_leaving(w, i))
		BROKEN(w, "R5: %u is stopped without a reason", i);
}

static void check_up(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (a->late)
		BROKEN(w, "R9: %u is called up although it was late", i);
	if (is_group(w, i))
		check_start(w, i);
	else if (says_ready(w, i) && !a->ready)
		BROKEN(w, "R9: %u is called up although it has not said that it is ready", i);
	else if (is_respawn(w, i) && !says_ready(w, i) && (!a->executed || a->main == PROC_NONE))
		BROKEN(w, "R1: %u is called up although its program does not run", i);
	else if (!is_respawn(w, i) && !a->did_work)
		BROKEN(w, "R1: %u is called up although it has not exited 0", i);
}

/* What a service has come to that ended while it was starting. */
static enum svc_state right_end(const struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (a->spawn_retry)
		return SVC_BACKOFF;
	if (!is_respawn(w, i))
		return a->did_work ? SVC_UP : SVC_FAILED;
	if (says_ready(w, i) && a->ready)
		return SVC_UP;
	return a->spawn_failed || a->fatal ? SVC_FAILED : SVC_BACKOFF;
}

static void check_failed(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];
	bool late = state_late(a->state) && !is_respawn(w, i);
	bool ended = a->state == SVC_STARTING && right_end(w, i) == SVC_FAILED;

	if (a->main != PROC_NONE || !(late || ended))
		BROKEN(w, "R5: %u is called failed although it is not", i);
}

static void check_back_off(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];
	bool crashed = (state_late(a->state) || a->state == SVC_UP) && is_respawn(w, i);
	bool ended = a->state == SVC_STARTING && right_end(w, i) == SVC_BACKOFF;

	if (a->main != PROC_NONE || !(crashed || ended))
		BROKEN(w, "R7: %u backs off although it should not", i);
}

/* R9: only what is on its way, and has to stay, is called late. */
static void check_late(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];
	bool up = is_respawn(w, i) && (says_ready(w, i) ? a->ready : a->executed);
	bool leaves = !a->wish || a->restart || need_bad(w, i) || need_leaving(w, i);

	if (a->state != SVC_STARTING || a->main == PROC_NONE || up || leaves)
		BROKEN(w, "R9: %u is called late although it is not", i);
	if (!w->plan->node[i].on_ms || w->now < a->since_ms + w->plan->node[i].on_ms)
		BROKEN(w, "R9: %u is called late before its time is over", i);
}

/* R9: who is late is killed, stopped, or gone; then it backs off, or has failed. */
static void check_leaves_late(struct world *w, uint32_t i, unsigned to)
{
	bool gone = w->actor[i].main == PROC_NONE;
	unsigned end = is_respawn(w, i) ? SVC_BACKOFF : SVC_FAILED;

	if (gone ? to != end : to != SVC_LATE_KILLED && to != SVC_HELD)
		BROKEN(w, "R9: %u was late, and is called %s", i, state_detail(to));
}

static void check_waiting(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (!a->wish)
		BROKEN(w, "R6: %u is waiting although it is not wished up", i);
	if (a->state == SVC_BACKOFF && !a->excused && w->now < a->retry_ms)
		BROKEN(w, "R7: %u restarts %lld ms early", i, (long long)(a->retry_ms - w->now));
	if (a->state == SVC_FAILED && !a->excused)
		BROKEN(w, "R7: %u failed and is tried again by itself", i);
}

/* `off` is due to whatever was up, once, before TERM. */
static void check_leaves_held(struct world *w, uint32_t i, unsigned to)
{
	const struct actor *a = &w->actor[i];
	bool did_its_work = !is_respawn(w, i) && a->main == PROC_NONE && a->did_work && !a->late;
	bool owes = (a->was_up || did_its_work) && w->plan->node[i].kind & KIND_OFF;

	check_stop_order(w, i);
	if (a->killed && to != SVC_KILLING)
		BROKEN(w, "R9: %u was killed, but is called %s", i, state_detail(to));
	if (owes != (to == SVC_OFF))
		BROKEN(w, "R2: %u %s its off", i, owes ? "is denied" : "should not run");
	if (to == SVC_DOWN && a->main != PROC_NONE)
		BROKEN(w, "R3: %u is called down although its process lives", i);
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* When the patience with what was told to end is over (design 5: delay, 6: shutdown),
 * for this step of it and for the whole. */
static int64_t stop_due(const struct world *w, uint32_t i)
{
	const struct graph_node *node = &w->plan->node[i];
	const struct actor *a = &w->actor[i];
	int64_t from = a->late ? a->told_ms : a->since_ms, due = NEVER;

	if (node->delay_ms)
		due = from + node->delay_ms;
	if (node->off_ms)
		due = earlier(due, a->told_ms + node->off_ms);
	if (!w->shutdown)
		return due;
	if (due == NEVER) {
		due = later(from, w->shutdown_ms) + STOP_MAX_MS;
		/* Asked again: ten seconds from then, but a second at least. */
		if (w->bounded_ms != NEVER)
			due = earlier(due, later(w->bounded_ms + BOUNDED_DELAY_MS, from + HURRY_DELAY_MS));
	}
	/* And again: a second for everybody. */
	return w->hurried_ms == NEVER ? due : earlier(due, later(from, w->hurried_ms) + HURRY_DELAY_MS);
}

static void check_kill(struct world *w, uint32_t i)
{
	if (w->now < stop_due(w, i))
		BROKEN(w, "R7: %u is killed before its delay is over", i);
}

/* A state that means that there is no process. */
static void check_nothing_left(struct world *w, uint32_t i)
{
	if (actor_has_process(&w->actor[i]))
		BROKEN(w, "R3: %u is left with a process", i);
}

static void check_changed(struct world *w, const struct action *act)
{
	uint32_t i = act->svc;
	const struct actor *a = &w->actor[i];

	if (act->from != a->state)
		BROKEN(w, "Rc: %u was %s, not %s", i, state_detail(a->state), state_detail(act->from));
	if (act->from == SVC_REFUSED && w->plan->node[i].kind & KIND_REFUSED)
		BROKEN(w, "R8: %u leaves refused without a load", i);
	if (!state_active(act->to))
		check_nothing_left(w, i);
	if (a->state == SVC_HELD)
		check_leaves_held(w, i, act->to);
	if (state_late(a->state))
		check_leaves_late(w, i, act->to);
	switch ((enum svc_state)act->to) {
	case SVC_WAITING: check_waiting(w, i); break;
	case SVC_STARTING: check_start(w, i); break;
	case SVC_UP: check_up(w, i); break;
	case SVC_HELD: check_reason_to_stop(w, i); break;
	case SVC_LATE: check_late(w, i); break;
	case SVC_OFF_KILLED:
	case SVC_LATE_KILLED:
	case SVC_KILLING: check_kill(w, i); break;
	case SVC_BACKOFF: check_back_off(w, i); break;
	case SVC_FAILED: check_failed(w, i); break;
	case SVC_BLOCKED:
		if (!need_bad(w, i))
			BROKEN(w, "R5: %u is blocked by nobody", i);
		break;
	case SVC_DOWN:
	case SVC_OFF:
	case SVC_STOPPING:
	case SVC_REFUSED:
	case SVC_N_STATES:
		break;
	}
}

/* What follows a change belongs to it and comes before all others. */
static void check_follows(struct world *w, uint32_t i, enum svc_state state)
{
	if (w->last_changed != i || w->actor[i].state != state)
		BROKEN(w, "Rc: an action of %u comes while it is %s, not %s", i,
		       state_detail(w->actor[i].state), state_detail(state));
}

static void check_spawn(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	check_follows(w, i, SVC_STARTING);
	if (a->main != PROC_NONE || a->off != PROC_NONE)
		BROKEN(w, "R3: a second process for %u", i);
	if (is_group(w, i) || w->plan->node[i].kind & KIND_REFUSED)
		BROKEN(w, "R8: %u has nothing to start", i);
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (needs(w, i, j) && w->actor[j].state != SVC_UP)
			BROKEN(w, "R1: %u is spawned although its need %u is not up", i, j);
}

static void check_spawn_off(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	check_follows(w, i, SVC_OFF);
	if (a->off != PROC_NONE || a->off_ran)
		BROKEN(w, "R3: a second off for %u", i);
	if (!(w->plan->node[i].kind & KIND_OFF) || !(a->was_up || a->did_work))
		BROKEN(w, "R2: no off is due to %u", i);
}

/* Nothing that needs i may still have a process when i is signalled. */
static void check_dependents_gone(struct world *w, uint32_t i)
{
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (needs(w, j, i) && actor_has_process(&w->actor[j]))
			BROKEN(w, "R2: %u is stopped while %u, which needs it, has a process", i, j);
}

/* Who was late was told before it was held: no second TERM, no KILL delayed. */
static void check_term(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	check_follows(w, i, a->late && !a->termed ? SVC_LATE : SVC_STOPPING);
	if (a->termed)
		BROKEN(w, "R9: %u is told to end a second time", i);
	if (a->state == SVC_STOPPING)
		check_dependents_gone(w, i);
}

static void check_kill_given(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (a->state != SVC_HELD) {
		check_follows(w, i, a->state == SVC_LATE_KILLED ? SVC_LATE_KILLED : SVC_KILLING);
		return;
	}
	check_kill(w, i);
	if (!a->late || a->killed || a->main == PROC_NONE)
		BROKEN(w, "R9: %u is killed while it is held", i);
}

/* R11: in a shutdown nobody is kept waiting for what survives KILL. */
static int64_t give_up_due(const struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];
	bool killed = a->state == SVC_KILLING || a->state == SVC_OFF_KILLED;

	if (!killed || !w->shutdown)
		return NEVER;
	/* Asked for again: ten seconds from then, or from its KILL. */
	return w->bounded_ms == NEVER ? a->since_ms + STUCK_MAX_MS
	       : earlier(a->since_ms + STUCK_MAX_MS, later(w->bounded_ms, a->since_ms) + BOUNDED_DELAY_MS);
}

static void check_stuck(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (a->state != SVC_KILLING && a->state != SVC_OFF_KILLED && a->state != SVC_LATE_KILLED)
		BROKEN(w, "R7: %u is called stuck while it is %s", i, state_detail(a->state));
	if (w->now < a->said_ms + STUCK_SAY_MS)
		BROKEN(w, "R7: %u is called stuck too early", i);
	if (w->now >= give_up_due(w, i))
		BROKEN(w, "R11: %u is called stuck, but is to be given up", i);
}

static void check_give_up(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];
	bool off = a->state == SVC_OFF_KILLED;

	if (w->now < give_up_due(w, i))
		BROKEN(w, "R11: %u is given up too early", i);
	if (off ? a->off == PROC_NONE || a->off_left : a->main == PROC_NONE || a->main_left)
		BROKEN(w, "R11: %u is given up, but has no process that was killed", i);
}

/* R5: c is to blame for i: really bad by itself, and reached over blocked needs. */
static bool to_blame(const struct world *w, uint32_t i, uint32_t c)
{
	for (uint32_t j = 0; j < w->plan->n; j++) {
		const struct actor *a = &w->actor[j];

		if (!needs(w, i, j) || !actor_bad(a))
			continue;
		/* Cycles of needs are refused, so this ends. */
		if (a->state == SVC_BLOCKED && !(w->plan->node[j].kind & KIND_REFUSED)
		        ? to_blame(w, j, c) : j == c)
			return true;
	}
	return false;
}

/* R4: the reason that follows from the service alone. */
static void check_own_why(struct world *w, uint32_t i, enum why why)
{
	const struct actor *a = &w->actor[i];
	enum why starting = says_ready(w, i) ? WHY_READY : is_respawn(w, i) ? WHY_EXEC : WHY_RUN;
	bool starts = a->state == SVC_STARTING, late = state_late(a->state);

	late = late || (a->late && (a->state == SVC_BACKOFF || a->state == SVC_FAILED));
	if ((why == WHY_LATE) != late || (starts && why != starting))
		BROKEN(w, "R4: %u is %s for reason %d", i, state_detail(a->state), (int)why);
}

/* R4, R5: the reason that a client is told is true. */
static void check_why(struct world *w, uint32_t i)
{
	uint32_t other;
	enum why why = engine_why(w->e, i, &other);
	const struct actor *a = &w->actor[i], *b = other < w->plan->n ? &w->actor[other] : NULL;
	bool left = a->state == SVC_DOWN && (a->main != PROC_NONE || a->off != PROC_NONE);
	bool runs_refused = a->state == SVC_UP && w->plan->node[i].kind & KIND_REFUSED;
	bool shows = (a->state != SVC_UP && a->state != SVC_DOWN) || runs_refused || left;
	bool true_why = true;

	check_own_why(w, i, why);
	if ((why != WHY_NONE) != shows)
		BROKEN(w, "R4: %u is %s and %s why", i, state_detail(a->state),
		       shows ? "does not say" : "says");
	if (why == WHY_CULPRIT)
		true_why = b && to_blame(w, i, other);
	else if (why == WHY_NEED)
		true_why = b && needs(w, i, other) && b->state != SVC_UP;
	else if (why == WHY_WANT)
		true_why = b && w->plan->edge[i][other] == EDGE_WANT && want_open(b);
	else if (why == WHY_DEPENDENT)
		true_why = b && edge_orders(w, other, i) && state_active(b->state);
	else
		true_why = !b;
	if (!true_why)
		BROKEN(w, "R5: %u is %s and wrongly blames %d", i, state_detail(a->state), (int)other);
}

static const struct request *find_request(const struct world *w, uint32_t handle)
{
	for (uint32_t k = 0; k < REQUESTS_MAX; k++)
		if (handle && w->request[k].handle == handle)
			return &w->request[k];
	return NULL;
}

static void check_answer(struct world *w, const struct action *act)
{
	const struct request *r = find_request(w, act->handle);
	enum result right;

	if (!r) {
		BROKEN(w, "R4: handle %u is answered, but not waiting", act->handle);
		return;
	}
	right = right_answer(w, r);
	if (act->result != right || act->svc != r->svc)
		BROKEN(w, "R4: handle %u is answered '%s', not '%s'", act->handle,
		       result_word(act->result), result_word(right));
	if (act->result == RES_NO)
		check_why(w, act->svc);
	if (act->other == NO_SVC ? r->in_the_way != 0 : !(r->in_the_way >> act->other & 1))
		BROKEN(w, "R4: the answer to handle %u names %d", act->handle, (int)act->other);
}

static void check_done(struct world *w)
{
	if (!w->shutdown || w->done)
		BROKEN(w, "R3: done out of turn");
	if (w->n_requests)
		BROKEN(w, "R4: done with %u requests open", w->n_requests);
	for (uint32_t i = 0; i < w->plan->n; i++) {
		check_nothing_left(w, i);
		if (state_active(w->actor[i].state))
			BROKEN(w, "R3: done while %u is %s", i, state_detail(w->actor[i].state));
	}
}

static void check_essential(struct world *w, const struct action *act)
{
	if (act->svc != w->ended_by || act->code != w->end_code || act->lost != w->lost)
		BROKEN(w, "R10: everything ends with %d for %u%s, not with %d for %d%s", act->code, act->svc,
		       act->lost ? ", lost" : "", w->end_code, (int)w->ended_by,
		       w->lost ? ", lost" : "");
}

void oracle_action(struct world *w, const struct action *act)
{
	bool own = act->kind == ACT_CHANGED || act->svc == NO_SVC || act->kind == ACT_ANSWER;

	if (own && w->ended_by != NO_SVC)
		BROKEN(w, "R10: something happens before it is said that %u ends everything", w->ended_by);
	if (w->done && act->kind != ACT_ANSWER)
		BROKEN(w, "R3: an action after the end");
	switch (act->kind) {
	case ACT_CHANGED: check_changed(w, act); break;
	case ACT_SPAWN: check_spawn(w, act->svc); break;
	case ACT_SPAWN_OFF:
		check_spawn_off(w, act->svc);
		check_dependents_gone(w, act->svc);
		break;
	case ACT_TERM: check_term(w, act->svc); break;
	case ACT_KILL: check_kill_given(w, act->svc); break;
	case ACT_KILL_OFF: check_follows(w, act->svc, SVC_OFF_KILLED); break;
	case ACT_STUCK: check_stuck(w, act->svc); break;
	case ACT_GIVE_UP: check_give_up(w, act->svc); break;
	case ACT_ANSWER: check_answer(w, act); break;
	case ACT_ESSENTIAL: check_essential(w, act); break;
	case ACT_SETTLED:
		if (!w->booting || w->settled || w->shutdown || !all_settled(w))
			BROKEN(w, "R6: settled out of turn");
		break;
	case ACT_DONE: check_done(w); break;
	}
}

/* Rc: what neighbours should see of a, by the words of classes.h. */
static unsigned right_class(const struct actor *a)
{
	bool active = state_active(a->state), leaving = state_leaving(a->state);
	unsigned class = 0;

	class |= a->state == SVC_UP ? CLASS_UP : 0;
	class |= actor_bad(a) ? CLASS_BAD : 0;
	class |= leaving ? CLASS_LEAVING : 0;
	class |= active ? CLASS_ACTIVE : 0;
	class |= active && (leaving || !a->wish || a->restart) ? CLASS_STOP_WANTED : 0;
	class |= want_open(a) ? CLASS_OPEN : 0;
	class |= actor_settled(a) ? 0 : CLASS_UNSETTLED;
	return class;
}

static void check_row(struct world *w, uint32_t i)
{
	const struct svc *s = engine_svc(w->e, i);
	const struct actor *a = &w->actor[i];

	if (s->live.state != a->state)
		BROKEN(w, "Rc: %u is %s, but was last said to be %s", i,
		       state_detail(s->live.state), state_detail(a->state));
	if (s->live.wish != a->wish)
		BROKEN(w, "Rw: %u is wrongly wished %s", i, s->live.wish ? "up" : "down");
	if (s->live.alive != (a->main != PROC_NONE) || s->live.off_alive != (a->off != PROC_NONE))
		BROKEN(w, "R3: the engine is wrong about the processes of %u", i);
}

/* What the engine counts is counted again by engine_check(), from its own states and wishes;
 * that these are what was said and asked for, here. */
static void check_engine(struct world *w)
{
	const char *wrong = w->same_block ? check_recount(w->e) : engine_check(w->e, w->e->size);

	if (wrong)
		BROKEN(w, "Rc: %s", wrong);
	if (w->e->n_waiters != w->n_requests)
		BROKEN(w, "Rc: %u requests wait, not %u", w->e->n_waiters, w->n_requests);
	for (uint32_t i = 0; i < w->plan->n; i++)
		if (engine_svc(w->e, i)->class != right_class(&w->actor[i]))
			BROKEN(w, "Rc: the class of %u is %x, not %x", i, engine_svc(w->e, i)->class,
			       right_class(&w->actor[i]));
}

void oracle_always(struct world *w)
{
	for (uint32_t i = 0; i < w->plan->n; i++)
		check_row(w, i);
	if (!w->rules_only)
		check_engine(w);
}

/* When i has to move although nothing happens. */
static int64_t next_of(const struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	switch ((enum svc_state)a->state) {
	case SVC_OFF:
	case SVC_STOPPING:
	case SVC_LATE:
		return stop_due(w, i);
	case SVC_HELD:
		return a->late && !a->killed && a->main != PROC_NONE ? stop_due(w, i) : NEVER;
	case SVC_STARTING:
		return w->plan->node[i].on_ms ? a->since_ms + w->plan->node[i].on_ms : NEVER;
	case SVC_OFF_KILLED:
	case SVC_LATE_KILLED:
	case SVC_KILLING:
		return earlier(a->said_ms + STUCK_SAY_MS, give_up_due(w, i));
	case SVC_BACKOFF:
		return a->retry_ms;
	case SVC_DOWN:
	case SVC_WAITING:
	case SVC_BLOCKED:
	case SVC_UP:
	case SVC_FAILED:
	case SVC_REFUSED:
	case SVC_N_STATES:
		break;
	}
	return NEVER;
}

static void check_deadline(struct world *w)
{
	int64_t first = NEVER, shown = engine_deadline(w->e);

	for (uint32_t i = 0; i < w->plan->n; i++) {
		int64_t next = next_of(w, i);

		if (next <= w->now)
			BROKEN(w, "R7: %u is late in %s", i, state_detail(w->actor[i].state));
		first = next < first ? next : first;
	}
	for (uint32_t k = 0; k < REQUESTS_MAX; k++)
		if (w->request[k].handle && w->request[k].answer_by_ms < first)
			first = w->request[k].answer_by_ms;
	if (shown <= w->now)
		BROKEN(w, "R7: nothing to do, but no time to sleep");
	if (shown > first)
		BROKEN(w, "R7: sleeps past %lld", (long long)first);
}

/* R5, R6: a service at rest is where its wish and its needs put it. */
static void check_place(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];
	bool bad = need_bad(w, i), inactive = !state_active(a->state);
	bool runs = !inactive && !state_leaving(a->state);

	if (!a->wish && a->state != SVC_REFUSED && a->state != SVC_DOWN && inactive)
		BROKEN(w, "R6: %u is not wished up, but %s", i, state_detail(a->state));
	if (a->wish && a->state == SVC_DOWN)
		BROKEN(w, "R6: %u is wished up, but down", i);
	if (a->state == SVC_BLOCKED && !bad)
		BROKEN(w, "R5: %u stays blocked by nobody", i);
	if (a->state == SVC_WAITING && bad)
		BROKEN(w, "R5: %u waits for a need that will not come", i);
	if (runs && (!a->wish || a->restart || bad || need_leaving(w, i)))
		BROKEN(w, "R5: %u stays %s although it should go", i, state_detail(a->state));
	if (a->state == SVC_UP && is_respawn(w, i) && a->main == PROC_NONE)
		BROKEN(w, "R6: %u is called up, but is gone", i);
	if ((state_late(a->state) || a->state == SVC_STARTING) && a->main == PROC_NONE)
		BROKEN(w, "R6: %u is %s, but is gone", i, state_detail(a->state));
	check_why(w, i);
}

static void check_requests(struct world *w)
{
	for (uint32_t k = 0; k < REQUESTS_MAX; k++) {
		const struct request *r = &w->request[k];

		if (r->handle && right_answer(w, r) != RES_NONE)
			BROKEN(w, "R4: handle %u is not answered '%s'", r->handle,
			       result_word(right_answer(w, r)));
	}
}

static void check_announced(struct world *w)
{
	bool idle = w->n_requests == 0;

	for (uint32_t i = 0; i < w->plan->n; i++)
		idle = idle && !state_active(w->actor[i].state);
	if (w->shutdown && idle && !w->done)
		BROKEN(w, "R6: the shutdown is over, but nobody says so");
	if (w->booting && !w->shutdown && all_settled(w))
		BROKEN(w, "R6: the boot has settled, but nobody says so");
}

static void visit(void *arg, uint32_t svc)
{
	*(uint32_t *)arg |= 1u << svc;
}

/* Rw: whom a stop of i would take along. */
static void check_taken_along(struct world *w, uint32_t i)
{
	uint32_t shown = 0, found = 1u << i, before = 0, right = 0;

	engine_dependents(w->e, i, visit, &shown);
	while (found != before) {
		before = found;
		for (uint32_t j = 0; j < w->plan->n; j++)
			for (uint32_t k = 0; k < w->plan->n; k++)
				if (found >> k & 1 && needs(w, j, k))
					found |= 1u << j;
	}
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (found >> j & 1 && j != i && (w->actor[j].wish || w->actor[j].state != SVC_DOWN))
			right |= 1u << j;
	if (shown != right)
		BROKEN(w, "Rw: a stop of %u takes %x along, not %x", i, right, shown);
}

void oracle_rest(struct world *w)
{
	if (w->ended_by != NO_SVC)
		BROKEN(w, "R10: nobody says that %u ends everything", w->ended_by);
	for (uint32_t i = 0; i < w->plan->n; i++)
		check_place(w, i);
	check_taken_along(w, (uint32_t)w->n_events % w->plan->n);
	check_deadline(w);
	check_requests(w);
	check_announced(w);
}

/* R6: with every need up or able to be, and no failure of its own. */
static bool can_be_up(const struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (!a->wish || a->state == SVC_FAILED)
		return false;
	if (w->plan->node[i].kind & KIND_REFUSED)
		return a->state == SVC_UP; /* it runs on as it was loaded before */
	for (uint32_t j = 0; j < w->plan->n; j++)
		if (needs(w, i, j) && !can_be_up(w, j))
			return false;
	return true;
}

static void check_end(struct world *w, uint32_t i)
{
	const struct actor *a = &w->actor[i];

	if (can_be_up(w, i) != (a->state == SVC_UP))
		BROKEN(w, "R6: %u %s be up, but ends %s", i, can_be_up(w, i) ? "can" : "cannot",
		       state_detail(a->state));
	if (!a->wish && a->state != SVC_DOWN && a->state != SVC_REFUSED)
		BROKEN(w, "R6: %u is not wished up, but ends %s", i, state_detail(a->state));
}

void oracle_final(struct world *w)
{
	for (uint32_t i = 0; i < w->plan->n; i++)
		check_end(w, i);
	if (w->shutdown && !w->done)
		BROKEN(w, "R6: the shutdown does not end");
}
