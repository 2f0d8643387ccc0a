/* pool.c - a pool's manager is asked only where a service is a pool. */
#include "client/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/screen.h"
#include "client/show.h"

static bool has_pool(const struct cinit_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].flags & CINIT_ITEM_POOL && items[i].pid)
			return true;
	return false;
}

/* One question may have ended the connection. */
static enum cinit_error ask(const struct run *r, const char *name, struct pool_view *v)
{
	enum cinit_error error = cinit_workers(r->cinit, name, &v->pool, &v->workers, &v->n);

	if (error != CINIT_LOST)
		return error;
	cinit_close(r->cinit);
	error = cinit_connect(r->cinit, r->rundir);
	if (error == CINIT_OK)
		error = cinit_workers(r->cinit, name, &v->pool, &v->workers, &v->n);
	return error;
}

struct pool_view *pool_views(const struct run *r, const struct cinit_item *items, size_t n)
{
	struct pool_view *views = has_pool(items, n) ? calloc(n, sizeof *views) : NULL;

	for (size_t i = 0; views && i < n; i++) {
		enum cinit_error error;

		if (!(items[i].flags & CINIT_ITEM_POOL) || !items[i].pid)
			continue;
		error = ask(r, items[i].name, &views[i]);
		views[i].known = error == CINIT_OK;
		if (error != CINIT_OK)
			complain_error(r->cinit, error);
	}
	return views;
}

void pool_views_free(struct pool_view *views, size_t n)
{
	for (size_t i = 0; views && i < n; i++)
		free(views[i].workers);
	free(views);
}

/* ---- commands ---- */

/* Whoever runs the pool may be another user than who reads this. */
static void put_said(struct text *out, const char *said)
{
	size_t n = strlen(said);

	screen_lines(out, said, n, ask_charset);
	if (n && said[n - 1] != '\n')
		text_char(out, '\n');
}

static enum code print_said(const struct run *r, const struct show_object *o)
{
	char buf[512];
	struct text out;

	text_init_fd(&out, buf, sizeof buf, 1);
	if (r->json) {
		show_object(&out, o, 0);
		show_end(&out, 1);
	} else if (o->said) {
		put_said(&out, o->said);
	}
	if (text_flush(&out) == 0)
		return CODE_DONE;
	complain("output", "", strerror(errno));
	return CODE_FAILED;
}

static void say_not_called(const struct run *r, const struct cinit_answer *answer)
{
	char line[LINE_CAP];

	if (answer->result == CINIT_RESULT_NO_SERVICE) {
		say_no_service(r, r->names[0]);
		return;
	}
	cinit_answer_text(answer, r->names[0], ask_charset, line, sizeof line);
	complain_line(line);
}

enum code pool_call(const struct run *r)
{
	const struct cinit_request q = {.verb = CINIT_CALL, .name = r->names[0], .words = r->words,
	                                .n_words = r->n_words, .limit_ms = r->limited ? r->limit_ms : 0};
	struct cinit_answer answer;
	char said[LINE_CAP];
	enum cinit_error error = cinit_call(r->cinit, &q, &answer);
	struct show_object o = {.name = q.name};
	enum code code;

	if (error != CINIT_OK)
		return complain_error(r->cinit, error);
	o.result = cinit_result_word(answer.result);
	code = code_of(answer.result);
	if (r->quiet)
		return code;
	if (code == CODE_DONE) {
		cinit_answer_said(&answer, said, sizeof said);
		o.said = said;
	} else {
		say_not_called(r, &answer);
		answer_error(&answer, said);
		o.error = said;
	}
	return worse(code, print_said(r, &o));
}
