/* client.c - the client's side of the socket method.
 *
 * One connection, on which each record is one packet; nothing is left behind when it is closed,
 * or when its process is killed. */
#include "ipc/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/socket/ipc.h"
#include "ipc/text.h"

static int connect_to(int fd, const struct sockaddr_un *a)
{
	return connect(fd, (const struct sockaddr *)a, sizeof *a);
}

/* Without /proc: from within the directory. */
static int connect_from_within(int fd, int dir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = IPC_SOCKET_NAME};
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), r = -1, err;

	if (back < 0)
		return -1;
	if (fchdir(dir) == 0)
		r = connect_to(fd, &a);
	err = errno;
	if (fchdir(back) < 0)
		r = -1;
	close(back);
	errno = err;
	return r;
}

/* A RUNDIR that is too long for an address is reached through a descriptor. */
static int connect_by_descriptor(int fd, const char *rundir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int dir = open(rundir, O_PATH | O_DIRECTORY | O_CLOEXEC), r, err;
	struct text t;

	if (dir < 0)
		return -1;
	text_init(&t, a.sun_path, sizeof a.sun_path);
	text_str(&t, "/proc/self/fd/");
	text_i64(&t, dir);
	r = access(a.sun_path, F_OK);
	text_str(&t, "/" IPC_SOCKET_NAME);
	r = r == 0 ? connect_to(fd, &a) : connect_from_within(fd, dir);
	err = errno;
	close(dir);
	errno = err;
	return r;
}

int ipc_connect(struct ipc_client *c, const char *rundir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct text t;
	int r, err;

	text_init(&t, a.sun_path, sizeof a.sun_path);
	text_str(&t, rundir);
	text_str(&t, "/" IPC_SOCKET_NAME);
	c->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		return -1;
	r = t.cut ? connect_by_descriptor(c->fd, rundir) : connect_to(c->fd, &a);
	if (r == 0)
		return 0;
	err = errno;
	ipc_close(c);
	errno = err;
	return -1;
}

/* The kernel knows whose connection it is. */
void ipc_sign(struct ipc_client *c, struct ipc_record *r)
{
	(void)c;
	(void)r;
}

int ipc_post(struct ipc_client *c, const void *bytes, size_t n)
{
	ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent == (ssize_t)n)
		return 0;
	if (sent >= 0)
		errno = EPROTO;
	else if (errno == EPIPE)
		errno = ECONNRESET;
	return -1;
}

int ipc_ring(struct ipc_client *c)
{
	(void)c;
	return 0;
}

/* Waits until the connection takes more, at most until until_ms. */
static int wait_for_room(struct ipc_client *c, int64_t until_ms)
{
	struct pollfd p = {.fd = c->fd, .events = POLLOUT};
	int64_t left = until_ms - record_now_ms();
	int n = poll(&p, 1, left > INT_MAX ? INT_MAX : left < 0 ? 0 : (int)left);

	if (n > 0 || (n < 0 && errno == EINTR))
		return 0;
	if (n == 0)
		errno = ETIMEDOUT;
	return -1;
}

int ipc_request(struct ipc_client *c, const struct ipc_record *request)
{
	int64_t until_ms = request->expires_ms;

	while (ipc_post(c, request, sizeof *request) < 0) {
		if (errno != EAGAIN)
			return -1;
		if (!until_ms)
			until_ms = record_now_ms() + IPC_EXPIRES_MAX_MS;
		if (wait_for_room(c, until_ms) < 0)
			return -1;
	}
	return 0;
}

/* Bounds the next recv(): one system call that does not sleep, where poll()
 * would be one more that does. */
static int limit_wait(int fd, int64_t left)
{
	struct timeval t = {.tv_sec = (time_t)(left / 1000), .tv_usec = (suseconds_t)(left % 1000 * 1000)};

	return setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
}

int ipc_next_answer(struct ipc_client *c, struct ipc_record *answer, int64_t until_ms)
{
	ssize_t n;

	do {
		int64_t left = until_ms ? until_ms - record_now_ms() : 0;

		if ((!until_ms || left > 0) && limit_wait(c->fd, left) < 0)
			return -1;
		n = recv(c->fd, answer, sizeof *answer, until_ms && left <= 0 ? MSG_DONTWAIT : 0);
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

void ipc_close(struct ipc_client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void ipc_leave(struct ipc_client *c)
{
	(void)c;
}

int ipc_board_item(struct ipc_client *c, const char *name, size_t n, struct ipc_item *item)
{
	(void)c, (void)name, (void)n, (void)item;
	return -1;
}

int ipc_board_items(struct ipc_client *c, struct ipc_item **items, size_t *n)
{
	(void)c, (void)items, (void)n;
	return -1;
}
