/* manager.c - the turns of the manager. */
#include "src/pool/manager.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/record.h"
#include "src/limits.h"
#include "src/pool/calls.h"
#include "src/pool/control.h"
#include "src/pool/dispatch.h"
#include "src/pool/extras.h"
#include "src/pool/files.h"
#include "src/pool/host.h"
#include "src/pool/reports.h"
#include "src/pool/say.h"
#include "src/pool/watch.h"
#include "src/pool/workers.h"

#define TURN_REQUESTS 64
#define SLEEP_MAX_MS 3600000

static struct pool pool;
static int64_t now_ms;
static uint32_t generation;
static int signal_fd = -1, ready_fd = -1;
static bool reap_due, drain_due, over;
static int code;

/* ---- what others ask ---- */

const struct pool *manager_pool(void)
{
	return &pool;
}

int64_t manager_now(void)
{
	return now_ms;
}

uint32_t manager_generation(void)
{
	return generation;
}

bool manager_dispatches(void)
{
	return files()->conf.mode == POOL_DISPATCH;
}

bool manager_has_modules(void)
{
	return files()->conf.has_modules;
}

bool manager_listens(void)
{
	return pool_listens(&pool);
}

uint32_t manager_idle(void)
{
	return pool.n[WORKER_IDLE];
}

bool manager_is_busy(uint32_t row)
{
	return pool.worker[row].busy_ms != POOL_NEVER;
}

uint32_t manager_rank(uint32_t row)
{
	return pool.worker[row].rank;
}

void manager_close_in_child(void)
{
	if (signal_fd >= 0)
		close(signal_fd);
	if (ready_fd >= 0)
		close(ready_fd);
	watch_close_in_child();
	reports_close_in_child();
	dispatch_close_in_child();
	control_close_in_child();
	calls_close_in_child();
	extras_close_in_child();
	workers_close_in_child();
}

/* ---- saying ---- */

static struct text *about(uint32_t row)
{
	struct text *t = say_begin();

	text_str(t, "worker ");
	text_u64(t, pool.worker[row].rank);
	if (workers_pid(row) > 0) {
		text_str(t, " (process ");
		text_i64(t, workers_pid(row));
		text_str(t, ")");
	}
	text_str(t, ": ");
	return t;
}

void manager_complain(const char *where, const char *why)
{
	char line[FILES_WHY_MAX];
	struct text t;

	text_init(&t, line, sizeof line);
	text_str(&t, where);
	text_str(&t, *where ? ": " : "");
	text_str(&t, why);
	say(line, "");
	control_complain(line);
}

static void end(int exit_code)
{
	over = true;
	code = exit_code;
}

void manager_fail_start(const char *why)
{
	if (pool.ready || over)
		return;
	manager_complain("", why);
	end(1);
}

/* What may pass by itself is not the service's failure: the supervisor tries again. */
static void fail(uint32_t row)
{
	char why[FILES_WHY_MAX];
	struct text t;
	bool may_pass;

	text_init(&t, why, sizeof why);
	text_str(&t, "worker ");
	text_u64(&t, pool.worker[row].rank);
	text_str(&t, " ended before the pool was up: ");
	may_pass = workers_why(row, &t);
	if (may_pass)
		say(why, "");
	else
		manager_complain("", why);
	end(1);
}

static void say_crash(uint32_t row)
{
	struct text *t = about(row);

	workers_why(row, t);
	say_end();
}

static void say_kill(uint32_t row)
{
	struct text *t = about(row);

	if (pool.worker[row].told_ms)
		text_str(t, "was told to end and does not: killed");
	else if (dispatch_refused(row))
		text_str(t, "does not take its request: killed");
	else
		text_str(t, "its request takes longer than pool/timeout: killed");
	say_end();
}

/* ---- events ---- */

void manager_event(enum pool_event_kind kind, uint32_t row)
{
	const struct pool_event ev = {.kind = kind, .row = row};

	generation += kind == POOL_EV_UP;
	pool_event(&pool, now_ms, &ev);
}

void manager_ended(uint32_t row, bool orderly)
{
	const struct pool_event ev = {.kind = POOL_EV_ENDED, .row = row, .orderly = orderly};
	const struct pool_worker *w = &pool.worker[row];

	if (!orderly && pool.ready && w->state != WORKER_LEAVING && w->state != WORKER_KILLED)
		say_crash(row);
	generation++;
	pool_event(&pool, now_ms, &ev);
}

void manager_scale(uint32_t min)
{
	const struct pool_event ev = {.kind = POOL_EV_SCALE, .n = min};

	pool_event(&pool, now_ms, &ev);
}

static struct pool_limits limits(const struct pool_conf *conf)
{
	return (struct pool_limits){
		.min = conf->min, .max = conf->max, .idle = conf->idle, .requests = conf->requests,
		.idle_ms = conf->idle_time_ms, .timeout_ms = conf->timeout_ms,
		.dispatch = conf->mode == POOL_DISPATCH,
	};
}

const char *manager_reload(void)
{
	static char why[FILES_WHY_MAX];
	struct pool_event ev = {.kind = POOL_EV_LIMITS};

	if (pool.draining || drain_due)
		return "the pool is about to end";
	if (!files_read(why))
		return why;
	ev.limits = limits(&files()->conf);
	pool_event(&pool, now_ms, &ev);
	manager_event(POOL_EV_ROLL, POOL_NO_ROW);
	return NULL;
}

