/* ipc-linger.c - passes sockets to the supervisor whose last close would block it.
 *
 *   ipc-linger SOCKET N
 *
 * With each of N requests goes a TCP socket, of the loopback, that has bytes to send
 * which nobody takes, and lingers for 5 seconds; our own copy is closed.  Prints how
 * many the kernel took, then waits until its standard input ends. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/client.h"

static void give_up(const char *what)
{
	perror(what);
	exit(1);
}

static int listen_somewhere(struct sockaddr_in *a)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;
	socklen_t n = sizeof *a;

	*a = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) < 0
	    || bind(fd, (struct sockaddr *)a, sizeof *a) < 0 || listen(fd, 128) < 0
	    || getsockname(fd, (struct sockaddr *)a, &n) < 0)
		give_up("ipc-linger: TCP");
	return fd;
}

/* Connected to one that never reads, and full. */
static int lingering(const struct sockaddr_in *a)
{
	static const char bytes[65536];
	struct linger five = {1, 5};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)a, sizeof *a) < 0
	    || setsockopt(fd, SOL_SOCKET, SO_LINGER, &five, sizeof five) < 0)
		give_up("ipc-linger: TCP");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (write(fd, bytes, sizeof bytes) > 0)
		;
	return fd;
}

static ssize_t pass(int to, int fd, const struct ipc_record *r)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control;
	struct ipc_record copy = *r;
	struct iovec v = {&copy, sizeof copy};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &control,
	                   .msg_controllen = sizeof control};

	memset(&control, 0, sizeof control);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	return sendmsg(to, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct sockaddr_in tcp;
	struct ipc_record r;
	int to = socket(AF_UNIX, SOCK_SEQPACKET, 0), taken = 0;
	char c;

	if (argc != 3 || strlen(argv[1]) >= sizeof a.sun_path)
		return 2;
	memcpy(a.sun_path, argv[1], strlen(argv[1]));
	if (connect(to, (const struct sockaddr *)&a, sizeof a) < 0)
		give_up("ipc-linger");
	listen_somewhere(&tcp);
	record_init(&r);
	r.verb = VERB_LIST;
	for (int i = atoi(argv[2]); i > 0; i--) {
		int fd = lingering(&tcp);

		r.id = ipc_random_id();
		if (pass(to, fd, &r) != (ssize_t)sizeof r)
			continue; /* ours is the last copy: its close would block us */
		close(fd);
		taken++;
	}
	printf("%d taken\n", taken);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
