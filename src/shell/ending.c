/* ending.c - the phases of a shutdown.  Each leaves as soon as what it awaits
 * has happened, at the latest at its deadline; what it awaits is named now and
 * then.  After a rescue was asked for, all but the first three are left out. */
#include "src/shell/ending.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/describe.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/descendants.h"
#include "src/shell/helper.h"
#include "src/shell/rescue.h"
#include "src/shell/services.h"

static enum phase {
	RUNNING,
	SERVICES, /* the engine stops them */
	TERMED,   /* what is left was told to end */
	KILLED,   /* and was killed */
	LAST,     /* conf/last runs */
	UNMOUNT,  /* a child leaves the file systems clean */
	OVER
} phase;

static enum ending ending;
static bool forced;
static bool asked; /* by a request, not only by the end of an essential service */
static int exit_code;
static int64_t deadline_ms = NEVER, look_ms = NEVER, name_ms = NEVER;

bool ending_has_begun(void)
{
	return phase != RUNNING;
}

bool ending_is_over(void)
{
	return phase == OVER;
}

static const char *ending_word(enum ending how)
{
	switch (shell.mode == MODE_MACHINE ? how : END_NOT) {
	case END_HALT: return "halt";
	case END_POWEROFF: return "power off";
	case END_REBOOT: return "reboot";
	case END_KEXEC: return "kexec";
	case END_RESCUE: return "rescue";
	case END_SWITCH: return "switch";
	case END_NOT: break;
	}
	return "stop";
}

static void shut_engine_down(enum urgency urgency)
{
	struct event ev = {.kind = EV_SHUTDOWN, .urgency = urgency};

	engine_event(shell.engine, shell.now_ms, &ev);
}

/* Asked for again: nobody gets more time.  But file systems do. */
static void hurry(void)
{
	int64_t soon = shell.now_ms + HURRY_DELAY_MS;

	if (phase == UNMOUNT || phase == OVER)
		return;
	say("", ending_word(ending), "asked for again, whoever is still there is killed");
	if (phase == SERVICES)
		shut_engine_down(URGENCY_NOW);
	else if (phase == TERMED)
		deadline_ms = shell.now_ms;
	else if (deadline_ms > soon)
		deadline_ms = soon;
}

static void change(enum ending how)
{
	bool was_rescue = ending == END_RESCUE;

	if (how == END_RESCUE || how == END_SWITCH) {
		say(ending_word(how), "", was_rescue ? "a rescue has begun" : "a shutdown has begun");
		return;
	}
	ending = how;
	if (was_rescue)
		say("", ending_word(how), "instead of the rescue");
	else if (asked)
		hurry();
	asked = true;
}

static void begin(enum ending how)
{
	if (how == END_RESCUE && helper_running() == HELPER_SHELL) {
		say("rescue", "", "its shell is there already");
		return;
	}
	ending = how;
	phase = SERVICES;
	name_ms = shell.now_ms + BLOCKED_SAY_MS;
	say("", ending_word(how), "stopping all services");
	if (shell.engine->done) /* they are, since a rescue */
		ending_services_down();
	else
		shut_engine_down(URGENCY_ORDERLY);
}

void ending_begin(enum ending how)
{
	if (phase != RUNNING) {
		change(how);
		return;
	}
	asked = true;
	begin(how);
}

void ending_begin_with(int code)
{
	exit_code = code; /* also where a request has come in between: the service came first */
	if (phase == RUNNING)
		begin(END_POWEROFF);
}

int ending_code(void)
{
	return exit_code;
}

static bool no_child_left(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 && errno == ECHILD;
}

/* Is any process left that we would have to wait for?  On a machine all but the
 * kernel's own threads, which kill(-1) counts, descend from us; into a container
 * others may have put some. */
static bool nobody_left(void)
{
	if (getpid() == 1 && shell.mode != MODE_MACHINE)
		return kill(-1, 0) < 0 && errno == ESRCH;
	return no_child_left();
}

/* What somebody put into our namespace as another user is not ours to kill, and
 * the namespace ends with us. */
static bool only_others_left(void)
{
	int64_t killed_ms = deadline_ms - KILLED_MAX_MS;

	if (shell.mode != MODE_CONTAINER || shell.now_ms - killed_ms < FOREIGN_MAX_MS || !no_child_left())
		return false;
	say("", "", "processes that we may not kill are left, going on without them");
	return true;
}

/* All that is left.  kill(-1) spares only the caller and PID 1, so it is for PID 1. */
static void signal_all(int sig)
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

static void enter(enum phase next, int64_t ms)
{
	phase = next;
	deadline_ms = shell.now_ms + ms;
	look_ms = shell.now_ms + ENDING_LOOK_MS;
}

