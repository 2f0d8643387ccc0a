/* knock.c - connects to a service (see serve.c), or sends it datagrams.
 *
 * knock KIND WHERE           once: shows the answer.
 * knock KIND WHERE FILE      over and over until FILE is there; then how it went:
 *                            "answered N refused N lost N".  Lost is what was let in and
 *                            got no answer.
 *
 * KIND is tcp, udp (WHERE is a port of 127.0.0.1), tcp6, udp6 (of ::1), unix or unix-dgram
 * (a path).  A stream waits for its answer as long as it takes, up to half a minute. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum outcome { ANSWERED, REFUSED, LOST };

static struct sockaddr_storage to;
static socklen_t to_len;
static int type;

static void put_address(const void *address, size_t n, const char *kind)
{
	memcpy(&to, address, n);
	to_len = (socklen_t)n;
	type = strstr(kind, "dgram") || strncmp(kind, "udp", 3) == 0 ? SOCK_DGRAM : SOCK_STREAM;
}

static void find_address(const char *kind, const char *where)
{
	uint16_t port = htons((uint16_t)atoi(where));
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = port,
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = port,
	                           .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	if (strncmp(kind, "unix", 4) == 0) {
		snprintf(un.sun_path, sizeof un.sun_path, "%s", where);
		put_address(&un, sizeof un, kind);
	} else if (kind[3] == '6') {
		put_address(&in6, sizeof in6, kind);
	} else {
		put_address(&in, sizeof in, kind);
	}
}

/* A datagram is only answered where it has an address. */
static int reach(int fd)
{
	sa_family_t own = AF_UNIX;

	if (to.ss_family == AF_UNIX && type == SOCK_DGRAM)
		bind(fd, (struct sockaddr *)&own, sizeof own);
	if (connect(fd, (struct sockaddr *)&to, to_len) < 0)
		return -1;
	return type == SOCK_DGRAM && send(fd, "?", 1, 0) < 0 ? -1 : 0;
}

static enum outcome once(char *answer, size_t cap)
{
	struct timeval patience = {.tv_sec = 30};
	int fd = socket(to.ss_family, type, 0);
	ssize_t n = -1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
		exit(2);
	if (reach(fd) < 0) {
		close(fd);
		return REFUSED;
	}
	n = recv(fd, answer, cap - 1, 0);
	close(fd);
	answer[n > 0 ? n : 0] = '\0';
	return n > 0 ? ANSWERED : LOST;
}

int main(int argc, char **argv)
{
	unsigned long counts[3] = {0};
	char answer[64];
	enum outcome how;

	if (argc < 3)
		return 2;
	find_address(argv[1], argv[2]);
	if (argc == 3) {
		how = once(answer, sizeof answer);
		printf("%s", how == ANSWERED ? answer : how == LOST ? "lost\n" : "refused\n");
		return how != ANSWERED;
	}
	while (access(argv[3], F_OK) < 0)
		counts[once(answer, sizeof answer)]++;
	printf("answered %lu refused %lu lost %lu\n", counts[ANSWERED], counts[REFUSED], counts[LOST]);
	return 0;
}
