/* ipc-crowd.c - many connections of the socket method that behave badly, held by one
 * process until its standard input ends.
 *
 *   ipc-crowd SOCKET N silent          connect, and nothing more
 *   ipc-crowd SOCKET N half            send half a record
 *   ipc-crowd SOCKET N empty           send a packet of no bytes
 *   ipc-crowd SOCKET N long            send a packet of two records
 *   ipc-crowd SOCKET N wait NAME       wait for NAME to be down, never read
 *   ipc-crowd SOCKET N descriptor      pass a descriptor along with each request
 *
 * Prints "ready N" when all have been made, N being how many got a connection. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/client.h"

static struct ipc_record request;

static void prepare(const char *how, const char *name)
{
	record_init(&request);
	request.id = ipc_random_id();
	request.verb = VERB_LIST;
	if (strcmp(how, "wait") == 0) {
		request.verb = VERB_WAIT;
		request.goal = GOAL_DOWN;
		record_set_name(&request, name, strlen(name));
	}
}

static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	if (strlen(path) >= sizeof a.sun_path) {
		fprintf(stderr, "ipc-crowd: the path is too long\n");
		exit(2);
	}
	memcpy(a.sun_path, path, strlen(path));
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static void send_bytes(int fd, size_t n)
{
	char two[2 * sizeof request];

	memcpy(two, &request, sizeof request);
	memcpy(two + sizeof request, &request, sizeof request);
	send(fd, two, n, MSG_NOSIGNAL);
}

static void send_descriptor(int fd)
{
	union { struct cmsghdr head; char room[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec v = {&request, sizeof request};
	struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1, .msg_control = &control,
	                   .msg_controllen = sizeof control};

	memset(&control, 0, sizeof control);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
	sendmsg(fd, &m, MSG_NOSIGNAL);
}

static void behave(int fd, const char *how)
{
	if (strcmp(how, "half") == 0)
		send_bytes(fd, sizeof request / 2);
	else if (strcmp(how, "empty") == 0)
		send_bytes(fd, 0);
	else if (strcmp(how, "long") == 0)
		send_bytes(fd, 2 * sizeof request);
	else if (strcmp(how, "wait") == 0)
		send_bytes(fd, sizeof request);
	else if (strcmp(how, "descriptor") == 0)
		send_descriptor(fd);
}

int main(int argc, char **argv)
{
	int connected = 0;
	char c;

	if (argc < 4)
		return 2;
	raise_limit();
	prepare(argv[3], argc > 4 ? argv[4] : "");
	for (int i = atoi(argv[2]); i > 0; i--) {
		int fd = connect_to(argv[1]);

		if (fd < 0) {
			perror("ipc-crowd");
			continue;
		}
		connected++;
		behave(fd, argv[3]);
	}
	printf("ready %d\n", connected);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}
