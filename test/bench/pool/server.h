/* server.h - what is compared: servers that say a line back, or a page, and idle pools. */
#ifndef BENCH_POOL_SERVER_H
#define BENCH_POOL_SERVER_H

#include <stdint.h>
#include <sys/types.h>

#define SERVER_WORKERS 4

/* Where the programs are: cinit.pool, and example/ below it. */
extern const char *server_bin;
extern char server_dir[]; /* for trees of ours */

struct server {
	pid_t pid;      /* its manager, or the parent of the bare loop or of nginx */
	uint16_t port;
};

/* The least: a socket, so many processes that accept, say the line back, close. */
struct server server_bare(void);
/* cinit.pool in mode `share` or `dispatch` with that many workers of an example, `echo`
 * or `http`, each of which serves one connection at a time. */
struct server server_pool(const char *mode, const char *example, unsigned workers);
/* nginx with as many worker processes, if it is installed and may be run: pid 0 if
 * not.  What it serves is a short text of its configuration, no file. */
struct server server_nginx(void);
void server_end(struct server *s);

/* A file in server_dir. */
void server_put(const char *name, const char *text);
/* A port that nobody has now. */
uint16_t server_free_port(void);

#endif
