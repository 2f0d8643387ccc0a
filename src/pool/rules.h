/* rules.h - decides how many workers a pool has, which of them takes the next
 * request, and when each has to end.
 *
 * Pure, like the engine of services: no system call, no allocation, no clock, no
 * errno, no randomness.  Events and the time go in, actions come out:
 *
 *     pool_event(p, now, &ev);
 *     while (pool_next(p, now, &act))
 *             carry_out(&act);
 *     sleep until an event or pool_deadline(p)
 *
 * struct pool is one block of rows that name each other by index, without a
 * pointer: it may be copied, hashed and gone back to.  A row is a process of the
 * manager's; what a worker says about itself is telemetry: an event that does not
 * fit the row's state is ignored, and none of them names another row.
 *
 * A worker counts as serving from its start until it is told to end or killed.  One
 * that ends untold, is killed for its time (6) or does not take its request is lost.
 * Rules:
 *  1. Serving workers are at most max, but for one more while a roll waits for a
 *     new worker to be up; and at least min once settled, unless one that is
 *     missing waits out its back-off, POOL_ROWS processes are there, the pool has
 *     failed, or it drains.
 *  2. Dispatch: a request is given, once the pool is ready, to an idle worker only, to
 *     the one that became idle most recently; one request at a time; none once it was
 *     told to end.
 *  3. A pool grows, one worker at a time, when a request waits (share: when a worker
 *     is busy) and none is idle or starting, up to max.
 *  4. Idle workers above `idle` (never below min) are told to end one by one, the
 *     longest idle first, when it has been idle for idle_ms.
 *  5. A worker that has served `requests` is told to end, and replaced.  Not before
 *     the pool is ready; who has served them by then, after its next one.  Share: since
 *     that is its own word, its rank is started again POOL_RECYCLE_MS after it was at
 *     the earliest.
 *  6. A busy worker is killed timeout_ms after its request began, told to end or not.
 *  7. A roll replaces each worker that was there when it began, one at a time: a new
 *     one is up before an old one is told to end, and none is begun while another is
 *     missing.  It waits until the pool is ready.  A second roll meanwhile begins it
 *     anew: it takes in the workers that the first has brought.
 *  8. A worker that is lost is replaced at once, under the lowest rank that is free.
 *     One that was lost before it was up, or within POOL_HEALTHY_MS of its start, counts
 *     against its rank: the first replacement comes at once, the next after
 *     POOL_BACKOFF_FIRST_MS, doubling up to POOL_BACKOFF_MAX_MS.  A worker of that rank
 *     that lives longer clears it when it goes; so does, in dispatch, the first request
 *     that one serves.  In share mode that it has served is its own word: the delay is
 *     then POOL_BACKOFF_FIRST_MS at most.  While a rank waits, no other is started in
 *     its place.  Growth (3) has such a count of its own: a worker that it started and
 *     that is lost so early is not replaced, and the next is begun after that delay.
 *  9. Until min workers have been up together once, the pool is starting: a worker
 *     that ends untold meanwhile fails the pool.  One that has failed starts and gives
 *     nothing any more.
 * 10. Drain: no start, no request is given, every worker is told to end; done when
 *     the last is gone.
 * 11. A worker that was told to end and is still there after POOL_LEAVE_MS is killed; a
 *     busy one has timeout_ms for its request (0: as long as it takes; the supervisor
 *     bounds the whole of a stop), and POOL_LEAVE_MS after it.  Share: it may have
 *     taken requests just before it was told; that it began them is believed until
 *     POOL_LEAVE_MS after that.
 *
 * How long a worker may take to be up is not limited here.
 *
 * Times are milliseconds of one clock that never goes back.  POOL_NEVER is no time.
 */
#ifndef CINIT_POOL_RULES_H
#define CINIT_POOL_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/words.h"

#ifndef POOL_MAX                   /* tests have smaller pools */
#define POOL_MAX 256               /* pool/max at most */
#endif
#define POOL_ROWS (2 * POOL_MAX)   /* with those that were told to end and are not gone */
#define POOL_NO_ROW UINT32_MAX
#define POOL_NEVER INT64_MAX

#define POOL_HEALTHY_MS 1000
#define POOL_BACKOFF_FIRST_MS 100
#define POOL_BACKOFF_MAX_MS 30000
#define POOL_LEAVE_MS 5000
#define POOL_RECYCLE_MS 20

struct pool_limits {
	uint32_t min, max;    /* 1 <= min <= max <= POOL_MAX */
	uint32_t idle;        /* idle workers kept; at least min */
	uint32_t requests;    /* a worker serves, 0: no limit */
	int64_t idle_ms;      /* until a worker above `idle` ends */
	int64_t timeout_ms;   /* of one request, 0: no limit */
	bool dispatch;        /* never changes while the pool lives */
};

enum pool_list {
	POOL_LIST_FREE,      /* the row gone last first */
	POOL_LIST_STARTING,  /* by age */
	POOL_LIST_IDLE,      /* the longest idle first */
	POOL_LIST_BUSY,      /* by busy_ms; those that leave as well */
	POOL_LIST_TODO,      /* to be told or killed: the action is not handed out yet */
	POOL_LIST_LEAVING,   /* without a request, by since_ms */
	POOL_LIST_KILLED,
	POOL_N_LISTS
};

