/* engine.h - decides when each service starts, stops, restarts and fails.
 *
 * Pure: no system call, no allocation, no clock, no errno, no randomness.
 * Events and the time go in, actions come out:
 *
 *     engine_event(e, now, &ev);            records facts, queues services
 *     while (engine_next(e, now, &act))     settles, one action at a time
 *             carry_out(&act);
 *     sleep until an event or engine_deadline(e)
 *
 * The caller may stop taking actions at any point and feed further events
 * first (so that it can bound its work); it must take the rest later.
 *
 * How it decides.  Each service has facts and one state.  An event records a
 * fact and queues the service.  Settling takes a service from the queue, asks
 * decide() (decide.h) and enters what it says; entering is the only writer of
 * the state.  A change of state, wish or restart changes the service's class
 * (a few bits that its neighbours look at); their counters are adjusted and
 * they are queued.  Needs and ordering wants form an acyclic graph (the loader
 * refuses the rest), so settling ends.
 *
 * State is one block of memory: struct engine, then arrays found by byte
 * offsets in it; services name each other by index.  It holds no pointer, so
 * it may be copied, moved, hashed, written out and taken over.
 *
 * Times are milliseconds of one clock that never goes back.  NEVER is no time.
 */
#ifndef CINIT_ENGINE_H
#define CINIT_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/words.h"

#define NO_SVC UINT32_MAX
#define NEVER INT64_MAX

/* What the loader knows of a service that the engine has to know. */
enum svc_kind {
	KIND_ON = 1,       /* has a program; without it, it is a group */
	KIND_OFF = 2,      /* has an `off` program */
	KIND_RESPAWN = 4,  /* its program is kept running */
	KIND_REFUSED = 8,  /* must not start */
	KIND_READY = 16    /* with ON and RESPAWN: says by itself when it is up */
};

/* Which ends of an essential service end everything.  A once-service that has not
 * succeeded is not tried again: it counts, whatever is said. */
enum essential {
	ESSENTIAL_NOT,
	ESSENTIAL_EXIT,    /* any */
	ESSENTIAL_SUCCESS, /* exit 0 */
	ESSENTIAL_FAILURE, /* any but exit 0 */
	ESSENTIAL_N
};

struct graph_node {
	uint32_t delay_ms; /* from TERM to KILL; 0 is never */
	uint32_t on_ms;    /* from the start of its process until it is up; 0: no limit */
	uint32_t off_ms;   /* the whole of a stop; 0: only delay_ms bounds its steps */
	uint8_t kind;      /* enum svc_kind, or'ed */
	uint8_t essential; /* enum essential */
};

/* Of an essential service: which exit code everything ends with in place of its own. */
struct graph_code {
	uint32_t svc;
	uint8_t from, to;
};

/* A want that lies on a cycle pulls in but orders nothing: its index bears this bit. */
#define WANT_UNORDERED 0x80000000u

/* The graph that an engine is built from; borrowed during the call only.
 * The needs of service i are need[need_at[i]] .. need[need_at[i + 1] - 1].
 * Needs of services that are not refused, together with ordering wants, must
 * be acyclic, without duplicates, and nobody is its own dependency. */
struct graph {
	uint32_t n;
	const struct graph_node *node;
	const uint32_t *need_at, *need;
	const uint32_t *want_at, *want;
	const struct graph_code *code; /* n_codes of them */
	uint32_t n_codes;
	bool essential;    /* essential services count: not so on a machine, which ends only
	                    * when told to */
};

/* The changing part of a service's row. */
struct svc_live {
	int64_t since_ms;      /* entered its state */
	int64_t up_ms;         /* last came up; NEVER if it has not */
	int64_t deadline_ms;   /* of its state, or NEVER */
	int64_t stop_by_ms;    /* since it was told to stop: end of the whole stop, or NEVER */
	struct end end;        /* how its main process last ended */
	uint8_t state;         /* enum svc_state; written by enter() alone */
	uint8_t crashes;       /* restarts that the back-off remembers, capped */
	uint8_t from;          /* state before the last change, for ACT_CHANGED */
	uint8_t todo;          /* enum todo, or'ed: actions not handed out yet; only of engine.acting */
	/* What decide() looks at: struct facts (decide.h) says what each of these means. */
	bool wish : 1, restart : 1, retry_asked : 1;
	bool alive : 1, off_alive : 1, executed : 1, ready : 1;
	bool succeeded : 1, permanent : 1, transient : 1;
	bool was_up : 1, off_ran : 1;
	bool late : 1, late_killed : 1; /* this run was not up in time: given TERM, and KILL */
	bool given_up : 1, off_given_up : 1; /* its process survives KILL, and counts as gone */
};

