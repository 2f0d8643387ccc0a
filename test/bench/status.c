/* status.c - experiment: what one status call costs, as a whole process.
 *
 * Beside it: a program that does nothing, and the barest client that asks a
 * bare server.  Once with both sides on one core, where only the work counts,
 * and once where the kernel puts them: waking a server on another core can
 * cost more than everything else. */
#include "test/bench/plan.h"

#include "test/bench/ask.h"
#include "test/bench/life.h"
#include "test/bench/samples.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define SERVICES 10
#define UNCOUNTED 5 /* calls of each before the first that counts */
#define ARGS_MAX 6
#define CALLS_MAX 5

struct call {
	const char *who;
	char path[PATH_CAP];
	char text[ARGS_MAX][PATH_CAP];
	char *argv[ARGS_MAX + 1];
	size_t n;
};

struct bed {
	struct life lives[N_CONTENDERS];
	char socket[PATH_CAP];
	pid_t echo;
	struct call calls[CALLS_MAX];
	size_t n;
};

/* ---- the bare server ---- */

static void echo_forever(int listen_fd)
{
	static char record[ASK_RECORD];

	for (;;) {
		int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			_exit(1);
		if (recv(fd, record, sizeof record, 0) == (ssize_t)sizeof record)
			send(fd, record, sizeof record, MSG_NOSIGNAL); /* a client that left: so be it */
		close(fd);
	}
}

static pid_t echo_start(char path[PATH_CAP])
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd;
	pid_t pid;

	path_make(path, "%s/echo", trees_root());
	if (strlen(path) >= sizeof sa.sun_path)
		die_why(path, "the bare server's socket", "too long a path; set TMPDIR");
	memcpy(sa.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sa, sizeof sa) < 0 || listen(fd, 16) < 0)
		die(path, "the bare server's socket");
	pid = fork();
	if (pid < 0)
		die("bare server", "fork");
	if (pid == 0)
		echo_forever(fd);
	close(fd);
	return pid;
}

/* ---- the calls ---- */

static struct call *add_call(struct bed *bed, const char *who, const char *path)
{
	struct call *c = &bed->calls[bed->n++];

	c->who = who;
	path_make(c->path, "%s", path);
	return c;
}

static void add_arg(struct call *c, const char *arg)
{
	if (c->n == ARGS_MAX)
		die_why(c->who, arg, "too many arguments");
	path_make(c->text[c->n], "%s", arg);
	c->argv[c->n] = c->text[c->n];
	c->n++;
}

static void add_tool(struct bed *bed, const char *who, const char *tools, const char *name,
                     const char *arg)
{
	char path[PATH_CAP];
	struct call *c;

	path_make(path, "%s/%s", tools, name);
	if (access(path, X_OK) < 0)
		die(path, who);
	c = add_call(bed, who, path);
	add_arg(c, name);
	if (arg)
		add_arg(c, arg);
}

static void add_cinit(struct bed *bed, const char *bin, const char *tree)
{
	char path[PATH_CAP], run[PATH_CAP];
	struct call *c;

	path_make(path, "%s/cinit.svc", bin);
	if (access(path, X_OK) < 0)
		die(path, "the status call");
	path_make(run, "%s/run", tree);
	c = add_call(bed, CINIT->name, path);
	add_arg(c, "cinit.svc");
	add_arg(c, "-r");
	add_arg(c, run);
	add_arg(c, "status");
	add_arg(c, "s0000");
}

/* sv status DIR, s6-svstat DIR: both read files that the supervisor writes. */
static void add_peer(struct bed *bed, const struct life *life)
{
	const char *name = life->who->kind == KIND_RUNIT ? "sv" : "s6-svstat";
	char path[PATH_CAP], dir[PATH_CAP];
	struct call *c;

	if (!contender_find_program(name, path))
		return;
	path_make(dir, "%s/s0000", life->dir);
	c = add_call(bed, life->who->name, path);
	add_arg(c, name);
	if (life->who->kind == KIND_RUNIT)
		add_arg(c, "status");
	add_arg(c, dir);
}

static void bed_make(struct bed *bed, const struct plan *plan)
{
	memset(bed, 0, sizeof *bed);
	lives_start(bed->lives, N_WAYS, SERVICES);
	bed->echo = echo_start(bed->socket);
	add_tool(bed, "true", plan->tools, "true", NULL);
	add_tool(bed, "bare client", plan->tools, "ask", bed->socket);
	for (size_t i = N_WAYS; i < N_CONTENDERS; i++) {
		if (!contenders[i].present)
			continue;
		if (&contenders[i] == CINIT)
			add_cinit(bed, plan->bin, bed->lives[i].dir);
		else
			add_peer(bed, &bed->lives[i]);
	}
}

static void bed_end(struct bed *bed)
{
	lives_end(bed->lives, N_WAYS);
	if (kill(bed->echo, SIGKILL) < 0 || waitpid(bed->echo, NULL, 0) < 0)
		die("bare server", "ending it");
}

/* From vfork to the reaping: what a shell script waits for. */
static double call_once(const struct call *c)
{
	static char path_env[] = "PATH=/usr/bin:/bin";
	static char *const environment[] = { path_env, NULL };
	uint64_t from = now_ns();
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(c->path, c->argv, environment);
		_exit(127);
	}
	if (pid < 0)
		die(c->who, "vfork");
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die(c->who, "waiting for the status call");
		signals_check(c->who, "waiting for the status call");
	}
	if (status != 0)
		contender_fail(&(const struct contender){ .name = c->who }, c->path, "did not exit 0");
	return ms_between(from, now_ns());
}

static void call_in_turns(const struct bed *bed, const char *what, unsigned calls)
{
	for (unsigned k = 0; k < UNCOUNTED + calls; k++) {
		watchdog(30);
		for (size_t i = 0; i < bed->n; i++) {
			double ms = call_once(&bed->calls[i]);

			if (k >= UNCOUNTED)
				sample_add(what, bed->calls[i].who, ms);
		}
	}
	watchdog(0);
}

/* ---- on which core ---- */

static void put_on(const struct bed *bed, const cpu_set_t *cores)
{
	bool failed = sched_setaffinity(0, sizeof *cores, cores) < 0 ||
	              sched_setaffinity(bed->echo, sizeof *cores, cores) < 0;

	for (size_t i = N_WAYS; i < N_CONTENDERS; i++)
		if (contenders[i].present)
			failed |= sched_setaffinity(bed->lives[i].pid, sizeof *cores, cores) < 0;
	if (failed)
		die("status", "choosing the core");
}

/* The last core: the first ones tend to serve the interrupts. */
static void last_core(const cpu_set_t *all, cpu_set_t *one)
{
	int last = 0;

	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, all))
			last = i;
	CPU_ZERO(one);
	CPU_SET((size_t)last, one);
}

void measure_status(const struct plan *plan)
{
	static struct bed bed;
	cpu_set_t all, one;

	bed_make(&bed, plan);
	if (sched_getaffinity(0, sizeof all, &all) < 0)
		die("status", "asking for the cores");
	last_core(&all, &one);
	put_on(&bed, &one);
	call_in_turns(&bed, "status, one core", plan->calls);
	put_on(&bed, &all);
	call_in_turns(&bed, "status, free", plan->calls);
	bed_end(&bed);
	samples_print("status, one core", "ms", "true");
	samples_print("status, free", "ms", "bare client");
}
