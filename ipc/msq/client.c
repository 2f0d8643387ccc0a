/* client.c - the client's side of the message queue method.
 *
 * msgrcv(2) knows no time limit, but a signal ends it (ipc/alarm.h).  That is set up
 * only when nothing came at once, and taken down again with the end of the call.
 * Nobody waits in msgsnd(2): see send_patiently(). */
#include "ipc/client.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>
#include <unistd.h>

#include "ipc/alarm.h"
#include "ipc/lock.h"
#include "ipc/msq/ipc.h"
#include "ipc/sysv.h"

#define LOOK_MS 1000       /* a supervisor that is silent is looked at */
#define NAP_MS 10          /* between looks, for queues that are made anew, and without an alarm */
#define FULL_US 400        /* until a request for which there was no room is tried again, */
#define FULL_MAX_US 102400 /* then four times as long, up to this, */
#define FULL_OWN_US 6400   /* or this, where answers to us may take up others' room */
#define STASH_MAX 128      /* answers taken while requests waited for room */

static void nap(void)
{
	static const struct timespec t = {.tv_nsec = NAP_MS * 1000000};

	nanosleep(&t, NULL);
}

/* ---- the queues ---- */

/* 0 with *id, or -1 with errno: EACCES when they are not for us. */
static int find_queue(const struct ipc_client *c, enum sysv_kind kind, int *id)
{
	int err = ENOENT;

	for (unsigned try = 0; try < SYSV_PROBES; try++) {
		struct msqid_ds ds;

		*id = msgget(sysv_object_key(&c->holder, kind, try), 0);
		if (*id < 0)
			continue;
		if (msgctl(*id, IPC_STAT, &ds) < 0)
			err = errno == EACCES ? EACCES : err;
		else if (sysv_is_ours(&ds.msg_perm, c->holder.uid, MSQ_MODE))
			return 0;
	}
	*id = -1;
	errno = err;
	return -1;
}

/* Rings whoever holds RUNDIR/lock, should the semaphore have been removed. */
static void ring_by_file(const struct ipc_client *c)
{
	char method[32];
	pid_t pid = lock_holder(c->rundir, method, sizeof method);

	errno = ENOENT;
	if (pid > 0 && strcmp(method, "msq") == 0 && sysv_ring(pid) == 0)
		errno = EAGAIN;
}

/* 0, or -1 with errno; EAGAIN: the supervisor lives, was rung, and may make them. */
static int find_queues(struct ipc_client *c)
{
	if (sysv_find(c->rundir, &c->holder) < 0) {
		ring_by_file(c);
		return -1;
	}
	if (strcmp(c->holder.method, "msq") != 0 || c->holder.pid == 0) {
		errno = ENOENT;
		return -1;
	}
	if (find_queue(c, SYSV_REQUESTS, &c->requests) == 0
	    && find_queue(c, SYSV_ANSWERS, &c->answers) == 0)
		return 0;
	if (errno == ENOENT && sysv_ring(c->holder.pid) == 0)
		errno = EAGAIN;
	return -1;
}

static int find_queues_patiently(struct ipc_client *c)
{
	int64_t until_ms = 0;

	while (find_queues(c) < 0) {
		if (errno != EAGAIN)
			return -1;
		if (!until_ms)
			until_ms = record_now_ms() + MSQ_ANEW_MS;
		if (record_now_ms() >= until_ms) {
			errno = ECONNREFUSED;
			return -1;
		}
		nap();
	}
	return 0;
}

int ipc_connect(struct ipc_client *c, const char *rundir)
{
	*c = (struct ipc_client){.rundir = rundir, .token = ipc_random_id()};
	return find_queues_patiently(c);
}

void ipc_close(struct ipc_client *c)
{
	free(c->stash);
	c->stash = NULL;
	c->n_stashed = 0;
}

void ipc_leave(struct ipc_client *c)
{
	(void)c;
}

static bool supervisor_lives(const struct ipc_client *c)
{
	struct sysv_holder h;

	return (sysv_find(c->rundir, &h) == 0 && h.pid == c->holder.pid)
	       || lock_file_holder(c->rundir) == c->holder.pid;
}

static bool is_gone(void)
{
	return errno == EIDRM || errno == EINVAL;
}

/* ---- answers ---- */

/* Takes one answer: its size, or -1 with errno. */
static ssize_t receive_answer(struct ipc_client *c, struct ipc_record *r, int flags)
{
	struct { struct msq_answer m; char more; } m;
	ssize_t n = msgrcv(c->answers, &m, sizeof m.m.record + 1, msq_type(c->token),
	                   flags | MSG_NOERROR);

	if (n < 0)
		return n;
	c->outstanding -= c->outstanding > 0;
	*r = m.m.record;
	if (n == (ssize_t)sizeof *r && r->flags & MSQ_RING) {
		r->flags &= (uint16_t)~MSQ_RING;
		sysv_ring(c->holder.pid);
	}
	return n;
}

/* Why nothing came: 0 to go on, or -1 with errno. */
static int go_on(const struct ipc_client *c, int64_t now, int64_t until_ms, int64_t *looked)
{
	if (is_gone()) {
		errno = ECONNRESET;
		return -1;
	}
	if (errno != EINTR && errno != ENOMSG)
		return -1;
	if (until_ms && now >= until_ms) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (now - *looked < LOOK_MS)
		return 0;
	*looked = now;
	if (supervisor_lives(c))
		return 0;
	errno = ECONNRESET;
	return -1;
}

