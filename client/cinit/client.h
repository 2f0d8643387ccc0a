/* client.h - libcinit: asks a cinit supervisor about services, and tells it what to
 * do with them.
 *
 *     struct cinit c;
 *     struct cinit_item web;
 *
 *     if (cinit_connect(&c, NULL) != CINIT_OK || cinit_status(&c, "web", &web) != CINIT_OK)
 *             fprintf(stderr, "%s\n", cinit_problem(&c));
 *     else
 *             printf("%s is %s\n", web.name, cinit_state_word(web.state));
 *     cinit_close(&c);
 *
 * A library is built for one of the IPC methods, and so talks only to supervisors
 * that are built for the same: cinit_method().
 *
 * Handles.  A struct cinit is the caller's: on the stack, static, or inside
 * something else.  So connecting allocates nothing, which matters to a program that
 * asks one question and ends, and a connection that failed still has its text.
 * What is in it is the library's own; it must not be copied or moved while it is
 * in use.  There may be any number of connections.  Each is used by one thread at a
 * time, and by the process that made it: a child of fork(2) makes its own.
 *
 * The process.  Nothing is printed or changed; connections share no variable (but
 * which signals they use, below); SIGPIPE is never raised.  A signal that has a
 * handler interrupts no call: it goes on.  No call is async-signal-safe.
 *   With method msq a wait that is not over at once ends in time by a signal to this
 * thread: a real-time signal that has no handler, and is not blocked here if there
 * is one.  It has a handler that does nothing until the call returns; then all is as
 * it was.  Where all have handlers, the call looks every ten milliseconds instead.
 *   With method socket, a RUNDIR of more than 100 bytes, and no /proc, the working
 * directory is changed for a moment.
 *
 * Times are milliseconds of CLOCK_BOOTTIME, as cinit_now_ms() tells it.
 *
 * Names of services are bytes, at most CINIT_NAME_MAX, without a NUL.  Texts that
 * the library makes are fit for a terminal: in them, bytes of names that are no
 * printable characters are written as \xNN.
 *
 * A newer supervisor may know states, results and so on that are not listed here.
 * They come through as numbers, and their word is "?": a switch needs a default.
 */
#ifndef CINIT_CLIENT_H
#define CINIT_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CINIT_NAME_MAX 255

/* A connection, of which little is touched in most uses. */
struct cinit {
	long long room[1400];
};

/* What became of a call.  All but CINIT_OK leave a text in cinit_problem(). */
enum cinit_error {
	CINIT_OK,
	CINIT_REFUSED,       /* the supervisor answered no */
	CINIT_ABSENT,        /* nobody answers for this RUNDIR */
	CINIT_OTHER_METHOD,  /* somebody does, on another IPC method */
	CINIT_DENIED,        /* this user may not ask, or not command */
	CINIT_NO_SERVICE,    /* there is no service of this name */
	CINIT_OTHER_VERSION, /* the supervisor's version is too different */
	CINIT_LOST,          /* the connection has ended: connect anew */
	CINIT_TIMEOUT,       /* the time is over: no answer, or not done within limit_ms.  What was
	                      * begun goes on, and an answer may still come */
	CINIT_USAGE,         /* the call makes no sense: see the text */
	CINIT_MEMORY,
	CINIT_SYSTEM         /* a system call failed: see the text */
};

/* ---- connecting ---- */

/* Connects to the supervisor of RUNDIR; NULL: where cinit.svc would look ($CINIT_RUN,
 * for an ordinary user $XDG_RUNTIME_DIR/cinit, else /run/cinit).  After it, whatever
 * it returned, cinit_problem() and cinit_close() may be called. */
enum cinit_error cinit_connect(struct cinit *c, const char *rundir);
/* Gives everything back.  Requests under way are still carried out; their answers
 * are lost.  Once more does no harm. */
void cinit_close(struct cinit *c);
/* The same at the end of a process: leaves to the kernel what the kernel takes back. */
void cinit_leave(struct cinit *c);

