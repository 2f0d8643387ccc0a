/* <cinit/worker.h> - for programs that are workers of a cinit pool.
 *
 * Nothing of it is needed: a worker is a program with some environment variables.
 *
 *   LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES
 *                     the listening sockets, from descriptor 3 on; dispatch: those of
 *                     streams are /dev/null there
 *   CINIT_RANK        the worker's rank, from 1 on
 *   CINIT_STATUS_FD   share: may be told "busy\n" when a request begins; both modes:
 *                     "available\n" when it is done
 *   CINIT_REQUEST_FD  dispatch: brings requests, one at a time; its end of file is
 *                     the request to end
 *   CINIT_KEEPALIVE   dispatch: seconds that an idle connection may be kept
 *
 * SIGTERM asks it to end after its current request; in dispatch mode whatever comes
 * before the end of file is still its own.
 *
 * A request on CINIT_REQUEST_FD is one message of a SOCK_SEQPACKET socket: a struct
 * cinit_request_head, then, of a datagram, its bytes.  Of a stream the connection comes
 * along as SCM_RIGHTS.  A datagram is answered by sendto() on descriptor 3 + listener.
 *
 * For programs in C the functions below do all that, the same in both modes:
 *
 *     struct cinit_worker worker;
 *     struct cinit_worker_request request;
 *
 *     if (cinit_worker_begin(&worker) < 0) ...
 *     while (cinit_worker_take(&worker, &request, buf, sizeof buf) > 0) {
 *             serve(request.fd);
 *             close(request.fd);
 *             cinit_worker_done(&worker);
 *     }
 *
 * They need _GNU_SOURCE (accept4), allocate nothing, and belong in one source file of a
 * program: the handler of SIGTERM keeps what it needs in variables of that file.
 */
#ifndef CINIT_WORKER_H
#define CINIT_WORKER_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CINIT_REQUEST_MAGIC 0x71657263u /* "creq" on a little-endian machine */

enum cinit_request_kind { CINIT_STREAM = 1, CINIT_DATAGRAM = 2 };

struct cinit_request_head {
	uint32_t magic;
	uint32_t kind;        /* enum cinit_request_kind */
	uint32_t listener;    /* which listening socket, from 0 on */
	uint32_t peer_len;
	struct sockaddr_storage peer;
};

#define CINIT_WORKER_FIRST_FD 3
#define CINIT_WORKER_SOCKETS 32  /* listening sockets at most */

struct cinit_worker {
	int rank;                 /* 0: not in a pool */
	int n_listeners;
	int request_fd;           /* dispatch, else -1 */
	int status_fd;            /* -1: nobody wants to know */
	int keepalive_ms;         /* dispatch; else 0 */
	int next;                 /* the listening socket that is looked at first */
	int type[CINIT_WORKER_SOCKETS];      /* SOCK_STREAM, SOCK_DGRAM, 0: not for us */
	int answer_fd[CINIT_WORKER_SOCKETS]; /* of datagrams: where answers go out, else -1 */
};

struct cinit_worker_request {
	struct cinit_request_head head;
	int fd;       /* the connection, to be closed; of a datagram where to sendto() */
	size_t len;   /* of a datagram: its bytes in the buffer */
};

/* ---- being told to end ---- */

static volatile sig_atomic_t cinit_worker_was_told;
static int cinit_worker_null_fd = -1;
static volatile sig_atomic_t cinit_worker_n_closed;

/* A listening socket of ours becomes /dev/null: an accept that blocks ends with EINTR,
 * one that is about to begin fails, a poll finds it readable.  So none can sleep on,
 * and a connection that was accepted just before is served. */
static inline void cinit_worker_on_term(int sig)
{
	int error = errno;

	(void)sig;
	cinit_worker_was_told = 1;
	for (int i = 0; i < cinit_worker_n_closed; i++)
		dup2(cinit_worker_null_fd, CINIT_WORKER_FIRST_FD + i);
	errno = error;
}

/* Has this worker been told to end? */
static inline int cinit_worker_told(void)
{
	return cinit_worker_was_told;
}

/* ---- the beginning ---- */

/* The number up to max that a variable holds, or -1. */
static inline int cinit_worker_variable(const char *name, long max)
{
	const char *value = getenv(name);
	char *end;
	long n;

	if (!value || *value < '0' || *value > '9')
		return -1;
	n = strtol(value, &end, 10);
	return *end || n > max ? -1 : (int)n;
}

