/* inherited.c - sorts the descriptors that we were started with. */
#include "src/pool/inherited.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/launch/fd.h"
#include "src/tree/address.h"

static bool variable(const char *name, uint64_t max, uint64_t *value)
{
	const char *s = getenv(name);

	return s && parse_u64(s, strlen(s), max, value);
}

/* As the convention has it: they are ours only if we are named. */
static unsigned count_sockets(void)
{
	uint64_t pid, n;

	if (!variable("LISTEN_PID", INT32_MAX, &pid) || pid != (uint64_t)getpid() ||
	    !variable("LISTEN_FDS", LISTEN_MAX, &n))
		return 0;
	return (unsigned)n;
}

static int move(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, INHERITED_OWN_FD);

	if (moved >= 0)
		close(fd);
	return moved;
}

/* The descriptor that a variable names, moved; -1: there is none. */
static int move_inherited(const char *name, unsigned n_sockets)
{
	uint64_t fd;

	if (!variable(name, INT32_MAX, &fd) || fd < INHERITED_FIRST_FD + n_sockets)
		return -1;
	return move((int)fd);
}

/* All from `from` on but these. */
static void close_others(int from, const int *kept, unsigned n)
{
	for (;;) {
		int next = INT32_MAX;

		for (unsigned i = 0; i < n; i++)
			if (kept[i] >= from && kept[i] < next)
				next = kept[i];
		if (next > from)
			fd_close_range((unsigned)from, (unsigned)(next - (next < INT32_MAX)));
		if (next == INT32_MAX)
			return;
		from = next + 1;
	}
}

/* 0 to 2 must be something, or the next open becomes one of them. */
static int fill_standard(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -1;
	return 0;
}

int inherited_take(struct inherited *in, int *keep_fd)
{
	int kept[3];

	if (fill_standard() < 0)
		return -1;
	in->n_sockets = count_sockets();
	in->ready_fd = move_inherited("CINIT_READY_FD", in->n_sockets);
	in->control_fd = move_inherited("CINIT_CONTROL_FD", in->n_sockets);
	kept[0] = *keep_fd = move(*keep_fd);
	kept[1] = in->ready_fd;
	kept[2] = in->control_fd;
	if (*keep_fd < 0)
		return -1;
	close_others(INHERITED_FIRST_FD + (int)in->n_sockets, kept, 3);
	return 0;
}
