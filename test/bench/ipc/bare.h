/* bare.h - the four mechanisms with nothing around them: a server that gives
 * each record back, and clients, two plain processes and more.
 *
 * Each request is received into memory of the server's own, and each answer into
 * the client's: what every method has to do as well.  Nothing is checked, nobody
 * waits with a time limit, no client may come later. */
#ifndef BENCH_IPC_BARE_H
#define BENCH_IPC_BARE_H

#include "test/bench/ipc/load.h"

struct bare {
	const char *method; /* whose mechanism it is */
	const char *title;
	void (*make)(unsigned clients); /* before the processes */
	void (*serve)(unsigned clients); /* for ever */
	struct load_link link;
	void (*unmake)(void);
};

/* NULL: none for this method. */
const struct bare *bare_of(const char *method);
/* Ends what a broken measurement left; called by the driver's cleanup. */
void bare_clean(void);

#endif
