/* extras.c - a row for each, with a back-off of its own. */
#include "src/pool/extras.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/pool/child.h"
#include "src/pool/host.h"
#include "src/pool/manager.h"
#include "src/pool/rules.h"
#include "src/pool/say.h"
#include "src/pool/watch.h"

static struct extra {
	pid_t pid;          /* 0: none */
	int start_fd;       /* until it is up, else -1 */
	bool was_up;
	uint32_t failures;  /* in a row */
	int64_t since_ms;
	int64_t due_ms;     /* to be made; after extras_end() to be killed */
} extras[HOST_EXTRA_MAX];

static unsigned n_extras;
static bool ending;

static void close_start(struct extra *e)
{
	if (e->start_fd < 0)
		return;
	watch_remove(e->start_fd);
	close(e->start_fd);
	e->start_fd = -1;
}

static int make(unsigned i)
{
	struct extra *e = &extras[i];
	struct pool_child c = {.rank = -1 - (int32_t)i, .report_fd = -1, .manager = getpid()};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	e->start_fd = ends[0];
	c.start_fd = ends[1];
	e->pid = watch_add(e->start_fd, WATCH_EXTRA, i) < 0 ? -1 : fork();
	if (e->pid == 0)
		child_extra(&c, i);
	close(ends[1]);
	e->since_ms = manager_now();
	e->due_ms = POOL_NEVER;
	e->was_up = false;
	if (e->pid > 0)
		return 0;
	close_start(e);
	e->pid = 0;
	return -1;
}

int extras_begin(unsigned n)
{
	n_extras = n < HOST_EXTRA_MAX ? n : HOST_EXTRA_MAX;
	for (unsigned i = 0; i < n_extras; i++)
		extras[i].start_fd = -1;
	for (unsigned i = 0; i < n_extras; i++)
		if (make(i) < 0)
			return -1;
	return 0;
}

static void complain_of_start(const struct child_report *r)
{
	struct text *t = say_begin();

	child_put_report(t, r);
	say_end();
}

void extras_started(unsigned i)
{
	struct extra *e = &extras[i];
	struct child_report r;
	ssize_t n;

	if (e->start_fd < 0)
		return;
	while ((n = read(e->start_fd, &r, sizeof r)) == sizeof r && r.step == CHILD_NOTE)
		; /* workers have said it */
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	close_start(e);
	e->was_up = n == sizeof r && r.step == CHILD_UP;
	if (n != sizeof r || r.step == CHILD_UP)
		return;
	r.why[sizeof r.why - 1] = '\0';
	if (r.step == CHILD_INIT)
		manager_fail_start(r.why);
	else
		complain_of_start(&r);
}

/* ---- ends ---- */

static int64_t delay(uint32_t failures)
{
	int64_t ms = POOL_BACKOFF_FIRST_MS;

	while (failures-- > 1 && ms < POOL_BACKOFF_MAX_MS)
		ms *= 2;
	return ms < POOL_BACKOFF_MAX_MS ? ms : POOL_BACKOFF_MAX_MS;
}

static void complain(unsigned i, int status)
{
	struct text *t = say_begin();

	text_str(t, "extra process ");
	text_i64(t, -1 - (int64_t)i);
	text_str(t, WIFSIGNALED(status) ? " ended: signal " : " ended: exit ");
	text_i64(t, WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	say_end();
}

bool extras_ended(pid_t pid, int status)
{
	for (unsigned i = 0; i < n_extras; i++) {
		struct extra *e = &extras[i];

		if (e->pid != pid)
			continue;
		extras_started(i);
		close_start(e);
		e->pid = 0;
		if (ending)
			return true;
		complain(i, status);
		if (!e->was_up)
			manager_fail_start("an extra process ended before it was up");
		e->failures = manager_now() - e->since_ms < POOL_HEALTHY_MS ? e->failures + 1 : 0;
		/* the first restart comes at once, as that of a worker */
		e->due_ms = manager_now() + (e->failures > 1 ? delay(e->failures - 1) : 0);
		return true;
	}
	return false;
}

void extras_end(void)
{
	if (ending)
		return;
	ending = true;
	for (unsigned i = 0; i < n_extras; i++) {
		extras[i].due_ms = extras[i].pid ? manager_now() + POOL_LEAVE_MS : POOL_NEVER;
		if (extras[i].pid)
			kill(extras[i].pid, SIGTERM);
	}
}

bool extras_are_gone(void)
{
	for (unsigned i = 0; i < n_extras; i++)
		if (extras[i].pid)
			return false;
	return true;
}

static void do_due(unsigned i)
{
	struct extra *e = &extras[i];

	e->due_ms = POOL_NEVER;
	if (ending && e->pid) {
		kill(e->pid, SIGKILL);
	} else if (!ending && make(i) < 0) {
		say_errno("fork", errno);
		e->due_ms = manager_now() + delay(++e->failures);
	}
}

void extras_turn(void)
{
	for (unsigned i = 0; i < n_extras; i++)
		if (extras[i].due_ms <= manager_now())
			do_due(i);
}

int64_t extras_deadline(void)
{
	int64_t first = POOL_NEVER;

	for (unsigned i = 0; i < n_extras; i++)
		if (extras[i].due_ms < first)
			first = extras[i].due_ms;
	return first;
}

/* ---- what others ask ---- */

unsigned extras_count(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_extras; i++)
		n += extras[i].pid > 0;
	return n;
}

bool extras_show(unsigned n, struct ipc_worker *out)
{
	for (unsigned i = 0; i < n_extras; i++) {
		const struct extra *e = &extras[i];

		if (!e->pid || n-- > 0)
			continue;
		*out = (struct ipc_worker){
			.since_ms = e->since_ms, .rank = -1 - (int32_t)i, .pid = (int32_t)e->pid,
			.state = e->start_fd >= 0 ? WORKER_STARTING : ending ? WORKER_LEAVING : WORKER_BUSY,
		};
		return true;
	}
	return false;
}

void extras_close_in_child(void)
{
	for (unsigned i = 0; i < n_extras; i++)
		if (extras[i].start_fd >= 0)
			close(extras[i].start_fd);
}
