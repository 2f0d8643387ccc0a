/* request.c - requests and answers: between what callers see and what travels.
 *
 * What callers ask is checked before it is sent.  Values of client.h and of ipc/words.h are the
 * same numbers, which is asserted here, so none is translated. */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "client/lib/handle.h"

/* The numbers are the record's own, which are never changed. */
static_assert((int)CINIT_STATE_REFUSED == SVC_REFUSED, "states");
static_assert((int)CINIT_STATE_LATE_KILLED == SVC_LATE_KILLED && SVC_LATE_KILLED + 1 == SVC_N_STATES,
              "states");
static_assert((int)CINIT_STATE_UP == SVC_UP && (int)CINIT_STATE_KILLING == SVC_KILLING, "states");
static_assert((int)CINIT_WHY_LOAD == WHY_LOAD, "why");
static_assert((int)CINIT_WHY_LATE == WHY_LATE, "why");
static_assert((int)CINIT_WHY_SAID == WHY_SAID && WHY_SAID + 1 == WHY_N, "why");
static_assert((int)CINIT_WHY_EXEC == WHY_EXEC && (int)CINIT_WHY_DELAY == WHY_DELAY, "why");
static_assert((int)CINIT_END_SPAWN == END_SPAWN && (int)CINIT_END_EXIT == END_EXIT, "ends");
static_assert((int)CINIT_CALL == VERB_CALL && VERB_CALL + 1 == VERB_N, "verbs");
static_assert((int)CINIT_STATUS == VERB_STATUS && (int)CINIT_WAIT == VERB_WAIT, "verbs");
static_assert((int)CINIT_GOAL_UP == GOAL_UP && (int)CINIT_GOAL_SETTLED == GOAL_SETTLED, "goals");
static_assert((int)CINIT_RESULT_POOL == RES_POOL && RES_POOL + 1 == RES_N, "results");
static_assert((int)CINIT_RESULT_NO == RES_NO && (int)CINIT_RESULT_BUSY == RES_BUSY, "results");
static_assert((int)CINIT_ONLY == IPC_ONLY && (int)CINIT_NO_WAIT == IPC_NO_WAIT
              && (int)CINIT_LAST == IPC_LAST, "flags");
static_assert((int)CINIT_ITEM_WISHED == ITEM_WISH && (int)CINIT_ITEM_RESPAWN == ITEM_RESPAWN
              && (int)CINIT_ITEM_GROUP == ITEM_GROUP && (int)CINIT_ITEM_POOL == ITEM_POOL, "flags");
static_assert(CINIT_NAME_MAX == SVC_NAME_MAX, "names");
static_assert(sizeof((struct ipc_record){.size = 0}.payload)
              <= sizeof((struct cinit_answer){.id = 0}.room), "items fit an answer");

/* ---- requests ---- */

static enum cinit_error usage(struct handle *h, const char *what)
{
	struct text t = handle_problem(h, false);

	text_str(&t, what);
	return CINIT_USAGE;
}

static bool ends_the_system(enum cinit_verb verb)
{
	return verb == CINIT_HALT || verb == CINIT_POWEROFF || verb == CINIT_REBOOT;
}

static bool is_question(enum cinit_verb verb)
{
	return verb == CINIT_STATUS || verb == CINIT_LIST || verb == CINIT_DEPENDENTS
	       || verb == CINIT_WORKERS;
}

static enum cinit_error check(struct handle *h, const struct cinit_request *q)
{
	bool needs_name = !ends_the_system(q->verb) && q->verb != CINIT_LIST
	                  && !(q->verb == CINIT_WAIT && q->goal == CINIT_GOAL_SETTLED);

	if (!h->connected)
		return usage(h, "not connected");
	if (h->under_way >= CINIT_AT_ONCE)
		return usage(h, "too many requests under way");
	if (q->verb < CINIT_START || q->verb > CINIT_CALL)
		return usage(h, "no such verb");
	if (q->verb == CINIT_WAIT && (q->goal < CINIT_GOAL_UP || q->goal > CINIT_GOAL_SETTLED))
		return usage(h, "no such goal");
	if (q->limit_ms < 0)
		return usage(h, "a limit below 0");
	if (q->name ? !*q->name : needs_name)
		return usage(h, "no name");
	if (q->name && strnlen(q->name, CINIT_NAME_MAX + 1) > CINIT_NAME_MAX)
		return usage(h, "a name longer than " LIMIT_TEXT(SVC_NAME_MAX) " bytes");
	if (q->verb == CINIT_CALL && q->n_words == 0)
		return usage(h, "a call without a command");
	return CINIT_OK;
}

/* A call is the name and its words, each with its NUL. */
static bool put_words(struct ipc_record *r, const struct cinit_request *q)
{
	bool fits = record_put_word(r, q->name);

	for (size_t i = 0; i < q->n_words; i++)
		fits = fits && record_put_word(r, q->words[i]);
	return fits;
}

static bool put_payload(struct ipc_record *r, const struct cinit_request *q)
{
	if (q->verb == CINIT_CALL)
		return put_words(r, q);
	return !q->name || record_set_name(r, q->name, strlen(q->name));
}

