/* tick.h - what a started service of the benchmark reports.
 *
 * One record, one write, to the standard output that it inherited: a pipe
 * that the benchmark holds.  The service reads the clock itself, so whoever
 * waits for the records may look for them as rarely as it likes, and does not
 * take the processors from those that are being measured.
 */
#ifndef BENCH_TICK_H
#define BENCH_TICK_H

#include <stdint.h>

#define TICK_MAGIC 0x6b636974u

struct tick {
	uint64_t ns;    /* CLOCK_MONOTONIC when main began */
	int32_t pid;
	uint32_t magic;
};

_Static_assert(sizeof(struct tick) == 16, "records divide a pipe's buffer evenly");

#endif
