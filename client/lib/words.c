/* words.c - words for what callers see: the supervisor's own.
 *
 * The words are those of ipc/ that the supervisor's console has, so both say the same.  Nobody
 * is asked, and nothing allocated. */
#include <string.h>

#include "client/lib/handle.h"
#include "ipc/describe.h"

const char *cinit_state_word(unsigned state)
{
	return state_word(state);
}

const char *cinit_result_word(unsigned result)
{
	return result_word(result);
}

const char *cinit_verb_word(unsigned verb)
{
	return verb_word(verb);
}

const char *cinit_step_word(unsigned step)
{
	return step_word(step);
}

const char *cinit_worker_word(unsigned state)
{
	return worker_word(state);
}

unsigned cinit_verb_of_word(const char *word)
{
	return verb_of_word(word);
}

const char *cinit_error_word(unsigned error)
{
	switch ((enum cinit_error)error) {
	case CINIT_OK: return "done";
	case CINIT_REFUSED: return "refused";
	case CINIT_ABSENT: return "no supervisor answers";
	case CINIT_OTHER_METHOD: return "the supervisor listens on another method";
	case CINIT_DENIED: return "permission denied";
	case CINIT_NO_SERVICE: return "no such service";
	case CINIT_OTHER_VERSION: return "client and supervisor are of different versions";
	case CINIT_LOST: return "the connection has ended";
	case CINIT_TIMEOUT: return "no answer in time";
	case CINIT_USAGE: return "a call that makes no sense";
	case CINIT_MEMORY: return "out of memory";
	case CINIT_SYSTEM: return "a system call failed";
	}
	return "?";
}

int64_t cinit_now_ms(void)
{
	return record_now_ms();
}

/* ---- texts ---- */

static struct end end_private(const struct cinit_end *end)
{
	return (struct end){.kind = end->kind, .step = end->step, .code = end->code};
}

static void put_reason(struct text *t, const struct cinit_item *seen, enum cinit_charset set)
{
	struct ipc_item item = {
		.state = seen->state, .why = seen->why, .other_state = seen->other_state,
		.end = end_private(&seen->last), .other_end = end_private(&seen->other_last),
		.pid = seen->pid, .deadline_ms = seen->deadline_ms, .detail_len = seen->other_len,
	};

	memcpy(item.detail, seen->other, seen->other_len);
	describe_why(t, &item, record_now_ms(), set == CINIT_UTF8);
}

static void put_why(struct text *t, const struct cinit_item *item, enum cinit_charset set)
{
	if (item->why != CINIT_WHY_NONE)
		put_reason(t, item, set);
}

static void put_item(struct text *t, const struct cinit_item *item, enum cinit_charset set)
{
	size_t before;

	text_name(t, item->name, item->name_len, set == CINIT_UTF8);
	text_str(t, ": ");
	text_str(t, state_word(item->state));
	before = t->len;
	text_str(t, ": ");
	put_why(t, item, set);
	if (t->len == before + 2) {
		t->len = before;
		t->buf[before] = '\0';
	}
}

size_t cinit_end_text(const struct cinit_end *end, char *buf, size_t cap)
{
	const struct end e = end_private(end);
	struct text t;

	text_init(&t, buf, cap);
	describe_end(&t, &e);
	return t.len;
}

size_t cinit_why(const struct cinit_item *item, enum cinit_charset set, char *buf, size_t cap)
{
	struct text t;

	text_init(&t, buf, cap);
	put_why(&t, item, set);
	return t.len;
}

size_t cinit_item_text(const struct cinit_item *item, enum cinit_charset set, char *buf, size_t cap)
{
	struct text t;

	text_init(&t, buf, cap);
	put_item(&t, item, set);
	return t.len;
}

/* NAME: RESULT, or for want of a name only that.  A pool says itself why not. */
static void put_result(struct text *t, const char *name, const struct cinit_answer *a,
                       enum cinit_charset set)
{
	if (name) {
		text_name(t, name, strlen(name), set == CINIT_UTF8);
		text_str(t, ": ");
	}
	if (a->result == CINIT_RESULT_POOL && a->room_len)
		text_name(t, (const char *)a->room, a->room_len, set == CINIT_UTF8);
	else
		text_str(t, result_word(a->result));
}

/* The supervisor names the service that is in the way as a second item. */
size_t cinit_answer_text(const struct cinit_answer *answer, const char *name,
                         enum cinit_charset set, char *buf, size_t cap)
{
	struct cinit_answer a = *answer;
	bool waits = a.result == CINIT_RESULT_STILL_WAITING;
	bool in_the_way = a.result == CINIT_RESULT_NEED_NOT_UP || a.result == CINIT_RESULT_DEPENDENT_UP;
	struct cinit_item item;
	bool has_item;
	struct text t;

	text_init(&t, buf, cap);
	a.cursor = 0;
	has_item = cinit_next_item(&a, &item);
	if (waits)
		text_str(&t, "still waiting: ");
	if (has_item && (waits || a.result == CINIT_RESULT_NO)) {
		put_item(&t, &item, set);
	} else if (waits) {
		text_str(&t, "not settled");
	} else {
		put_result(&t, name, &a, set);
		if (in_the_way && has_item && cinit_next_item(&a, &item)) {
			text_str(&t, ": ");
			put_item(&t, &item, set);
		}
	}
	return t.len;
}
