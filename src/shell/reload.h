/* reload.h - the tree is read again while it runs.
 *
 * Swapped whole or not at all.  Nothing is stopped by it, but what a new need
 * that fails takes along; what a service says now counts from its next start. */
#ifndef CINIT_SHELL_RELOAD_H
#define CINIT_SHELL_RELOAD_H

/* Asks for it; begun once the engine has nothing to hand out, and no other load is under way. */
void reload_ask(void);
/* Called when that is so. */
void reload_turn(void);

#endif
