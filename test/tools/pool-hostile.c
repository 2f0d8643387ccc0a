/* pool-hostile.c - a worker of rank 1 that does to its manager what it can; those of other
 * ranks execute PROGRAM.
 *
 *   pool-hostile HOW PROGRAM [ARG...]
 *
 * HOW: rubbish, words, halves, nothing (empty messages), descriptors, close, all. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define FDS 256

static unsigned seed = 1;

static unsigned any(void)
{
	seed = seed * 1103515245u + 12345u;
	return seed >> 16;
}

static void send_descriptors(int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int) * 8)];
	} control;
	char byte = 'x';
	struct iovec part = {&byte, 1};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
	                   .msg_controllen = sizeof control.bytes};
	int some[8] = {0, 1, 2, 0, 1, 2, 0, 1};

	memset(&control, 0, sizeof control);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof some);
	memcpy(CMSG_DATA(&control.head), some, sizeof some);
	sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void write_once(int fd, const char *how)
{
	static char noise[4096];
	size_t n = 1 + any() % (sizeof noise - 1);

	if (strcmp(how, "words") == 0)
		n = 1000 * 15, n = n > sizeof noise ? sizeof noise / 15 * 15 : n;
	for (size_t i = 0; i < n; i++)
		noise[i] = strcmp(how, "words") == 0 ? "busy\navailable\n"[i % 15]
		         : strcmp(how, "halves") == 0 ? "busyavailable"[any() % 13] : (char)any();
	if (strcmp(how, "nothing") == 0)
		send(fd, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL);
	else if (strcmp(how, "descriptors") == 0)
		send_descriptors(fd);
	else if (write(fd, noise, n) < 0 && any() % 1000 == 0)
		usleep(1000);
}

/* To every descriptor but 0 to 2, whose loss would only be ours. */
static void flood(const char *how)
{
	for (;;)
		for (int fd = 3; fd < FDS; fd++)
			if (fcntl(fd, F_GETFD) >= 0)
				write_once(fd, how);
}

static void fiddle(int fd)
{
	fcntl(fd, F_SETFL, any() % 2 ? O_NONBLOCK : 0);
	fcntl(fd, F_SETOWN, getppid());
	fcntl(fd, F_SETPIPE_SZ, 4096);
	if (any() % 2)
		dup2(fd, 3 + (int)(any() % (FDS - 3)));
}

static void close_all(void)
{
	for (int fd = 3; fd < FDS; fd++) {
		fiddle(fd);
		if (getenv("CINIT_REQUEST_FD")) /* share: the sockets are the workers', this one's too */
			shutdown(fd, (int)(any() % 3));
	}
	for (int fd = 3; fd < FDS; fd++)
		close(fd);
	for (;;)
		pause();
}

/* Several at the same time; all but the first outlive us, if they can. */
static void all(void)
{
	static const char *const hows[] = {"rubbish", "words", "halves", "nothing", "descriptors"};

	for (unsigned i = 0; i < 4; i++)
		if (fork() == 0) {
			alarm(20); /* and no test outlives them by more */
			flood(hows[i]);
		}
	kill(getppid(), SIGKILL);
	kill(getppid(), SIGTERM);
	for (int s = 1; s <= 64; s++)
		kill(getppid(), s);
	flood(hows[4]);
}

int main(int argc, char **argv)
{
	const char *rank = getenv("CINIT_RANK");

	if (argc < 3)
		return 2;
	if (!rank || strcmp(rank, "1")) {
		execv(argv[2], argv + 2);
		return 127;
	}
	setpriority(PRIO_PROCESS, 0, 5); /* it is the manager whose use of the processor counts */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	if (strcmp(argv[1], "close") == 0)
		close_all();
	else if (strcmp(argv[1], "all") == 0)
		all();
	else
		flood(argv[1]);
}
