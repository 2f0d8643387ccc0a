/* client.c - the client's side of the message queue method.
 *
 * msgrcv(2) and msgsnd(2) know no time limit, but a signal ends them: while
 * connected, SIGALRM and its timer are ours.  They also wake a client that waits
 * for a supervisor which has died. */
#include "ipc/client.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "ipc/lock.h"
#include "ipc/msq/ipc.h"
#include "ipc/sysv.h"

#define LOOK_MS 1000   /* a supervisor that is silent is looked at */
#define AGAIN_MS 100   /* an alarm that came too early is repeated */
#define NAP_MS 10      /* between looks for queues that are made anew */
#define FULL_MS 20     /* between looks at our answers while requests wait for room */
#define SEND_MS 10000  /* for room; then the request has expired */
#define STASH_MAX 128  /* answers taken while requests waited for room */

static const char *place;
static struct sysv_holder holder;
static int requests = -1, answers = -1;
static uint64_t token;
static struct ipc_record stash[STASH_MAX];
static unsigned stash_first, n_stashed;
static unsigned outstanding; /* requests without an answer */

/* ---- the alarm ---- */

static volatile sig_atomic_t waiting, fired;
static bool has_alarm, armed;
static int64_t fires_ms;
static struct sigaction old_action;

static void set_timer(int64_t ms, int64_t again_ms)
{
	struct itimerval t = {
		.it_value = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)},
		.it_interval = {.tv_sec = 0, .tv_usec = (suseconds_t)(again_ms * 1000)},
	};

	setitimer(ITIMER_REAL, &t, NULL);
}

static void on_alarm(int sig)
{
	int err = errno;

	(void)sig;
	fired = 1;
	if (!waiting)
		set_timer(0, 0);
	errno = err;
}

static void alarm_begin(void)
{
	struct sigaction a;
	sigset_t set;

	if (has_alarm)
		return;
	memset(&a, 0, sizeof a);
	a.sa_handler = on_alarm;
	a.sa_flags = SA_RESTART; /* the calls of queues end all the same */
	sigaction(SIGALRM, &a, &old_action);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	has_alarm = true;
}

static void alarm_end(void)
{
	if (!has_alarm)
		return;
	if (armed)
		set_timer(0, 0);
	sigaction(SIGALRM, &old_action, NULL);
	has_alarm = armed = false;
}

/* An alarm within ms; one that is set already serves for the next wait too. */
static void alarm_within(int64_t now, int64_t ms)
{
	waiting = 1;
	if (armed && !fired && fires_ms <= now + ms)
		return;
	fired = 0;
	armed = true;
	fires_ms = now + ms;
	set_timer(ms > 0 ? ms : 1, AGAIN_MS);
}

/* ---- the queues ---- */

/* 0 with *id, or -1 with errno: EACCES when they are not for us. */
static int find_queue(enum sysv_kind kind, int *id)
{
	int err = ENOENT;

	for (unsigned try = 0; try < SYSV_PROBES; try++) {
		struct msqid_ds ds;

		*id = msgget(sysv_object_key(place, &holder, kind, try), 0);
		if (*id < 0)
			continue;
		if (msgctl(*id, IPC_STAT, &ds) < 0)
			err = errno == EACCES ? EACCES : err;
		else if (sysv_is_ours(&ds.msg_perm, holder.uid, MSQ_MODE))
			return 0;
	}
	*id = -1;
	errno = err;
	return -1;
}

/* Rings whoever holds RUNDIR/lock, should the semaphore have been removed. */
static void ring_by_file(void)
{
	char method[32];
	pid_t pid = lock_holder(place, method, sizeof method);

	errno = ENOENT;
	if (pid > 0 && strcmp(method, "msq") == 0 && sysv_ring(pid) == 0)
		errno = EAGAIN;
}

/* 0, or -1 with errno; EAGAIN: the supervisor lives, was rung, and may make them. */
static int find_queues(void)
{
	if (sysv_find(place, &holder) < 0) {
		ring_by_file();
		return -1;
	}
	if (strcmp(holder.method, "msq") != 0 || holder.pid == 0) {
		errno = ENOENT;
		return -1;
	}
	if (find_queue(SYSV_REQUESTS, &requests) == 0 && find_queue(SYSV_ANSWERS, &answers) == 0)
		return 0;
	if (errno == ENOENT && sysv_ring(holder.pid) == 0)
		errno = EAGAIN;
	return -1;
}

static int find_queues_patiently(void)
{
	static const struct timespec nap = {.tv_nsec = NAP_MS * 1000000};
	int64_t until_ms = 0;

	while (find_queues() < 0) {
		if (errno != EAGAIN)
			return -1;
		if (!until_ms)
			until_ms = record_now_ms() + MSQ_ANEW_MS;
		if (record_now_ms() >= until_ms) {
			errno = ECONNREFUSED;
			return -1;
		}
		nanosleep(&nap, NULL);
	}
	return 0;
}

