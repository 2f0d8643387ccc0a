/* single.h - one program in place of a tree: what tini and dumb-init are used for.
 *
 * Reaps all orphans, passes signals on, ends as the program ends.  No tree, no
 * IPC, no allocation, no descriptor.
 */
#ifndef CINIT_SINGLE_H
#define CINIT_SINGLE_H

#include <stdbool.h>
#include <stdint.h>

/* Is this command line that of a single program?  It is when we are called by
 * another's name, or when a word `--` is followed by a program.  The kernel
 * hands no `--` to its first process, so a machine's boot never looks like that. */
bool single_wanted(char **argv);
/* Runs it; the exit code.  `mask` is that of the signals that were blocked when we were
 * executed, and so will be for the program; all are blocked now but those of a fault. */
int single_main(char **argv, uint64_t mask);

#endif
