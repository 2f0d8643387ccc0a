/* loop.c - the turns of the supervisor. */
#include "src/shell/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc/cinit_ipc.h"
#include "ipc/lock.h"
#include "ipc/watch.h"
#include "src/limits.h"
#include "src/shell/check.h"
#include "src/shell/console.h"
#include "src/shell/life.h"
#include "src/shell/process.h"
#include "src/shell/relay.h"
#include "src/shell/reload.h"
#include "src/shell/requests.h"
#include "src/shell/services.h"
#include "src/shell/shell.h"
#include "src/shell/signals.h"
#include "src/shell/thrift.h"

static struct loop *const loop = &shell.loop;

/* ---- sources ---- */

static uint64_t tag(enum source source, uint32_t svc, enum proc_role role)
{
	return (uint64_t)source << 40 | (uint64_t)role << 32 | svc;
}

/* What tells the end of something is edge-triggered: closing it does not end its
 * watch while a child that has not executed yet holds a copy, and it would be
 * reported over and over.  That spares a call for each process. */
static struct epoll_event event_of(enum source source, uint32_t svc, enum proc_role role)
{
	bool once = source == SOURCE_EXEC || source == SOURCE_PIDFD;

	return (struct epoll_event){.events = once ? EPOLLIN | EPOLLET : EPOLLIN,
	                            .data.u64 = tag(source, svc, role)};
}

int loop_watch(int fd, enum source source, uint32_t svc, enum proc_role role)
{
	struct epoll_event ev = event_of(source, svc, role);

	return epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

void loop_rewatch(int fd, enum source source, uint32_t svc, enum proc_role role)
{
	struct epoll_event ev = event_of(source, svc, role);

	if (fd >= 0)
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &ev); /* not all of them are watched */
}