void ending_force(enum ending how)
{
	if (phase >= LAST) {
		change(how); /* nobody is left to be killed */
		return;
	}
	ending = how;
	forced = true;
	say("", ending_word(how), "at once, everybody is killed");
	shut_engine_down(URGENCY_ORDERLY); /* so that nobody is started for those who are killed */
	signal_all(SIGKILL);
	enter(KILLED, KILLED_MAX_MS);
}

bool ending_is_forced(void)
{
	return forced;
}

void ending_services_down(void)
{
	if (phase != SERVICES)
		return; /* it was not waited for any more */
	if (!nobody_left())
		signal_all(SIGTERM);
	enter(TERMED, config_sleep_before_kill_ms(shell.config));
}

static void rest(enum phase then)
{
	phase = then;
	deadline_ms = look_ms = name_ms = NEVER;
}

static void end(void)
{
	rest(OVER);
	if (!shell.machine)
		return;
	say("", ending_word(ending), "now");
	console_flush();
	shell.machine->end(ending);
}

static void unmount(void)
{
	if (helper_running() == HELPER_LAST)
		signal_all(SIGKILL);
	if (shell.machine && helper_start(HELPER_UNMOUNT) == 0)
		enter(UNMOUNT, UNMOUNT_MAX_MS);
	else
		end();
}

/* Nobody is left, or nobody that could be ended. */
static void all_gone(void)
{
	channels_end(&shell.channels, shell.config, &services_channel_watch);
	if (ending == END_SWITCH)
		shell.machine->switch_root();
	if (ending == END_RESCUE || ending == END_SWITCH) {
		rest(RUNNING);
		rescue_after_stop();
	} else if (getpid() == 1 && helper_start(HELPER_LAST) == 0) {
		enter(LAST, LAST_MAX_MS);
	} else {
		unmount();
	}
}

void ending_helper_ended(enum helper which)
{
	if (phase == LAST && which == HELPER_LAST)
		unmount();
	else if (phase == UNMOUNT && which == HELPER_UNMOUNT)
		end();
}

int64_t ending_deadline(void)
{
	int64_t first = deadline_ms < look_ms ? deadline_ms : look_ms;

	return name_ms < first ? name_ms : first;
}

/* ---- what still blocks ---- */

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

	for (uint32_t i = 0; i < e->n && named < BLOCKED_NAMES; i++)
		if (is_stopping(engine_svc(e, i)->live.state)) {
			name_service(i);
			named++;
		}
}

/* With the time that is left until it is not waited for any more. */
static void name_phase(const char *what)
{
	struct text *t = say_begin();

	text_str(t, "waiting for ");
	text_str(t, what);
	text_str(t, ", ");
	text_seconds(t, deadline_ms - shell.now_ms, 0);
	text_str(t, " s left");
	say_end();
}

static void name_blockers(void)
{
	if (name_ms > shell.now_ms)
		return;
	name_ms = shell.now_ms + BLOCKED_SAY_MS;
	switch (phase) {
	case SERVICES:
		name_services();
		break;
	case TERMED:
	case KILLED:
		name_phase("other processes");
		descendants_name(BLOCKED_NAMES);
		break;
	case LAST:
		name_phase("conf/last");
		break;
	case UNMOUNT: /* says it itself */
	case RUNNING:
	case OVER:
		break;
	}
}

/* Processes that others put into our namespace end without a SIGCHLD to us,
 * so while they are awaited we look again now and then. */
static void look_again(void)
{
	if (look_ms > shell.now_ms)
		return;
	look_ms = shell.now_ms + ENDING_LOOK_MS;
	if (phase == KILLED)
		signal_all(SIGKILL);
}

void ending_turn(void)
{
	bool late = deadline_ms <= shell.now_ms;

	switch (phase) {
	case RUNNING:
	case OVER:
		return;
	case SERVICES: /* the engine gives each of them its time */
		break;
	case TERMED:
		if (nobody_left()) {
			all_gone();
		} else if (late) {
			descendants_name(BLOCKED_NAMES);
			signal_all(SIGKILL);
			enter(KILLED, KILLED_MAX_MS);
		}
		break;
	case KILLED:
		if (late)
			say("", "", "a process survives KILL, going on without it");
		if (late || nobody_left() || only_others_left())
			all_gone();
		break;
	case LAST:
		if (late) {
			say("conf/last", "", "has not ended in time, going on without it");
			unmount();
		}
		break;
	case UNMOUNT:
		if (late) {
			say("", "", "a file system hangs, going on without it");
			end();
		}
		break;
	}
	name_blockers();
	look_again();
}
