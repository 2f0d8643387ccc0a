/* lock.h - one supervisor for each RUNDIR, whatever the method.
 *
 * RUNDIR/instance and RUNDIR/lock bear a POSIX record lock over their first byte while a
 * supervisor lives: the kernel gives it back on death, keeps it over exec, and tells the
 * holder's pid (fcntl(2)).  The first decides, and nobody else may open it (0600): a lock
 * for reading would be in the way of ours.  The second is what others see; its text is the
 * name of the method, for clients, and a read lock of theirs on it is in nobody's way.
 *
 * The methods that need no file system (msq, shm) have their lock in a semaphore
 * (ipc/sysv.h), and take that of RUNDIR/lock too, where it can be written.  Whatever
 * a supervisor has taken, it then looks whether another holds the other kind: of two
 * that begin at once at least one sees it.
 */
#ifndef CINIT_IPC_LOCK_H
#define CINIT_IPC_LOCK_H

#include <stddef.h>
#include <sys/types.h>

/* Makes RUNDIR where it is missing, checks that it is a directory of ours that
 * others cannot write, takes the lock and writes `method` beside it.  0; or -1
 * with errno, *holder the pid of a live supervisor (EBUSY; 0 if it is in
 * another PID namespace) and *what the step that failed. */
int lock_take(const char *rundir, const char *method, pid_t *holder, const char **what);
/* Are the locks that were taken, and RUNDIR, still as they were, also at their paths?
 * If not, lock_take() mends what can be mended. */
int lock_is_current(const char *rundir);
/* An orderly end: gives the lock back, and leaves nothing in the kernel. */
void lock_end(void);
/* Who holds the lock of RUNDIR, asked by a client: its pid (0: in another
 * namespace), or -1 if nobody does.  The method's name goes to buf. */
pid_t lock_holder(const char *rundir, char *buf, size_t cap);
/* The same, of RUNDIR/lock alone.  Never asked by a supervisor that holds it: closing a
 * file drops the lock on it (lock_holder too). */
pid_t lock_file_holder(const char *rundir);

#endif
