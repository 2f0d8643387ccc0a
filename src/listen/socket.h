/* socket.h - opens a socket that a service listens on. */
#ifndef CINIT_LISTEN_SOCKET_H
#define CINIT_LISTEN_SOCKET_H

#include "src/listen/address.h"

/* Bound, listening where it is a stream, close-on-exec, blocking.  A path's socket
 * belongs to uid and gid ((uid_t)-1, (gid_t)-1: nobody asked) and has its mode from the
 * beginning; a socket file at which nobody listens any more is replaced.  The
 * descriptor, or -1 with errno.  Waits for nobody. */
int listen_open(const struct listen_address *a, uid_t uid, gid_t gid);

/* What other programs call it (LISTEN_FDNAMES): port or last part of the path. */

#endif
