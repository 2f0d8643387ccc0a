/* loop.h - waits for signals and for children of a single program.
 *
 * Passes signals on and reaps; it has no tree, no clients and no descriptor to wait on.
 */
#ifndef CINIT_SINGLE_LOOP_H
#define CINIT_SINGLE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/single/options.h"

/* Sets of signals: bit 0 is signal 1. */
struct loop {
	const struct single_options *options;
	pid_t child;
	bool terminal;          /* the program has it */
	uint64_t heard;         /* signals that are waited for; they must be blocked */
	uint64_t drop_once;     /* that we brought upon ourselves */
	/* Our own. */
	bool ended;
	int status;             /* of the program, once it has ended */
	bool stop_asked;        /* we passed on a stop of job control */
	bool reap_due;
	int64_t reap_after_ns;  /* orphans are left alone until then */
};

/* Until the program has ended: the exit code. */
int single_loop(struct loop *l);

#endif
