/* carry.c - services of a running config in a new one.  Reads no directory. */
#include "src/tree/carry.h"

#include <errno.h>
#include <string.h>

#include "src/limits.h"

/* No directory has this, as no major number is as high: a service that is kept is nobody's
 * alias. */
#define DEV_GONE UINT32_MAX

static const struct config *past(const struct loader *l)
{
	return l->rq->old ? l->rq->old : l->rq->running;
}

/* Strings one after the other, copied; the offset of the first. */
static uint32_t carry_strings(struct loader *l, uint32_t from, uint32_t n)
{
	const char *s = config_str(past(l), from), *end = s;

	while (n--)
		end += strlen(end) + 1;
	return end == s ? 0 : loader_string(l, s, (size_t)(end - s) - 1); /* counted, never refused */
}

/* One value row of the past. */
static void carry_value(struct loader *l, const struct value *was)
{
	struct value v = *was;

	switch ((enum entry_holds)entries[v.entry].holds) {
	case HOLDS_NOTHING:
	case HOLDS_NUMBER:
	case HOLDS_OCTAL:
	case HOLDS_SIGNED: break;
	case HOLDS_NUMBERS:
	case HOLDS_LIMITS:
		vec_admit(&l->values.numbers, was->n * sizeof(uint64_t));
		v.at = values_numbers(&l->values, config_numbers(past(l), was), was->n);
		break;
	case HOLDS_STRINGS:
		v.at = carry_strings(l, was->at, was->n);
		break;
	}
	if (l->values.full) /* CONFIG_BYTES_LAST: what runs is not forgotten for the sake of others */
		loader_fail(l, l->values.full);
	values_add(&l->values, &v);
}

/* Everything that the entries of row `from` said (NO_SVC: those of conf/). */
static void carry_values(struct loader *l, uint32_t from)
{
	struct rows rows = config_rows(past(l), from);

	for (uint32_t i = 0; i < rows.n; i++)
		carry_value(l, &rows.at[i]);
}

static struct draft *carry_name(struct loader *l, uint32_t i)
{
	const struct conf_svc *conf = config_svc(past(l), i);
	uint32_t name = carry_strings(l, conf->name, 1);
	struct draft *d;

	vec_admit(&l->drafts, sizeof *d);
	d = vec_add(&l->drafts, sizeof *d);
	if (!d) {
		loader_fail(l, strerror(errno));
		return NULL;
	}
	memset(d, 0, sizeof *d);
	d->was = i + 1;
	d->conf = (struct conf_svc){.dev = conf->dev, .ino = conf->ino, .name = name};
	return d;
}

void carry_row(struct loader *l, uint32_t i)
{
	struct draft *d = carry_name(l, i);

	if (d)
		d->carried = !(config_node(past(l), i)->kind & KIND_REFUSED);
}

uint32_t carry_conf(struct loader *l)
{
	carry_values(l, NO_SVC);
	return carry_strings(l, past(l)->conf_root, 1);
}

/* ---- a reload ---- */

/* The service that has the name of row i now.  Behind a link that stands in its
 * place there is another one. */
static uint32_t find_again(struct loader *l, uint32_t i)
{
	const char *name = config_name(past(l), i), *why;
	uint32_t at = loader_resolve_name(l, name, &why);

	if (at == NO_SVC || strcmp(loader_name(l, at), name) != 0)
		return NO_SVC;
	draft_at(l, at)->was = i + 1;
	return at;
}

static void keep_gone(struct loader *l, uint32_t i)
{
	uint32_t at = loader_named(l, config_name(past(l), i));
	struct draft *d;

	if (at != NO_SVC) { /* it was not there, and then it was */
		loader_changed(l, at, "");
		return;
	}
	at = draft_count(l);
	d = carry_name(l, i);
	if (!d)
		return;
	d->conf.dev = DEV_GONE;
	d->conf.ino = i;
	d->carried = d->kept = true;
	if (loader_index(l, at) < 0)
		loader_fail(l, strerror(errno));
	loader_report(l, FINDING_WARNING, at, "", "is gone", "kept until it is stopped");
	d = draft_at(l, at);
	d->conf.refusal = loader_refusal(l, "its directory is gone", 21);
	l->rq->map[i] = at;
}

void carry_find(struct loader *l)
{
	const struct config *old = past(l);

	for (uint32_t i = 0; i < old->n && !loader_has_failed(l); i++)
		l->rq->map[i] = find_again(l, i);
	for (uint32_t i = 0; i < old->n && !loader_has_failed(l); i++)
		if (l->rq->map[i] == NO_SVC && !engine_may_drop(l->rq->engine, i))
			keep_gone(l, i);
}

/* ---- edges ---- */

static uint32_t now(const struct loader *l, uint32_t i)
{
	return l->rq->running ? l->rq->map[i] : i;
}

static void carry_list(struct loader *l, struct vec *to, const uint32_t *edge, uint32_t from, uint32_t end)
{
	for (uint32_t k = from; k < end; k++) {
		uint32_t target = now(l, edge[k] & ~WANT_UNORDERED);
		uint32_t *out = NULL;

		vec_admit(to, sizeof *out);
		if (target != NO_SVC)
			out = vec_add(to, sizeof *out);
		if (out)
			*out = target;
		else if (target != NO_SVC)
			loader_fail(l, strerror(errno));
	}
}

static void carry_edges(struct loader *l, uint32_t i)
{
	struct graph g = config_graph(past(l));
	uint32_t was = draft_at(l, i)->was - 1;

	carry_list(l, &l->needs, g.need, g.need_at[was], g.need_at[was + 1]);
	carry_list(l, &l->wants, g.want, g.want_at[was], g.want_at[was + 1]);
}

void carry_definition(struct loader *l, uint32_t i)
{
	carry_values(l, draft_at(l, i)->was - 1);
	carry_edges(l, i);
}

/* ---- what runs is kept ---- */

static bool was_active(const struct loader *l, const struct draft *d)
{
	return d->was && engine_is_active(l->rq->engine, d->was - 1);
}

void carry_check(struct loader *l, uint32_t i)
{
	struct draft *d = draft_at(l, i);

	if (!d->refused || !was_active(l, d))
		return;
	loader_unread(l, i);
	d->refused = false;
	d->kept = true;
	carry_definition(l, i);
	loader_report(l, FINDING_WARNING, i, "", "is not down", "runs on as it was loaded before");
}

/* A stop would never end where two that run wait for each other. */
void carry_finish(struct loader *l)
{
	for (uint32_t i = 0; i < draft_count(l); i++) {
		struct draft *d = draft_at(l, i);

		if (d->refused && was_active(l, d))
			loader_fail(l, "a service that is not down would lie on a cycle of needs");
		d->refused |= d->kept;
	}
}
