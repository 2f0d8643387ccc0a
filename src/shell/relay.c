/* relay.c - between clients and the managers of pools. */
#include "src/shell/relay.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "ipc/cinit_ipc.h"
#include "ipc/pool.h"
#include "src/limits.h"
#include "src/shell/requests.h"
#include "src/shell/services.h"
#include "src/shell/shell.h"

static void free_row(struct relayed *row)
{
	row->handle = 0;
	shell.relay.n--;
}

/* A row that is free, unless others than those who may command have their part. */
static struct relayed *free_rows(bool may_command)
{
	if (shell.relay.n == RELAY_MAX || (!may_command && shell.relay.n >= RELAY_OTHERS))
		return NULL;
	for (unsigned i = 0; i < RELAY_MAX; i++)
		if (!shell.relay.row[i].handle)
			return &shell.relay.row[i];
	return NULL;
}

/* A call is NAME, COMMAND, ARGUMENTS, each with its NUL. */
static bool is_call(const struct ipc_record *r)
{
	return r->payload_len > 0 && r->payload[r->payload_len - 1] == 0
	       && record_name_len(r) + 1 < r->payload_len;
}

/* A roll takes as long as the slowest request. */
static int64_t patience(unsigned verb)
{
	switch (verb) {
	case VERB_ROLL: return RELAY_ROLL_MAX_MS;
	case VERB_WORKERS: return RELAY_LOOK_MAX_MS;
	default: return RELAY_MAX_MS;
	}
}

static int64_t due(const struct ipc_record *r)
{
	int64_t at = shell.now_ms + patience(r->verb);

	return r->answer_by_ms && r->answer_by_ms < at ? r->answer_by_ms : at;
}

static enum result pass_on(const struct ipc_record *r, struct relayed *row, int fd)
{
	struct ipc_record out = *r;

	out.id = row->id;
	out.answer_by_ms = row->due_ms;
	out.handle = 0;
	out.token = 0;
	if (send(fd, &out, sizeof out, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof out)
		return RES_NONE;
	return errno == EAGAIN || errno == ENOBUFS ? RES_BUSY : RES_NO;
}

static enum result relay(const struct ipc_record *r, uint32_t svc, bool may_command)
{
	int fd = channels_fd(&shell.channels, svc, CHANNEL_CONTROL, 0);
	struct relayed *row;
	enum result no;

	if (!services_is_pool(svc))
		return RES_NOT_POOL;
	if (r->verb == VERB_CALL && !is_call(r))
		return RES_BAD_REQUEST;
	if (fd < 0)
		return RES_NO;
	row = free_rows(may_command);
	if (!row)
		return RES_BUSY;
	*row = (struct relayed){.svc = svc, .id = ++shell.relay.last_id, .due_ms = due(r), .verb = r->verb};
	no = pass_on(r, row, fd);
	if (no)
		return no;
	row->handle = r->handle;
	shell.relay.n++;
	return RES_NONE;
}

void relay_request(const struct ipc_record *r, uint32_t svc, bool may_command)
{
	enum result no = relay(r, svc, may_command);

	if (no)
		requests_answer_about(r->handle, svc, no);
}

/* ---- what the manager sends ---- */

static struct relayed *find(uint32_t svc, uint64_t id)
{
	for (unsigned i = 0; i < RELAY_MAX; i++)
		if (shell.relay.row[i].handle && shell.relay.row[i].svc == svc && shell.relay.row[i].id == id)
			return &shell.relay.row[i];
	return NULL;
}

/* The results that a manager may give. */
static bool is_plausible(const struct ipc_record *r, unsigned verb)
{
	switch ((enum result)r->result) {
	case RES_DONE:
		return verb == VERB_WORKERS ? record_is_pool(r) : r->n_items == 0;
	case RES_ACCEPTED:
	case RES_POOL: return r->n_items == 0;
	case RES_BUSY:
	case RES_BAD_REQUEST:
	case RES_SUPERSEDED:
	case RES_SHUTDOWN:
	case RES_STILL_WAITING: return r->payload_len == 0;
	case RES_NONE:
	case RES_NO:
	case RES_NEED_NOT_UP:
	case RES_DEPENDENT_UP:
	case RES_EXPIRED:
	case RES_DENIED:
	case RES_NO_SERVICE:
	case RES_BAD_NAME:
	case RES_NO_MEMORY:
	case RES_LOAD:
	case RES_VERSION:
	case RES_NO_ROOT:
	case RES_NOT_POOL:
	case RES_N: break;
	}
	return false;
}

/* A fresh record with what clients may see of the manager's. */
static void answer(struct relayed *row, const struct ipc_record *from)
{
	uint32_t handle = row->handle, svc = row->svc;
	struct ipc_record r;

	record_init(&r);
	r.generation = from->generation;
	r.from = from->from;
	r.total = from->total;
	r.result = from->result;
	if (is_plausible(from, row->verb)) {
		r.n_items = from->n_items;
		r.payload_len = from->payload_len;
		memcpy(r.payload, from->payload, from->payload_len);
	} else {
		r.result = RES_POOL;
		record_set_text(&r, "the pool manager sent a malformed answer");
	}
	free_row(row);
	ipc_answer(&r, handle, svc);
}

/* Unasked: why it is going to end. */
static void take_words(uint32_t svc, const struct ipc_record *r)
{
	if (r->verb == VERB_NONE && r->result == RES_POOL)
		reasons_set(&shell.reasons, svc, (const char *)r->payload, r->payload_len);
}

static void take_record(uint32_t svc, const struct ipc_record *r, size_t n)
{
	struct relayed *row;

	if (n != sizeof *r || r->magic != IPC_MAGIC || r->version != IPC_VERSION
	    || r->payload_len > sizeof r->payload)
		return;
	row = find(svc, r->id);
	if (row)
		answer(row, r);
	else if (r->id == 0)
		take_words(svc, r);
}

/* An empty record looks like an end, and is none. */
static bool has_hung_up(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) != 0 && p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL);
}

