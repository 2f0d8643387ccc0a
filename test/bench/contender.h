/* contender.h - who is measured, and how each is started and told to stop.
 *
 * The floors (one for each way of spawning: the benchmark itself is their
 * supervisor), cinit, and the supervisors that are installed here.  All of
 * them see the same environment and have /dev/null as standard input; the
 * messages of the supervisors go to one file.
 */
#ifndef BENCH_CONTENDER_H
#define BENCH_CONTENDER_H

#include "test/bench/floor.h"
#include "test/bench/tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum contender_kind { KIND_FLOOR, KIND_CINIT, KIND_RUNIT, KIND_S6 };

struct contender {
	const char *name;
	enum contender_kind kind;
	enum way way;   /* of a floor */
	bool present;
	const char *absent_why;
};

#define N_CONTENDERS (N_WAYS + 3) /* the floors first, by way; then cinit, runit, s6 */
extern struct contender contenders[N_CONTENDERS];
#define CINIT (&contenders[N_WAYS])

/* Finds cinit as bin/cinit, the others in PATH, unless peers is false.  After
 * trees_init: the messages go to a file there. */
void contenders_init(const char *bin, bool peers);
/* The program `name` in PATH: false when there is none. */
bool contender_find_program(const char *name, char path[PATH_CAP]);

enum tree_format contender_format(const struct contender *who);
/* Starts a supervisor on the tree dir of n services, with out_fd as standard
 * output.  Its pid; failing to execute, it exits 127. */
pid_t contender_exec(const struct contender *who, const char *dir, size_t n, int out_fd);
/* The signal that makes the supervisor stop its services and exit. */
int contender_stop_signal(const struct contender *who);
/* Shows the end of what supervisors said, then dies. */
_Noreturn void contender_fail(const struct contender *who, const char *what, const char *why);
/* Makes fd the standard output of the floors' next children; -1: /dev/null. */
void contender_floor_stdout(int fd);

#endif
