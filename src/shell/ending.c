/* ending.c - the phases of a shutdown.  Each leaves as soon as what it awaits
 * has happened, at the latest at its deadline. */
#include "src/shell/ending.h"

#include <errno.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/descendants.h"
#include "src/shell/helper.h"

static enum phase {
	RUNNING,
	SERVICES, /* the engine stops them */
	TERMED,   /* what is left was told to end */
	KILLED,   /* and was killed */
	LAST,     /* conf/last runs */
	OVER
} phase;

static enum ending ending;
static int exit_code;
static int64_t deadline_ms = NEVER, look_ms = NEVER;

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
	case END_NOT: break;
	}
	return "stop";
}

void ending_begin(enum ending how)
{
	struct event ev = {.kind = EV_SHUTDOWN};

	ending = how;
	if (phase != RUNNING)
		return;
	phase = SERVICES;
	say("", ending_word(how), "stopping all services");
	engine_event(config_engine(shell.config), shell.now_ms, &ev);
}

void ending_begin_with(int code)
{
	if (phase != RUNNING)
		return;
	exit_code = code;
	ending_begin(END_POWEROFF);
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

/* Is any process left that we would have to wait for? */
static bool nobody_left(void)
{
	if (getpid() == 1)
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

void ending_services_down(void)
{
	if (!nobody_left())
		signal_all(SIGTERM);
	enter(TERMED, shell.config->sleep_before_kill_ms);
}

/* The end of a machine.  Nothing but the kernel comes after it. */
static void end_machine(void)
{
	int command = (int)(ending == END_HALT ? RB_HALT_SYSTEM
	                    : ending == END_REBOOT ? RB_AUTOBOOT : RB_POWER_OFF);

	say("", ending_word(ending), "now");
	console_flush();
	sync();
	reboot(command);
	say_errno("reboot", ending_word(ending), errno);
	console_flush();
	for (;;) /* PID 1 of a machine never exits */
		pause();
}

static void end(void)
{
	if (helper_running() == HELPER_LAST)
		signal_all(SIGKILL);
	phase = OVER;
	deadline_ms = look_ms = NEVER;
	if (shell.mode == MODE_MACHINE)
		end_machine();
}

static void run_last(void)
{
	if (getpid() == 1 && helper_start(HELPER_LAST) == 0)
		enter(LAST, LAST_MAX_MS);
	else
		end();
}

void ending_last_ended(void)
{
	if (phase == LAST)
		end();
}

int64_t ending_deadline(void)
{
	return deadline_ms < look_ms ? deadline_ms : look_ms;
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
	case SERVICES:
	case OVER:
		return;
	case TERMED:
		if (nobody_left()) {
			run_last();
		} else if (late) {
			signal_all(SIGKILL);
			enter(KILLED, KILLED_MAX_MS);
		}
		break;
	case KILLED:
		if (late)
			say("", "", "a process survives KILL, going on without it");
		if (late || nobody_left() || only_others_left())
			run_last();
		break;
	case LAST:
		if (late) {
			say("conf/last", "", "has not ended in time, going on without it");
			end();
		}
		break;
	}
	look_again();
}