void loop_unwatch(int fd)
{
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

/* What has happened to the endpoint so far is about to be looked at.  One sign is
 * enough: the next is heard of only after the next look. */
static void await_signs(void)
{
	struct epoll_event ev = {.events = EPOLLIN | EPOLLONESHOT,
	                         .data.u64 = tag(SOURCE_ENDPOINT, 0, ROLE_MAIN)};
	int fd = watch_drain();

	if (fd >= 0 && epoll_ctl(loop->epoll_fd, EPOLL_CTL_MOD, fd, &ev) < 0 && errno == ENOENT)
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

/* A console that is full tells once when it has room: one that polls writable and still
 * takes nothing would keep us awake. */
static void write_console(void)
{
	struct epoll_event ev = {.events = EPOLLOUT | EPOLLET, .data.u64 = tag(SOURCE_CONSOLE, 0, ROLE_MAIN)};
	int fd;

	console_flush();
	loop->flushed_ms = shell.now_ms;
	fd = console_awaited();
	if (fd == loop->console_fd)
		return;
	if (loop->console_fd >= 0)
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, loop->console_fd, NULL); /* it may be closed */
	loop->console_fd = fd >= 0 && epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0 ? fd : -1;
}

static void look_later(void)
{
	if (loop->look_ms == NEVER)
		loop->look_ms = record_now_ms() + IPC_LOOK_AFTER_MS;
}

int loop_init(void)
{
	loop->console_fd = -1;
	loop->look_ms = NEVER;
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->signal_fd = signals_open();
	if (loop->epoll_fd < 0 || loop->signal_fd < 0)
		return -1;
	return loop_watch(loop->signal_fd, SOURCE_SIGNALS, 0, ROLE_MAIN);
}

static void say_ipc_problem(const char *what, const char *why)
{
	if (!loop->ipc_said)
		say("ipc", what, why);
	loop->ipc_said = true;
}

/* The lock first: whoever holds it owns the endpoint. */
static bool take_lock(void)
{
	const char *what;
	pid_t holder;

	if (lock_take(ipc_rundir, CINIT_IPC_METHOD, &holder, &what) == 0)
		return true;
	ipc_set_problem(what, errno);
	say_ipc_problem(ipc_rundir, errno == EBUSY ? "already supervised" : ipc_problem);
	return false;
}

static void make_endpoint(void)
{
	gid_t group = ipc_group;

	if (!cinit_ipc_init()) {
		say_ipc_problem(ipc_rundir, ipc_problem);
		return;
	}
	if (loop_watch(ipc_fd, SOURCE_IPC, 0, ROLE_MAIN) < 0)
		say_errno("ipc", "epoll", errno);
	if (ipc_group != group)
		say("conf/ipc_group", "no group may command", ipc_problem);
	loop->ipc_said = false;
}

/* Makes the endpoint if there is none.  A method that was disturbed by what is no sign
 * says so. */
static void make_missing(void)
{
	if (ipc_fd >= 0)
		return;
	ipc_recheck = false;
	if (take_lock())
		make_endpoint();
	if (ipc_recheck)
		look_later();
	ipc_recheck = false;
}

/* Whatever happens from here on leads to another look, so there is no moment at which
 * a loss is missed.  What this look changes does so, too: once, for a look that finds
 * all in order, or can do no more than the last one could, changes nothing. */
static void begin_look(void)
{
	loop->look_ms = NEVER;
	await_signs();
}

static void end_look(void)
{
	if (watch_follow(ipc_rundir))
		look_later();
}

void loop_try_ipc(void)
{
	if (ipc_fd >= 0)
		return;
	begin_look();
	make_missing();
	end_look();
}

/* The endpoint may have become possible, or been lost.  Lock and RUNDIR come first:
 * to mend them may be all there is to do. */
static void look_after_ipc(void)
{
	begin_look();
	if (ipc_fd >= 0 && !lock_is_current(ipc_rundir))
		take_lock();
	loop->actions_left = true; /* requests may be taken: they are acted on before anybody sleeps */
	if (ipc_fd >= 0 && !cinit_ipc_listen())
		say("ipc", ipc_rundir, "the endpoint was lost, making it anew");
	ipc_recheck = false;
	make_missing();
	end_look();
}

/* ---- reaping ---- */

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* True if it was an orphan, and nobody's business. */
static bool reaped(pid_t pid, int status)
{
	uint32_t svc;
	enum proc_role role;
	bool ours = services_find(pid, &svc, &role);

	if (ours)
		services_ended(svc, role, status);
	spawn_reaped(&shell.spawner, pid, shell.now_ms);
	if (shell.loading.pid == pid)
		shell.loading.pid = 0; /* from now on it is another's number */
	return !ours;
}

/* Reaps whoever has ended, within a bound and unless it has become slow: then
 * many are dying, and waiting until they are dead costs the kernel least.
 * How many were reaped. */
static unsigned reap(void)
{
	int64_t before = clock_ns(), after;
	unsigned n;
	int status;

	loop->reap_due = false;
	for (n = 0; n < TURN_REAPS; n++) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid <= 0) {
			services_unwatch_ends();
			return n;
		}
		after = clock_ns();
		if (reaped(pid, status) && after - before > REAP_SLOW_NS) {
			loop->reap_after_ms = shell.now_ms + REAP_PAUSE_MS;
			loop->reap_due = true;
			services_watch_ends();
			return n + 1;
		}
		before = clock_ns();
	}
	loop->reap_due = true;
	return n;
}

/* A process of ours may have ended: reaped by its pid, whatever happens to
 * orphans.  Waiting for any child walks all of them, this does not. */
static void reap_one(uint32_t svc, enum proc_role role)
{
	pid_t pid = services_proc(svc, role)->pid;
	int status;

	if (pid <= 0 || waitpid(pid, &status, WNOHANG) != pid)
		return;
	services_ended(svc, role, status);
	spawn_reaped(&shell.spawner, pid, shell.now_ms);
}

/* The child that SIGCHLD named comes first, and what follows from its end is
 * done before all children are looked through for others. */
static void take_signals(void)
{
	uint32_t svc;
	enum proc_role role;
	pid_t pid = 0;

	if (!signals_take(loop->signal_fd, &pid))
		return;
	loop->reap_due = true;
	if (pid > 0 && services_find(pid, &svc, &role))
		reap_one(svc, role);
}

/* ---- a turn ---- */

