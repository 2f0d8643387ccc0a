/* decide.h - the state machine of one service, as a pure function.
 *
 * decide() looks at one state and a handful of yes-or-no facts and names the
 * next state.  It has no memory, no time and no neighbours: facts.c gathers
 * the facts and engine.c enters what decide() says.  test/engine/transitions prints
 * the whole function as a table, which is kept as a golden file.
 */
#ifndef CINIT_ENGINE_DECIDE_H
#define CINIT_ENGINE_DECIDE_H

#include <stdbool.h>

#include "ipc/words.h"

struct facts {
	bool wish;          /* wished up */
	bool restart;       /* to be stopped once, although wished up */
	bool refused;       /* the loader refused it */
	bool retry_asked;   /* an operator's start since it failed or backed off */
	bool group;         /* has no `on` */
	bool respawn;       /* is kept running */
	bool says_ready;    /* and says by itself when it is up */
	bool has_off;       /* has an `off`, */
	bool was_up;        /*   was up since it was last started, */
	bool off_ran;       /*   and the `off` was run since */
	bool alive;         /* its main process has not been reaped */
	bool off_alive;     /* its off process has not been reaped */
	bool executed;      /* its main process has executed its program */
	bool ready;         /* its main process has said that it is up */
	bool succeeded;     /* its main process ended with exit 0 */
	bool permanent;     /* why it ended, or was never executed, does not pass by itself */
	bool transient;     /* it could not be executed, for a reason that may pass */
	bool late;          /* it was told to end because it was not up in time */
	bool needs_up;      /* every need is up */
	bool need_bad;      /* a need failed, is blocked, refused or was stopped */
	bool need_leaving;  /* a need is being stopped */
	bool wants_settled; /* no want that orders is still on its way */
	bool held;          /* somebody who must be down before it is not yet */
	bool due;           /* the deadline of the state has passed */
};

/* The next state; `state` itself when nothing changes.  Called again after
 * each change until it returns its argument; it always gets there. */
enum svc_state decide(enum svc_state state, const struct facts *f);

#endif
