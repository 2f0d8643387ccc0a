/* carry.c - services of a running config in a new one.  Reads no directory. */
#include "src/tree/carry.h"

#include <errno.h>
#include <string.h>

#include "src/limits.h"

/* No directory has this: a service that is kept is nobody's alias. */
#define DEV_GONE UINT64_MAX

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
	return end == s ? 0 : loader_string(l, s, (size_t)(end - s) - 1);
}

static void carry_prog(struct loader *l, struct conf_prog *p)
{
	if (p->argv0)
		p->argv0 = carry_strings(l, p->argv0, 1);
	p->params = carry_strings(l, p->params, p->n_params);
	p->env = carry_strings(l, p->env, p->n_env);
}

/* A row of its own again: pointers into what grows do not last. */
static void carry_extra(struct loader *l, uint32_t svc, uint32_t row)
{
	struct conf_extra x = *config_extra(past(l), row), *to;

	x.listen = carry_strings(l, x.listen, x.n_listen);
	x.groups = carry_strings(l, x.groups, x.n_groups);
	x.user = x.user ? carry_strings(l, x.user, 1) : 0;
	x.group = x.group ? carry_strings(l, x.group, 1) : 0;
	to = loader_extra(l, svc);
	if (to)
		*to = x;
}

/* Everything that row i says, but for what the directory is and why it is refused. */
static void carry_definition(struct loader *l, struct draft *d, uint32_t i)
{
	const struct graph_node *node = config_node(past(l), i);

	d->conf.on = config_svc(past(l), i)->on;
	d->conf.off = config_svc(past(l), i)->off;
	carry_prog(l, &d->conf.on);
	carry_prog(l, &d->conf.off);
	d->conf.essential = config_svc(past(l), i)->essential;
	d->conf.n_codes = config_svc(past(l), i)->n_codes;
	d->conf.codes = carry_strings(l, config_svc(past(l), i)->codes, d->conf.n_codes);
	d->conf.extra = 0;
	if (config_svc(past(l), i)->extra)
		carry_extra(l, (uint32_t)(d - draft_at(l, 0)), config_svc(past(l), i)->extra - 1);
	d->kind = node->kind & (uint8_t)~KIND_REFUSED;
	d->delay_ms = node->delay_ms;
	d->on_ms = node->on_ms;
	d->off_ms = node->off_ms;
	d->carried = true;
}

static struct draft *carry_name(struct loader *l, uint32_t i)
{
	const struct conf_svc *conf = config_svc(past(l), i);
	uint32_t name = carry_strings(l, conf->name, 1);
	struct draft *d = vec_add(&l->drafts, sizeof *d);

	if (!d) {
		loader_fail(l, errno == EFBIG ? "more than 65536 services" : strerror(errno));
		return NULL;
	}
	memset(d, 0, sizeof *d);
	d->delay_ms = STOP_DELAY_MS;
	d->was = i + 1;
	d->conf = (struct conf_svc){.dev = conf->dev, .ino = conf->ino, .name = name};
	return d;
}

void carry_row(struct loader *l, uint32_t i)
{
	struct draft *d = carry_name(l, i);

	if (d && !(config_node(past(l), i)->kind & KIND_REFUSED))
		carry_definition(l, d, i);
}

void carry_conf(struct loader *l, struct config *head)
{
	const struct config *old = past(l);

	head->conf_root = carry_strings(l, old->conf_root, 1);
	head->sleep_before_kill_ms = old->sleep_before_kill_ms;
	head->hostname = old->hostname ? carry_strings(l, old->hostname, 1) : 0;
	head->watchdog_s = old->watchdog_s;
	head->watchdog = old->watchdog ? carry_strings(l, old->watchdog, 1) : 0;
	head->sysctl = carry_strings(l, old->sysctl, old->n_sysctl);
	head->n_sysctl = old->n_sysctl;
	head->last = old->last;
	head->panic = old->panic;
	carry_prog(l, &head->last);
	carry_prog(l, &head->panic);
}

/* ---- a reload ---- */

/* The service that has the name of row i now.  Behind a link that stands in its
 * place there is another one. */
static uint32_t find_again(struct loader *l, uint32_t i)
{
	const char *name = config_name(past(l), i), *why;
	uint32_t at = loader_resolve_name(l, name, &why);

	if (at == NO_SVC || strcmp(l->strings.at + draft_at(l, at)->conf.name, name) != 0)
		return NO_SVC;
	draft_at(l, at)->was = i + 1;
	return at;
}

static void keep_gone(struct loader *l, uint32_t i)
{
	uint32_t at = draft_count(l);
	struct draft *d = carry_name(l, i);

	if (!d)
		return;
	d->conf.dev = DEV_GONE;
	d->conf.ino = i;
	carry_definition(l, d, i);
	d->kept = true;
	loader_report(l, FINDING_WARNING, at, "", "is gone", "kept until it is stopped");
	d = draft_at(l, at);
	d->conf.refusal = loader_string(l, "its directory is gone", 21);
	l->rq->map[i] = at;
}

void carry_find(struct loader *l)
{
	const struct config *old = past(l);

	for (uint32_t i = 0; i < old->n && !l->failed; i++)
		l->rq->map[i] = find_again(l, i);
	for (uint32_t i = 0; i < old->n && !l->failed; i++)
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
		uint32_t *out = target == NO_SVC ? NULL : vec_add(to, sizeof *out);

		if (out)
			*out = target;
		else if (target != NO_SVC)
			loader_fail(l, strerror(errno));
	}
}

void carry_edges(struct loader *l, uint32_t i)
{
	struct graph g = config_graph(past(l));
	uint32_t was = draft_at(l, i)->was - 1;

	carry_list(l, &l->needs, g.need, g.need_at[was], g.need_at[was + 1]);
	carry_list(l, &l->wants, g.want, g.want_at[was], g.want_at[was + 1]);
}

/* ---- what runs is kept ---- */

static bool was_active(const struct loader *l, const struct draft *d)
{
	return d->was && engine_is_active(l->rq->engine, d->was - 1);
}

void carry_check(struct loader *l, uint32_t i)
{
	struct draft *d = draft_at(l, i);

	if (!(d->kind & KIND_REFUSED) || !was_active(l, d))
		return;
	l->needs.len = d->need_at * (size_t)4;
	l->wants.len = d->want_at * (size_t)4;
	carry_definition(l, d, d->was - 1);
	d->kept = true;
	carry_edges(l, i);
	loader_report(l, FINDING_WARNING, i, "", "is not down", "runs on as it was loaded before");
}

/* A stop would never end where two that run wait for each other. */
void carry_finish(struct loader *l)
{
	for (uint32_t i = 0; i < draft_count(l); i++) {
		struct draft *d = draft_at(l, i);

		if (d->kind & KIND_REFUSED && was_active(l, d))
			loader_fail(l, "a service that is not down would lie on a cycle of needs");
		if (d->kept)
			d->kind |= KIND_REFUSED;
	}
}
