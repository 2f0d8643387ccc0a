/* essential.h - what the end of an essential service means for all others.
 *
 * Read from the file `essential` (cinit-svc(5)).  The judgement is made here,
 * beside the engine and without it, so that the supervisor and cinit.check
 * judge alike: the engine only knows that everything is to stop. */
#ifndef CINIT_TREE_ESSENTIAL_H
#define CINIT_TREE_ESSENTIAL_H

#include "src/tree/config.h"

/* Which ends of a service that is kept running count. */
enum essential {
	ESSENTIAL_NOT,
	ESSENTIAL_EXIT,    /* any */
	ESSENTIAL_SUCCESS, /* exit 0 */
	ESSENTIAL_FAILURE  /* any but exit 0 */
};

/* A main process has ended or was never made, and the engine has not been told yet:
 * the code with which everything ends for it, or -1 if it goes on. */
int essential_code(const struct config *c, const struct engine *e, const struct event *ended);

/* An essential service is wished up and will never come up by itself: it is
 * refused, or blocked by one that failed or is refused. */
bool essential_is_lost(const struct config *c, const struct engine *e, uint32_t svc);
#define ESSENTIAL_LOST_CODE 1

#endif
