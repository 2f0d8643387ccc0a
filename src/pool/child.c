/* child.c - from fork to the program or the modules.
 *
 * Signals are blocked until the last step, so what is sent meanwhile waits for whoever
 * heeds it. */
#include "src/pool/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/pool/files.h"
#include "src/pool/host.h"
#include "src/pool/manager.h"
#include "src/pool/sockets.h"

#define OWN_VARIABLES 16 /* that a worker gets from us, with some room */

extern char **environ;

static struct rlimit descriptors;
static char *argv[CONFIG_ARGS_MAX + 2], *envp[CONFIG_ARGS_MAX + OWN_VARIABLES + 1];
static unsigned n_env;
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

const char *child_step_word(int32_t step)
{
	switch (step) {
	case CHILD_UP: return "start";
	case CHILD_DESCRIPTORS: return "descriptors";
	case CHILD_USER: return "user";
	case CHILD_EXEC: return "on";
	case CHILD_INIT: return "child_init";
	default: return "?";
	}
}

static void report(int fd, enum child_step step, int error, const char *why)
{
	struct child_report r = {.step = (int32_t)step, .error = error};
	struct text t;

	text_init(&t, r.why, sizeof r.why);
	text_str(&t, why);
	if (fd >= 0 && write(fd, &r, sizeof r) < 0)
		return; /* the manager is gone, and with it soon we */
}

static _Noreturn void fail(int fd, enum child_step step)
{
	report(fd, step, errno, "");
	_exit(127);
}

/* ---- the environment ---- */

static bool is_named(const char *variable, const char *name)
{
	size_t n = strlen(name);

	return strncmp(variable, name, n) == 0 && variable[n] == '=';
}

/* What we say of a worker nobody else says. */
static bool is_ours(const char *variable)
{
	static const char *const ours[] = {
		"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "CINIT_READY_FD", "CINIT_CONTROL_FD",
		"CINIT_STATUS_FD", "CINIT_REQUEST_FD", "CINIT_RANK", "CINIT_KEEPALIVE",
	};

	for (unsigned i = 0; i < sizeof ours / sizeof *ours; i++)
		if (is_named(variable, ours[i]))
			return true;
	return false;
}

static void add(const char *variable)
{
	/* execve() takes it as it is */
	if (n_env < sizeof envp / sizeof *envp - 1)
		envp[n_env++] = (char *)(uintptr_t)variable;
}

/* on.env, or what the manager itself was given. */
static void add_given(const struct files *f)
{
	const char *line = f->env.text;

	for (uint32_t i = 0; f->has_env && i < f->env.n; i++, line += strlen(line) + 1)
		if (!is_ours(line))
			add(line);
	for (char **e = environ; *e; e++)
		if (f->has_env ? is_named(*e, "CINIT_SERVICE") || is_named(*e, "CINIT_PROFILE") : !is_ours(*e))
			add(*e);
}

static void add_number(char buf[64], const char *name, int64_t value)
{
	struct text t;

	text_init(&t, buf, 64);
	text_str(&t, name);
	text_i64(&t, value);
	add(buf);
}

static void add_names(void)
{
	static char buf[SOCKETS_NAMES_MAX + 16];
	struct text t;

	if (!*sockets_names())
		return;
	text_init(&t, buf, sizeof buf);
	text_str(&t, "LISTEN_FDNAMES=");
	text_str(&t, sockets_names());
	add(buf);
}

static void add_keepalive(uint32_t ms)
{
	static char buf[64];
	struct text t;

	text_init(&t, buf, sizeof buf);
	text_str(&t, "CINIT_KEEPALIVE=");
	text_seconds(&t, ms, ms % 1000 ? 3 : 0);
	add(buf);
}

static void make_environment(const struct child *c)
{
	static char fds[64], pid[64], rank[64], status[64], request[64];
	const struct files *f = files();
	bool dispatch = f->conf.mode == POOL_DISPATCH;

	add_given(f);
	add_number(fds, "LISTEN_FDS=", sockets_count());
	add_number(pid, "LISTEN_PID=", getpid());
	add_names();
	add_number(rank, "CINIT_RANK=", c->rank);
	if (c->report_fd >= 0)
		add_number(status, "CINIT_STATUS_FD=", sockets_report_fd());
	if (c->report_fd >= 0 && dispatch) {
		add_number(request, "CINIT_REQUEST_FD=", sockets_report_fd());
		add_keepalive(f->conf.keepalive_ms);
	}
	envp[n_env] = NULL;
}

static _Noreturn void execute(const struct child *c)
{
	const struct files *f = files();
	const char *param = f->params.text;
	unsigned n = 0;

	argv[n++] = (char *)(uintptr_t)f->program; /* execve() takes it as it is */
	for (uint32_t i = 0; i < f->params.n; i++, param += strlen(param) + 1)
		argv[n++] = (char *)(uintptr_t)param;
	argv[n] = NULL;
	make_environment(c);
	child_unblock();
	execve(files_on(), argv, envp);
	fail(c->start_fd, CHILD_EXEC);
}

/* ---- becoming ---- */

/* The bond comes last: a change of user undoes it.  Had the manager died before, we
 * would have another parent by now. */
void child_enter(const struct child *c)
{
	manager_forget();
	if (setrlimit(RLIMIT_NOFILE, &descriptors) < 0)
		fail(c->start_fd, CHILD_DESCRIPTORS);
	if (ids_become(&files()->ids) < 0)
		fail(c->start_fd, CHILD_USER);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		fail(c->start_fd, CHILD_USER);
	if (getppid() != c->manager)
		_exit(127);
}

static void take_descriptors(const struct child *c)
{
	if ((c->report_fd >= 0 && dup2(c->report_fd, sockets_report_fd()) < 0) ||
	    sockets_hand_on(files()->conf.mode == POOL_DISPATCH) < 0)
		fail(c->start_fd, CHILD_DESCRIPTORS);
	if (c->report_fd >= 0)
		close(c->report_fd);
}

static void say_up(void *arg)
{
	(void)arg;
	report(started_fd, CHILD_UP, 0, "");
	if (started_fd >= 0)
		close(started_fd);
	started_fd = -1;
}

static void say_failed(void *arg, const char *why)
{
	(void)arg;
	report(started_fd, CHILD_INIT, 0, why);
}

static struct host_io make_io(const struct child *c)
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

void child_worker(const struct child *c)
{
	struct host_io io;

	take_descriptors(c);
	child_enter(c);
	if (!files()->conf.has_modules)
		execute(c);
	io = make_io(c);
	child_unblock();
	exit(host_find()->worker(c->rank, &io));
}

void child_extra(const struct child *c, unsigned i)
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

void child_alone(int ready_fd)
{
	const struct child c = {.rank = 1, .report_fd = -1, .start_fd = -1};
	struct host_io io = make_io(&c);
	int code;

	if (setrlimit(RLIMIT_NOFILE, &descriptors) < 0 || ids_become(&files()->ids) < 0) {
		manager_complain("user", strerror(errno));
		exit(1);
	}
	if (!files()->conf.has_modules) {
		say_ready(&ready_fd);
		execute(&c);
	}
	io.up = say_ready;
	io.failed = complain_alone;
	io.arg = &ready_fd;
	child_unblock();
	code = host_find()->worker(1, &io);
	host_find()->end();
	exit(code);
}
