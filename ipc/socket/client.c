/* client.c - the client's side of the socket method. */
#include "ipc/client.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/socket/ipc.h"
#include "ipc/text.h"

static int fd = -1;

/* A RUNDIR that is too long for an address is reached through its directory. */
static int connect_from_within(const char *rundir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = IPC_SOCKET_NAME};
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), r = -1, err;

	if (back < 0)
		return -1;
	if (chdir(rundir) == 0)
		r = connect(fd, (const struct sockaddr *)&a, sizeof a);
	err = errno;
	if (fchdir(back) < 0)
		r = -1;
	close(back);
	errno = err;
	return r;
}

int ipc_connect(const char *rundir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct text t;
	int r, err;

	text_init(&t, a.sun_path, sizeof a.sun_path);
	text_str(&t, rundir);
	text_str(&t, "/" IPC_SOCKET_NAME);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	r = t.cut ? connect_from_within(rundir) : connect(fd, (const struct sockaddr *)&a, sizeof a);
	if (r == 0)
		return 0;
	err = errno;
	ipc_close();
	errno = err;
	return -1;
}

int ipc_request(const struct ipc_record *request)
{
	ssize_t n = send(fd, request, sizeof *request, MSG_NOSIGNAL);

	if (n == (ssize_t)sizeof *request)
		return 0;
	if (n >= 0)
		errno = EPROTO;
	return -1;
}

/* Bounds the next recv(): one system call that does not sleep, where poll()
 * would be one more that does. */
static int limit_wait(int64_t until_ms)
{
	int64_t left = until_ms - record_now_ms();
	struct timeval t = {0, 0}; /* for ever */

	if (until_ms == 0)
		return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
	if (left <= 0)
		left = 1;
	t.tv_sec = (time_t)(left / 1000);
	t.tv_usec = (suseconds_t)(left % 1000 * 1000);
	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

int ipc_next_answer(struct ipc_record *answer, int64_t until_ms)
{
	ssize_t n;

	do {
		if (limit_wait(until_ms) < 0)
			return -1;
		n = recv(fd, answer, sizeof *answer, 0);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		errno = ETIMEDOUT;
	if (n < 0)
		return -1;
	if (n == 0) {
		errno = ECONNRESET;
		return -1;
	}
	return record_take_answer(answer, (size_t)n);
}

void ipc_close(void)
{
	if (fd >= 0)
		close(fd);
	fd = -1;
}
