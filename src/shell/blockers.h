/* blockers.h - who holds up a stop: looks for them, signals them, names them.
 *
 * When that is done is life's to say (src/engine/life.h); nothing is decided and nobody waited
 * for here.
 */
#ifndef CINIT_SHELL_BLOCKERS_H
#define CINIT_SHELL_BLOCKERS_H

#include "src/shell/shell.h"

struct ipc_item;

/* Who is left that we would have to wait for. */
enum life_left blockers_left(void);
/* To all that are left: all processes that PID 1 may reach, else all descendants.
 * With TERM goes CONT. */
void blockers_signal(int sig);
/* Says what the stop waits for, with the time that it has left. */
void blockers_name(void);
/* The same, of one that holds it up longest, for a client; false outside a stop. */
bool blockers_item(struct ipc_item *item);

#endif
