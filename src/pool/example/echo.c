/* echo.c - a worker that says everything back.
 *
 *   echo [-1]     -1: one line of each connection, else until the other side closes
 *
 *   cc -D_GNU_SOURCE echo.c -o echo
 *
 * Streams and datagrams, in both modes of a pool: to be the `on` of a service with
 * `listen` and pool/. */
#include <stdio.h>
#include <string.h>

#include <cinit/worker.h>

static char buf[65536];

/* All of it; -1 when the other side does not want it. */
static int send_all(int fd, const char *bytes, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, bytes, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			return -1;
		if (sent > 0) {
			bytes += sent;
			n -= (size_t)sent;
		}
	}
	return 0;
}

/* Told to end, it leaves a connection on which nothing is under way. */
static int wait_for_more(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	while (poll(&p, 1, cinit_worker_told() ? 100 : 1000) <= 0)
		if (cinit_worker_told())
			return 0;
	return 1;
}

static void serve_stream(int fd, int one_line)
{
	for (;;) {
		ssize_t n;

		if (!one_line && !wait_for_more(fd))
			return;
		n = recv(fd, buf, sizeof buf, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || send_all(fd, buf, (size_t)n) < 0)
			return;
		if (one_line && memchr(buf, '\n', (size_t)n))
			return;
	}
}

int main(int argc, char **argv)
{
	int one_line = argc > 1 && strcmp(argv[1], "-1") == 0, got;
	struct cinit_worker worker;
	struct cinit_worker_request request;

	if (cinit_worker_begin(&worker) < 0) {
		perror("echo: no worker of a pool");
		return 1;
	}
	while ((got = cinit_worker_take(&worker, &request, buf, sizeof buf)) > 0) {
		if (request.head.kind == CINIT_DATAGRAM) {
			if (cinit_worker_answer(&request, buf, request.len) < 0)
				perror("echo: answer"); /* the sender may be gone */
		} else {
			serve_stream(request.fd, one_line);
			close(request.fd);
		}
		if (cinit_worker_done(&worker) < 0)
			got = -1;
	}
	if (got < 0)
		perror("echo");
	return got < 0;
}
