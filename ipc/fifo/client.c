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
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ipc/fifo/ipc.h"
#include "ipc/lock.h"
#include "ipc/text.h"

#define TRIES 100          /* at making a FIFO while a sweep is about */
#define SURE 4             /* records that the smallest pipe holds: one page */

static int requests = -1, answers = -1;
static int directory = -1;          /* where `answers` is; -1 when it is not there */
static uint64_t token;
static char rundir[PATH_MAX];
static size_t unanswered;           /* requests; as many answers may wait in the FIFO */
static size_t room;                 /* records that it holds for certain */

static void name_of(struct text *t, char *buf, const char *suffix)
{
	text_init(t, buf, IPC_NAME_SIZE);
	for (int shift = 60; shift >= 0; shift -= 4)
		text_char(t, "0123456789abcdef"[token >> shift & 15]);
	text_str(t, suffix);
}

static int open_beneath(const char *name, int flags)
{
	char path[PATH_MAX];
	struct text t;

	text_init(&t, path, sizeof path);
	text_str(&t, rundir);
	text_str(&t, name);
	if (!t.cut)
		return openat(AT_FDCWD, path, flags | O_NOFOLLOW | O_CLOEXEC);
	errno = ENAMETOOLONG;
	return -1;
}

/* Root makes it for a supervisor that is another user's. */
static int give_away(void)
{
	struct stat dir, st;

	if (geteuid() != 0)
		return 0;
	if (fstat(directory, &dir) < 0 || fstat(answers, &st) < 0)
		return -1;
	if (dir.st_uid == 0)
		return 0;
	if (S_ISFIFO(st.st_mode) && st.st_uid == 0 && st.st_nlink == 1)
		return fchmod(answers, 0600) < 0 ? -1 : fchown(answers, dir.st_uid, (gid_t)-1);
	errno = EPERM;
	return -1;
}

/* The FIFO under its first name, opened, and then under its second: once it has
 * that, it has a reader, and no sweep takes it for a leftover. */
static int make_answers(void)
{
	char first[IPC_NAME_SIZE], name[IPC_NAME_SIZE];
	struct text t;

	token = ipc_random_id();
	name_of(&t, first, IPC_NEW_SUFFIX);
	name_of(&t, name, "");
	if (mkfifoat(directory, first, 0600) < 0)
		return -1;
	answers = openat(directory, first, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (answers < 0 && errno == EACCES && fchmodat(directory, first, 0600, 0) == 0) /* a umask */
		answers = openat(directory, first, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (answers >= 0 && give_away() == 0 && renameat(directory, first, directory, name) == 0)
		return 0;
	if (errno != ENOENT) {
		int err = errno;

		unlinkat(directory, first, 0);
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

static int try_connect(void)
{
	struct stat st;

	requests = open_beneath("/" IPC_REQUEST_NAME, O_WRONLY | O_NONBLOCK | O_NOCTTY);
	if (requests < 0 || fstat(requests, &st) < 0)
		return -1;
	if (!S_ISFIFO(st.st_mode)) {
		errno = ECONNREFUSED;
		return -1;
	}
	directory = open_beneath("/" IPC_ANSWERS_NAME, O_PATH | O_DIRECTORY);
	if (directory < 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		if (make_answers() == 0)
			return 0;
		close_fd(&answers);
		if (errno != ENOENT && errno != EEXIST)
			return -1;
	}
	return -1;
}

int ipc_connect(const char *dir)
{
	static bool closes_at_exit;
	struct text t;
	int err;

	text_init(&t, rundir, sizeof rundir);
	text_str(&t, dir);
	if (!closes_at_exit)
		closes_at_exit = atexit(ipc_close) == 0;
	unanswered = 0;
	room = SURE;
	if (try_connect() == 0)
		return 0;
	err = errno;
	ipc_close();
	errno = err;
	return -1;
}

/* A supervisor that dies in between must not end its client by SIGPIPE. */
static ssize_t write_quietly(const struct ipc_record *r)
{
	const struct timespec none = {0, 0};
	sigset_t pipe_only, before;
	ssize_t n;
	int err;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_only, &before);
	n = write(requests, r, sizeof *r);
	err = errno;
	if (n < 0 && err == EPIPE)
		while (sigtimedwait(&pipe_only, NULL, &none) < 0 && errno == EINTR)
			;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return n;
}

/* Is there still somebody who may answer?  Else -1, ECONNRESET. */
static int look(void)
{
	char method[32];
	struct stat st;

	if (fstat(answers, &st) == 0 && st.st_nlink > 0
	    && lock_holder(rundir, method, sizeof method) >= 0)
		return 0;
	errno = ECONNRESET;
	return -1;
}

/* Waits until there is something to do, or the supervisor is gone, at most
 * until until_ms (0: for ever). */
static int wait_for(struct pollfd *p, nfds_t n_fds, int64_t until_ms)
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
		if (n == 0 && look() < 0)
			return -1;
	}
}

/* The supervisor does not wait for a FIFO that is full: ours must hold an
 * answer to each request that is under way. */
static int make_room(void)
{
	int size;

	if (unanswered < room)
		return 0;
	size = fcntl(answers, F_GETPIPE_SZ);
	if (size > 0 && unanswered + SURE >= (size_t)size / sizeof(struct ipc_record))
		size = fcntl(answers, F_SETPIPE_SZ, 2 * size);
	if (size < 0) {
		errno = ENOBUFS;
		return -1;
	}
	room = (size_t)size / sizeof(struct ipc_record) - SURE + 1; /* the first page may be half read */
	return 0;
}

int ipc_request(const struct ipc_record *request)
{
	struct ipc_record r = *request;

	r.token = token;
	r.pid = (uint32_t)getpid();
	if (make_room() < 0)
		return -1;
	for (;;) {
		struct pollfd p = {.fd = requests, .events = POLLOUT};
		ssize_t n = write_quietly(&r);

		if (n == (ssize_t)sizeof r) {
			unanswered++;
			return 0;
		}
		if (n >= 0 || errno == EPIPE)
			errno = n >= 0 ? EPROTO : ECONNRESET;
		if (errno != EAGAIN)
			return -1;
		if (wait_for(&p, 1, r.expires_ms) < 0)
			return -1;
	}
}

int ipc_next_answer(struct ipc_record *answer, int64_t until_ms)
{
	struct pollfd p[] = {{.fd = answers, .events = POLLIN}, {.fd = requests}};

	for (;;) {
		ssize_t n;

		if (wait_for(p, 2, until_ms) < 0)
			return -1;
		n = read(answers, answer, sizeof *answer);
		if (n > 0) {
			unanswered -= unanswered > 0;
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

void ipc_close(void)
{
	char name[IPC_NAME_SIZE];
	struct text t;

	if (answers >= 0) {
		name_of(&t, name, "");
		unlinkat(directory, name, 0);
	}
	close_fd(&answers);
	close_fd(&directory);
	close_fd(&requests);
}
