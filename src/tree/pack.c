/* pack.c - puts what was read into one block: head, services, their
 * extras, strings, engine. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/tree/loader.h"

/* The graph that the engine is built from, in memory of its own. */
struct plan {
	struct vec memory;
	struct graph graph;
};

static int plan_graph(struct loader *l, struct plan *p)
{
	uint32_t n = draft_count(l);
	struct graph_node *node;
	uint32_t *need_at, *want_at;
	char *at;

	p->memory = (struct vec){.max = SIZE_MAX / 2};
	at = vec_add(&p->memory, n * sizeof *node + 2 * (n + (size_t)1) * sizeof *need_at);
	if (!at)
		return -1;
	node = (struct graph_node *)(void *)at;
	need_at = (uint32_t *)(void *)(node + n);
	want_at = need_at + n + 1;
	for (uint32_t i = 0; i < n; i++) {
		const struct draft *d = draft_at(l, i);

		node[i] = (struct graph_node){.delay_ms = d->delay_ms, .on_ms = d->on_ms,
		                              .off_ms = d->off_ms, .kind = d->kind};
		need_at[i] = d->need_at;
		want_at[i] = d->want_at;
	}
	need_at[n] = (uint32_t)(l->needs.len / 4);
	want_at[n] = (uint32_t)(l->wants.len / 4);
	p->graph = (struct graph){
		.n = n, .node = node, .need_at = need_at, .want_at = want_at,
		.need = (const uint32_t *)(const void *)l->needs.at,
		.want = (const uint32_t *)(const void *)l->wants.at,
	};
	return 0;
}

static void count_words(struct config *c, const struct conf_prog *p)
{
	if (p->n_params > c->words_max)
		c->words_max = p->n_params;
	if (p->n_env > c->words_max)
		c->words_max = p->n_env;
}

/* In the order of services; what was read for a definition that was given up is left out. */
static void fill_extras(struct config *c, const struct loader *l)
{
	const struct conf_extra *from = (const struct conf_extra *)(const void *)l->extras.at;
	struct conf_extra *to = (struct conf_extra *)((uintptr_t)c + c->extras);
	struct conf_svc *svc = (struct conf_svc *)((uintptr_t)c + c->svcs);
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		if (!svc[i].extra)
			continue;
		to[n] = from[svc[i].extra - 1];
		to[n].svc = i;
		svc[i].extra = ++n;
	}
}

static uint32_t count_extras(const struct loader *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < draft_count(l); i++)
		n += draft_at(l, i)->conf.extra != 0;
	return n;
}

static void fill(struct config *c, struct loader *l, const struct graph *g)
{
	struct conf_svc *svc = (struct conf_svc *)((uintptr_t)c + c->svcs);

	memcpy((char *)c + c->strings, l->strings.at, l->strings.len);
	for (uint32_t i = 0; i < c->n; i++) {
		svc[i] = draft_at(l, i)->conf;
		count_words(c, &svc[i].on);
		count_words(c, &svc[i].off);
	}
	fill_extras(c, l);
	count_words(c, &c->last);
	count_words(c, &c->panic);
	engine_build(config_engine(c), g);
}

static struct config *pack(struct loader *l, struct config *head, const struct graph *g)
{
	size_t engine = engine_size(g);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t at = (sizeof *head + 7) & ~(size_t)7;
	struct config *c;

	head->n = g->n;
	head->svcs = (uint32_t)at;
	at += g->n * (uint64_t)sizeof(struct conf_svc);
	head->extras = (uint32_t)at;
	head->n_extras = count_extras(l);
	at += head->n_extras * (uint64_t)sizeof(struct conf_extra);
	head->strings = (uint32_t)at;
	head->strings_len = (uint32_t)l->strings.len;
	at = (at + l->strings.len + 7) & ~(uint64_t)7;
	head->engine = (uint32_t)at;
	at += engine;
	head->size = (size_t)((at + page - 1) / page * page);
	if (engine == 0 || at > UINT32_MAX) {
		loader_fail(l, "too large");
		return NULL;
	}
	c = mmap(NULL, head->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED) {
		loader_fail(l, strerror(errno));
		return NULL;
	}
	*c = *head;
	fill(c, l, g);
	return c;
}

struct config *loader_pack(struct loader *l, struct config *head)
{
	struct plan p;
	struct config *c = NULL;

	if (plan_graph(l, &p) == 0)
		c = pack(l, head, &p.graph);
	else
		loader_fail(l, strerror(errno));
	vec_free(&p.memory);
	return c;
}

void config_free(struct config *c)
{
	if (c)
		munmap(c, c->size);
}

uint32_t config_find(const struct config *c, const char *name, size_t n)
{
	for (uint32_t i = 0; i < c->n; i++) {
		const char *s = config_name(c, i);

		if (strncmp(s, name, n) == 0 && s[n] == '\0')
			return i;
	}
	return NO_SVC;
}
