/* sysv.h - what the methods over System V objects share: keys, the lock that
 * needs no file system, and the bell.
 *
 * Keys are a hash of the supervisor's uid and the canonical RUNDIR, one for each
 * kind of object, probed upward: an object of another owner, or a lock whose
 * holder has no pid here, is somebody else's and is skipped.
 *
 * The lock is a semaphore taken with SEM_UNDO (semop(2)): the kernel gives it
 * back on death and keeps it over exec.  GETPID on it is the holder's pid, but
 * only while nobody else calls semop on it, so clients use GETVAL and GETPID
 * only.  The pid of a dead holder stays: test the value first.  0: the holder
 * is in another PID namespace.
 */
#ifndef CINIT_IPC_SYSV_H
#define CINIT_IPC_SYSV_H

#include <stdint.h>
#include <sys/types.h>

enum sysv_kind { SYSV_LOCK = 1, SYSV_REQUESTS, SYSV_ANSWERS, SYSV_SLOTS, SYSV_BOARD };

#define SYSV_PROBES 8  /* keys tried for one object */

/* The try-th key for this kind below this RUNDIR and uid; never IPC_PRIVATE. */
key_t sysv_key(const char *rundir, uid_t uid, enum sysv_kind kind, unsigned try);

/* Server: takes the lock: 0, or -1 with errno and *holder as lock_take() has it. */
int sysv_lock_take(const char *rundir, pid_t *holder);
/* Client: the live supervisor of this RUNDIR, run by us or by root: its pid, 0
 * if it lives in another PID namespace, -1 if there is none.  *uid is whose. */
pid_t sysv_lock_holder(const char *rundir, uid_t *uid);

/* Is this object ours: created and owned by uid, with exactly this mode? */
struct ipc_perm;
int sysv_is_ours(const struct ipc_perm *perm, uid_t uid, unsigned mode);

/* Client: rings the supervisor's bell: SIGURG, harmless if misdirected.  Refuses
 * pid <= 1 unless the lock's holder is 1.  0, or -1 with errno. */
int sysv_ring(pid_t holder);
/* Server: a descriptor that is readable when the bell rang (SIGURG is blocked),
 * or -1 with errno. */
int sysv_bell(void);
/* Server: takes all rings. */
void sysv_bell_clear(int fd);

#endif