struct svc {
	struct svc_live live;
	/* Counters over neighbours, kept by reclass() from the classes. */
	uint32_t needs_up, needs_bad, needs_leaving, wants_open;
	uint32_t dependents_active, wanters_leaving;
	/* Edges: where this service's entries begin; they end where the next row's begin. */
	uint32_t need_at, want_at, dependent_at, wanter_at;
	uint32_t delay_ms, on_ms, off_ms;
	uint32_t queue_next;   /* NO_SVC at the end */
	uint32_t heap_at;      /* place among the deadlines, or NO_SVC */
	uint8_t class;         /* what neighbours look at; see classes.h */
	uint8_t kind;          /* enum svc_kind */
	uint8_t essential;     /* enum essential */
	bool queued : 1;
	bool mark : 1;         /* scratch of a walk; false between walks */
	bool pulled : 1;       /* scratch of engine_adopt(): to be wished up */
};

/* A client's request that is not answered yet. */
struct waiter {
	int64_t answer_by_ms;  /* NEVER for no limit */
	uint32_t handle;       /* 0: a free row */
	uint32_t svc;          /* NO_SVC: all of them */
	uint32_t other;        /* the service that an early answer names, or NO_SVC */
	uint8_t goal;          /* enum goal */
	uint8_t early;         /* enum result that is known already, or RES_NONE */
};

struct engine {
	uint32_t size;         /* bytes of the block */
	uint32_t n;            /* services; row n ends the edge lists */
	uint32_t rows, need, want, dependent, wanter, codes, heap, scratch, waiters; /* byte offsets */
	uint32_t n_need, n_want, n_wanter, n_codes;
	uint32_t queue_head, queue_tail;
	uint32_t n_heap;
	uint32_t acting;       /* the one service with todo bits, or NO_SVC */
	uint32_t n_active;     /* services that have, or may have, something to stop */
	uint32_t n_unsettled;  /* services that await a timer or a process */
	uint32_t ended_by;     /* the essential service that ended everything, to be said; or NO_SVC */
	uint32_t n_waiters;    /* rows in use */
	uint32_t waiters_high; /* rows below this were ever used */
	uint32_t waiter_next;  /* where the pass over the waiters stands */
	bool waiters_dirty;    /* a pass is due */
	bool booting;          /* until ACT_SETTLED was given */
	bool shutdown, done;
	bool essential;        /* essential services count */
	bool lost;             /* ended_by will never be up; else it has ended */
	uint8_t code;          /* that ended_by gives to the whole */
	uint8_t urgency;       /* enum urgency: of the shutdown */
	int64_t bounded_ms;    /* since when it is more than URGENCY_ORDERLY */
	int64_t waiter_due_ms; /* the earliest answer_by */
};

enum event_kind {
	EV_BOOT,        /* wish svc up; ACT_SETTLED will follow */
	EV_START,       /* requests: with handle, goal, only, answer_by_ms */
	EV_STOP,
	EV_RESTART,
	EV_TRY_RESTART,
	EV_WAIT,
	EV_EXECUTED,    /* the main process of svc has executed its program */
	EV_ENDED,       /* the main process of svc is gone (or was never made): end, cause, said_why */
	EV_OFF_ENDED,   /* the off process of svc is gone (or was never made) */
	EV_CANCEL,      /* the client of handle is gone */
	EV_SHUTDOWN,    /* stop everything, start nothing any more; again: with more urgency */
	EV_READY        /* the main process of svc has said that it is up; no news if it is gone */
};

/* Why a step of making a process has failed: a class of errnos, told by whoever makes
 * processes.  Whether it may pass is the engine's to judge. */
enum spawn_cause {
	CAUSE_OTHER,
	CAUSE_SHORTAGE, /* of processes, memory, descriptors */
	CAUSE_BUSY,     /* the program is being written */
	CAUSE_ADDRESS,  /* of a socket: in use, or not there */
	CAUSE_MISSING,  /* no such file */
	CAUSE_N
};

