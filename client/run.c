/* run.c - sends the requests of one command line, one for each name, and makes
 * of the answers what a person or a program wants to see. */
#include "client/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/list.h"
#include "client/show.h"

#define AT_ONCE 64        /* requests under way */
#define FEW 4             /* names for which nothing is allocated: most calls */
#define SAY_AFTER_MS 5000 /* until what is awaited is said */

/* One name and what became of it. */
struct asked {
	const char *name;
	uint64_t id;          /* of the request under way; 0: answered or not sent */
	enum code code;
	unsigned result;
	struct ipc_item *item; /* name_len 0: none came */
};

static bool want_colour(void)
{
	const char *no = getenv("NO_COLOR");

	return isatty(1) && !(no && *no);
}

/* ---- output ---- */

/* Its name; `wait settled` may have none. */
static void put_asked(struct text *t, const struct asked *a)
{
	if (a->name)
		text_name(t, a->name, strlen(a->name), ask_utf8);
	else
		text_str(t, "wait");
}

static void say_not_done(const struct asked *a)
{
	char line[1200];
	struct text t;

	text_init(&t, line, sizeof line);
	if (a->result == RES_STILL_WAITING)
		text_str(&t, "still waiting: ");
	if ((a->result == RES_NO || a->result == RES_STILL_WAITING) && a->item->name_len) {
		show_line(&t, a->item);
	} else if (a->result == RES_STILL_WAITING) {
		text_str(&t, "not settled");
	} else {
		put_asked(&t, a);
		text_str(&t, ": ");
		text_str(&t, result_word(a->result));
	}
	complain_line(line);
}

/* Prints the items that came; moves them together first. */
static void print_items(const struct run *r, const struct asked *asked, struct ipc_item *items,
                        unsigned *results)
{
	static char buf[4096];
	struct text out;
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++)
		if (items[i].name_len) {
			results[kept] = asked[i].result;
			items[kept++] = items[i];
		}
	text_init_fd(&out, buf, sizeof buf, 1);
	if (r->json)
		show_json(&out, items, r->verb == VERB_STATUS ? NULL : results, kept);
	else if (kept)
		show_table(&out, items, kept, want_colour());
	if (text_flush(&out) < 0)
		complain("output", "", strerror(errno));
}

/* ---- requests ---- */

static enum code send_one(const struct run *r, struct asked *a)
{
	struct ipc_record q = ask_request(r->verb, a->name);

	q.goal = (uint16_t)(r->verb == VERB_WAIT ? r->goal : GOAL_NOW);
	if (r->only)
		q.flags |= IPC_ONLY;
	if (r->no_wait)
		q.flags |= IPC_NO_WAIT;
	if (r->verb == VERB_STATUS && r->n == 1)
		q.flags |= IPC_LAST;
	if (r->limited)
		q.answer_by_ms = record_now_ms() + (r->limit_ms ? r->limit_ms : 1);
	a->id = q.id;
	return ask_send(&q);
}

/* What is published need not be asked for. */
static bool take_published(const struct run *r, struct asked *a)
{
	if (r->verb != VERB_STATUS || ask_published(a->name, a->item) < 0)
		return false;
	a->result = RES_DONE;
	a->code = a->item->state == SVC_UP ? CODE_DONE : CODE_NOT_UP;
	return true;
}

/* The supervisor names the service that is in the way as a second item. */
static bool say_other(const struct asked *a, const struct ipc_record *answer, size_t cursor)
{
	struct ipc_item other;
	char line[700];
	struct text t;

	if (answer->result != RES_NEED_NOT_UP && answer->result != RES_DEPENDENT_UP)
		return false;
	if (!record_get_item(answer, &cursor, &other))
		return false;
	text_init(&t, line, sizeof line);
	put_asked(&t, a);
	text_str(&t, ": ");
	text_str(&t, result_word(answer->result));
	text_str(&t, ": ");
	show_line(&t, &other);
	complain_line(line);
	return true;
}

static void take_answer(const struct run *r, struct asked *a, const struct ipc_record *answer)
{
	size_t cursor = 0;

	a->id = 0;
	a->result = answer->result;
	a->code = code_of(answer);
	if (!record_get_item(answer, &cursor, a->item))
		a->item->name_len = 0;
	if (r->verb == VERB_STATUS && a->code == CODE_DONE && a->item->state != SVC_UP)
		a->code = CODE_NOT_UP;
	else if (a->code != CODE_DONE && !r->quiet && !say_other(a, answer, cursor))
		say_not_done(a);
}

static struct asked *find_asked(struct asked *asked, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (asked[i].id == id)
			return &asked[i];
	return NULL;
}

/* Says what a request that takes long waits for: one more question about each,
 * on the same connection; its answer comes back among the others. */
static enum code ask_what_is_awaited(struct asked *asked, size_t n, struct asked *about, size_t *m)
{
	*m = 0;
	for (size_t i = 0; i < n; i++) {
		struct ipc_record q;

		if (!asked[i].id || !asked[i].name)
			continue;
		q = ask_request(VERB_STATUS, asked[i].name);
		about[*m] = (struct asked){.name = asked[i].name, .id = q.id};
		++*m;
		if (ask_send(&q) != CODE_DONE)
			return CODE_NO_ANSWER;
	}
	return CODE_DONE;
}

static void say_awaited(const struct run *r, struct asked *about, const struct ipc_record *answer)
{
	char line[1200];
	struct ipc_item item;
	size_t cursor = 0;
	struct text t;

	about->id = 0;
	if (r->quiet)
		return;
	if (answer->result != RES_DONE || !record_get_item(answer, &cursor, &item))
		return;
	text_init(&t, line, sizeof line);
	text_str(&t, "waiting: ");
	show_line(&t, &item);
	complain_line(line);
}

