/* pool_conf.h - what a service directory says of its pool: pool/, as in cinit-svc(5).
 *
 * One reader for the loader, the checker and the manager, so that what one of them
 * accepts is what the others see.  It allocates nothing.
 */
#ifndef CINIT_TREE_POOL_CONF_H
#define CINIT_TREE_POOL_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POOL_WORKERS_MAX 256    /* of one pool: POOL_MAX of rules.h */
#define POOL_MODULES_MAX 8191   /* bytes of pool/modules */
#define POOL_MODULES_BYTES (POOL_MODULES_MAX + 1)
#define POOL_WHERE_MAX 224
#define POOL_REQUESTS_MAX 1000000000

enum pool_mode { POOL_SHARE, POOL_DISPATCH };

struct pool_conf {
	uint32_t min, max, idle;  /* workers */
	uint32_t requests;        /* of one worker, 0: no limit */
	uint32_t idle_time_ms;
	uint32_t timeout_ms;      /* of one request, 0: no limit */
	uint32_t keepalive_ms;
	enum pool_mode mode;
	bool has_modules;
};

/* Reads pool/ of the service directory service_fd, pool/modules included.  0; or -1, and
 * `where` (such as "pool/min" or "pool/min: 'x'") with *why say what is wrong. */
int pool_conf_read(int service_fd, struct pool_conf *conf, char where[POOL_WHERE_MAX],
                   const char **why);

/* The lines of pool/modules, each "OBJECT [NAME=VALUE ...]" with single or more spaces
 * between the words, empty lines left out, terminated by NUL each, in buf
 * (POOL_MODULES_BYTES): how many, 0 without that file; or -1 as above.  OBJECT is a path,
 * absolute or below the service directory. */
int pool_conf_modules(int service_fd, char *buf, char where[POOL_WHERE_MAX], const char **why);

/* The names that mean something in pool/: the i-th, NULL behind the last. */
const char *pool_conf_name(unsigned i);

#endif
