/* record.c - makes, checks, fills and reads records.  Items are copied field
 * by field between the payload and a struct: nothing is cast. */
#include "ipc/record.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

void record_init(struct ipc_record *r)
{
	memset(r, 0, sizeof *r);
	r->magic = IPC_MAGIC;
	r->version = IPC_VERSION;
	r->size = sizeof *r;
}

enum record_fault record_check(const struct ipc_record *r, size_t n)
{
	if (n != sizeof *r)
		return RECORD_SIZE;
	if (r->magic != IPC_MAGIC)
		return RECORD_MAGIC;
	if (r->version != IPC_VERSION || r->size != sizeof *r)
		return RECORD_VERSION;
	if (r->payload_len > sizeof r->payload || r->id == 0)
		return RECORD_FIELD;
	if (r->expires_ms < 0 || r->answer_by_ms < 0)
		return RECORD_FIELD;
	return RECORD_FINE;
}

/* Of another version no more is known than that, and its id. */
static void reduce_to_version(struct ipc_record *answer)
{
	uint64_t id = answer->id;

	record_init(answer);
	answer->id = id;
	answer->result = RES_VERSION;
}

int record_take_answer(struct ipc_record *answer, size_t n)
{
	switch (record_check(answer, n)) {
	case RECORD_VERSION:
		reduce_to_version(answer);
		return 0;
	case RECORD_FINE: return 0;
	case RECORD_SIZE:
	case RECORD_MAGIC:
	case RECORD_FIELD: break;
	}
	errno = EPROTO;
	return -1;
}

bool record_set_name(struct ipc_record *r, const char *name, size_t n)
{
	if (n > SVC_NAME_MAX)
		return false;
	memcpy(r->payload, name, n);
	r->payload_len = (uint16_t)n;
	return true;
}

bool record_put_word(struct ipc_record *r, const char *word)
{
	size_t n = strlen(word) + 1;

	if (n > sizeof r->payload - r->payload_len)
		return false;
	memcpy(r->payload + r->payload_len, word, n);
	r->payload_len = (uint16_t)(r->payload_len + n);
	return true;
}

size_t record_name_len(const struct ipc_record *r)
{
	const uint8_t *end = r->verb == VERB_CALL ? memchr(r->payload, 0, r->payload_len) : NULL;

	return end ? (size_t)(end - r->payload) : r->payload_len;
}

/* The fixed part of an item in the payload. */
struct item_head {
	uint8_t state, why, flags, crashes;
	struct end end;
	int32_t pid;
	uint8_t name_len, detail_len, other_state, zero;
	struct end other_end;
	uint32_t zero_too;
	int64_t since_ms, deadline_ms;
};

static_assert(sizeof(struct item_head) == 40, "no padding in an item");

bool record_put_item(struct ipc_record *r, const struct ipc_item *item)
{
	struct item_head h = {
		.state = item->state, .why = item->why, .flags = item->flags,
		.crashes = item->crashes, .end = item->end, .pid = item->pid,
		.name_len = item->name_len, .detail_len = item->detail_len,
		.other_state = item->other_state, .other_end = item->other_end,
		.since_ms = item->since_ms, .deadline_ms = item->deadline_ms,
	};
	size_t bytes = sizeof h + h.name_len + h.detail_len;
	uint8_t *at = r->payload + r->payload_len;

	if (bytes > sizeof r->payload - r->payload_len)
		return false;
	memcpy(at, &h, sizeof h);
	memcpy(at + sizeof h, item->name, h.name_len);
	memcpy(at + sizeof h + h.name_len, item->detail, h.detail_len);
	r->payload_len = (uint16_t)(r->payload_len + bytes);
	r->n_items++;
	return true;
}

bool record_get_item(const struct ipc_record *r, size_t *cursor, struct ipc_item *item)
{
	struct item_head h;
	const uint8_t *at = r->payload + *cursor;
	size_t left = r->payload_len - *cursor;

	if (*cursor >= r->payload_len || left < sizeof h)
		return false;
	memcpy(&h, at, sizeof h);
	if (left < sizeof h + h.name_len + h.detail_len || h.since_ms < 0 || h.deadline_ms < 0)
		return false;
	*item = (struct ipc_item){
		.state = h.state, .why = h.why, .flags = h.flags, .crashes = h.crashes,
		.end = h.end, .pid = h.pid, .name_len = h.name_len, .detail_len = h.detail_len,
		.other_state = h.other_state, .other_end = h.other_end,
		.since_ms = h.since_ms, .deadline_ms = h.deadline_ms,
	};
	memcpy(item->name, at + sizeof h, h.name_len);
	memcpy(item->detail, at + sizeof h + h.name_len, h.detail_len);
	*cursor += sizeof h + h.name_len + h.detail_len;
	return true;
}

#define FIRST_CALLS 8

/* Straight to the kernel at first, where time is 64 bits wide in it: finding the
 * vDSO costs a client, which asks a few times and ends, more than it saves.  A
 * supervisor asks often, and a system call takes ten times as long. */
static void boot_time(struct timespec *t)
{
#if defined(SYS_clock_gettime) && UINTPTR_MAX > UINT32_MAX
	static _Atomic unsigned calls;

	if (calls < FIRST_CALLS) {
		calls++;
		syscall(SYS_clock_gettime, CLOCK_BOOTTIME, t);
		return;
	}
#endif
	clock_gettime(CLOCK_BOOTTIME, t);
}

int64_t record_now_ms(void)
{
	struct timespec t = {0, 0};

	boot_time(&t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