/* The last call that failed, in one line without a newline, "where: what: why". */
const char *cinit_problem(const struct cinit *c);
/* RUNDIR, absolute, as it is; "" if it could not be found. */
const char *cinit_rundir(const struct cinit *c);
/* "socket", "fifo", "msq", "shm": what this library was built for. */
const char *cinit_method(void);

/* ---- services ---- */

enum cinit_state {
	CINIT_STATE_DOWN,       /* not wished up */
	CINIT_STATE_WAITING,    /* for a need to be up, or a want to be settled */
	CINIT_STATE_BLOCKED,    /* a need has failed, is refused or was stopped */
	CINIT_STATE_STARTING,   /* its program has to end, to say that it is ready, or to be executed */
	CINIT_STATE_UP,
	CINIT_STATE_HELD,       /* stopping: for dependents to be down */
	CINIT_STATE_OFF,        /* stopping: for its off program */
	CINIT_STATE_OFF_KILLED, /* stopping: for its off program, after KILL */
	CINIT_STATE_STOPPING,   /* for its process, after TERM */
	CINIT_STATE_KILLING,    /* for its process, after KILL */
	CINIT_STATE_BACKOFF,    /* for its next start */
	CINIT_STATE_FAILED,     /* for a start by hand */
	CINIT_STATE_REFUSED,    /* its files are bad */
	CINIT_STATE_LATE,       /* stopping: for its process, which was not up in time, after TERM */
	CINIT_STATE_LATE_KILLED /* stopping: likewise, after KILL */
};

/* Why a service is in its state: cinit_why() says it in words. */
enum cinit_why {
	CINIT_WHY_NONE,      /* the state says all */
	CINIT_WHY_NEED,      /* awaits the need that `other` names */
	CINIT_WHY_WANT,      /* awaits that want */
	CINIT_WHY_CULPRIT,   /* that need will not be up by itself */
	CINIT_WHY_DEPENDENT, /* that dependent is not down yet */
	CINIT_WHY_EXEC,      /* its program is being executed */
	CINIT_WHY_RUN,       /* its program has not ended yet */
	CINIT_WHY_OFF,       /* its off program has not ended yet */
	CINIT_WHY_PROCESS,   /* its process has not ended yet */
	CINIT_WHY_DELAY,     /* its back-off delay; `other`, if any, is what went wrong, in words */
	CINIT_WHY_END,       /* how its process ended */
	CINIT_WHY_LOAD,      /* `other` is what is wrong with its files, in words */
	CINIT_WHY_READY,     /* it has not said yet that it is ready */
	CINIT_WHY_LATE,      /* it was not up in time; `other` is the time that it had, as "5 s" */
	CINIT_WHY_SAID       /* `other` is why, in words: what its program said, or what it lacks */
};

/* How a process ended. */
enum cinit_end_kind {
	CINIT_END_NONE,   /* it did not yet */
	CINIT_END_EXIT,   /* code is the exit code */
	CINIT_END_SIGNAL, /* code is the signal */
	CINIT_END_SPAWN   /* it was not executed: code is the errno, step what failed */
};

struct cinit_end {
	uint8_t kind; /* enum cinit_end_kind */
	uint8_t step; /* for cinit_step_word() */
	int16_t code;
};

enum cinit_item_flag {
	CINIT_ITEM_WISHED = 1,  /* it is to be up */
	CINIT_ITEM_RESPAWN = 2, /* it is kept running */
	CINIT_ITEM_GROUP = 4,   /* it has no program */
	CINIT_ITEM_POOL = 8     /* it is a pool of workers: cinit_workers() */
};

/* A service as it was at one moment. */
struct cinit_item {
	int64_t since_ms;       /* in this state; 0: ever since */
	int64_t deadline_ms;    /* when the state ends by itself; 0: it does not */
	int32_t pid;            /* of its main process, or 0; as the supervisor sees it */
	uint8_t state;          /* enum cinit_state */
	uint8_t why;            /* enum cinit_why */
	uint8_t flags;          /* enum cinit_item_flag */
	uint8_t crashes;        /* restarts that the back-off remembers */
	struct cinit_end last;  /* how its process last ended */
	struct cinit_end other_last;
	uint8_t other_state;    /* of the service that `other` names */
	uint8_t name_len, other_len;
	char name[CINIT_NAME_MAX + 1];  /* with a NUL, which is not counted */
	char other[CINIT_NAME_MAX + 1]; /* as `why` says; likewise */
};