static size_t unanswered(const struct asked *asked, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		left += asked[i].id != 0;
	return left;
}

/* It takes long.  A command may; then what it waits for is asked, once.  A
 * supervisor that does not answer a question within the grace is silent. */
static enum code look_after(const struct run *r, struct asked *asked, size_t n,
                            struct asked *about, size_t *m)
{
	if (r->verb == VERB_STATUS || unanswered(about, *m)) {
		ask_complain_silent();
		return CODE_NO_ANSWER;
	}
	return ask_what_is_awaited(asked, n, about, m);
}

/* Sends a window of requests and gathers their answers in any order. */
static enum code ask_window(const struct run *r, struct asked *asked, size_t n)
{
	static struct asked about[AT_ONCE]; /* only touched when it takes long */
	int64_t look_at = record_now_ms() + (r->verb == VERB_STATUS ? ANSWER_GRACE_MS : SAY_AFTER_MS);
	size_t m = 0;
	enum code code = CODE_DONE;

	for (size_t i = 0; i < n && code == CODE_DONE; i++)
		if (!take_published(r, &asked[i]))
			code = send_one(r, &asked[i]);
	while (code == CODE_DONE && unanswered(asked, n)) {
		struct ipc_record answer;
		struct asked *a;

		code = ask_next(&answer, look_at);
		if (code == CODE_NOT_UP) {
			code = look_after(r, asked, n, about, &m);
			look_at = record_now_ms() + ANSWER_GRACE_MS;
			continue;
		}
		if (code != CODE_DONE)
			break;
		if (answer.result == RES_VERSION) {
			complain("", "", result_word(RES_VERSION));
			return CODE_FAILED;
		}
		if ((a = find_asked(asked, n, answer.id)))
			take_answer(r, a, &answer);
		else if ((a = find_asked(about, m, answer.id)))
			say_awaited(r, a, &answer);
		if (m && !unanswered(about, m))
			look_at = 0; /* it lives: now for as long as it takes */
	}
	return code;
}

/* Who stops along with it is said before it is stopped. */
static void say_dependents(const char *name)
{
	char buf[1000];
	struct ipc_item *items;
	struct text t;
	size_t n;

	if (list_pull(VERB_DEPENDENTS, name, &items, &n) != CODE_DONE)
		return;
	text_init_fd(&t, buf, sizeof buf, 2);
	for (size_t i = 0; i < n; i++) {
		if (i == 0) {
			text_str(&t, ask_program);
			text_str(&t, ": ");
			text_name(&t, name, strlen(name), ask_utf8);
		}
		text_str(&t, i ? ", " : ": also stops ");
		text_name(&t, items[i].name, items[i].name_len, ask_utf8);
	}
	if (n)
		text_char(&t, '\n');
	text_flush(&t);
	free(items);
}

/* All names, window by window; room for each is there. */
static enum code ask_all(const struct run *r, struct asked *asked, struct ipc_item *items,
                         unsigned *results)
{
	static char *nobody[1];
	char **names = r->n ? r->names : nobody; /* `wait settled` alone */
	size_t n = r->n ? r->n : 1;
	enum code worst = CODE_DONE;

	for (size_t i = 0; i < n; i++) {
		asked[i] = (struct asked){.name = names[i], .item = &items[i]};
		if (r->verb == VERB_STOP && !r->only && !r->quiet)
			say_dependents(names[i]);
	}
	for (size_t i = 0; i < n && worst != CODE_NO_ANSWER; i += AT_ONCE)
		worst = worse(worst, ask_window(r, asked + i, n - i < AT_ONCE ? n - i : AT_ONCE));
	for (size_t i = 0; i < n; i++)
		worst = worse(worst, asked[i].code);
	if (!r->quiet && (r->json || r->verb == VERB_STATUS))
		print_items(r, asked, items, results);
	return worst;
}

static enum code ask_names(const struct run *r)
{
	static struct asked few[FEW];
	static struct ipc_item few_items[FEW];
	static unsigned few_results[FEW];
	struct asked *asked;
	struct ipc_item *items;
	unsigned *results;
	enum code code = CODE_FAILED;

	if (r->n <= FEW)
		return ask_all(r, few, few_items, few_results);
	asked = calloc(r->n, sizeof *asked);
	items = calloc(r->n, sizeof *items);
	results = calloc(r->n, sizeof *results);
	if (asked && items && results)
		code = ask_all(r, asked, items, results);
	else
		complain("", "", strerror(errno));
	free(asked);
	free(items);
	free(results);
	return code;
}

/* `list`, and `status` of everything. */
static enum code show_all(const struct run *r)
{
	struct ipc_item *items;
	char buf[4096];
	struct text out;
	size_t n;
	enum code code = list_pull(VERB_LIST, NULL, &items, &n);

	if (code != CODE_DONE)
		return code;
	for (size_t i = 0; i < n && r->verb == VERB_STATUS; i++)
		if (items[i].flags & ITEM_WISH && items[i].state != SVC_UP)
			code = CODE_NOT_UP;
	text_init_fd(&out, buf, sizeof buf, 1);
	if (!r->quiet && r->json)
		show_json(&out, items, NULL, n);
	else if (!r->quiet)
		show_table(&out, items, n, want_colour());
	if (text_flush(&out) < 0) {
		complain("output", "", strerror(errno));
		code = CODE_FAILED;
	}
	free(items);
	return code;
}

enum code run(const struct run *r)
{
	if (r->verb == VERB_LIST || (r->verb == VERB_STATUS && r->n == 0))
		return show_all(r);
	return ask_names(r);
}
