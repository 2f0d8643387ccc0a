/* lock.c - the instance lock and the checks of RUNDIR. */
#include "ipc/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/sysv.h"
#include "ipc/text.h"

static int lock_fd = -1;

/* Closing any descriptor of a locked file drops the lock, so the old one is
 * only closed when it is known to be another file. */
static void forget(void)
{
	if (lock_fd >= 0)
		close(lock_fd);
	lock_fd = -1;
}

/* A directory of our own that nobody else can write. */
static int open_rundir(const char *rundir, const char **what)
{
	struct stat st;
	int fd;

	*what = "mkdir";
	if (mkdir(rundir, 0755) < 0 && errno != EEXIST)
		return -1;
	*what = "open";
	fd = open(rundir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	*what = "a directory that others own or may write";
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid()
	    && (!(st.st_mode & (S_IWGRP | S_IWOTH)) || fchmod(fd, 0755) == 0))
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

static int write_method(int fd, const char *method)
{
	char line[32];
	struct text t;

	text_init(&t, line, sizeof line);
	text_str(&t, method);
	text_char(&t, '\n');
	if (ftruncate(fd, 0) < 0)
		return -1;
	return pwrite(fd, line, t.len, 0) == (ssize_t)t.len ? 0 : -1;
}

static struct flock whole(short type)
{
	return (struct flock){.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
}

static int take(int fd, pid_t *holder, const char **what)
{
	struct flock l = whole(F_WRLCK);

	*what = "lock";
	if (fcntl(fd, F_SETLK, &l) == 0)
		return 0;
	if (errno != EAGAIN && errno != EACCES)
		return -1;
	*holder = fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? l.l_pid : 0;
	errno = EBUSY;
	return -1;
}

static int lock_path(const char *rundir, char *buf, size_t cap)
{
	struct text t;

	text_init(&t, buf, cap);
	text_str(&t, rundir);
	text_str(&t, "/lock");
	return t.cut ? -1 : 0;
}

static bool file_is_current(const char *rundir)
{
	char path[PATH_MAX];
	struct stat ours, there;

	return lock_fd >= 0 && lock_path(rundir, path, sizeof path) == 0
	       && fstat(lock_fd, &ours) == 0 && lstat(path, &there) == 0
	       && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static int take_file(const char *rundir, const char *method, pid_t *holder, const char **what)
{
	int dir, fd, err;

	*holder = 0;
	if (file_is_current(rundir))
		return 0;
	forget();
	dir = open_rundir(rundir, what);
	if (dir < 0)
		return -1;
	*what = "open lock";
	fd = openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	            0644);
	err = errno;
	close(dir);
	errno = err;
	if (fd < 0)
		return -1;
	if (take(fd, holder, what) < 0) {
		err = errno;
		close(fd);
		errno = err;
		return -1;
	}
	lock_fd = fd;
	*what = "write lock";
	/* A full file system is no reason to go without the lock. */
	return write_method(fd, method) < 0 && errno != ENOSPC ? -1 : 0;
}

/* Which methods do without a file system. */
static bool is_sysv(const char *method)
{
	return strcmp(method, "msq") == 0 || strcmp(method, "shm") == 0;
}

/* The file first: a supervisor of another method may hold it. */
int lock_take(const char *rundir, const char *method, pid_t *holder, const char **what)
{
	int err;

	if (!is_sysv(method))
		return take_file(rundir, method, holder, what);
	if (take_file(rundir, method, holder, what) < 0 && errno == EBUSY)
		return -1;
	*what = "lock by semaphore";
	if (sysv_lock_take(rundir, method, holder) == 0)
		return 0;
	err = errno;
	forget();
	errno = err;
	return -1;
}

int lock_is_current(const char *rundir)
{
	return file_is_current(rundir) && (!sysv_self() || sysv_lock_is_current(rundir));
}

/* Who holds RUNDIR/lock, and its text. */
static pid_t file_holder(const char *rundir, char *buf, size_t cap)
{
	char path[PATH_MAX];
	struct flock l = whole(F_RDLCK);
	ssize_t n;
	int fd;

	if (lock_path(rundir, path, sizeof path) < 0)
		return -1;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, cap - 1);
	buf[n > 0 ? n : 0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	if (fcntl(fd, F_GETLK, &l) < 0 || l.l_type == F_UNLCK)
		l.l_pid = -1;
	close(fd);
	return l.l_pid;
}

pid_t lock_file_holder(const char *rundir)
{
	char method[32];

	return file_holder(rundir, method, sizeof method);
}

pid_t lock_holder(const char *rundir, char *buf, size_t cap)
{
	struct sysv_holder h;
	struct text t;
	pid_t pid;

	buf[0] = '\0';
	pid = file_holder(rundir, buf, cap);
	if ((pid >= 0 && *buf) || sysv_find(rundir, &h) < 0)
		return pid;
	text_init(&t, buf, cap);
	text_str(&t, h.method);
	return h.pid;
}
