/* verdict.h - the table at the end: what cinit reached of what it is to reach. */
#ifndef BENCH_VERDICT_H
#define BENCH_VERDICT_H

#include "test/bench/plan.h"

void verdict_print(const struct plan *plan);

#endif
