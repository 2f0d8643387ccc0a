/* shape.c - makes records, then breaks some of them. */
#include "test/fuzz/shape.h"

#include "ipc/pool.h"

static uint64_t some_id(struct choice *s, struct shape *g)
{
	uint64_t id;

	if (g->n_recent && choice_once_in(s, 4))
		return g->recent[choice_pick(s, g->n_recent < SHAPE_RECENT ? g->n_recent : SHAPE_RECENT)];
	id = choice_take(s, 8);
	id += id == 0;
	g->recent[g->n_recent % SHAPE_RECENT] = id;
	g->n_recent = g->n_recent == 2 * SHAPE_RECENT - 1 ? SHAPE_RECENT : g->n_recent + 1;
	return id;
}

/* Around every bound that a time has. */
static int64_t some_time(struct choice *s, int64_t now)
{
	switch (choice_pick(s, 64)) {
	case 0: return now;
	case 1: return now - 1;
	case 2: return now + 1;
	case 3: return now + IPC_EXPIRES_MAX_MS;
	case 4: return now + IPC_EXPIRES_MAX_MS + 1;
	case 5: return INT64_MAX;
	case 6: return INT64_MIN;
	case 7: return -1;
	case 8: return (int64_t)choice_take(s, 8);
	case 9:
	case 10:
	case 11: return now + (int64_t)choice_take(s, 2) % 25000;
	default: return 0;
	}
}

static void some_name(struct choice *s, const struct shape *g, struct ipc_record *r)
{
	const char *name = g->names[choice_pick(s, g->n_names)];
	size_t n = strlen(name);

	if (choice_once_in(s, 16))
		n = n ? choice_pick(s, (unsigned)n) : 0;
	record_set_name(r, name, n);
	if (choice_once_in(s, 64) && n)
		r->payload[choice_pick(s, (unsigned)n)] = (uint8_t)choice_take(s, 1);
}

/* Behind the name: a command and its arguments, now and then without the last NUL. */
static void some_words(struct choice *s, struct ipc_record *r)
{
	static const char *const words[] = {"", "help", "stats", "a longer word", "\xff\n\t"};

	for (unsigned n = choice_pick(s, 5); n; n--)
		record_put_word(r, words[choice_pick(s, 5)]);
	if (choice_once_in(s, 16) && r->payload_len)
		r->payload_len--;
}

static enum verb some_verb(struct choice *s)
{
	if (choice_once_in(s, 4))
		return (enum verb)(VERB_WORKERS + choice_pick(s, VERB_CALL + 1 - VERB_WORKERS));
	/* A system that has ended answers little: that is asked for rarely. */
	if (choice_once_in(s, 256) && choice_once_in(s, 64))
		return (enum verb)(VERB_HALT + choice_pick(s, 3));
	return (enum verb)(VERB_START + choice_pick(s, VERB_HALT - VERB_START));
}

static void break_one_field(struct choice *s, struct ipc_record *r)
{
	unsigned at;

	switch (choice_pick(s, 14)) {
	case 0: r->magic = (uint32_t)choice_take(s, 4); break;
	case 1: r->magic = __builtin_bswap32(r->magic); break;
	case 2: r->version = (uint16_t)choice_take(s, 2); break;
	case 3: r->size = (uint16_t)choice_take(s, 2); break;
	case 4: r->id = 0; break;
	case 5: r->verb = (uint16_t)choice_take(s, 2); break;
	case 6: r->verb = (uint16_t)(VERB_N + choice_pick(s, 4)); break;
	case 7: r->goal = (uint16_t)(choice_once_in(s, 2) ? GOAL_N : choice_take(s, 2)); break;
	case 8: r->payload_len = (uint16_t)choice_take(s, 2); break;
	case 9: r->payload_len = (uint16_t)(choice_once_in(s, 2) ? sizeof r->payload + 1 : SVC_NAME_MAX + 1); break;
	case 10: r->flags = (uint16_t)choice_take(s, 2); break;
	case 11: r->payload_len = (uint16_t)choice_take(s, 1); choice_fill(s, r->payload, 256); break;
	default:
		at = choice_pick(s, sizeof *r - 15);
		choice_fill(s, (uint8_t *)r + at, 1 + choice_pick(s, 16));
		break;
	}
}

