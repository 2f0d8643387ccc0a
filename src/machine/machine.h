/* machine.h - all that main() has to know of machines. */
#ifndef CINIT_MACHINE_MACHINE_H
#define CINIT_MACHINE_MACHINE_H

#include "src/shell/shell.h"

extern const struct machine machine_duties;

#endif
