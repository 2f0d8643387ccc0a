/* pool.c - calls about pools of workers.
 *
 * What comes out of a record is copied by ipc/pool.h and never cast.  What modules say is
 * passed on as it came: it may be unfit for a terminal. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "client/lib/handle.h"
#include "ipc/pool.h"

static_assert((int)CINIT_WORKER_STARTING == WORKER_STARTING && WORKER_KILLED + 1 == WORKER_N_STATES
              && (int)CINIT_WORKER_KILLED == WORKER_KILLED, "states of workers");
static_assert((int)CINIT_POOL_DISPATCH == IPC_POOL_DISPATCH && (int)CINIT_POOL_MODULES == IPC_POOL_MODULES
              && (int)CINIT_POOL_REPORTS == IPC_POOL_REPORTS
              && (int)CINIT_POOL_ROLLING == IPC_POOL_ROLLING
              && (int)CINIT_POOL_DRAINING == IPC_POOL_DRAINING, "flags of pools");
static_assert(CINIT_QUEUE_UNKNOWN == IPC_QUEUE_UNKNOWN, "unknown");

static struct ipc_record record_of(const struct cinit_answer *a)
{
	struct ipc_record r;

	record_init(&r);
	r.n_items = (uint16_t)a->n_items;
	r.payload_len = (uint16_t)a->room_len;
	memcpy(r.payload, a->room, a->room_len);
	return r;
}

bool cinit_answer_pool(const struct cinit_answer *answer, struct cinit_pool *pool)
{
	struct ipc_record r = record_of(answer);
	struct ipc_pool p;

	if (answer->verb != CINIT_WORKERS || !record_get_pool(&r, &p))
		return false;
	*pool = (struct cinit_pool){
		.served = p.served, .recycled = p.recycled, .crashed = p.crashed, .min = p.min,
		.max = p.max, .idle = p.idle, .busy = p.busy, .starting = p.starting,
		.leaving = p.leaving, .queue = p.queue, .flags = p.flags,
	};
	return true;
}

bool cinit_answer_worker(const struct cinit_answer *answer, unsigned i, struct cinit_pool_worker *worker)
{
	struct ipc_record r = record_of(answer);
	struct ipc_worker w;

	if (answer->verb != CINIT_WORKERS || !record_get_worker(&r, i, &w))
		return false;
	*worker = (struct cinit_pool_worker){
		.since_ms = w.since_ms, .served = w.served, .rank = w.rank, .pid = w.pid,
		.state = w.state,
	};
	return true;
}

size_t cinit_answer_said(const struct cinit_answer *answer, char *buf, size_t cap)
{
	bool has = answer->n_items == 0 && (answer->result == CINIT_RESULT_POOL || answer->verb == CINIT_CALL);
	size_t n = has ? answer->room_len : 0;

	if (n >= cap)
		n = cap - 1;
	memcpy(buf, answer->room, n);
	buf[n] = '\0';
	return n;
}

/* ---- simple calls ---- */

struct workers {
	struct cinit_pool_worker *at;
	size_t n, room;
};

static enum cinit_error keep(struct handle *h, struct workers *w, const struct cinit_pool_worker *worker)
{
	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : 32;
		struct cinit_pool_worker *more = realloc(w->at, room * sizeof *more);

		if (!more)
			return handle_fail(h, CINIT_MEMORY, "workers", errno);
		w->at = more;
		w->room = room;
	}
	w->at[w->n++] = *worker;
	return CINIT_OK;
}

static enum cinit_error take_page(struct handle *h, struct workers *w, const struct cinit_answer *a,
                                  struct cinit_pool *pool)
{
	enum cinit_error error = CINIT_OK;
	struct cinit_pool_worker worker;

	if (!cinit_answer_pool(a, pool))
		return handle_fail(h, CINIT_SYSTEM, "an answer without its pool", 0);
	for (unsigned i = 0; error == CINIT_OK && cinit_answer_worker(a, i, &worker); i++)
		error = keep(h, w, &worker);
	return error;
}

/* Workers come and go; each row is as it was when its page was asked for. */
enum cinit_error cinit_workers(struct cinit *c, const char *name, struct cinit_pool *pool,
                               struct cinit_pool_worker **workers, size_t *n)
{
	struct cinit_request q = {.verb = CINIT_WORKERS, .name = name};
	enum cinit_error error;
	struct workers w = {.at = NULL};
	struct cinit_answer a;
	bool more = true;

	do {
		size_t before = w.n;

		q.from = (uint32_t)w.n;
		error = handle_ask(c, &q, &a);
		if (error == CINIT_OK)
			error = take_page(handle_of(c), &w, &a, pool);
		more = w.n < a.total && w.n > before;
	} while (error == CINIT_OK && more);
	if (error != CINIT_OK) {
		free(w.at);
		w = (struct workers){.at = NULL};
	}
	*workers = w.at;
	*n = w.n;
	return error;
}

enum cinit_error cinit_scale(struct cinit *c, const char *name, uint32_t workers)
{
	const struct cinit_request q = {.verb = CINIT_SCALE, .name = name, .from = workers};
	struct cinit_answer a;

	return handle_ask(c, &q, &a);
}

enum cinit_error cinit_call_pool(struct cinit *c, const char *name, const char *const *words,
                                 size_t n_words, int64_t limit_ms, char *text, size_t cap)
{
	const struct cinit_request q = {
		.verb = CINIT_CALL, .name = name, .words = words, .n_words = n_words, .limit_ms = limit_ms,
	};
	struct cinit_answer a;
	enum cinit_error error = handle_ask(c, &q, &a);

	text[0] = '\0';
	if (error == CINIT_OK)
		cinit_answer_said(&a, text, cap);
	return error;
}
