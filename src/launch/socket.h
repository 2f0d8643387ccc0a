/* socket.h - opens a socket that a service listens on.
 *
 * An address comes in, a descriptor goes out.  No name is looked up, and no service known;
 * who keeps the socket is held.h's and channels.h's.
 */
#ifndef CINIT_LAUNCH_SOCKET_H
#define CINIT_LAUNCH_SOCKET_H

#include "src/tree/address.h"

/* Bound, listening where it is a stream, close-on-exec, blocking.  A path's socket
 * has its mode from the beginning, and belongs to uid and gid ((uid_t)-1, (gid_t)-1:
 * nobody asked) before anybody can connect; a socket file at which nobody listens any
 * more is replaced, whatever else lies there is not (EADDRINUSE).  The directory has to
 * be there.  The descriptor, or -1 with errno.  Waits for nobody; changes the umask
 * for a moment, so no other thread may make files meanwhile. */
int listen_open(const struct listen_address *a, uid_t uid, gid_t gid);

#endif
