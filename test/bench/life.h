/* life.h - one life of one contender: started, watched, stopped, each timed.
 *
 * Several may live at once.  Times are milliseconds, on CLOCK_MONOTONIC, and
 * the services themselves say when they ran (tick.h).  Whatever goes wrong
 * ends the benchmark.
 */
#ifndef BENCH_LIFE_H
#define BENCH_LIFE_H

#include "test/bench/contender.h"
#include "test/bench/tick.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SERVICES_MAX 4000 /* their records all fit into one pipe */

struct life {
	const struct contender *who;
	char dir[PATH_CAP]; /* its tree */
	pid_t pid;          /* of the supervisor; 0 for a floor */
	int records_fd;     /* what the services write is read here */
	int services_fd;    /* the other end, of a floor only; else -1 */
	uint64_t begun_ns;
	size_t n;
	struct tick *ticks; /* n, in the order of their arrival */
	pid_t *pids;        /* n children, of a floor */
	struct slot *slots; /* n, of a floor */
};

/* Starts n services: the time from the exec of the supervisor (or the begin
 * of the loop) to the main of the last service. */
double life_start(struct life *life, const struct contender *who, enum tree_shape shape, size_t n);
/* The whole life of a floor: a chain, each service after the one before. */
double life_sequence(const struct contender *who, size_t n);
/* Waits until it has been up for longer than a second: before that, runit and
 * s6 delay a restart, and runit a stop. */
void life_settle(const struct life *life);
/* KILL to the i-th service: the time until the main of its successor. */
double life_restart(struct life *life, size_t i);
/* The stop signal to the supervisor: the time until it has exited, of the peers
 * also until nobody holds the services' standard output.  A floor: TERM to every child, the time
 * until the last is reaped.  The life is over then. */
double life_stop(struct life *life);
/* Ends it without waiting for what the peers wait for: unmeasured. */
void life_end(struct life *life);
/* The same for every contender that is present, from the first-th on: all are
 * started, then settled; lives[i] belongs to contenders[i]. */
void lives_start(struct life lives[N_CONTENDERS], size_t first, size_t n);
void lives_end(struct life lives[N_CONTENDERS], size_t first);
/* The supervisor and its helpers, all but the services: how many. */
size_t life_supervisors(const struct life *life, pid_t *pids, size_t max);

#endif
