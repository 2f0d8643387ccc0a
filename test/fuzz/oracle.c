/* oracle.c - the method, and the model of what server.c has to remember. */
#include "test/fuzz/oracle.h"

#include <string.h>

#include "ipc/pool.h"
#include "test/fuzz/check.h"
#include "test/fuzz/manager.h"

#define KNOWN_MAX 2048  /* commands that the supervisor remembers */
#define LATE 64         /* handles that stand for nothing any more */

const struct ipc_need ipc_needs[] = {{NULL, NULL}};
int ipc_fd = -1;
bool ipc_more;

struct oracle_counts oracle_counts;
int64_t oracle_now_ms = 1000000;
bool oracle_deaf;

/* A request that awaits its answer. */
struct asked {
	uint32_t handle;   /* 0: none */
	struct ipc_address from;
	uint64_t id, token;
	uint32_t pid;
	uint32_t tag;      /* what an honest manager answers to it with */
	uint16_t name_len;
	char name[SVC_NAME_MAX];
	uint16_t verb;
	bool remembered;   /* a command carried out, not a repetition */
};

/* A command that was carried out. */
struct known {
	uint64_t id;
	int64_t expires_ms;
	uint32_t handle;   /* of its request, until that is answered */
	uint16_t result;
	uint64_t about;    /* the service that the answer told of, or 0 */
};

static struct asked asked[IPC_PENDING_MAX];
static unsigned n_asked;
static struct known known[KNOWN_MAX];
static unsigned n_known;
static uint32_t late[LATE];
static unsigned n_late;

/* What happens to the request that comes in just now. */
static struct {
	bool on, executed, answered;
	struct ipc_record r;
	struct ipc_address from;
	bool may_command;
	uint16_t result;
	uint64_t about;
} now;

unsigned oracle_open(void)
{
	return n_asked;
}

static bool commands(unsigned verb)
{
	return (verb >= VERB_START && verb <= VERB_TRY_RESTART)
	       || (verb >= VERB_HALT && verb <= VERB_SWITCH)
	       || (verb >= VERB_SCALE && verb <= VERB_CALL);
}

static bool may_wait(unsigned verb)
{
	return (verb >= VERB_START && verb <= VERB_TRY_RESTART) || verb == VERB_WAIT
	       || (verb >= VERB_WORKERS && verb <= VERB_CALL);
}

static bool same_address(struct ipc_address a, struct ipc_address b)
{
	return a.a == b.a && a.b == b.b;
}

/* ---- commands that were carried out ---- */

static struct known *find_known(uint64_t id)
{
	struct known *found = NULL;

	for (unsigned i = 0; i < n_known; i++) {
		if (!known[i].handle && known[i].expires_ms <= oracle_now_ms) {
			known[i--] = known[--n_known];
			continue;
		}
		if (known[i].id == id)
			found = &known[i];
	}
	return found;
}

static void remember(const struct ipc_record *r)
{
	MUST(n_known < KNOWN_MAX);
	known[n_known++] = (struct known){
		.id = r->id, .handle = r->handle,
		.expires_ms = r->expires_ms ? r->expires_ms : oracle_now_ms + IPC_EXPIRES_MAX_MS,
	};
}

static void remember_result(uint32_t handle, uint16_t result, uint64_t about)
{
	for (unsigned i = 0; i < n_known; i++)
		if (known[i].handle == handle) {
			known[i].handle = 0;
			known[i].result = result;
			known[i].about = about;
			return;
		}
	NEVER_HAPPENS("a command was carried out and is not known");
}

/* ---- requests that await their answer ---- */

static struct asked *row_of(uint32_t handle)
{
	return &asked[handle % IPC_PENDING_MAX];
}

static void open_row(const struct ipc_record *r)
{
	struct asked *a = row_of(r->handle);

	MUST(r->handle != 0);
	MUST(a->handle == 0);
	*a = (struct asked){
		.handle = r->handle, .from = now.from, .id = now.r.id, .token = now.r.token,
		.pid = now.r.pid, .verb = now.r.verb, .remembered = commands(now.r.verb),
		.tag = manager_tag(&now.r), .name_len = (uint16_t)record_name_len(&now.r),
	};
	memcpy(a->name, now.r.payload, a->name_len);
	n_asked++;
}

static void close_row(struct asked *a)
{
	late[n_late++ % LATE] = a->handle;
	a->handle = 0;
	n_asked--;
}

/* Its client is gone: who repeats the command is told that it was accepted. */
static void give_up_row(struct asked *a)
{
	oracle_counts.given_up++;
	if (a->remembered)
		remember_result(a->handle, RES_ACCEPTED, 0);
	close_row(a);
}

