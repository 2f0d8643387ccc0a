/* helper.c - programs outside all services. */
#include "src/shell/helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/describe.h"
#include "src/launch/prepare.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/life.h"
#include "src/shell/process.h"
#include "src/shell/services.h"

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

	if (spawn_process(&shell.spawner, l, shell.now_ms, &shell.helper, &end) < 0) {
		say_end_of(which, &end);
		return -1;
	}
	services_watch(&shell.helper, NO_SVC, ROLE_HELPER);
	return 0;
}

/* A login shell for root: behind a password where sulogin(8) is at hand, and a
 * terminal, which it cannot do without. */
static int start_shell(void)
{
	static const char *const logins[] = {"/sbin/sulogin", "/usr/sbin/sulogin"};
	struct launch l = {.path = "/bin/sh", .argv0 = "-sh", .params = "",
	                   .input = {.tty = true, .steals = true},
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
	shell.helper = PROC_NONE;
	shell.helper.pid = fork();
	if (shell.helper.pid == 0)
		shell.machine->unmount();
	if (shell.helper.pid < 0) {
		say_errno(helper_name(HELPER_UNMOUNT), "fork", errno);
		shell.helper.pid = 0;
		return -1;
	}
	return 0;
}

static int start_conf(enum helper which, enum entry_id program)
{
	struct rows rows = config_rows(shell.config, NO_SVC);
	const struct order o = {.rows = &rows, .program = program, .svc = NO_SVC,
	                        .dir = shell.dir, .inherited = services_inherited(),
	                        .room = &shell.room};
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
	spawn_close(&shell.helper); /* one that did not end in time is nobody's business */
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
	enum helper which = (enum helper)shell.life.helper;

	if (end->kind != END_EXIT || end->code != 0)
		say_end_of(which, end);
	life_tell(&(struct life_event){.kind = LIFE_EV_HELPER, .helper = which,
	                               .unstarted = end->kind == END_SPAWN});
}

_Noreturn void helper_shells(void)
{
	sigset_t none;

	console_flush();
	sigemptyset(&none);
	for (;; sleep(RESCUE_RETRY_MS / 1000)) {
		pid_t pid = fork();

		if (pid == 0) {
			setsid();
			sigprocmask(SIG_SETMASK, &none, NULL);
			execl("/bin/sh", "-sh", (char *)NULL);
			_exit(127);
		}
		while (pid > 0 && wait(NULL) != pid)
			;
	}
}
