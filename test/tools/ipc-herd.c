/* ipc-herd.c - many clients at once, each asking for the status of many services,
 * all checking that every answer is theirs and right.
 *
 *   ipc-herd RUNDIR CLIENTS REQUESTS SERVICES      services are called s1, s2, ...
 *
 * Prints "N answers, N wrong, slowest N ms". */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/client.h"

struct report {
	unsigned answers, wrong;
	int64_t slowest_ms;
};

static bool is_right(const struct ipc_record *a, const struct ipc_record *q, const char *name)
{
	struct ipc_item item;
	size_t cursor = 0;

	return a->id == q->id && a->result == RES_DONE && a->n_items == 1
	       && record_get_item(a, &cursor, &item) && strcmp(item.name, name) == 0;
}

static void ask_once(struct ipc_client *c, struct report *r, unsigned service)
{
	struct ipc_record q, a;
	char name[32];
	int64_t before = record_now_ms(), took;

	snprintf(name, sizeof name, "s%u", service);
	record_init(&q);
	q.id = ipc_random_id();
	q.verb = VERB_STATUS;
	record_set_name(&q, name, strlen(name));
	if (ipc_request(c, &q) < 0 || ipc_next_answer(c, &a, before + 60000) < 0)
		return;
	r->answers++;
	r->wrong += !is_right(&a, &q, name);
	took = record_now_ms() - before;
	if (took > r->slowest_ms)
		r->slowest_ms = took;
}

static void client(const char *rundir, unsigned number, unsigned requests, unsigned services, int out)
{
	struct report r = {0, 0, 0};
	struct ipc_client c;

	if (ipc_connect(&c, rundir) == 0)
		for (unsigned i = 0; i < requests; i++)
			ask_once(&c, &r, (number * 7 + i) % services + 1);
	_exit(write(out, &r, sizeof r) != (ssize_t)sizeof r);
}

int main(int argc, char **argv)
{
	struct report all = {0, 0, 0}, r;
	unsigned clients = argc == 5 ? (unsigned)atoi(argv[2]) : 0;
	int fds[2];

	if (argc != 5 || pipe(fds) < 0)
		return 2;
	for (unsigned i = 0; i < clients; i++) {
		pid_t pid = fork();

		if (pid == 0)
			client(argv[1], i, (unsigned)atoi(argv[3]), (unsigned)atoi(argv[4]), fds[1]);
		if (pid < 0)
			perror("fork");
	}
	close(fds[1]);
	while (read(fds[0], &r, sizeof r) == (ssize_t)sizeof r) {
		all.answers += r.answers;
		all.wrong += r.wrong;
		if (r.slowest_ms > all.slowest_ms)
			all.slowest_ms = r.slowest_ms;
	}
	while (wait(NULL) > 0)
		;
	printf("%u answers, %u wrong, slowest %lld ms\n", all.answers, all.wrong,
	       (long long)all.slowest_ms);
	return 0;
}
