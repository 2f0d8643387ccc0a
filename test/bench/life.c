/* life.c - starts, kills and stops contenders and takes the times.  It keeps
 * no samples, and does not know whose command line is what. */
#include "test/bench/life.h"

#include "test/bench/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 60     /* for any start, restart or stop: ten times the slowest known */
#define SETTLE_MS 1200 /* runit and s6 count a full second */
#define LOOK_MS 1      /* between two looks for the records of many services */

/* ---- the services' records ---- */

static void open_records(struct life *life)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		die(life->who->name, "making a pipe");
	/* Only this end: the services' one is as they would find it. */
	if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
		die(life->who->name, "setting up a pipe");
	life->records_fd = fds[0];
	life->services_fd = fds[1];
}

/* One record is waited for at once.  Many are looked for now and then: being
 * woken for each would cost those who are measured as much as a start. */
static void await_more(const struct life *life, size_t missing)
{
	struct pollfd p = { .fd = life->records_fd, .events = POLLIN };

	signals_check(life->who->name, "waiting for services to start");
	if (missing > 1)
		nap_ms(LOOK_MS);
	else if (poll(&p, 1, -1) < 0 && errno != EINTR)
		die(life->who->name, "waiting for services to start");
}

/* The next n records, and the latest of their times. */
static uint64_t collect(const struct life *life, struct tick *ticks, size_t n)
{
	uint64_t last = 0;
	size_t have = 0;

	while (have < n) {
		ssize_t got = read(life->records_fd, ticks + have, (n - have) * sizeof *ticks);

		if (got == 0)
			contender_fail(life->who, "waiting for services to start", "it ended before");
		if (got > 0)
			have += (size_t)got / sizeof *ticks;
		else if (errno == EAGAIN || errno == EINTR)
			await_more(life, n - have);
		else
			die(life->who->name, "reading the services' records");
	}
	for (size_t i = 0; i < n; i++) {
		if (ticks[i].magic != TICK_MAGIC)
			contender_fail(life->who, "standard output", "not only services wrote to it");
		if (ticks[i].ns > last)
			last = ticks[i].ns;
	}
	return last;
}

/* ---- starting ---- */

static void life_init(struct life *life, const struct contender *who, enum tree_shape shape, size_t n)
{
	*life = (struct life){ .who = who, .records_fd = -1, .services_fd = -1, .n = n };
	tree_get(life->dir, contender_format(who), shape, n);
	life->ticks = memory(n, sizeof *life->ticks);
	life->pids = memory(n, sizeof *life->pids);
	if (who->kind == KIND_FLOOR)
		life->slots = slots_make(n);
	open_records(life);
}

static void life_free(struct life *life)
{
	close(life->records_fd);
	if (life->services_fd >= 0)
		close(life->services_fd);
	slots_free(life->slots, life->n);
	free(life->ticks);
	free(life->pids);
	*life = (struct life){ .who = life->who, .records_fd = -1, .services_fd = -1 };
}

static void start_supervisor(struct life *life)
{
	life->begun_ns = now_ns();
	life->pid = contender_exec(life->who, life->dir, life->n, life->services_fd);
	close(life->services_fd); /* so that the end of all its services is seen */
	life->services_fd = -1;
}

static void start_floor(struct life *life, bool in_sequence)
{
	size_t n;

	contender_floor_stdout(life->services_fd);
	life->begun_ns = now_ns();
	if (in_sequence)
		n = floor_spawn_in_sequence(life->who->way, life->dir, life->slots);
	else
		n = floor_spawn_all(life->who->way, life->dir, life->slots, life->pids, life->n);
	contender_floor_stdout(-1);
	if (n != life->n)
		die_why(life->who->name, life->dir, "not as many services as were made");
}

double life_start(struct life *life, const struct contender *who, enum tree_shape shape, size_t n)
{
	uint64_t last;

	life_init(life, who, shape, n);
	watchdog(LIMIT_S);
	if (who->kind == KIND_FLOOR)
		start_floor(life, false);
	else
		start_supervisor(life);
	last = collect(life, life->ticks, n);
	watchdog(0);
	return ms_between(life->begun_ns, last);
}

double life_sequence(const struct contender *who, size_t n)
{
	struct life life;
	double ms;

	life_init(&life, who, SHAPE_CHAIN, n);
	watchdog(LIMIT_S);
	start_floor(&life, true);
	ms = ms_between(life.begun_ns, collect(&life, life.ticks, n));
	watchdog(0);
	life_free(&life);
	return ms;
}

void life_settle(const struct life *life)
{
	double up = ms_between(life->begun_ns, now_ns());

	if (up < SETTLE_MS)
		nap_ms((unsigned)(SETTLE_MS - up) + 1);
}

/* ---- restarting ---- */

static void wait_child(const struct life *life, pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0) {
		if (errno == ECHILD)
			return; /* one of the supervisor's, which it has reaped itself */
		if (errno != EINTR)
			die(life->who->name, "waiting for a process to end");
		signals_check(life->who->name, "waiting for a process to end");
	}
}

static void send_signal(const struct life *life, pid_t pid, int sig)
{
	if (pid <= 1)
		die_why(life->who->name, "signalling a process", "not a pid that it can have");
	if (kill(pid, sig) < 0)
		die(life->who->name, "signalling a process");
}