static size_t some_length(struct choice *s)
{
	switch (choice_pick(s, 256)) {
	case 253: return choice_pick(s, 4097);
	case 254: return 0;
	case 255: return sizeof(struct ipc_record) - 1 + 2 * choice_pick(s, 2);
	default: return sizeof(struct ipc_record);
	}
}

static bool ends_system(const struct ipc_record *r)
{
	return r->verb == VERB_HALT || r->verb == VERB_POWEROFF || r->verb == VERB_REBOOT || r->verb == VERB_SWITCH;
}

void shape_request(struct choice *s, struct shape *g, int64_t now, struct ipc_record *r, size_t *n)
{
	unsigned wrong = choice_pick(s, 8);

	record_init(r);
	r->id = some_id(s, g);
	r->token = choice_take(s, 8);
	r->pid = (uint32_t)choice_take(s, 4);
	r->verb = (uint16_t)some_verb(s);
	r->flags = (uint16_t)choice_pick(s, 8);
	r->goal = (uint16_t)choice_pick(s, GOAL_N);
	r->expires_ms = some_time(s, now);
	r->answer_by_ms = some_time(s, now);
	if (choice_once_in(s, 8))
		r->from = (uint32_t)choice_take(s, choice_once_in(s, 2) ? 4 : 1);
	if (choice_once_in(s, 16))
		r->handle = (uint32_t)choice_take(s, 4);
	some_name(s, g, r);
	if (r->verb == VERB_CALL)
		some_words(s, r);
	if (g->brief_ms && (!r->expires_ms || r->expires_ms > now + 1))
		r->expires_ms = now + 1 + (int64_t)choice_take(s, 2) % g->brief_ms;
	*n = g->well_formed ? sizeof *r : some_length(s);
	for (; wrong > 5 && !g->well_formed; wrong--)
		break_one_field(s, r);
	if (g->harmless && ends_system(r))
		r->expires_ms = 1;
}

static void some_item(struct choice *s, const struct shape *g, struct ipc_record *r)
{
	struct ipc_item item;
	const char *name = g->names[choice_pick(s, g->n_names)];

	choice_fill(s, &item, offsetof(struct ipc_item, name));
	if (choice_once_in(s, 2)) {
		item.state %= SVC_N_STATES;
		item.why %= WHY_N;
	}
	if (choice_once_in(s, 2)) {
		item.since_ms = some_time(s, 0);
		item.deadline_ms = some_time(s, 0);
	}
	item.name_len = (uint8_t)strlen(name);
	memcpy(item.name, name, item.name_len);
	item.detail_len = (uint8_t)choice_take(s, 1);
	choice_fill(s, item.detail, sizeof item.detail);
	record_put_item(r, &item);
}

void shape_workers(struct choice *s, struct ipc_record *r)
{
	struct ipc_pool pool;
	struct ipc_worker worker;

	choice_fill(s, &pool, sizeof pool);
	record_put_pool(r, &pool);
	for (unsigned n = choice_pick(s, 40); n; n--) {
		choice_fill(s, &worker, sizeof worker);
		worker.state %= WORKER_N_STATES;
		if (!record_put_worker(r, &worker))
			break;
	}
}

void shape_answer(struct choice *s, const struct shape *g, struct ipc_record *r, size_t *n)
{
	unsigned items = choice_pick(s, 5), wrong = choice_pick(s, 4);

	record_init(r);
	r->id = choice_take(s, 8);
	r->result = (uint16_t)choice_take(s, choice_once_in(s, 16) ? 2 : 1);
	if (choice_once_in(s, 8))
		shape_workers(s, r);
	else
		while (items--)
			some_item(s, g, r);
	if (choice_once_in(s, 4) && r->payload_len) /* cut short */
		r->payload_len = (uint16_t)choice_pick(s, r->payload_len);
	if (choice_once_in(s, 8))
		r->payload_len = (uint16_t)choice_take(s, 2);
	for (; wrong > 1; wrong--)
		break_one_field(s, r);
	*n = some_length(s);
}
