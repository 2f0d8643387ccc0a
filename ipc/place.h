/* place.h - where the tree and the run-time directory are: one answer for all
 * programs, so that a client finds the supervisor that was started alike.
 *
 *   tree:   -c, $CINIT_DIR, and for an ordinary user $XDG_CONFIG_HOME/cinit or
 *           $HOME/.config/cinit where that exists; else /etc/cinit
 *   RUNDIR: -r, $CINIT_RUN, and for an ordinary user $XDG_RUNTIME_DIR/cinit;
 *           else /run/cinit
 *
 * An empty variable counts as unset.  The result is absolute.
 */
#ifndef CINIT_PLACE_H
#define CINIT_PLACE_H

#include <stddef.h>

/* 0, or -1 with errno (ENAMETOOLONG, or from getcwd). `option` may be NULL. */
int place_dir(const char *option, char *buf, size_t cap);
int place_rundir(const char *option, char *buf, size_t cap);

#endif
