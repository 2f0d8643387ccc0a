/* outlet.h - descriptor 2, for those who must never wait for whoever reads it.
 *
 * It is shared with others, so its O_NONBLOCK is not ours to set, and that it polls
 * writable is no promise: a terminal may have less room than a line, and others may fill
 * a pipe meanwhile.  So nothing is written to it where the kernel could make us wait:
 *
 *   terminal, other device   a description of our own, opened by /proc/self/fd/2, by
 *                            /dev/tty where that is the same, or by /dev/console; where
 *                            none can be had, a terminal is not written to at all
 *   pipe                     splice(2) from a pipe of our own, which can be told not to wait
 *   socket                   send(2), likewise
 *   file                     itself: it takes what it is given, as long as its disk does
 */
#ifndef CINIT_OUTLET_H
#define CINIT_OUTLET_H

#include <stddef.h>
#include <sys/types.h>

#define OUTLET_MAX 4096 /* bytes taken at once; a pipe takes all of them or none */

/* The bytes that were taken; 0: there is no room now.  -1 with errno: nobody will have
 * them.  What descriptor 2 is may change between two calls. */
ssize_t outlet_write(const char *bytes, size_t n);
/* After 0: what polls writable when there may be room. */
int outlet_fd(void);

#endif
