/* blockers.c - the processes, services and programs that a stop waits for. */
#include "src/shell/blockers.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/describe.h"
#include "ipc/record.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/descendants.h"
#include "src/shell/services.h"

/* ---- processes ---- */

static bool no_child_left(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* On a machine all but the kernel's own threads, which kill(-1) counts, descend from us;
 * into a container others may have put some, who are not ours to kill and end with the
 * namespace. */
enum life_left blockers_left(void)
{
	bool none = no_child_left();

	if (getpid() != 1 || shell.mode == MODE_MACHINE)
		return none ? LIFE_LEFT_NOBODY : LIFE_LEFT_SOME;
	if (kill(-1, 0) < 0 && errno == ESRCH)
		return LIFE_LEFT_NOBODY;
	return none ? LIFE_LEFT_OTHERS : LIFE_LEFT_SOME;
}

/* kill(-1) spares only the caller and PID 1, so it is for PID 1. */
void blockers_signal(int sig)
{
	if (getpid() == 1) {
		kill(-1, sig);
		if (sig == SIGTERM)
			kill(-1, SIGCONT);
		return;
	}
	descendants_signal(sig);
	if (sig == SIGTERM)
		descendants_signal(SIGCONT);
}

/* ---- services ---- */

static bool is_stopping(unsigned state)
{
	return state == SVC_OFF || state == SVC_OFF_KILLED || state == SVC_STOPPING
	       || state == SVC_KILLING;
}

static void name_service(uint32_t i)
{
	struct ipc_item item;
	struct text *t;

	services_item(i, &item);
	t = say_begin();
	text_str(t, "waiting for ");
	text_name(t, item.name, item.name_len, true);
	text_str(t, ": ");
	describe_why(t, &item, shell.now_ms, true);
	say_end();
}

static void name_services(void)
{
	const struct engine *e = shell.engine;
	unsigned named = 0;

	for (uint32_t i = 0; e && i < e->n && named < BLOCKED_NAMES; i++)
		if (is_stopping(engine_svc(e, i)->live.state)) {
			name_service(i);
			named++;
		}
}

/* The one whose step of the stop ends last. */
static bool slowest_service(struct ipc_item *item)
{
	const struct engine *e = shell.engine;
	uint32_t slowest = NO_SVC;

	for (uint32_t i = 0; e && i < e->n; i++) {
		const struct svc_live *l = &engine_svc(e, i)->live;

		if (is_stopping(l->state)
		    && (slowest == NO_SVC || l->deadline_ms > engine_svc(e, slowest)->live.deadline_ms))
			slowest = i;
	}
	if (slowest != NO_SVC)
		services_item(slowest, item);
	return slowest != NO_SVC;
}

/* ---- naming ---- */

static const char *phase_word(void)
{
	switch (shell.life.state) {
	case LIFE_TERMED:
	case LIFE_KILLED: return "other processes";
	case LIFE_LAST: return "conf/last";
	case LIFE_UNMOUNT: return "file systems";
	default: return NULL;
	}
}

static void put_left(struct text *t)
{
	int64_t left_ms = shell.life.deadline_ms - shell.now_ms;

	text_seconds(t, left_ms > 0 ? left_ms : 0, 0);
	text_str(t, " s left");
}

void blockers_name(void)
{
	const char *phase = phase_word();
	struct text *t;

	if (shell.life.state == LIFE_SERVICES)
		name_services();
	if (!phase)
		return;
	t = say_begin();
	text_str(t, "waiting for ");
	text_str(t, phase);
	text_str(t, ", ");
	put_left(t);
	say_end();
	if (shell.life.state == LIFE_TERMED || shell.life.state == LIFE_KILLED)
		descendants_name(BLOCKED_NAMES);
}

/* What is no service bears the name of what it is, and the text says the time. */
bool blockers_item(struct ipc_item *item)
{
	const char *phase = phase_word();
	struct text t;

	if (shell.life.state == LIFE_SERVICES)
		return slowest_service(item);
	if (!phase)
		return false;
	memset(item, 0, sizeof *item);
	item->state = SVC_STOPPING;
	item->why = WHY_SAID;
	item->since_ms = shell.life.since_ms;
	item->deadline_ms = shell.life.deadline_ms;
	item->name_len = (uint8_t)strlen(phase);
	memcpy(item->name, phase, item->name_len);
	text_init(&t, item->detail, sizeof item->detail);
	put_left(&t);
	item->detail_len = (uint8_t)t.len;
	return true;
}
