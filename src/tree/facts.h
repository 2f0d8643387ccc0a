/* facts.h - what the value rows of a service mean for the engine.
 *
 * Each value has been judged where it was read (readers.h): here it only becomes a kind, or a
 * time limit.  (What is true of a service that runs is src/engine/facts.h.)
 */
#ifndef CINIT_TREE_FACTS_H
#define CINIT_TREE_FACTS_H

#include "src/engine/engine.h"
#include "src/tree/values.h"

/* The node of a service with these n rows. */
struct graph_node facts_of(const struct value *row, uint32_t n);

#endif
