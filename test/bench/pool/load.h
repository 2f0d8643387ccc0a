/* load.h - clients of a TCP server: each request is a connection, a line, its echo. */
#ifndef BENCH_POOL_LOAD_H
#define BENCH_POOL_LOAD_H

#include <stddef.h>
#include <stdint.h>

struct load {
	uint16_t port;         /* on 127.0.0.1 */
	unsigned processes;    /* clients, and */
	unsigned connections;  /*   connections of each at a time */
	unsigned requests;     /* of each process */
};

struct load_result {
	double rate;           /* requests a second */
	double p50_us, p99_us; /* from connect() to the echo */
};

/* Runs it to its end; dies when a request fails. */
struct load_result load_run(const struct load *l);

#endif
