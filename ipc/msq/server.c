/* server.c - the supervisor's side of the message queue method.
 *
 * Nobody can be asked whether a message was taken, so for each client that was
 * answered lately a row stands in `sent`, until the queue has been seen empty or
 * the client is dead.  A client's address is its message type and its pid. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>
#include <unistd.h>

#include "ipc/bell.h"
#include "ipc/check.h"
#include "ipc/cinit_ipc.h"
#include "ipc/msq/ipc.h"
#include "ipc/sysv.h"

#define NEVER INT64_MAX
#define SENT_MAX IPC_PENDING_MAX
#define KEPT_MAX IPC_PENDING_MAX
#define KEPT_ENOUGH (KEPT_MAX / 2) /* no more requests are taken */
#define ROOM_AT_ONCE 256           /* messages looked through in one go */

int ipc_fd = -1;
bool ipc_more;

/* A client that was answered, and may not have taken it. */
struct sent {
	long type;
	pid_t pid;         /* 0: unknown */
	int64_t at_ms;     /* the last time */
	bool slow;         /* an answer was withdrawn from it */
};

/* An answer for which there was no room; its text is in kept_answer. */
struct kept {
	uint64_t number;   /* their order; 0: free */
	pid_t pid;
	int64_t since_ms;
	bool slow;         /* its client comes after the others */
};

static int requests = -1, answers = -1;
static bool lost;             /* a queue was removed */
static unsigned capacity;     /* of the queue of answers, in answers */
static unsigned load;         /* at most so many are in it */
static struct sent sent[SENT_MAX];
static unsigned n_sent;
static struct kept kept[KEPT_MAX];
static struct msq_answer kept_answer[KEPT_MAX];
static unsigned kept_high, n_kept, n_prompt; /* n_prompt: that are not slow */
static uint64_t kept_count;
static int64_t stuck_ms;      /* since then nothing could be sent */
static int64_t sweep_ms = NEVER, looked_ms;

static void set_due(void)
{
	int64_t unstick_ms = n_prompt ? stuck_ms + MSQ_PATIENCE_MS : NEVER;

	ipc_due_ms = sweep_ms < unstick_ms ? sweep_ms : unstick_ms;
}

static void sweep_later(int64_t now)
{
	if (sweep_ms == NEVER)
		sweep_ms = now + MSQ_SWEEP_MS;
}

/* ---- the endpoint ---- */

static unsigned mode_of(enum sysv_kind kind)
{
	if (ipc_group == IPC_NO_GROUP)
		return MSQ_MODE;
	return kind == SYSV_REQUESTS ? MSQ_REQUESTS_GROUP_MODE : MSQ_ANSWERS_GROUP_MODE;
}

static bool is_ours(int id, enum sysv_kind kind)
{
	struct msqid_ds ds;

	return msgctl(id, IPC_STAT, &ds) == 0 && (ds.msg_perm.mode & 0777u) == mode_of(kind)
	       && sysv_is_ours(&ds.msg_perm, geteuid(), MSQ_MODE)
	       && (ipc_group == IPC_NO_GROUP || ds.msg_perm.gid == ipc_group);
}

/* What stands at our lock's key and was not made by us now is a dead instance's;
 * if it is another user's it is left alone, or, `forced`, removed where we may. */
static bool remove_leftover(key_t key, bool forced)
{
	struct msqid_ds ds;
	int id = msgget(key, 0);

	if (id < 0)
		return errno == ENOENT;
	if (!forced && msgctl(id, IPC_STAT, &ds) == 0
	    && (ds.msg_perm.uid != geteuid() || ds.msg_perm.cuid != geteuid()))
		return false;
	return msgctl(id, IPC_RMID, NULL) == 0;
}

