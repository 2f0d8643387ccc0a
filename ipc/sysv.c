/* sysv.c - keys and the lock as a semaphore.  Knows neither queues nor segments,
 * and no file but, by way of lock.h, RUNDIR/lock. */
#include "ipc/sysv.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/bell.h"
#include "ipc/lock.h"
#include "ipc/text.h"

/* The semaphores of the set.  Their values end at 32767, so each carries 14 bits
 * of what is longer, with 1 added: an operation of 0 would wait. */
enum { SEM_HELD, SEM_METHOD, SEM_PID_LOW, SEM_PID_HIGH, SEM_PLACE, N_SEMS = SEM_PLACE + 5 };

#define SEM_BITS 14
#define LOCK_MODE 0644

static unsigned short sem_part(uint64_t v, unsigned part)
{
	return (unsigned short)((v >> part * SEM_BITS & ((1u << SEM_BITS) - 1)) + 1);
}

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

/* The path's part of every key.  Mostly it is there as a whole, and a client's
 * stack grows by no page more. */
static uint64_t path_hash(const char *rundir)
{
	char path[PATH_MAX];

	if (!realpath(rundir, path))
		canonical(rundir, path, sizeof path);
	return hash(14695981039346656037u, path, strlen(path));
}

/* 26 bits tell the lock, counted on by its slot; the last four are for what belongs
 * to it.  One bit is always set, so that none is IPC_PRIVATE. */
static key_t key_at(uint64_t path, uid_t uid, unsigned slot)
{
	const uint32_t whose = (uint32_t)uid;
	uint64_t h = hash(path, &whose, sizeof whose);
	uint32_t lock = ((uint32_t)(h ^ h >> 32) + slot) & 0x3ffffff;

	return (key_t)(0x40000000u | lock << 4);
}

key_t sysv_lock_key(const char *rundir, uid_t uid, unsigned slot)
{
	return key_at(path_hash(rundir), uid, slot);
}

key_t sysv_object_key(const struct sysv_holder *h, enum sysv_kind kind, unsigned try)
{
	unsigned second = kind == SYSV_ANSWERS || kind == SYSV_BOARD ? SYSV_PROBES : 0;

	return key_at(h->path, h->uid, h->slot) | (key_t)(second + try);
}

int sysv_is_ours(const struct ipc_perm *perm, uid_t uid, unsigned mode)
{
	unsigned is = perm->mode & 0777u;

	if (perm->uid != uid || perm->cuid != uid)
		return 0;
	return is == mode || (mode == 0600 && (is == 0640 || is == 0660) && perm->gid == perm->cgid);
}

/* ---- what the group gets ---- */

int sysv_begin_group(gid_t group, struct sysv_group *was)
{
	*was = (struct sysv_group){.gid = getegid(), .dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0)};
	return group == was->gid ? 0 : setegid(group);
}

void sysv_end_group(const struct sysv_group *was)
{
	int err = errno;

	if (getegid() != was->gid && setegid(was->gid) == 0 && was->dumpable == 1)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* a change of ids took that away */
	errno = err;
}

/* ---- the lock ---- */

enum found {
	FOUND_NOTHING,
	FOUND_FREE,    /* a lock that nobody holds */
	FOUND_HELD,    /* by a supervisor of this RUNDIR */
	FOUND_BELOW,   /* by one in a PID namespace below ours */
	FOUND_AWAY,    /* by one that has no pid here */
	FOUND_OTHER,   /* by a supervisor of another RUNDIR: their keys are the same */
	FOUND_FOREIGN  /* not ours at all */
};

static bool is_lock(int id, uid_t uid)
{
	struct semid_ds ds;
	union sem_argument arg = {.buf = &ds};

	return semctl(id, 0, IPC_STAT, arg) == 0 && sysv_is_ours(&ds.sem_perm, uid, LOCK_MODE)
	       && ds.sem_nsems == N_SEMS;
}

static bool is_of_place(const unsigned short v[N_SEMS], uint64_t path)
{
	for (unsigned i = SEM_PLACE; i < N_SEMS; i++)
		if (v[i] != sem_part(path, i - SEM_PLACE))
			return false;
	return true;
}

/* What is at this key; *id is its id, *h whose it is. */
static enum found look(uint64_t path, uid_t uid, unsigned slot, int *id, struct sysv_holder *h)
{
	unsigned short v[N_SEMS];
	union sem_argument arg = {.array = v};
	pid_t pid;

