/* check.c - tries what a method needs, and leaves no trace. */
#include "ipc/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/cinit_ipc.h"

void check_explain(struct text *t, int err)
{
	text_str(t, strerror(err));
	if (err == ENOSYS)
		text_str(t, " (this kernel lacks it, or a container forbids it)");
	else if (err == EEXIST)
		text_str(t, " (all its keys are taken by others)");
}

bool check_needs(struct text *t)
{
	bool all = true;

	for (const struct ipc_need *n = ipc_needs; n->what; n++) {
		bool has = n->attempt() == 0;

		text_str(t, n->what);
		text_str(t, ": ");
		if (has)
			text_str(t, "ok");
		else
			check_explain(t, errno);
		text_char(t, '\n');
		all = all && has;
	}
	return all;
}

static int make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int check_rundir(void)
{
	return check_in_rundir(make_file);
}

int check_in_rundir(int (*make)(const char *path))
{
	bool fresh = mkdir(ipc_rundir, 0700) == 0;
	char path[PATH_MAX];
	struct text t;
	int r, err;

	if (!fresh && errno != EEXIST)
		return -1;
	text_init(&t, path, sizeof path);
	text_str(&t, ipc_rundir);
	text_str(&t, "/check.");
	text_i64(&t, getpid());
	r = make(path);
	err = errno;
	if (r == 0)
		unlink(path);
	if (fresh)
		rmdir(ipc_rundir);
	errno = err;
	return r;
}

int check_semaphore(void)
{
	struct sembuf op = {0, 1, SEM_UNDO | IPC_NOWAIT};
	int id = semget(IPC_PRIVATE, 1, 0600), r, err;

	if (id < 0)
		return -1;
	r = semop(id, &op, 1);
	err = errno;
	semctl(id, 0, IPC_RMID);
	errno = err;
	return r;
}

int check_signalfd(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}
