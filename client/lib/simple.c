/* simple.c - calls that ask and wait, and lists.
 *
 * Made of requests that any caller could make as well.  The arrays of lists are
 * allocated, and the caller's to free. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"

#define TRIES 5 /* at a picture without a change in between */

/* What a result means to whoever wanted a yes, with its text. */
static enum cinit_error judge(struct handle *h, const struct cinit_answer *a, const char *name)
{
	if (a->result == CINIT_RESULT_DONE || a->result == CINIT_RESULT_ACCEPTED)
		return CINIT_OK;
	h->failed = true;
	cinit_answer_text(a, name, CINIT_UTF8, problem_of(h), PROBLEM_CAP);
	switch (a->result) {
	case CINIT_RESULT_DENIED: return CINIT_DENIED;
	case CINIT_RESULT_NO_SERVICE:
	case CINIT_RESULT_BAD_NAME: return CINIT_NO_SERVICE;
	case CINIT_RESULT_STILL_WAITING:
	case CINIT_RESULT_EXPIRED: return CINIT_TIMEOUT;
	default: return CINIT_REFUSED;
	}
}

enum cinit_error handle_ask(struct cinit *c, const struct cinit_request *q, struct cinit_answer *a)
{
	enum cinit_error error = cinit_call(c, q, a);

	return error == CINIT_OK ? judge(handle_of(c), a, q->name) : error;
}

enum cinit_error cinit_status(struct cinit *c, const char *name, struct cinit_item *item)
{
	const struct cinit_request q = {.verb = CINIT_STATUS, .name = name};
	struct cinit_answer a;
	enum cinit_error error;

	if (name && cinit_peek(c, name, item))
		return CINIT_OK;
	error = handle_ask(c, &q, &a);
	if (error == CINIT_OK && !cinit_next_item(&a, item))
		return handle_fail(handle_of(c), CINIT_SYSTEM, "an answer without its item", 0);
	return error;
}

enum cinit_error cinit_command(struct cinit *c, enum cinit_verb verb, const char *name,
                               unsigned flags, int64_t limit_ms)
{
	const struct cinit_request q = {
		.verb = verb, .name = name, .flags = flags, .limit_ms = limit_ms,
	};
	struct cinit_answer a;

	return handle_ask(c, &q, &a);
}

enum cinit_error cinit_await(struct cinit *c, const char *name, enum cinit_goal goal,
                             int64_t limit_ms)
{
	const struct cinit_request q = {
		.verb = CINIT_WAIT, .name = name, .goal = goal, .limit_ms = limit_ms,
	};
	struct cinit_answer a;

	return handle_ask(c, &q, &a);
}

/* ---- lists ---- */

struct pages {
	struct cinit_item *items;
	size_t n, room;
	uint32_t generation;
	bool changed;
};

static enum cinit_error keep(struct handle *h, struct pages *p, const struct cinit_item *item)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct cinit_item *more = realloc(p->items, room * sizeof *more);

		if (!more)
			return handle_fail(h, CINIT_MEMORY, "list", errno);
		p->items = more;
		p->room = room;
	}
	p->items[p->n++] = *item;
	return CINIT_OK;
}

/* Takes one page in; *done when it was the last. */
static enum cinit_error take_page(struct handle *h, struct pages *p, struct cinit_answer *a, bool *done)
{
	enum cinit_error error = CINIT_OK;
	struct cinit_item item;
	size_t before = p->n;

	p->changed |= before > 0 && a->generation != p->generation;
	p->generation = a->generation;
	while (error == CINIT_OK && cinit_next_item(a, &item))
		error = keep(h, p, &item);
	*done = p->n >= a->total || p->n == before;
	return error;
}

static enum cinit_error pull_once(struct cinit *c, struct cinit_request *q, struct pages *p)
{
	enum cinit_error error = CINIT_OK;
	struct cinit_answer a;
	bool done = false;

	p->n = 0;
	p->changed = false;
	while (error == CINIT_OK && !done) {
		q->from = (uint32_t)p->n;
		error = handle_ask(c, q, &a);
		if (error == CINIT_OK)
			error = take_page(handle_of(c), p, &a, &done);
	}
	return error;
}

/* Begun anew when it changed between two pages, and given as it is when it keeps
 * changing. */
static enum cinit_error pull(struct cinit *c, struct cinit_request *q, struct cinit_item **items,
                             size_t *n)
{
	enum cinit_error error = CINIT_OK;
	struct pages p = {.items = NULL};

	for (int i = 0; i < TRIES && error == CINIT_OK; i++) {
		error = pull_once(c, q, &p);
		if (!p.changed)
			break;
	}
	if (error != CINIT_OK) {
		free(p.items);
		return error;
	}
	*items = p.items;
	*n = p.n;
	return CINIT_OK;
}

/* What the method makes of them becomes what callers see, in its place. */
static struct cinit_item *in_place(struct ipc_item *items, size_t n)
{
	char *at = (char *)items;

	static_assert(sizeof(struct cinit_item) <= sizeof(struct ipc_item), "none is overwritten");
	for (size_t i = 0; i < n; i++) {
		struct ipc_item item = items[i];
		struct cinit_item seen;

		item_public(&seen, &item);
		memcpy(at + i * sizeof seen, &seen, sizeof seen);
	}
	return (struct cinit_item *)(void *)at;
}

enum cinit_error cinit_list(struct cinit *c, struct cinit_item **items, size_t *n)
{
	struct cinit_request q = {.verb = CINIT_LIST};
	struct handle *h = handle_of(c);
	struct ipc_item *published;

	*items = NULL;
	*n = 0;
	if (!h->connected || ipc_board_items(h->client, &published, n) < 0)
		return pull(c, &q, items, n);
	*items = in_place(published, *n);
	return CINIT_OK;
}

enum cinit_error cinit_dependents(struct cinit *c, const char *name, struct cinit_item **items,
                                  size_t *n)
{
	struct cinit_request q = {.verb = CINIT_DEPENDENTS, .name = name};

	*items = NULL;
	*n = 0;
	return pull(c, &q, items, n);
}
