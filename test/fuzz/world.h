/* world.h - a supervisor of which the common server half, src/shell/requests.c and
 * services.c, the loader and the engine are real, on a small tree of its own; the
 * method is the oracle (oracle.h), and processes are numbers (machine.h). */
#ifndef FUZZ_WORLD_H
#define FUZZ_WORLD_H

#include "test/fuzz/choice.h"

/* Makes the tree in a directory below $TMPDIR, and boots it. */
void world_begin(void);
/* Removes the tree. */
void world_end(void);

/* One step: mostly a request, else time that passes, a process that ends, a client
 * that is gone, or an answer as a hostile supervisor may send it. */
void world_step(struct choice *s);
/* A shutdown: every request must be answered by its end.  Then a fresh boot. */
void world_round(struct choice *s);

struct world_counts {
	uint64_t answers_read, items_read, workers_read; /* the client's direction */
};

extern struct world_counts world_counts;

/* The seeds of a corpus: writes the i-th input for libFuzzer, and says how long it
 * is; 0 when there are no more. */
#define WORLD_SEED_MAX 2048
size_t world_seed(unsigned i, uint8_t *input);

#endif
