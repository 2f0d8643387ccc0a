/* aside.h - work that may hang, done by a process of its own.
 *
 * Nobody waits for its end, and its result is not heard of: what has to be known comes by a
 * pipe of its own (loading.h).  A stop sees the process among those that are left. */
#ifndef CINIT_SHELL_ASIDE_H
#define CINIT_SHELL_ASIDE_H

/* Runs work(arg) in a child, which has a copy of all memory and no descriptor but 0 to 2.  Where
 * no child can be made, the work is not done, and `undone` is said. */
void aside_run(const char *undone, void (*work)(void *arg), void *arg);

#endif