static int make_queue(enum sysv_kind kind)
{
	for (unsigned n = 0; n < 2 * SYSV_PROBES; n++) {
		key_t key = sysv_object_key(sysv_self(), kind, n % SYSV_PROBES);
		int id = msgget(key, IPC_CREAT | IPC_EXCL | MSQ_MODE);

		if (id < 0 && errno == EEXIST && remove_leftover(key, n >= SYSV_PROBES))
			id = msgget(key, IPC_CREAT | IPC_EXCL | MSQ_MODE);
		if (id >= 0 || errno != EEXIST)
			return id;
	}
	return -1;
}

/* Made closed, and opened to the group at last. */
static int give_to_group(int id, enum sysv_kind kind)
{
	struct msqid_ds ds;

	if (ipc_group == IPC_NO_GROUP)
		return 0;
	if (msgctl(id, IPC_STAT, &ds) < 0)
		return -1;
	ds.msg_perm.gid = ipc_group;
	ds.msg_perm.mode = (unsigned short)mode_of(kind);
	return msgctl(id, IPC_SET, &ds);
}

/* More room where we may have it; the queue works with what the kernel gave. */
static unsigned enlarge(int id)
{
	struct msqid_ds ds;

	if (msgctl(id, IPC_STAT, &ds) < 0)
		return 1;
	if (ds.msg_qbytes < MSQ_QBYTES) {
		ds.msg_qbytes = MSQ_QBYTES;
		if (msgctl(id, IPC_SET, &ds) < 0 && msgctl(id, IPC_STAT, &ds) < 0)
			return 1;
	}
	return (unsigned)(ds.msg_qbytes / sizeof(struct ipc_record));
}

static void close_all(void)
{
	if (requests >= 0)
		msgctl(requests, IPC_RMID, NULL);
	if (answers >= 0)
		msgctl(answers, IPC_RMID, NULL);
	sysv_bell_close();
	requests = answers = ipc_fd = -1;
	for (unsigned i = 0; i < kept_high; i++)
		kept[i].number = 0;
	n_sent = kept_high = n_kept = n_prompt = load = 0;
	sweep_ms = NEVER;
	lost = false;
	set_due();
}

/* A step failed: because a queue that it had made was removed meanwhile? */
static const char *failed(const char *step)
{
	struct msqid_ds ds;
	int err = errno;

	if ((requests >= 0 && msgctl(requests, IPC_STAT, &ds) < 0)
	    || (answers >= 0 && msgctl(answers, IPC_STAT, &ds) < 0))
		err = EIDRM;
	errno = err;
	return step;
}

static const char *make_queues(void)
{
	requests = make_queue(SYSV_REQUESTS);
	if (requests < 0)
		return "System V message queue for requests";
	answers = make_queue(SYSV_ANSWERS);
	if (answers < 0)
		return "System V message queue for answers";
	enlarge(requests);
	capacity = enlarge(answers);
	if (give_to_group(answers, SYSV_ANSWERS) < 0 || give_to_group(requests, SYSV_REQUESTS) < 0)
		return failed("open the queues to the group");
	ipc_fd = sysv_bell(ipc_group);
	return ipc_fd < 0 ? "bell" : NULL;
}

static const char *make_endpoint(void)
{
	struct sysv_group was;
	const char *step;

	if (!sysv_self()) {
		errno = ENOLCK;
		return "lock by semaphore";
	}
	if (ipc_group == IPC_NO_GROUP)
		return make_queues();
	step = "become of the group";
	if (sysv_begin_group(ipc_group, &was) == 0)
		step = make_queues();
	sysv_end_group(&was);
	return step;
}

/* The last answers are on their way to clients that are not asleep in msgrcv(2). */
static void at_end(void)
{
	static const struct timespec nap = {.tv_nsec = 5000000};
	int64_t until_ms = record_now_ms() + MSQ_END_MS;
	struct msqid_ds ds;

	while (answers >= 0 && msgctl(answers, IPC_STAT, &ds) == 0 && ds.msg_qnum
	       && record_now_ms() < until_ms)
		nanosleep(&nap, NULL);
	close_all();
}

