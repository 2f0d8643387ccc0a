/* outfit.h - starts a process of a service that has more than a program: sockets, a
 * user, a word of its own for being ready, a pool. */
#ifndef CINIT_SHELL_OUTFIT_H
#define CINIT_SHELL_OUTFIT_H

#include "src/shell/process.h"

/* As process_spawn(), for a process that is `plain` but for all that.  Where it fails
 * for what is said in the service's directory, the service's words say which line or
 * name.  Our ends of what the process was to speak by stay, until plugs_hang_up(). */
int outfit_spawn(uint32_t svc, enum proc_role role, const struct spawn *plain, struct proc *p,
                 struct end *end);

#endif
