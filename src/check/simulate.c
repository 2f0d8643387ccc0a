/* simulate.c - `cinit.check --simulate`: the supervisor's engine against a world in which
 * every program that can be executed does what the person supposes, in virtual time.
 *
 * What happens in it is decided by the engine alone; this file only plays the
 * processes.  One program per service runs at a time, for no
 * time, for a given time, or for ever; one that has to say that it is ready says so
 * after that time and runs on, unless it fails.  One that is told to stop does so at
 * once, but with --stop only when it is killed. */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "src/check/check.h"

enum process {
	PROC_NONE,
	PROC_RUNS,
	PROC_ENDS  /* its end is in the queue */
};

struct sim {
	struct text *out;
	const struct config *c;
	struct engine *e;
	const struct supposition *s;
	unsigned n_s;
	int64_t now, horizon_ms; /* it ends there at the latest */
	struct vec memory;
	uint32_t *supposed;      /* by service: index of its supposition + 1, or 0 */
	uint32_t *process;       /* by service: enum process */
	int64_t *ends_ms;        /* by supposition: when its run ends or it is ready, or NEVER */
	struct vec queue;        /* struct event, to happen now; taken from queue_at */
	size_t queue_at;
	int64_t stop_ms;         /* when everything is stopped, or NEVER */
	bool deaf;               /* from then on nobody heeds TERM, and no `off` ends */
	int code;                /* with which everything ends, or -1 */
	bool done;               /* everything is down after that */
	bool failed;             /* out of memory */
	bool settled;
	int64_t settled_ms;
};

/* Telling. */

static void put_end(struct text *out, const struct end *end)
{
	if (end->kind == END_SPAWN) {
		text_str(out, "exec: ");
		text_str(out, strerror(end->code));
		return;
	}
	text_str(out, end->kind == END_SIGNAL ? "signal " : "exit ");
	text_i64(out, end->code);
}

static void put_time(struct text *out, int64_t ms)
{
	text_seconds(out, ms, 3);
}

static void put_up(const struct sim *m, uint32_t i)
{
	uint8_t kind = engine_svc(m->e, i)->kind;

	if (!(kind & KIND_ON))
		text_str(m->out, "needs up");
	else if (kind & KIND_READY)
		text_str(m->out, "is ready");
	else if (kind & KIND_RESPAWN)
		text_str(m->out, "runs");
	else
		text_str(m->out, "exit 0");
}

static void put_culprit(const struct sim *m, uint32_t other)
{
	text_str(m->out, "by ");
	put_name(m->out, m->c, other);
	text_str(m->out, ", which is ");
	text_str(m->out, state_word(engine_svc(m->e, other)->live.state));
}

static void put_waiting(const struct sim *m, const char *how, uint32_t other)
{
	text_str(m->out, how);
	put_name(m->out, m->c, other);
}

static void put_delay(const struct sim *m, uint32_t i)
{
	const struct svc_live *l = &engine_svc(m->e, i)->live;

	put_end(m->out, &l->end);
	text_str(m->out, ", again at ");
	put_time(m->out, l->deadline_ms);
}

static void put_late(const struct sim *m, uint32_t i)
{
	const struct svc *s = engine_svc(m->e, i);

	text_str(m->out, "was not up within ");
	put_time(m->out, s->on_ms);
	if (s->live.state == SVC_BACKOFF) {
		text_str(m->out, ", again at ");
		put_time(m->out, s->live.deadline_ms);
	}
}

static void put_refusal(const struct sim *m, uint32_t i)
{
	const char *s = config_str(m->c, config_svc(m->c, i)->refusal);

	text_name(m->out, s, strlen(s), true);
}

static void put_nothing(const struct sim *m, uint32_t i)
{
	uint8_t state = engine_svc(m->e, i)->live.state;

	if (state == SVC_UP)
		put_up(m, i);
	else
		text_str(m->out, state == SVC_DOWN ? "stopped" : "needs up");
}

