/* workers.c - one row for each process. */
#include "src/pool/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/signal_name.h"
#include "src/pool/child.h"
#include "src/pool/files.h"
#include "src/pool/manager.h"
#include "src/pool/reports.h"
#include "src/pool/rules.h"
#include "src/pool/say.h"
#include "src/pool/watch.h"

#define TELL_AGAIN_MS 10 /* until a worker has taken what was sent to it */

struct row {
	pid_t pid;        /* 0: none */
	int fd;           /* what it reports on, -1: none */
	int start_fd;     /* until it is up, else -1 */
	bool tell;        /* TERM is due */
	/* the last word: of the start, or of wait() */
	struct child_report failed;
	int status;
};

static struct row rows[POOL_ROWS];
static unsigned n_to_tell;
static uint32_t high; /* rows below were ever used */

static void close_one(int *fd)
{
	if (*fd < 0)
		return;
	watch_remove(*fd);
	close(*fd);
	*fd = -1;
}

/* ---- making one ---- */

/* A pipe from the worker, of which our end does not block. */
static int make_pipe(int ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0)
		return 0;
	close(ends[0]);
	close(ends[1]);
	return -1;
}

/* What a worker reports on, ours and its: a pipe, or, where requests go the other way, a
 * socket pair that keeps their boundaries. */
static int make_channel(int ends[2])
{
	if (manager_dispatches())
		return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
	return make_pipe(ends);
}

static int watch_row(const struct row *w, uint32_t row)
{
	if (watch_add(w->start_fd, WATCH_START, row) < 0)
		return -1;
	return reports_begin(row, w->fd);
}

static pid_t make_process(uint32_t rank, int report_fd, int start_fd)
{
	const struct pool_child c = {
		.rank = (int32_t)rank, .report_fd = report_fd, .start_fd = start_fd, .manager = getpid(),
	};
	pid_t pid = fork();

	if (pid == 0)
		child_worker(&c);
	return pid;
}

/* Everything that is needed to watch it is there before it is. */
static int make(struct row *w, uint32_t row, uint32_t rank)
{
	int channel[2], start[2], error;

	if (make_channel(channel) < 0)
		return -1;
	w->fd = channel[0];
	if (make_pipe(start) < 0) {
		error = errno;
		close(channel[1]);
		errno = error;
		return -1;
	}
	w->start_fd = start[0];
	w->pid = watch_row(w, row) < 0 ? -1 : make_process(rank, channel[1], start[1]);
	error = errno;
	close(channel[1]);
	close(start[1]);
	errno = error;
	return w->pid < 0 ? -1 : 0;
}

static void close_row(struct row *w, uint32_t row)
{
	close_one(&w->start_fd);
	reports_end(row, w->fd);
	close_one(&w->fd);
	n_to_tell -= w->tell;
	w->tell = false;
	w->pid = 0;
}

int workers_start(uint32_t row, uint32_t rank)
{
	struct row *w = &rows[row];

	*w = (struct row){.fd = -1, .start_fd = -1};
	if (row >= high)
		high = row + 1;
	if (make(w, row, rank) == 0)
		return 0;
	w->failed = (struct child_report){.step = CHILD_UP, .error = errno};
	close_row(w, row);
	return -1;
}

/* One worker says it for all, until the directory is read anew. */
static void say_note(const struct child_report *r)
{
	struct text *t;

	if (!files_is_news((unsigned)r->entry))
		return;
	t = say_begin();
	child_put_report(t, r);
	text_str(t, ", started without it");
	say_end();
}

/* A program is up when it has been executed, which closes its end; modules say so. */
void workers_started(uint32_t row)
{
	struct row *w = &rows[row];
	struct child_report r = {0};
	ssize_t n;

	if (w->start_fd < 0)
		return;
	while ((n = read(w->start_fd, &r, sizeof r)) == sizeof r && r.step == CHILD_NOTE)
		say_note(&r);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close_one(&w->start_fd);
	if (n == sizeof r && r.step != CHILD_UP)
		w->failed = r;
	else if (n == sizeof r || (n == 0 && !manager_has_modules()))
		manager_event(POOL_EV_UP, row);
}

/* ---- its end ---- */

/* TERM only when it has taken the request that was sent to it: a program that has just
 * been executed may not heed TERM yet.  In dispatch mode the end of file tells it, too. */
static void tell_now(struct row *w)
{
	int unread = 0;

	if (manager_dispatches() && ioctl(w->fd, TIOCOUTQ, &unread) == 0 && unread > 0) {
		n_to_tell += !w->tell;
		w->tell = true;
		return;
	}
	n_to_tell -= w->tell;
	w->tell = false;
	kill(w->pid, SIGTERM);
	kill(w->pid, SIGCONT);
}

void workers_tell(uint32_t row)
{
	struct row *w = &rows[row];

	if (w->pid <= 0)
		return;
	if (manager_dispatches() && w->fd >= 0)
		shutdown(w->fd, SHUT_WR); /* it may be gone already */
	tell_now(w);
}

void workers_kill(uint32_t row)
{
	if (rows[row].pid > 0)
		kill(rows[row].pid, SIGKILL);
}

int64_t workers_deadline(void)
{
	return n_to_tell ? manager_now() + TELL_AGAIN_MS : POOL_NEVER;
}

void workers_turn(void)
{
	for (uint32_t row = 0; n_to_tell && row < high; row++)
		if (rows[row].tell)
			tell_now(&rows[row]);
}

static bool find(pid_t pid, uint32_t *row)
{
	for (*row = 0; *row < high; ++*row)
		if (rows[*row].pid == pid)
			return true;
	return false;
}

/* What it has said before its end comes before it. */
bool workers_ended(pid_t pid, int status)
{
	struct row *w;
	uint32_t row;

	if (!find(pid, &row))
		return false;
	w = &rows[row];
	w->status = status;
	workers_started(row);
	reports_last(row);
	close_row(w, row);
	manager_ended(row, WIFEXITED(status) && WEXITSTATUS(status) == 0);
	return true;
}

/* ---- what others ask ---- */

pid_t workers_pid(uint32_t row)
{
	return rows[row].pid;
}

int workers_fd(uint32_t row)
{
	return rows[row].fd;
}

static bool may_pass(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE ||
	       error == ETXTBSY || error == ENOBUFS;
}

bool workers_why(uint32_t row, struct text *why)
{
	const struct row *w = &rows[row];

	if (w->failed.step == CHILD_INIT) {
		text_name(why, w->failed.why, strnlen(w->failed.why, sizeof w->failed.why), true);
		return false;
	}
	if (w->failed.error) {
		child_put_report(why, &w->failed);
		return may_pass(w->failed.error);
	}
	if (WIFSIGNALED(w->status)) {
		text_str(why, "killed by signal ");
		text_i64(why, WTERMSIG(w->status));
		text_str(why, " (");
		text_str(why, signal_word(WTERMSIG(w->status)));
		text_str(why, ")");
	} else {
		text_str(why, "exit ");
		text_i64(why, WEXITSTATUS(w->status));
	}
	return false;
}

void workers_close_in_child(void)
{
	for (uint32_t row = 0; row < high; row++) {
		if (rows[row].fd >= 0)
			close(rows[row].fd);
		if (rows[row].start_fd >= 0)
			close(rows[row].start_fd);
	}
}
