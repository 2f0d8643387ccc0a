/* pool.c - a pool's manager is asked only where a service is a pool. */
#include "client/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/show.h"

#define SAID_CAP 1000

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

/* ---- for people ---- */

static void put_count(struct text *out, const char *before, uint64_t n, const char *after)
{
	text_str(out, before);
	text_u64(out, n);
	text_str(out, after);
}

static void put_summary(struct text *out, const char *name, const struct cinit_pool *p)
{
	bool reports = p->flags & CINIT_POOL_REPORTS;

	text_char(out, '\n');
	text_name(out, name, strlen(name), ask_charset == CINIT_UTF8);
	text_str(out, p->flags & CINIT_POOL_DISPATCH ? ": dispatch" : ": share");
	put_count(out, ", ", p->min, "");
	put_count(out, " to ", p->max, " workers: ");
	put_count(out, "", p->idle, " idle, ");
	put_count(out, "", p->busy, " busy, ");
	put_count(out, "", p->starting, " starting, ");
	put_count(out, "", p->leaving, " leaving; ");
	if (reports)
		put_count(out, "served ", p->served, ", ");
	put_count(out, "recycled ", p->recycled, ", ");
	put_count(out, "crashed ", p->crashed, "");
	if (p->queue != CINIT_QUEUE_UNKNOWN)
		put_count(out, ", queue ", p->queue, "");
	text_str(out, p->flags & CINIT_POOL_ROLLING ? ", rolling" : "");
	text_str(out, p->flags & CINIT_POOL_DRAINING ? ", draining" : "");
	text_str(out, reports ? "\n" : "; they do not say when they are busy\n");
}

/* A number, or a word, in a column of `width` with the next one's distance. */
static void put_cell(struct text *out, const char *cell, size_t width)
{
	size_t n = strlen(cell);

	text_str(out, cell);
	text_repeat(out, ' ', n < width ? width - n + 2 : 2);
}

static void put_number(struct text *out, int64_t number, size_t width)
{
	char cell[24];
	struct text t;

	text_init(&t, cell, sizeof cell);
	text_i64(&t, number);
	put_cell(out, cell, width);
}

static void put_worker(struct text *out, const struct cinit_pool_worker *w, int64_t now)
{
	char age[32];
	struct text t;

	text_init(&t, age, sizeof age);
	show_age(&t, now - w->since_ms);
	put_number(out, w->rank, 4);
	put_number(out, w->pid, 7);
	put_cell(out, cinit_worker_word(w->state), 8);
	put_cell(out, age, 7);
	text_i64(out, (int64_t)w->served);
	text_char(out, '\n');
}

void pool_tables(struct text *out, const struct cinit_item *items, const struct pool_view *views,
                 size_t n)
{
	int64_t now = cinit_now_ms();

	for (size_t i = 0; i < n; i++) {
		if (!views[i].known)
			continue;
		put_summary(out, items[i].name, &views[i].pool);
		text_str(out, "RANK  PID      STATE     SINCE    SERVED\n");
		for (size_t k = 0; k < views[i].n; k++)
			put_worker(out, &views[i].workers[k], now);
	}
}

/* ---- for programs ---- */

static void worker_json(struct text *out, const struct cinit_pool_worker *w)
{
	text_str(out, "{\"rank\": ");
	text_i64(out, w->rank);
	show_number(out, "pid", w->pid);
	show_word(out, "state", cinit_worker_word(w->state));
	show_number(out, "since_ms", cinit_now_ms() - w->since_ms);
	show_number(out, "served", (int64_t)w->served);
	text_char(out, '}');
}

void pool_json(struct text *out, const struct pool_view *view)
{
	const struct cinit_pool *p = &view->pool;

	show_key(out, "pool");
	text_str(out, p->flags & CINIT_POOL_DISPATCH ? "{\"mode\": \"dispatch\"" : "{\"mode\": \"share\"");
	show_number(out, "min", p->min);
	show_number(out, "max", p->max);
	show_number(out, "idle", p->idle);
	show_number(out, "busy", p->busy);
	show_number(out, "starting", p->starting);
	show_number(out, "leaving", p->leaving);
	show_bool(out, "reports", p->flags & CINIT_POOL_REPORTS);
	show_bool(out, "modules", p->flags & CINIT_POOL_MODULES);
	show_bool(out, "rolling", p->flags & CINIT_POOL_ROLLING);
	show_bool(out, "draining", p->flags & CINIT_POOL_DRAINING);
	show_number(out, "served", (int64_t)p->served);
	show_number(out, "recycled", (int64_t)p->recycled);
	show_number(out, "crashed", (int64_t)p->crashed);
	if (p->queue != CINIT_QUEUE_UNKNOWN)
		show_number(out, "queue", p->queue);
	show_key(out, "workers");
	text_char(out, '[');
	for (size_t i = 0; i < view->n; i++) {
		text_str(out, i ? ", " : "");
		worker_json(out, &view->workers[i]);
	}
	text_str(out, "]}");
}

/* ---- commands ---- */

static int print_said(const char *said)
{
	char buf[SAID_CAP + 2];
	size_t n = strlen(said);
	struct text out;

	text_init_fd(&out, buf, sizeof buf, 1);
	text_str(&out, said);
	if (n && said[n - 1] != '\n')
		text_char(&out, '\n');
	return text_flush(&out);
}

enum code pool_call(const struct run *r)
{
	char said[SAID_CAP];
	enum cinit_error error = cinit_call_pool(r->cinit, r->names[0], r->words, r->n_words,
	                                         r->limited ? r->limit_ms : 0, said, sizeof said);

	if (error != CINIT_OK)
		return complain_error(r->cinit, error);
	if (!r->quiet && print_said(said) < 0) {
		complain("output", "", strerror(errno));
		return CODE_FAILED;
	}
	return CODE_DONE;
}
