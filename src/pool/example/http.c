/* http.c - a small HTTP/1.1 server, as a worker.
 *
 *   http [-1]     -1: one connection at a time in share mode, too
 *
 *   cc -D_GNU_SOURCE http.c -o http
 *
 * Connections are kept.  In share mode it has several at the same time, so that one
 * on which nothing comes holds up nobody (and a worker that is killed takes the requests of
 * all of them with it); in dispatch mode one, until it has been idle
 * for CINIT_KEEPALIVE.  Told to end, it says "Connection: close" with its next answer
 * on each. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <cinit/worker.h>

#define AT_ONCE 64             /* connections in share mode */
#define KEEP_SHARED_MS 5000
#define KEEP_TOLD_MS 500       /* for a request that may be on its way when we are told */
#define HEAD_MAX 8192

struct connection {
	int fd;
	size_t len;            /* bytes in buf */
	size_t skip;           /* of a body, to be dropped */
	int64_t until_ms;
	char buf[HEAD_MAX];
};

static struct cinit_worker worker;
static struct connection connections[AT_ONCE];
static int n_connections, at_once = AT_ONCE, keep_ms;

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- one request ---- */

/* The value of a field of the head, or NULL; names are in any case (RFC 9110, 5.1). */
static const char *field(const char *head, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (strncasecmp(line + 2, name, n) == 0 && line[2 + n] == ':')
			return line + 3 + n + strspn(line + 3 + n, " \t");
	return NULL;
}

/* An answer is far smaller than what a socket takes at once; who does not read is left. */
static int answer(int fd, const char *status, int close_it, int with_body)
{
	char body[64], text[256];
	int n = snprintf(body, sizeof body, "worker %d, process %d\n", worker.rank, (int)getpid());
	int all = snprintf(text, sizeof text,
	                   "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n%s\r\n%s",
	                   status, n, close_it ? "Connection: close\r\n" : "", with_body ? body : "");

	return send(fd, text, (size_t)all, MSG_NOSIGNAL | MSG_DONTWAIT) == all ? 0 : -1;
}

/* The head, ended by a NUL, is complete: true if the connection stays. */
static int serve(struct connection *c, const char *head)
{
	const char *wish = field(head, "Connection"), *length = field(head, "Content-Length");
	int old = !strstr(head, " HTTP/1.1\r\n"), close_it;
	char *end = NULL;
	unsigned long body = length ? strtoul(length, &end, 10) : 0;

	if (field(head, "Transfer-Encoding"))
		return answer(c->fd, "501 Not Implemented", 1, 1), 0;
	if (length && (end == length || *length < '0' || *length > '9'))
		return answer(c->fd, "400 Bad Request", 1, 1), 0;
	close_it = cinit_worker_told() ||
	           (wish ? strncasecmp(wish, "close", 5) == 0 || (old && strncasecmp(wish, "keep", 4)) : old);
	c->skip = body;
	return answer(c->fd, "200 OK", close_it, strncmp(head, "HEAD ", 5) != 0) == 0 && !close_it;
}

static void drop(struct connection *c, size_t n)
{
	c->len -= n;
	memmove(c->buf, c->buf + n, c->len);
}

/* Serves what is complete in the buffer: true if the connection stays. */
static int serve_all(struct connection *c)
{
	for (;;) {
		size_t skip = c->skip < c->len ? c->skip : c->len;
		char *end;
		int stays;

		drop(c, skip);
		c->skip -= skip;
		end = c->len ? memmem(c->buf, c->len, "\r\n\r\n", 4) : NULL;
		if (!end)
			return c->len < sizeof c->buf;
		end[2] = '\0';
		if (cinit_worker_busy(&worker) < 0)
			return 0;
		stays = serve(c, c->buf);
		if (worker.request_fd < 0 && cinit_worker_done(&worker) < 0)
			return 0;
		if (!stays)
			return 0;
		drop(c, (size_t)(end + 4 - c->buf));
	}
}

/* ---- connections ---- */

static void add(int fd)
{
	struct connection *c = &connections[n_connections++];

	c->fd = fd;
	c->len = c->skip = 0;
	c->until_ms = clock_ms() + keep_ms;
}

