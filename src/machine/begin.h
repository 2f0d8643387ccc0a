/* begin.h - what PID 1 of a kernel does before it looks at its tree.
 *
 * Nothing of it may keep a machine from booting: what cannot be had is said, no more.
 */
#ifndef CINIT_MACHINE_BEGIN_H
#define CINIT_MACHINE_BEGIN_H

#include <stdbool.h>

/* Is this PID 1 of a kernel?  Asks it once, by making ctrl-alt-del a SIGINT,
 * which no other PID namespace may.  Only then anything is mounted, unmounted
 * or set: --machine alone owns no kernel. */
bool machine_owns_kernel(void);
/* What ctrl-alt-del does: a SIGINT to us, or what it does when a kernel starts. */
void machine_takes_ctrl_alt_del(bool ours);

/* Mounts what is missing of /proc, /sys, /dev and the like, and opens the
 * console if the kernel had none for us.  Failures are said and survived. */
void machine_begin(void);

#endif
