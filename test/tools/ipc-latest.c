/* ipc-latest.c - asks for the status of one service, over and over, and says how late the
 * latest answer was.
 *
 *   ipc-latest RUNDIR NAME
 *
 * On one connection, a millisecond after each answer, until standard input ends.  Prints
 * "ANSWERS LATEST", the latter in microseconds from the request to its answer. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ipc/client.h"

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Has standard input ended within this millisecond? */
static int is_told_to_end(void)
{
	struct pollfd in = {.fd = 0, .events = POLLIN};
	char byte;

	return poll(&in, 1, 1) > 0 && read(0, &byte, 1) <= 0;
}

static int ask(struct ipc_client *c, uint64_t id, const char *name)
{
	struct ipc_record r, answer;

	record_init(&r);
	r.id = id;
	r.verb = VERB_STATUS;
	r.expires_ms = record_now_ms() + IPC_EXPIRES_MAX_MS / 2;
	record_set_name(&r, name, strlen(name));
	if (ipc_request(c, &r) < 0 || ipc_next_answer(c, &answer, r.expires_ms) < 0)
		return -1;
	return answer.id == id && answer.n_items == 1 ? 0 : -1;
}

int main(int argc, char **argv)
{
	struct ipc_client c;
	uint64_t id = ipc_random_id() >> 1;
	int64_t latest = 0;
	unsigned long n = 0;

	if (argc != 3 || ipc_connect(&c, argv[1]) < 0) {
		perror("ipc-latest: connecting");
		return 2;
	}
	while (!is_told_to_end()) {
		int64_t from = now_us(), took;

		if (ask(&c, ++id, argv[2]) < 0) {
			perror("ipc-latest: asking");
			return 1;
		}
		took = now_us() - from;
		latest = took > latest ? took : latest;
		n++;
	}
	printf("%lu %lld\n", n, (long long)latest);
	ipc_close(&c);
	return 0;
}
