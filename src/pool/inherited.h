/* inherited.h - what the manager was started with: listening sockets, the descriptor
 * that says ready, and the socket pair to the supervisor; in a shell, nothing of it.
 *
 * Listening sockets are 3, 4, ... here as in every worker; the number behind them is
 * kept free for what a worker reports on.  The manager's own are from 64 on. */
#ifndef CINIT_POOL_INHERITED_H
#define CINIT_POOL_INHERITED_H

#define INHERITED_FIRST_FD 3
#define INHERITED_OWN_FD 64

struct inherited {
	unsigned n_sockets;
	int ready_fd, control_fd; /* -1: none; close-on-exec */
};

/* Reads the environment, moves what is ours out of the way, and closes every other
 * descriptor but 0 to 2 and *keep_fd, which is moved too.  0, or -1 with errno. */
int inherited_take(struct inherited *in, int *keep_fd);

#endif
