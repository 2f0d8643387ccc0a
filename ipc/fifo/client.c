/* client.c - the client's side of the fifo method.
 *
 * Neither side waits for the other in open(2) or write(2): poll(2) does, which
 * also tells when the supervisor, the one reader of the request FIFO, is gone. */
#include "ipc/client.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ipc/fifo/ipc.h"
#include "ipc/lock.h"
#include "ipc/text.h"

#define TRIES 100          /* at making a FIFO while a sweep is about */
#define SURE 4             /* records that the smallest pipe holds: one page */

static void name_of(const struct ipc_client *c, struct text *t, char *buf, const char *suffix)
{
	text_init(t, buf, IPC_NAME_SIZE);
	for (int shift = 60; shift >= 0; shift -= 4)
		text_char(t, "0123456789abcdef"[c->token >> shift & 15]);
	text_str(t, suffix);
}

static int open_beneath(const struct ipc_client *c, const char *name, int flags)
{
	char path[PATH_MAX];
	struct text t;

	text_init(&t, path, sizeof path);
	text_str(&t, c->rundir);
	text_str(&t, name);
	if (!t.cut)
		return openat(AT_FDCWD, path, flags | O_NOFOLLOW | O_CLOEXEC);
	errno = ENAMETOOLONG;
	return -1;
}