/* Dispatch: to be done with the connection is to be done with the request. */
static int finish(int i)
{
	close(connections[i].fd);
	n_connections--;
	if (i != n_connections) {
		struct connection *last = &connections[n_connections];

		connections[i].fd = last->fd;
		connections[i].len = last->len;
		connections[i].skip = last->skip;
		connections[i].until_ms = last->until_ms;
		memcpy(connections[i].buf, last->buf, last->len);
	}
	return worker.request_fd < 0 ? 0 : cinit_worker_done(&worker);
}

/* True if the connection stays. */
static int read_some(struct connection *c)
{
	ssize_t n = recv(c->fd, c->buf + c->len, sizeof c->buf - c->len, MSG_DONTWAIT);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return 1;
	if (n <= 0)
		return 0;
	c->len += (size_t)n;
	c->until_ms = clock_ms() + keep_ms;
	return serve_all(c);
}

/* ---- the loop ---- */

static int until_next(void)
{
	int64_t now = clock_ms(), next = INT64_MAX;

	for (int i = 0; i < n_connections; i++) {
		struct connection *c = &connections[i];

		if (cinit_worker_told() && c->until_ms > now + KEEP_TOLD_MS)
			c->until_ms = now + KEEP_TOLD_MS;
		next = c->until_ms < next ? c->until_ms : next;
	}
	return n_connections == 0 ? -1 : next > now ? (int)(next - now) : 0;
}

/* Share: as many as wait, while there is room; -1: it cannot go on. */
static int accept_some(int i)
{
	struct cinit_worker_request r;
	int got = 0;

	while (n_connections < at_once && !cinit_worker_told()) {
		got = cinit_worker_accept(&worker, i, &r, NULL, 0);
		if (got <= 0)
			break;
		add(r.fd);
	}
	return got < 0 && !cinit_worker_told() ? -1 : 0;
}

static int turn(void)
{
	struct pollfd p[CINIT_WORKER_SOCKETS + AT_ONCE];
	int listens = worker.request_fd < 0 && !cinit_worker_told() && n_connections < at_once;
	int n = listens ? worker.n_listeners : 0, timeout = until_next();

	for (int i = 0; i < n; i++)
		p[i] = (struct pollfd){.fd = CINIT_WORKER_FIRST_FD + i, .events = POLLIN};
	for (int i = 0; i < n_connections; i++)
		p[n + i] = (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
	if (poll(p, (nfds_t)(n + n_connections), timeout) < 0)
		return errno == EINTR ? 0 : -1;
	/* from the last on: finish() puts the last in the place of one that goes */
	for (int i = n_connections - 1; i >= 0; i--) {
		int over = connections[i].until_ms <= clock_ms();

		if (p[n + i].revents ? !read_some(&connections[i]) : over)
			if (finish(i) < 0)
				return -1;
	}
	for (int i = 0; i < n; i++)
		if (p[i].revents && accept_some(i) < 0)
			return -1;
	return 0;
}

/* Dispatch: 1 with a connection, 0 at the end, -1. */
static int take_one(void)
{
	struct cinit_worker_request r;
	int got = cinit_worker_take(&worker, &r, NULL, 0);

	if (got > 0)
		add(r.fd);
	return got;
}

static int serve_for_ever(void)
{
	int got = 1;

	while (got > 0) {
		if (worker.request_fd >= 0 && n_connections == 0)
			got = take_one();
		else if (turn() < 0)
			got = -1;
		else if (worker.request_fd < 0 && cinit_worker_told() && n_connections == 0)
			got = 0;
	}
	return got;
}

/* The workers share their sockets, and several are told of one connection: whoever comes
 * late must not wait for the next. */
static int begin(void)
{
	if (cinit_worker_begin(&worker) < 0)
		return -1;
	keep_ms = worker.request_fd < 0 ? KEEP_SHARED_MS : worker.keepalive_ms;
	for (int i = 0; worker.request_fd < 0 && i < worker.n_listeners; i++)
		if (fcntl(CINIT_WORKER_FIRST_FD + i, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
			return -1;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "-1") == 0)
		at_once = 1;
	if (begin() < 0 || serve_for_ever() < 0) {
		perror("http");
		return 1;
	}
	return 0;
}
