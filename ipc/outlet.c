/* outlet.c - finds out what descriptor 2 is, and writes to it as that allows.  Keeps one
 * descriptor, for a device. */
#include "ipc/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

static int own_fd = -1;  /* the device, by a description of our own */
static struct stat own;  /* what descriptor 2 was then */

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_rdev == b->st_rdev;
}

static int open_device(const char *path)
{
	return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* Not below 3, where somebody may have left a gap for a program. */
static int out_of_the_way(int fd)
{
	int high = fd < 0 || fd > 2 ? fd : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (high != fd)
		close(fd);
	return high;
}

/* By another name, where /proc is missing or its owner does not let us.  The controlling
 * terminal is open to everybody who has it. */
static int open_by_name(const struct stat *st)
{
	if (tcgetsid(2) >= 0)
		return open_device("/dev/tty");
	if (st->st_rdev == makedev(5, 1))
		return open_device("/dev/console");
	errno = ENXIO;
	return -1;
}

static bool find_device(const struct stat *st)
{
	struct stat there;

	if (own_fd >= 0 && is_same(st, &own))
		return true;
	if (own_fd >= 0)
		close(own_fd);
	own = *st;
	own_fd = open_device("/proc/self/fd/2");
	if (own_fd >= 0 && (fstat(own_fd, &there) < 0 || there.st_rdev != st->st_rdev)) {
		close(own_fd);
		own_fd = -1;
	}
	if (own_fd < 0)
		own_fd = open_by_name(st);
	own_fd = out_of_the_way(own_fd);
	return own_fd >= 0;
}

static ssize_t to_device(const struct stat *st, const char *bytes, size_t n)
{
	ssize_t r;
	int error;

	if (!find_device(st))
		return isatty(2) ? -1 : write(2, bytes, n); /* the others never wait for a reader */
	r = write(own_fd, bytes, n);
	if (r < 0 && errno != EAGAIN) {
		error = errno;
		close(own_fd); /* it may be another one next time */
		own_fd = -1;
		errno = error;
	}
	return r;
}

/* What is not moved goes with our pipe. */
static ssize_t to_pipe(const char *bytes, size_t n)
{
	int ends[2], error;
	ssize_t r;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		errno = EAGAIN; /* a shortage */
		return -1;
	}
	r = write(ends[1], bytes, n);
	if (r > 0)
		r = splice(ends[0], NULL, 2, NULL, (size_t)r, SPLICE_F_NONBLOCK);
	error = errno;
	close(ends[0]);
	close(ends[1]);
	errno = error;
	return r;
}

static ssize_t write_as(const struct stat *st, const char *bytes, size_t n)
{
	switch (st->st_mode & S_IFMT) {
	case S_IFCHR: return to_device(st, bytes, n);
	case S_IFIFO: return to_pipe(bytes, n);
	case S_IFSOCK: return send(2, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	default: return write(2, bytes, n);
	}
}

ssize_t outlet_write(const char *bytes, size_t n)
{
	struct stat st;
	ssize_t r;

	if (fstat(2, &st) < 0)
		return -1;
	r = write_as(&st, bytes, n < OUTLET_MAX ? n : OUTLET_MAX);
	if (r < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM))
		return 0;
	return r;
}

int outlet_fd(void)
{
	struct stat st;

	return own_fd >= 0 && fstat(2, &st) == 0 && is_same(&st, &own) ? own_fd : 2;
}
