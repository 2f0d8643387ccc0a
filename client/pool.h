/* pool.h - what cinit.svc shows of pools, and their commands.
 *
 * Only services that are pools are asked about: whoever looks at others pays nothing for it.
 * All goes by way of the supervisor; a pool's manager is never spoken to.
 */
#ifndef CINIT_CLIENT_POOL_H
#define CINIT_CLIENT_POOL_H

#include "client/run.h"
#include "ipc/text.h"

/* A pool as its manager told it; not known where the service is none, or is not up. */
struct pool_view {
	bool known;
	struct cinit_pool pool;
	struct cinit_pool_worker *workers;
	size_t n;
};

/* Asks about those of n items that are pools.  NULL if there is none. */
struct pool_view *pool_views(const struct run *r, const struct cinit_item *items, size_t n);
void pool_views_free(struct pool_view *views, size_t n);

/* Behind the table of services, and as members of a service's JSON object. */
void pool_tables(struct text *out, const struct cinit_item *items, const struct pool_view *views,
                 size_t n);
void pool_json(struct text *out, const struct pool_view *view);

/* `call NAME COMMAND ARG...`: prints what it says. */
enum code pool_call(const struct run *r);

#endif
