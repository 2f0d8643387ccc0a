/* serve.h - the life of a worker that is modules: takes requests, as any worker does,
 * and walks each through the modules. */
#ifndef CINIT_POOL_SERVE_H
#define CINIT_POOL_SERVE_H

#include "src/pool/host.h"

/* Until it is told to end; the exit code. */
int serve(int rank, const struct host_io *io);

#endif
