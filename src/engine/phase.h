/* phase.h - which state of the supervisor's life follows, as a pure function.
 *
 * phase_next() looks at one state and a handful of yes-or-no facts and names the
 * next state.  It has no memory and no time: life.c gathers the facts and enters
 * what is said.  test/life/transitions prints the whole function as a table, which
 * is kept as a golden file. */
#ifndef CINIT_PHASE_H
#define CINIT_PHASE_H

#include "src/engine/life.h"

struct life_facts {
	bool machine;     /* it runs a machine */
	bool pid1;        /* it is process 1 */
	bool stop;        /* a stop is wanted, */
	bool forced;      /*   without stopping anything, */
	bool goes_on;     /*   for a rescue or another root: the machine does not end, */
	bool switches;    /*   and it is another root */
	bool loaded;      /* the tree is in place */
	bool load_failed; /* it cannot be read */
	bool tree;        /* there is one, this one or an earlier one */
	bool start;       /* it has its start service */
	bool shell_first; /* a shell was asked for in place of the boot */
	bool settled;     /* the boot has settled, */
	bool hollow;      /*   and nothing came up */
	bool ended;       /* the helper of the state has ended, or the switch has failed */
	bool unstarted;   /* the helper of the state could not be executed */
	bool down;        /* all services are down */
	bool gone;        /* nobody is left who would be waited for */
	bool due;         /* the deadline of the state has passed */
};

/* The next state; `state` itself when nothing changes.  Called again after each
 * change until it returns its argument; it always gets there, as entering a state
 * clears the facts that the state awaits. */
enum life_state phase_next(enum life_state state, const struct life_facts *f);

#endif
