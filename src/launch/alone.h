/* alone.h - steps of a process that has memory of its own: they read files of others and use
 * libc, so that the supervisor, which waits for nobody, does neither.
 */
#ifndef CINIT_LAUNCH_ALONE_H
#define CINIT_LAUNCH_ALONE_H

#include "src/launch/steps.h"

/* Looks up whom the entries user, group and groups name: *c->found, and the variables at
 * c->login.  0; or -errno, and c->words say more. */
long alone_find_ids(const struct child *c);
/* Opens the sockets that the supervisor has not opened, hands each over to it and gives it its
 * number.  Likewise. */
long alone_open_sockets(const struct child *c);

#endif
