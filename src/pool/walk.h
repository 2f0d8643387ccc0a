/* walk.h - walks one request through the functions of all modules.
 *
 * In a worker only.  It knows neither sockets nor the manager.
 */
#ifndef CINIT_POOL_WALK_H
#define CINIT_POOL_WALK_H

#include "src/pool/cinit/module.h"

/* check, pre, handle (response, cancel), post, release.  CINIT_KEEP: the connection is
 * kept for another request. */
enum cinit_verdict walk(struct cinit_message *m);

#endif
