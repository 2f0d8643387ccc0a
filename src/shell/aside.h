/* aside.h - work that may hang, done by a process of its own.
 *
 * Its end is awaited by nobody but for a moment, where the caller says so, and its result is
 * not heard of: what has to be known comes by a pipe of its own (loading.h). */
#ifndef CINIT_SHELL_ASIDE_H
#define CINIT_SHELL_ASIDE_H

/* Runs work(arg) in a child, which has a copy of all memory and no descriptor but 0 to 2; waits
 * for its end, wait_ms at most.  That no child can be made is said: the work is not done. */
void aside_run(void (*work)(void *arg), void *arg, int wait_ms);

#endif
