/* rules_fate.h - what becomes of workers, and what their ranks remember of it.
 * rules_fate.c alone keeps the count of failures, rule 8 of rules.h. */
#ifndef CINIT_POOL_RULES_FATE_H
#define CINIT_POOL_RULES_FATE_H

#include "src/pool/rules.h"

/* It became idle just now. */
void fate_become_idle(struct pool *p, uint32_t row, int64_t now);
/* The list of a worker that was told to end. */
enum pool_list fate_stopping_list(const struct pool_worker *w);
/* A serving one is to be told to end; what it was doing goes on. */
void fate_stop(struct pool *p, uint32_t row, enum pool_list list, int64_t now);
/* ... because it has served its requests. */
void fate_recycle(struct pool *p, uint32_t row, int64_t now);
/* It is to be killed, and was lost if it served. */
void fate_kill(struct pool *p, uint32_t row, enum pool_list list, int64_t now);
/* It is gone. */
void fate_remove(struct pool *p, uint32_t row, int64_t now);
/* It has served a request that it was given: its rank forgets. */
void fate_forgive(struct pool *p, const struct pool_worker *w);

#endif
