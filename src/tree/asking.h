/* asking.h - which services ask somebody who sits at a terminal, by the name of their program.
 *
 * THE list of these names, for the start of a process and for cinit.check.  Nothing is looked up
 * here: it is the text of the link that counts.
 */
#ifndef CINIT_TREE_ASKING_H
#define CINIT_TREE_ASKING_H

#include <stdbool.h>

#include "src/tree/values.h"

/* A shell or sulogin with no arguments, nobody's but ours, of which no entry says what its
 * standard input is: on a machine it gets the console, as with the first cinit. */
bool asking_shell(const struct rows *rows);

/* The name of a program that is known to ask, though nothing says whom: it will find nobody.
 * Or NULL. */
const char *asking_nobody(const struct rows *rows);

#endif
