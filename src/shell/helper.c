/* helper.c - programs outside all services. */
#include "src/shell/helper.h"

#include <errno.h>
#include <unistd.h>

#include "ipc/describe.h"
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

static int start(enum helper which, const struct spawn *s)
{
	struct end end;

	if (process_spawn(s, &proc, &end) < 0) {
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
	struct spawn s = {.path = "/bin/sh", .argv0 = "-sh", .params = "", .env = DEFAULT_PATH,
	                  .n_env = 1, .extra = {"TERM=linux", "HOME=/", NULL}, .tty = true};

	for (unsigned i = 0; i < 2 && isatty(0); i++)
		if (access(logins[i], X_OK) == 0) {
			s.path = s.argv0 = logins[i];
			break;
		}
	return start(HELPER_SHELL, &s);
}

/* No program: a process that ends when it has done its work. */
static int start_unmount(void)
{
	console_flush(); /* the child has a copy of what is not written yet */
	proc = (struct proc){.pidfd = -1, .exec_fd = -1, .slot = -1};
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
	struct conf_prog prog = config_program(c, NO_SVC, program);
	struct spawn s = {.params = prog.params, .n_params = prog.n_params};
	char path[4096 + 16];
	struct text t;

	if (!prog.present)
		return -1;
	text_init(&t, path, sizeof path);
	text_str(&t, config_str(c, c->conf_root));
	text_char(&t, '/');
	text_str(&t, entries[program].name);
	s.path = path;
	s.argv0 = prog.argv0 ? prog.argv0 : path;
	services_environment(&s, &prog);
	return start(which, &s);
}

int helper_start(enum helper which)
{
	process_forget(&proc); /* one that did not end in time is nobody's business */
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