/* Why service i is in its state. */
static void put_why(const struct sim *m, uint32_t i)
{
	uint32_t other;

	switch (engine_why(m->e, i, &other)) {
	case WHY_NONE: put_nothing(m, i); break;
	case WHY_NEED: put_waiting(m, "needs ", other); break;
	case WHY_WANT: put_waiting(m, "wants ", other); break;
	case WHY_CULPRIT: put_culprit(m, other); break;
	case WHY_DEPENDENT: put_waiting(m, "after ", other); break;
	case WHY_EXEC:
	case WHY_RUN: text_str(m->out, "needs up"); break;
	case WHY_OFF: text_str(m->out, "runs off"); break;
	case WHY_PROCESS: text_str(m->out, "is told to stop"); break;
	case WHY_DELAY: put_delay(m, i); break;
	case WHY_END: put_end(m->out, &engine_svc(m->e, i)->live.end); break;
	case WHY_LOAD: put_refusal(m, i); break;
	case WHY_READY: text_str(m->out, "needs up"); break;
	case WHY_LATE: put_late(m, i); break;
	case WHY_SAID: /* nobody says anything here */
	case WHY_N: break;
	}
}

static void tell_change(const struct sim *m, const struct action *act)
{
	const char *from = state_word(act->from), *to = state_word(act->to);

	if (strcmp(from, to) == 0)
		return; /* one step of stopping to the next */
	put_time(m->out, m->now);
	text_char(m->out, ' ');
	put_name(m->out, m->c, act->svc);
	text_str(m->out, ": ");
	text_str(m->out, from);
	text_str(m->out, " -> ");
	text_str(m->out, to);
	text_str(m->out, " (");
	put_why(m, act->svc);
	text_str(m->out, ")\n");
}

/* The world. */

static void happen(struct sim *m, const struct event *ev)
{
	struct event *at = vec_add(&m->queue, sizeof *at);

	if (at)
		*at = *ev;
	else
		m->failed = true;
}

static void end_process(struct sim *m, uint32_t i, enum end_kind kind, int code)
{
	struct event ev = {.kind = EV_ENDED, .svc = i};

	if (m->process[i] != PROC_RUNS)
		return;
	m->process[i] = PROC_ENDS;
	ev.end.kind = (uint8_t)kind;
	ev.end.code = (int16_t)code;
	if (m->supposed[i])
		m->ends_ms[m->supposed[i] - 1] = NEVER;
	happen(m, &ev);
}

/* A run of the program of i comes to its own end, or is ready. */
static void finish(struct sim *m, uint32_t i)
{
	uint32_t k = m->supposed[i];
	bool fails = k && m->s[k - 1].fails;

	if (fails || !(engine_svc(m->e, i)->kind & KIND_READY)) {
		end_process(m, i, END_EXIT, fails ? 1 : 0);
		return;
	}
	if (k)
		m->ends_ms[k - 1] = NEVER;
	happen(m, &(struct event){.kind = EV_READY, .svc = i});
}

/* Does its run come to an end, or to where it is ready? */
static bool comes_to_something(const struct sim *m, uint32_t i)
{
	uint8_t kind = engine_svc(m->e, i)->kind;
	uint32_t k = m->supposed[i];

	return !(kind & KIND_RESPAWN) || kind & KIND_READY
	       || (k && (m->s[k - 1].fails || m->s[k - 1].timed));
}

/* Is it worth while to wait for that, because it does not come again and again? */
static bool counts_once(const struct sim *m, uint32_t i, const struct supposition *s)
{
	const struct svc *v = engine_svc(m->e, i);

	if (!(v->kind & KIND_RESPAWN))
		return true;
	return v->kind & KIND_READY && !s->fails && (!v->on_ms || s->run_ms < v->on_ms);
}

/* What exec says of its program. */
static void not_executed(struct sim *m, uint32_t i, int error)
{
	happen(m, &(struct event){.kind = EV_ENDED, .svc = i,
	                          .cause = error == ENOENT ? CAUSE_MISSING : CAUSE_OTHER,
	                          .end = {END_SPAWN, STEP_EXEC, (int16_t)error}});
}

