/* floor.h - the least that starting the services of a cinit tree can cost.
 *
 * A bare loop: reads a service's directory (open, getdents, readlink of `on`,
 * `on.params`), starts its program, goes on with the next.  It reads no needs,
 * keeps no state, watches nothing.  One loop for each way of spawning.
 *
 * The children inherit standard output from this process: the caller puts
 * there what they shall write to.  A child that cannot execute ends with 127,
 * and its record stays away.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include "test/bench/util.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum way {
	WAY_VFORK,       /* vfork, execve */
	WAY_FORK,        /* fork, execve */
	WAY_SPAWN,       /* posix_spawn */
	WAY_CLONE_VFORK, /* clone(CLONE_VM | CLONE_VFORK), execve */
	WAY_CLONE_VM     /* clone(CLONE_VM), execve: does not wait for it; a stack for each child */
};
#define N_WAYS 5

/* "vfork" and so on. */
const char *way_name(enum way way);

/* One program to start, on the memory that its child may need.  A child that
 * is not waited for reads it while the parent goes on: one for each of those. */
struct slot;
struct slot *slots_make(size_t n);
struct slot *slots_at(struct slot *slots, size_t i);
void slots_free(struct slot *slots, size_t n);

/* Starts every service below dir/svc, in the order of the directory; their
 * pids go to pids, at most max; slots has as many.  How many were started. */
size_t floor_spawn_all(enum way way, const char *dir, struct slot *slots, pid_t *pids, size_t max);
/* The same, each after the one before has exited and been reaped. */
size_t floor_spawn_in_sequence(enum way way, const char *dir, struct slot *slot);
/* Reads one service's directory beforehand, ... */
void floor_prepare(const char *dir, const char *name, struct slot *slot);
/* ... and starts what was read, as often as wished. */
pid_t floor_spawn(enum way way, struct slot *slot);

#endif