/* A question may be begun at any time, which saves asking for the time. */
static bool fill(struct ipc_record *r, const struct cinit_request *q)
{
	int64_t now = is_question(q->verb) && !q->limit_ms ? 0 : record_now_ms();

	record_init(r);
	r->id = ipc_random_id();
	r->verb = (uint16_t)q->verb;
	r->goal = (uint16_t)(q->verb == CINIT_WAIT ? q->goal : 0);
	r->flags = (uint16_t)(q->flags & (CINIT_ONLY | CINIT_NO_WAIT | CINIT_LAST | CINIT_FORCE | CINIT_KEXEC));
	r->from = q->from;
	if (now)
		r->expires_ms = now + GRACE_MS;
	if (q->limit_ms)
		r->answer_by_ms = now + (q->limit_ms < INT64_MAX / 2 ? q->limit_ms : INT64_MAX / 2);
	return put_payload(r, q);
}

enum cinit_error cinit_ask(struct cinit *c, const struct cinit_request *request, uint64_t *id)
{
	struct handle *h = handle_of(c);
	enum cinit_error error = check(h, request);
	struct ipc_record r;

	if (error != CINIT_OK)
		return error;
	if (!fill(&r, request))
		return usage(h, "words that are too long together");
	if (ipc_request(h->client, &r) == 0) {
		h->under_way++;
		*id = r.id;
		return CINIT_OK;
	}
	switch (errno) {
	case ECONNRESET:
	case EPIPE: error = CINIT_LOST; break;
	case EAGAIN:
	case ETIMEDOUT: error = CINIT_TIMEOUT; break;
	default: error = CINIT_SYSTEM;
	}
	return handle_fail(h, error, "the supervisor cannot be asked", errno);
}

/* ---- answers ---- */

static void answer_public(struct cinit_answer *a, const struct ipc_record *r)
{
	a->id = r->id;
	a->verb = r->verb;
	a->result = r->result;
	a->n_items = r->n_items;
	a->total = r->total;
	a->generation = r->generation;
	a->cursor = 0;
	a->room_len = r->payload_len;
	memcpy(a->room, r->payload, r->payload_len);
}

enum cinit_error cinit_wait(struct cinit *c, struct cinit_answer *answer, int64_t until_ms)
{
	struct handle *h = handle_of(c);
	struct ipc_record r;

	if (!h->connected || !h->under_way)
		return usage(h, "nothing was asked");
	if (ipc_next_answer(h->client, &r, until_ms) < 0)
		switch (errno) {
		case ETIMEDOUT: return handle_fail(h, CINIT_TIMEOUT, "no answer: the supervisor is silent", 0);
		case ECONNRESET:
			return handle_fail(h, CINIT_LOST, "no answer: the supervisor closed the connection", 0);
		default: return handle_fail(h, CINIT_SYSTEM, "no answer", errno);
		}
	h->under_way--;
	if (r.version != IPC_VERSION || r.size != sizeof r || r.result == RES_VERSION) {
		usage(h, result_word(RES_VERSION));
		return CINIT_OTHER_VERSION;
	}
	answer_public(answer, &r);
	return CINIT_OK;
}

enum cinit_error cinit_call(struct cinit *c, const struct cinit_request *request,
                            struct cinit_answer *answer)
{
	bool waits = !is_question(request->verb) && !ends_the_system(request->verb) && request->verb != CINIT_SWITCH
	             && !(request->flags & CINIT_NO_WAIT);
	uint64_t id;
	enum cinit_error error = cinit_ask(c, request, &id);
	int64_t until_ms = 0;

	if (error == CINIT_OK && (!waits || request->limit_ms))
		until_ms = record_now_ms() + request->limit_ms + GRACE_MS;
	while (error == CINIT_OK) {
		error = cinit_wait(c, answer, until_ms);
		if (error == CINIT_OK && answer->id == id)
			return CINIT_OK;
	}
	return error;
}

/* ---- items ---- */

void item_public(struct cinit_item *out, const struct ipc_item *item)
{
	*out = (struct cinit_item){
		.since_ms = item->since_ms, .deadline_ms = item->deadline_ms, .pid = item->pid,
		.state = item->state, .why = item->why, .flags = item->flags,
		.crashes = item->crashes,
		.last = {item->end.kind, item->end.step, item->end.code},
		.other_last = {item->other_end.kind, item->other_end.step, item->other_end.code},
		.other_state = item->other_state,
		.name_len = item->name_len, .other_len = item->detail_len,
	};
	memcpy(out->name, item->name, item->name_len);
	memcpy(out->other, item->detail, item->detail_len);
}

bool cinit_next_item(struct cinit_answer *answer, struct cinit_item *item)
{
	size_t cursor = answer->cursor;
	struct ipc_record r;
	struct ipc_item i;

	if (answer->n_items == 0 || answer->verb == CINIT_WORKERS)
		return false; /* none, or something else */
	record_init(&r);
	r.payload_len = (uint16_t)answer->room_len;
	memcpy(r.payload, answer->room, answer->room_len);
	if (!record_get_item(&r, &cursor, &i))
		return false;
	answer->cursor = (uint32_t)cursor;
	item_public(item, &i);
	return true;
}

bool cinit_peek(struct cinit *c, const char *name, struct cinit_item *item)
{
	struct handle *h = handle_of(c);
	struct ipc_item i;

	if (!h->connected || ipc_board_item(h->client, name, strlen(name), &i) < 0)
		return false;
	item_public(item, &i);
	return true;
}
