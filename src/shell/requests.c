/* requests.c - requests of clients. */
#include "src/shell/requests.h"

#include <errno.h>
#include <string.h>

#include "ipc/cinit_ipc.h"
#include "src/tree/vec.h"
#include "src/limits.h"
#include "src/shell/board.h"
#include "src/shell/console.h"
#include "src/shell/ending.h"
#include "src/shell/relay.h"
#include "src/shell/services.h"
#include "src/shell/thrift.h"

static void answer(const struct ipc_record *request, enum result result)
{
	struct ipc_record r;

	record_init(&r);
	r.result = (uint16_t)result;
	r.generation = shell.generation;
	ipc_answer(&r, request->handle, NO_SVC);
}

/* An answer about one service; `other` is who stands in the way. */
static void answer_about(uint32_t handle, uint32_t svc, enum result result, uint32_t other)
{
	struct ipc_record r;
	struct ipc_item item;

	record_init(&r);
	r.result = (uint16_t)result;
	r.generation = shell.generation;
	if (svc != NO_SVC) {
		services_item(svc, &item);
		record_put_item(&r, &item);
	}
	if (other != NO_SVC) {
		services_item(other, &item);
		record_put_item(&r, &item);
	}
	ipc_answer(&r, handle, svc);
}

void requests_answer(const struct action *a)
{
	answer_about(a->handle, a->svc, (enum result)a->result, a->other);
}

void requests_answer_about(uint32_t handle, uint32_t svc, enum result result)
{
	answer_about(handle, svc, result, NO_SVC);
}

void cinit_ipc_repeat(const struct ipc_record *request, uint16_t result, uint32_t service)
{
	bool known = service < shell.config->n;

	answer_about(request->handle, known ? service : NO_SVC, (enum result)result, NO_SVC);
}

void cinit_ipc_gone(uint32_t handle)
{
	struct event ev = {.kind = EV_CANCEL, .handle = handle};

	engine_event(shell.engine, shell.now_ms, &ev);
	relay_forget(handle);
}

/* ---- lists ---- */

struct listing {
	struct ipc_record r;
	bool full;
};

/* Item `i` of the list, which may lie before or behind what this answer carries. */
static void list_item(struct listing *l, uint32_t svc)
{
	struct ipc_item item;

	if (l->r.total++ < l->r.from || l->full)
		return;
	services_item(svc, &item);
	l->full = !record_put_item(&l->r, &item);
}

static void visit(void *arg, uint32_t svc)
{
	list_item(arg, svc);
}

static void list(const struct ipc_record *request, uint32_t svc)
{
	struct listing l = {.full = false};

	record_init(&l.r);
	l.r.from = request->from;
	l.r.generation = shell.generation;
	l.r.result = RES_DONE;
	if (svc != NO_SVC)
		engine_dependents(shell.engine, svc, visit, &l);
	else
		for (uint32_t i = 0; i < shell.config->n; i++)
			list_item(&l, i);
	ipc_answer(&l.r, request->handle, NO_SVC);
}

/* ---- loading what is asked for ---- */

static bool is_possible_name(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return n > 0 && name[0] != '/';
}

static struct config *load(const char *name)
{
	struct load l = {.dir = shell.dir, .asked = name, .old = shell.config,
	                 .engine = shell.engine, .report = services_say_finding};

	return config_load(&l);
}

/* Every service of old keeps its index. */
static int adopt_extended(struct config *fresh)
{
	uint32_t n = shell.config->n;
	struct vec memory = {.max = SIZE_MAX / 2};
	uint32_t *map = vec_add(&memory, (n + (size_t)1) * sizeof *map);
	int r;

	if (!map)
		return -1;
	for (uint32_t i = 0; i < n; i++)
		map[i] = i;
	r = services_adopt(fresh, map);
	vec_free(&memory);
	return r;
}

/* Loads a service, with what it needs and wants, into the running config:
 * whole or not at all.  Refused services are read anew on the way. */
static enum result load_service(const char *name, uint32_t *svc)
{
	struct config *fresh = load(name);
	enum result no = RES_NONE;

	if (!fresh)
		return RES_LOAD;
	*svc = fresh->asked;
	if (*svc == NO_SVC)
		no = RES_NO_SERVICE;
	else if (adopt_extended(fresh) < 0)
		no = errno == EAGAIN ? RES_BUSY : RES_NO_MEMORY;
	if (no)
		config_free(fresh);
	return no;
}

static bool is_refused(uint32_t svc)
{
	return engine_svc(shell.engine, svc)->kind & KIND_REFUSED;
}

/* The service that a request names; one that starts it may have it loaded. */
static enum result find(const struct ipc_record *request, bool may_load, uint32_t *svc)
{
	const char *name = (const char *)request->payload;
	size_t n = record_name_len(request);
	char terminated[SVC_NAME_MAX + 1];
	enum result no;

