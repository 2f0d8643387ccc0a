/* run.c - sends the requests of one command line, one for each name, and makes
 * of the answers what a person or a program wants to see. */
#include "client/run.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/hint.h"
#include "client/pool.h"
#include "client/screen.h"
#include "client/show.h"
#include "ipc/text.h"

#define AT_ONCE 64        /* requests under way, and beside them */
#define ABOUT 16          /* questions about what they wait for */
#define SAY_AFTER_MS 5000 /* until what is awaited is said */

static_assert(AT_ONCE + ABOUT <= CINIT_AT_ONCE, "what one connection may have under way");

/* One name and what became of it. */
struct asked {
	const char *name;
	uint64_t id;          /* of the request under way; 0: answered or not sent */
	enum code code;
	unsigned result;      /* 0: none came */
	struct cinit_item *item; /* name_len 0: none came */
	char *error;          /* why not, for JSON, where no item says it; allocated, or NULL */
	const char *near;     /* of no such service: a name that is near to it, or NULL */
};

/* A terminal shows lines of some width, and most of them colours. */
static struct look look_of_output(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(1), dumb = term && strcmp(term, "dumb") == 0;

	return (struct look){.colour = terminal && !dumb && !(no && *no), .fold = terminal};
}

/* ---- output ---- */

/* What is seldom said keeps its text out of the frame of those who ask: a page
 * of stack less is touched. */
__attribute__((noinline)) static void say_not_done(const struct run *r, struct asked *a,
                                                   const struct cinit_answer *answer)
{
	char line[LINE_CAP];

	if (a->name && a->result == CINIT_RESULT_NO_SERVICE)
		return; /* say_unknown() does, with a hint */
	cinit_answer_text(answer, a->name ? a->name : "wait", ask_charset, line, sizeof line);
	complain_line(line);
	if (!r->json || a->item->name_len)
		return;
	answer_error(answer, line);
	a->error = strdup(line);
}

/* The items that came; moves them together first. */
static void print_table(const struct run *r, struct text *out, struct cinit_item *items)
{
	struct pool_view *pools;
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++)
		if (items[i].name_len)
			items[kept++] = items[i];
	if (kept)
		show_table(out, items, kept, look_of_output()); /* sorts them */
	pools = pool_views(r, items, kept);
	if (pools)
		pool_tables(out, items, pools, kept);
	pool_views_free(pools, kept);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct asked *)a)->name, ((const struct asked *)b)->name);
}

static void print_object(const struct run *r, struct text *out, const struct asked *a, size_t i,
                         const struct pool_view *pool)
{
	bool has_item = a->item->name_len;
	struct show_object o = {.name = a->name, .item = has_item ? a->item : NULL, .pool = pool,
	                        .near = a->near};

	if (r->verb != CINIT_STATUS && a->result)
		o.result = cinit_result_word(a->result);
	if (!has_item && a->code != CODE_DONE)
		o.error = a->error ? a->error : a->result ? cinit_result_word(a->result) : "no answer";
	show_object(out, &o, i);
}

/* One object for each name, whatever became of it. */
static void print_json(const struct run *r, struct text *out, struct asked *asked,
                       const struct cinit_item *items)
{
	struct pool_view *pools = r->verb == CINIT_STATUS ? pool_views(r, items, r->n) : NULL;

	qsort(asked, r->n, sizeof *asked, by_name);
	for (size_t i = 0; i < r->n; i++)
		print_object(r, out, &asked[i], i, pools ? &pools[asked[i].item - items] : NULL);
	show_end(out, r->n);
	pool_views_free(pools, r->n);
}

static void print_items(const struct run *r, struct asked *asked, struct cinit_item *items)
{
	static char buf[768]; /* most outputs fit */
	struct text out;

	text_init_fd(&out, buf, sizeof buf, 1);
	if (r->json)
		print_json(r, &out, asked, items);
	else
		print_table(r, &out, items);
	if (text_flush(&out) < 0)
		complain("output", "", strerror(errno));
}

