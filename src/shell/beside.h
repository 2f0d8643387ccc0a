/* beside.h - where the programs are that the supervisor itself starts.
 *
 * Looks, and starts nothing.  Called before the loop runs: it may touch a disk.
 */
#ifndef CINIT_SHELL_BESIDE_H
#define CINIT_SHELL_BESIDE_H

#include <stddef.h>

/* The path of a program that is installed with the supervisor: in the directory of its
 * own binary, by /proc/self/exe, else by argv0 if that is a path, else where it was to
 * be installed.  The first place where there is one, or the last of them.  Always
 * terminated; nothing fits that is longer than cap - 1 bytes. */
void beside(const char *argv0, const char *name, char *path, size_t cap);

#endif
