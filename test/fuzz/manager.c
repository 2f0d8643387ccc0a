/* manager.c - the other ends of the socket pairs of pools, and of their pipes. */
#include "test/fuzz/manager.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/pool.h"
#include "test/fuzz/check.h"
#include "test/fuzz/shape.h"

#define MANAGERS 4
#define KEPT 16       /* requests that one keeps in mind, the oldest overwritten */
#define FLOOD 300

struct manager {
	pid_t pid;        /* 0: a free row */
	char directory[512];
	int control, ready;
	struct ipc_record open[KEPT];
	unsigned n_open;
	uint64_t last_id;
	bool said_ready;
};

static struct manager managers[MANAGERS];
static uint64_t last_id; /* of all */

struct manager_counts manager_counts;

uint32_t manager_tag(const struct ipc_record *request)
{
	uint32_t h = 0x811c9dc5u ^ request->from ^ (uint32_t)request->verb << 16;

	for (unsigned i = 0; i < request->payload_len; i++)
		h = (h ^ request->payload[i]) * 0x01000193u;
	return h;
}

static uint32_t generation(const struct manager *m, uint32_t how)
{
	return how | (uint32_t)(m - managers);
}

bool manager_is_of(uint32_t g, const char *service, size_t len)
{
	uint32_t row = g & ~(MANAGER_HONEST | MANAGER_LIES);
	size_t n = row < MANAGERS ? strlen(managers[row].directory) : 0;

	return n > len && memcmp(managers[row].directory + n - len, service, len) == 0
	       && managers[row].directory[n - len - 1] == '/';
}

/* ---- beginning and end ---- */

static int copy_of(int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	MUST(own >= 0 && fcntl(own, F_SETFL, O_NONBLOCK) == 0);
	return own;
}

void manager_begin(pid_t pid, const char *directory, int control_fd, int ready_fd)
{
	struct manager *m = managers;

	while (m < managers + MANAGERS && m->pid)
		m++;
	MUST(m < managers + MANAGERS && strlen(directory) < sizeof m->directory);
	*m = (struct manager){.pid = pid, .control = copy_of(control_fd), .ready = copy_of(ready_fd)};
	strcpy(m->directory, directory);
}