/* ---- requests ---- */

static enum code send_request(const struct run *r, const struct cinit_request *q, struct asked *a)
{
	enum cinit_error error = cinit_ask(r->cinit, q, &a->id);

	if (error == CINIT_OK)
		return CODE_DONE;
	a->id = 0;
	complain_error(r->cinit, error);
	return CODE_NO_ANSWER;
}

static enum code send_one(const struct run *r, struct asked *a)
{
	struct cinit_request q = {.verb = r->verb, .name = a->name, .goal = r->goal, .from = r->from};

	if (r->only)
		q.flags |= CINIT_ONLY;
	if (r->no_wait)
		q.flags |= CINIT_NO_WAIT;
	if (r->verb == CINIT_STATUS && r->n == 1)
		q.flags |= CINIT_LAST;
	if (r->limited)
		q.limit_ms = r->limit_ms ? r->limit_ms : 1;
	return send_request(r, &q, a);
}

/* What is published need not be asked for. */
static bool take_published(const struct run *r, struct asked *a)
{
	if (r->verb != CINIT_STATUS || !cinit_peek(r->cinit, a->name, a->item))
		return false;
	a->result = CINIT_RESULT_DONE;
	a->code = a->item->state == CINIT_STATE_UP ? CODE_DONE : CODE_NOT_UP;
	return true;
}

static void take_answer(const struct run *r, struct asked *a, struct cinit_answer *answer)
{
	a->id = 0;
	a->result = answer->result;
	a->code = code_of(answer->result);
	if (!cinit_next_item(answer, a->item))
		*a->item = (struct cinit_item){.name_len = 0};
	if (r->verb == CINIT_STATUS && a->code == CODE_DONE && a->item->state != CINIT_STATE_UP)
		a->code = CODE_NOT_UP;
	else if (a->code != CODE_DONE && !r->quiet)
		say_not_done(r, a, answer);
}

static struct asked *find_asked(struct asked *asked, size_t n, uint64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (asked[i].id == id)
			return &asked[i];
	return NULL;
}

/* Questions about requests that take long. */
struct about {
	struct asked asked[ABOUT];
	size_t n, next; /* those from `next` on have not been asked about */
};

/* Says what requests that take long wait for: one more question about each, some at
 * a time, on the same connection; their answers come back among the others. */
static enum code ask_what_is_awaited(const struct run *r, const struct asked *asked, size_t n,
                                     struct about *about)
{
	about->n = 0;
	for (; about->next < n && about->n < ABOUT; about->next++) {
		const struct asked *a = &asked[about->next];
		const struct cinit_request q = {.verb = CINIT_STATUS, .name = a->name};

		if (!a->id || !a->name)
			continue;
		about->asked[about->n] = (struct asked){.name = a->name};
		if (send_request(r, &q, &about->asked[about->n]) != CODE_DONE)
			return CODE_NO_ANSWER;
		about->n++;
	}
	return CODE_DONE;
}