/* ---- simple calls ----
 *
 * They ask and wait.  Answers to other requests that come meanwhile are dropped, so
 * they are not to be mixed with requests under way.  A supervisor that does not
 * answer a question for ten seconds is CINIT_TIMEOUT. */

/* One service, or CINIT_NO_SERVICE. */
enum cinit_error cinit_status(struct cinit *c, const char *name, struct cinit_item *item);

/* All services, or those that would be stopped along with this one, as one consistent
 * picture.  CINIT_OK with n items, which the caller gives to free(3). */
enum cinit_error cinit_list(struct cinit *c, struct cinit_item **items, size_t *n);
enum cinit_error cinit_dependents(struct cinit *c, const char *name, struct cinit_item **items,
                                  size_t *n);

/* What is to be done. */
enum cinit_verb {
	CINIT_START = 1,   /* with what it needs and wants, until it is up or will not be */
	CINIT_STOP,        /* with what needs it, until it is down */
	CINIT_RESTART,     /* what needs it stops and comes back */
	CINIT_TRY_RESTART, /* the same, of what is up */
	CINIT_STATUS,      /* one item */
	CINIT_LIST,        /* items, page by page */
	CINIT_WAIT,        /* for a goal */
	CINIT_DEPENDENTS,  /* items, page by page */
	CINIT_HALT,        /* these three end the system: answered at once */
	CINIT_POWEROFF,
	CINIT_REBOOT,
	CINIT_SWITCH,      /* to another root: the name is its path, perhaps "\n" and its init */
	CINIT_WORKERS,     /* a pool and its workers, page by page */
	CINIT_SCALE,       /* a pool: `from` is how many workers it keeps at least from now on */
	CINIT_ROLL,        /* a pool: every worker is replaced, one by one */
	CINIT_CALL         /* a pool: a command of its modules, with words */
};

enum cinit_flag {
	CINIT_ONLY = 1,    /* touch no other service: refused if that cannot be */
	CINIT_NO_WAIT = 2, /* answered when it is accepted */
	CINIT_LAST = 4,    /* nothing else will be asked: the connection may end with the answer */
	CINIT_FORCE = 8,   /* of the end of a system: nothing is stopped, all is killed */
	CINIT_KEXEC = 16   /* of a reboot: into the kernel that was loaded, if any */
};

/* Carries out a verb (not those that give items): CINIT_OK when it is done, with
 * CINIT_NO_WAIT when it is accepted; CINIT_REFUSED, CINIT_DENIED or CINIT_NO_SERVICE
 * with the reason as text.  `name` is NULL for the last three verbs.  limit_ms: how long it
 * may take, then CINIT_TIMEOUT says what is awaited (what was begun goes on); 0: as long as
 * it takes. */
enum cinit_error cinit_command(struct cinit *c, enum cinit_verb verb, const char *name,
                               unsigned flags, int64_t limit_ms);

enum cinit_goal {
	CINIT_GOAL_UP = 3, /* or the first state that says that it will not be */
	CINIT_GOAL_DOWN,
	CINIT_GOAL_SETTLED /* neither on a timer nor on a process; without a name: all */
};

/* Waits until a service has reached the goal; limit_ms likewise. */
enum cinit_error cinit_await(struct cinit *c, const char *name, enum cinit_goal goal,
                             int64_t limit_ms);

/* ---- several requests under way ---- */

/* A request.  Set all that is not named to 0. */
struct cinit_request {
	enum cinit_verb verb;
	const char *name;     /* or NULL */
	unsigned flags;       /* enum cinit_flag */
	enum cinit_goal goal; /* of CINIT_WAIT */
	int64_t limit_ms;     /* after it the answer is CINIT_RESULT_STILL_WAITING; 0: never */
	uint32_t from;        /* of verbs that give items: the first that is wanted */
	const char *const *words; /* of CINIT_CALL: the command and its arguments; all together
	                           * less than 700 bytes */
	size_t n_words;
};

