/* lock.c - the instance lock and the checks of RUNDIR. */
#include "ipc/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h> /* renameat() */
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/sysv.h"
#include "ipc/text.h"

/* A file that bears a lock. */
struct bearer {
	char name[12];
	mode_t mode;
	int fd;
};

/* Whoever can read a file can lock it for reading, and keep us from locking it.  So the
 * one that decides is closed to others, and what they see is a second one, which we lock
 * when we hold the first: it tells them who we are, and keeps away a supervisor of before,
 * which knows no other.  One that a stranger has locked is replaced. */
static struct bearer instance = {"instance", 0600, -1}, sign = {"lock", 0644, -1};

static struct stat place; /* RUNDIR as it was when we came, but closed to other writers */

/* Closing any descriptor of a locked file drops the lock, so the old one is
 * only closed when it is known to be another file. */
static void close_bearer(struct bearer *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

static void close_both(void)
{
	close_bearer(&sign);
	close_bearer(&instance);
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* An ordinary user whose own directory has been closed to him, too. */
static int reopen(const char *rundir, int flags)
{
	struct stat st;

	if (errno != EACCES || lstat(rundir, &st) < 0 || !is_same(&st, &place)
	    || chmod(rundir, place.st_mode & 07777) < 0)
		return -1;
	return open(rundir, flags);
}

/* A directory of our own that nobody else can write, with the mode that it had. */
static int open_rundir(const char *rundir, const char **what)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	struct stat st;
	mode_t mode;
	int fd;

	*what = "mkdir";
	if (mkdir(rundir, 0755) < 0 && errno != EEXIST)
		return -1;
	*what = "open";
	fd = open(rundir, flags);
	if (fd < 0)
		fd = reopen(rundir, flags);
	if (fd < 0)
		return -1;
	*what = "a directory that others own or may write";
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid()) {
		mode = (is_same(&st, &place) ? place.st_mode : st.st_mode) & 07777 & ~(mode_t)022;
		if ((st.st_mode & 07777) == mode || fchmod(fd, mode) == 0) {
			place = st;
			place.st_mode = mode;
			return fd;
		}
	}
	close(fd);
	errno = EPERM;
	return -1;
}

static bool is_place(const char *rundir)
{
	struct stat st;

	return lstat(rundir, &st) == 0 && is_same(&st, &place) && st.st_uid == geteuid()
	       && (st.st_mode & 07777) == place.st_mode;
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

/* Who holds a lock that we could not have: 0 if nobody any more, and in another PID
 * namespace. */
static short holder_of(int fd, pid_t *holder)
{
	struct flock l = whole(F_WRLCK);

	if (fcntl(fd, F_GETLK, &l) < 0)
		l.l_type = F_UNLCK;
	*holder = l.l_type == F_UNLCK ? 0 : l.l_pid;
	return l.l_type;
}

static int lock_file(int fd, const char **what)
{
	struct flock l = whole(F_WRLCK);

	*what = "lock";
	if (fcntl(fd, F_SETLK, &l) == 0)
		return 0;
	if (errno == EACCES)
		errno = EAGAIN;
	return -1;
}

static int file_path(const char *rundir, const char *name, char *buf, size_t cap)
{
	struct text t;

	text_init(&t, buf, cap);
	text_str(&t, rundir);
	text_char(&t, '/');
	text_str(&t, name);
	return t.cut ? -1 : 0;
}

/* Mends its mode, too: whoever may write the file could lock it. */
static bool is_current(const struct bearer *b, const char *rundir)
{
	char path[PATH_MAX];
	struct stat ours, there;

	if (b->fd < 0 || file_path(rundir, b->name, path, sizeof path) < 0 || fstat(b->fd, &ours) < 0
	    || lstat(path, &there) < 0 || !is_same(&ours, &there))
		return false;
	return (ours.st_mode & 07777) == b->mode || fchmod(b->fd, b->mode) == 0;
}

static bool is_lock_file(int fd, mode_t mode)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && st.st_nlink == 1
	       && ((st.st_mode & 07777) == mode || fchmod(fd, mode) == 0);
}

static int open_lock(int dir, const struct bearer *b, const char **what)
{
	int fd;

	*what = "open lock";
	fd = openat(dir, b->name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
	            b->mode);
	if (fd < 0 || is_lock_file(fd, b->mode))
		return fd;
	*what = "a lock that is no file of ours";
	close(fd);
	errno = EPERM;
	return -1;
}

