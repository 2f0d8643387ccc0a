/* pool-kill.c - kills workers of a pool, one after the other, and measures how long the
 * pool takes to have as many as before.  It runs where the pool's pids are valid.
 *
 *   pool-kill RUNDIR NAME TIMES [PAUSE_MS]
 *
 * The next one is any worker that has lived for a second: who dies before that over and
 * over is in back-off, as it should be.  Between two there are PAUSE_MS.  Prints "N kills,
 * median N ms, slowest N ms". */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ipc/client.h"
#include "ipc/pool.h"

#define WORKERS_MAX 256
#define KILLS_MAX 10000
#define PATIENCE_MS 20000
#define PROVED_US 1100000 /* POOL_HEALTHY_MS of src/pool/rules.h, and some */

struct look {
	struct ipc_pool pool;
	unsigned n;            /* workers that are up */
	pid_t pid[WORKERS_MAX];
	int64_t seen_us[WORKERS_MAX]; /* since when */
};

static struct ipc_client client;
static const char *name;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "pool-kill: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void ask(uint32_t from, struct ipc_record *a)
{
	struct ipc_record q;

	record_init(&q);
	q.id = ipc_random_id();
	q.verb = VERB_WORKERS;
	q.from = from;
	record_set_name(&q, name, strlen(name));
	if (ipc_request(&client, &q) < 0 || ipc_next_answer(&client, a, record_now_ms() + PATIENCE_MS) < 0)
		fail("asking");
	if (a->result != RES_DONE) {
		errno = EPROTO;
		fail(result_word(a->result));
	}
}

/* When it was first seen: now, unless the look before this one knows it. */
static int64_t seen_us(const struct look *before, pid_t pid)
{
	for (unsigned i = 0; i < before->n; i++)
		if (before->pid[i] == pid)
			return before->seen_us[i];
	return now_us();
}

static void take_page(struct look *l, const struct look *before, const struct ipc_record *a)
{
	struct ipc_worker w;

	for (unsigned i = 0; record_get_worker(a, i, &w); i++) {
		if ((w.state != WORKER_IDLE && w.state != WORKER_BUSY) || l->n == WORKERS_MAX)
			continue;
		l->pid[l->n] = w.pid;
		l->seen_us[l->n++] = seen_us(before, w.pid);
	}
}

static void look(struct look *l)
{
	static struct look before;
	struct ipc_record a;
	uint32_t from = 0;

	before = *l;
	l->n = 0;
	do {
		ask(from, &a);
		if (!record_get_pool(&a, &l->pool))
			fail("an answer");
		take_page(l, &before, &a);
		from += a.n_items;
	} while (a.n_items && from < a.total);
}

static bool is_there(const struct look *l, pid_t pid)
{
	for (unsigned i = 0; i < l->n; i++)
		if (l->pid[i] == pid)
			return true;
	return false;
}

/* Any of those that may be next, or 0. */
static pid_t choose(const struct look *l)
{
	pid_t found[WORKERS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < l->n; i++)
		if (now_us() - l->seen_us[i] > PROVED_US)
			found[n++] = l->pid[i];
	return n ? found[(unsigned)rand() % n] : 0;
}

/* Microseconds until the pool has its workers again, without this one. */
static int64_t kill_one(struct look *l)
{
	pid_t victim;
	int64_t since;

	look(l);
	victim = choose(l);
	since = now_us();
	if (victim <= 1 || kill(victim, SIGKILL) < 0)
		return -1; /* nobody yet, or it has ended by itself meanwhile */
	do {
		look(l);
		if (now_us() - since > PATIENCE_MS * 1000)
			fail("it is never as it was");
	} while (is_there(l, victim) || l->n < l->pool.min);
	return now_us() - since;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static int64_t took[KILLS_MAX];
	static struct look l;
	unsigned times = argc > 3 ? (unsigned)atoi(argv[3]) : 0, n = 0;
	long pause_ms = argc > 4 ? atol(argv[4]) : 0;
	const struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};

	if (times == 0 || times > KILLS_MAX)
		return 2;
	name = argv[2];
	srand(1);
	if (ipc_connect(&client, argv[1]) < 0)
		fail(argv[1]);
	while (n < times) {
		int64_t us = kill_one(&l);

		if (us >= 0)
			took[n++] = us;
		nanosleep(&pause, NULL);
	}
	qsort(took, n, sizeof *took, by_value);
	printf("%u kills, median %lld ms, slowest %lld ms\n", n, (long long)(took[n / 2] / 1000),
	       (long long)(took[n - 1] + 999) / 1000);
	return 0;
}
