/* stop.c - `cinit.check --stop-time`: how long an ordered stop takes at most.
 *
 * By the engine's rules: a service is told to stop when all that need or want
 * it in an ordering way are down; its `off` and its process have `delay` each, and
 * `timeout.off` together.
 * So it is the longest way through that graph.  The first service on the way
 * may still be starting; everything below it is up then.  What survives KILL
 * is not counted, nor is what is restarted meanwhile. */
#include <string.h>

#include "src/check/check.h"
#include "src/engine/classes.h"
#include "src/limits.h"

struct stop {
	const struct config *c;
	const struct engine *e;
	uint64_t *ms;     /* by service: until it is down, at the latest */
	uint32_t *before; /* who was down last before it, or NO_SVC */
	uint32_t *open;   /* how many of those before it have no time yet; refused and
	                   * blocked ones keep NO_SVC */
	uint32_t *queue;
	uint32_t n_queue;
};

/* The whole of its stop takes no longer than this. */
static uint64_t at_most(const struct svc *s, uint64_t ms)
{
	return s->off_ms && s->off_ms < ms ? s->off_ms : ms;
}

static uint64_t delay_of(const struct svc *s)
{
	uint64_t without = s->off_ms ? s->off_ms : STOP_MAX_MS;

	return at_most(s, s->delay_ms ? s->delay_ms : without);
}

/* From up: `off`, and the main process if it has one. */
static uint64_t off_ms(const struct svc *s)
{
	return s->kind & KIND_OFF ? delay_of(s) : 0;
}

/* What `off` leaves of the time. */
static uint64_t process_ms(const struct svc *s)
{
	bool has = (s->kind & KIND_ON) && (s->kind & KIND_RESPAWN);

	return has ? at_most(s, off_ms(s) + delay_of(s)) - off_ms(s) : 0;
}

/* A once-service may succeed in the last moment, and its `off` is due then. */
static uint64_t starting_ms(const struct svc *s)
{
	uint64_t off = s->kind & KIND_RESPAWN ? 0 : off_ms(s);

	return s->kind & KIND_ON ? at_most(s, delay_of(s) + off) : 0;
}

static uint64_t up_ms(const struct svc *s)
{
	return off_ms(s) + process_ms(s);
}

static bool better_starting(const struct svc *s)
{
	return starting_ms(s) > up_ms(s);
}

static void leave_out(struct stop *o, uint32_t i)
{
	if (o->open[i] == NO_SVC)
		return;
	o->open[i] = NO_SVC;
	o->queue[o->n_queue++] = i;
}

/* What is refused, and what needs it, never comes up. */
static void leave_out_blocked(struct stop *o)
{
	for (uint32_t i = 0; i < o->c->n; i++)
		if (engine_svc(o->e, i)->kind & KIND_REFUSED)
			leave_out(o, i);
	for (uint32_t k = 0; k < o->n_queue; k++) {
		struct edges d = dependents_of(o->e, o->queue[k]);

		for (uint32_t j = 0; j < d.n; j++)
			leave_out(o, d.at[j]);
	}
	o->n_queue = 0;
}

static uint32_t count_in(const struct stop *o, struct edges edges)
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < edges.n; k++)
		n += o->open[edges.at[k]] != NO_SVC;
	return n;
}

static void begin(struct stop *o)
{
	leave_out_blocked(o);
	for (uint32_t i = 0; i < o->c->n; i++) {
		const struct svc *s = engine_svc(o->e, i);

		o->before[i] = NO_SVC;
		if (o->open[i] == NO_SVC)
			continue;
		o->open[i] = count_in(o, dependents_of(o->e, i)) + count_in(o, wanters_of(o->e, i));
		o->ms[i] = better_starting(s) ? starting_ms(s) : up_ms(s);
		if (o->open[i] == 0)
			o->queue[o->n_queue++] = i;
	}
}

/* Service i is down; `list` holds services that it needs or wants. */
static void pass_on(struct stop *o, uint32_t i, struct edges list)
{
	for (uint32_t k = 0; k < list.n; k++) {
		uint32_t to = list.at[k];
		uint64_t ms;

		if (to & WANT_UNORDERED || o->open[to] == NO_SVC)
			continue;
		ms = o->ms[i] + up_ms(engine_svc(o->e, to));
		if (ms > o->ms[to]) {
			o->ms[to] = ms;
			o->before[to] = i;
		}
		if (--o->open[to] == 0)
			o->queue[o->n_queue++] = to;
	}
}

static uint32_t run(struct stop *o)
{
	uint32_t last = NO_SVC;

	begin(o);
	for (uint32_t k = 0; k < o->n_queue; k++) {
		uint32_t i = o->queue[k];

		if (last == NO_SVC || o->ms[i] > o->ms[last])
			last = i;
		pass_on(o, i, needs_of(o->e, i));
		pass_on(o, i, wants_of(o->e, i));
	}
	return last;
}

/* ---- telling ---- */

struct sum {
	struct text *out;
	bool begun;
};

static void put_part(struct sum *s, const struct stop *o, uint32_t i, const char *what, uint64_t ms)
{
	if (ms == 0)
		return;
	text_str(s->out, s->begun ? " + " : " = ");
	s->begun = true;
	if (i != NO_SVC)
		put_name(s->out, o->c, i);
	text_str(s->out, what);
	text_char(s->out, ' ');
	text_seconds(s->out, (int64_t)ms, 3);
}

static void put_service(struct sum *sum, const struct stop *o, uint32_t i, bool first)
{
	const struct svc *s = engine_svc(o->e, i);

	if (first && better_starting(s)) {
		put_part(sum, o, i, " (starting)", starting_ms(s));
		return;
	}
	put_part(sum, o, i, " off", off_ms(s));
	put_part(sum, o, i, "", process_ms(s));
}

/* The chain that ends with `last`, from its beginning. */
static void put_chain(struct sum *sum, struct stop *o, uint32_t last)
{
	uint32_t n = 0;

	for (uint32_t i = last; i != NO_SVC; i = o->before[i])
		o->queue[n++] = i;
	for (uint32_t k = n; k--;)
		put_service(sum, o, o->queue[k], k == n - 1);
}

static void put_stop(struct text *out, struct stop *o)
{
	uint32_t last = run(o);
	uint32_t sleep_ms = config_sleep_before_kill_ms(o->c);
	uint64_t services = last == NO_SVC ? 0 : o->ms[last];
	uint64_t final = config_value(o->c, NO_SVC, CONF_LAST) ? LAST_MAX_MS : 0;
	struct sum sum = {.out = out};

	text_seconds(out, (int64_t)(services + sleep_ms + final), 3);
	if (last != NO_SVC)
		put_chain(&sum, o, last);
	put_part(&sum, o, NO_SVC, "conf/sleep_before_kill", sleep_ms);
	put_part(&sum, o, NO_SVC, "conf/last", final);
	text_char(out, '\n');
}

int check_stop_time(struct text *out, const struct config *c, const struct engine *e)
{
	struct vec memory = {.max = SIZE_MAX / 2};
	size_t n = c->n + (size_t)1;
	uint64_t *at = vec_add(&memory, n * (sizeof *at + 3 * sizeof(uint32_t)));
	struct stop o = {.c = c, .e = e, .ms = at};

	if (!at)
		return -1;
	o.before = (uint32_t *)(void *)(at + n);
	o.open = o.before + n;
	o.queue = o.open + n;
	put_stop(out, &o);
	vec_free(&memory);
	return 0;
}
