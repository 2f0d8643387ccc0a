/* sysv.c - keys, the lock as a semaphore, and the bell.  Knows neither queues
 * nor segments, and no file but, by way of lock.h, RUNDIR/lock. */
#include "ipc/sysv.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/lock.h"
#include "ipc/text.h"

/* The semaphores of the set.  Their values end at 32767, so a pid takes two,
 * each with 1 added: an operation of 0 would wait. */
enum { SEM_HELD, SEM_METHOD, SEM_PID_LOW, SEM_PID_HIGH, N_SEMS };

#define PID_BASE 16384
#define LOCK_MODE 0644

union sem_argument { /* semctl(2) has the caller define it */
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

/* The index is what the semaphore holds: never renumbered. */
static const char methods[][8] = {"", "socket", "fifo", "msq", "shm"};

static int lock_id = -1;
static struct sysv_holder self;

/* ---- keys ---- */

/* The canonical path; what does not exist yet is taken as it is written. */
static void canonical(const char *rundir, char *out, size_t cap)
{
	char head[PATH_MAX], real[PATH_MAX];
	struct text t;
	size_t n;

	text_init(&t, head, sizeof head);
	text_str(&t, rundir);
	n = t.len;
	while (n > 1 && !realpath(head, real)) {
		while (n > 1 && head[n - 1] == '/')
			n--;
		while (n > 1 && head[n - 1] != '/')
			n--;
		head[n] = '\0';
	}
	text_init(&t, out, cap);
	if (n > 1)
		text_str(&t, real);
	for (const char *s = rundir + n; *s; s += strcspn(s, "/")) {
		s += strspn(s, "/");
		if (!*s)
			break;
		text_char(&t, '/');
		text_mem(&t, s, strcspn(s, "/"));
	}
}

static uint64_t hash(uint64_t h, const void *bytes, size_t n) /* FNV-1a */
{
	const unsigned char *b = bytes;

	for (size_t i = 0; i < n; i++)
		h = (h ^ b[i]) * 1099511628211u;
	return h;
}

/* The path's part of every key. */
static uint64_t path_hash(const char *rundir)
{
	char path[PATH_MAX];

	canonical(rundir, path, sizeof path);
	return hash(14695981039346656037u, path, strlen(path));
}

static key_t key_at(uint64_t path, uid_t uid, enum sysv_kind kind, unsigned try)
{
	const uint32_t more[2] = {(uint32_t)uid, (uint32_t)kind};
	uint64_t h = hash(path, more, sizeof more);
	uint32_t key = (uint32_t)(h ^ h >> 32) + try;

	return key == (uint32_t)IPC_PRIVATE ? 0x696e6974 : (key_t)key;
}

key_t sysv_object_key(const struct sysv_holder *h, enum sysv_kind kind, unsigned try)
{
	return key_at(h->path, h->uid, kind, h->slot * SYSV_PROBES + try);
}

int sysv_is_ours(const struct ipc_perm *perm, uid_t uid, unsigned mode)
{
	return perm->uid == uid && perm->cuid == uid && (perm->mode & 0777u) == mode;
}

/* ---- the lock ---- */

enum found {
	FOUND_NOTHING,
	FOUND_FREE,    /* a lock that nobody holds */
	FOUND_HELD,    /* by a supervisor of this RUNDIR */
	FOUND_BELOW,   /* by one in a PID namespace below ours */
	FOUND_AWAY,    /* by one that has no pid here */
	FOUND_FOREIGN  /* not ours at all */
};

static bool is_lock(int id, uid_t uid)
{
	struct semid_ds ds;
	union sem_argument arg = {.buf = &ds};

	return semctl(id, 0, IPC_STAT, arg) == 0 && sysv_is_ours(&ds.sem_perm, uid, LOCK_MODE)
	       && ds.sem_nsems == N_SEMS;
}

/* What is at this key; *id is its id, *h whose it is. */
static enum found look(uint64_t path, uid_t uid, unsigned slot, int *id, struct sysv_holder *h)
{
	unsigned short v[N_SEMS];
	union sem_argument arg = {.array = v};
	pid_t pid;

