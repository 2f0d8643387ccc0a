/* ipc-honest.c - a client as it should be: connects, asks for the state of a service,
 * reads the answer and leaves; over and over, until its standard input ends.
 *
 *   ipc-honest RUNDIR NAME [TIMES]
 *
 * Prints "ready" after the first round, and at the end "N rounds, N failed, slowest
 * N ms, echo N ms": what another process took at most to answer.  Never the status board: that would cost no request. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/client.h"
#include "test/tools/echo.h"

#define ANSWER_MS 30000
#define PACE_MS 5          /* it shares its machine with those that it is measured beside */

/* Milliseconds that it took, or -1. */
static int64_t once(const char *rundir, const char *name)
{
	struct ipc_client c;
	struct ipc_record q, a;
	int64_t before = record_now_ms();
	bool right;

	if (ipc_connect(&c, rundir) < 0) {
		perror("ipc-honest: connect");
		return -1;
	}
	record_init(&q);
	q.id = ipc_random_id();
	q.verb = VERB_STATUS;
	record_set_name(&q, name, strlen(name));
	right = ipc_request(&c, &q) == 0 && ipc_next_answer(&c, &a, before + ANSWER_MS) == 0;
	if (!right)
		perror("ipc-honest");
	else
		right = a.id == q.id && a.result == RES_DONE;
	ipc_close(&c);
	return right ? record_now_ms() - before : -1;
}

int main(int argc, char **argv)
{
	struct pollfd end = {.fd = 0, .events = POLLIN};
	unsigned long rounds = 0, failed = 0, most = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	int64_t slowest = 0, echo = 0;

	if (argc < 3)
		return 2;
	do {
		int64_t ms = once(argv[1], argv[2]), other = echo_ms();

		failed += ms < 0;
		if (ms > slowest)
			slowest = ms;
		if (other > echo)
			echo = other;
		if (rounds++ == 0) {
			puts("ready");
			fflush(stdout);
		}
	} while (rounds != most && poll(&end, 1, PACE_MS) == 0);
	printf("%lu rounds, %lu failed, slowest %lld ms, echo %lld ms\n", rounds, failed,
	       (long long)slowest, (long long)echo);
	return failed != 0;
}
