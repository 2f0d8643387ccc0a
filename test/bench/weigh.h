/* weigh.h - what the supervisor of a life holds and does while it idles.
 *
 * Both sum over the supervisor and its helpers (a runsv or s6-supervise for
 * each service), never the services.
 */
#ifndef BENCH_WEIGH_H
#define BENCH_WEIGH_H

#include "test/bench/life.h"

/* KB of proportional set size, once several readings in a row agree. */
long weigh_pss_kb(const struct life *life);
/* Context switches so far. */
long weigh_switches(const struct life *life);

#endif
