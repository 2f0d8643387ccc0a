/* ending.h - the shutdown: services in reverse order, then whatever is left,
 * conf/last, and the end of the machine or of this process. */
#ifndef CINIT_SHELL_ENDING_H
#define CINIT_SHELL_ENDING_H

#include "src/shell/helper.h"

/* Begins it; a later request changes how it ends, and the second hurries it. */
void ending_begin(enum ending how);
/* The same outside a machine, for a reason that gives this process its exit code. */
void ending_begin_with(int code);
int ending_code(void);
bool ending_has_begun(void);
/* The same without stopping anything: KILL to all. */
void ending_force(enum ending how);
/* Then nobody acts for the engine any more: it would run the `off` of the killed. */
bool ending_is_forced(void);

/* The engine: all services are down, all clients answered. */
void ending_services_down(void);
void ending_helper_ended(enum helper which);

/* When ending_turn() wants to be called without an event, or NEVER. */
int64_t ending_deadline(void);
/* Goes on with the shutdown as far as it can; called each turn. */
void ending_turn(void);
/* True when the loop is over: the end of this process (never on a machine,
 * whose end is reboot(2)). */
bool ending_is_over(void);

#endif
