/* watch.c - one inotify descriptor for RUNDIR.  What its events say is of no
 * interest: whoever is woken looks at everything. */
#include "ipc/watch.h"

#include <limits.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "ipc/text.h"

#define SELF (IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define INSIDE (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB)
#define READS 256 /* of 4096 bytes: more than a queue of the default length holds */

static int fd = -1, dir = -1, parent = -1;

static void drain(void)
{
	char events[4096];

	for (int i = 0; i < READS; i++)
		if (read(fd, events, sizeof events) <= 0)
			return;
}

/* Moves one watch to what its path leads to now. */
static void move(int *watch, const char *path, unsigned events)
{
	int now = inotify_add_watch(fd, path, events);

	if (*watch >= 0 && *watch != now)
		inotify_rm_watch(fd, *watch); /* fails where the directory has gone */
	*watch = now;
}

int watch_renew(const char *rundir)
{
	char path[PATH_MAX];
	const char *end = strrchr(rundir, '/');
	struct text t;

	if (fd < 0)
		fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return -1;
	text_init(&t, path, sizeof path);
	text_mem(&t, rundir, end > rundir ? (size_t)(end - rundir) : 1);
	move(&parent, path, SELF);
	move(&dir, rundir, SELF | INSIDE | IN_DONT_FOLLOW);
	drain();
	return fd;
}
