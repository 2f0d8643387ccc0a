/* host.h - how the manager runs modules, behind one table, so that a build without
 * dlopen has none of it: there host_find() gives NULL.
 *
 * Order, once each: load, init (INIT), begin (MAIN); then for each process, in it,
 * worker or extra.  Functions that fail leave the reason in why (a line of text).
 */
#ifndef CINIT_POOL_HOST_H
#define CINIT_POOL_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/tree/pool_conf.h"

#define HOST_WHY_MAX 256
#define HOST_EXTRA_MAX 16  /* registered extra processes of one pool */

/* What a process of the pool has at hand. */
struct host_io {
	const int *listener;   /* n_listeners descriptors */
	unsigned n_listeners;
	int request_fd;        /* dispatch, else -1 */
	int status_fd;         /* to say busy and available; -1: nobody listens */
	uint32_t keepalive_ms;
	void (*up)(void *arg); /* to be called once child_init has passed */
	void (*failed)(void *arg, const char *why); /* or this, and then the process ends */
	void *arg;
};

struct host {
	/* Objects of pool/modules with their parameters, in order, all symbols resolved
	 * (paths are absolute or below service_dir); then mod_init of each.  -1 with why. */
	int (*load)(int service_fd, const char *service_dir, char *why);
	/* child_init(INIT); n_processes: workers at most, extra processes and the manager. */
	int (*init)(unsigned n_processes, char *why);
	/* child_init(MAIN), just before the manager's loop. */
	int (*begin)(char *why);
	/* Extra processes that modules have registered; valid after load. */
	unsigned (*n_extra)(void);
	/* The life of an extra process, in it: rank -1 - i; its exit code. */
	int (*extra)(unsigned i, const struct host_io *io);
	/* The life of a worker, in it: child_init(rank), then requests until told to end
	 * (SIGTERM, or the end of request_fd); its exit code. */
	int (*worker)(int rank, const struct host_io *io);
	/* A command or RPC: words are n bytes, its name and its arguments with a NUL each.
	 * Writes a text of at most cap bytes with its NUL; 0, or -1 with the reason as text.
	 * It may take long: called in a process of its own. */
	int (*call)(const char *words, size_t n, char *text, size_t cap);
	/* destroy of each module, in reverse order. */
	void (*end)(void);
};

/* NULL in a build without dlopen. */
const struct host *host_find(void);

#endif