	if (!is_possible_name(name, n))
		return RES_BAD_NAME;
	*svc = config_find(shell.config, name, n);
	if (*svc != NO_SVC && !(may_load && is_refused(*svc)))
		return RES_NONE;
	if (!may_load)
		return RES_NO_SERVICE;
	memcpy(terminated, name, n);
	terminated[n] = '\0';
	no = load_service(terminated, svc);
	thrift_supervisor();
	return no;
}

/* ---- requests ---- */

static enum goal goal_of(const struct ipc_record *r)
{
	if (r->flags & IPC_NO_WAIT)
		return GOAL_NOW;
	switch (r->verb) {
	case VERB_STOP: return GOAL_STOPPED;
	case VERB_WAIT: return (enum goal)r->goal;
	default: return GOAL_STARTED;
	}
}

static void give_to_engine(const struct ipc_record *r, enum event_kind kind, uint32_t svc)
{
	struct event ev = {
		.kind = kind, .svc = svc, .handle = r->handle, .goal = goal_of(r),
		.only = r->flags & IPC_ONLY,
		.answer_by_ms = r->answer_by_ms ? r->answer_by_ms : NEVER,
	};

	board_mark_wishes();
	if (!engine_event(shell.engine, shell.now_ms, &ev))
		answer(r, RES_BUSY);
}

static void command(const struct ipc_record *r, enum event_kind kind, bool may_load)
{
	uint32_t svc;
	enum result no = find(r, may_load && !ending_has_begun(), &svc);

	if (no == RES_NO_SERVICE && may_load && ending_has_begun())
		no = RES_SHUTDOWN; /* it may well exist, but is not loaded any more */
	if (no)
		answer(r, no);
	else
		give_to_engine(r, kind, svc);
}

/* Waiting is no command, so others may take only a part of the rows. */
static void wait_for(const struct ipc_record *r, bool may_command)
{
	uint32_t svc = NO_SVC;
	enum result no = RES_NONE;
	const struct engine *e = shell.engine;

	if (r->goal == GOAL_NOW || r->goal == GOAL_STARTED || r->goal == GOAL_STOPPED)
		no = RES_BAD_REQUEST;
	else if (r->payload_len || r->goal != GOAL_SETTLED)
		no = find(r, false, &svc);
	if (!no && !may_command && e->n_waiters >= WAITERS_OTHERS)
		no = RES_BUSY;
	if (no)
		answer(r, no);
	else
		give_to_engine(r, EV_WAIT, svc);
}

static void about_one(const struct ipc_record *r)
{
	uint32_t svc;
	enum result no = find(r, false, &svc);

	if (no)
		answer(r, no);
	else if (r->verb == VERB_STATUS)
		answer_about(r->handle, svc, RES_DONE, NO_SVC);
	else
		list(r, svc);
}

/* What only the manager of a pool can tell or do. */
static void about_pool(const struct ipc_record *r, bool may_command)
{
	uint32_t svc;
	enum result no = find(r, false, &svc);

	if (no)
		answer(r, no);
	else
		relay_request(r, svc, may_command);
}

/* Answered when accepted: afterwards there may be nobody to answer. */
static void end_system(const struct ipc_record *r, enum ending how)
{
	answer(r, RES_ACCEPTED);
	if (how == END_REBOOT && r->flags & IPC_KEXEC)
		how = END_KEXEC;
	if (r->flags & IPC_FORCE)
		ending_force(how);
	else
		ending_begin(how);
}

/* The next system takes over; or nothing has changed. */
static void switch_root(const struct ipc_record *r)
{
	if (!shell.machine || ending_has_begun()
	    || !shell.machine->may_switch((const char *)r->payload, r->payload_len))
		answer(r, ending_has_begun() ? RES_SHUTDOWN : RES_NO_ROOT);
	else
		end_system(r, END_SWITCH);
}

void cinit_ipc_request(const struct ipc_record *r, bool may_command)
{
	switch ((enum verb)r->verb) {
	case VERB_START: command(r, EV_START, true); break;
	case VERB_RESTART: command(r, EV_RESTART, true); break;
	case VERB_STOP: command(r, EV_STOP, false); break;
	case VERB_TRY_RESTART: command(r, EV_TRY_RESTART, false); break;
	case VERB_STATUS:
	case VERB_DEPENDENTS: about_one(r); break;
	case VERB_LIST: list(r, NO_SVC); break;
	case VERB_WAIT: wait_for(r, may_command); break;
	case VERB_HALT: end_system(r, END_HALT); break;
	case VERB_POWEROFF: end_system(r, END_POWEROFF); break;
	case VERB_REBOOT: end_system(r, END_REBOOT); break;
	case VERB_SWITCH: switch_root(r); break;
	case VERB_WORKERS:
	case VERB_SCALE:
	case VERB_ROLL:
	case VERB_CALL: about_pool(r, may_command); break;
	case VERB_NONE:
	case VERB_N: answer(r, RES_BAD_REQUEST); break;
	}
}
