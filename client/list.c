/* list.c - pages of a list. */
#include "client/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TRIES 5 /* at a picture without a change in between */

struct pages {
	struct ipc_item *items;
	size_t n, room;
	uint32_t generation;
	bool changed;
};

static enum code keep(struct pages *p, const struct ipc_item *item)
{
	if (p->n == p->room) {
		size_t room = p->room ? 2 * p->room : 64;
		struct ipc_item *more = realloc(p->items, room * sizeof *more);

		if (!more) {
			complain("list", "", strerror(errno));
			return CODE_FAILED;
		}
		p->items = more;
		p->room = room;
	}
	p->items[p->n++] = *item;
	return CODE_DONE;
}

/* Takes one page in; *done when it was the last. */
static enum code take_page(struct pages *p, const struct ipc_record *a, bool *done)
{
	struct ipc_item item;
	size_t cursor = 0, before = p->n;

	p->changed |= before > 0 && a->generation != p->generation;
	p->generation = a->generation;
	while (record_get_item(a, &cursor, &item))
		if (keep(p, &item) != CODE_DONE)
			return CODE_FAILED;
	*done = p->n >= a->total || p->n == before;
	return CODE_DONE;
}

static enum code pull_once(enum verb verb, const char *name, struct pages *p)
{
	bool done = false;

	p->n = 0;
	p->changed = false;
	while (!done) {
		struct ipc_record request = ask_request(verb, name), answer;
		enum code code;

		request.from = (uint32_t)p->n;
		code = ask(&request, &answer);
		if (code == CODE_DONE && answer.result != RES_DONE) {
			if (!name) /* what is wrong with a name is said when it is acted on */
				complain("", "", result_word(answer.result));
			code = worse(code_of(&answer), CODE_FAILED);
		}
		if (code == CODE_DONE)
			code = take_page(p, &answer, &done);
		if (code != CODE_DONE)
			return code;
	}
	return CODE_DONE;
}

enum code list_pull(enum verb verb, const char *name, struct ipc_item **items, size_t *n)
{
	struct pages p = {.items = NULL};
	enum code code = CODE_DONE;

	if (verb == VERB_LIST && ask_all_published(items, n) == 0)
		return CODE_DONE;
	for (int i = 0; i < TRIES && code == CODE_DONE; i++) {
		code = pull_once(verb, name, &p);
		if (!p.changed)
			break;
	}
	*items = p.items;
	*n = p.n;
	if (code == CODE_DONE)
		return CODE_DONE;
	free(p.items);
	*items = NULL;
	return code;
}
