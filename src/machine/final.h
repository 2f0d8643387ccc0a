/* final.h - the last system call of a machine.
 *
 * Stops nobody and unmounts nothing: that is over by then (unmount.h).
 */
#ifndef CINIT_MACHINE_FINAL_H
#define CINIT_MACHINE_FINAL_H

#include "src/shell/shell.h"

/* Halts, powers off or reboots, everything else being done.  Nothing but the
 * kernel comes after it. */
void machine_final(enum shutdown how);

#endif
