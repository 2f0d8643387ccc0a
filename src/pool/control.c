/* control.c - each request gets one answer, at once or later. */
#include "src/pool/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/pool.h"
#include "ipc/text.h"
#include "src/pool/calls.h"
#include "src/pool/extras.h"
#include "src/pool/manager.h"
#include "src/pool/rules.h"
#include "src/pool/sockets.h"
#include "src/pool/watch.h"
#include "src/pool/workers.h"

#define TURN_REQUESTS 16
#define ROLLS_MAX 16     /* who waits for a roll at once */

static int control_fd = -1;
static uint64_t rolls[ROLLS_MAX]; /* ids, 0: none */

void control_init(int fd)
{
	control_fd = fd;
}

int control_begin(void)
{
	return control_fd < 0 ? 0 : watch_add(control_fd, WATCH_CONTROL, 0);
}

static void hang_up(void)
{
	watch_remove(control_fd);
	close(control_fd);
	control_fd = -1;
}

void control_close_in_child(void)
{
	if (control_fd >= 0)
		close(control_fd);
}

/* An answer that finds no room is lost: the supervisor has a time for each. */
static void send_record(const struct ipc_record *r)
{
	if (control_fd >= 0 && send(control_fd, r, sizeof *r, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno == EPIPE)
		hang_up();
}

static void answer_text(uint64_t id, enum verb verb, enum result result, const char *text)
{
	struct ipc_record r;

	record_init(&r);
	r.id = id;
	r.verb = (uint16_t)verb;
	r.result = (uint16_t)result;
	record_set_text(&r, text);
	send_record(&r);
}

void control_complain(const char *why)
{
	answer_text(0, VERB_NONE, RES_POOL, why);
}

void control_answer_call(uint64_t id, bool done, const char *text)
{
	answer_text(id, VERB_CALL, done ? RES_DONE : RES_POOL, text);
}

/* ---- how the pool is ---- */

static struct ipc_pool summary(const struct pool *p)
{
	struct ipc_pool s = {
		.served = p->served, .recycled = p->recycled, .crashed = p->crashed,
		.min = p->limits.min, .max = p->limits.max,
		.idle = p->n[WORKER_IDLE], .busy = p->n[WORKER_BUSY],
		.starting = p->n[WORKER_STARTING],
		.leaving = p->n[WORKER_LEAVING] + p->n[WORKER_KILLED],
		.queue = sockets_queue(),
	};

	s.flags |= p->limits.dispatch ? IPC_POOL_DISPATCH | IPC_POOL_REPORTS : 0u;
	s.flags |= p->rolling ? IPC_POOL_ROLLING : 0u;
	s.flags |= p->draining ? IPC_POOL_DRAINING : 0u;
	s.flags |= manager_has_modules() ? IPC_POOL_MODULES | IPC_POOL_REPORTS : 0u;
	for (uint32_t row = 0; row < p->high; row++)
		if (p->worker[row].state != WORKER_FREE && p->worker[row].reports)
			s.flags |= IPC_POOL_REPORTS;
	return s;
}

/* The i-th of workers and extra processes: false behind the last. */
static bool nth(const struct pool *p, uint32_t i, struct ipc_worker *out)
{
	for (uint32_t row = 0; row < p->high; row++) {
		const struct pool_worker *w = &p->worker[row];

		if (w->state == WORKER_FREE || i-- > 0)
			continue;
		*out = (struct ipc_worker){
			.since_ms = w->since_ms, .served = w->served, .rank = (int32_t)w->rank,
			.pid = (int32_t)workers_pid(row), .state = w->state,
		};
		return true;
	}
	return extras_show(i, out);
}

static uint32_t count(const struct pool *p)
{
	uint32_t n = extras_count();

	for (uint32_t row = 0; row < p->high; row++)
		n += p->worker[row].state != WORKER_FREE;
	return n;
}

static void show(const struct ipc_record *request)
{
	const struct pool *p = manager_pool();
	struct ipc_pool pool = summary(p);
	struct ipc_worker worker;
	struct ipc_record r;

	record_init(&r);
	r.id = request->id;
	r.verb = VERB_WORKERS;
	r.result = RES_DONE;
	r.from = request->from;
	r.total = count(p);
	r.generation = manager_generation();
	record_put_pool(&r, &pool);
	for (uint32_t i = request->from; nth(p, i, &worker) && record_put_worker(&r, &worker); i++)
		;
	send_record(&r);
}

/* ---- what is to be done ---- */

static void roll(const struct ipc_record *request)
{
	const char *why = manager_reload();
	unsigned i = 0;

	if (why) {
		answer_text(request->id, VERB_ROLL, RES_POOL, why);
		return;
	}
	if (request->flags & IPC_NO_WAIT) {
		answer_text(request->id, VERB_ROLL, RES_ACCEPTED, "");
		return;
	}
	while (i < ROLLS_MAX && rolls[i])
		i++;
	if (i < ROLLS_MAX)
		rolls[i] = request->id;
	else
		answer_text(request->id, VERB_ROLL, RES_BUSY, "");
}

void control_rolled(bool given_up)
{
	for (unsigned i = 0; i < ROLLS_MAX; i++) {
		if (!rolls[i])
			continue;
		answer_text(rolls[i], VERB_ROLL, given_up ? RES_SHUTDOWN : RES_DONE, "");
		rolls[i] = 0;
	}
}

static void scale(const struct ipc_record *request)
{
	const struct pool *p = manager_pool();
	char text[80];
	struct text t;

	text_init(&t, text, sizeof text);
	if (request->from < 1 || request->from > POOL_MAX) {
		text_str(&t, "not a number of workers from 1 to ");
		text_u64(&t, POOL_MAX);
		answer_text(request->id, VERB_SCALE, RES_POOL, text);
		return;
	}
	manager_scale(request->from);
	text_str(&t, "min ");
	text_u64(&t, p->limits.min);
	text_str(&t, ", max ");
	text_u64(&t, p->limits.max);
	answer_text(request->id, VERB_SCALE, RES_DONE, text);
}

/* The words behind the service's name, each with its NUL. */
static void call(const struct ipc_record *request)
{
	const char *words = (const char *)request->payload;
	size_t len = request->payload_len, name = strnlen(words, len) + 1;

	if (!manager_has_modules())
		answer_text(request->id, VERB_CALL, RES_POOL, "its workers are programs: they have no commands");
	else if (name >= len || words[len - 1])
		answer_text(request->id, VERB_CALL, RES_BAD_REQUEST, "");
	else if (!calls_begin(request->id, words + name, len - name, request->answer_by_ms))
		answer_text(request->id, VERB_CALL, RES_BUSY, "");
}

static void heed(const struct ipc_record *r)
{
	switch ((enum verb)r->verb) {
	case VERB_WORKERS: show(r); break;
	case VERB_SCALE: scale(r); break;
	case VERB_ROLL: roll(r); break;
	case VERB_CALL: call(r); break;
	case VERB_NONE:
	case VERB_START:
	case VERB_STOP:
	case VERB_RESTART:
	case VERB_TRY_RESTART:
	case VERB_STATUS:
	case VERB_LIST:
	case VERB_WAIT:
	case VERB_DEPENDENTS:
	case VERB_HALT:
	case VERB_POWEROFF:
	case VERB_REBOOT:
	case VERB_SWITCH:
	case VERB_N:
		answer_text(r->id, VERB_NONE, RES_BAD_REQUEST, "");
		break;
	}
}

void control_readable(void)
{
	struct ipc_record r;

	for (unsigned i = 0; i < TURN_REQUESTS && control_fd >= 0; i++) {
		ssize_t n = recv(control_fd, &r, sizeof r, MSG_DONTWAIT);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			hang_up(); /* the supervisor asks no more; the pool goes on */
		if (n <= 0)
			return;
		if (record_check(&r, (size_t)n) == RECORD_FINE && r.id)
			heed(&r);
	}
}