struct pool_worker {
	int64_t started_ms;
	int64_t since_ms;     /* in its state; of a leaving one: since it was told, or
	                       * finished its request after that */
	int64_t idle_ms;      /* when it last became idle */
	int64_t busy_ms;      /* when its request began, or POOL_NEVER; kept while it leaves */
	int64_t told_ms;      /* to end */
	uint64_t idle_order;  /* higher: became idle later */
	uint64_t served;
	uint32_t rank;        /* 1 to max + 1, unique among the serving */
	uint32_t before, after; /* rows beside it in its list, or POOL_NO_ROW */
	uint8_t state;        /* enum worker_state */
	uint8_t list;         /* enum pool_list */
	bool was_up;
	bool reports;         /* has ever said that it was busy, or the pool dispatches */
	bool old;             /* to be replaced by the roll */
	bool grown;           /* started by growth */
};

/* What a rank remembers of the workers that had it. */
struct pool_rank {
	int64_t retry_ms;     /* not started before */
	uint32_t failures;    /* in a row */
	bool taken;           /* by one that serves */
};

struct pool_ends {
	uint32_t first, last;
};

struct pool {
	struct pool_limits limits; /* in force: given, and scale */
	struct pool_limits given;
	uint32_t scale;       /* min by POOL_EV_SCALE, 0: none */
	uint32_t wanted;      /* workers now, min to max: what growth and idleness make of it */
	uint64_t order;       /* the last idle_order given */
	uint64_t served, recycled, crashed, killed; /* in all; crashed: untold, and not orderly */
	uint32_t n[WORKER_N_STATES]; /* rows in each state, but for WORKER_FREE */
	uint32_t serving;     /* starting, idle and busy */
	uint32_t n_old;       /* of them: to be replaced by the roll */
	uint32_t high;        /* rows below this were ever used */
	uint32_t failed_row;
	bool waiting;         /* dispatch: a request is known to wait */
	bool ready, said_ready, failed, said_failed;
	bool draining, said_drained;
	bool rolling;
	struct pool_ends list[POOL_N_LISTS];
	struct pool_rank rank[POOL_MAX + 2]; /* by rank; 0 is that of growth */
	struct pool_worker worker[POOL_ROWS];
};

enum pool_event_kind {
	POOL_EV_UP,        /* row: it is up (child_init passed, or its program was executed) */
	POOL_EV_ENDED,     /* row: it is gone, or could not be made; orderly: exit 0 */
	POOL_EV_BUSY,      /* share: row says that it has begun a request */
	POOL_EV_AVAILABLE, /* row says that it has finished one */
	POOL_EV_REQUEST,   /* dispatch: a request waits */
	POOL_EV_NOTHING,   /* dispatch, answering POOL_ACT_GIVE: there was none after all */
	POOL_EV_UNABLE,    /* dispatch, answering POOL_ACT_GIVE: row does not take it; the
	                    * request still waits, the worker is killed.  Both come before
	                    * anything else about that row, but for its end */
	POOL_EV_LIMITS,    /* limits: other values from now on */
	POOL_EV_SCALE,     /* n: min from now on, also with other limits; max and idle are
	                    * raised with it where needed, not for good */
	POOL_EV_ROLL,
	POOL_EV_DRAIN
};

struct pool_event {
	enum pool_event_kind kind;
	uint32_t row;
	uint32_t n;
	bool orderly;
	struct pool_limits limits;
};

enum pool_action_kind {
	POOL_ACT_START,    /* make a worker for this row, with this rank */
	POOL_ACT_TELL,     /* tell it to end */
	POOL_ACT_KILL,
	POOL_ACT_GIVE,     /* dispatch: a waiting request is its own.  None is known to wait
	                    * after it: who knows of another says so again */
	POOL_ACT_READY,    /* min workers are up, said once */
	POOL_ACT_FAILED,   /* row failed before that, said once */
	POOL_ACT_ROLLED,   /* all rolls that were asked for are over (or given up: the pool
	                    * drains or has failed) */
	POOL_ACT_DRAINED   /* everybody is gone, said once */
};

struct pool_action {
	enum pool_action_kind kind;
	uint32_t row;      /* POOL_NO_ROW where the kind names none */
	uint32_t rank;     /* POOL_ACT_START */
};

/* Limits that contradict each other are bent: min is kept. */
void pool_init(struct pool *p, const struct pool_limits *limits);
/* Rows that never were, or are free, are ignored. */
void pool_event(struct pool *p, int64_t now, const struct pool_event *ev);
/* The next action, already entered into the rows; false: there is none now. */
bool pool_next(struct pool *p, int64_t now, struct pool_action *act);
/* When pool_next() has to be called again although no event came; POOL_NEVER of a pool
 * in which nothing is due. */
int64_t pool_deadline(const struct pool *p);

/* Dispatch: is it any use to know of a waiting request?  While not, the manager
 * leaves requests in the kernel's queue. */
bool pool_listens(const struct pool *p);

#endif
