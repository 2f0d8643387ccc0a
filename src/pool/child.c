/* child.c - from fork to the program or the modules.
 *
 * Signals are blocked until the last step, so what is sent meanwhile waits for whoever
 * heeds it. */
#include "src/pool/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/launch/environment.h"
#include "src/launch/input.h"
#include "src/launch/steps.h"
#include "src/pool/files.h"
#include "src/pool/host.h"
#include "src/pool/manager.h"
#include "src/pool/sockets.h"

extern char **environ;

static struct rlimit descriptors;
static char *words_at[2 * CONFIG_ARGS_MAX + ENVIRONMENT_OWN + LOGIN_N + 4]; /* arguments, environment */
static int started_fd = -1; /* where modules say that they are up */

/* ---- signals and limits ---- */

/* By the system call itself: libc's sigaction() refuses the signals that it keeps for
 * itself.  All zero is the default in the kernel's structure. */
static void reset_signals(void)
{
	static const char by_default[64];

	for (int s = 1; s <= 64; s++)
		syscall(SYS_rt_sigaction, s, by_default, NULL, 8); /* KILL and STOP refuse */
}

static int block_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV); /* a fault that is blocked kills anyway, and tells less */
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	return sigprocmask(SIG_SETMASK, &all, NULL);
}

void child_unblock(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL); /* has no way to fail */
}

int child_prepare(void)
{
	struct rlimit most;

	reset_signals();
	if (block_signals() < 0 || getrlimit(RLIMIT_NOFILE, &descriptors) < 0)
		return -1;
	most = descriptors;
	most.rlim_cur = most.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &most);
}

/* ---- saying how it went ---- */

static const char *step_of(int32_t step)
{
	switch (step) {
	case CHILD_UP: return "start";
	case STEP_FDS:
	case STEP_LIMIT: return "descriptors";
	case STEP_IDS: return "user";
	case STEP_EXEC: return "on";
	default: return step_word((unsigned)step);
	}
}

void child_put_report(struct text *t, const struct child_report *r)
{
	if (*r->why)
		text_name(t, r->why, strnlen(r->why, sizeof r->why), true);
	else
		text_str(t, step_of(r->step));
	if (r->error) {
		text_str(t, ": ");
		text_str(t, strerror(r->error));
	}
}

static void report(int fd, int32_t step, int error, int32_t entry, const char *why)
{
	struct child_report r = {.step = step, .error = error, .entry = entry};
	struct text t;

	text_init(&t, r.why, sizeof r.why);
	text_str(&t, why);
	if (fd >= 0 && write(fd, &r, sizeof r) < 0)
		return; /* the manager is gone, and with it soon we */
}

/* A step has failed; of one that an entry asks for, what it asks for. */
static void report_step(const struct child *c, const struct step_report *r)
{
	char why[CHILD_WHY_MAX];
	struct text t;

	text_init(&t, why, sizeof why);
	if (r->entry < ENTRY_N) {
		text_str(&t, entries[r->entry].name);
		text_str(&t, ": ");
		value_put(&t, &c->rows, rows_find(&c->rows, (enum entry_id)r->entry));
	}
	report(c->report_fd, r->kind == REPORT_FATAL ? r->step : CHILD_NOTE, r->error, r->entry, why);
}

static _Noreturn void fail(int fd, enum spawn_step step)
{
	report(fd, (int32_t)step, errno, ENTRY_N, "");
	_exit(127);
}

/* ---- the environment ---- */

/* What we say of a worker nobody else says. */
static const char *const not_passed_on[] = {
	"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "CINIT_READY_FD", "CINIT_CONTROL_FD",
	"CINIT_STATUS_FD", "CINIT_REQUEST_FD", "CINIT_RANK", "CINIT_KEEPALIVE", NULL,
};

/* Of the manager's own environment, whatever on.env says. */
static void own_inherited(struct environment *env, const char *name)
{
	size_t n = strlen(name);

	for (char **e = environ; *e; e++)
		if (strncmp(*e, name, n) == 0)
			environment_own(env, *e);
}

