/* load.h - what a client does to be measured, over whatever carries its records.
 *
 * The driver does it over the bare mechanisms, and `asker`, which is built once
 * for each IPC method, over that method.  Results are written to a descriptor in
 * the sizes given here; what fails ends the process with one line and exit 1.
 */
#ifndef BENCH_IPC_LOAD_H
#define BENCH_IPC_LOAD_H

#include <stdint.h>

#define LOAD_RECORD 1024 /* bytes, of every request and of every answer */

/* How one client reaches its server; `client` counts from 0. */
struct load_link {
	void (*open)(unsigned client);
	void (*ask)(void); /* one request and its answer */
	void (*close)(void);
};

/* The head of what is written. */
struct load_result {
	uint64_t requests; /* all, with those that were not counted */
	uint64_t counted;
	uint64_t ns;       /* rates: how long it took */
};

/* `n` round trips of one client, after some that are not counted: a struct
 * load_result, then n times in nanoseconds (uint64_t), in their order. */
void load_trips(const struct load_link *link, unsigned n, int out_fd);
/* How many requests these are in all. */
unsigned load_requests(unsigned n);
/* As many requests as `clients` processes get answered within ms: a struct
 * load_result. */
void load_rate(const struct load_link *link, unsigned clients, unsigned ms, int out_fd);
/* Nothing but connected clients, until in_fd ends: one byte when all are. */
void load_hold(const struct load_link *link, unsigned clients, int in_fd, int out_fd);

#endif
