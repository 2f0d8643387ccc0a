/* sockets.c - takes over or opens the listening sockets. */
#include "src/pool/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/pool.h"
#include "ipc/text.h"
#include "src/launch/socket.h"
#include "src/pool/inherited.h"

static unsigned n_sockets;
static int fds[LISTEN_MAX], types[LISTEN_MAX];
static bool is_tcp[LISTEN_MAX];
static char names_buf[SOCKETS_NAMES_MAX];
static struct text names;

static int fail(const char **where, const char *what, const char **why, const char *reason)
{
	*where = what;
	*why = reason;
	return -1;
}

/* ---- opening ---- */

/* It becomes the next number, and is passed to workers. */
static int put_in_place(int fd)
{
	int at = INHERITED_FIRST_FD + (int)n_sockets;

	if (fd != at && (dup2(fd, at) < 0 || close(fd) < 0))
		return -1;
	return fcntl(at, F_SETFD, 0);
}

static int open_line(const char *line, const struct ids *ids, const char **why)
{
	struct listen_address a;
	int fd;

	if (listen_parse(line, strlen(line), &a, why) < 0)
		return -1;
	fd = listen_open(&a, ids->uid, ids->gid);
	if (fd < 0 || put_in_place(fd) < 0) {
		*why = strerror(errno);
		return -1;
	}
	n_sockets++;
	return 0;
}

static int open_lines(const struct files *f, const char **where, const char **why)
{
	const struct value *listen = rows_find(&f->rows, ENTRY_LISTEN);
	const char *line = listen ? f->rows.strings + listen->at : "";

	if (!listen || !listen->n)
		return fail(where, "listen", why, "missing");
	for (uint32_t i = 0; i < listen->n; i++, line = string_after(line))
		if (open_line(line, &f->ids, why) < 0)
			return fail(where, line, why, *why);
	listen_put_names(&names, f->rows.strings + listen->at, listen->n);
	return 0;
}

/* ---- what they are ---- */

static int look_at(unsigned i)
{
	int fd = INHERITED_FIRST_FD + (int)i, domain;
	socklen_t type_len = sizeof types[i], domain_len = sizeof domain;

	fds[i] = fd;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &types[i], &type_len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &domain_len) < 0)
		return -1;
	is_tcp[i] = types[i] == SOCK_STREAM && domain != AF_UNIX;
	return 0;
}

/* The number behind them is nobody's but a worker's. */
static int keep_place(void)
{
	int at = sockets_report_fd(), fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd < 0 || (fd != at && (dup3(fd, at, O_CLOEXEC) < 0 || close(fd) < 0)))
		return -1;
	return 0;
}

int sockets_take(unsigned n, const struct files *f, const char **where, const char **why)
{
	const char *given = getenv("LISTEN_FDNAMES");

	text_init(&names, names_buf, sizeof names_buf);
	n_sockets = n;
	if (n && given)
		text_str(&names, given);
	if (!n && open_lines(f, where, why) < 0)
		return -1;
	for (unsigned i = 0; i < n_sockets; i++)
		if (look_at(i) < 0)
			return fail(where, "listening sockets", why, strerror(errno));
	if (keep_place() < 0)
		return fail(where, "/dev/null", why, strerror(errno));
	return 0;
}

int sockets_prepare(bool dispatch)
{
	bool wait = !dispatch && n_sockets == 1;

	for (unsigned i = 0; i < n_sockets; i++) {
		int flags = fcntl(fds[i], F_GETFL);

		if (flags < 0 || fcntl(fds[i], F_SETFL, wait ? flags & ~O_NONBLOCK : flags | O_NONBLOCK) < 0)
			return -1;
	}
	return 0;
}

/* ---- what others ask ---- */

unsigned sockets_count(void)
{
	return n_sockets;
}

int sockets_fd(unsigned i)
{
	return fds[i];
}

const int *sockets_fds(void)
{
	return fds;
}

bool sockets_is_stream(unsigned i)
{
	return types[i] != SOCK_DGRAM;
}

const char *sockets_names(void)
{
	return names_buf;
}

int sockets_report_fd(void)
{
	return INHERITED_FIRST_FD + (int)n_sockets;
}

/* Of a listening socket tcpi_unacked is the length of its queue (tcp(7)). */
uint32_t sockets_queue(void)
{
	uint32_t sum = 0;
	bool known = false;

	for (unsigned i = 0; i < n_sockets; i++) {
		struct tcp_info info;
		socklen_t len = sizeof info;

		if (!is_tcp[i] || getsockopt(fds[i], IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
			continue;
		sum += info.tcpi_unacked;
		known = true;
	}
	return known ? sum : IPC_QUEUE_UNKNOWN;
}

int sockets_hand_on(bool dispatch)
{
	for (unsigned i = 0; dispatch && i < n_sockets; i++) {
		int fd;

		if (!sockets_is_stream(i))
			continue;
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd < 0 || dup2(fd, fds[i]) < 0 || close(fd) < 0)
			return -1;
	}
	return 0;
}
