/* settings.h - conf/hostname and conf/sysctl of a machine, when its tree is read.
 *
 * Called for each tree that is put in place, by a boot or a reload.  What is wrong there stops
 * nothing.  conf/watchdog is watchdog.h's.
 */
#ifndef CINIT_MACHINE_SETTINGS_H
#define CINIT_MACHINE_SETTINGS_H

#include "src/tree/config.h"

/* Sets the host name and the kernel's parameters that the tree names; what
 * cannot be set is said. */
void machine_settings(const struct config *c);

#endif
