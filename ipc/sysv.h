/* sysv.h - what the methods over System V objects share: keys, and the lock that
 * needs no file system.  (The bell: ipc/bell.h.)
 *
 * The lock's key is a hash of the supervisor's uid and the canonical RUNDIR, probed
 * upward: an object of another owner, a lock of another RUNDIR whose hash is the
 * same, or one whose holder has no pid here, is somebody else's and is skipped.  The
 * keys of the objects that belong to a lock follow from its own, and from no other's:
 * so supervisors that share nothing but an IPC namespace never meet.
 *
 * The lock is a set of semaphores taken with SEM_UNDO (semop(2)) in one step: the
 * kernel gives it back on death and keeps it over exec.  They hold 1, the method,
 * the holder's pid as it sees it itself, and the whole hash of RUNDIR; all are 0
 * while nobody holds them.  An orderly end removes the set.
 * GETPID tells the holder's pid as we see it, but only while nobody else calls
 * semop, so clients use GETALL and GETPID only.  (Others may read the set, 0644:
 * waiting for zero changes nothing while it is held.)  The pid of a dead holder
 * stays: test the value first.  0: the holder is in a PID namespace beside or
 * above ours.  Another pid than its own: it is in one below ours, with a RUNDIR
 * of its own, unless it holds the lock file of ours too.
 */
#ifndef CINIT_IPC_SYSV_H
#define CINIT_IPC_SYSV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum sysv_kind { SYSV_REQUESTS, SYSV_ANSWERS, SYSV_SLOTS, SYSV_BOARD, SYSV_BELL };

#define SYSV_LOCKS 32  /* keys tried for a lock: so many with one hash can live side by side */
#define SYSV_PROBES 8  /* keys tried for an object of the lock */

/* The key of the slot-th lock for this RUNDIR and uid; the last four bits are 0. */
key_t sysv_lock_key(const char *rundir, uid_t uid, unsigned slot);

/* ---- the lock ---- */

/* Server: takes the lock and writes the method into it: 0, or -1 with errno and
 * *holder as lock_take() has it. */
int sysv_lock_take(const char *rundir, const char *method, pid_t *holder);
/* Server: does another live supervisor hold it?  0, or -1 with EBUSY and *holder.
 * For methods whose own lock is another. */
int sysv_lock_look(const char *rundir, pid_t *holder);
/* Server: is the lock that was taken still there, and where it belongs? */
int sysv_lock_is_current(const char *rundir);
/* Server: gives the lock back, and removes it.  Whoever is about to take it finds
 * that it is gone, and makes another. */
void sysv_lock_drop(void);

/* The holder of a lock. */
struct sysv_holder {
	pid_t pid;          /* 0: in another PID namespace */
	uid_t uid;          /* whose objects are to be used */
	unsigned slot;      /* the lock is at this key */
	uint64_t path;      /* a hash of the canonical RUNDIR */
	const char *method; /* its word, or "" */
	bool below;         /* in a PID namespace below ours: our pid means nothing to it */
};

/* Server: ourselves, once the lock was taken; else NULL. */
const struct sysv_holder *sysv_self(void);
/* Client: the live supervisor of this RUNDIR, run by us, by root, or by the owner
 * of RUNDIR.  0; or -1 when there is none. */
int sysv_find(const char *rundir, struct sysv_holder *out);
/* The same in short: its pid, 0 if it lives in another PID namespace, -1 if
 * there is none.  *uid is whose. */
pid_t sysv_lock_holder(const char *rundir, uid_t *uid);

/* The try-th key (below SYSV_PROBES) of an object of this holder. */
key_t sysv_object_key(const struct sysv_holder *h, enum sysv_kind kind, unsigned try);
/* Is this object ours: created and owned by uid, with exactly this mode?  For a
 * client, 0600 is also what the supervisor has opened to a group: 0640, 0660. */
struct ipc_perm;
int sysv_is_ours(const struct ipc_perm *perm, uid_t uid, unsigned mode);

/* ---- the group of conf/ipc_group ---- */

/* A System V object is open to the group of its creator, too.  So whoever makes one
 * for a group is of that group meanwhile: 0, or -1 with errno where that cannot be. */
struct sysv_group {
	gid_t gid;
	int dumpable;
};
int sysv_begin_group(gid_t group, struct sysv_group *was);
void sysv_end_group(const struct sysv_group *was);

/* Client: rings the supervisor's bell (ipc/bell.h).  `holder` must come from the lock:
 * only so it may be 1.  Refuses pids <= 0.  0, or -1 with errno. */
int sysv_ring(pid_t holder);

#endif
