/* rules_rows.h - the rows of a pool: which list each is in, and what is counted.
 *
 * Every row is in one list (but for those that never were used), and each list is in
 * the order that enum pool_list says, so that who is due or whose turn it is stands at
 * an end of it.  No pool is looked through for that.
 */
#ifndef CINIT_POOL_RULES_ROWS_H
#define CINIT_POOL_RULES_ROWS_H

#include "src/pool/rules.h"

void rows_init(struct pool *p);
bool rows_serves(const struct pool_worker *w);
/* A free row of a worker with this rank, starting; there must be one. */
uint32_t rows_new(struct pool *p, uint32_t rank, int64_t now);
/* The only writer of a worker's state, list and since_ms, and of all counts of them.
 * What the new list is ordered by has to be written before. */
void rows_enter(struct pool *p, uint32_t row, enum worker_state to, enum pool_list list,
                int64_t now);
/* The first of a list that serves, or POOL_NO_ROW; with `old`, of those that a roll has
 * to replace. */
uint32_t rows_first_serving(const struct pool *p, enum pool_list list, bool old);
/* All that serve are to be replaced. */
void rows_mark_old(struct pool *p);

#endif
