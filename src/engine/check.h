/* check.h - inside the engine: the two halves of engine_check(), and when a build that
 * looks for faults calls it.
 *
 * CINIT_CHECK is set by the build: 1, once in each turn of the loop (by the shell); 2,
 * after every event and action too, in engines of up to CHECK_EACH_MAX services, where
 * what is found ends the process on the spot.  Without it nothing is looked at. */
#ifndef CINIT_ENGINE_CHECK_H
#define CINIT_ENGINE_CHECK_H

#include "src/engine/engine.h"
#include "src/limits.h"

/* check.c: the block, its graph, and that every value is one that can be. */
const char *check_block(struct engine *e, size_t bytes);
/* recount.c: what follows from other values of a block that can be read, but may be wrong:
 * classes, counters, queue, deadlines, waiters, what a state allows. */
const char *check_recount(const struct engine *e);

#if defined CINIT_CHECK && CINIT_CHECK > 1
static inline void check_each(struct engine *e)
{
	const char *volatile wrong = e->n > CHECK_EACH_MAX ? NULL : engine_check(e, e->size);

	if (wrong)
		__builtin_trap();
}
#else
static inline void check_each(struct engine *e)
{
	(void)e;
}
#endif

#endif
