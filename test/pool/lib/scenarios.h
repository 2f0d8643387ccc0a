/* scenarios.h - what has to hold, each by name. */
#ifndef TEST_POOL_SCENARIOS_H
#define TEST_POOL_SCENARIOS_H

#include <stdbool.h>

/* Plays all and prints a line for each; how many failed. */
unsigned scenarios_run(bool trace);

#endif