/* Seconds with up to three decimals. */
static inline int cinit_worker_keepalive(void)
{
	const char *value = getenv("CINIT_KEEPALIVE");
	char *end;
	long ms, unit = 100;

	if (!value || *value < '0' || *value > '9')
		return 0;
	ms = strtol(value, &end, 10) * 1000;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			ms += (*end - '0') * unit;
	return ms > 86400000 ? 86400000 : (int)ms;
}

static inline void cinit_worker_keep(int fd)
{
	int flags = fd < 0 ? -1 : fcntl(fd, F_GETFD);

	if (flags >= 0)
		fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
}

static inline int cinit_worker_look_at(struct cinit_worker *w, int i)
{
	int fd = CINIT_WORKER_FIRST_FD + i;
	socklen_t len = sizeof w->type[i];

	cinit_worker_keep(fd);
	w->answer_fd[i] = -1;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &w->type[i], &len) < 0)
		w->type[i] = 0;
	if (w->type[i] != SOCK_DGRAM)
		return 0;
	/* of its own: to be told to end does not keep it from answering */
	w->answer_fd[i] = fcntl(fd, F_DUPFD_CLOEXEC, CINIT_WORKER_FIRST_FD);
	return w->answer_fd[i] < 0 ? -1 : 0;
}

/* Reads the environment and heeds SIGTERM from now on.  What it finds is closed on
 * exec.  0, or -1 with errno (ENOTCONN: this is no worker). */
static inline int cinit_worker_begin(struct cinit_worker *w)
{
	struct sigaction on_term;

	memset(w, 0, sizeof *w);
	memset(&on_term, 0, sizeof on_term);
	w->rank = cinit_worker_variable("CINIT_RANK", INT32_MAX);
	w->rank = w->rank < 0 ? 0 : w->rank;
	w->request_fd = cinit_worker_variable("CINIT_REQUEST_FD", INT32_MAX);
	w->status_fd = cinit_worker_variable("CINIT_STATUS_FD", INT32_MAX);
	w->keepalive_ms = cinit_worker_keepalive();
	if (cinit_worker_variable("LISTEN_PID", INT32_MAX) == (int)getpid())
		w->n_listeners = cinit_worker_variable("LISTEN_FDS", CINIT_WORKER_SOCKETS);
	if (w->n_listeners < 0)
		w->n_listeners = 0;
	if (w->request_fd < 0 && w->n_listeners == 0) {
		errno = ENOTCONN;
		return -1;
	}
	cinit_worker_keep(w->request_fd);
	cinit_worker_keep(w->status_fd);
	for (int i = 0; i < w->n_listeners; i++)
		if (cinit_worker_look_at(w, i) < 0)
			return -1;
	cinit_worker_null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (cinit_worker_null_fd < 0)
		return -1;
	cinit_worker_n_closed = w->request_fd < 0 ? w->n_listeners : 0;
	on_term.sa_handler = cinit_worker_on_term;
	return sigaction(SIGTERM, &on_term, NULL);
}

/* ---- saying how it is ---- */

/* 0, or -1 with errno. */
static inline int cinit_worker_say(const struct cinit_worker *w, const char *line)
{
	ssize_t n = 0;

	if (w->status_fd < 0)
		return 0;
	do
		n = write(w->status_fd, line, strlen(line));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

/* A request has begun: said by cinit_worker_take() already. */
static inline int cinit_worker_busy(const struct cinit_worker *w)
{
	return w->request_fd < 0 ? cinit_worker_say(w, "busy\n") : 0;
}

/* The request is done.  Dispatch: the manager, which hears of it, may run first; under
 * load the next request is there before this worker has gone to sleep for it, and with
 * four workers on two processors a pool serves some 7 % more. */
static inline int cinit_worker_done(const struct cinit_worker *w)
{
	if (cinit_worker_say(w, "available\n") < 0)
		return -1;
	if (w->request_fd >= 0)
		sched_yield();
	return 0;
}

/* ---- requests ---- */

/* What listening socket i has, now: 1; 0: nothing after all; -1 with errno.  Where the
 * socket blocks, so does this. */
static inline int cinit_worker_accept(const struct cinit_worker *w, int i, struct cinit_worker_request *r,
                                      void *buf, size_t cap)
{
	socklen_t len = sizeof r->head.peer;
	struct sockaddr *peer = (struct sockaddr *)&r->head.peer;
	int fd = CINIT_WORKER_FIRST_FD + i, stream = w->type[i] == SOCK_STREAM;
	ssize_t n;

	n = stream ? accept4(fd, peer, &len, SOCK_CLOEXEC)
	           : recvfrom(fd, buf, cap, w->n_listeners > 1 ? MSG_DONTWAIT : 0, peer, &len);
	if (n < 0) {
		/* out of descriptors or memory, or no socket any more: that stays */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM ||
		    errno == ENOTSOCK || errno == EBADF || errno == EINVAL)
			return -1;
		return 0;
	}
	r->head.magic = CINIT_REQUEST_MAGIC;
	r->head.kind = stream ? CINIT_STREAM : CINIT_DATAGRAM;
	r->head.listener = (uint32_t)i;
	r->head.peer_len = len > sizeof r->head.peer ? (uint32_t)sizeof r->head.peer : (uint32_t)len;
	r->fd = stream ? (int)n : w->answer_fd[i];
	r->len = stream ? 0 : (size_t)n;
	return 1;
}

