/* helper.h - the one process at a time that is run outside all services:
 * conf/panic, the rescue shell, conf/last, and what unmounts at the end. */
#ifndef CINIT_SHELL_HELPER_H
#define CINIT_SHELL_HELPER_H

#include "src/shell/shell.h"

enum helper { HELPER_NONE, HELPER_PANIC, HELPER_SHELL, HELPER_LAST, HELPER_UNMOUNT };

/* Starts it: 0, or -1 after saying why (also when there is no such program). */
int helper_start(enum helper which);
enum helper helper_running(void);
struct proc *helper_proc(void);
/* Its process is gone. */
void helper_ended(const struct end *end);

#endif
