/* random.c - ids and tokens that nobody guesses. */
#include <stdint.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "ipc/client.h"

uint64_t ipc_random_id(void)
{
	uint64_t id = 0;
	struct timespec t;

	if (getrandom(&id, sizeof id, GRND_NONBLOCK) == (ssize_t)sizeof id && id)
		return id;
	/* Early in a boot the pool may be empty.  An id then only has to be unique. */
	clock_gettime(CLOCK_BOOTTIME, &t);
	return ((uint64_t)t.tv_sec << 30 ^ (uint64_t)t.tv_nsec) << 22 ^ (uint64_t)getpid() ^ 1u << 31;
}
