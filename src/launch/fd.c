/* fd.c - moves descriptors. */
#include "src/launch/fd.h"

#include <errno.h>
#include <fcntl.h>
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
