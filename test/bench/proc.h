/* proc.h - what /proc says of processes, and the end of those we started.
 *
 * The benchmark is a subreaper, so whatever a supervisor leaves becomes its
 * child, and every child of it is a process that it started, or one of theirs.
 */
#ifndef BENCH_PROC_H
#define BENCH_PROC_H

#include <stddef.h>
#include <sys/types.h>

#define PROCS_MAX 8192 /* two for each service of the largest size that main accepts */

/* The children of parent, at most max of them: how many. */
size_t proc_children(pid_t parent, pid_t *pids, size_t max);
/* Proportional set size in KB, of one live process. */
long proc_pss_kb(pid_t pid);
/* Context switches of one live process so far, asked for and not. */
long proc_switches(pid_t pid);
/* KILL to every child, again until there is none, each signalled while it is
 * still unreaped.  Never fails: it serves the last cleanup as well. */
void proc_kill_children(void);

#endif
