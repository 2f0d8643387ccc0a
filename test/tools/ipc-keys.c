/* ipc-keys.c - the System V keys of a RUNDIR, from outside.
 *
 *   ipc-keys lock RUNDIR UID SLOT        prints the key of that lock
 *   ipc-keys collide DIR                 two names below DIR whose locks have one key
 *   ipc-keys squat RUNDIR UID SLOTS      makes semaphores, queues and segments, 0666, at
 *                                        the first SLOTS locks' keys and all their objects' */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <unistd.h>

#include "ipc/sysv.h"

#define NAMES 65536 /* of 2^26 keys: some two are alike, all but surely */

static int made;

static void squat_at(key_t key, int semaphore)
{
	int id = semaphore ? semget(key, 9, IPC_CREAT | IPC_EXCL | 0666) : 0;

	made += id >= 0;
	if (semaphore)
		return;
	made += msgget(key, IPC_CREAT | IPC_EXCL | 0666) >= 0;
	made += shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0666) >= 0;
}

static int squat(const char *rundir, uid_t uid, unsigned slots)
{
	for (unsigned slot = 0; slot < slots; slot++) {
		key_t lock = sysv_lock_key(rundir, uid, slot);

		squat_at(lock, 1);
		for (key_t object = 0; object < 2 * SYSV_PROBES; object++)
			squat_at(lock | object, 0);
	}
	printf("%d objects\n", made);
	return made ? 0 : 1;
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Key above, number of the name below. */
static int collide(const char *dir)
{
	static uint64_t seen[NAMES];
	char path[4096];

	for (uint32_t i = 0; i < NAMES; i++) {
		snprintf(path, sizeof path, "%s/%u", dir, i);
		seen[i] = (uint64_t)(uint32_t)sysv_lock_key(path, geteuid(), 0) << 32 | i;
	}
	qsort(seen, NAMES, sizeof *seen, compare);
	for (uint32_t i = 1; i < NAMES; i++)
		if (seen[i] >> 32 == seen[i - 1] >> 32) {
			printf("%s/%u\n%s/%u\n", dir, (uint32_t)seen[i - 1], dir, (uint32_t)seen[i]);
			return 0;
		}
	return 1;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "collide") == 0)
		return collide(argv[2]);
	if (argc != 5)
		return 2;
	if (strcmp(argv[1], "squat") == 0)
		return squat(argv[2], (uid_t)atoi(argv[3]), (unsigned)atoi(argv[4]));
	printf("0x%08x\n", (unsigned)sysv_lock_key(argv[2], (uid_t)atoi(argv[3]), (unsigned)atoi(argv[4])));
	return 0;
}