void oracle_answer_late(unsigned which)
{
	struct ipc_address to;
	struct ipc_record r;
	uint64_t before = oracle_counts.answers;
	uint32_t handle = late[which % LATE];

	record_init(&r);
	r.result = RES_DONE;
	MUST(!ipc_address_of(handle, &to));
	ipc_answer(&r, handle, 0);
	MUST(oracle_counts.answers == before);
}

/* ---- what the server half calls ---- */

int64_t __wrap_record_now_ms(void);
void __wrap_cinit_ipc_request(const struct ipc_record *r, bool may_command);
void __real_cinit_ipc_request(const struct ipc_record *r, bool may_command);

int64_t __wrap_record_now_ms(void)
{
	return oracle_now_ms;
}

/* A request is about to be carried out. */
void __wrap_cinit_ipc_request(const struct ipc_record *r, bool may_command)
{
	MUST(now.on && !now.executed && !now.answered);
	MUST(r->magic == IPC_MAGIC && r->version == IPC_VERSION && r->size == sizeof *r);
	MUST(r->id == now.r.id && r->id != 0);
	MUST(memcmp(r->payload, now.r.payload, sizeof r->payload) == 0);
	MUST(r->verb > VERB_NONE && r->verb < VERB_N && r->goal < GOAL_N);
	MUST(record_name_len(r) <= SVC_NAME_MAX);
	MUST(r->expires_ms == 0 || r->expires_ms > oracle_now_ms);
	MUST(r->expires_ms <= oracle_now_ms + IPC_EXPIRES_MAX_MS);
	MUST(may_command == now.may_command);
	MUST(may_command || !commands(r->verb));
	now.executed = true;
	oracle_counts.executed++;
	open_row(r);
	if (commands(r->verb)) {
		MUST(!find_known(r->id));
		remember(r);
	}
	__real_cinit_ipc_request(r, may_command);
}

/* What a manager has said is rows of a pool, or a text. */
static bool is_managers(const struct ipc_record *r)
{
	return (r->verb >= VERB_WORKERS && r->verb <= VERB_CALL)
	       && (r->result == RES_POOL || (r->result == RES_DONE && r->n_items == 0)
	           || (r->verb == VERB_WORKERS && r->result == RES_DONE && record_is_pool(r)));
}

/* Items are what a client reads of an answer. */
static void check_items(const struct ipc_record *r)
{
	struct ipc_item item;
	size_t cursor = 0;
	unsigned n = 0;

	if (is_managers(r))
		return;
	while (record_get_item(r, &cursor, &item)) {
		MUST(item.name_len > 0 && item.name[item.name_len] == '\0');
		MUST(item.state < SVC_N_STATES && item.why < WHY_N);
		n++;
	}
	MUST(cursor == r->payload_len);
	MUST(n == r->n_items);
}

/* Stands for the name of the first item (FNV-1a); 0: there is none. */
static uint64_t first_item(const struct ipc_record *r)
{
	struct ipc_item item;
	size_t cursor = 0;
	uint64_t h = 0xcbf29ce484222325u;

	if (is_managers(r) || !record_get_item(r, &cursor, &item))
		return 0;
	for (unsigned i = 0; i < item.name_len; i++)
		h = (h ^ (uint8_t)item.name[i]) * 0x100000001b3u;
	return h;
}

/* An answer to the request that comes in just now and was not carried out. */
static void take_at_once(const struct ipc_record *r, struct ipc_address to)
{
	MUST(now.on && !now.executed && !now.answered);
	MUST(same_address(to, now.from));
	MUST(r->id == now.r.id && r->token == now.r.token && r->pid == now.r.pid);
	MUST(r->verb == now.r.verb);
	now.answered = true;
	now.result = r->result;
	now.about = first_item(r);
	late[n_late++ % LATE] = r->handle;
}

/* What a manager says comes to whoever asked it, and what an honest one says to whoever
 * asked just that. */
static void check_manager(const struct ipc_record *r, const struct asked *a)
{
	if (r->generation & (MANAGER_HONEST | MANAGER_LIES))
		MUST(manager_is_of(r->generation, a->name, a->name_len));
	if (!(r->generation & MANAGER_HONEST))
		return;
	MUST(r->verb >= VERB_WORKERS && r->verb <= VERB_CALL && r->result == RES_DONE);
	MUST(r->total == a->tag);
	MUST(r->verb != VERB_WORKERS || record_is_pool(r));
	oracle_counts.relayed++;
}

static void take_later(const struct ipc_record *r, struct ipc_address to, struct asked *a)
{
	MUST(same_address(to, a->from));
	MUST(r->id == a->id && r->token == a->token && r->pid == a->pid && r->verb == a->verb);
	check_manager(r, a);
	if (a->remembered)
		remember_result(a->handle, r->result, first_item(r));
	close_row(a);
}

