/* rescue.h - what a machine does when its tree gives it nothing to do:
 * conf/panic, then a shell on the console; leaving that boots again. */
#ifndef CINIT_SHELL_RESCUE_H
#define CINIT_SHELL_RESCUE_H

#include "src/shell/helper.h"

/* Loads the tree and wishes its start service up.  Where that cannot be, a
 * machine goes to rescue; elsewhere -1, after saying why. */
int rescue_or_boot(void);
/* The boot has settled: is there anything? */
void rescue_if_nothing_came_up(void);
void rescue_helper_ended(enum helper which, const struct end *end);
/* A rescue was asked for, and everything is stopped: a shell, then a boot anew. */
void rescue_after_stop(void);
/* When rescue_turn() wants to be called, or NEVER. */
int64_t rescue_deadline(void);
void rescue_turn(void);

#endif