static void spawn(struct sim *m, uint32_t i)
{
	uint32_t k = m->supposed[i];
	int error = check_start(m->c, i);

	if (error) {
		not_executed(m, i, error);
		return;
	}
	m->process[i] = PROC_RUNS;
	happen(m, &(struct event){.kind = EV_EXECUTED, .svc = i});
	if (k && m->s[k - 1].timed && m->s[k - 1].run_ms > 0) {
		m->ends_ms[k - 1] = m->now + m->s[k - 1].run_ms;
		if (counts_once(m, i, &m->s[k - 1]) && m->horizon_ms < m->ends_ms[k - 1] + CHECK_FOREVER_MS)
			m->horizon_ms = m->ends_ms[k - 1] + CHECK_FOREVER_MS;
	} else if (comes_to_something(m, i)) {
		finish(m, i);
	}
}

/* Everything is being stopped. */
static void stops(struct sim *m, int code)
{
	m->code = code;
	m->stop_ms = NEVER;
	m->horizon_ms = NEVER;
}

static void tell_essential(struct sim *m, const struct action *act)
{
	put_time(m->out, m->now);
	text_char(m->out, ' ');
	put_name(m->out, m->c, act->svc);
	text_str(m->out, ": essential, and ");
	text_str(m->out, act->lost ? state_word(engine_svc(m->e, act->svc)->live.state) : "has ended");
	text_str(m->out, ": everything is stopped\n");
	stops(m, act->code);
}

static void off_ended(struct sim *m, uint32_t i)
{
	happen(m, &(struct event){.kind = EV_OFF_ENDED, .svc = i});
}

static void carry_out(struct sim *m, const struct action *act)
{
	switch (act->kind) {
	case ACT_CHANGED:
		tell_change(m, act);
		break;
	case ACT_SPAWN: spawn(m, act->svc); break;
	case ACT_SPAWN_OFF:
		if (!m->deaf)
			off_ended(m, act->svc);
		break;
	case ACT_TERM:
		if (!m->deaf)
			end_process(m, act->svc, END_SIGNAL, SIGTERM);
		break;
	case ACT_KILL: end_process(m, act->svc, END_SIGNAL, SIGKILL); break;
	case ACT_KILL_OFF: off_ended(m, act->svc); break;
	case ACT_ESSENTIAL: tell_essential(m, act); break;
	case ACT_DONE: m->done = true; break;
	case ACT_SETTLED:
		m->settled = true;
		m->settled_ms = m->now;
		break;
	case ACT_STUCK:
	case ACT_GIVE_UP:
	case ACT_ANSWER:
		break;
	}
}

/* Hands the next event of this moment to the engine; false if there is none. */
static bool take_event(struct sim *m)
{
	struct event ev;

	if (m->queue_at == m->queue.len)
		return false;
	memcpy(&ev, m->queue.at + m->queue_at, sizeof ev);
	m->queue_at += sizeof ev;
	if (m->queue_at == m->queue.len)
		m->queue_at = m->queue.len = 0;
	if (ev.kind == EV_ENDED)
		m->process[ev.svc] = PROC_NONE;
	engine_event(m->e, m->now, &ev);
	return true;
}

/* Moves on to when something happens next; false if that is never, or too far. */
static bool pass_time(struct sim *m)
{
	int64_t next = engine_deadline(m->e);

	for (unsigned k = 0; k < m->n_s; k++)
		if (m->ends_ms[k] < next)
			next = m->ends_ms[k];
	if (m->stop_ms < next)
		next = m->stop_ms;
	if (next == NEVER || next > m->horizon_ms || m->done)
		return false;
	m->now = next;
	if (m->stop_ms == next) {
		m->deaf = true;
		stops(m, 0);
		engine_event(m->e, m->now, &(struct event){.kind = EV_SHUTDOWN});
		return true;
	}
	for (unsigned k = 0; k < m->n_s; k++)
		if (m->ends_ms[k] == next)
			finish(m, m->s[k].svc);
	return true;
}

static void boot(struct sim *m)
{
	struct event ev = {.kind = EV_BOOT, .svc = m->c->start, .answer_by_ms = NEVER};
	struct action act;

	engine_event(m->e, m->now, &ev);
	do {
		while (engine_next(m->e, m->now, &act))
			carry_out(m, &act);
	} while (!m->failed && (take_event(m) || pass_time(m)));
}