enum cinit_result {
	CINIT_RESULT_DONE = 1,
	CINIT_RESULT_ACCEPTED,     /* of CINIT_NO_WAIT */
	CINIT_RESULT_NO,           /* the item's state and why say it */
	CINIT_RESULT_SHUTDOWN,     /* no starts in a shutdown */
	CINIT_RESULT_SUPERSEDED,   /* a later command wished the opposite */
	CINIT_RESULT_NEED_NOT_UP,  /* of CINIT_ONLY: the second item is not up */
	CINIT_RESULT_DEPENDENT_UP, /* of CINIT_ONLY: the second item is not down */
	CINIT_RESULT_STILL_WAITING,
	CINIT_RESULT_EXPIRED,      /* the supervisor was too busy to begin within ten seconds */
	CINIT_RESULT_BUSY,         /* a table of fixed size is full: try again later */
	CINIT_RESULT_DENIED,       /* commands are for root and the supervisor's user */
	CINIT_RESULT_NO_SERVICE,
	CINIT_RESULT_BAD_NAME,
	CINIT_RESULT_BAD_REQUEST,
	CINIT_RESULT_NO_MEMORY,
	CINIT_RESULT_LOAD,         /* its files could not be loaded */
	CINIT_RESULT_VERSION,
	CINIT_RESULT_NO_ROOT,      /* no root to switch to, or nobody who may */
	CINIT_RESULT_NOT_POOL,
	CINIT_RESULT_POOL          /* the pool says no: cinit_answer_said() says why */
};

struct cinit_answer {
	uint64_t id;         /* of the request */
	uint32_t verb;       /* enum cinit_verb, of the request */
	uint32_t result;     /* enum cinit_result */
	uint32_t n_items;    /* in this answer; a command's first is its service, if known */
	uint32_t total;      /* items that there are, of verbs that give several */
	uint32_t generation; /* changes with every change of the list */
	uint32_t cursor;     /* where cinit_next_item() is */
	uint32_t room_len;
	unsigned char room[1000];
};

/* Requests of one connection that may be under way: the supervisor does not keep an
 * answer for which the connection has no room. */
#define CINIT_AT_ONCE 80

/* Sends a request and waits for no answer; *id is never 0.  CINIT_USAGE when
 * CINIT_AT_ONCE are under way. */
enum cinit_error cinit_ask(struct cinit *c, const struct cinit_request *request, uint64_t *id);
/* Waits for the next answer, whichever it is, until then (0: as long as the supervisor
 * lives; a time that has passed: only looks).  CINIT_TIMEOUT may be followed by
 * another try.  CINIT_USAGE when nothing is under way. */
enum cinit_error cinit_wait(struct cinit *c, struct cinit_answer *answer, int64_t until_ms);
/* Takes the next item out of an answer; false when there is no more. */
bool cinit_next_item(struct cinit_answer *answer, struct cinit_item *item);
/* Asks, and waits for this answer: CINIT_OK whatever its result is. */
enum cinit_error cinit_call(struct cinit *c, const struct cinit_request *request,
                            struct cinit_answer *answer);

/* ---- pools of workers ---- */

enum cinit_pool_flag {
	CINIT_POOL_DISPATCH = 1, /* its manager hands requests out; else its workers share the sockets */
	CINIT_POOL_REPORTS = 2,  /* its workers say when they are busy */
	CINIT_POOL_ROLLING = 4,
	CINIT_POOL_DRAINING = 8, /* it is being stopped */
	CINIT_POOL_MODULES = 16  /* its workers are modules in the manager's program */
};

#define CINIT_QUEUE_UNKNOWN 0xffffffffu

