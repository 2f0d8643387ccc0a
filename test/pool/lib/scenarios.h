/* scenarios.h - what has to hold, each by name. */
#ifndef TEST_POOL_SCENARIOS_H
#define TEST_POOL_SCENARIOS_H

#include <stdbool.h>
#include <stdint.h>

/* Plays all and prints a line for each; how many failed. */
uint64_t scenarios_run(bool trace);

#endif
