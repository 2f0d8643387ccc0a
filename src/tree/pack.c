/* pack.c - puts what was read into one block: head, services, the graph between
 * them, their extras, strings. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/tree/loader.h"

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

static void fill_graph(struct config *c, const struct loader *l)
{
	struct graph_node *node = (struct graph_node *)((uintptr_t)c + c->nodes);
	uint32_t *need_at = (uint32_t *)((uintptr_t)c + c->need_at);
	uint32_t *want_at = (uint32_t *)((uintptr_t)c + c->want_at);

	for (uint32_t i = 0; i < c->n; i++) {
		const struct draft *d = draft_at(l, i);

		node[i] = (struct graph_node){.delay_ms = d->delay_ms, .on_ms = d->on_ms,
		                              .off_ms = d->off_ms, .kind = d->kind};
		need_at[i] = d->need_at;
		want_at[i] = d->want_at;
	}
	need_at[c->n] = (uint32_t)(l->needs.len / 4);
	want_at[c->n] = (uint32_t)(l->wants.len / 4);
	if (l->needs.len)
		memcpy((char *)c + c->need, l->needs.at, l->needs.len);
	if (l->wants.len)
		memcpy((char *)c + c->want, l->wants.at, l->wants.len);
}

static void fill(struct config *c, struct loader *l)
{
	struct conf_svc *svc = (struct conf_svc *)((uintptr_t)c + c->svcs);

	memcpy((char *)c + c->strings, l->strings.at, l->strings.len);
	for (uint32_t i = 0; i < c->n; i++) {
		svc[i] = draft_at(l, i)->conf;
		count_words(c, &svc[i].on);
		count_words(c, &svc[i].off);
	}
	fill_graph(c, l);
	fill_extras(c, l);
	count_words(c, &c->last);
	count_words(c, &c->panic);
}

/* Hands out room in the block; what follows is aligned. */
static uint32_t room(uint64_t *at, uint64_t bytes)
{
	uint64_t from = *at;

	*at += (bytes + 7) & ~(uint64_t)7;
	return (uint32_t)from; /* of a block that fits: that is looked at when all is laid out */
}

static uint64_t lay_out(struct config *head, const struct loader *l)
{
	uint64_t at = 0, n = draft_count(l);

	room(&at, sizeof *head);
	head->n = (uint32_t)n;
	head->n_extras = count_extras(l);
	head->strings_len = (uint32_t)l->strings.len;
	head->svcs = room(&at, n * sizeof(struct conf_svc));
	head->nodes = room(&at, n * sizeof(struct graph_node));
	head->need_at = room(&at, (n + 1) * 4);
	head->want_at = room(&at, (n + 1) * 4);
	head->need = room(&at, l->needs.len);
	head->want = room(&at, l->wants.len);
	head->extras = room(&at, head->n_extras * (uint64_t)sizeof(struct conf_extra));
	head->strings = room(&at, l->strings.len);
	return at;
}

struct config *loader_pack(struct loader *l, struct config *head)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), bytes = lay_out(head, l);
	struct config *c;

	head->size = (size_t)((bytes + page - 1) / page * page);
	if (bytes > UINT32_MAX) {
		loader_fail(l, "too large");
		return NULL;
	}
	c = mmap(NULL, head->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c == MAP_FAILED) {
		loader_fail(l, strerror(errno));
		return NULL;
	}
	*c = *head;
	fill(c, l);
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
