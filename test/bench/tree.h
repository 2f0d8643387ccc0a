/* tree.h - makes the directories that are started, below one of its own.
 *
 * The same N services for everybody: `tick`, with one argument where the
 * format has a place for it.  Names are s0000, s0001 and so on.
 *
 *   flat     N services that are kept running
 *   layered  ten layers, each service needs three of the layer before;
 *            once-services, so a layer is over when its programs have exited 0
 *   chain    each needs the one before; once-services
 */
#ifndef BENCH_TREE_H
#define BENCH_TREE_H

#include "test/bench/util.h"

#include <stddef.h>

enum tree_shape { SHAPE_FLAT, SHAPE_LAYERED, SHAPE_CHAIN };
enum tree_format { TREE_CINIT, TREE_RUNIT, TREE_S6 }; /* the last two: SHAPE_FLAT only */

/* Makes the directory for everything.  `tools` has the programs tick and true. */
void trees_init(const char *tools);
/* Its path; trees_remove takes it away with everything in it. */
const char *trees_root(void);
void trees_remove(void);

/* The path of such a tree, made when it is first asked for.  A cinit tree has
 * svc/ with the group init, which needs what has to be named, and a directory
 * run/ beside it. */
void tree_get(char dir[PATH_CAP], enum tree_format format, enum tree_shape shape, size_t n);

#endif
