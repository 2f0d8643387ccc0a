/* process.h - signals processes, and reads what the kernel says of their ends.
 *
 * Whose process it is, is not known here (services.h), and none is made (src/launch/spawn.h).
 */
#ifndef CINIT_SHELL_PROCESS_H
#define CINIT_SHELL_PROCESS_H

#include "src/engine/engine.h"
#include "src/launch/spawn.h"

/* A descriptor that is readable when the process has ended; -1 with errno.
 * Opened only while it is needed: a descriptor for each service would be copied
 * and closed by each child that is made. */
int process_open_pidfd(struct proc *p);
void process_close_pidfd(struct proc *p);

/* Sends a signal to a process of ours that has not been reaped. */
void process_signal(const struct proc *p, int sig);
/* The one door to kill(2): refuses everything that is not one process. */
int process_kill_pid(pid_t pid, int sig);

/* Which class the errno of a failed spawn is of. */
enum spawn_cause process_cause(const struct end *end);

struct end process_end_of_status(int status);

#endif
