/* requests.c - requests of clients. */
#include "src/shell/requests.h"

#include <errno.h>
#include <string.h>

#include "ipc/cinit_ipc.h"
#include "src/limits.h"
#include "src/shell/board.h"
#include "src/shell/console.h"
#include "src/shell/blockers.h"
#include "src/shell/life.h"
#include "src/shell/loading.h"
#include "src/shell/relay.h"
#include "src/shell/services.h"

static void answer(uint32_t handle, enum result result)
{
	struct ipc_record r;

	record_init(&r);
	r.result = (uint16_t)result;
	r.generation = shell.generation;
	ipc_answer(&r, handle, NO_SVC);
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

static void pending_client_gone(uint32_t handle);

void cinit_ipc_gone(uint32_t handle)
{
	struct event ev = {.kind = EV_CANCEL, .handle = handle};

	engine_event(shell.engine, shell.now_ms, &ev);
	relay_client_gone(handle);
	pending_client_gone(handle);
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

static bool is_refused(uint32_t svc)
{
	return engine_svc(shell.engine, svc)->kind & KIND_REFUSED;
}

/* The service that a request names. */
static enum result find(const struct ipc_record *request, uint32_t *svc)
{
	const char *name = (const char *)request->payload;
	size_t n = record_name_len(request);

	if (!is_possible_name(name, n))
		return RES_BAD_NAME;
	*svc = config_find(shell.config, name, n);
	return *svc == NO_SVC ? RES_NO_SERVICE : RES_NONE;
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

static struct pending_request request_of(const struct ipc_record *r, enum event_kind kind)
{
	size_t n = record_name_len(r);
	struct pending_request p = {
		.handle = r->handle, .kind = (uint8_t)kind, .goal = (uint8_t)goal_of(r),
		.only = r->flags & IPC_ONLY, .answer_by_ms = r->answer_by_ms ? r->answer_by_ms : NEVER,
	};

	if (n <= SVC_NAME_MAX) /* the record's check has seen to that */
		memcpy(p.name, r->payload, n);
	return p;
}

static void give_to_engine(const struct pending_request *r, uint32_t svc)
{
	struct event ev = {
		.kind = (enum event_kind)r->kind, .svc = svc, .handle = r->handle,
		.goal = (enum goal)r->goal, .only = r->only, .answer_by_ms = r->answer_by_ms,
	};

	board_mark_wishes();
	if (!engine_event(shell.engine, shell.now_ms, &ev))
		answer(r->handle, RES_BUSY);
}

/* ---- requests that wait for a load ---- */

static void load_next(void);

/* The first one is done with, whatever became of it. */
static void drop_first(void)
{
	struct pending *p = &shell.pending;

	memmove(p->at, p->at + 1, --p->n * sizeof *p->at);
	p->stale = 0;
}

static void answer_first(enum result result)
{
	if (shell.pending.at[0].handle)
		answer(shell.pending.at[0].handle, result);
	drop_first();
}

static void give_first(uint32_t svc)
{
	if (shell.pending.at[0].handle)
		give_to_engine(&shell.pending.at[0], svc);
	drop_first();
}

/* Every service of the tree that runs keeps its index. */
static void take_extended(struct config *fresh, const uint32_t *map)
{
	uint32_t svc = fresh->asked;

	if (svc != NO_SVC && services_adopt(fresh, map) == 0) {
		give_first(svc);
		return;
	}
	answer_first(svc == NO_SVC ? RES_NO_SERVICE : errno == EAGAIN ? RES_BUSY : RES_NO_MEMORY);
	config_free(fresh);
}

/* The end of the load that load_next() has begun. */
static void loaded(enum loaded how, struct config *fresh, const uint32_t *map)
{
	switch (how) {
	case LOADED: take_extended(fresh, map); break;
	case LOADED_STALE:
		if (++shell.pending.stale == LOAD_STALE_MAX)
			answer_first(RES_BUSY);
		break;
	case LOADED_NOT: answer_first(RES_LOAD); break;
	}
	load_next();
}

/* A service may have been loaded meanwhile; a refused one is read anew.  A boot reads the whole
 * tree first. */
static void load_next(void)
{
	while (shell.pending.n && !loading_is_busy() && shell.life.state != LIFE_LOAD) {
		const struct pending_request *r = &shell.pending.at[0];
		uint32_t svc = config_find(shell.config, r->name, strlen(r->name));

		if (!r->handle)
			drop_first();
		else if (svc != NO_SVC && !is_refused(svc))
			give_first(svc);
		else if (loading_begin(LOAD_EXTENDS, r->name, loaded) < 0)
			answer_first(RES_NO_MEMORY);
	}
}

static void wait_for_load(const struct ipc_record *r, enum event_kind kind)
{
	struct pending *p = &shell.pending;

	if (p->n == LOAD_PENDING_MAX) {
		answer(r->handle, RES_BUSY);
		return;
	}
	p->at[p->n++] = request_of(r, kind);
	load_next();
}

/* Whose client is gone keeps its place only while the load for it is under way. */
static void pending_client_gone(uint32_t handle)
{
	for (unsigned i = 0; i < shell.pending.n; i++)
		if (shell.pending.at[i].handle == handle)
			shell.pending.at[i].handle = 0;
}

int64_t requests_deadline(void)
{
	int64_t due = NEVER;

	for (unsigned i = 0; i < shell.pending.n; i++) {
		const struct pending_request *r = &shell.pending.at[i];

		if (r->handle && r->answer_by_ms < due)
			due = r->answer_by_ms;
	}
	return due;
}

void requests_turn(void)
{
	for (unsigned i = 0; i < shell.pending.n; i++) {
		struct pending_request *r = &shell.pending.at[i];
		bool late = r->answer_by_ms <= shell.now_ms;

		if (!r->handle || (!late && !life_is_stopping(&shell.life)))
			continue;
		answer(r->handle, late ? RES_STILL_WAITING : RES_SHUTDOWN);
		r->handle = 0;
	}
	if (life_is_stopping(&shell.life))
		loading_end();
	if (shell.pending.n)
		load_next(); /* a reload may have been in the way */
}

static void give(const struct ipc_record *r, enum event_kind kind, uint32_t svc)
{
	struct pending_request request = request_of(r, kind);

	give_to_engine(&request, svc);
}

static void command(const struct ipc_record *r, enum event_kind kind, bool may_load)
{
	uint32_t svc;
	enum result no = find(r, &svc);
	bool load = no == RES_NO_SERVICE || (no == RES_NONE && is_refused(svc));

	if (may_load && load && !life_is_stopping(&shell.life))
		wait_for_load(r, kind);
	else if (no == RES_NO_SERVICE && may_load)
		answer(r->handle, RES_SHUTDOWN); /* it may well exist, but is not loaded any more */
	else if (no)
		answer(r->handle, no);
	else
		give(r, kind, svc);
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
		no = find(r, &svc);
	if (!no && !may_command && e->n_waiters >= WAITERS_OTHERS)
		no = RES_BUSY;
	if (no)
		answer(r->handle, no);
	else
		give(r, EV_WAIT, svc);
}

static void about_one(const struct ipc_record *r)
{
	uint32_t svc;
	enum result no = find(r, &svc);

	if (no)
		answer(r->handle, no);
	else if (r->verb == VERB_STATUS)
		answer_about(r->handle, svc, RES_DONE, NO_SVC);
	else
		list(r, svc);
}

/* What only the manager of a pool can tell or do. */
static void about_pool(const struct ipc_record *r, bool may_command)
{
	uint32_t svc;
	enum result no = find(r, &svc);

	if (no)
		answer(r->handle, no);
	else
		relay_request(r, svc, may_command);
}

/* An end was asked for before: what is awaited, and for how long. */
static void answer_awaited(const struct ipc_record *request)
{
	struct ipc_record r;
	struct ipc_item item;

	record_init(&r);
	r.result = RES_ACCEPTED;
	r.generation = shell.generation;
	if (blockers_item(&item))
		record_put_item(&r, &item);
	ipc_answer(&r, request->handle, NO_SVC);
}

/* Answered when accepted, before anything comes of it: afterwards there may be nobody
 * to answer. */
static void end_system(const struct ipc_record *r, enum shutdown how)
{
	struct life_event ev = {.kind = LIFE_EV_REQUEST, .by = LIFE_BY_CLIENT,
	                        .how = how == SHUTDOWN_REBOOT && r->flags & IPC_KEXEC ? SHUTDOWN_KEXEC : how,
	                        .force = r->flags & IPC_FORCE};
	bool again = life_is_stopping(&shell.life);

	life_hear(&ev);
	if (again)
		answer_awaited(r);
	else
		answer(r->handle, RES_ACCEPTED);
	life_act();
}

/* The next system takes over; or nothing has changed. */
static void switch_root(const struct ipc_record *r)
{
	if (!shell.machine || life_is_stopping(&shell.life)
	    || !shell.machine->may_switch((const char *)r->payload, r->payload_len))
		answer(r->handle, life_is_stopping(&shell.life) ? RES_SHUTDOWN : RES_NO_ROOT);
	else
		end_system(r, SHUTDOWN_SWITCH);
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
	case VERB_HALT: end_system(r, SHUTDOWN_HALT); break;
	case VERB_POWEROFF: end_system(r, SHUTDOWN_POWEROFF); break;
	case VERB_REBOOT: end_system(r, SHUTDOWN_REBOOT); break;
	case VERB_SWITCH: switch_root(r); break;
	case VERB_WORKERS:
	case VERB_SCALE:
	case VERB_ROLL:
	case VERB_CALL: about_pool(r, may_command); break;
	case VERB_NONE:
	case VERB_N: answer(r->handle, RES_BAD_REQUEST); break;
	}
}
