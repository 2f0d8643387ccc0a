/* single.h - one program in place of a tree: what tini and dumb-init are used for.
 *
 * Reaps all orphans, passes signals on, ends as the program ends.  No tree, no
 * IPC, no allocation, no descriptor.
 */
#ifndef CINIT_SINGLE_H
#define CINIT_SINGLE_H

#include <stdbool.h>

/* Is this command line that of a single program?  It is when we are called by
 * another's name, or when a word `--` is followed by a program.  The kernel
 * hands no `--` to its first process, so a machine's boot never looks like that. */
bool single_wanted(char **argv);
/* Runs it; the exit code. */
int single_main(char **argv);

#endif
