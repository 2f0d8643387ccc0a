/* words.h - the vocabulary that engine, wire and clients share.
 *
 * Every enumeration here travels in records and is printed by clients, so a
 * value that was released is never renumbered; new ones go to the end.
 * Pure: no other header of ours is included, nothing here has state.
 */
#ifndef CINIT_WORDS_H
#define CINIT_WORDS_H

#include <stdint.h>

/* A service's name: its path below svc/, bytes without the NUL. */
#define SVC_NAME_MAX 255

/* The one state of a service, named for what it awaits.  HELD, OFF, OFF_KILLED
 * STOPPING, LATE and LATE_KILLED are all "stopping" to a user: state_word() folds
 * them. */
enum svc_state {
	SVC_DOWN,       /* a wish */
	SVC_WAITING,    /* needs up, wants settled */
	SVC_BLOCKED,    /* a failed, refused or stopped need to recover */
	SVC_STARTING,   /* exit 0 of a once-service, exec of a respawn service or its word */
	SVC_UP,         /* nothing */
	SVC_HELD,       /* dependents down, before it is told to stop */
	SVC_OFF,        /* `off` ended */
	SVC_OFF_KILLED, /* `off` gone after KILL */
	SVC_STOPPING,   /* process gone after TERM */
	SVC_KILLING,    /* process gone after KILL */
	SVC_BACKOFF,    /* its delay */
	SVC_FAILED,     /* an operator's start */
	SVC_REFUSED,    /* a load that mends it */
	SVC_LATE,       /* process gone after TERM, because it was not up in time */
	SVC_LATE_KILLED, /* process gone after KILL, likewise */
	SVC_N_STATES
};

/* How a process last ended. */
enum end_kind {
	END_NONE,    /* it never ran, or still runs for the first time */
	END_EXIT,    /* code is the exit code */
	END_SIGNAL,  /* code is the signal */
	END_SPAWN    /* it was never executed: step says where, code is the errno */
};

/* The step of a spawn that failed (END_SPAWN). */
enum spawn_step {
	STEP_NONE,
	STEP_PIPE,    /* making the pipe that reports exec */
	STEP_FORK,    /* making the process */
	STEP_SESSION, /* setsid */
	STEP_CWD,     /* no step any more: the supervisor itself is in / */
	STEP_LIMIT,   /* giving back the original limit of descriptors */
	STEP_SIGNALS, /* unblocking signals */
	STEP_EXEC,    /* execve of `on` or `off` */
	STEP_ARGS,    /* building arguments and environment */
	STEP_FDS,     /* giving it its descriptors */
	STEP_LISTEN,  /* opening its sockets */
	STEP_USER,    /* finding user or group */
	STEP_IDS,     /* becoming that user */
	STEP_ENTRY,   /* what an entry of the service directory asks for: the text names it */
	STEP_N
};

struct end {
	uint8_t kind;   /* enum end_kind */
	uint8_t step;   /* enum spawn_step */
	int16_t code;
};

/* Why a service is in its state, beyond the state's own word. */
enum why {
	WHY_NONE,
	WHY_NEED,       /* awaits the need named */
	WHY_WANT,       /* awaits the want named */
	WHY_CULPRIT,    /* blocked: the service named is not up and will not be by itself */
	WHY_DEPENDENT,  /* must outlive the service named, which is not down yet */
	WHY_EXEC,       /* its program is being executed */
	WHY_RUN,        /* its program has not ended yet */
	WHY_OFF,        /* its off program has not ended yet */
	WHY_PROCESS,    /* its process has not ended yet */
	WHY_DELAY,      /* its back-off delay; the text, if any, is what went wrong */
	WHY_END,        /* how the process ended says it */
	WHY_LOAD,       /* refused, once it is down: the text says what the loader found */
	WHY_READY,      /* its process has not said yet that it is ready */
	WHY_LATE,       /* it was not up in time: the text says what time it had */
	WHY_SAID,       /* the text says it: its program said it before it ended, or it names
	                 * what the start lacked */
	WHY_N
};

/* What a client may ask. */
enum verb {
	VERB_NONE,
	VERB_START,
	VERB_STOP,
	VERB_RESTART,
	VERB_TRY_RESTART,
	VERB_STATUS,     /* one service */
	VERB_LIST,       /* all services, from item i */
	VERB_WAIT,       /* goal in the request */
	VERB_DEPENDENTS, /* who would be stopped along with it, from item i */
	VERB_HALT,
	VERB_POWEROFF,
	VERB_REBOOT,
	VERB_SWITCH,     /* to another root directory: its path, perhaps "\n" and its init */
	VERB_WORKERS,    /* of a pool: how it is, and its workers from item i; see ipc/pool.h */
	VERB_SCALE,      /* of a pool: as many workers at least */
	VERB_ROLL,       /* of a pool: every worker is replaced, one by one */
	VERB_CALL,       /* of a pool: a command of its modules */
	VERB_N
};

/* What a request waits for before it is answered. */
enum goal {
	GOAL_NOW,      /* nothing: answered when accepted */
	GOAL_STARTED,  /* up, or the first state that says it will not be */
	GOAL_STOPPED,  /* no process and none coming */
	GOAL_UP,       /* as STARTED, but being down is no answer yet */
	GOAL_DOWN,     /* no process and none coming by itself */
	GOAL_SETTLED,  /* neither on a timer nor on a process */
	GOAL_N
};

/* What became of a request. */
enum result {
	RES_NONE,
	RES_DONE,
	RES_ACCEPTED,      /* --no-wait */
	RES_NO,            /* the service's state and why say it */
	RES_SHUTDOWN,      /* no starts during a shutdown */
	RES_SUPERSEDED,    /* a later command wished the opposite */
	RES_NEED_NOT_UP,   /* --only: the service named is not up */
	RES_DEPENDENT_UP,  /* --only: the service named is not down */
	RES_STILL_WAITING, /* answer_by has passed */
	RES_EXPIRED,       /* the request came after its expires */
	RES_BUSY,          /* a table of fixed size is full */
	RES_DENIED,        /* this client may not command */
	RES_NO_SERVICE,    /* no such service */
	RES_BAD_NAME,      /* not a name that a service can have */
	RES_BAD_REQUEST,   /* verb, goal or name are off */
	RES_NO_MEMORY,     /* the load that it needed did not fit */
	RES_LOAD,          /* the load that it needed failed: the text says why */
	RES_VERSION,       /* client and supervisor are of different versions */
	RES_NO_ROOT,       /* no root to switch to, or nobody who may */
	RES_NOT_POOL,      /* the service named is no pool */
	RES_POOL,          /* the pool says no: the text says why */
	RES_N
};

/* The state of a pool's worker. */
enum worker_state {
	WORKER_FREE,      /* no worker: its row may be used */
	WORKER_STARTING,  /* made, not up yet */
	WORKER_IDLE,
	WORKER_BUSY,
	WORKER_LEAVING,   /* told to end */
	WORKER_KILLED,    /* killed, not gone yet */
	WORKER_N_STATES
};

/* The words.  An unknown value gives "?", never a fault. */
const char *state_word(unsigned state);
const char *state_detail(unsigned state); /* tells the kinds of stopping apart */
const char *step_word(unsigned step);
const char *result_word(unsigned result);
const char *verb_word(unsigned verb);
const char *worker_word(unsigned state);
/* The verb that this word names, else VERB_NONE. */
enum verb verb_of_word(const char *word);

#endif
