/* server.c - the half of the server that is the same for every method: checks,
 * return addresses, replay memory, and the way of an answer.
 *
 * Tables are of fixed size; rows are used from the front, so that memory which
 * was never needed is never touched. */
#include <errno.h>
#include <string.h>

#include "ipc/check.h"
#include "ipc/cinit_ipc.h"
#include "ipc/text.h"

#define REPLAY_MAX 2048  /* commands remembered until they expire: 68 a second */

const char *ipc_rundir;
bool ipc_recheck;
int64_t ipc_due_ms = INT64_MAX;
void (*ipc_at_end)(void);
gid_t ipc_group = IPC_NO_GROUP;
char ipc_problem[256];

/* A request that was taken and not answered yet.  A handle is the row's index
 * with a count above it, so that a late answer never meets a later client. */
struct pending {
	struct ipc_address from;
	uint64_t id, token;
	uint32_t handle; /* 0: free */
	uint32_t pid;
	uint32_t replay; /* row + 1 of the command's memory, or 0 */
	uint16_t verb;
	bool answered;   /* the answer is on its way: nothing to give up any more */
};

struct replay {
	uint64_t id;        /* 0: free */
	int64_t expires_ms;
	uint32_t service;
	uint32_t handle;    /* while it is pending, else 0 */
	uint16_t result;
};

static struct pending pending[IPC_PENDING_MAX];
static uint32_t pending_high, handle_count;
static struct replay replay[REPLAY_MAX];
static uint32_t replay_high;

void ipc_set_problem(const char *what, int err)
{
	struct text t;

	text_init(&t, ipc_problem, sizeof ipc_problem);
	text_str(&t, what);
	text_str(&t, ": ");
	check_explain(&t, err);
}

void ipc_give_up_group(const char *what, int err)
{
	ipc_set_problem(what, err);
	ipc_group = IPC_NO_GROUP;
}

const char *ipc_make(const char *(*make)(void), void (*close_all)(void))
{
	const char *step = make(), *first = step;
	gid_t group = ipc_group;
	int err = errno;

	if (step && err == EIDRM)
		ipc_recheck = true;
	if (!step || err == EIDRM || group == IPC_NO_GROUP)
		return step;
	close_all();
	ipc_group = IPC_NO_GROUP;
	step = make();
	if (step)
		ipc_group = group; /* it was not for the group's sake */
	else
		ipc_give_up_group(first, err);
	return step;
}

static struct pending *pending_of(uint32_t handle)
{
	uint32_t row = handle % IPC_PENDING_MAX;

	return handle && pending[row].handle == handle ? &pending[row] : NULL;
}

bool ipc_address_of(uint32_t handle, struct ipc_address *out)
{
	const struct pending *p = pending_of(handle);

	if (p)
		*out = p->from;
	return p != NULL;
}

static struct pending *take_row(const struct ipc_record *r, struct ipc_address from)
{
	uint32_t row = 0;

	while (row < pending_high && pending[row].handle)
		row++;
	if (row == IPC_PENDING_MAX)
		return NULL;
	if (row == pending_high)
		pending_high++;
	handle_count = handle_count % (UINT32_MAX / IPC_PENDING_MAX - 1) + 1;
	pending[row] = (struct pending){
		.from = from, .id = r->id, .token = r->token, .pid = r->pid, .verb = r->verb,
		.handle = handle_count * IPC_PENDING_MAX + row,
	};
	return &pending[row];
}

static void free_row(struct pending *p)
{
	p->handle = 0;
	while (pending_high && !pending[pending_high - 1].handle)
		pending_high--;
}

/* Sends the answer that stands in *r to whoever made the request of p. */
static void send_to(struct ipc_record *r, struct pending *p)
{
	r->magic = IPC_MAGIC;
	r->version = IPC_VERSION;
	r->size = sizeof *r;
	r->id = p->id;
	r->token = p->token;
	r->pid = p->pid;
	r->verb = p->verb;
	r->handle = p->handle;
	p->answered = true;
	cinit_ipc_send(r);
	free_row(p);
}

static void send_result(struct pending *p, enum result result)
{
	struct ipc_record r;

	record_init(&r);
	r.result = (uint16_t)result;
	send_to(&r, p);
}

static bool is_command(unsigned verb)
{
	switch (verb) {
	case VERB_START:
	case VERB_STOP:
	case VERB_RESTART:
	case VERB_TRY_RESTART:
	case VERB_HALT:
	case VERB_POWEROFF:
	case VERB_REBOOT:
	case VERB_SWITCH:
	case VERB_SCALE:
	case VERB_ROLL:
	case VERB_CALL: return true;
	default: return false;
	}
}

static struct replay *find_replay(uint64_t id, int64_t now)
{
	struct replay *found = NULL;