int cinit_ipc_send(void *data)
{
	struct ipc_record r;
	struct ipc_address to;
	struct asked *a;

	memcpy(&r, data, sizeof r);
	oracle_counts.answers++;
	MUST(ipc_address_of(r.handle, &to));
	MUST(record_check(&r, sizeof r) == (r.id ? RECORD_FINE : RECORD_FIELD));
	MUST(r.result > RES_NONE && r.result < RES_N);
	check_items(&r);
	a = row_of(r.handle);
	if (a->handle == r.handle)
		take_later(&r, to, a);
	else
		take_at_once(&r, to);
	if (!oracle_deaf)
		return 1;
	oracle_deaf = false;
	oracle_gone(to); /* as a method does that finds its client's connection broken */
	return 0;
}

int cinit_ipc_init(void)
{
	return 1;
}

int cinit_ipc_listen(void)
{
	return 1;
}

/* ---- clients ---- */

void oracle_gone(struct ipc_address whom)
{
	for (unsigned i = 0; i < IPC_PENDING_MAX; i++)
		if (asked[i].handle && same_address(asked[i].from, whom))
			give_up_row(&asked[i]);
	ipc_gone(whom);
}

static uint64_t alive_bit;

static bool is_alive(struct ipc_address whom)
{
	return whom.a & alive_bit;
}

void oracle_only(uint64_t bit)
{
	alive_bit = bit;
	for (unsigned i = 0; i < IPC_PENDING_MAX; i++)
		if (asked[i].handle && !is_alive(asked[i].from))
			give_up_row(&asked[i]);
	ipc_give_up_dead(is_alive);
}

/* What the contract says of a record before anybody looks at what it asks. */
static enum result objection_to(const struct ipc_record *r, bool may_command)
{
	if (r->version != IPC_VERSION || r->size != sizeof *r)
		return RES_VERSION;
	if (r->id == 0 || r->payload_len > sizeof r->payload || r->expires_ms < 0 || r->answer_by_ms < 0)
		return RES_BAD_REQUEST;
	if (r->verb == VERB_NONE || r->verb >= VERB_N || r->goal >= GOAL_N)
		return RES_BAD_REQUEST;
	if (record_name_len(r) > SVC_NAME_MAX)
		return RES_BAD_REQUEST;
	if (r->expires_ms > oracle_now_ms + IPC_EXPIRES_MAX_MS)
		return RES_BAD_REQUEST;
	if (r->expires_ms && r->expires_ms <= oracle_now_ms)
		return RES_EXPIRED;
	return commands(r->verb) && !may_command ? RES_DENIED : RES_NONE;
}

/* A command that was carried out before. */
static void check_repeated(const struct known *k)
{
	struct asked *first = k->handle ? row_of(k->handle) : NULL;

	oracle_counts.repeated++;
	MUST(!now.executed);
	if (!first) {
		MUST(now.answered && now.result == k->result);
		MUST(!now.about || !k->about || now.about == k->about);
		return;
	}
	oracle_counts.renewed++;
	MUST(!now.answered);
	first->from = now.from;
	first->token = now.r.token;
	first->pid = now.r.pid;
}

static void check_accepted(enum result objection, const struct known *before, bool full)
{
	if (objection) {
		oracle_counts.objected++;
		MUST(!now.executed && now.answered && now.result == objection);
	} else if (before) {
		check_repeated(before);
	} else if (commands(now.r.verb) && full) {
		oracle_counts.busy++;
		MUST(!now.executed && now.answered && now.result == RES_BUSY);
	} else {
		MUST(now.executed);
		MUST(may_wait(now.r.verb) || !now.answered);
	}
}

void oracle_feed(const struct ipc_record *r, size_t n, struct ipc_address from, bool may_command)
{
	enum result objection = objection_to(r, may_command);
	struct known *k = NULL, before = {.id = 0};
	struct ipc_record copy = *r;
	unsigned open = n_asked;
	bool full = false, accepted;

	if (n == sizeof *r && !objection && commands(r->verb)) {
		k = find_known(r->id);
		full = n_known == KNOWN_MAX;
		if (k)
			before = *k;
	}
	memset(&now, 0, offsetof(__typeof__(now), r));
	now.on = true;
	now.r = *r;
	now.from = from;
	now.may_command = may_command;
	accepted = ipc_receive(&copy, n, from, may_command);
	now.on = false;
	oracle_counts.fed++;
	if (accepted) {
		MUST(n == sizeof *r && r->magic == IPC_MAGIC && open < IPC_PENDING_MAX);
		check_accepted(objection, k ? &before : NULL, full);
		MUST(may_wait(r->verb) || n_asked <= open);
		return;
	}
	oracle_counts.refused++;
	MUST(!now.executed && !now.answered);
	MUST(n != sizeof *r || r->magic != IPC_MAGIC || open == IPC_PENDING_MAX);
}