bool relay_readable(uint32_t svc)
{
	struct ipc_record r;
	int fd = channels_fd(&shell.channels, svc, CHANNEL_CONTROL, 0);

	for (unsigned n = 0; fd >= 0 && n < TURN_RELAYS; n++) {
		ssize_t got = recv(fd, &r, sizeof r, MSG_DONTWAIT | MSG_TRUNC);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return false;
		if (got < 0 || (got == 0 && has_hung_up(fd))) {
			channels_close(&shell.channels, svc, CHANNEL_CONTROL, &services_channel_watch); /* it can say nothing any more */
			return false;
		}
		take_record(svc, &r, (size_t)got);
	}
	return fd >= 0;
}

/* ---- ends ---- */

static void answer_row(struct relayed *row, enum result result)
{
	uint32_t handle = row->handle, svc = row->svc;

	free_row(row);
	requests_answer_about(handle, svc, result);
}

void relay_gone(uint32_t svc)
{
	for (unsigned i = 0; shell.relay.n && i < RELAY_MAX; i++)
		if (shell.relay.row[i].handle && shell.relay.row[i].svc == svc)
			answer_row(&shell.relay.row[i], RES_NO);
}

void relay_client_gone(uint32_t handle)
{
	for (unsigned i = 0; handle && shell.relay.n && i < RELAY_MAX; i++) /* free rows bear 0 */
		if (shell.relay.row[i].handle == handle)
			free_row(&shell.relay.row[i]);
}

/* A service that runs is never dropped: its rows have somewhere to go. */
void relay_moved(const uint32_t *map, uint32_t n)
{
	for (unsigned i = 0; shell.relay.n && i < RELAY_MAX; i++)
		if (shell.relay.row[i].handle && shell.relay.row[i].svc < n)
			shell.relay.row[i].svc = map[shell.relay.row[i].svc];
}

void relay_turn(void)
{
	for (unsigned i = 0; shell.relay.n && i < RELAY_MAX; i++)
		if (shell.relay.row[i].handle && shell.relay.row[i].due_ms <= shell.now_ms)
			answer_row(&shell.relay.row[i], RES_STILL_WAITING);
}

int64_t relay_deadline(void)
{
	int64_t first = NEVER;

	for (unsigned i = 0; shell.relay.n && i < RELAY_MAX; i++)
		if (shell.relay.row[i].handle && shell.relay.row[i].due_ms < first)
			first = shell.relay.row[i].due_ms;
	return first;
}