int ipc_connect(const char *rundir)
{
	place = rundir;
	token = ipc_random_id();
	n_stashed = outstanding = 0;
	if (find_queues_patiently() < 0)
		return -1;
	alarm_begin();
	return 0;
}

void ipc_close(void)
{
	alarm_end();
	requests = answers = -1;
}

static bool supervisor_lives(void)
{
	struct sysv_holder h;

	return (sysv_find(place, &h) == 0 && h.pid == holder.pid) || lock_file_holder(place) == holder.pid;
}

/* ---- answers ---- */

/* Takes one answer: its size, or -1 with errno. */
static ssize_t take(struct ipc_record *r, int flags)
{
	struct { struct msq_answer m; char more; } m;
	ssize_t n = msgrcv(answers, &m, sizeof m.m.record + 1, msq_type(token), flags | MSG_NOERROR);

	if (n < 0)
		return n;
	outstanding -= outstanding > 0;
	*r = m.m.record;
	if (n == (ssize_t)sizeof *r && r->flags & MSQ_RING) {
		r->flags &= (uint16_t)~MSQ_RING;
		sysv_ring(holder.pid);
	}
	return n;
}

/* Why a wait ended: 0 to go on, or -1 with errno. */
static int interrupted(int64_t until_ms)
{
	int64_t now = record_now_ms();

	if (errno == EIDRM || errno == EINVAL) {
		errno = ECONNRESET;
		return -1;
	}
	if (errno != EINTR && errno != ENOMSG)
		return -1;
	if (until_ms && now >= until_ms) {
		errno = ETIMEDOUT;
		return -1;
	}
	if (fired && !supervisor_lives()) {
		errno = ECONNRESET;
		return -1;
	}
	return 0;
}

int ipc_next_answer(struct ipc_record *answer, int64_t until_ms)
{
	ssize_t n;

	if (n_stashed) {
		*answer = stash[stash_first++];
		n_stashed--;
		return record_take_answer(answer, sizeof *answer);
	}
	for (;;) {
		int64_t now = record_now_ms(), left = until_ms ? until_ms - now : LOOK_MS;

		if (left > 0)
			alarm_within(now, left < LOOK_MS ? left : LOOK_MS);
		n = take(answer, left > 0 ? 0 : IPC_NOWAIT);
		waiting = 0;
		if (n >= 0)
			return record_take_answer(answer, (size_t)n);
		if (interrupted(until_ms) < 0)
			return -1;
	}
}

/* ---- requests ---- */

/* Takes what has been answered, so that we are not in our own way. */
static void take_to_stash(void)
{
	if (!n_stashed)
		stash_first = 0;
	while (stash_first + n_stashed < STASH_MAX) {
		struct ipc_record *r = &stash[stash_first + n_stashed];

		if (take(r, IPC_NOWAIT) != (ssize_t)sizeof *r)
			return;
		n_stashed++;
	}
}

static bool is_gone(void)
{
	return errno == EIDRM || errno == EINVAL;
}

/* The queue is full: the server is told, and we wait.  0, or -1 with errno. */
static int send_patiently(const struct msq_answer *m)
{
	int64_t now = record_now_ms(), until_ms = now + SEND_MS;
	int r;

	do {
		sysv_ring(holder.pid);
		take_to_stash();
		alarm_within(now, FULL_MS);
		r = msgsnd(requests, m, sizeof m->record, 0);
		waiting = 0;
		if (r == 0 || errno != EINTR)
			return r;
		now = record_now_ms();
	} while (now < until_ms);
	errno = ETIMEDOUT;
	return -1;
}

static int send_one(const struct msq_answer *m)
{
	if (msgsnd(requests, m, sizeof m->record, IPC_NOWAIT) == 0)
		return 0;
	return errno == EAGAIN ? send_patiently(m) : -1;
}

/* Where the queues have been removed, requests under way are lost; but if there
 * are none, nobody needs to know. */
int ipc_request(const struct ipc_record *request)
{
	struct msq_answer m = {.type = MSQ_REQUEST, .record = *request};
	int r;

	m.record.token = token;
	m.record.pid = holder.below ? 0 : (uint32_t)getpid();
	r = send_one(&m);
	if (r < 0 && is_gone() && !outstanding && find_queues_patiently() == 0)
		r = send_one(&m);
	if (r == 0) {
		outstanding++;
		r = sysv_ring(holder.pid);
	}
	if (r < 0 && (is_gone() || errno == ESRCH))
		errno = ECONNRESET;
	return r;
}
