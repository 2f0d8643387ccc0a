/* ipc.h - what is specific to the fifo method.
 *
 *   RUNDIR/request          a FIFO (fifo(7)), 0600, the supervisor's; all requests
 *   RUNDIR/answers/         a directory, 0700, the supervisor's
 *   RUNDIR/answers/TOKEN    a FIFO, 0600, one for each client, made by it; TOKEN
 *                           is the record's token as 16 hexadecimal digits
 *
 * A FIFO does not tell who writes, so whoever may open the request FIFO may give
 * commands: root, and the user that runs the supervisor.  Nobody else may ask, but the
 * members of conf/ipc_group.  For them the modes are 0620 (request), 03730 (answers:
 * they can make, open and remove what they have the name of, if it is their own) and
 * 0620 (theirs in it, of that group: a supervisor that is not root is a member).
 *
 * A client makes its FIFO under the name TOKEN.new, opens it for reading and
 * writing, and only then renames it to TOKEN.  So the one without a reader is
 * what a dead client left, whatever its age; and should a sweep take TOKEN.new
 * in the moment before it is opened, renaming fails, and the client begins anew.
 * A client whose TOKEN the supervisor removes has been given up: it sees within
 * IPC_LOOK_MS that its FIFO has no name any more.
 *
 * Records are written whole or not at all (1024 <= PIPE_BUF), but whoever may
 * write may also write less.  The stream finds back: see server.c.
 *
 * The kernel holds a pipe's mutex while it copies to or from a process.  One
 * whose memory does not come (userfaultfd, FUSE) could stop a supervisor that
 * reads or writes the same pipe; root and its own user may as well kill it, and a
 * group is to be trusted so far.
 */
#ifndef CINIT_IPC_FIFO_H
#define CINIT_IPC_FIFO_H

#include <stddef.h>
#include <stdint.h>

#define IPC_REQUEST_NAME "request"
#define IPC_ANSWERS_NAME "answers"
#define IPC_NEW_SUFFIX ".new"
#define IPC_TOKEN_DIGITS 16
#define IPC_NAME_SIZE (IPC_TOKEN_DIGITS + sizeof IPC_NEW_SUFFIX)

#define IPC_REQUEST_MODE 0600
#define IPC_ANSWERS_MODE 0700
#define IPC_REQUEST_GROUP_MODE 0620
#define IPC_ANSWERS_GROUP_MODE 03730

#define IPC_RECORDS 32       /* taken by one cinit_ipc_listen() */
#define IPC_KEPT 8           /* answer FIFOs kept open until the next sweep */
#define IPC_SWEEP_MS 200     /* from a request to the sweep after it */
#define IPC_SWEEP_BYTES 1024 /* of directory entries taken at a time, about 25; two times in a turn */
#define IPC_CLEAR_MAX 4096   /* entries of a dead instance removed at once */
#define IPC_LOOK_MS 1000     /* how often a waiting client looks after the supervisor */

/* A connection of a client.  Descriptors that are not there are -1. */
struct ipc_client {
	const char *rundir;
	uint64_t token;
	int requests, answers;
	int directory;     /* where `answers` is */
	size_t unanswered; /* requests; as many answers may wait in the FIFO */
	size_t room;       /* records that it holds for certain */
};

#endif