/* ---- actions ---- */

static void start(const struct pool_action *act)
{
	generation++;
	if (workers_start(act->row, act->rank) < 0)
		manager_ended(act->row, false);
}

static void be_ready(void)
{
	if (ready_fd < 0)
		return;
	if (write(ready_fd, "\n", 1) < 0)
		say_errno("ready", errno);
	close(ready_fd);
	ready_fd = -1;
}

static void carry_out(const struct pool_action *act)
{
	switch (act->kind) {
	case POOL_ACT_START: start(act); break;
	case POOL_ACT_TELL: workers_tell(act->row); break;
	case POOL_ACT_KILL:
		say_kill(act->row);
		workers_kill(act->row);
		break;
	case POOL_ACT_GIVE: dispatch_give(act->row); break;
	case POOL_ACT_READY: be_ready(); break;
	case POOL_ACT_FAILED: fail(act->row); break;
	case POOL_ACT_ROLLED: control_rolled(pool.draining || pool.failed); break;
	case POOL_ACT_DRAINED: extras_end(); break;
	}
}

/* True if there may be more. */
static bool act(void)
{
	struct pool_action action;

	for (unsigned n = 0; n < TURN_ACTIONS; n++) {
		if (over || !pool_next(&pool, now_ms, &action))
			return false;
		carry_out(&action);
	}
	return true;
}

/* A request that was taken is given before the pool drains. */
static void drain(void)
{
	if (!drain_due || dispatch_holds())
		return;
	drain_due = false;
	manager_event(POOL_EV_DRAIN, POOL_NO_ROW);
}

static bool work(void)
{
	bool more = false;

	for (unsigned n = 0; n < TURN_REQUESTS; n++) {
		drain();
		more = act();
		if (over || !manager_dispatches() || !dispatch_turn())
			return more;
	}
	return true;
}

/* ---- what the kernel tells ---- */

static void reap(void)
{
	int status;

	reap_due = false;
	for (unsigned n = 0; n < TURN_REAPS; n++) {
		pid_t pid = waitpid(-1, &status, WNOHANG);

		if (pid <= 0)
			return;
		if (!workers_ended(pid, status) && !calls_ended(pid))
			extras_ended(pid, status);
	}
	reap_due = true;
}

static void reload(void)
{
	const char *why = manager_reload();

	if (why)
		say("HUP: nothing is changed", why);
}

static void take_signals(void)
{
	struct signalfd_siginfo info[8];
	ssize_t n = read(signal_fd, info, sizeof info);

	for (ssize_t i = 0; i < n / (ssize_t)sizeof *info; i++) {
		if (info[i].ssi_signo == SIGCHLD)
			reap_due = true;
		else if (info[i].ssi_signo == SIGHUP)
			reload();
		else
			drain_due = !pool.draining;
	}
}

/* All signals are blocked; these are heeded. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGQUIT);
	signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return signal_fd < 0 ? -1 : watch_add(signal_fd, WATCH_SIGNALS, 0);
}

static void heed(const struct epoll_event *ev)
{
	uint32_t i = watch_index(ev);

	switch (watch_source(ev)) {
	case WATCH_START: workers_started(i); break;
	case WATCH_EXTRA: extras_started(i); break;
	case WATCH_REPORT: reports_readable(i); break;
	case WATCH_REPORTS: reports_waiting(); break;
	case WATCH_SIGNALS: take_signals(); break;
	case WATCH_CALL: calls_readable(i); break;
	case WATCH_CONTROL: control_readable(); break;
	case WATCH_LISTENER: dispatch_readable(i); break;
	}
}

/* ---- the loop ---- */

/* True if there is more to do at once.  What workers have said comes before their end;
 * whoever has ended is known before requests are given. */
static bool turn(const struct epoll_event *ev, int n)
{
	bool more;

	for (int i = 0; i < n; i++)
		heed(&ev[i]);
	reports_turn();
	if (reap_due)
		reap();
	workers_turn();
	calls_turn();
	extras_turn();
	more = work();
	if (pool.said_drained && extras_are_gone())
		end(0);
	return more || reap_due;
}

static int64_t first(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int sleep_ms(bool more)
{
	int64_t at = first(pool_deadline(&pool), first(reports_deadline(), workers_deadline()));

	at = first(at, first(calls_deadline(), extras_deadline()));
	if (manager_dispatches())
		at = first(at, dispatch_deadline());
	if (more || at <= now_ms)
		return 0;
	if (at == POOL_NEVER)
		return -1;
	return at - now_ms > SLEEP_MAX_MS ? SLEEP_MAX_MS : (int)(at - now_ms);
}

static int begin(void)
{
	const struct pool_limits l = limits(&files()->conf);

	pool_init(&pool, &l);
	if (watch_init() < 0 || open_signals() < 0 || reports_init() < 0 || control_begin() < 0
	    || (l.dispatch && dispatch_init() < 0))
		return -1;
	return manager_has_modules() ? extras_begin(host_find()->n_extra()) : 0;
}

int manager_run(int fd)
{
	struct epoll_event ev[TURN_EVENTS];
	bool more;

	ready_fd = fd;
	now_ms = record_now_ms();
	if (begin() < 0) {
		say_errno("start", errno);
		return 1;
	}
	more = work();
	while (!over) {
		int n = watch_wait(ev, TURN_EVENTS, sleep_ms(more));

		now_ms = record_now_ms();
		more = turn(ev, n);
	}
	return code;
}