struct cinit_pool {
	uint64_t served, recycled, crashed; /* since its manager was started */
	uint32_t min, max;
	uint32_t idle, busy, starting, leaving; /* workers */
	uint32_t queue;  /* requests that wait for one, or CINIT_QUEUE_UNKNOWN */
	uint32_t flags;  /* enum cinit_pool_flag */
};

enum cinit_worker_state {
	CINIT_WORKER_STARTING = 1,
	CINIT_WORKER_IDLE,
	CINIT_WORKER_BUSY,
	CINIT_WORKER_LEAVING, /* told to end, with what it has begun */
	CINIT_WORKER_KILLED
};

struct cinit_pool_worker {
	int64_t since_ms;  /* in its state */
	uint64_t served;   /* requests */
	int32_t rank;      /* negative: an extra process of a module */
	int32_t pid;       /* as the pool's manager sees it */
	uint32_t state;    /* enum cinit_worker_state */
};

/* A pool and its workers: CINIT_OK with n of them, which the caller gives to free(3). */
enum cinit_error cinit_workers(struct cinit *c, const char *name, struct cinit_pool *pool,
                               struct cinit_pool_worker **workers, size_t *n);
/* So many workers at least, for as long as the pool's manager runs. */
enum cinit_error cinit_scale(struct cinit *c, const char *name, uint32_t workers);
/* Calls a command that a module of the pool exports: words[0] is its name.  What it
 * says comes into text, cut where cap bytes with the NUL do not hold it.  limit_ms as
 * in cinit_command(), at most ten seconds; 0: that. */
enum cinit_error cinit_call_pool(struct cinit *c, const char *name, const char *const *words,
                                 size_t n_words, int64_t limit_ms, char *text, size_t cap);

/* Out of an answer to CINIT_WORKERS, whose n_items are workers; false: they are not there. */
bool cinit_answer_pool(const struct cinit_answer *answer, struct cinit_pool *pool);
bool cinit_answer_worker(const struct cinit_answer *answer, unsigned i, struct cinit_pool_worker *worker);
/* The text in an answer about a pool, as it came: its length without the NUL, "" if there is
 * none.  cap is at least 1; 1000 bytes hold every text. */
size_t cinit_answer_said(const struct cinit_answer *answer, char *buf, size_t cap);

/* With method shm the supervisor publishes what it would answer to CINIT_STATUS: true
 * and *item, and it was not even asked.  Else, and for what is not published, false. */
bool cinit_peek(struct cinit *c, const char *name, struct cinit_item *item);

/* ---- words ---- */

/* Never NULL.  The four kinds of stopping have one word, as cinit.svc shows them. */
const char *cinit_state_word(unsigned state);
const char *cinit_result_word(unsigned result);
const char *cinit_verb_word(unsigned verb);
const char *cinit_worker_word(unsigned state);
const char *cinit_step_word(unsigned step);
const char *cinit_error_word(unsigned error);
/* The verb of this word, or 0. */
unsigned cinit_verb_of_word(const char *word);

/* These write at most cap bytes with the NUL (cap is at least 1), cut what does not
 * fit, and return the length.  1100 bytes hold everything. */

/* How bytes above 0x7f are written: as \xNN, or as they are where they are UTF-8. */
enum cinit_charset { CINIT_ASCII, CINIT_UTF8 };

/* "exit 2", "killed by signal 9 (KILL)", "exec: No such file or directory", "". */
size_t cinit_end_text(const struct cinit_end *end, char *buf, size_t cap);
/* "needs mount/root, which failed: exit 2"; "" when the state says all. */
size_t cinit_why(const struct cinit_item *item, enum cinit_charset set, char *buf, size_t cap);
/* "www: blocked: needs mount/root, which failed: exit 2". */
size_t cinit_item_text(const struct cinit_item *item, enum cinit_charset set, char *buf,
                       size_t cap);
/* Why an answer is not yes: that, or "www: no such service" and the like.  `name` is
 * that of the request, or NULL. */
size_t cinit_answer_text(const struct cinit_answer *answer, const char *name,
                         enum cinit_charset set, char *buf, size_t cap);

int64_t cinit_now_ms(void);

#ifdef __cplusplus
}
#endif

#endif
