/* serve.c - a service that answers on the sockets that LISTEN_FDS gives it.
 *
 * serve [N [CODE]]: what connects is told "PID NUMBER\n", its pid and the number of the
 * descriptor, and closed; a datagram is answered with the same.  Ends with CODE (1) after N
 * answers, with 9 when what it finds is not what LISTEN_FDS and LISTEN_PID should say. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FIRST 3
#define MOST 32

static long number_in(const char *name)
{
	const char *value = getenv(name);

	return value ? strtol(value, NULL, 10) : -1;
}

static int type_of(int fd)
{
	int type;
	socklen_t n = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &n) < 0 ? -1 : type;
}

static void answer(int fd)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	char buf[2048];
	int n = snprintf(buf, sizeof buf, "%ld %d\n", (long)getpid(), fd), to;

	if (type_of(fd) == SOCK_DGRAM) {
		char asked[16];

		if (recvfrom(fd, asked, sizeof asked, 0, (struct sockaddr *)&from, &len) >= 0)
			sendto(fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
		return;
	}
	to = accept(fd, NULL, NULL);
	if (to < 0 || send(to, buf, (size_t)n, MSG_NOSIGNAL) < 0)
		exit(9);
	close(to);
}

int main(int argc, char **argv)
{
	long n = number_in("LISTEN_FDS"), left = argc > 1 ? strtol(argv[1], NULL, 10) : -1;
	struct pollfd fds[MOST];

	if (n < 1 || n > MOST || number_in("LISTEN_PID") != getpid())
		return 9;
	for (int i = 0; i < n; i++) {
		fds[i] = (struct pollfd){.fd = FIRST + i, .events = POLLIN};
		if (type_of(FIRST + i) < 0)
			return 9;
	}
	while (left) {
		if (poll(fds, (nfds_t)n, -1) < 0)
			return 9;
		for (int i = 0; i < n && left; i++)
			if (fds[i].revents) {
				answer(fds[i].fd);
				left -= left > 0;
			}
	}
	return argc > 2 ? atoi(argv[2]) : 1;
}
