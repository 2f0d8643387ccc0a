/* signals.h - what a signal to the supervisor means, by mode. */
#ifndef CINIT_SHELL_SIGNALS_H
#define CINIT_SHELL_SIGNALS_H

/* Resets every signal to its default, blocks all, and opens a descriptor that
 * reads them: -1 with errno on failure.  Nothing is handled in a handler. */
int signals_open(void);
/* Takes what has arrived: true if a child may have ended. */
int signals_take(int fd);

#endif
