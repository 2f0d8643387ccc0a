/* oracle.h - an IPC method without a medium, and what the contract (ipc/cinit_ipc.h)
 * promises of the answers that come out of it:
 *
 * every accepted request is answered exactly once, to its own address, with its
 * own id; a repeated command is not carried out again and gets the same answer,
 * or while it is pending its address renewed; one that has expired, and one of a
 * client that may not command, is not carried out; what a pool's manager answers comes
 * to whoever asked that; a handle stands for one request and, once that is answered or
 * given up, for none.
 *
 * The rules are written here a second time, against the contract and not after
 * the code.  A breach ends the program (check.h).
 */
#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include "ipc/cinit_ipc.h"

struct oracle_counts {
	uint64_t fed, refused, objected, executed, repeated, renewed, given_up, busy, answers, relayed;
};

extern struct oracle_counts oracle_counts;
extern int64_t oracle_now_ms; /* what record_now_ms() tells everybody */
extern bool oracle_deaf;      /* the next answer finds its client gone */

/* n bytes, the first of them in *r, come in from a client. */
void oracle_feed(const struct ipc_record *r, size_t n, struct ipc_address from, bool may_command);
void oracle_gone(struct ipc_address whom);
/* All clients but those with this bit of a in their address are gone. */
void oracle_only(uint64_t bit);
/* Answers through a handle that was answered already: nothing may come of it. */
void oracle_answer_late(unsigned which);

/* Requests that await their answer. */
unsigned oracle_open(void);

#endif
