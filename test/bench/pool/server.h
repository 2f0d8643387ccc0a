/* server.h - what is compared: servers that say a line back, and idle pools. */
#ifndef BENCH_POOL_SERVER_H
#define BENCH_POOL_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#define SERVER_WORKERS 4

/* Where the programs are: cinit.pool, and example/ below it. */
extern const char *server_bin;
extern char server_dir[]; /* for trees of ours */

struct server {
	pid_t pid;      /* its manager, or the parent of the bare loop */
	uint16_t port;
};

/* The least: a socket, so many processes that accept, say the line back, close. */
struct server server_bare(void);
/* cinit.pool in mode `share` or `dispatch` with that many workers of the example echo. */
struct server server_pool(const char *mode, unsigned workers);
void server_end(struct server *s);

/* A service directory's file. */
void server_put(const char *name, const char *text);

#endif
