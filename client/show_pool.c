/* show_pool.c - a pool and its workers, as tables and as JSON.
 *
 * Shows what pool.c has asked for; asks nobody. */
#include <string.h>

#include "client/pool.h"
#include "client/screen.h"
#include "client/show.h"

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
	screen_name(out, name, strlen(name), ask_charset);
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