/* Like a supervisor, it has read the directory before. */
static uint64_t restart_in_floor(struct life *life, size_t i, struct tick *tick)
{
	char name[24];
	uint64_t from;

	snprintf(name, sizeof name, "s%04zu", i);
	floor_prepare(life->dir, name, slots_at(life->slots, i));
	contender_floor_stdout(life->services_fd);
	from = now_ns();
	send_signal(life, life->pids[i], SIGKILL);
	wait_child(life, life->pids[i]);
	life->pids[i] = floor_spawn(life->who->way, slots_at(life->slots, i));
	collect(life, tick, 1);
	contender_floor_stdout(-1);
	return from;
}

double life_restart(struct life *life, size_t i)
{
	struct tick tick;
	uint64_t from;

	watchdog(LIMIT_S);
	if (life->who->kind == KIND_FLOOR) {
		from = restart_in_floor(life, i, &tick);
	} else {
		from = now_ns();
		send_signal(life, life->ticks[i].pid, SIGKILL);
		collect(life, &tick, 1);
	}
	watchdog(0);
	life->ticks[i] = tick;
	return ms_between(from, tick.ns);
}

/* ---- stopping ---- */

size_t life_supervisors(const struct life *life, pid_t *pids, size_t max)
{
	size_t all, n = 1;

	if (life->pid == 0 || max == 0)
		return 0;
	pids[0] = life->pid;
	all = 1 + proc_children(life->pid, pids + 1, max - 1);
	for (size_t i = 1; i < all; i++) {
		size_t k = 0;

		while (k < life->n && life->ticks[k].pid != pids[i])
			k++;
		if (k == life->n)
			pids[n++] = pids[i];
	}
	return n;
}

/* Until no process has the services' standard output any more. */
static void await_silence(const struct life *life)
{
	struct pollfd p = { .fd = life->records_fd, .events = POLLIN };
	struct tick tick;
	ssize_t n;

	while ((n = read(life->records_fd, &tick, sizeof tick)) != 0) {
		if (n > 0)
			continue;
		if (errno != EAGAIN && errno != EINTR)
			die(life->who->name, "waiting for its services to end");
		signals_check(life->who->name, "waiting for its services to end");
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			die(life->who->name, "waiting for its services to end");
	}
}

static void stop_floor(const struct life *life)
{
	for (size_t i = 0; i < life->n; i++)
		send_signal(life, life->pids[i], SIGTERM);
	for (size_t i = 0; i < life->n; i++)
		wait_child(life, life->pids[i]);
}

/* Orphans come to this process, the subreaper: a service that lives on would
 * be a child now. */
static void check_services_gone(const struct life *life)
{
	for (size_t i = 0; i < life->n; i++)
		if (waitpid(life->ticks[i].pid, NULL, WNOHANG) == 0)
			contender_fail(life->who, "stopping it", "it exited, and a service lives on");
}

/* runsvdir exits before its helpers do, so there the end is their silence. */
static uint64_t stop_supervisor(const struct life *life)
{
	uint64_t to;

	send_signal(life, life->pid, contender_stop_signal(life->who));
	wait_child(life, life->pid);
	to = now_ns();
	if (life->who->kind == KIND_CINIT)
		check_services_gone(life);
	await_silence(life);
	return life->who->kind == KIND_CINIT ? to : now_ns();
}

double life_stop(struct life *life)
{
	static pid_t helpers[PROCS_MAX];
	size_t n = life_supervisors(life, helpers, PROCS_MAX);
	uint64_t from, to;

	watchdog(LIMIT_S);
	from = now_ns();
	if (life->who->kind == KIND_FLOOR) {
		stop_floor(life);
		to = now_ns();
	} else {
		to = stop_supervisor(life);
	}
	for (size_t i = 1; i < n; i++)
		wait_child(life, helpers[i]);
	watchdog(0);
	life_free(life);
	return ms_between(from, to);
}

/* From the top down, so that nobody restarts what is killed. */
static void kill_peer(struct life *life)
{
	static pid_t helpers[PROCS_MAX];
	size_t n = life_supervisors(life, helpers, PROCS_MAX);

	for (size_t i = 0; i < n; i++)
		send_signal(life, helpers[i], SIGKILL);
	for (size_t i = 0; i < n; i++)
		wait_child(life, helpers[i]);
	for (size_t i = 0; i < life->n; i++)
		send_signal(life, life->ticks[i].pid, SIGKILL);
	for (size_t i = 0; i < life->n; i++)
		wait_child(life, life->ticks[i].pid);
	life_free(life);
}

void life_end(struct life *life)
{
	watchdog(LIMIT_S);
	if (life->who->kind == KIND_RUNIT || life->who->kind == KIND_S6)
		kill_peer(life);
	else
		life_stop(life);
	watchdog(0);
}

/* ---- many at once ---- */

void lives_start(struct life lives[N_CONTENDERS], size_t first, size_t n)
{
	for (size_t i = first; i < N_CONTENDERS; i++)
		if (contenders[i].present)
			life_start(&lives[i], &contenders[i], SHAPE_FLAT, n);
	for (size_t i = first; i < N_CONTENDERS; i++)
		if (contenders[i].present)
			life_settle(&lives[i]);
}

void lives_end(struct life lives[N_CONTENDERS], size_t first)
{
	for (size_t i = first; i < N_CONTENDERS; i++)
		if (contenders[i].present)
			life_end(&lives[i]);
}
