/* host.c - the life of modules, and what they are offered. */
#include "src/pool/host.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ipc/outlet.h"
#include "ipc/text.h"
#include "src/pool/call.h"
#include "src/pool/modules.h"
#include "src/pool/serve.h"

/* A further process that a module has registered. */
struct extra {
	const char *name;
	int (*run)(int rank, void *arg);
	void *arg;
	unsigned flags;
};

static char lines[POOL_MODULES_BYTES]; /* parameters point into it */
static struct extra extras[HOST_EXTRA_MAX];
static unsigned n_extras;
static bool registering;        /* within mod_init */
static pid_t manager;           /* the process that has loaded them */
static char said[HOST_WHY_MAX]; /* what a module said before it failed */

/* ---- what modules are offered ---- */

static int extra_process(const char *name, int (*run)(int rank, void *arg), void *arg, unsigned flags)
{
	if (!registering || n_extras == HOST_EXTRA_MAX || !run)
		return 0;
	extras[n_extras++] = (struct extra){name ? name : "", run, arg, flags};
	return -(int)n_extras;
}

static const struct cinit_command *find_command(const char *name)
{
	return modules_command(name, strlen(name), false);
}

static void take_why(const char *text)
{
	struct text t;

	text_init(&t, said, sizeof said);
	text_str(&t, text);
}

/* A worker may wait for whoever reads what it says; the manager may not. */
static void say(const char *module, const char *text)
{
	bool waits = getpid() != manager;
	char buf[1024];
	struct text t;

	text_init_fd(&t, buf, sizeof buf, waits ? 2 : -1);
	text_str(&t, "cinit.pool: ");
	text_str(&t, module);
	text_str(&t, ": ");
	text_name(&t, text, strlen(text), true);
	text_char(&t, '\n');
	if (t.cut && !waits)
		buf[t.len - 1] = '\n';
	/* That nobody can be told is no reason to fail. */
	if (waits ? text_flush(&t) < 0 : outlet_write(buf, t.len) < 0)
		return;
}

static struct cinit_host host = {
	.abi = CINIT_MODULE_ABI, .extra_process = extra_process, .find_command = find_command,
	.why = take_why, .log = say,
};

/* ---- life ---- */

static int fail(char *why, const struct cinit_module *m, const char *step)
{
	struct text t;

	text_init(&t, why, HOST_WHY_MAX);
	text_str(&t, m->name);
	text_str(&t, ": ");
	text_str(&t, step);
	text_str(&t, *said ? ": " : " failed");
	text_str(&t, said);
	return -1;
}

static int init_modules(char *why)
{
	registering = true;
	for (unsigned i = 0; i < n_modules; i++) {
		const struct cinit_module *m = modules[i].module;

		said[0] = '\0';
		if (m->mod_init && m->mod_init(&host) < 0)
			return fail(why, m, "mod_init");
	}
	registering = false;
	return 0;
}

static int load(int service_fd, const char *service_dir, char *why)
{
	char where[POOL_WHERE_MAX];
	const char *reason;
	int n = pool_conf_modules(service_fd, lines, where, &reason);
	struct text t;

	manager = getpid();
	if (n >= 0)
		return modules_open(lines, (unsigned)n, service_dir, why, HOST_WHY_MAX) < 0
		       ? -1 : init_modules(why);
	text_init(&t, why, HOST_WHY_MAX);
	text_str(&t, where);
	text_str(&t, ": ");
	text_str(&t, reason);
	return -1;
}

static int child_init(int rank, const char *step, char *why)
{
	for (unsigned i = 0; i < n_modules; i++) {
		const struct cinit_module *m = modules[i].module;

		said[0] = '\0';
		if (m->child_init && m->child_init(rank) < 0)
			return fail(why, m, step);
	}
	return 0;
}

static int init(unsigned n_processes, char *why)
{
	host.n_processes = n_processes;
	return child_init(CINIT_RANK_INIT, "child_init (INIT)", why);
}

static int begin(char *why)
{
	return child_init(CINIT_RANK_MAIN, "child_init (MAIN)", why);
}

static unsigned count_extras(void)
{
	return n_extras;
}

static int complain(const struct host_io *io, const char *why)
{
	io->failed(io->arg, why);
	return 1;
}

static int run_extra(unsigned i, const struct host_io *io)
{
	int rank = -1 - (int)i;
	char why[HOST_WHY_MAX];

	if (!(extras[i].flags & CINIT_NO_CHILD_INIT) && child_init(rank, "child_init", why) < 0)
		return complain(io, why);
	io->up(io->arg);
	return extras[i].run(rank, extras[i].arg);
}

static int run_worker(int rank, const struct host_io *io)
{
	char why[HOST_WHY_MAX];

	if (child_init(rank, "child_init", why) < 0)
		return complain(io, why);
	return serve(rank, io);
}

static void end(void)
{
	for (unsigned i = n_modules; i-- > 0;)
		if (modules[i].module->destroy)
			modules[i].module->destroy();
	modules_close();
}

static const struct host table = {
	.load = load, .init = init, .begin = begin, .n_extra = count_extras, .extra = run_extra,
	.worker = run_worker, .call = call_exported, .end = end,
};

const struct host *host_find(void)
{
	return &table;
}
