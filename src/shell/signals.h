/* signals.h - what a signal to the supervisor means, by mode. */
#ifndef CINIT_SHELL_SIGNALS_H
#define CINIT_SHELL_SIGNALS_H

#include <sys/types.h>

/* Resets every signal to its default, blocks all, and opens a descriptor that
 * reads them: -1 with errno on failure.  Nothing is handled in a handler. */
int signals_open(void);
/* Takes what has arrived: 0, or, if children may have ended, 1 and in *pid the
 * one that was named.  Only a hint: ends are merged, and senders can lie. */
int signals_take(int fd, pid_t *pid);

#endif
