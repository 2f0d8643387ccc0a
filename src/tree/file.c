/* file.c - looks first, then opens. */
#include "src/tree/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"

/* Looking first keeps a device from being opened, O_NONBLOCK a FIFO from waiting. */
int file_open(int dir_fd, const char *name, int64_t max)
{
	struct stat st;

	if (fstatat(dir_fd, name, &st, 0) < 0)
		return -1;
	if (S_ISREG(st.st_mode) && st.st_size <= max)
		return openat(dir_fd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
	return -1;
}

bool file_is_absent(int dir_fd, const char *name)
{
	struct stat st;

	return fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0;
}

long file_read(int fd, void *buf, size_t n)
{
	ssize_t got;

	do
		got = read(fd, buf, n);
	while (got < 0 && errno == EINTR);
	return got;
}

int file_begin(int dir_fd, const char *name, char *buf, size_t cap, size_t *len)
{
	int fd = file_open(dir_fd, name, FILE_ANY_SIZE), error;
	long n;

	if (fd < 0)
		return (errno == ENOENT || errno == ENOTDIR) && file_is_absent(dir_fd, name) ? 0 : -1;
	n = file_read(fd, buf, cap);
	error = errno;
	close(fd);
	errno = error;
	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -1 : 1;
}

const char *file_error(int error)
{
	if (error == EINVAL)
		return "not a file";
	return error == EFBIG ? "larger than " LIMIT_TEXT(CONFIG_FILE_MAX_MIB) " MiB" : strerror(error);
}
