/* cinit_ipc.h - the contract between the supervisor and an IPC method.
 *
 * Each method (a folder beside this file) implements exactly three functions
 * and three variables; everything that is the same in all methods stands in
 * ipc/server.c.  No method knows anything of src/.
 *
 *     client --record--> method --ipc_receive()--> server.c --cinit_ipc_request()--> src/
 *     src/ --ipc_answer()--> server.c --cinit_ipc_send()--> method --record--> client
 *
 * Nothing here blocks, for anyone's sake; work per call is bounded.
 */
#ifndef CINIT_IPC_H
#define CINIT_IPC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/record.h"

/* ---- implemented by each method ---- */

/* Creates the endpoint below ipc_rundir, fresh: what a dead instance left is
 * taken over, what a stranger made is removed or refused, never used.
 * 1 on success; 0 on failure, then ipc_problem says why and it may be tried again.
 *
 * Somebody may remove or change any part of it meanwhile.  In RUNDIR the supervisor
 * sees that, as it sees every change there, and tries again soon; so an attempt that
 * fails because something is lacking must, repeated, change nothing in RUNDIR.  For
 * what is not in RUNDIR the method sets ipc_recheck: that it is to be tried again soon. */
int cinit_ipc_init(void);

/* Takes a fixed number of waiting requests, each copied once, and hands them to
 * ipc_receive().  Sets ipc_more when it stopped at its bound.  1, or 0 when the
 * endpoint is lost: then everything of it has been closed and cinit_ipc_init()
 * makes a new one.  With ipc_recheck set, it first compares the endpoint's path
 * with what it holds. */
int cinit_ipc_listen(void);

/* Sends one answer, a struct ipc_record, to the client that its handle names.
 * 1, or 0 if that client is gone or does not read: it loses its answer, nobody
 * else anything. */
int cinit_ipc_send(void *data);

extern int ipc_fd;       /* readable when cinit_ipc_listen() is to be called; -1: none */
extern bool ipc_more;    /* call it again without sleeping */

/* What the method needs of this system, the last one with `what` NULL.  Each is
 * tried with objects of its own, which go again: 0, or -1 with errno. */
struct ipc_need {
	const char *what;
	int (*attempt)(void);
};
extern const struct ipc_need ipc_needs[];

/* ---- set by a method, read by the loop ---- */

/* When cinit_ipc_listen() wants to be called although ipc_fd is not readable
 * (CLOCK_BOOTTIME, milliseconds; INT64_MAX: never): for what a dead client
 * left.  Set when something was sent or taken, never over and over. */
extern int64_t ipc_due_ms;
/* Closes the endpoint at an orderly end and leaves nothing in the kernel; NULL: there
 * is nothing to do. */
extern void (*ipc_at_end)(void);

/* ---- set by the supervisor ---- */

extern const char *ipc_rundir;  /* absolute; set before cinit_ipc_init() */
extern bool ipc_recheck;        /* the endpoint may have been removed or hidden */
/* Whose members may command, too.  A method that cannot give it what it needs sets
 * it to none, and ipc_problem says why. */
#define IPC_NO_GROUP ((gid_t)-1)
extern gid_t ipc_group;

/* ---- defined by src/ ---- */

/* One request, checked, not expired, not a repetition.  It must be answered
 * with ipc_answer(), at once or later, by way of request->handle. */
void cinit_ipc_request(const struct ipc_record *request, bool may_command);
/* A request whose answer is known already is repeated: answer it again. */
void cinit_ipc_repeat(const struct ipc_record *request, uint16_t result, uint32_t service);
/* The client behind a handle is gone: its request may be forgotten. */
void cinit_ipc_gone(uint32_t handle);

/* ---- implemented by ipc/server.c ---- */

#define IPC_PENDING_MAX 1088   /* requests taken and not answered yet: WAITERS_MAX and some */

/* Where an answer goes: two words whose meaning is the method's own. */
struct ipc_address {
	uint64_t a, b;
};

extern char ipc_problem[256];
/* Sets ipc_problem: "what: why" with the text of errno. */
void ipc_set_problem(const char *what, int err);
/* The group cannot be served: it is given up. */
void ipc_give_up_group(const char *what, int err);

/* For methods: makes the endpoint; where that fails with the group, without it.  NULL,
 * or the step that failed, with errno.  EIDRM is nobody's fault: what had just been made
 * was removed, and is to be made again soon, for the group as well. */
const char *ipc_make(const char *(*make)(void), void (*close_all)(void));

/* For methods: n bytes came in, copied into *r, from a client that may or may
 * not give commands.  False when they were no record that can be answered. */
bool ipc_receive(struct ipc_record *r, size_t n, struct ipc_address from, bool may_command);
/* For methods: the address that a handle stands for; false if it is none. */
bool ipc_address_of(uint32_t handle, struct ipc_address *out);
/* For methods: a client is gone; its pending requests are given up. */
void ipc_gone(struct ipc_address whom);

/* For methods without connections: asks `alive` about the client of each pending
 * request and gives up those of the dead. */
void ipc_give_up_dead(bool (*alive)(struct ipc_address whom));

/* For src/: fills the rest of the answer to the request of this handle and
 * sends it.  The record has result, items and list fields; `service` is
 * remembered for a repetition. */
void ipc_answer(struct ipc_record *answer, uint32_t handle, uint32_t service);
/* For src/: service i is map[i] now (UINT32_MAX: gone), for all i below n. */
void ipc_services_moved(const uint32_t *map, uint32_t n);

#endif
