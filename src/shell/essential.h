/* essential.h - the services whose end is the end of everything, outside a machine.
 *
 * Says it and tells life; which end counts, and with what code, the engine has judged.
 */
#ifndef CINIT_SHELL_ESSENTIAL_H
#define CINIT_SHELL_ESSENTIAL_H

#include "src/tree/config.h"

/* The start service is wished up.  On a machine essential services are named, as
 * nothing comes of it there. */
void essential_booted(void);
/* ACT_ESSENTIAL: says it, and begins the end. */
void essential_act(const struct action *a);

#endif
