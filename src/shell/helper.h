/* helper.h - the one process at a time that is run outside all services:
 * conf/panic, the rescue shell, conf/last, and what unmounts at the end. */
#ifndef CINIT_SHELL_HELPER_H
#define CINIT_SHELL_HELPER_H

#include "src/shell/shell.h"

/* Starts it, as shell.helper: 0, or -1 after saying why (also when there is no such
 * program). */
int helper_start(enum helper which);
/* Its process is gone: says how, and reports it to life. */
void helper_ended(const struct end *end);
/* A shell on the console, over and over, without loop or tree: all that is left to give. */
_Noreturn void helper_shells(void);

#endif
