/* ipc.h - what is specific to the message queue method.
 *
 * Two System V queues (msgget(2)), requests in and answers out, both 0600: who
 * may open them may command.  With conf/ipc_group they are 0660 and 0640, of that
 * group: to send, a member needs no more than 0620, but a client looks whose queue
 * it has found before it believes it, and to look is to read.  A request has type 1; an answer has its client's
 * random token as type, so that nobody takes another's by accident.  Lock, keys
 * and bell are those of ipc/sysv.h: no file system is needed.
 *
 * A client publishes, then rings.  The server clears the bell, then drains.  A client
 * that finds the queue of requests full comes again after a while, a random one that
 * grows to a tenth of a second, until its request expires.  What does not fit the
 * queue of answers is kept and follows when there is room: from the moment the queue
 * is half full every answer bears MSQ_RING, and whoever takes it rings once more.
 * Answers that nobody takes are withdrawn: those of the dead with the next request or
 * a second after they were sent; those of clients that do not read, once others have
 * waited for MSQ_PATIENCE_MS.
 *
 * At an orderly end the queues go, once the last answers have been taken
 * (MSQ_END_MS); those of a supervisor that was killed are removed by the next one.
 */
#ifndef CINIT_IPC_MSQ_H
#define CINIT_IPC_MSQ_H

#include <limits.h>
#include <stdint.h>

#include "ipc/record.h"
#include "ipc/sysv.h"

#define MSQ_MODE 0600
#define MSQ_REQUESTS_GROUP_MODE 0660
#define MSQ_ANSWERS_GROUP_MODE 0640
#define MSQ_REQUEST 1L
#define MSQ_RING 0x8000u        /* in `flags` of an answer: ring when you have taken it */
#define MSQ_QBYTES (256 * 1024) /* asked for; an ordinary user has what the kernel gives */
#define MSQ_REQUESTS 32         /* taken by one cinit_ipc_listen() */
#define MSQ_PATIENCE_MS 20      /* with a queue of answers in which nothing moves */
#define MSQ_SLOW_MS 250         /* an answer to a slow client waits for the others'; who was
                                 * slow on a busy machine still has it within a second */
#define MSQ_KEEP_MS 10000       /* an answer that its living client does not take */
#define MSQ_SWEEP_MS 1000       /* after which the dead are looked for, once */
#define MSQ_LOOK_MS 100         /* between looks at whether the queues are still there */
#define MSQ_END_MS 200          /* for the last answers, when all is over */
#define MSQ_ANEW_MS 1000        /* a client waits so long for queues that are made anew */

struct msq_request {
	long type;
	unsigned char bytes[sizeof(struct ipc_record) + 1]; /* one more tells what is too long */
};

struct msq_answer {
	long type;
	struct ipc_record record;
};

/* A connection of a client. */
struct ipc_client {
	const char *rundir;
	struct sysv_holder holder;
	int requests, answers;
	uint64_t token;
	unsigned outstanding;     /* requests without an answer */
	struct ipc_record *stash; /* answers taken while requests waited for room */
	unsigned stash_first, n_stashed;
};

/* The type of this token's answers: positive, and never that of a request. */
static inline long msq_type(uint64_t token)
{
	long type = (long)(token & (uint64_t)LONG_MAX);

	return type > MSQ_REQUEST ? type : type + 2;
}

#endif
