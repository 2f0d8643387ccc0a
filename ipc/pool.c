/* pool.c - rows about a pool in a record's payload: copied, never cast. */
#include "ipc/pool.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(struct ipc_pool) == 56, "no padding in what travels");
static_assert(sizeof(struct ipc_worker) == 32, "no padding in what travels");

void record_put_pool(struct ipc_record *r, const struct ipc_pool *pool)
{
	memcpy(r->payload, pool, sizeof *pool);
	r->payload_len = sizeof *pool;
	r->n_items = 0;
}

bool record_put_worker(struct ipc_record *r, const struct ipc_worker *worker)
{
	if (r->n_items >= IPC_WORKERS_AT_ONCE)
		return false;
	memcpy(r->payload + r->payload_len, worker, sizeof *worker);
	r->payload_len = (uint16_t)(r->payload_len + sizeof *worker);
	r->n_items++;
	return true;
}

bool record_is_pool(const struct ipc_record *r)
{
	return r->n_items <= IPC_WORKERS_AT_ONCE
	       && r->payload_len == sizeof(struct ipc_pool) + r->n_items * sizeof(struct ipc_worker);
}

bool record_get_pool(const struct ipc_record *r, struct ipc_pool *pool)
{
	if (!record_is_pool(r))
		return false;
	memcpy(pool, r->payload, sizeof *pool);
	return true;
}

bool record_get_worker(const struct ipc_record *r, unsigned i, struct ipc_worker *worker)
{
	if (!record_is_pool(r) || i >= r->n_items)
		return false;
	memcpy(worker, r->payload + sizeof(struct ipc_pool) + i * sizeof *worker, sizeof *worker);
	return true;
}

void record_set_text(struct ipc_record *r, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof r->payload)
		n = sizeof r->payload;
	memcpy(r->payload, text, n);
	r->payload_len = (uint16_t)n;
	r->n_items = 0;
}
