/* ipc-herd.c - many clients that begin at once, each asking for the states of many
 * services and checking that every answer is its own, right, and the only one.
 *
 *   ipc-herd RUNDIR CLIENTS REQUESTS SERVICES      services are called s1, s2, ...; all are up
 *
 * Prints "stuck at N" each time that nothing has moved for a while, and at the end
 * "N answers, N wrong, N foreign, N double, N lost, slowest N ms, N sleeps a request":
 * so often a client went to sleep, on average. */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/client.h"

#define ANSWER_MS 90000    /* nobody should have to wait so long */
#define STUCK_MS 500       /* without any progress */
#define MORE_MS 20         /* in which a second answer would have come */

struct report {
	unsigned answers, wrong, foreign, doubles;
	int64_t slowest_ms;
};

static struct ipc_client connection;
static atomic_uint *progress; /* of all clients */

static bool is_right(const struct ipc_record *a, const struct ipc_record *q, const char *name)
{
	struct ipc_item item;
	size_t cursor = 0;

	return a->verb == q->verb && a->result == RES_DONE && a->n_items == 1
	       && record_get_item(a, &cursor, &item) && item.state == SVC_UP
	       && strcmp(item.name, name) == 0;
}

/* The state, or a wait that is over at once: two ways through the supervisor. */
static void ask_once(struct report *r, unsigned service, bool waits)
{
	struct ipc_record q, a;
	char name[32];
	int64_t before = record_now_ms(), took;

	snprintf(name, sizeof name, "s%u", service);
	record_init(&q);
	q.id = ipc_random_id();
	q.verb = waits ? VERB_WAIT : VERB_STATUS;
	q.goal = waits ? GOAL_UP : GOAL_NOW;
	record_set_name(&q, name, strlen(name));
	if (ipc_request(&connection, &q) < 0) {
		perror("ipc-herd: request");
		return;
	}
	atomic_fetch_add(progress, 1);
	do {
		if (ipc_next_answer(&connection, &a, before + ANSWER_MS) < 0) {
			perror("ipc-herd: answer");
			return;
		}
		r->foreign += a.id != q.id;
	} while (a.id != q.id);
	atomic_fetch_add(progress, 1);
	r->answers++;
	r->wrong += !is_right(&a, &q, name);
	took = record_now_ms() - before;
	if (took > r->slowest_ms)
		r->slowest_ms = took;
}

static void client(char **argv, unsigned number, int gate, int out)
{
	unsigned requests = (unsigned)atoi(argv[3]), services = (unsigned)atoi(argv[4]);
	struct report r = {0, 0, 0, 0, 0};
	struct ipc_record more;
	char c;

	(void)!read(gate, &c, 1); /* until all are there */
	if (ipc_connect(&connection, argv[1]) == 0) {
		for (unsigned i = 0; i < requests; i++)
			ask_once(&r, (number * 7 + i) % services + 1, i % 2);
		while (ipc_next_answer(&connection, &more, record_now_ms() + MORE_MS) == 0)
			r.doubles++;
		ipc_close(&connection);
	} else {
		perror("ipc-herd: connect");
	}
	_exit(write(out, &r, sizeof r) != (ssize_t)sizeof r);
}

/* Waits for the next report; says so when nothing moves. */
static void await(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	unsigned before;

	do {
		before = atomic_load(progress);
		if (poll(&p, 1, STUCK_MS) != 0)
			return;
		if (atomic_load(progress) == before) {
			printf("stuck at %u\n", before);
			fflush(stdout);
		}
	} while (true);
}

static struct report collect(int fd)
{
	struct report all = {0, 0, 0, 0, 0}, r;

	for (;;) {
		await(fd);
		if (read(fd, &r, sizeof r) != (ssize_t)sizeof r)
			return all;
		all.answers += r.answers;
		all.wrong += r.wrong;
		all.foreign += r.foreign;
		all.doubles += r.doubles;
		if (r.slowest_ms > all.slowest_ms)
			all.slowest_ms = r.slowest_ms;
	}
}

/* Of all clients, which have been waited for. */
static long sleeps(void)
{
	struct rusage u;

	return getrusage(RUSAGE_CHILDREN, &u) < 0 ? 0 : u.ru_nvcsw;
}

int main(int argc, char **argv)
{
	unsigned clients = argc == 5 ? (unsigned)atoi(argv[2]) : 0;
	unsigned asked = argc == 5 ? clients * (unsigned)atoi(argv[3]) : 0;
	struct report all;
	int reports[2], gate[2];

	if (argc != 5 || pipe(reports) < 0 || pipe(gate) < 0)
		return 2;
	progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (progress == MAP_FAILED)
		return 2;
	for (unsigned i = 0; i < clients; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			close(gate[1]);
			client(argv, i, gate[0], reports[1]);
		}
		if (pid < 0)
			perror("ipc-herd: fork");
	}
	close(reports[1]);
	close(gate[1]);
	all = collect(reports[0]);
	while (wait(NULL) > 0)
		;
	printf("%u answers, %u wrong, %u foreign, %u double, %u lost, slowest %lld ms, %ld sleeps a request\n",
	       all.answers, all.wrong, all.foreign, all.doubles, asked - all.answers,
	       (long long)all.slowest_ms, asked ? sleeps() / (long)asked : 0);
	return 0;
}
