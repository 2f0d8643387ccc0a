/* order.c - `cinit.check --order`: the start in waves.
 *
 * A service is in the first wave after those of its needs and its ordering
 * wants; what is refused or blocked settles at once and makes nobody wait. */
#include <string.h>

#include "src/check/check.h"
#include "src/engine/classes.h"

#define RANK_REFUSED (UINT32_MAX - 1)
#define RANK_BLOCKED UINT32_MAX

struct order {
	const struct config *c;
	const struct engine *e; /* for who needs and wants whom */
	uint32_t *rank;    /* wave, RANK_REFUSED or RANK_BLOCKED */
	uint32_t *open;    /* needs and wants that have no wave yet */
	uint32_t *culprit; /* of a blocked one */
	uint32_t *queue;
	uint32_t n_queue;
};

/* Who needs a refused service, transitively, is blocked. */
static void block(struct order *o)
{
	for (uint32_t i = 0; i < o->c->n; i++)
		if (config_node(o->c, i)->kind & KIND_REFUSED) {
			o->rank[i] = RANK_REFUSED;
			o->culprit[i] = i;
			o->queue[o->n_queue++] = i;
		}
	for (uint32_t k = 0; k < o->n_queue; k++) {
		uint32_t i = o->queue[k];
		struct edges d = dependents_of(o->e, i);

		for (uint32_t j = 0; j < d.n; j++)
			if (o->rank[d.at[j]] < RANK_REFUSED) {
				o->rank[d.at[j]] = RANK_BLOCKED;
				o->culprit[d.at[j]] = o->culprit[i];
				o->queue[o->n_queue++] = d.at[j];
			}
	}
}

static uint32_t count_open(const struct order *o, uint32_t i)
{
	struct edges needs = needs_of(o->e, i);
	struct edges wants = wants_of(o->e, i);
	uint32_t n = needs.n; /* none of them is refused or blocked */

	for (uint32_t k = 0; k < wants.n; k++)
		if (!(wants.at[k] & WANT_UNORDERED) && o->rank[wants.at[k]] < RANK_REFUSED)
			n++;
	return n;
}

static void enqueue_ready(struct order *o)
{
	o->n_queue = 0;
	for (uint32_t i = 0; i < o->c->n; i++) {
		if (o->rank[i] >= RANK_REFUSED)
			continue;
		o->open[i] = count_open(o, i);
		o->rank[i] = 1;
		if (o->open[i] == 0)
			o->queue[o->n_queue++] = i;
	}
}

static void pass_on(struct order *o, struct edges to, uint32_t wave)
{
	for (uint32_t k = 0; k < to.n; k++) {
		uint32_t i = to.at[k];

		if (o->rank[i] >= RANK_REFUSED)
			continue;
		if (o->rank[i] <= wave)
			o->rank[i] = wave + 1;
		if (--o->open[i] == 0)
			o->queue[o->n_queue++] = i;
	}
}

static void number_waves(struct order *o)
{
	enqueue_ready(o);
	for (uint32_t k = 0; k < o->n_queue; k++) {
		uint32_t i = o->queue[k];

		pass_on(o, dependents_of(o->e, i), o->rank[i]);
		pass_on(o, wanters_of(o->e, i), o->rank[i]);
	}
}

static void put_wave(struct text *out, const struct order *o, const struct ranked *r, bool first)
{
	if (first) {
		text_str(out, r->rank > 1 ? "\n" : "");
		text_u64(out, r->rank);
		text_char(out, ':');
	}
	text_char(out, ' ');
	put_name(out, o->c, r->svc);
}

static void put_rest(struct text *out, const struct order *o, const struct ranked *r)
{
	const char *refusal = config_str(o->c, config_svc(o->c, r->svc)->refusal);

	text_str(out, r->rank == RANK_REFUSED ? "refused: " : "blocked: ");
	put_name(out, o->c, r->svc);
	text_str(out, ": ");
	if (r->rank == RANK_REFUSED) {
		text_name(out, refusal, strlen(refusal), true);
	} else {
		text_str(out, "by ");
		put_name(out, o->c, o->culprit[r->svc]);
	}
	text_char(out, '\n');
}

static void put_order(struct text *out, const struct order *o, const struct ranked *r)
{
	uint32_t k = 0;

	for (; k < o->c->n && r[k].rank < RANK_REFUSED; k++)
		put_wave(out, o, &r[k], k == 0 || r[k].rank != r[k - 1].rank);
	if (k)
		text_char(out, '\n');
	for (; k < o->c->n; k++)
		put_rest(out, o, &r[k]);
}

int check_order(struct text *out, const struct config *c, const struct engine *e)
{
	struct vec memory = {.max = SIZE_MAX / 2}, sorted;
	size_t n = c->n + (size_t)1;
	uint32_t *at = vec_add(&memory, 4 * n * sizeof *at);
	struct order o = {.c = c, .e = e};
	struct ranked *r;

	if (!at)
		return -1;
	o.rank = at;
	o.open = at + n;
	o.culprit = at + 2 * n;
	o.queue = at + 3 * n;
	block(&o);
	number_waves(&o);
	r = rank_services(&sorted, c, o.rank);
	if (r)
		put_order(out, &o, r);
	vec_free(&sorted);
	vec_free(&memory);
	return r ? 0 : -1;
}