	*id = semget(key_at(path, uid, SYSV_LOCK, slot), 0, 0);
	if (*id < 0)
		return FOUND_NOTHING;
	if (!is_lock(*id, uid))
		return FOUND_FOREIGN;
	pid = semctl(*id, SEM_HELD, GETPID);
	if (pid < 0 || semctl(*id, 0, GETALL, arg) < 0)
		return FOUND_FOREIGN;
	if (!v[SEM_HELD])
		return FOUND_FREE;
	*h = (struct sysv_holder){
		.pid = pid, .uid = uid, .slot = slot, .path = path,
		.method = v[SEM_METHOD] < sizeof methods / sizeof *methods ? methods[v[SEM_METHOD]] : "",
	};
	if (pid == 0)
		return FOUND_AWAY;
	h->below = pid != (v[SEM_PID_HIGH] - 1) * PID_BASE + v[SEM_PID_LOW] - 1;
	return h->below ? FOUND_BELOW : FOUND_HELD;
}

static unsigned method_index(const char *method)
{
	unsigned i = sizeof methods / sizeof *methods;

	while (--i && strcmp(methods[i], method) != 0)
		continue;
	return i;
}

/* Takes a free set: 0, or -1 with EAGAIN when another was quicker. */
static int take(int id, const char *method)
{
	static const short flags = SEM_UNDO | IPC_NOWAIT;
	unsigned index = method_index(method);
	struct sembuf ops[] = {
		{SEM_HELD, 0, IPC_NOWAIT},
		{SEM_HELD, 1, flags},
		{SEM_PID_LOW, (short)(getpid() % PID_BASE + 1), flags},
		{SEM_PID_HIGH, (short)(getpid() / PID_BASE + 1), flags},
		{SEM_METHOD, (short)index, flags},
	};

	return semop(id, ops, index ? 5 : 4);
}

/* Tries one key: 0 taken; -1 with errno EBUSY (*holder), EAGAIN (try it once
 * more), EEXIST (skip it), or what else is wrong. */
static int take_at(uint64_t path, const char *method, unsigned slot, pid_t *holder)
{
	struct sysv_holder h;
	bool before_exec = false;
	int id;

	switch (look(path, geteuid(), slot, &id, &h)) {
	case FOUND_NOTHING:
		id = semget(key_at(path, geteuid(), SYSV_LOCK, slot), N_SEMS,
		            IPC_CREAT | IPC_EXCL | LOCK_MODE);
		if (id < 0) {
			errno = errno == EEXIST ? EAGAIN : errno;
			return -1;
		}
		break;
	case FOUND_FREE: break;
	case FOUND_HELD:
		before_exec = h.pid == getpid();
		if (before_exec)
			break;
		*holder = h.pid;
		errno = EBUSY;
		return -1;
	case FOUND_BELOW:
	case FOUND_AWAY:
	case FOUND_FOREIGN:
	default: errno = EEXIST; return -1;
	}
	if (!before_exec && take(id, method) < 0) {
		errno = errno == EIDRM || errno == EINVAL ? EAGAIN : errno;
		return -1;
	}
	lock_id = id;
	self = (struct sysv_holder){.pid = getpid(), .uid = geteuid(), .slot = slot, .path = path,
	                            .method = methods[method_index(method)]};
	return 0;
}

/* All keys were taken by strangers, which is no accident: where we may, their
 * objects go. */
static void clear_strangers(uint64_t path)
{
	struct sysv_holder h;
	int id;

	for (unsigned slot = 0; slot < SYSV_PROBES; slot++)
		if (look(path, geteuid(), slot, &id, &h) == FOUND_FOREIGN)
			semctl(id, 0, IPC_RMID);
}

static bool is_current(uint64_t path)
{
	struct sysv_holder h;
	int id;

	return lock_id >= 0 && look(path, self.uid, self.slot, &id, &h) == FOUND_HELD && id == lock_id
	       && h.pid == getpid();
}

int sysv_lock_take(const char *rundir, const char *method, pid_t *holder)
{
	uint64_t path = path_hash(rundir);

	*holder = 0;
	if (is_current(path))
		return 0;
	sysv_lock_drop();
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned slot = 0, again = 0; slot < SYSV_PROBES; slot++) {
			if (take_at(path, method, slot, holder) == 0)
				return 0;
			if (errno == EAGAIN && again++ < 8)
				slot--;
			else if (errno != EEXIST && errno != EAGAIN)
				return -1;
		}
		clear_strangers(path);
	}
	errno = EEXIST;
	return -1;
}

int sysv_lock_is_current(const char *rundir)
{
	return is_current(path_hash(rundir)); /* a mount may have changed it */
}

/* What is dropped is nobody's: it goes altogether. */
void sysv_lock_drop(void)
{
	if (lock_id >= 0)
		semctl(lock_id, 0, IPC_RMID);
	lock_id = -1;
}

const struct sysv_holder *sysv_self(void)
{
	return lock_id >= 0 ? &self : NULL;
}

/* The lock of this uid's supervisor.  One that is below us counts where RUNDIR
 * is one and the same; one that is away is only told of when there is no other. */
static bool find_of(const char *rundir, uint64_t path, uid_t uid, struct sysv_holder *out)
{
	struct sysv_holder h;
	bool away = false;
	int id;

	for (unsigned slot = 0; slot < SYSV_PROBES; slot++) {
		enum found f = look(path, uid, slot, &id, &h);

		if (f == FOUND_HELD || (f == FOUND_BELOW && lock_file_holder(rundir) == h.pid)) {
			*out = h;
			return true;
		}
		if (f == FOUND_AWAY && !away) {
			*out = h;
			away = true;
		}
	}
	return away;
}

int sysv_find(const char *rundir, struct sysv_holder *out)
{
	uint64_t path = path_hash(rundir);
	uid_t uids[2] = {geteuid(), 0};
	struct sysv_holder h;
	bool found = false;
	struct stat st;

	if (find_of(rundir, path, uids[0], out)) {
		if (out->pid > 0)
			return 0;
		found = true;
	}
	if (uids[0] == 0 && stat(rundir, &st) == 0)
		uids[1] = st.st_uid;
	if (uids[1] != uids[0] && find_of(rundir, path, uids[1], &h) && (!found || h.pid > 0)) {
		*out = h;
		found = true;
	}
	return found ? 0 : -1;
}

pid_t sysv_lock_holder(const char *rundir, uid_t *uid)
{
	struct sysv_holder h;

	if (sysv_find(rundir, &h) < 0)
		return -1;
	*uid = h.uid;
	return h.pid;
}

/* ---- the bell ---- */

int sysv_ring(pid_t holder)
{
	if (holder > 0)
		return kill(holder, SIGURG);
	errno = ESRCH;
	return -1;
}

int sysv_bell(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* SIGURG is pending once at most, however often it was sent to us; a second
 * one may be pending for the thread. */
void sysv_bell_clear(int fd)
{
	struct signalfd_siginfo info[2];

	(void)!read(fd, info, sizeof info);
}
