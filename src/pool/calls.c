/* calls.c - a child for each call, and a pipe for what it says. */
#include "src/pool/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/record.h"
#include "src/pool/child.h"
#include "src/pool/control.h"
#include "src/pool/host.h"
#include "src/pool/manager.h"
#include "src/pool/rules.h"
#include "src/pool/watch.h"

#define TEXT_MAX_BYTES (sizeof ((struct ipc_record *)0)->payload)

/* What a child writes: whether it was done, and the text.  Smaller than a pipe takes at
 * once, so it arrives whole or not at all. */
struct said {
	uint8_t done;
	char text[TEXT_MAX_BYTES];
};

static struct call {
	uint64_t id;      /* 0: answered */
	int64_t until_ms;
	pid_t pid;        /* 0: none */
	int fd;           /* where it answers, -1: it has */
} calls[CALLS_MAX];

static _Noreturn void run(const struct pool_child *c, const char *words, size_t n, int fd)
{
	static struct said said;
	size_t len;

	child_enter(c);
	child_unblock();
	said.done = host_find()->call(words, n, said.text, sizeof said.text) == 0;
	said.text[sizeof said.text - 1] = '\0';
	len = offsetof(struct said, text) + strlen(said.text) + 1;
	_exit(write(fd, &said, len) != (ssize_t)len);
}

static bool make(struct call *k, unsigned i, const char *words, size_t n)
{
	const struct pool_child c = {.report_fd = -1, .start_fd = -1, .manager = getpid()};
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return false;
	k->fd = ends[0];
	k->pid = watch_add(k->fd, WATCH_CALL, i) < 0 ? -1 : fork();
	if (k->pid == 0)
		run(&c, words, n, ends[1]);
	close(ends[1]);
	if (k->pid > 0)
		return true;
	watch_remove(k->fd);
	close(k->fd);
	k->pid = 0;
	return false;
}

bool calls_begin(uint64_t id, const char *words, size_t n, int64_t answer_by_ms)
{
	unsigned i = 0;
	struct call *k;

	while (i < CALLS_MAX && calls[i].pid)
		i++;
	if (i == CALLS_MAX)
		return false;
	k = &calls[i];
	k->id = id;
	k->until_ms = manager_now() + CALL_MAX_MS;
	if (answer_by_ms && answer_by_ms < k->until_ms)
		k->until_ms = answer_by_ms;
	return make(k, i, words, n);
}

/* ---- its end ---- */

static void answer(struct call *k, bool done, const char *text)
{
	if (k->id)
		control_answer_call(k->id, done, text);
	k->id = 0;
}

static void close_call(struct call *k)
{
	if (k->fd < 0)
		return;
	watch_remove(k->fd);
	close(k->fd);
	k->fd = -1;
}

void calls_readable(unsigned i)
{
	struct call *k = &calls[i];
	struct said said = {0};
	ssize_t n;

	if (!k->pid || k->fd < 0)
		return;
	n = read(k->fd, &said, sizeof said);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	said.text[sizeof said.text - 1] = '\0';
	if (n > 0)
		answer(k, said.done == 1, said.text);
	else
		answer(k, false, "it ended without an answer");
	close_call(k);
}

bool calls_ended(pid_t pid)
{
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		if (calls[i].pid != pid)
			continue;
		calls_readable(i);
		answer(&calls[i], false, "it ended without an answer");
		close_call(&calls[i]);
		calls[i].pid = 0;
		return true;
	}
	return false;
}

void calls_turn(void)
{
	for (unsigned i = 0; i < CALLS_MAX; i++) {
		struct call *k = &calls[i];

		if (!k->pid || k->until_ms > manager_now())
			continue;
		k->until_ms = POOL_NEVER;
		kill(k->pid, SIGKILL);
		answer(k, false, "it took too long and was killed");
	}
}

int64_t calls_deadline(void)
{
	int64_t first = POOL_NEVER;

	for (unsigned i = 0; i < CALLS_MAX; i++)
		if (calls[i].pid && calls[i].until_ms < first)
			first = calls[i].until_ms;
	return first;
}

void calls_close_in_child(void)
{
	for (unsigned i = 0; i < CALLS_MAX; i++)
		if (calls[i].pid && calls[i].fd >= 0)
			close(calls[i].fd);
}