static void own_keepalive(struct environment *env, uint32_t ms)
{
	static char buf[64];
	struct text t;

	text_init(&t, buf, sizeof buf);
	text_str(&t, "CINIT_KEEPALIVE=");
	text_seconds(&t, ms, ms % 1000 ? 3 : 0);
	environment_own(env, buf);
}

static void own_channels(struct environment *env, const struct pool_child *c)
{
	static char status[64], request[64];
	const struct pool_conf *conf = &files()->conf;

	if (c->report_fd < 0)
		return;
	environment_own_number(env, status, sizeof status, "CINIT_STATUS_FD=", sockets_report_fd());
	if (conf->mode != POOL_DISPATCH)
		return;
	environment_own_number(env, request, sizeof request, "CINIT_REQUEST_FD=", sockets_report_fd());
	own_keepalive(env, conf->keepalive_ms);
}

/* What on.env says is all that there is. */
static bool has_whole_env(void)
{
	return files()->on.has_env && !files()->on.adds_env;
}

static bool has_login(void)
{
	return rows_find(&files()->rows, ENTRY_USER) && !has_whole_env();
}

static void make_environment(struct environment *env, const struct pool_child *c)
{
	static char fds[64], pid[64], rank[64], names[SOCKETS_NAMES_MAX + 16];
	const struct program *on = &files()->on;

	*env = (struct environment){.lines = on->env, .n_lines = on->n_env, .dropped = not_passed_on,
	                            .inherited = has_whole_env() ? NULL : environ,
	                            .login = has_login()};
	environment_own_number(env, fds, sizeof fds, "LISTEN_FDS=", sockets_count());
	environment_own_number(env, pid, sizeof pid, "LISTEN_PID=", getpid());
	if (*sockets_names())
		environment_own_text(env, names, sizeof names, "LISTEN_FDNAMES=", sockets_names());
	environment_own_number(env, rank, sizeof rank, "CINIT_RANK=", c->rank);
	own_channels(env, c);
	own_inherited(env, "CINIT_SERVICE=");
	own_inherited(env, "CINIT_PROFILE=");
}

static void make_program(struct child *child, const struct pool_child *c)
{
	const struct program *on = &files()->on;
	struct environment env;
	struct words w = {.at = words_at, .room = sizeof words_at / sizeof *words_at};

	child->path = files_on();
	child->link = files_link(&child->link_at);
	make_environment(&env, c);
	words_add(&w, on->argv0 ? on->argv0 : files_on());
	words_add_strings(&w, on->params, on->n_params);
	words_add(&w, NULL);
	child->argv = words_at;
	child->envp = words_at + w.n;
	words_add_environment(&w, &env);
	if (w.login)
		login_put(&files()->ids.login, w.login_given, w.login);
	words_at[sizeof words_at / sizeof *words_at - 1] = NULL;
}

/* ---- becoming ---- */

static struct child describe(const struct pool_child *c)
{
	const struct files *f = files();
	struct standard_input input = input_of(&f->rows, ENTRY_OFF, TERMINAL_NONE); /* as what has none */

	return (struct child){
		.report_fd = c->start_fd, .report = report_step, .limit = true,
		.nofile_soft = descriptors.rlim_cur, .nofile_hard = descriptors.rlim_max,
		.ids = &f->ids, .rows = f->rows, .settings = true, .directory = files_directory(), .bond = c->manager,
		.input = input.kind,
	};
}

/* Modules run in the manager's own environment. */
static void set_login(void)
{
	const struct login *login = &files()->ids.login;
	unsigned given = environment_login_given(files()->on.env, files()->on.n_env);

	for (unsigned i = 0; i < LOGIN_N; i++)
		if (given >> i & 1)
			continue;
		else if (!*login->variable[i])
			unsetenv(login_names[i]);
		else
			putenv((char *)(uintptr_t)login->variable[i]); /* where it cannot, it stays as it was */
}