int cinit_ipc_init(void)
{
	const char *step;

	ipc_at_end = at_end;
	close_all();
	step = ipc_make(make_endpoint, close_all);
	if (!step) {
		ipc_more = true; /* a request may have come before the bell */
		return 1;
	}
	ipc_set_problem(step, errno);
	close_all();
	return 0;
}

static bool is_at_its_key(int id, enum sysv_kind kind)
{
	for (unsigned try = 0; try < SYSV_PROBES; try++)
		if (msgget(sysv_object_key(sysv_self(), kind, try), 0) == id)
			return is_ours(id, kind);
	return false;
}

static bool is_current(void)
{
	return sysv_lock_is_current(ipc_rundir) && is_at_its_key(requests, SYSV_REQUESTS)
	       && is_at_its_key(answers, SYSV_ANSWERS);
}

/* ---- what it needs ---- */

static int try_queue(void)
{
	int id = msgget(IPC_PRIVATE, MSQ_MODE);

	return id < 0 ? -1 : msgctl(id, IPC_RMID, NULL);
}

const struct ipc_need ipc_needs[] = {
	{"System V semaphores, for the lock", check_semaphore},
	{"System V message queues", try_queue},
	{"signals by a descriptor, for the bell", check_signalfd},
	{NULL, NULL},
};

/* ---- clients ---- */

/* The pid in a record is a hint: 0 says nothing, too large is nobody's. */
static pid_t pid_of(struct ipc_address whom)
{
	return whom.b <= INT_MAX ? (pid_t)whom.b : -1;
}

static bool is_dead(pid_t pid)
{
	return pid < 0 || (pid > 0 && kill(pid, 0) < 0 && errno == ESRCH);
}

static bool is_alive(struct ipc_address whom)
{
	return !is_dead(pid_of(whom));
}

static struct sent *sent_to(long type)
{
	for (unsigned i = 0; i < n_sent; i++)
		if (sent[i].type == type)
			return &sent[i];
	return NULL;
}

/* Takes back what this client has not taken. */
static void withdraw(long type)
{
	struct msq_request m;
	unsigned n = 0;

	while (n < ROOM_AT_ONCE && msgrcv(answers, &m, sizeof m.bytes, type, IPC_NOWAIT | MSG_NOERROR) >= 0)
		n++;
}

static void free_sent(struct sent *s)
{
	*s = sent[--n_sent];
}

/* Where the table is full its oldest row goes, and at worst a slot of the queue
 * with it, until somebody has waited for that. */
static void note_sent(long type, pid_t pid, int64_t now)
{
	struct sent *s = sent_to(type);

	if (!s && n_sent == SENT_MAX) {
		s = sent;
		for (unsigned i = 1; i < n_sent; i++)
			if (sent[i].at_ms < s->at_ms)
				s = &sent[i];
		*s = (struct sent){.type = type};
	} else if (!s) {
		s = &sent[n_sent++];
		*s = (struct sent){.type = type};
	}
	s->pid = pid;
	s->at_ms = now;
}

/* ---- answers that wait for room ---- */

static void free_kept(unsigned i)
{
	n_prompt -= !kept[i].slow;
	n_kept--;
	kept[i].number = 0;
	while (kept_high && !kept[kept_high - 1].number)
		kept_high--;
}

/* The answer of a slow client that has waited longest makes room for another. */
static bool drop_slow(void)
{
	int oldest = -1;

	for (unsigned i = 0; i < kept_high; i++)
		if (kept[i].number && kept[i].slow
		    && (oldest < 0 || kept[i].number < kept[oldest].number))
			oldest = (int)i;
	if (oldest >= 0)
		free_kept((unsigned)oldest);
	return oldest >= 0;
}

static int keep(const struct msq_answer *m, pid_t pid, int64_t now)
{
	const struct sent *s = sent_to(m->type);
	unsigned i = 0;

	if (n_kept == KEPT_MAX && !drop_slow())
		return 0;
	while (i < kept_high && kept[i].number)
		i++;
	if (i == kept_high)
		kept_high++;
	kept[i] = (struct kept){.number = ++kept_count, .pid = pid, .since_ms = now, .slow = s && s->slow};
	kept_answer[i] = *m;
	n_kept++;
	if (kept[i].slow)
		return 1;
	if (n_prompt++ == 0)
		stuck_ms = now;
	return 1;
}

