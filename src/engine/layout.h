/* layout.h - inside the engine: where in its block everything stands.  Whoever builds an
 * engine and whoever judges one ask the same function. */
#ifndef CINIT_ENGINE_LAYOUT_H
#define CINIT_ENGINE_LAYOUT_H

#include "src/engine/engine.h"

/* Fills the byte offsets of e from its counts (n, n_need, n_want, n_wanter, n_codes);
 * the bytes of the whole.  The offsets are right only if these fit 32 bits. */
uint64_t engine_lay_out(struct engine *e);

#endif
