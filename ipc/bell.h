/* bell.h - how a client of a method without a descriptor wakes the supervisor.
 *
 * The bell is SIGURG, harmless if misdirected, which the supervisor reads from a
 * signalfd(2); it needs no object.  But members of conf/ipc_group may not signal it.
 * For them there is a POSIX message queue (mq_overview(7); it needs no file system
 * either) that holds one byte: cinit-KEY, 0620, of that group, KEY being the hexadecimal
 * key of the bell of this lock (ipc/sysv.h).
 *
 * Client: publish, then ring.  Server: clear the bell, then drain, then poll.
 */
#ifndef CINIT_IPC_BELL_H
#define CINIT_IPC_BELL_H

#include <sys/types.h>

#include "ipc/sysv.h"

/* (Client: sysv_ring(), in ipc/sysv.h.)  A holder that was found: its queue is rung,
 * should it refuse signals. */
void bell_of(const struct sysv_holder *h);

/* Server: a descriptor that is readable when the bell rang (SIGURG is blocked), or -1
 * with errno.  With a group, whose bell that is too. */
int sysv_bell(gid_t group);
/* Server: takes all rings. */
void sysv_bell_clear(void);
/* Server: closes it; what was made for the group goes. */
void sysv_bell_close(void);

#endif
