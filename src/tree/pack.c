/* pack.c - puts what was read into one block: head, services, the graph between
 * them, value rows, numbers, strings. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "src/limits.h"
#include "src/tree/facts.h"
#include "src/tree/loader.h"

#define ROWS_MAX 0x7fffffff /* the bits of conf_svc.value_at */
static_assert(((uint64_t)CONFIG_SERVICES_MAX + 1) * ENTRY_N <= ROWS_MAX, "a service knows its first row");

static uint32_t values_end(const struct loader *l, uint32_t i)
{
	return i + 1 < draft_count(l) ? draft_at(l, i + 1)->value_at : values_count(&l->values);
}

static struct graph_node node_of(const struct loader *l, uint32_t i)
{
	uint32_t at = draft_at(l, i)->value_at;
	struct graph_node node = facts_of(values_row(&l->values, at), values_end(l, i) - at);

	node.kind |= draft_at(l, i)->refused ? KIND_REFUSED : 0;
	return node;
}

/* The numbers of `essential` are its kind, then pairs of codes. */
static uint32_t n_codes(const struct value *v)
{
	return v->entry == ENTRY_ESSENTIAL && v->n ? ((uint32_t)v->n - 1) / 2 : 0;
}

static uint32_t count_codes(const struct loader *l)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < values_count(&l->values); i++)
		n += n_codes(values_row(&l->values, i));
	return n;
}

/* Which services are essential, and their codes. */
static void fill_essential(struct config *c, struct graph_node *node)
{
	struct graph_code *to = (struct graph_code *)((uintptr_t)c + c->codes);

	for (uint32_t i = 0; i < c->n; i++) {
		const struct value *v = config_value(c, i, ENTRY_ESSENTIAL);
		const uint64_t *number;

		if (!v || !v->n)
			continue;
		number = config_numbers(c, v);
		node[i].essential = (uint8_t)*number++;
		for (uint32_t k = 0; k < n_codes(v); k++, number += 2)
			*to++ = (struct graph_code){i, (uint8_t)number[0], (uint8_t)number[1]};
	}
}

static void fill_graph(struct config *c, const struct loader *l)
{
	struct graph_node *node = (struct graph_node *)((uintptr_t)c + c->nodes);
	uint32_t *need_at = (uint32_t *)((uintptr_t)c + c->need_at);
	uint32_t *want_at = (uint32_t *)((uintptr_t)c + c->want_at);

	for (uint32_t i = 0; i < c->n; i++) {
		const struct draft *d = draft_at(l, i);

		node[i] = node_of(l, i);
		need_at[i] = d->need_at;
		want_at[i] = d->want_at;
	}
	need_at[c->n] = (uint32_t)(l->needs.len / 4);
	want_at[c->n] = (uint32_t)(l->wants.len / 4);
	if (l->needs.len)
		memcpy((char *)c + c->need, l->needs.at, l->needs.len);
	if (l->wants.len)
		memcpy((char *)c + c->want, l->wants.at, l->wants.len);
	fill_essential(c, node);
}

/* Arguments and lines of environment are all that there may be many of. */
static void count_words(struct config *c, const struct value *v)
{
	if (entries[v->entry].holds == HOLDS_STRINGS && v->n > c->words_max)
		c->words_max = v->n;
}

/* Rows of services first, then those of conf/, which were read before; and their numbers. */
static void fill_values(struct config *c, const struct loader *l)
{
	struct value *to = (struct value *)((uintptr_t)c + c->values);
	uint32_t n_services = c->n_values - l->n_conf;

	if (!c->n_values)
		return;
	memcpy(to, values_row(&l->values, l->n_conf), n_services * sizeof *to);
	memcpy(to + n_services, values_row(&l->values, 0), l->n_conf * sizeof *to);
	for (uint32_t i = 0; i < c->n_values; i++)
		count_words(c, &to[i]);
	if (l->values.numbers.len)
		memcpy((char *)c + c->numbers, l->values.numbers.at, l->values.numbers.len);
}

static void fill_names(struct config *c)
{
	uint32_t *slot = (uint32_t *)((uintptr_t)c + c->names);

	for (uint32_t i = 0; i < c->n; i++) {
		const char *name = config_name(c, i);
		uint32_t at = config_name_slot(name, strlen(name), c->n_names);

		while (slot[at])
			at = (at + 1) & (c->n_names - 1);
		slot[at] = i + 1;
	}
}

static void fill(struct config *c, struct loader *l)
{
	struct conf_svc *svc = (struct conf_svc *)((uintptr_t)c + c->svcs);

	for (uint32_t i = 0; i < c->n; i++) {
		svc[i] = draft_at(l, i)->conf;
		svc[i].value_at = (draft_at(l, i)->value_at - l->n_conf) & ROWS_MAX;
		svc[i].refusal += svc[i].refusal ? (uint32_t)l->values.strings.len : 0;
		svc[i].kept = draft_at(l, i)->kept;
	}
	svc[c->n].value_at = (c->n_values - l->n_conf) & ROWS_MAX;
	fill_values(c, l);
	fill_graph(c, l); /* looks at the values */
	memcpy((char *)c + c->strings, l->values.strings.at, l->values.strings.len);
	memcpy((char *)c + c->strings + l->values.strings.len, l->refusals.at, l->refusals.len);
	fill_names(c);
}

/* Hands out room in the block; what follows is aligned. */
static uint32_t room(uint64_t *at, uint64_t bytes)
{
	uint64_t from = *at;

	*at += (bytes + 7) & ~(uint64_t)7;
	return (uint32_t)from; /* of a block that fits: that is looked at when all is laid out */
}

/* At least twice as many slots as services, so that a search always ends, and soon. */
static uint32_t slots_for(uint64_t n)
{
	uint32_t slots = 8;

	while (slots < 2 * n)
		slots *= 2;
	return slots;
}

static uint64_t lay_out(struct config *head, const struct loader *l)
{
	uint64_t at = 0, n = draft_count(l);

	room(&at, sizeof *head);
	head->n = (uint32_t)n;
	head->n_values = values_count(&l->values);
	head->n_codes = count_codes(l);
	head->strings_len = (uint32_t)(l->values.strings.len + l->refusals.len);
	head->svcs = room(&at, (n + 1) * sizeof(struct conf_svc));
	head->n_names = slots_for(n);
	head->names = room(&at, head->n_names * (uint64_t)4);
	head->nodes = room(&at, n * sizeof(struct graph_node));
	head->need_at = room(&at, (n + 1) * 4);
	head->want_at = room(&at, (n + 1) * 4);
	head->need = room(&at, l->needs.len);
	head->want = room(&at, l->wants.len);
	head->codes = room(&at, head->n_codes * (uint64_t)sizeof(struct graph_code));
	head->values = room(&at, l->values.rows.len);
	head->numbers = room(&at, l->values.numbers.len);
	head->strings = room(&at, l->values.strings.len + l->refusals.len);
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
