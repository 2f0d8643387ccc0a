/* fd.c - moves descriptors. */
#include "src/launch/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

int fd_move_up(int fd)
{
	int moved = fd < 0 || fd >= FD_OWN ? fd : fcntl(fd, F_DUPFD_CLOEXEC, FD_OWN);
	int err = errno;

	if (fd >= 0 && moved != fd)
		close(fd);
	errno = err;
	return moved;
}

void fd_close_range(unsigned from, unsigned to)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, from, to, 0u) == 0)
		return;
#endif
	for (unsigned fd = from; fd <= to && fd < FD_SEARCH; fd++)
		close((int)fd);
}
