/* sysv.h - what the methods over System V objects share: keys, the lock that
 * needs no file system, and the bell.
 *
 * Keys are a hash of the supervisor's uid and the canonical RUNDIR, one for each
 * kind of object, probed upward: an object of another owner, or a lock whose
 * holder has no pid here, is somebody else's and is skipped.
 *
 * The lock is a set of semaphores taken with SEM_UNDO (semop(2)) in one step: the
 * kernel gives it back on death and keeps it over exec.  They hold 1, the method
 * and the holder's pid as it sees it itself; all are 0 while nobody holds them.
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

enum sysv_kind { SYSV_LOCK = 1, SYSV_REQUESTS, SYSV_ANSWERS, SYSV_SLOTS, SYSV_BOARD };

#define SYSV_PROBES 8  /* keys tried for one object */

/* ---- the lock ---- */

/* Server: takes the lock and writes the method into it: 0, or -1 with errno and
 * *holder as lock_take() has it. */
int sysv_lock_take(const char *rundir, const char *method, pid_t *holder);
/* Server: is the lock that was taken still there, and where it belongs? */
int sysv_lock_is_current(const char *rundir);
/* Server: gives the lock back (a second instance that found out otherwise). */
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
/* Client: the live supervisor of this RUNDIR, run by us, by root, or, if we are
 * root, by the owner of RUNDIR.  0; or -1 when there is none. */
int sysv_find(const char *rundir, struct sysv_holder *out);
/* The same in short: its pid, 0 if it lives in another PID namespace, -1 if
 * there is none.  *uid is whose. */
pid_t sysv_lock_holder(const char *rundir, uid_t *uid);

/* The try-th key (below SYSV_PROBES) of an object of this holder; never IPC_PRIVATE.
 * Objects belong to the lock that was found: those of the lock at its slot-th key
 * are tried from slot * SYSV_PROBES on, so that supervisors which share an IPC
 * namespace and nothing else never meet. */
key_t sysv_object_key(const struct sysv_holder *h, enum sysv_kind kind, unsigned try);
/* Is this object ours: created and owned by uid, with exactly this mode? */
struct ipc_perm;
int sysv_is_ours(const struct ipc_perm *perm, uid_t uid, unsigned mode);

/* ---- the bell ---- */

/* Client: rings the supervisor's bell: SIGURG, harmless if misdirected.  `holder`
 * must come from the lock: only so it may be 1.  Refuses pids <= 0.  0, or -1
 * with errno. */
int sysv_ring(pid_t holder);
/* Server: a descriptor that is readable when the bell rang (SIGURG is blocked),
 * or -1 with errno. */
int sysv_bell(void);
/* Server: takes all rings. */
void sysv_bell_clear(int fd);

#endif