__attribute__((noinline)) static void say_awaited(const struct run *r, struct asked *about, struct cinit_answer *answer)
{
	char line[LINE_CAP];
	struct cinit_item item;
	struct text t;

	about->id = 0;
	if (r->quiet || answer->result != CINIT_RESULT_DONE || !cinit_next_item(answer, &item))
		return;
	text_init(&t, line, sizeof line);
	text_str(&t, "waiting: ");
	cinit_item_text(&item, ask_charset, line + t.len, sizeof line - t.len);
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
static enum code look_after(const struct run *r, const struct asked *asked, size_t n,
                            struct about *about)
{
	if (r->verb == CINIT_STATUS || unanswered(about->asked, about->n))
		return complain_error(r->cinit, CINIT_TIMEOUT);
	return ask_what_is_awaited(r, asked, n, about);
}

/* Takes an answer in, whatever it belongs to. */
static enum code take(const struct run *r, struct asked *asked, size_t n, struct about *about,
                      struct cinit_answer *answer)
{
	struct asked *a = find_asked(asked, n, answer->id);

	if (a) {
		take_answer(r, a, answer);
		return CODE_DONE;
	}
	a = find_asked(about->asked, about->n, answer->id);
	if (!a)
		return CODE_DONE;
	say_awaited(r, a, answer);
	return unanswered(about->asked, about->n) ? CODE_DONE : ask_what_is_awaited(r, asked, n, about);
}

/* Gathers the answers to a window of requests, in any order. */
static enum code gather(const struct run *r, struct asked *asked, size_t n)
{
	struct about about;
	int64_t look_at = cinit_now_ms() + (r->verb == CINIT_STATUS ? ANSWER_GRACE_MS : SAY_AFTER_MS);
	enum code code = CODE_DONE;
	bool looked = false;

	about.n = about.next = 0;
	while (code == CODE_DONE && unanswered(asked, n)) {
		struct cinit_answer answer;
		enum cinit_error error = cinit_wait(r->cinit, &answer, look_at);

		if (error == CINIT_TIMEOUT) {
			code = look_after(r, asked, n, &about);
			look_at = cinit_now_ms() + ANSWER_GRACE_MS;
			looked = true;
			continue;
		}
		if (error != CINIT_OK)
			return complain_error(r->cinit, error);
		code = take(r, asked, n, &about, &answer);
		if (looked && !unanswered(about.asked, about.n))
			look_at = 0; /* it lives: now for as long as it takes */
	}
	return code;
}

static enum code ask_window(const struct run *r, struct asked *asked, size_t n)
{
	enum code code = CODE_DONE;

	for (size_t i = 0; i < n && code == CODE_DONE; i++)
		if (!take_published(r, &asked[i]))
			code = send_one(r, &asked[i]);
	return code == CODE_DONE && unanswered(asked, n) ? gather(r, asked, n) : code;
}

/* Who stops along with it is said before it is stopped. */
static void say_dependents(const struct run *r, const char *name)
{
	struct cinit_item *items;
	char buf[1000];
	struct text t;
	size_t n;

	if (cinit_dependents(r->cinit, name, &items, &n) != CINIT_OK)
		return; /* what is wrong is said when it is acted on */
	text_init_fd(&t, buf, sizeof buf, 2);
	for (size_t i = 0; i < n; i++) {
		if (i == 0) {
			text_str(&t, ask_program);
			text_str(&t, ": ");
			screen_name(&t, name, strlen(name), ask_charset);
		}
		text_str(&t, i ? ", " : ": also stops ");
		screen_name(&t, items[i].name, items[i].name_len, ask_charset);
	}
	if (n)
		text_char(&t, '\n');
	text_flush(&t);
	free(items);
}

/* ---- names that do not exist ---- */

/* The last answer may have ended the connection. */
static enum cinit_error list_anew(const struct run *r, struct cinit_item **items, size_t *n)
{
	enum cinit_error error = cinit_list(r->cinit, items, n);

	if (error != CINIT_LOST)
		return error;
	cinit_close(r->cinit);
	error = cinit_connect(r->cinit, r->rundir);
	return error == CINIT_OK ? cinit_list(r->cinit, items, n) : error;
}

static void find_near(struct asked *a, const struct cinit_item *items, size_t n)
{
	struct hint h = {.word = a->name};

	for (size_t i = 0; i < n; i++)
		hint_try(&h, items[i].name);
	a->near = h.best;
}

static void say_near(const struct asked *a)
{
	char why[LINE_CAP];
	struct text t;

	text_init(&t, why, sizeof why);
	text_str(&t, cinit_result_word(a->result));
	if (a->near) {
		text_str(&t, ", did you mean ");
		text_str(&t, a->near); /* complain() makes it fit to be shown */
		text_char(&t, '?');
	}
	complain(a->name, "", why);
}

void say_no_service(const struct run *r, const char *name)
{
	struct asked a = {.name = name, .result = CINIT_RESULT_NO_SERVICE};
	struct cinit_item *items = NULL;
	size_t n = 0;

	if (list_anew(r, &items, &n) == CINIT_OK)
		find_near(&a, items, n);
	say_near(&a);
	free(items);
}

/* All of them by one list, which is returned for as long as a->near is used. */
static struct cinit_item *say_unknown(const struct run *r, struct asked *asked, size_t n_asked)
{
	struct cinit_item *items = NULL;
	bool listed = false;
	size_t n = 0;

	for (size_t i = 0; i < n_asked && !r->quiet; i++) {
		if (!asked[i].name || asked[i].result != CINIT_RESULT_NO_SERVICE)
			continue;
		if (!listed && list_anew(r, &items, &n) != CINIT_OK)
			n = 0;
		listed = true;
		find_near(&asked[i], items, n);
		say_near(&asked[i]);
	}
	return items;
}

/* All names, window by window; room for each is there. */
static enum code ask_all(const struct run *r, struct asked *asked, struct cinit_item *items)
{
	static char *nobody[1];
	char **names = r->n ? r->names : nobody; /* `wait settled` alone */
	size_t n = r->n ? r->n : 1;
	enum code worst = CODE_DONE;
	struct cinit_item *known;

	for (size_t i = 0; i < n; i++) {
		asked[i] = (struct asked){.name = names[i], .item = &items[i], .code = CODE_NO_ANSWER};
		if (r->verb == CINIT_STOP && !r->only && !r->quiet)
			say_dependents(r, names[i]);
	}
	for (size_t i = 0; i < n && worst != CODE_NO_ANSWER; i += AT_ONCE)
		worst = worse(worst, ask_window(r, asked + i, n - i < AT_ONCE ? n - i : AT_ONCE));
	for (size_t i = 0; i < n; i++)
		worst = worse(worst, asked[i].code);
	known = say_unknown(r, asked, n);
	if (!r->quiet && (r->json || r->verb == CINIT_STATUS))
		print_items(r, asked, items);
	for (size_t i = 0; i < n; i++)
		free(asked[i].error);
	free(known);
	return worst;
}

static enum code ask_names(const struct run *r)
{
	static struct asked one; /* for which nothing is allocated: most calls */
	static struct cinit_item one_item;
	struct asked *asked;
	struct cinit_item *items;
	enum code code = CODE_FAILED;

	if (r->n <= 1)
		return ask_all(r, &one, &one_item);
	asked = calloc(r->n, sizeof *asked);
	items = calloc(r->n, sizeof *items);
	if (asked && items)
		code = ask_all(r, asked, items);
	else
		complain("", "", strerror(errno));
	free(asked);
	free(items);
	return code;
}

/* `list`, and `status` of everything. */
static enum code show_all(const struct run *r)
{
	struct cinit_item *items;
	char buf[4096];
	struct text out;
	size_t n;
	enum cinit_error error = cinit_list(r->cinit, &items, &n);
	enum code code = CODE_DONE;

	if (error != CINIT_OK)
		return complain_error(r->cinit, error);
	for (size_t i = 0; i < n && r->verb == CINIT_STATUS; i++)
		if (items[i].flags & CINIT_ITEM_WISHED && items[i].state != CINIT_STATE_UP)
			code = CODE_NOT_UP;
	text_init_fd(&out, buf, sizeof buf, 1);
	show_sort(items, n);
	if (!r->quiet && r->json)
		show_json(&out, items, n);
	else if (!r->quiet)
		show_table(&out, items, n, look_of_output());
	if (text_flush(&out) < 0) {
		complain("output", "", strerror(errno));
		code = CODE_FAILED;
	}
	free(items);
	return code;
}

enum code run(const struct run *r)
{
	if (r->verb == CINIT_LIST || (r->verb == CINIT_STATUS && r->n == 0))
		return show_all(r);
	return ask_names(r);
}