static void close_one(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void manager_ended(pid_t pid)
{
	for (unsigned i = 0; i < MANAGERS; i++)
		if (pid && managers[i].pid == pid) {
			close_one(&managers[i].control);
			close_one(&managers[i].ready);
			managers[i].pid = 0;
		}
}

/* ---- what it is asked ---- */

/* Nothing of a client's that a manager could misuse is in it. */
static void check_request(const struct manager *m, const struct ipc_record *r, size_t n)
{
	MUST(n == sizeof *r && record_check(r, n) == RECORD_FINE);
	MUST(r->id > m->last_id);
	MUST(r->verb >= VERB_WORKERS && r->verb <= VERB_CALL);
	MUST(r->token == 0 && r->handle == 0 && r->answer_by_ms > 0);
	MUST(record_name_len(r) > 0 && record_name_len(r) <= SVC_NAME_MAX);
}

static void take(struct manager *m)
{
	struct ipc_record r;
	ssize_t n = recv(m->control, &r, sizeof r, MSG_DONTWAIT | MSG_TRUNC);

	if (n <= 0)
		return;
	check_request(m, &r, (size_t)n);
	m->last_id = r.id;
	last_id = r.id > last_id ? r.id : last_id;
	m->open[m->n_open++ % KEPT] = r;
	manager_counts.asked++;
}

/* One of those that it keeps in mind, answered or not, mostly the last; NULL: there was
 * none. */
static const struct ipc_record *some_request(struct choice *s, const struct manager *m)
{
	unsigned n = m->n_open < KEPT ? m->n_open : KEPT;

	if (n && !choice_once_in(s, 4))
		return &m->open[(m->n_open - 1) % KEPT];
	return n ? &m->open[choice_pick(s, n)] : NULL;
}

/* ---- what it says ---- */

static void send_bytes(struct manager *m, const void *bytes, size_t n)
{
	ssize_t sent = send(m->control, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

	(void)sent; /* it may be full, or its other end closed */
}

static void answer_honestly(struct choice *s, struct manager *m)
{
	const struct ipc_record *request = some_request(s, m);
	struct ipc_record r;

	if (!request)
		return;
	record_init(&r);
	r.id = request->id;
	r.verb = request->verb;
	r.result = RES_DONE;
	r.generation = generation(m, MANAGER_HONEST);
	r.total = manager_tag(request);
	if (r.verb == VERB_WORKERS)
		shape_workers(s, &r);
	else if (r.verb == VERB_CALL)
		record_set_text(&r, "done\n");
	manager_counts.honest++;
	send_bytes(m, &r, sizeof r);
	if (choice_once_in(s, 16))
		send_bytes(m, &r, sizeof r);
}

/* An answer to what was asked, to what another manager was asked, or to nothing. */
static uint64_t some_id(struct choice *s, const struct manager *m)
{
	const struct ipc_record *r = some_request(s, &managers[choice_pick(s, MANAGERS)]);

	if (choice_once_in(s, 2))
		r = some_request(s, m);
	if (choice_once_in(s, 8))
		return choice_once_in(s, 2) ? last_id + choice_pick(s, 3) : choice_take(s, 8);
	return r ? r->id : 0;
}

static void answer_badly(struct choice *s, struct manager *m)
{
	static const char *const names[] = {"web", "pool", "init"};
	static const struct shape shape = {.names = names, .n_names = 3};
	struct {
		struct ipc_record r;
		char more[64];
	} sent = {.more = ""};
	size_t n;

	shape_answer(s, &shape, &sent.r, &n);
	sent.r.id = some_id(s, m);
	sent.r.generation = generation(m, MANAGER_LIES);
	if (choice_once_in(s, 4))
		sent.r.result = RES_DONE;
	if (choice_once_in(s, 16))
		sent.r.payload_len = (uint16_t)choice_take(s, 2);
	manager_counts.hostile++;
	send_bytes(m, &sent, n < sizeof sent ? n : sizeof sent);
}

/* Why it is going to end, as it says. */
static void say_why(struct choice *s, struct manager *m)
{
	struct ipc_record r;

	record_init(&r);
	r.result = RES_POOL;
	if (choice_once_in(s, 2))
		record_set_text(&r, "worker 1 ended before the pool was up: exit 7");
	else
		choice_fill(s, r.payload, r.payload_len = (uint16_t)choice_pick(s, sizeof r.payload + 1));
	send_bytes(m, &r, sizeof r);
}

static void flood(struct choice *s, struct manager *m)
{
	for (unsigned n = choice_pick(s, FLOOD); n; n--)
		answer_badly(s, m);
}

static void write_ready(struct choice *s, struct manager *m)
{
	char bytes[600];
	size_t n = choice_once_in(s, 8) ? choice_pick(s, sizeof bytes) : 1;
	ssize_t written;

	memset(bytes, choice_once_in(s, 8) ? 'x' : '\n', sizeof bytes);
	m->said_ready = true;
	written = m->ready >= 0 ? write(m->ready, bytes, n) : 0;
	(void)written; /* nobody may listen any more */
}

/* ---- a step ---- */

static void step(struct choice *s, struct manager *m)
{
	switch (choice_pick(s, 32)) {
	case 0: write_ready(s, m); break;
	case 1: say_why(s, m); break;
	case 2:
		if (choice_once_in(s, 32))
			flood(s, m);
		break;
	case 3:
		if (choice_once_in(s, 64))
			close_one(&m->control);
		break;
	case 4:
		if (choice_once_in(s, 8))
			close_one(&m->ready);
		break;
	case 5:
		if (choice_once_in(s, 16))
			shutdown(m->control, SHUT_RDWR);
		break;
	case 6: send_bytes(m, "", 0); break;
	case 7:
	case 8:
	case 9:
	case 10: answer_badly(s, m); break;
	case 11:
	case 12:
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
	case 18: answer_honestly(s, m); break;
	default: take(m); break;
	}
}

void manager_step(struct choice *s)
{
	struct manager *m = &managers[choice_pick(s, MANAGERS)];

	if (!m->pid)
		return;
	manager_counts.steps++;
	if (!m->said_ready && !choice_once_in(s, 8))
		write_ready(s, m);
	else
		step(s, m);
}
