/* child.h - makes the process of a single program.
 *
 * Nothing is allocated and no descriptor opened.  What becomes of the process is loop.h's.
 */
#ifndef CINIT_SINGLE_CHILD_H
#define CINIT_SINGLE_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/single/options.h"

/* What the program inherits although we have changed it for ourselves. */
struct inherited {
	uint64_t mask;        /* of blocked signals, bit 0 is signal 1 */
	char on_child[64];    /* the kernel's action for SIGCHLD */
};

/* Blocks every signal but those in `spared`, and takes SIGCHLD, which a parent
 * may have left ignored: then no child could be waited for.  `mask` is what was
 * blocked when we were executed.  0, or -1 with errno. */
int child_take_signals(struct inherited *was, uint64_t mask, uint64_t spared);
/* The program, on its way to exec: its pid, or -1 with errno. */
pid_t child_start(const struct single_options *o, const struct inherited *was, bool terminal);

#endif
