/* reload.h - the tree is read again while it runs.
 *
 * Swapped whole or not at all.  Nothing is stopped by it, but what a new need
 * that fails takes along; what a service says now counts from its next start. */
#ifndef CINIT_SHELL_RELOAD_H
#define CINIT_SHELL_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

/* A reload that was asked for; struct shell has it. */
struct reload {
	bool wanted;    /* it waits for the end of another load */
	unsigned stale; /* loads in a row that did not fit any more */
};

/* Somebody asks for it: life decides when. */
void reload_ask(void);
/* Begins it: once no other load is under way.  Its end is reported to life. */
void reload_begin(void);
/* Called once a turn: begins one that waits. */
void reload_turn(void);

#endif
