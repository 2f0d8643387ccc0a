/* check.h - looks whether the supervisor's own block and the engine agree with each other and
 * with the system.
 *
 * CINIT_CHECK is set by the build (src/engine/check.h has its values): 1, once in each turn of
 * the loop; 2, after every event and action too, with trees of up to CHECK_EACH_MAX services.
 * What is found ends the supervisor on the spot.  Without it nothing is looked at.
 */
#ifndef CINIT_SHELL_CHECK_H
#define CINIT_SHELL_CHECK_H

#include "src/shell/shell.h"

/* What is wrong, or NULL: everything in *s that can be counted again is right, and each
 * descriptor that it names is open.  Its config and engine are trusted: engine_check() looks at
 * that one. */
const char *shell_check(const struct shell *s);

/* At the end of a turn, and after one event or action: both checks, as far as the build wants
 * them. */
#ifdef CINIT_CHECK
void check_turn(void);
#else
static inline void check_turn(void)
{
}
#endif
#if defined CINIT_CHECK && CINIT_CHECK > 1
void check_event(void);
#else
static inline void check_event(void)
{
}
#endif

#endif
