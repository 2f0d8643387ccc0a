/* classes.c - edges, classes and counters: how services see each other.
 * Nothing here decides or changes a state. */
#include "src/engine/classes.h"

static struct edges edges_at(const struct engine *e, uint32_t array, uint32_t from, uint32_t to)
{
	const uint32_t *base = (const uint32_t *)((uintptr_t)e + array);

	return (struct edges){base + from, to - from};
}

struct edges needs_of(const struct engine *e, uint32_t i)
{
	const struct svc *s = engine_svc(e, i);

	return edges_at(e, e->need, s[0].need_at, s[1].need_at);
}

struct edges wants_of(const struct engine *e, uint32_t i)
{
	const struct svc *s = engine_svc(e, i);

	return edges_at(e, e->want, s[0].want_at, s[1].want_at);
}

struct edges dependents_of(const struct engine *e, uint32_t i)
{
	const struct svc *s = engine_svc(e, i);

	return edges_at(e, e->dependent, s[0].dependent_at, s[1].dependent_at);
}

struct edges wanters_of(const struct engine *e, uint32_t i)
{
	const struct svc *s = engine_svc(e, i);

	return edges_at(e, e->wanter, s[0].wanter_at, s[1].wanter_at);
}

void enqueue(struct engine *e, uint32_t i)
{
	struct svc *s = engine_svc(e, i);

	if (s->queued)
		return;
	s->queued = true;
	s->queue_next = NO_SVC;
	if (e->queue_head == NO_SVC)
		e->queue_head = i;
	else
		engine_svc(e, e->queue_tail)->queue_next = i;
	e->queue_tail = i;
}

uint32_t dequeue(struct engine *e)
{
	uint32_t i = e->queue_head;

	if (i != NO_SVC) {
		e->queue_head = engine_svc(e, i)->queue_next;
		engine_svc(e, i)->queued = false;
	}
	return i;
}

unsigned class_of(const struct svc_live *l)
{
	unsigned asked = !l->wish || l->restart ? CLASS_STOP_WANTED : 0;
	unsigned open = l->wish ? CLASS_OPEN : 0;

	switch ((enum svc_state)l->state) {
	case SVC_DOWN:
		return l->wish ? CLASS_OPEN | CLASS_UNSETTLED : CLASS_BAD;
	case SVC_WAITING:
		return open | CLASS_UNSETTLED;
	case SVC_STARTING:
	case SVC_LATE:
	case SVC_LATE_KILLED:
		return CLASS_ACTIVE | CLASS_UNSETTLED | open | asked;
	case SVC_UP:
		return CLASS_UP | CLASS_ACTIVE | asked;
	case SVC_HELD:
	case SVC_OFF:
	case SVC_OFF_KILLED:
	case SVC_STOPPING:
	case SVC_KILLING:
		return CLASS_LEAVING | CLASS_ACTIVE | CLASS_STOP_WANTED | CLASS_UNSETTLED | open;
	case SVC_BACKOFF:
		return CLASS_UNSETTLED;
	case SVC_BLOCKED:
	case SVC_FAILED:
	case SVC_REFUSED:
		return CLASS_BAD;
	case SVC_N_STATES:
		break;
	}
	return 0;
}

/* Counts one bit of a neighbour in or out. */
static void count(uint32_t *counter, unsigned changed, unsigned class, unsigned bit)
{
	if (!(changed & bit))
		return;
	if (class & bit)
		++*counter;
	else
		--*counter;
}

static void tell_dependents(struct engine *e, uint32_t i, unsigned changed, unsigned class)
{
	struct edges d = dependents_of(e, i);

	for (uint32_t k = 0; k < d.n; k++) {
		struct svc *s = engine_svc(e, d.at[k]);

		count(&s->needs_up, changed, class, CLASS_UP);
		count(&s->needs_bad, changed, class, CLASS_BAD);
		count(&s->needs_leaving, changed, class, CLASS_LEAVING);
		enqueue(e, d.at[k]);
	}
}

static void tell_wanters(struct engine *e, uint32_t i, unsigned changed, unsigned class)
{
	struct edges w = wanters_of(e, i);

	for (uint32_t k = 0; k < w.n; k++) {
		count(&engine_svc(e, w.at[k])->wants_open, changed, class, CLASS_OPEN);
		enqueue(e, w.at[k]);
	}
}

static void tell_needs(struct engine *e, uint32_t i, unsigned changed, unsigned class)
{
	struct edges n = needs_of(e, i);

	for (uint32_t k = 0; k < n.n; k++) {
		count(&engine_svc(e, n.at[k])->dependents_active, changed, class, CLASS_ACTIVE);
		enqueue(e, n.at[k]);
	}
}

