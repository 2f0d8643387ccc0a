/* facts.c - rows -> kind and time limits, as the table of entries says. */
#include "src/tree/facts.h"

#include "src/limits.h"

static void apply(struct graph_node *node, const struct value *row, bool *delay)
{
	const struct entry *e = &entries[row->entry];

	node->kind |= e->kind;
	switch ((enum entry_limit)e->limit) {
	case LIMIT_NONE: break;
	case LIMIT_ON: node->on_ms = row->at; break;
	case LIMIT_OFF: node->off_ms = row->at; break;
	case LIMIT_DELAY:
		node->delay_ms = row->at;
		*delay = true;
		break;
	}
}

/* What is given for the whole of a stop bounds a step of it, too. */
struct graph_node facts_of(const struct value *row, uint32_t n)
{
	struct graph_node node = {.delay_ms = STOP_DELAY_MS};
	bool delay = false, whole = false;

	for (; n; n--, row++) {
		apply(&node, row, &delay);
		whole |= row->entry == ENTRY_TIMEOUT_OFF;
	}
	if (whole && !delay)
		node.delay_ms = node.off_ms;
	return node;
}
