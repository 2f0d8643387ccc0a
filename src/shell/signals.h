/* signals.h - what a signal to the supervisor means, by mode.
 *
 * Only translates: what comes of a request to end or to reload is life's to say.
 */
#ifndef CINIT_SHELL_SIGNALS_H
#define CINIT_SHELL_SIGNALS_H

#include <stdint.h>
#include <sys/types.h>

/* Blocks every signal but those of a fault, as the first call of main(): the kernel drops
 * what comes to PID 1 of a namespace before it is blocked or handled.  *before is the mask
 * that was inherited; bit 0 is signal 1. */
void signals_block(uint64_t *before);
/* For what is over before the loop runs: the mask as it was. */
void signals_restore(const uint64_t *before);
/* Resets every signal to its default, blocks all, and opens a descriptor that
 * reads them: -1 with errno on failure.  Nothing is handled in a handler. */
int signals_open(void);
/* Takes what has arrived: 0, or, if children may have ended, 1 and in *pid the
 * one that was named.  Only a hint: ends are merged, and senders can lie. */
int signals_take(int fd, pid_t *pid);

#endif
