/* graph.c - the graph of a loaded config, and an engine made of it.  Knows nothing of
 * how a tree is read. */
#include <errno.h>
#include <sys/mman.h>

#include "src/tree/config.h"

static const uint32_t *numbers(const struct config *c, uint32_t offset)
{
	return (const uint32_t *)((uintptr_t)c + offset);
}

struct graph config_graph(const struct config *c)
{
	return (struct graph){
		.n = c->n, .node = config_node(c, 0),
		.need_at = numbers(c, c->need_at), .need = numbers(c, c->need),
		.want_at = numbers(c, c->want_at), .want = numbers(c, c->want),
		.code = (const struct graph_code *)((uintptr_t)c + c->codes), .n_codes = c->n_codes,
	};
}

struct engine *config_make_engine(const struct config *c, bool essential)
{
	struct graph g = config_graph(c);
	size_t bytes = engine_size(&g);
	void *at;

	g.essential = essential;
	if (!bytes) {
		errno = EFBIG;
		return NULL;
	}
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		return NULL;
	engine_build(at, &g);
	return at;
}

void config_free_engine(struct engine *e)
{
	if (e)
		munmap(e, e->size);
}