static void tell_wants(struct engine *e, uint32_t i, unsigned changed, unsigned class)
{
	struct edges w = wants_of(e, i);

	for (uint32_t k = 0; k < w.n; k++) {
		if (w.at[k] & WANT_UNORDERED)
			continue;
		count(&engine_svc(e, w.at[k])->wanters_leaving, changed, class, CLASS_STOP_WANTED);
		enqueue(e, w.at[k]);
	}
}

void reclass(struct engine *e, uint32_t i)
{
	struct svc *s = engine_svc(e, i);
	unsigned class = class_of(&s->live);
	unsigned changed = class ^ s->class;

	s->class = (uint8_t)class;
	count(&e->n_active, changed, class, CLASS_ACTIVE);
	count(&e->n_unsettled, changed, class, CLASS_UNSETTLED);
	if (changed & (CLASS_UP | CLASS_BAD | CLASS_LEAVING))
		tell_dependents(e, i, changed, class);
	if (changed & CLASS_OPEN)
		tell_wanters(e, i, changed, class);
	if (changed & CLASS_ACTIVE)
		tell_needs(e, i, changed, class);
	if (changed & CLASS_STOP_WANTED)
		tell_wants(e, i, changed, class);
}

void reclass_all(struct engine *e)
{
	e->n_active = e->n_unsettled = 0;
	for (uint32_t i = 0; i < e->n; i++) {
		struct svc *s = engine_svc(e, i);

		s->class = 0;
		s->needs_up = s->needs_bad = s->needs_leaving = s->wants_open = 0;
		s->dependents_active = s->wanters_leaving = 0;
	}
	for (uint32_t i = 0; i < e->n; i++)
		reclass(e, i);
}

void set_wish(struct engine *e, uint32_t i, bool wish)
{
	struct svc *s = engine_svc(e, i);

	s->live.wish = wish;
	if (!wish)
		s->live.restart = s->live.retry_asked = false;
	e->waiters_dirty = true; /* some await the opposite */
	e->waiter_next = 0;
	reclass(e, i);
	enqueue(e, i);
}

/* Walks: breadth first over the scratch array, which holds every service once. */
struct walk {
	struct engine *e;
	uint32_t *found;
	uint32_t n;
};

static struct walk walk_from(struct engine *e, uint32_t i)
{
	struct walk w = {e, (uint32_t *)((uintptr_t)e + e->scratch), 1};

	w.found[0] = i;
	engine_svc(e, i)->mark = true;
	return w;
}

static void walk_edges(struct walk *w, struct edges edges)
{
	for (uint32_t k = 0; k < edges.n; k++) {
		uint32_t to = edges.at[k] & ~WANT_UNORDERED;
		struct svc *s = engine_svc(w->e, to);

		if (s->mark)
			continue;
		s->mark = true;
		w->found[w->n++] = to;
	}
}

static void walk_end(struct walk *w)
{
	for (uint32_t k = 0; k < w->n; k++)
		engine_svc(w->e, w->found[k])->mark = false;
}

static void try_again(struct engine *e, uint32_t i)
{
	struct svc_live *l = &engine_svc(e, i)->live;

	l->crashes = 0;
	l->retry_asked = l->state == SVC_FAILED || l->state == SVC_BACKOFF;
	set_wish(e, i, true);
}

void wish_up_closure(struct engine *e, uint32_t i)
{
	struct walk w = walk_from(e, i);

	for (uint32_t k = 0; k < w.n; k++) {
		walk_edges(&w, needs_of(e, w.found[k]));
		walk_edges(&w, wants_of(e, w.found[k]));
		try_again(e, w.found[k]);
	}
	walk_end(&w);
}

void wish_down_closure(struct engine *e, uint32_t i)
{
	struct walk w = walk_from(e, i);

	for (uint32_t k = 0; k < w.n; k++) {
		walk_edges(&w, dependents_of(e, w.found[k]));
		set_wish(e, w.found[k], false);
	}
	walk_end(&w);
}

void engine_dependents(struct engine *e, uint32_t svc,
                       void (*visit)(void *arg, uint32_t svc), void *arg)
{
	struct walk w = walk_from(e, svc);

	for (uint32_t k = 0; k < w.n; k++) {
		const struct svc_live *l = &engine_svc(e, w.found[k])->live;

		walk_edges(&w, dependents_of(e, w.found[k]));
		if (k > 0 && (l->wish || l->state != SVC_DOWN))
			visit(arg, w.found[k]);
	}
	walk_end(&w);
}
