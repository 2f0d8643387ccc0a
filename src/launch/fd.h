/* fd.h - where descriptors of ours lie, and how a process lets go of them.
 *
 * Those that a child gets begin at FD_OWN here, whatever they become there.
 */
#ifndef CINIT_LAUNCH_FD_H
#define CINIT_LAUNCH_FD_H

/* What is passed on to a process has numbers from here on, so that none of it, nor what the
 * process reports on, is overwritten in the child by what another becomes there. */
#define FD_OWN 64

/* The same descriptor with such a number; the one given is closed.  -1 with errno
 * (EINVAL: RLIMIT_NOFILE is too low for it). */
int fd_move_up(int fd);

/* Closes all from the one to the other; without close_range(2), those below FD_SEARCH. */
#define FD_SEARCH 1024
void fd_close_range(unsigned from, unsigned to);

#endif
