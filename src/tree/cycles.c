/* cycles.c - finds cycles, without recursion: a tree may hold a chain of any
 * length and the stack may be small.
 *
 * Strongly connected components after R. Tarjan, "Depth-first search and
 * linear graph algorithms" (1972), with the call stack kept in an array.
 */
#include <errno.h>
#include <string.h>

#include "src/tree/loader.h"

struct frame {
	uint32_t node;
	uint32_t next; /* its next edge to look at: needs first, then wants */
};

struct scc {
	const struct loader *l;
	bool wants;         /* follow wants too */
	uint32_t *order;    /* when a node was first met, from 1; 0: not yet */
	uint32_t *low;
	uint32_t *component; /* 0: none yet */
	uint32_t *stack;
	struct frame *frames;
	uint32_t n_order, n_stack, n_frames, n_components;
};

static uint32_t need_end(const struct loader *l, uint32_t i)
{
	return i + 1 < draft_count(l) ? draft_at(l, i + 1)->need_at : (uint32_t)(l->needs.len / 4);
}

static uint32_t want_end(const struct loader *l, uint32_t i)
{
	return i + 1 < draft_count(l) ? draft_at(l, i + 1)->want_at : (uint32_t)(l->wants.len / 4);
}

static const uint32_t *need_edges(const struct loader *l)
{
	return (const uint32_t *)(const void *)l->needs.at;
}

static uint32_t *want_edges(const struct loader *l)
{
	return (uint32_t *)(void *)l->wants.at;
}

static void meet(struct scc *s, uint32_t node)
{
	s->order[node] = s->low[node] = ++s->n_order;
	s->stack[s->n_stack++] = node;
	s->frames[s->n_frames++] = (struct frame){node, 0};
}

/* The target of the frame's next edge, or NO_SVC behind the last. */
static uint32_t next_edge(const struct scc *s, struct frame *f)
{
	const struct draft *d = draft_at(s->l, f->node);
	uint32_t needs = need_end(s->l, f->node) - d->need_at;
	uint32_t wants = s->wants ? want_end(s->l, f->node) - d->want_at : 0;
	uint32_t k = f->next++;

	if (k < needs)
		return need_edges(s->l)[d->need_at + k];
	return k - needs < wants ? want_edges(s->l)[d->want_at + k - needs] : NO_SVC;
}

static void leave(struct scc *s, uint32_t node)
{
	uint32_t member;

	if (--s->n_frames) {
		uint32_t parent = s->frames[s->n_frames - 1].node;

		if (s->low[node] < s->low[parent])
			s->low[parent] = s->low[node];
	}
	if (s->low[node] != s->order[node])
		return;
	s->n_components++;
	do {
		member = s->stack[--s->n_stack];
		s->component[member] = s->n_components;
	} while (member != node);
}

static void visit_from(struct scc *s, uint32_t root)
{
	meet(s, root);
	while (s->n_frames) {
		struct frame *f = &s->frames[s->n_frames - 1];
		uint32_t node = f->node, to = next_edge(s, f);

		if (to == NO_SVC)
			leave(s, node);
		else if (!s->order[to])
			meet(s, to);
		else if (!s->component[to] && s->order[to] < s->low[node])
			s->low[node] = s->order[to];
	}
}

static void find_components(struct scc *s)
{
	uint32_t n = draft_count(s->l);

	memset(s->order, 0, n * sizeof *s->order);
	memset(s->component, 0, n * sizeof *s->component);
	s->n_order = s->n_stack = s->n_frames = s->n_components = 0;
	for (uint32_t i = 0; i < n; i++)
		if (!s->order[i])
			visit_from(s, i);
}

static void free_wants(struct loader *l, const struct scc *s)
{
	for (uint32_t i = 0; i < draft_count(l); i++)
		for (uint32_t k = draft_at(l, i)->want_at; k < want_end(l, i); k++) {
			uint32_t *to = &want_edges(l)[k];

			if (s->component[i] != s->component[*to])
				continue;
			loader_report(l, FINDING_WARNING, i, "wants", loader_name(l, *to),
			              "lies on a cycle: it is started too, but nobody waits for it");
			*to |= WANT_UNORDERED;
		}
}

/* The first need of i within its own component, or NO_SVC. */
static uint32_t next_member(const struct scc *s, uint32_t i)
{
	for (uint32_t k = draft_at(s->l, i)->need_at; k < need_end(s->l, i); k++)
		if (s->component[need_edges(s->l)[k]] == s->component[i])
			return need_edges(s->l)[k];
	return NO_SVC;
}

/* Following next_member() from i must come back to where it was: the first
 * that is met twice is surely on a cycle itself.  `met` is clear for the whole
 * component before. */
static uint32_t onto_cycle(const struct scc *s, uint32_t *met, uint32_t i)
{
	while (!met[i]) {
		met[i] = 1;
		i = next_member(s, i);
	}
	return i;
}

/* The cycle of needs on which `from` lies: "a -> b -> a". */
static void print_cycle(struct text *t, const struct scc *s, uint32_t from)
{
	const struct loader *l = s->l;
	uint32_t i = from;

	do {
		text_str(t, loader_name(l, i));
		text_str(t, " -> ");
		i = next_member(s, i);
	} while (i != from && !t->cut);
	text_str(t, loader_name(l, i));
}

static void refuse_member(struct loader *l, const struct scc *s, uint32_t i)
{
	char why[300];
	struct text t;

	text_init(&t, why, sizeof why);
	text_str(&t, "needs ");
	text_str(&t, loader_name(l, next_member(s, i)));
	loader_refuse(l, i, "", "member of a cycle of needs", why);
}

static void report_cycle(struct loader *l, const struct scc *s, uint32_t i)
{
	static const char more[] = " ...";
	char chain[2048];
	struct text t, end;

	text_init(&t, chain, sizeof chain - sizeof more);
	print_cycle(&t, s, i);
	text_init(&end, chain + t.len, sizeof more);
	text_str(&end, t.cut ? more : "");
	loader_report(l, FINDING_ERROR, i, "", "cycle of needs", chain);
}

static void refuse_cycles(struct loader *l, const struct scc *s)
{
	size_t n = draft_count(l);
	bool *said = memset(s->order, 0, n); /* by component; order is done with */
	uint32_t *met = memset(s->low, 0, n * sizeof *met); /* low as well */

	for (uint32_t i = 0; i < n; i++) {
		if (next_member(s, i) == NO_SVC)
			continue;
		if (!said[s->component[i] - 1]) {
			said[s->component[i] - 1] = true;
			report_cycle(l, s, onto_cycle(s, met, i));
		}
		refuse_member(l, s, i);
	}
}

void loader_break_cycles(struct loader *l)
{
	struct vec memory = {.max = SIZE_MAX / 2};
	size_t n = draft_count(l);
	struct scc s = {.l = l, .wants = true};
	uint32_t *at = vec_add(&memory, n * (4 * sizeof *at + sizeof(struct frame)));

	if (!at) {
		loader_fail(l, strerror(errno));
		return;
	}
	s.order = at;
	s.low = at + n;
	s.component = at + 2 * n;
	s.stack = at + 3 * n;
	s.frames = (struct frame *)(void *)(at + 4 * n);
	find_components(&s);
	free_wants(l, &s);
	s.wants = false;
	find_components(&s);
	refuse_cycles(l, &s);
	vec_free(&memory);
}