static int fail_with(int fd, int error)
{
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

/* The lock that decides. */
static int take_instance(int dir, pid_t *holder, const char **what)
{
	int fd = open_lock(dir, &instance, what);

	if (fd < 0)
		return -1;
	if (lock_file(fd, what) < 0) {
		if (errno != EAGAIN)
			return fail_with(fd, errno);
		holder_of(fd, holder);
		return fail_with(fd, EBUSY);
	}
	instance.fd = fd;
	return 0;
}

/* Another file in the place of the sign, which nobody else can open before it is locked. */
static int replace_sign(int dir, const char **what)
{
	static const char name[] = "lock.new";
	int fd;

	*what = "replace lock";
	if (unlinkat(dir, name, 0) < 0 && errno != ENOENT)
		return -1;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (lock_file(fd, what) < 0 || fchmod(fd, sign.mode) < 0 || renameat(dir, name, dir, sign.name) < 0)
		return fail_with(fd, errno);
	sign.fd = fd;
	return 0;
}

/* Only a supervisor of before can have it for writing. */
static int take_sign(int dir, pid_t *holder, const char **what)
{
	int fd = open_lock(dir, &sign, what);

	if (fd < 0)
		return -1;
	if (lock_file(fd, what) == 0) {
		sign.fd = fd;
		return 0;
	}
	if (errno != EAGAIN)
		return fail_with(fd, errno);
	if (holder_of(fd, holder) == F_WRLCK)
		return fail_with(fd, EBUSY);
	*holder = 0;
	close(fd);
	return replace_sign(dir, what);
}

static int take_missing(int dir, const char *rundir, pid_t *holder, const char **what)
{
	if (!is_current(&instance, rundir)) {
		close_bearer(&instance);
		if (take_instance(dir, holder, what) < 0)
			return -1;
	}
	if (is_current(&sign, rundir))
		return 0;
	close_bearer(&sign);
	return take_sign(dir, holder, what);
}

static int take_file(const char *rundir, pid_t *holder, const char **what)
{
	int dir = open_rundir(rundir, what), r, err;

	if (dir < 0) {
		err = errno;
		close_both();
		errno = err;
		return -1;
	}
	r = take_missing(dir, rundir, holder, what);
	err = errno;
	if (r < 0)
		close_both();
	close(dir);
	errno = err;
	return r;
}

/* Which methods do without a file system. */
static bool is_sysv(const char *method)
{
	return strcmp(method, "msq") == 0 || strcmp(method, "shm") == 0;
}

/* The semaphore, and a look at the file, should it be one that we cannot write. */
static int take_semaphore(const char *rundir, const char *method, pid_t *holder, const char **what)
{
	*what = "lock by semaphore";
	if (sysv_lock_take(rundir, method, holder) < 0)
		return -1;
	if (sign.fd >= 0 || (*holder = lock_file_holder(rundir)) < 0 || *holder == getpid())
		return 0;
	sysv_lock_drop();
	errno = EBUSY;
	return -1;
}

static int take_both(const char *rundir, const char *method, pid_t *holder, const char **what)
{
	int r = take_file(rundir, holder, what);

	if (!is_sysv(method))
		return r < 0 ? r : sysv_lock_look(rundir, holder);
	return r < 0 && errno == EBUSY ? r : take_semaphore(rundir, method, holder, what);
}

int lock_take(const char *rundir, const char *method, pid_t *holder, const char **what)
{
	int err;

	*holder = 0;
	if (take_both(rundir, method, holder, what) < 0) {
		err = errno;
		close_both();
		errno = err;
		return -1;
	}
	*what = "write lock";
	/* A full file system is no reason to go without the lock. */
	return sign.fd >= 0 && write_method(sign.fd, method) < 0 && errno != ENOSPC ? -1 : 0;
}

int lock_is_current(const char *rundir)
{
	return is_place(rundir) && is_current(&instance, rundir) && is_current(&sign, rundir)
	       && (!sysv_self() || sysv_lock_is_current(rundir));
}

void lock_end(void)
{
	sysv_lock_drop();
	close_both();
}

/* Who holds RUNDIR/lock, and its text. */
static pid_t file_holder(const char *rundir, char *buf, size_t cap)
{
	char path[PATH_MAX];
	struct flock l = whole(F_RDLCK);
	ssize_t n;
	int fd;

	if (file_path(rundir, sign.name, path, sizeof path) < 0)
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
