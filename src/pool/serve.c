/* serve.c - between <cinit/worker.h>, which brings requests, and the walk through the
 * modules.  To its manager such a worker is like any other. */
#include "src/pool/serve.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "ipc/text.h"
#include "src/pool/cinit/worker.h"
#include "src/pool/walk.h"

#define DATAGRAM_MAX 65536

static unsigned char data[DATAGRAM_MAX];
static char copy[DATAGRAM_MAX + 1];

static int set(const char *name, int64_t value)
{
	char number[24];
	struct text t;

	text_init(&t, number, sizeof number);
	text_i64(&t, value);
	return setenv(name, number, 1);
}

static int set_fd(const char *name, int fd)
{
	return fd < 0 ? unsetenv(name) : set(name, fd);
}

/* What a worker that is executed finds in its environment. */
static int set_environment(int rank, const struct host_io *io)
{
	return set("CINIT_RANK", rank) | set("LISTEN_PID", getpid())
	       | set("LISTEN_FDS", io->n_listeners) | set_fd("CINIT_STATUS_FD", io->status_fd)
	       | set_fd("CINIT_REQUEST_FD", io->request_fd);
}

/* Does the peer send more before it was silent for too long? */
static bool comes_more(int fd, const struct host_io *io)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, (int)io->keepalive_ms) > 0 && !cinit_worker_told();
}

static void walk_stream(struct cinit_message *m, const struct host_io *io)
{
	while (walk(m) == CINIT_KEEP && comes_more(m->fd, io))
		m->kind = CINIT_REQUEST;
	close(m->fd);
}

static void walk_datagram(struct cinit_message *m)
{
	memcpy(copy, data, m->len);
	copy[m->len] = '\0';
	walk(m);
}

static void serve_one(const struct cinit_worker_request *r, const struct host_io *io)
{
	bool stream = r->head.kind == CINIT_STREAM;
	struct cinit_message m = {
		.data = data, .len = stream ? 0 : r->len, .copy = copy, .fd = stream ? r->fd : -1,
		.listener_fd = stream ? io->listener[r->head.listener] : r->fd,
		.listener = r->head.listener, .peer = (const struct sockaddr *)&r->head.peer,
		.peer_len = (socklen_t)r->head.peer_len,
	};

	if (stream)
		walk_stream(&m, io);
	else
		walk_datagram(&m);
}

static bool is_listener(const struct cinit_worker_request *r, const struct host_io *io)
{
	return r->head.listener < io->n_listeners;
}

int serve(int rank, const struct host_io *io)
{
	struct cinit_worker w;
	struct cinit_worker_request r;
	sigset_t term;
	int got = -1;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	if (set_environment(rank, io) != 0 || cinit_worker_begin(&w) < 0
	    || sigprocmask(SIG_UNBLOCK, &term, NULL) < 0) {
		perror("cinit.pool: worker");
		return 1;
	}
	io->up(io->arg);
	while ((got = cinit_worker_take(&w, &r, data, sizeof data)) > 0) {
		if (is_listener(&r, io))
			serve_one(&r, io);
		if (cinit_worker_done(&w) < 0)
			break; /* nobody is left to say it to */
	}
	if (got < 0)
		perror("cinit.pool: worker: request");
	return got < 0;
}