	for (uint32_t i = 0; i < replay_high; i++) {
		if (replay[i].id && !replay[i].handle && replay[i].expires_ms <= now)
			replay[i].id = 0;
		if (replay[i].id == id)
			found = &replay[i];
	}
	while (replay_high && !replay[replay_high - 1].id)
		replay_high--;
	return found;
}

static struct replay *add_replay(const struct ipc_record *r, int64_t now)
{
	uint32_t i = 0;

	while (i < replay_high && replay[i].id)
		i++;
	if (i == REPLAY_MAX)
		return NULL;
	if (i == replay_high)
		replay_high++;
	replay[i] = (struct replay){
		.id = r->id,
		.expires_ms = r->expires_ms ? r->expires_ms : now + IPC_EXPIRES_MAX_MS,
	};
	return &replay[i];
}

/* A command that came before: it is never carried out twice. */
static void repeat(struct replay *known, struct ipc_record *r, struct pending *p)
{
	struct pending *first = pending_of(known->handle);

	if (first) { /* still pending: only the return address is renewed */
		first->from = p->from;
		first->token = p->token;
		first->pid = p->pid;
		free_row(p);
		return;
	}
	r->handle = p->handle;
	cinit_ipc_repeat(r, known->result, known->service);
}

static void command(struct ipc_record *r, struct pending *p, int64_t now)
{
	struct replay *known = find_replay(r->id, now);

	if (known) {
		repeat(known, r, p);
		return;
	}
	known = add_replay(r, now);
	if (!known) {
		send_result(p, RES_BUSY);
		return;
	}
	known->handle = p->handle;
	p->replay = (uint32_t)(known - replay) + 1;
	cinit_ipc_request(r, true);
}

/* What is wrong with a well-formed request before anybody looks at it. */
static enum result objection(const struct ipc_record *r, bool may_command, int64_t now)
{
	if (r->verb == VERB_NONE || r->verb >= VERB_N || r->goal >= GOAL_N)
		return RES_BAD_REQUEST;
	if (record_name_len(r) > SVC_NAME_MAX || r->expires_ms > now + IPC_EXPIRES_MAX_MS)
		return RES_BAD_REQUEST;
	if (r->expires_ms && r->expires_ms <= now)
		return RES_EXPIRED;
	return is_command(r->verb) && !may_command ? RES_DENIED : RES_NONE;
}

bool ipc_receive(struct ipc_record *r, size_t n, struct ipc_address from, bool may_command)
{
	enum record_fault fault = record_check(r, n);
	int64_t now = record_now_ms();
	struct pending *p;
	enum result no;

	if (fault == RECORD_SIZE || fault == RECORD_MAGIC)
		return false;
	p = take_row(r, from);
	if (!p)
		return false;
	no = fault == RECORD_VERSION ? RES_VERSION : RES_BAD_REQUEST;
	if (fault == RECORD_FINE)
		no = objection(r, may_command, now);
	r->handle = p->handle;
	if (no)
		send_result(p, no);
	else if (is_command(r->verb))
		command(r, p, now);
	else
		cinit_ipc_request(r, may_command);
	return true;
}

void ipc_answer(struct ipc_record *answer, uint32_t handle, uint32_t service)
{
	struct pending *p = pending_of(handle);
	struct replay *known;

	if (!p)
		return;
	if (p->replay) {
		known = &replay[p->replay - 1];
		known->handle = 0;
		known->result = answer->result;
		known->service = service;
	}
	send_to(answer, p);
}

void ipc_services_moved(const uint32_t *map, uint32_t n)
{
	for (uint32_t i = 0; i < replay_high; i++)
		replay[i].service = replay[i].service < n ? map[replay[i].service] : UINT32_MAX;
}

/* The command of a client that is gone is still carried out; only its answer
 * has nowhere to go.  Should it be repeated, it is answered as accepted. */
static void give_up(struct pending *p)
{
	uint32_t handle = p->handle;

	if (p->replay) {
		replay[p->replay - 1].handle = 0;
		replay[p->replay - 1].result = RES_ACCEPTED;
	}
	free_row(p);
	cinit_ipc_gone(handle);
}

static bool is_pending_from(const struct pending *p, struct ipc_address whom)
{
	return p->handle && !p->answered && p->from.a == whom.a && p->from.b == whom.b;
}

void ipc_gone(struct ipc_address whom)
{
	for (uint32_t i = 0; i < pending_high; i++)
		if (is_pending_from(&pending[i], whom))
			give_up(&pending[i]);
}

void ipc_give_up_dead(bool (*alive)(struct ipc_address whom))
{
	for (uint32_t i = 0; i < pending_high; i++)
		if (pending[i].handle && !pending[i].answered && !alive(pending[i].from))
			give_up(&pending[i]);
}