	*id = semget(key_at(path, uid, slot), 0, 0);
	if (*id < 0)
		return FOUND_NOTHING;
	if (!is_lock(*id, uid))
		return FOUND_FOREIGN;
	pid = semctl(*id, SEM_HELD, GETPID);
	if (pid < 0 || semctl(*id, 0, GETALL, arg) < 0)
		return FOUND_FOREIGN;
	if (!v[SEM_HELD])
		return FOUND_FREE;
	if (!is_of_place(v, path))
		return FOUND_OTHER;
	*h = (struct sysv_holder){
		.pid = pid, .uid = uid, .slot = slot, .path = path,
		.method = v[SEM_METHOD] < sizeof methods / sizeof *methods ? methods[v[SEM_METHOD]] : "",
	};
	if (pid == 0)
		return FOUND_AWAY;
	h->below = sem_part((uint64_t)pid, 0) != v[SEM_PID_LOW]
	           || sem_part((uint64_t)pid, 1) != v[SEM_PID_HIGH];
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
static int take_set(int id, uint64_t path, const char *method)
{
	struct sembuf ops[N_SEMS + 1] = {{SEM_HELD, 0, IPC_NOWAIT}};
	unsigned short v[N_SEMS] = {
		[SEM_HELD] = 1, [SEM_METHOD] = (unsigned short)method_index(method),
		[SEM_PID_LOW] = sem_part((uint64_t)getpid(), 0),
		[SEM_PID_HIGH] = sem_part((uint64_t)getpid(), 1),
	};
	unsigned n = 1;

	for (unsigned i = SEM_PLACE; i < N_SEMS; i++)
		v[i] = sem_part(path, i - SEM_PLACE);
	for (unsigned i = 0; i < N_SEMS; i++)
		if (v[i])
			ops[n++] = (struct sembuf){(unsigned short)i, (short)v[i], SEM_UNDO | IPC_NOWAIT};
	return semop(id, ops, n);
}

static void keep(int id, uint64_t path, unsigned slot, const char *method)
{
	lock_id = id;
	self = (struct sysv_holder){.pid = getpid(), .uid = geteuid(), .slot = slot, .path = path,
	                            .method = methods[method_index(method)]};
}

/* Tries one key: 0 taken; -1 with errno EBUSY (*holder), EAGAIN (try it once
 * more), EEXIST (skip it), or what else is wrong. */
static int take_at(uint64_t path, const char *method, unsigned slot, pid_t *holder)
{
	struct sysv_holder h;
	int id;

	switch (look(path, geteuid(), slot, &id, &h)) {
	case FOUND_NOTHING:
		id = semget(key_at(path, geteuid(), slot), N_SEMS,
		            IPC_CREAT | IPC_EXCL | LOCK_MODE);
		if (id < 0) {
			errno = errno == EEXIST ? EAGAIN : errno;
			return -1;
		}
		break;
	case FOUND_FREE: break;
	case FOUND_HELD:
		*holder = h.pid;
		errno = EBUSY;
		return -1;
	case FOUND_BELOW:
	case FOUND_AWAY:
	case FOUND_OTHER:
	case FOUND_FOREIGN:
	default: errno = EEXIST; return -1;
	}
	if (take_set(id, path, method) < 0) {
		errno = errno == EIDRM || errno == EINVAL ? EAGAIN : errno;
		return -1;
	}
	keep(id, path, slot, method);
	return 0;
}

/* All keys were taken by strangers, which is no accident: where we may, their
 * objects go. */
static void clear_strangers(uint64_t path)
{
	struct sysv_holder h;
	int id;

	for (unsigned slot = 0; slot < SYSV_LOCKS; slot++)
		if (look(path, geteuid(), slot, &id, &h) == FOUND_FOREIGN)
			semctl(id, 0, IPC_RMID);
}

/* Is there a live one in any slot but ours? */
static bool is_held(uint64_t path, pid_t *holder)
{
	struct sysv_holder h;
	int id;

	for (unsigned slot = 0; slot < SYSV_LOCKS; slot++)
		if (look(path, geteuid(), slot, &id, &h) == FOUND_HELD && h.pid != getpid()) {
			*holder = h.pid;
			return true;
		}
	return false;
}

static bool is_current(uint64_t path)
{
	struct sysv_holder h;
	int id;

	return lock_id >= 0 && look(path, self.uid, self.slot, &id, &h) == FOUND_HELD && id == lock_id
	       && h.pid == getpid();
}

int sysv_lock_look(const char *rundir, pid_t *holder)
{
	if (!is_held(path_hash(rundir), holder))
		return 0;
	errno = EBUSY;
	return -1;
}

/* The lock that we took before an exec. */
static bool take_over(uint64_t path, const char *method)
{
	struct sysv_holder h;
	int id;

	for (unsigned slot = 0; slot < SYSV_LOCKS; slot++)
		if (look(path, geteuid(), slot, &id, &h) == FOUND_HELD && h.pid == getpid()) {
			keep(id, path, slot, method);
			return true;
		}
	return false;
}

/* The first slot that can be had. */
static int take_any(uint64_t path, const char *method, pid_t *holder)
{
	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned slot = 0, again = 0; slot < SYSV_LOCKS; slot++) {
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

/* Before, and again after: a slot below that of a live one may have become free,
 * and another may have taken it meanwhile. */
int sysv_lock_take(const char *rundir, const char *method, pid_t *holder)
{
	uint64_t path = path_hash(rundir);

	*holder = 0;
	if (is_current(path) || take_over(path, method))
		return 0;
	sysv_lock_drop();
	if (!is_held(path, holder) && take_any(path, method, holder) < 0)
		return -1;
	if (sysv_self() && !is_held(path, holder))
		return 0;
	sysv_lock_drop();
	errno = EBUSY;
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

	for (unsigned slot = 0; slot < SYSV_LOCKS; slot++) {
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
	uid_t uids[3] = {geteuid(), 0, 0};
	struct sysv_holder h;
	bool found = false;
	struct stat st;

	if (stat(rundir, &st) == 0)
		uids[2] = st.st_uid;
	for (unsigned i = 0; i < 3; i++) {
		if ((i > 0 && uids[i] == uids[0]) || (i > 1 && uids[i] == uids[1]))
			continue;
		if (!find_of(rundir, path, uids[i], &h) || (found && h.pid <= 0))
			continue;
		*out = h;
		found = true;
		if (h.pid > 0)
			break;
	}
	if (found)
		bell_of(out);
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