/* How many answers are in the queue, asked only when it may be half full. */
static void measure(void)
{
	struct msqid_ds ds;

	if (msgctl(answers, IPC_STAT, &ds) < 0)
		return;
	load = (unsigned)ds.msg_qnum;
	if (!load)
		n_sent = 0;
}

/* 1 sent, 0 no room, -1 gone for ever. */
static int put(struct msq_answer *m, pid_t pid, int64_t now)
{
	if (load >= capacity / 2)
		measure();
	if (n_kept || load >= capacity / 2)
		m->record.flags |= MSQ_RING;
	if (msgsnd(answers, m, sizeof m->record, IPC_NOWAIT) == 0) {
		load++;
		note_sent(m->type, pid, now);
		sweep_later(now);
		return 1;
	}
	if (errno == EAGAIN || errno == ENOMEM)
		return 0;
	if (errno == EIDRM || errno == EINVAL)
		lost = ipc_more = true; /* the next cinit_ipc_listen() says so */
	return -1;
}

/* Slow clients have what the others leave, and, lest they wait for ever, every
 * fourth place once they have waited long. */
static bool has_to_wait(const struct kept *k, bool turn_of_the_slow, int64_t now)
{
	if (!k->slow || (turn_of_the_slow && k->since_ms + MSQ_SLOW_MS <= now))
		return false;
	return n_prompt || load >= capacity / 2;
}

/* The next one that waits, or -1. */
static int next_kept(bool turn_of_the_slow, int64_t now)
{
	int best = -1;

	for (unsigned i = 0; i < kept_high; i++) {
		if (!kept[i].number || has_to_wait(&kept[i], turn_of_the_slow, now))
			continue;
		if (best < 0 || kept[i].number < kept[best].number)
			best = (int)i;
	}
	return best;
}

/* Who waits for half a queue is not kept from it by answers that have been taken:
 * after the last of them nobody rings any more.  Every fourth place is one that was
 * there: a turn for which there was no room is not over. */
static void flush(int64_t now)
{
	static unsigned given;
	int i;

	if (load >= capacity / 2)
		measure();
	while (!lost && (i = next_kept(given % 4 == 3, now)) >= 0) {
		if (put(&kept_answer[i], kept[i].pid, now) == 0)
			return;
		given++;
		stuck_ms = now;
		free_kept((unsigned)i);
	}
}

/* Whose the answer is: where the table has had no row for it for so long, by what it
 * says itself.  NULL: the client is dead, or this is no answer. */
static struct sent *owner_of(const struct msq_answer *m, ssize_t size, int64_t now)
{
	struct sent *s = sent_to(m->type);
	pid_t pid;

	if (size != (ssize_t)sizeof m->record)
		return NULL;
	pid = s ? s->pid : pid_of((struct ipc_address){0, m->record.pid});
	if (is_dead(pid))
		return NULL;
	if (!s)
		note_sent(m->type, pid, now);
	return sent_to(m->type);
}

/* Others have waited long enough for clients that do not read: their answers
 * wait outside now.  What is nobody's goes. */
static void make_room(int64_t now)
{
	struct { struct msq_answer m; char more; } m;
	struct sent *s;

	for (unsigned n = 0; n < ROOM_AT_ONCE; n++) {
		ssize_t size = msgrcv(answers, &m, sizeof m.m.record + 1, 0, IPC_NOWAIT | MSG_NOERROR);

		if (size < 0)
			break;
		s = owner_of(&m.m, size, now);
		if (!s)
			continue;
		s->slow = true;
		keep(&m.m, s->pid, now);
	}
	for (unsigned i = 0; i < kept_high; i++)
		if (kept[i].number && !kept[i].slow && (s = sent_to(kept_answer[i].type)) && s->slow) {
			kept[i].slow = true;
			n_prompt--;
		}
	load = 0;
}