void child_enter(const struct pool_child *c)
{
	struct child child = describe(c);

	manager_close_in_child();
	if (has_login())
		set_login();
	if (steps_run(&child) < 0)
		_exit(127);
}

static void take_descriptors(const struct pool_child *c)
{
	if ((c->report_fd >= 0 && dup2(c->report_fd, sockets_report_fd()) < 0) ||
	    sockets_hand_on(files()->conf.mode == POOL_DISPATCH) < 0)
		fail(c->start_fd, STEP_FDS);
	if (c->report_fd >= 0)
		close(c->report_fd);
}

/* Does not return: the last step executes. */
static _Noreturn void execute(const struct pool_child *c)
{
	struct child child = describe(c);

	make_program(&child, c);
	if (c->manager)
		manager_close_in_child();
	steps_run(&child);
	_exit(127);
}

static void say_up(void *arg)
{
	(void)arg;
	report(started_fd, CHILD_UP, 0, ENTRY_N, "");
	if (started_fd >= 0)
		close(started_fd);
	started_fd = -1;
}

static void say_failed(void *arg, const char *why)
{
	(void)arg;
	report(started_fd, CHILD_INIT, 0, ENTRY_N, why);
}

static struct host_io make_io(const struct pool_child *c)
{
	const struct pool_conf *conf = &files()->conf;
	bool dispatch = conf->mode == POOL_DISPATCH;
	int fd = c->report_fd < 0 ? -1 : sockets_report_fd();

	started_fd = c->start_fd;
	return (struct host_io){
		.listener = sockets_fds(), .n_listeners = sockets_count(),
		.request_fd = dispatch ? fd : -1, .status_fd = fd,
		.keepalive_ms = conf->keepalive_ms, .up = say_up, .failed = say_failed,
	};
}

void child_worker(const struct pool_child *c)
{
	struct host_io io;

	take_descriptors(c);
	if (!files()->conf.has_modules)
		execute(c);
	child_enter(c);
	io = make_io(c);
	child_unblock();
	exit(host_find()->worker(c->rank, &io));
}

void child_extra(const struct pool_child *c, unsigned i)
{
	struct host_io io;

	take_descriptors(c);
	child_enter(c);
	io = make_io(c);
	child_unblock();
	exit(host_find()->extra(i, &io));
}

static void say_ready(void *arg)
{
	const int *fd = arg;

	if (*fd >= 0 && write(*fd, "\n", 1) < 0)
		return; /* nobody waits for it */
}

static void complain_alone(void *arg, const char *why)
{
	(void)arg;
	manager_complain("", why);
}

static void complain_of_step(const struct child *c, const struct step_report *r)
{
	char why[CHILD_WHY_MAX];
	struct text t;

	text_init(&t, why, sizeof why);
	if (r->entry < ENTRY_N)
		value_put(&t, &c->rows, rows_find(&c->rows, (enum entry_id)r->entry));
	text_str(&t, t.len ? ": " : "");
	text_str(&t, strerror(r->error));
	text_str(&t, r->kind == REPORT_FATAL ? "" : ", started without it");
	manager_complain(r->entry < ENTRY_N ? entries[r->entry].name : step_of(r->step), why);
}

void child_alone(int ready_fd)
{
	const struct pool_child c = {.rank = 1, .report_fd = -1, .start_fd = -1};
	struct child child = describe(&c);
	struct host_io io = make_io(&c);
	int code;

	child.report = complain_of_step;
	if (!files()->conf.has_modules) {
		say_ready(&ready_fd);
		make_program(&child, &c);
	}
	if (has_login())
		set_login();
	if (steps_run(&child) < 0)
		exit(1);
	io.up = say_ready;
	io.failed = complain_alone;
	io.arg = &ready_fd;
	child_unblock();
	code = host_find()->worker(1, &io);
	host_find()->end();
	exit(code);
}
