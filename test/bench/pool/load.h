/* load.h - clients of a TCP server: each request is a connection, what is said on it, and
 * the one segment that comes back. */
#ifndef BENCH_POOL_LOAD_H
#define BENCH_POOL_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct load {
	uint16_t port;         /* on 127.0.0.1 */
	unsigned processes;    /* clients, and */
	unsigned connections;  /*   connections of each at a time */
	unsigned requests;     /* of each process */
	const char *say;
	const char *hear;      /* what the answer begins with */
};

struct load_result {
	double rate;           /* requests a second */
	double p50_us, p99_us; /* from connect() to the answer */
};

/* Runs it to its end; dies when a request fails. */
struct load_result load_run(const struct load *l);

#endif