/* Gives up whatever belongs to dead clients. */
static void sweep(int64_t now)
{
	sweep_ms = NEVER;
	measure();
	for (unsigned i = n_sent; i-- > 0;)
		if (is_dead(sent[i].pid) || (!sent[i].pid && sent[i].at_ms + MSQ_KEEP_MS <= now)) {
			withdraw(sent[i].type);
			free_sent(&sent[i]);
		}
	for (unsigned i = kept_high; i-- > 0;)
		if (kept[i].number && (is_dead(kept[i].pid) || kept[i].since_ms + MSQ_KEEP_MS <= now))
			free_kept(i);
	ipc_give_up_dead(is_alive);
	measure();
	flush(now);
}

static bool send_to(const struct ipc_record *r, struct ipc_address to)
{
	struct msq_answer m = {.type = (long)to.a, .record = *r};
	int64_t now = record_now_ms();
	int done = 0;

	m.record.flags = 0;
	if (!n_prompt)
		done = put(&m, pid_of(to), now);
	if (done == 0)
		done = keep(&m, pid_of(to), now);
	set_due();
	return done > 0;
}

int cinit_ipc_send(void *data)
{
	const struct ipc_record *r = data;
	struct ipc_address to;

	return answers >= 0 && ipc_address_of(r->handle, &to) && send_to(r, to);
}

/* ---- requests ---- */

static bool reclaimed; /* room among pending requests, in this call */

/* Nobody can be told by a connection that ends: where there is no room for a request,
 * those of the dead go, and at worst the answer is "busy". */
static void receive(struct ipc_record *r)
{
	struct ipc_address from = {(uint64_t)msq_type(r->token), r->pid};
	struct ipc_record busy;

	if (ipc_receive(r, sizeof *r, from, true) || r->magic != IPC_MAGIC)
		return;
	if (!reclaimed) {
		reclaimed = true;
		ipc_give_up_dead(is_alive);
		if (ipc_receive(r, sizeof *r, from, true))
			return;
	}
	if (is_dead(pid_of(from)))
		return;
	record_init(&busy);
	busy.id = r->id;
	busy.token = r->token;
	busy.pid = r->pid;
	busy.verb = r->verb;
	busy.result = RES_BUSY;
	send_to(&busy, from);
}

/* Takes one: 1, or 0 if there is none. */
static int take_request(void)
{
	struct msq_request m;
	struct ipc_record r;
	ssize_t n = msgrcv(requests, &m, sizeof m.bytes, 0, IPC_NOWAIT | MSG_NOERROR);

	if (n < 0) {
		lost |= errno == EIDRM || errno == EINVAL;
		return 0;
	}
	if (n == (ssize_t)sizeof r && m.type == MSQ_REQUEST) {
		memcpy(&r, m.bytes, sizeof r);
		receive(&r);
	}
	return 1;
}

static void take_requests(int64_t now)
{
	unsigned n = 0;

	reclaimed = false;
	while (n < MSQ_REQUESTS && n_prompt < KEPT_ENOUGH && take_request())
		n++;
	if (n)
		sweep_later(now);
	if (n == MSQ_REQUESTS)
		ipc_more = true;
	/* A client that finds no queue rings, and only rings; but so do others. */
	if (n == 0 && looked_ms + MSQ_LOOK_MS <= now) {
		looked_ms = now;
		lost |= !is_current();
	}
}

int cinit_ipc_listen(void)
{
	int64_t now = record_now_ms();

	ipc_more = false;
	sysv_bell_clear();
	if (n_kept)
		flush(now);
	if (n_prompt && stuck_ms + MSQ_PATIENCE_MS <= now) {
		make_room(now);
		flush(now);
	}
	if (sweep_ms <= now)
		sweep(now);
	take_requests(now);
	if (lost || (ipc_recheck && !is_current())) {
		close_all();
		return 0;
	}
	set_due();
	return 1;
}
