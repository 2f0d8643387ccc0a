/* descendants.h - reaches every process below this one, where there is no
 * PID namespace of ours to reach them by kill(-1). */
#ifndef CINIT_SHELL_DESCENDANTS_H
#define CINIT_SHELL_DESCENDANTS_H

/* Sends the signal to each descendant found (proc(5), task/TID/children), at
 * most some thousands in one call.  As a subreaper we inherit those whose
 * parents die meanwhile, so calling again until there are none finds all. */
void descendants_signal(int sig);
/* Says who they are: the first `max` of them, with their names. */
void descendants_name(unsigned max);

#endif