/* Waits until a listening socket may have something: which.  With one socket that blocks
 * there is nothing to wait for. */
static inline int cinit_worker_wait(struct cinit_worker *w)
{
	struct pollfd p[CINIT_WORKER_SOCKETS];

	for (int i = 0; i < w->n_listeners; i++) {
		p[i].fd = w->type[i] ? CINIT_WORKER_FIRST_FD + i : -1;
		p[i].events = POLLIN;
		p[i].revents = 0;
	}
	if (poll(p, (nfds_t)w->n_listeners, -1) <= 0)
		return -1;
	for (int k = 0; k < w->n_listeners; k++) {
		int i = (w->next + k) % w->n_listeners;

		if (p[i].revents) {
			w->next = i + 1;
			return i;
		}
	}
	return -1;
}

/* Share: 1, or 0 after SIGTERM, or -1. */
static inline int cinit_worker_share(struct cinit_worker *w, struct cinit_worker_request *r, void *buf,
                                     size_t cap)
{
	int i = w->n_listeners > 1 ? cinit_worker_wait(w) : 0, got;

	while (!cinit_worker_told()) {
		got = i < 0 ? 0 : cinit_worker_accept(w, i, r, buf, cap);
		if (got > 0)
			return cinit_worker_busy(w) < 0 ? -1 : 1;
		if (got < 0 && !cinit_worker_told())
			return -1;
		if (!cinit_worker_told())
			i = cinit_worker_wait(w);
	}
	return 0;
}

/* Dispatch: 1, or 0 at the end, or -1. */
static inline int cinit_worker_receive(const struct cinit_worker *w, struct cinit_worker_request *r,
                                       void *buf, size_t cap)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part[2] = {{&r->head, sizeof r->head}, {buf, cap}};
	struct msghdr message;
	const struct cmsghdr *c;
	ssize_t n;

	memset(&message, 0, sizeof message);
	message.msg_iov = part;
	message.msg_iovlen = cap ? 2 : 1;
	message.msg_control = control.bytes;
	message.msg_controllen = sizeof control.bytes;
	do
		n = recvmsg(w->request_fd, &message, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return (int)n;
	errno = EPROTO;
	if ((size_t)n < sizeof r->head || r->head.magic != CINIT_REQUEST_MAGIC)
		return -1;
	r->len = (size_t)n - sizeof r->head;
	if (r->head.kind == CINIT_DATAGRAM) {
		r->fd = CINIT_WORKER_FIRST_FD + (int)r->head.listener;
		return 1;
	}
	c = CMSG_FIRSTHDR(&message);
	if (!c || c->cmsg_type != SCM_RIGHTS) {
		errno = EMFILE; /* it did not find room */
		return -1;
	}
	memcpy(&r->fd, CMSG_DATA(c), sizeof r->fd);
	return 1;
}

/* Waits for the next request: 1; 0: the worker is to end; -1 with errno.  Of a datagram
 * the first `cap` bytes are in buf. */
static inline int cinit_worker_take(struct cinit_worker *w, struct cinit_worker_request *r, void *buf,
                                    size_t cap)
{
	return w->request_fd >= 0 ? cinit_worker_receive(w, r, buf, cap)
	                          : cinit_worker_share(w, r, buf, cap);
}

/* Sends a datagram to whoever sent the request: 0, or -1 with errno. */
static inline int cinit_worker_answer(const struct cinit_worker_request *r, const void *bytes, size_t n)
{
	ssize_t sent;

	do
		sent = sendto(r->fd, bytes, n, 0, (const struct sockaddr *)&r->head.peer,
		              (socklen_t)r->head.peer_len);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

#endif