/* The end. */

static void put_up_line(const struct sim *m, const struct ranked *r)
{
	text_str(m->out, "up:");
	for (uint32_t k = 0; k < m->c->n; k++)
		if (r[k].rank == SVC_UP) {
			text_char(m->out, ' ');
			put_name(m->out, m->c, r[k].svc);
		}
	text_char(m->out, '\n');
}

static void put_others(const struct sim *m, const struct ranked *r)
{
	for (uint32_t k = 0; k < m->c->n; k++) {
		if (r[k].rank == SVC_UP)
			continue;
		text_str(m->out, state_word(r[k].rank));
		text_str(m->out, ": ");
		put_name(m->out, m->c, r[k].svc);
		text_str(m->out, ": ");
		put_why(m, r[k].svc);
		text_char(m->out, '\n');
	}
}

static void put_total(const struct sim *m, const uint32_t *count)
{
	static const uint8_t always[] = {SVC_UP, SVC_FAILED, SVC_BLOCKED, SVC_REFUSED};
	static const uint8_t rarely[] = {SVC_BACKOFF, SVC_WAITING, SVC_STARTING, SVC_DOWN};

	text_str(m->out, "after ");
	put_time(m->out, m->now);
	text_str(m->out, " s: ");
	for (size_t k = 0; k < sizeof always; k++) {
		text_str(m->out, k ? ", " : "");
		text_u64(m->out, count[always[k]]);
		text_char(m->out, ' ');
		text_str(m->out, state_word(always[k]));
	}
	for (size_t k = 0; k < sizeof rarely; k++)
		if (count[rarely[k]]) {
			text_str(m->out, ", ");
			text_u64(m->out, count[rarely[k]]);
			text_char(m->out, ' ');
			text_str(m->out, state_word(rarely[k]));
		}
	if (m->settled) {
		text_str(m->out, "; the boot settled at ");
		put_time(m->out, m->settled_ms);
		text_char(m->out, '\n');
	} else {
		text_str(m->out, "; the boot has not settled\n");
	}
	if (m->code >= 0) {
		text_str(m->out, "stopped, exit code ");
		text_i64(m->out, m->code);
		text_char(m->out, '\n');
	}
}

static int sum_up(struct sim *m)
{
	uint32_t count[SVC_N_STATES] = {0};
	uint32_t *state = m->process; /* processes are done with */
	struct vec sorted;
	struct ranked *r;

	for (uint32_t i = 0; i < m->c->n; i++) {
		state[i] = engine_svc(m->e, i)->live.state;
		count[state[i]]++;
	}
	r = rank_services(&sorted, m->c, state);
	if (r) {
		put_up_line(m, r);
		put_others(m, r);
		put_total(m, count);
	}
	vec_free(&sorted);
	return r ? 0 : -1;
}

static int prepare(struct sim *m)
{
	size_t n = m->c->n + (size_t)1;
	int64_t *at = vec_add(&m->memory, (m->n_s + n) * sizeof *at);

	if (!at)
		return -1;
	m->ends_ms = at;
	m->supposed = (uint32_t *)(void *)(at + m->n_s);
	m->process = m->supposed + n;
	for (unsigned k = 0; k < m->n_s; k++) {
		m->ends_ms[k] = NEVER;
		m->supposed[m->s[k].svc] = k + 1;
	}
	return 0;
}

int check_simulate(struct text *out, const struct config *c, struct engine *e,
                   const struct supposition *s, unsigned n, int64_t stop_ms, int *code)
{
	struct sim m = {.out = out, .c = c, .e = e, .s = s, .n_s = n,
	                .horizon_ms = stop_ms == NEVER ? CHECK_FOREVER_MS : NEVER,
	                .stop_ms = stop_ms, .code = -1, .memory.max = SIZE_MAX / 2,
	                .queue.max = SIZE_MAX / 2};
	int r = prepare(&m);

	if (r == 0) {
		boot(&m);
		r = m.failed ? -1 : sum_up(&m);
	}
	*code = m.code;
	vec_free(&m.queue);
	vec_free(&m.memory);
	return r;
}
