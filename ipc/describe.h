/* describe.h - says in words why a service is in its state: the same words on
 * the supervisor's console and in every client. */
#ifndef CINIT_IPC_DESCRIBE_H
#define CINIT_IPC_DESCRIBE_H

#include "ipc/record.h"
#include "ipc/text.h"

/* "exit 2", "killed by signal 9 (KILL)", "exec: No such file or directory"; ""
 * if nothing has ended yet. */
void describe_end(struct text *t, const struct end *end);
/* A length of time with the decimals that it has: "5 s", "0.25 s". */
void describe_time(struct text *t, int64_t ms);
/* "needs mount/root, which failed: exit 2", "was not up within 5 s, again in 0.1 s";
 * "" when the state's word says all.  Times are given relative to now_ms. */
void describe_why(struct text *t, const struct ipc_item *item, int64_t now_ms, bool utf8);

#endif
