/* machine.h - all that main() has to know of machines.
 *
 * One table of functions (struct machine of src/shell/shell.h).  The shell calls them by that
 * table and includes nothing of this folder.
 */
#ifndef CINIT_MACHINE_MACHINE_H
#define CINIT_MACHINE_MACHINE_H

#include "src/shell/shell.h"

extern const struct machine machine_duties;

#endif