/* Sleeps until an answer comes; its size, or -1 with errno. */
static ssize_t await(struct ipc_client *c, struct ipc_record *r, int64_t until_ms)
{
	int64_t now = record_now_ms(), looked = now;
	struct alarm a;
	bool has_alarm = alarm_begin(&a) == 0;
	ssize_t n = -1;

	errno = EINTR;
	while (n < 0 && go_on(c, now, until_ms, &looked) == 0) {
		int64_t left = until_ms ? until_ms - now : LOOK_MS;

		if (has_alarm)
			alarm_within(&a, left < LOOK_MS ? left : LOOK_MS);
		else
			nap();
		n = receive_answer(c, r, has_alarm ? 0 : IPC_NOWAIT);
		now = record_now_ms();
	}
	if (has_alarm)
		alarm_end(&a);
	return n;
}

/* A supervisor on our core has answered once we have made way for it. */
int ipc_next_answer(struct ipc_client *c, struct ipc_record *answer, int64_t until_ms)
{
	ssize_t n;

	if (c->n_stashed) {
		*answer = c->stash[c->stash_first++];
		c->n_stashed--;
		return record_take_answer(answer, sizeof *answer);
	}
	n = receive_answer(c, answer, IPC_NOWAIT);
	if (n < 0 && errno == ENOMSG) {
		sched_yield();
		n = receive_answer(c, answer, IPC_NOWAIT);
	}
	if (n < 0 && errno == ENOMSG)
		n = await(c, answer, until_ms);
	if (n >= 0)
		return record_take_answer(answer, (size_t)n);
	if (is_gone())
		errno = ECONNRESET;
	return -1;
}

/* ---- requests ---- */

/* Takes what has been answered, so that we are not in our own way. */
static void take_to_stash(struct ipc_client *c)
{
	if (!c->stash)
		c->stash = malloc(STASH_MAX * sizeof *c->stash);
	if (!c->n_stashed)
		c->stash_first = 0;
	while (c->stash && c->stash_first + c->n_stashed < STASH_MAX) {
		struct ipc_record *r = &c->stash[c->stash_first + c->n_stashed];

		if (receive_answer(c, r, IPC_NOWAIT) != (ssize_t)sizeof *r)
			return;
		c->n_stashed++;
	}
}

static int send_once(const struct ipc_client *c, const struct msq_answer *m)
{
	return msgsnd(c->requests, m, sizeof m->record, IPC_NOWAIT);
}

/* For half of `us` to one and a half of it, so that those who left at once do not
 * return at once. */
static void stand_back(const struct ipc_record *r, unsigned n, long us)
{
	uint64_t dice = (r->id ^ r->token) * (2 * (uint64_t)n + 1) >> 32;
	const struct timespec t = {.tv_nsec = us * 500 + (long)(dice % (uint64_t)us) * 1000};

	nanosleep(&t, NULL);
}

/* The queue is full: the server is told, and we come again.  Whoever waited in
 * msgsnd(2) would be woken by the kernel for each message that is taken, and so would
 * all others who wait there: a thousand clients, a thousand times for one request.
 * 0, or -1 with errno. */
static int send_patiently(struct ipc_client *c, const struct msq_answer *m)
{
	int64_t until_ms = m->record.expires_ms;
	long us = FULL_US;

	if (!until_ms)
		until_ms = record_now_ms() + IPC_EXPIRES_MAX_MS;
	for (unsigned n = 0; n == 0 || record_now_ms() < until_ms; n++) {
		bool long_enough = us >= (c->outstanding ? FULL_OWN_US : FULL_MAX_US);

		if (n == 0 || long_enough)
			sysv_ring(c->holder.pid); /* who filled it may have died before ringing */
		if (c->outstanding)
			take_to_stash(c);
		stand_back(&m->record, n, us);
		if (send_once(c, m) == 0)
			return 0;
		if (errno != EAGAIN)
			return -1;
		us *= long_enough ? 1 : 4;
	}
	errno = ETIMEDOUT;
	return -1;
}

static int send_one(struct ipc_client *c, const struct msq_answer *m)
{
	if (send_once(c, m) == 0)
		return 0;
	return errno == EAGAIN ? send_patiently(c, m) : -1;
}

void ipc_sign(struct ipc_client *c, struct ipc_record *r)
{
	r->token = c->token;
	r->pid = c->holder.below ? 0 : (uint32_t)getpid();
}

int ipc_post(struct ipc_client *c, const void *bytes, size_t n)
{
	struct { long type; char bytes[IPC_POST_MAX]; } m;

	m.type = MSQ_REQUEST;
	memcpy(m.bytes, bytes, n);
	if (msgsnd(c->requests, &m, n, IPC_NOWAIT) == 0)
		return ipc_ring(c);
	if (is_gone())
		errno = ECONNRESET;
	return -1;
}

int ipc_ring(struct ipc_client *c)
{
	if (sysv_ring(c->holder.pid) == 0)
		return 0;
	if (errno == ESRCH)
		errno = ECONNRESET;
	return -1;
}

/* Where the queues have been removed, requests under way are lost; but if there
 * are none, nobody needs to know. */
int ipc_request(struct ipc_client *c, const struct ipc_record *request)
{
	struct msq_answer m = {.type = MSQ_REQUEST, .record = *request};
	int sent;

	ipc_sign(c, &m.record);
	sent = send_one(c, &m);
	if (sent < 0 && is_gone() && !c->outstanding && find_queues_patiently(c) == 0) {
		ipc_sign(c, &m.record);
		sent = send_one(c, &m);
	}
	if (sent == 0) {
		c->outstanding++;
		return ipc_ring(c);
	}
	if (is_gone())
		errno = ECONNRESET;
	return -1;
}

int ipc_board_item(struct ipc_client *c, const char *name, size_t n, struct ipc_item *item)
{
	(void)c, (void)name, (void)n, (void)item;
	return -1;
}

int ipc_board_items(struct ipc_client *c, struct ipc_item **items, size_t *n)
{
	(void)c, (void)items, (void)n;
	return -1;
}
