/* reports.c - from bytes of workers to events. */
#include "src/pool/reports.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/pool/manager.h"
#include "src/pool/rules.h"
#include "src/pool/say.h"
#include "src/pool/watch.h"
#include "src/pool/workers.h"

#define LINE_MAX_LEN 9            /* "available" */
#define AT_ONCE 64                /* workers read in one go */
#define BYTES_EACH (16 * 1024)
#define BYTES_AT_ONCE (128 * 1024)
#define MESSAGE_BYTES 64          /* dispatch: of one message; a word has 10 */

struct reader {
	char line[LINE_MAX_LEN];
	uint8_t len;              /* LINE_MAX_LEN + 1: longer than any word */
	bool said;                /* that it is no report */
	bool paced;               /* dispatch: read with the others */
};

static struct reader readers[POOL_ROWS];
static int paced_fd = -1;         /* an epoll of its own, for those that are read together */
static int64_t due_ms = POOL_NEVER;

int reports_init(void)
{
	paced_fd = epoll_create1(EPOLL_CLOEXEC);
	return paced_fd < 0 ? -1 : watch_add_once(paced_fd, WATCH_REPORTS, 0);
}

void reports_close_in_child(void)
{
	if (paced_fd >= 0)
		close(paced_fd);
	paced_fd = -1;
}

static int pace(uint32_t row, int fd)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = row};

	readers[row].paced = true;
	return epoll_ctl(paced_fd, EPOLL_CTL_ADD, fd, &ev);
}

static void unpace(uint32_t row, int fd)
{
	readers[row].paced = false;
	epoll_ctl(paced_fd, EPOLL_CTL_DEL, fd, NULL); /* it may have left already */
}

int reports_begin(uint32_t row, int fd)
{
	readers[row] = (struct reader){0};
	return manager_dispatches() ? watch_add(fd, WATCH_REPORT, row) : pace(row, fd);
}

void reports_end(uint32_t row, int fd)
{
	if (fd < 0)
		return;
	unpace(row, fd);
	watch_remove(fd);
}

/* ---- words ---- */

static void complain(struct reader *r, uint32_t row)
{
	struct text *t;

	if (r->said)
		return;
	r->said = true;
	t = say_begin();
	text_str(t, "worker ");
	text_u64(t, manager_rank(row));
	text_str(t, " (process ");
	text_i64(t, workers_pid(row));
	text_str(t, "): what it says of itself is neither busy nor available: ignored");
	say_end();
}

static bool is(const struct reader *r, const char *word)
{
	return r->len == strlen(word) && memcmp(r->line, word, r->len) == 0;
}

static void take_line(struct reader *r, uint32_t row)
{
	if (is(r, "busy"))
		manager_event(POOL_EV_BUSY, row);
	else if (is(r, "available"))
		manager_event(POOL_EV_AVAILABLE, row);
	else
		complain(r, row);
	r->len = 0;
}

static void take_report(uint32_t row, const char *bytes, size_t n)
{
	struct reader *r = &readers[row];

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n')
			take_line(r, row);
		else if (r->len < LINE_MAX_LEN)
			r->line[r->len++] = bytes[i];
		else if (r->len == LINE_MAX_LEN)
			r->len++;
	}
	if (r->len > LINE_MAX_LEN)
		complain(r, row);
}

/* ---- share ---- */

/* How many bytes there were; with none its end is closed, and never read again. */
static size_t read_some(uint32_t row, size_t most)
{
	static char bytes[BYTES_EACH];
	int fd = workers_fd(row);
	ssize_t n = read(fd, bytes, most < sizeof bytes ? most : sizeof bytes);

	if (n > 0)
		take_report(row, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		unpace(row, fd);
	return n > 0 ? (size_t)n : 0;
}

/* ---- dispatch ---- */

/* One message: true if there may be another.  Descriptors that come along are dropped:
 * there is no room for them. */
static bool receive(uint32_t row)
{
	char bytes[MESSAGE_BYTES];
	ssize_t n = recv(workers_fd(row), bytes, sizeof bytes, MSG_DONTWAIT);

	if (n > 0)
		take_report(row, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		reports_end(row, workers_fd(row)); /* it has closed its end */
	return n > 0;
}

/* A worker that says what nobody awaits is read no faster than the others. */
void reports_readable(uint32_t row)
{
	int fd = workers_fd(row);
	bool awaited;

	if (fd < 0)
		return;
	awaited = manager_is_busy(row);
	if (!receive(row) || awaited)
		return;
	watch_remove(fd);
	if (pace(row, fd) < 0)
		say_errno("epoll", errno);
}

static void receive_paced(uint32_t row)
{
	int fd = workers_fd(row);

	if (receive(row) || !readers[row].paced)
		return;
	unpace(row, fd);
	if (watch_add(fd, WATCH_REPORT, row) < 0)
		say_errno("epoll", errno);
}

/* ---- together ---- */

static int read_together(void)
{
	struct epoll_event ev[AT_ONCE];
	int n = epoll_wait(paced_fd, ev, AT_ONCE, 0);
	size_t left = BYTES_AT_ONCE;

	for (int i = 0; i < n && left; i++) {
		if (manager_dispatches())
			receive_paced(ev[i].data.u32);
		else
			left -= read_some(ev[i].data.u32, left);
	}
	return n;
}

void reports_waiting(void)
{
	due_ms = manager_now();
}

int64_t reports_deadline(void)
{
	return due_ms;
}

/* While something comes, it is looked at in turns; then the first sign is awaited. */
void reports_turn(void)
{
	if (due_ms > manager_now())
		return;
	due_ms = POOL_NEVER;
	if (read_together() > 0)
		due_ms = manager_now() + REPORTS_PACE_MS;
	else if (watch_again(paced_fd, WATCH_REPORTS, 0) < 0)
		say_errno("epoll", errno);
}

void reports_last(uint32_t row)
{
	if (workers_fd(row) < 0)
		return;
	if (manager_dispatches())
		receive(row);
	else
		read_some(row, BYTES_EACH);
}
