/* watch.h - tells that something may have happened to the endpoint (inotify(7)).
 *
 * Watched are RUNDIR, what stands in it, and whether its parent is moved: not what
 * clients do, who only open, read and write.  Where there is no RUNDIR, what comes to
 * stand in its parent is watched instead.  Where inotify is not to be had, a loss is
 * noticed with the next recheck.
 *
 * So that nothing is missed, whoever looks at the endpoint calls watch_drain() before
 * and watch_follow() after it: what happens from the one on is a sign.  His own changes
 * are signs as well, for nobody can tell whose a change was.  They lead to one look
 * more, which changes nothing if all was in order, and so is the last.
 */
#ifndef CINIT_IPC_WATCH_H
#define CINIT_IPC_WATCH_H

#include <stdbool.h>

/* Forgets what has happened so far.  A descriptor, the same each time, which becomes
 * readable with the next sign; or -1. */
int watch_drain(void);
/* Watches what the paths lead to now.  True where that is something else than before:
 * what has happened to it meanwhile was not seen, and counts as a sign. */
bool watch_follow(const char *rundir);

#endif