static void dispatch(const struct epoll_event *ev, enum source which)
{
	uint64_t data = ev->data.u64;
	uint32_t svc = (uint32_t)data;
	enum proc_role role = (enum proc_role)(data >> 32 & 0xff);

	if ((enum source)(data >> 40) != which)
		return;
	switch (which) {
	case SOURCE_EXEC: services_exec_result(svc, role); break;
	case SOURCE_READY: services_ready(svc); break;
	case SOURCE_PIDFD: reap_one(svc, role); break;
	case SOURCE_CONTROL: relay_readable(svc); break;
	case SOURCE_SIGNALS: take_signals(); break;
	case SOURCE_IPC: ipc_more = true; break;
	case SOURCE_ENDPOINT: look_later(); break;
	case SOURCE_LOAD: loading_readable(); break;
	case SOURCE_CONSOLE: break; /* it is written to before we sleep */
	}
	check_event();
}

static void serve_ipc(void)
{
	if (ipc_fd < 0 || (!ipc_more && ipc_due_ms > shell.now_ms))
		return;
	if (cinit_ipc_listen())
		return;
	say("ipc", ipc_rundir, "the endpoint was lost, making it anew");
	loop_try_ipc();
}

/* Nobody is being started, and nothing loaded any more: memory and code of that are given
 * back. */
static void rest(bool loaded)
{
	bool started = shell.spawner.touched && !shell.spawner.n_held;

	if (started)
		spawn_rest(&shell.spawner);
	if (started || loaded)
		thrift_supervisor();
}

static bool load_is_on(void)
{
	return shell.loading.busy || shell.pending.n;
}

/* Asked here, so that the code of loads is not touched while there is none. */
static void load_turn(void)
{
	if (load_is_on()) {
		requests_turn();
		loading_turn();
	}
	if (shell.reload.wanted || shell.reload.again_ms)
		reload_turn();
}

static void turn(const struct epoll_event *ev, int n)
{
	static const enum source order[] = {SOURCE_EXEC, SOURCE_READY, SOURCE_PIDFD, SOURCE_SIGNALS,
	                                    SOURCE_CONTROL, SOURCE_LOAD, SOURCE_IPC, SOURCE_ENDPOINT,
	                                    SOURCE_CONSOLE};
	bool load = load_is_on();

	for (unsigned k = 0; k < sizeof order / sizeof *order; k++)
		for (int i = 0; i < n; i++)
			dispatch(&ev[i], order[k]);
	serve_ipc();
	relay_turn();
	load_turn();
	loop->actions_left = services_act() || life_idle();
	if (loop->reap_due && loop->reap_after_ms <= shell.now_ms && reap() > 0)
		loop->actions_left = true;
	ipc_recheck |= loop->look_ms <= shell.now_ms;
	if (ipc_recheck)
		look_after_ipc();
	if (life_turn())
		loop->actions_left = true;
	if (shell.machine)
		shell.machine->turn();
	if (shell.spawner.n_held && spawn_sweep_ms(&shell.spawner) <= shell.now_ms)
		services_sweep();
	services_free_retired();
	rest(load && !load_is_on());
	check_turn();
}

static int64_t first(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Milliseconds until something has to be done without an event; -1: never. */
static int sleep_ms(void)
{
	int64_t at = engine_deadline(shell.engine), left;

	if (ipc_more || (loop->actions_left && !spawn_must_wait(&shell.spawner, shell.now_ms)))
		return 0;
	if (loop->actions_left)
		at = first(at, shell.now_ms + SPAWN_PATIENCE_MS);
	at = first(at, first(life_deadline(&shell.life), loop->look_ms));
	at = first(at, relay_deadline());
	if (load_is_on())
		at = first(at, first(loading_deadline(), requests_deadline()));
	if (shell.reload.again_ms)
		at = first(at, shell.reload.again_ms);
	if (shell.machine)
		at = first(at, shell.machine->deadline());
	if (ipc_fd >= 0)
		at = first(at, ipc_due_ms);
	if (loop->reap_due)
		at = first(at, loop->reap_after_ms);
	if (at == NEVER)
		return -1;
	left = at - record_now_ms();
	return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

int loop_run(void)
{
	struct epoll_event ev[TURN_EVENTS];

	loop->reap_due = true; /* children may have ended before we looked */
	loop->actions_left = true;
	while (shell.life.state != LIFE_OVER) {
		int timeout = sleep_ms(), n;

		if (timeout || shell.now_ms - loop->flushed_ms >= CONSOLE_MAX_MS)
			write_console();
		n = epoll_wait(loop->epoll_fd, ev, TURN_EVENTS, timeout);
		shell.now_ms = record_now_ms();
		turn(ev, n);
	}
	console_flush();
	return shell.life.code;
}
