/* reload.h - the tree is read again while it runs.
 *
 * Swapped whole or not at all.  Nothing is stopped by it, but what a new need
 * that fails takes along; what a service says now counts from its next start.
 * What could not be read for a reason that may pass is tried LOAD_TRIES times by the child
 * that loads (loading.h); what a boot could not read, for LOAD_BOOT_MS. */
#ifndef CINIT_SHELL_RELOAD_H
#define CINIT_SHELL_RELOAD_H

#include <stdbool.h>
#include <stdint.h>

/* A reload that was asked for, and what the boot could not read; struct shell has it. */
struct reload {
	bool wanted;    /* it waits for the end of another load */
	bool settled;   /* the boot has settled, but for what it could not read */
	unsigned stale; /* loads in a row that did not fit any more */
	int64_t again_ms; /* when what the boot could not read is tried again, or 0, */
	int64_t boot_ms;  /* and until when that goes on */
	int64_t pause_ms;
};

/* Somebody asks for it: life decides when. */
void reload_ask(void);
/* Begins it: once no other load is under way.  Its end is reported to life. */
void reload_begin(void);
/* Called once a turn: begins one that waits. */
void reload_turn(void);
/* The boot's load met faults, and went on without what it could not read: that is read
 * again, and meanwhile nobody judges what came up. */
void reload_after_boot(void);
bool reload_mends_boot(void);

#endif
