/* watch.c - one inotify descriptor for RUNDIR.  What its events say is of no
 * interest: whoever is woken looks at everything. */
#include "ipc/watch.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "ipc/text.h"

/* RUNDIR may be anything: what stands in its place must go before it comes back. */
#define RUNDIR (IN_DELETE_SELF | IN_MOVE_SELF | IN_CREATE | IN_DELETE | IN_MOVED_FROM \
                | IN_MOVED_TO | IN_ATTRIB | IN_DONT_FOLLOW)
#define PARENT (IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define ARRIVALS (IN_CREATE | IN_MOVED_TO)
#define READS 256 /* of 4096 bytes: more than a queue of the default length holds */

static int fd = -1, dir = -1, parent = -1;

int watch_drain(void)
{
	char events[4096];

	if (fd < 0)
		fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	for (int i = 0; fd >= 0 && i < READS; i++)
		if (read(fd, events, sizeof events) <= 0)
			break;
	return fd;
}

/* Moves one watch to what its path leads to now; true if it was elsewhere.  The number
 * of a watch is not used again.  A directory that an ordinary user has closed to himself
 * takes no new watch, and keeps the one that it has. */
static bool move(int *watch, const char *path, unsigned events)
{
	int was = *watch, now = inotify_add_watch(fd, path, events);

	if (now == was || (now < 0 && errno == EACCES))
		return false;
	if (was >= 0)
		inotify_rm_watch(fd, was); /* fails where the directory has gone */
	*watch = now;
	return true;
}

/* What stands before the last name of an absolute path. */
static void parent_of(const char *path, char *out, size_t cap)
{
	size_t n = strlen(path);
	struct text t;

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 1 && path[n - 1] != '/')
		n--;
	text_init(&t, out, cap);
	text_mem(&t, path, n);
}

bool watch_follow(const char *rundir)
{
	char path[PATH_MAX];
	bool moved;

	if (fd < 0)
		return false;
	parent_of(rundir, path, sizeof path);
	moved = move(&parent, path, PARENT);
	moved |= move(&dir, rundir, RUNDIR);
	if (dir >= 0)
		return moved;
	moved |= move(&parent, path, PARENT | ARRIVALS);
	return move(&dir, rundir, RUNDIR) || moved; /* it may have come just before */
}
