/* describe.h - says in words why a service is in its state: the same words on
 * the supervisor's console and in every client. */
#ifndef CINIT_IPC_DESCRIBE_H
#define CINIT_IPC_DESCRIBE_H

#include "ipc/record.h"
#include "ipc/text.h"

/* "exit 2", "killed by signal 9 (KILL)", "exec: No such file or directory"; ""
 * if nothing has ended yet. */
void describe_end(struct text *t, const struct end *end);
/* "needs mount/root, which failed: exit 2", "waits for exit 0 of its program";
 * "" when the state's word says all.  Times are given relative to now_ms. */
void describe_why(struct text *t, const struct ipc_item *item, int64_t now_ms, bool utf8);

#endif