/* How much time a shutdown leaves.  It only ever grows. */
enum urgency {
	URGENCY_ORDERLY, /* everybody has its own limit; what has none has STOP_MAX_MS */
	URGENCY_BOUNDED, /* what has none has BOUNDED_DELAY_MS from then */
	URGENCY_NOW      /* everybody has HURRY_DELAY_MS from then, or from its own TERM */
};

struct event {
	enum event_kind kind;
	enum urgency urgency;  /* EV_SHUTDOWN */
	uint32_t svc;
	uint32_t handle;       /* of the client; 0: nobody waits */
	enum goal goal;
	bool only;             /* --only */
	bool said_why;         /* EV_ENDED: the process has said, before it ended, why it ends */
	enum spawn_cause cause; /* EV_ENDED with END_SPAWN */
	struct end end;        /* EV_ENDED */
	int64_t answer_by_ms;  /* NEVER for no limit */
};

enum action_kind {
	ACT_CHANGED,    /* svc went from `from` to `to`: say it */
	ACT_SPAWN,      /* make the main process; report EXECUTED and ENDED */
	ACT_SPAWN_OFF,  /* make the off process; report OFF_ENDED */
	ACT_TERM,       /* TERM and CONT to the main process */
	ACT_KILL,       /* KILL to the main process */
	ACT_KILL_OFF,   /* KILL to the off process */
	ACT_STUCK,      /* a process survives KILL: say it */
	ACT_GIVE_UP,    /* and in a shutdown, for too long: it goes on as if that were gone */
	ACT_ANSWER,     /* answer handle: result, svc, other */
	ACT_ESSENTIAL,  /* everything is being stopped for svc: code, lost */
	ACT_SETTLED,    /* the boot has settled, once */
	ACT_DONE        /* after a shutdown everything is down and answered, once */
};

struct action {
	enum action_kind kind;
	uint32_t svc;
	uint8_t from, to;      /* ACT_CHANGED */
	uint8_t result;        /* ACT_ANSWER: enum result */
	uint8_t code;          /* ACT_ESSENTIAL: exit code of the whole */
	bool lost;             /* ACT_ESSENTIAL: svc will never be up by itself; else it has ended */
	uint32_t handle;       /* ACT_ANSWER */
	uint32_t other;        /* ACT_ANSWER: a service that the result names, or NO_SVC */
};

/* Bytes of an engine for this graph; 0 if it would not fit 32 bits. */
size_t engine_size(const struct graph *g);

/* Builds an engine in `block` (engine_size bytes, aligned for int64_t),
 * everything down and nothing wished. */
void engine_build(struct engine *block, const struct graph *g);

/* What is wrong with this block of so many bytes, aligned for int64_t, or NULL: it is an
 * engine, and everything in it that can be counted again is right.  It need not be one:
 * nothing in it is trusted, and nothing outside of it is read. */
const char *engine_check(struct engine *block, size_t bytes);

/* Has the service a process, or something to stop? */
bool engine_is_active(const struct engine *e, uint32_t svc);

/* May the service be left out of what takes this engine over?  Not while it is
 * active, or somebody waits for it. */
bool engine_may_drop(const struct engine *e, uint32_t svc);

/* Carries the running state of `old` into the freshly built `e`: service i of
 * old is map[i] of e, or NO_SVC if it is gone (then engine_may_drop() it).
 * Waiters move along.  A dependency that a service wished up did not have before
 * is pulled in, as by a start.  A stop that has begun goes on, whoever depends on
 * it now.  Actions that were not taken yet are given out by e. */
void engine_adopt(struct engine *e, const struct engine *old, const uint32_t *map);

/* Records an event.  False, and nothing is recorded, only when it is a request
 * and the table of waiters is full. */
bool engine_event(struct engine *e, int64_t now, const struct event *ev);

/* Settles until there is something to do: true and *act, else false. */
bool engine_next(struct engine *e, int64_t now, struct action *act);

/* When engine_next() has to be called again although no event came. */
int64_t engine_deadline(const struct engine *e);

/* Why svc is in its state, and the other service that this names (or NO_SVC). */
enum why engine_why(const struct engine *e, uint32_t svc, uint32_t *other);

/* Walks all that need svc, transitively, and are not down: calls visit for
 * each, svc itself not included.  These are what `stop` takes along. */
void engine_dependents(struct engine *e, uint32_t svc,
                       void (*visit)(void *arg, uint32_t svc), void *arg);

static inline struct svc *engine_svc(const struct engine *e, uint32_t i)
{
	return (struct svc *)((uintptr_t)e + e->rows) + i;
}

#endif
