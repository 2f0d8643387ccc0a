/* watch.h - tells that something may have happened to the endpoint (inotify(7)).
 *
 * Watched are RUNDIR, what stands in it, and whether its parent is moved: not what
 * clients do, who only open, read and write.  Where inotify is not to be had, a loss
 * is noticed with the next recheck.
 */
#ifndef CINIT_IPC_WATCH_H
#define CINIT_IPC_WATCH_H

/* Forgets what has happened so far, and watches what is there now: a descriptor that
 * becomes readable, the same each time, or -1.  Look at the endpoint afterwards. */
int watch_renew(const char *rundir);

#endif
