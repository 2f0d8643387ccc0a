/* describe.c - reasons in words. */
#include "ipc/describe.h"

#include <string.h>

#include "ipc/signal_name.h"

void describe_end(struct text *t, const struct end *end)
{
	switch ((enum end_kind)end->kind) {
	case END_NONE:
		break;
	case END_EXIT:
		text_str(t, "exit ");
		text_i64(t, end->code);
		break;
	case END_SIGNAL:
		text_str(t, "killed by signal ");
		text_i64(t, end->code);
		if (*signal_word(end->code)) {
			text_str(t, " (");
			text_str(t, signal_word(end->code));
			text_char(t, ')');
		}
		break;
	case END_SPAWN:
		text_str(t, step_word(end->step));
		text_str(t, ": ");
		text_str(t, strerror(end->code));
		break;
	}
}

void describe_time(struct text *t, int64_t ms)
{
	text_seconds(t, ms, ms % 1000 == 0 ? 0 : ms % 100 == 0 ? 1 : ms % 10 == 0 ? 2 : 3);
	text_str(t, " s");
}

static void put_detail(struct text *t, const struct ipc_item *item, bool utf8)
{
	text_name(t, item->detail, item->detail_len, utf8);
}

/* ", which failed: exit 2" */
static void put_other(struct text *t, const struct ipc_item *item)
{
	switch ((enum svc_state)item->other_state) {
	case SVC_FAILED:
		text_str(t, ", which failed: ");
		describe_end(t, &item->other_end);
		break;
	case SVC_REFUSED:
		text_str(t, ", which is refused");
		break;
	case SVC_DOWN:
		text_str(t, item->why == WHY_CULPRIT ? ", which was stopped" : ", which is down");
		break;
	case SVC_BACKOFF:
		text_str(t, ", which is in back-off: ");
		describe_end(t, &item->other_end);
		break;
	case SVC_WAITING:
	case SVC_BLOCKED:
	case SVC_STARTING:
	case SVC_UP:
	case SVC_HELD:
	case SVC_OFF:
	case SVC_OFF_KILLED:
	case SVC_STOPPING:
	case SVC_KILLING:
	case SVC_LATE:
	case SVC_LATE_KILLED:
	case SVC_N_STATES:
		text_str(t, ", which is ");
		text_str(t, state_word(item->other_state));
		break;
	}
}

static void put_until(struct text *t, const struct ipc_item *item, int64_t now_ms,
                      const char *what)
{
	if (!item->deadline_ms)
		return;
	text_str(t, what);
	text_seconds(t, item->deadline_ms > now_ms ? item->deadline_ms - now_ms : 0, 1);
	text_str(t, " s");
}

/* "was not up within 5 s, KILL in 2.0 s", "..., again in 0.1 s" */
static void put_late(struct text *t, const struct ipc_item *item, int64_t now_ms, bool utf8)
{
	text_str(t, "was not up ");
	if (item->detail_len) {
		text_str(t, "within ");
		put_detail(t, item, utf8);
	} else {
		text_str(t, "in time");
	}
	if (item->state == SVC_LATE)
		put_until(t, item, now_ms, ", KILL in ");
	if (item->state == SVC_BACKOFF)
		put_until(t, item, now_ms, ", again in ");
}

void describe_why(struct text *t, const struct ipc_item *item, int64_t now_ms, bool utf8)
{
	switch ((enum why)item->why) {
	case WHY_NONE:
	case WHY_N:
		break;
	case WHY_NEED:
	case WHY_CULPRIT:
		text_str(t, "needs ");
		put_detail(t, item, utf8);
		put_other(t, item);
		break;
	case WHY_WANT:
		text_str(t, "wants ");
		put_detail(t, item, utf8);
		put_other(t, item);
		break;
	case WHY_DEPENDENT:
		text_str(t, "waits for ");
		put_detail(t, item, utf8);
		text_str(t, " to be down");
		break;
	case WHY_EXEC:
		text_str(t, "its program is being executed");
		break;
	case WHY_RUN:
		text_str(t, "its program is running");
		break;
	case WHY_OFF:
		text_str(t, "its off program is running");
		put_until(t, item, now_ms, ", KILL in ");
		break;
	case WHY_PROCESS:
		text_str(t, "process ");
		text_i64(t, item->pid);
		text_str(t, " has not ended");
		if (item->state == SVC_STOPPING)
			put_until(t, item, now_ms, ", KILL in ");
		break;
	case WHY_DELAY:
		if (item->detail_len)
			put_detail(t, item, utf8);
		else
			describe_end(t, &item->end);
		put_until(t, item, now_ms, ", again in ");
		break;
	case WHY_END:
		describe_end(t, &item->end);
		break;
	case WHY_LOAD:
	case WHY_SAID:
		put_detail(t, item, utf8);
		break;
	case WHY_READY:
		text_str(t, "has not said that it is ready");
		break;
	case WHY_LATE:
		put_late(t, item, now_ms, utf8);
		break;
	}
}
