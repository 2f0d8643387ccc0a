/* helper.c - programs outside all services. */
#include "src/shell/helper.h"

#include <errno.h>
#include <unistd.h>

#include "ipc/describe.h"
#include "src/launch/prepare.h"
#include "src/shell/console.h"
#include "src/shell/ending.h"
#include "src/shell/process.h"
#include "src/shell/rescue.h"
#include "src/shell/services.h"

static enum helper running;
static struct proc proc = {.pidfd = -1, .exec_fd = -1, .slot = -1};

enum helper helper_running(void)
{
	return running;
}

struct proc *helper_proc(void)
{
	return &proc;
}

static const char *helper_name(enum helper which)
{
	switch (which) {
	case HELPER_PANIC: return "conf/panic";
	case HELPER_LAST: return "conf/last";
	case HELPER_SHELL: return "rescue shell";
	case HELPER_UNMOUNT: return "unmounting";
	case HELPER_NONE: break;
	}
	return "";
}

static void say_end_of(enum helper which, const struct end *end)
{
	char why[128];
	struct text t;

	text_init(&t, why, sizeof why);
	describe_end(&t, end);
	say(helper_name(which), "", why);
}

static int start(enum helper which, const struct launch *l)
{
	struct end end;

	if (spawn_process(&shell.spawner, l, shell.now_ms, &proc, &end) < 0) {
		say_end_of(which, &end);
		return -1;
	}
	running = which;
	services_watch(&proc, NO_SVC, ROLE_HELPER);
	return 0;
}

/* A login shell for root: behind a password where sulogin(8) is at hand, and a
 * terminal, which it cannot do without. */
static int start_shell(void)
{
	static const char *const logins[] = {"/sbin/sulogin", "/usr/sbin/sulogin"};
	struct launch l = {.path = "/bin/sh", .argv0 = "-sh", .params = "", .tty = true,
	                   .env = {.lines = DEFAULT_PATH, .n_lines = 1,
	                           .own = {"TERM=linux", "HOME=/"}}};

	for (unsigned i = 0; i < 2 && isatty(0); i++)
		if (access(logins[i], X_OK) == 0) {
			l.path = l.argv0 = logins[i];
			break;
		}
	return start(HELPER_SHELL, &l);
}

/* No program: a process that ends when it has done its work. */
static int start_unmount(void)
{
	console_flush(); /* the child has a copy of what is not written yet */
	proc = PROC_NONE;
	proc.pid = fork();
	if (proc.pid == 0)
		shell.machine->unmount();
	if (proc.pid < 0) {
		say_errno(helper_name(HELPER_UNMOUNT), "fork", errno);
		proc.pid = 0;
		return -1;
	}
	running = HELPER_UNMOUNT;
	return 0;
}

static int start_conf(enum helper which, enum entry_id program)
{
	const struct config *c = shell.config;
	struct rows rows = config_rows(c, NO_SVC);
	const struct order o = {.rows = &rows, .program = program, .svc = NO_SVC,
	                        .directory = config_str(c, c->conf_root),
	                        .inherited = services_inherited()};
	struct prepared prepared;
	struct obstacle why;
	int r;

	if (!rows_find(&rows, program))
		return -1;
	r = prepare(&prepared, &o, &shell.channels, &services_channel_watch, &why);
	if (r == 0)
		r = start(which, &prepared.launch);
	prepare_done(&prepared);
	return r;
}

int helper_start(enum helper which)
{
	spawn_close(&proc); /* one that did not end in time is nobody's business */
	running = HELPER_NONE;
	switch (which) {
	case HELPER_PANIC: return start_conf(which, CONF_PANIC);
	case HELPER_LAST: return start_conf(which, CONF_LAST);
	case HELPER_SHELL: return start_shell();
	case HELPER_UNMOUNT: return start_unmount();
	case HELPER_NONE: break;
	}
	return -1;
}

void helper_ended(const struct end *end)
{
	enum helper which = running;

	running = HELPER_NONE;
	if (end->kind != END_EXIT || end->code != 0)
		say_end_of(which, end);
	if (which == HELPER_LAST || which == HELPER_UNMOUNT)
		ending_helper_ended(which);
	else
		rescue_helper_ended(which, end);
}
