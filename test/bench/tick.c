/* tick.c - the service that the benchmark starts.
 *
 *   tick [stay]   reports that it runs, then waits for TERM
 *   tick once     reports that it ran, and is done: exit 0
 *
 * Anything else as the first argument is "stay": some supervisors pass a name.
 */
#include "test/bench/tick.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec now;
	struct tick t = { .magic = TICK_MAGIC };

	if (clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return 1;
	t.ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
	t.pid = (int32_t)getpid();
	if (write(STDOUT_FILENO, &t, sizeof t) != (ssize_t)sizeof t)
		return 1;
	if (argc > 1 && strcmp(argv[1], "once") == 0)
		return 0;
	for (;;)
		pause();
}