/* Root makes it for a supervisor that is another user's. */
static int give_away(const struct ipc_client *c)
{
	struct stat dir, st;

	if (geteuid() != 0)
		return 0;
	if (fstat(c->directory, &dir) < 0 || fstat(c->answers, &st) < 0)
		return -1;
	if (dir.st_uid == 0)
		return 0;
	if (S_ISFIFO(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1)
		return fchmod(c->answers, 0600) < 0 ? -1 : fchown(c->answers, dir.st_uid, (gid_t)-1);
	errno = EPERM;
	return -1;
}

/* A directory that is a group's gives it to what is made in it, too: a supervisor that
 * is not root opens ours as a member. */
static int open_to_group(const struct ipc_client *c)
{
	struct stat dir;

	if (fstat(c->directory, &dir) < 0)
		return -1;
	return dir.st_mode & S_ISGID ? fchmod(c->answers, IPC_REQUEST_GROUP_MODE) : 0;
}

/* The FIFO under its first name, opened, and then under its second: once it has
 * that, it has a reader, and no sweep takes it for a leftover. */
static int make_answers(struct ipc_client *c)
{
	char first[IPC_NAME_SIZE], name[IPC_NAME_SIZE];
	struct text t;

	c->token = ipc_random_id();
	name_of(c, &t, first, IPC_NEW_SUFFIX);
	name_of(c, &t, name, "");
	if (mkfifoat(c->directory, first, 0600) < 0)
		return -1;
	c->answers = openat(c->directory, first, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (c->answers < 0 && errno == EACCES /* a umask */
	    && fchmodat(c->directory, first, 0600, 0) == 0)
		c->answers = openat(c->directory, first, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (c->answers >= 0 && open_to_group(c) == 0 && give_away(c) == 0
	    && renameat(c->directory, first, c->directory, name) == 0)
		return 0;
	if (errno != ENOENT) {
		int err = errno;

		unlinkat(c->directory, first, 0);
		errno = err;
	}
	return -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int try_connect(struct ipc_client *c)
{
	struct stat st;

	c->requests = open_beneath(c, "/" IPC_REQUEST_NAME, O_WRONLY | O_NONBLOCK | O_NOCTTY);
	if (c->requests < 0 || fstat(c->requests, &st) < 0)
		return -1;
	if (!S_ISFIFO(st.st_mode)) {
		errno = ECONNREFUSED;
		return -1;
	}
	c->directory = open_beneath(c, "/" IPC_ANSWERS_NAME, O_PATH | O_DIRECTORY);
	if (c->directory < 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (make_answers(c) == 0)
			return 0;
		close_fd(&c->answers);
		if (errno != ENOENT && errno != EEXIST)
			return -1;
	}
	return -1;
}

int ipc_connect(struct ipc_client *c, const char *rundir)
{
	int err;

	*c = (struct ipc_client){.rundir = rundir, .requests = -1, .answers = -1, .directory = -1,
	                         .room = SURE};
	if (try_connect(c) == 0)
		return 0;
	err = errno;
	ipc_close(c);
	errno = err;
	return -1;
}

/* A supervisor that dies in between must not end its client by SIGPIPE; but one that
 * is pending already, blocked, is not ours to take. */
static ssize_t write_quietly(int fd, const void *bytes, size_t n_bytes)
{
	const struct timespec none = {0, 0};
	sigset_t pipe_only, before, pending;
	bool theirs = false;
	ssize_t n;
	int err;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	if (sigismember(&before, SIGPIPE) && sigpending(&pending) == 0)
		theirs = sigismember(&pending, SIGPIPE);
	n = write(fd, bytes, n_bytes);
	err = errno;
	if (n < 0 && err == EPIPE && !theirs)
		while (sigtimedwait(&pipe_only, NULL, &none) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return n;
}

/* Is there still somebody who may answer?  Else -1, ECONNRESET. */
static int look(const struct ipc_client *c)
{
	char method[32];
	struct stat st;

	if (fstat(c->answers, &st) == 0 && st.st_nlink > 0
	    && lock_holder(c->rundir, method, sizeof method) >= 0)
		return 0;
	errno = ECONNRESET;
	return -1;
}

/* Waits until there is something to do, or the supervisor is gone, at most
 * until until_ms (0: for ever). */
static int wait_for(const struct ipc_client *c, struct pollfd *p, nfds_t n_fds, int64_t until_ms)
{
	for (;;) {
		int64_t left = until_ms ? until_ms - record_now_ms() : IPC_LOOK_MS;
		int n = poll(p, n_fds, left > IPC_LOOK_MS ? IPC_LOOK_MS : left < 0 ? 0 : (int)left);

		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -1;
		if (until_ms && left <= IPC_LOOK_MS && n == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (n == 0 && look(c) < 0)
			return -1;
	}
}

/* The supervisor does not wait for a FIFO that is full: ours must hold an
 * answer to each request that is under way. */
static int make_room(struct ipc_client *c)
{
	int size;

	if (c->unanswered < c->room)
		return 0;
	size = fcntl(c->answers, F_GETPIPE_SZ);
	if (size > 0 && c->unanswered + SURE >= (size_t)size / sizeof(struct ipc_record))
		size = fcntl(c->answers, F_SETPIPE_SZ, 2 * size);
	if (size < 0) {
		errno = ENOBUFS;
		return -1;
	}
	c->room = (size_t)size / sizeof(struct ipc_record) - SURE + 1; /* the first page may be half read */
	return 0;
}

void ipc_sign(struct ipc_client *c, struct ipc_record *r)
{
	r->token = c->token;
	r->pid = (uint32_t)getpid();
}

int ipc_post(struct ipc_client *c, const void *bytes, size_t n)
{
	ssize_t written = write_quietly(c->requests, bytes, n);

	if (written == (ssize_t)n)
		return 0;
	if (written >= 0)
		errno = EPROTO;
	else if (errno == EPIPE)
		errno = ECONNRESET;
	return -1;
}

int ipc_ring(struct ipc_client *c)
{
	(void)c;
	return 0;
}

int ipc_request(struct ipc_client *c, const struct ipc_record *request)
{
	struct ipc_record r = *request;
	int64_t until_ms = r.expires_ms;

	ipc_sign(c, &r);
	if (make_room(c) < 0)
		return -1;
	while (ipc_post(c, &r, sizeof r) < 0) {
		struct pollfd p = {.fd = c->requests, .events = POLLOUT};

		if (errno == EAGAIN && !until_ms)
			until_ms = record_now_ms() + IPC_EXPIRES_MAX_MS;
		if (errno != EAGAIN || wait_for(c, &p, 1, until_ms) < 0)
			return -1;
	}
	c->unanswered++;
	return 0;
}

int ipc_next_answer(struct ipc_client *c, struct ipc_record *answer, int64_t until_ms)
{
	struct pollfd p[] = {{.fd = c->answers, .events = POLLIN}, {.fd = c->requests}};

	for (;;) {
		ssize_t n;

		if (wait_for(c, p, 2, until_ms) < 0)
			return -1;
		n = read(c->answers, answer, sizeof *answer);
		if (n > 0) {
			c->unanswered -= c->unanswered > 0;
			return record_take_answer(answer, (size_t)n);
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (p[1].revents) { /* and nothing was left to be read */
			errno = ECONNRESET;
			return -1;
		}
	}
}

void ipc_leave(struct ipc_client *c)
{
	char name[IPC_NAME_SIZE];
	struct text t;

	if (c->answers < 0)
		return;
	name_of(c, &t, name, "");
	unlinkat(c->directory, name, 0);
}

void ipc_close(struct ipc_client *c)
{
	ipc_leave(c);
	close_fd(&c->answers);
	close_fd(&c->directory);
	close_fd(&c->requests);
}

int ipc_board_item(struct ipc_client *c, const char *name, size_t n, struct ipc_item *item)
{
	(void)c, (void)name, (void)n, (void)item;
	return -1;
}

int ipc_board_items(struct ipc_client *c, struct ipc_item **items, size_t *n)
{
	(void)c, (void)items, (void)n;
	return -1;
}
