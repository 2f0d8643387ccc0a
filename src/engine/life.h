/* life.h - decides what becomes of the supervisor as a whole: boot, run, rescue,
 * stop, forced end, and the place of a reload among them.
 *
 * Pure, as the engine is: no system call, no allocation, no clock, no errno, no
 * randomness.  Events and the time go in, actions come out:
 *
 *     life_event(l, now, &ev);              records facts, settles
 *     while (life_next(l, now, &act))       one action at a time
 *             carry_out(&act);              which may report further events
 *     sleep until an event or life_deadline(l), then report LIFE_EV_TURN
 *
 * How it decides.  There is one state, named for what is awaited.  An event
 * records a fact; phase_next() (phase.h) names the next state from the facts;
 * entering it sets its deadline and its actions, and nobody else writes it.
 *
 * Its rules, which the explorer in test/life checks in every state it can be in:
 *
 * 1. In a stop nothing is begun that a stop would have to end: no load, no boot, no
 *    service, no reload, no conf/panic, no rescue shell.  What a stop needs is run:
 *    the engine's `off` programs, conf/last, the child that unmounts.
 * 2. Everybody is asked first.  The services go in the engine's order, then TERM to
 *    whoever is left, then KILL; only a forced end begins with KILL.  conf/last, the
 *    unmounting and the end come when nobody is left, or only who survives KILL.
 * 3. Each phase of a stop is left by an event or at its deadline.  That of the
 *    services has none here: the engine gives each service its own.
 * 4. What is awaited is named every BLOCKED_SAY_MS, in every phase of a stop, and
 *    with every request to end that comes meanwhile (once a second at most).
 * 5. When all actions are taken after LIFE_EV_TURN, the deadline lies ahead: no end
 *    spins, a forced one no more than others; and no request puts a deadline off.
 * 6. Requests to end, whatever they come by, are one within REQUEST_ONE_MS of the
 *    last one that counted.  The second that counts gives what has no limit of its
 *    own a limit (URGENCY_BOUNDED); nobody's own limit is shortened.  The third
 *    gives everybody a second, then KILL (URGENCY_NOW), but file systems keep their
 *    time.  Further ones only name.
 * 7. How a machine ends is changed only by clients and the signals 37 to 39.  On a
 *    machine TERM and INT (ctrl-alt-del) change and hurry nothing once an end has
 *    begun.  In a container and in user mode every request counts.  A stop for a
 *    rescue or another root is no end yet: any request makes it one, as the first.
 * 8. The end that an essential service begins gives the exit code, also where a
 *    request has come before it is heard of, and is no request: the first one that
 *    comes after it hurries nothing.
 * 9. A machine never exits; anything else is never given a shell.  There is at most
 *    one load at a time, and rescue shells come RESCUE_RETRY_MS apart at least.
 *
 * The state is one struct of fixed size without pointers: it may be copied, hashed,
 * written out and taken over.  Times are milliseconds of one clock that never goes
 * back; NEVER is no time.
 */
#ifndef CINIT_LIFE_H
#define CINIT_LIFE_H

#include "src/engine/engine.h"

/* What was asked of the supervisor as a whole. */
enum shutdown {
	SHUTDOWN_NOT,
	SHUTDOWN_HALT,
	SHUTDOWN_POWEROFF,
	SHUTDOWN_REBOOT,
	SHUTDOWN_KEXEC,
	SHUTDOWN_RESCUE,   /* a shell when all is stopped, then a boot anew */
	SHUTDOWN_SWITCH    /* another root directory, and its init */
};

/* What is awaited. */
enum life_state {
	LIFE_LOAD,         /* the tree to be read */
	LIFE_BOOT,         /* the services of the boot to settle */
	LIFE_RUN,          /* nothing */
	LIFE_PANIC,        /* conf/panic to end */
	LIFE_SHELL,        /* somebody to leave the rescue shell */
	LIFE_SHELL_LATER,  /* a time: the shell could not be started */
	LIFE_BOOT_LATER,   /* a time: a console that nobody sits at makes no hot loop */
	LIFE_SERVICES,     /* in a stop: the services to be down */
	LIFE_TERMED,       /* everybody who is left to end after TERM */
	LIFE_KILLED,       /* everybody to be gone after KILL */
	LIFE_LAST,         /* conf/last to end */
	LIFE_UNMOUNT,      /* the child that leaves the file systems clean to end */
	LIFE_SWITCHED,     /* the init of the other root to take over */
	LIFE_SHELLS,       /* nothing: a machine without any tree gives shells for ever */
	LIFE_OVER,         /* nothing: the end was given out */
	LIFE_N_STATES
};

/* The program outside all services that runs, of which there is one at most. */
enum helper { HELPER_NONE, HELPER_PANIC, HELPER_SHELL, HELPER_LAST, HELPER_UNMOUNT };

/* By what a request comes. */
enum life_by {
	LIFE_BY_CLIENT,
	LIFE_BY_NUMBER,    /* the signals 37 to 39, which say how */
	LIFE_BY_SIGNAL,    /* TERM, INT, QUIT */
	LIFE_BY_POWER,     /* PWR: the power button, or a UPS */
	LIFE_BY_TERMINAL   /* its end */
};

/* Who is left beside us. */
enum life_left {
	LIFE_LEFT_SOME,
	LIFE_LEFT_OTHERS,  /* in a container: nobody below us, only who was put beside us */
	LIFE_LEFT_NOBODY
};

enum life_event_kind {
	LIFE_EV_TURN,      /* time has passed: once in each turn of the loop */
	LIFE_EV_LOADED,    /* a load or reload is over: ok, tree, start, term_ms */
	LIFE_EV_SETTLED,   /* the boot has settled: hollow */
	LIFE_EV_DOWN,      /* the engine: all services are down, all clients answered */
	LIFE_EV_HELPER,    /* `helper` is gone; or unstarted: it was never executed */
	LIFE_EV_LEFT,      /* the answer to LIFE_ACT_LOOK */
	LIFE_EV_SWITCHED,  /* the answer to LIFE_ACT_SWITCH, if there is one: it failed */
	LIFE_EV_REQUEST,   /* of a stop: how, by, force */
	LIFE_EV_ESSENTIAL, /* the engine: all is stopped for an essential service: code */
	LIFE_EV_RELOAD,    /* the tree is to be read again */
	LIFE_EV_IDLE       /* the engine has nothing to hand out: a reload may be done */
};

struct life_event {
	enum life_event_kind kind;
	enum shutdown how;
	enum life_by by;
	enum helper helper;
	enum life_left left;
	int32_t code;      /* 0 to 255 */
	uint32_t term_ms;  /* conf/sleep_before_kill */
	bool force;        /* nothing is stopped, everybody is killed */
	bool in_use;       /* always: something of the tree runs, or somebody waits for it */
	bool ok;           /* what was read is in place */
	bool tree;         /* there is a tree, this one or an earlier one */
	bool start;        /* it has its start service */
	bool hollow;       /* neither the start service nor a respawn service is up */
	bool unstarted;
};

/* In the order in which they are handed out. */
enum life_action_kind {
	LIFE_ACT_SAY,      /* `say`, a sentence */
	LIFE_ACT_STOP,     /* EV_SHUTDOWN to the engine, with `urgency` */
	LIFE_ACT_NAME,     /* name what is awaited, with the time that is left */
	LIFE_ACT_LOAD,     /* read the tree; report LOADED */
	LIFE_ACT_RELOAD,   /* read it again while it runs; report LOADED */
	LIFE_ACT_BOOT,     /* wish the start service up; SETTLED will follow */
	LIFE_ACT_TERM,     /* TERM and CONT to everybody */
	LIFE_ACT_KILL,     /* KILL to everybody */
	LIFE_ACT_CLOSE,    /* nobody uses what is held open for services any more */
	LIFE_ACT_HELPER,   /* start `helper`; report HELPER when it is gone, or was not made */
	LIFE_ACT_LOOK,     /* report LEFT */
	LIFE_ACT_SWITCH,   /* go to the other root; report SWITCHED if that fails */
	LIFE_ACT_SHELLS,   /* shells for ever, without loop or tree */
	LIFE_ACT_END,      /* of a machine, by reboot(2): `how` */
	LIFE_ACT_EXIT,     /* of this process: `code` */
	LIFE_ACT_N
};

enum life_say {
	LIFE_SAY_STOPPING,       /* all services are being stopped */
	LIFE_SAY_FORCED,         /* everybody is killed */
	LIFE_SAY_BOUNDED,        /* asked for again: what has no limit of its own has one now */
	LIFE_SAY_NOW,            /* and again: everybody has a second */
	LIFE_SAY_INSTEAD,        /* `how` in place of `other` */
	LIFE_SAY_BEGUN,          /* no `other` now, a rescue or a switch: `how` has begun */
	LIFE_SAY_SHELL_IS_THERE, /* no rescue: its shell runs */
	LIFE_SAY_SURVIVES,       /* a process survives KILL, on without it */
	LIFE_SAY_OTHERS,         /* processes that we may not kill, on without them */
	LIFE_SAY_LAST_LATE,      /* conf/last has not ended in time, on without it */
	LIFE_SAY_HANGS,          /* a file system hangs, on without it */
	LIFE_SAY_SHELL,          /* a shell on the console */
	LIFE_SAY_NO_RELOAD,      /* nothing was changed: everything is being stopped */
	LIFE_SAY_NOTHING,        /* there is nothing to start in the tree */
	LIFE_SAY_N
};

struct life_action {
	enum life_action_kind kind;
	enum life_say say;
	enum shutdown how, other;
	enum urgency urgency;
	enum helper helper;
	int32_t code;
};

struct life {
	int64_t since_ms;      /* entered its state */
	int64_t deadline_ms;   /* of its state, or NEVER */
	int64_t name_ms;       /* in a stop: what is awaited is named then, else NEVER */
	int64_t named_ms;      /* it was named last; NEVER: not in this stop */
	int64_t look_ms;       /* who is left is looked for then, else NEVER */
	int64_t counted_ms;    /* the last request to end that counted; NEVER: none */
	int64_t shell_ms;      /* the last rescue shell was started */
	int32_t code;          /* exit code */
	uint32_t term_ms;      /* from TERM to KILL for who is left */
	uint16_t todo;         /* actions not handed out yet, as bits */
	uint16_t say;          /* sentences not handed out yet, as bits */
	uint8_t state;         /* enum life_state; written by enter() alone */
	uint8_t how;           /* enum shutdown: what the stop is for */
	uint8_t other;         /* enum shutdown: what it was for before, or what was refused */
	uint8_t urgency;       /* enum urgency */
	uint8_t helper;        /* enum helper: which runs */
	uint8_t loading;       /* enum life_load: which load is under way */
	/* What it runs on. */
	bool machine, container, pid1;
	/* Facts. */
	bool shell_first;      /* a shell was asked for in place of the boot */
	bool reload_first;     /* everything was stopped: no tree is kept */
	bool reload_asked;
	bool requested;        /* an end was asked for, other than by an essential service */
	bool forced;
	bool in_use, tree, start;
	bool loaded, load_failed;
	bool settled, hollow;
	bool ended, unstarted; /* the helper of this state */
	bool down, gone;
	bool looked;           /* it is known now who is left */
};

enum life_load {
	LIFE_LOAD_NONE,
	LIFE_LOAD_BOOT,
	LIFE_LOAD_RELOAD,
	LIFE_LOAD_STALE   /* a stop has begun since: what it reads is not wanted any more */
};

/* The beginning: awaits the tree.  Neither machine nor container is user mode. */
void life_begin(struct life *l, int64_t now, bool machine, bool container, bool pid1,
                bool shell_first);

void life_event(struct life *l, int64_t now, const struct life_event *ev);
/* What there is to do: true and *act, else false. */
bool life_next(struct life *l, int64_t now, struct life_action *act);
/* When LIFE_EV_TURN has to be reported although nothing else happens, or NEVER. */
int64_t life_deadline(const struct life *l);

/* Is everything being stopped, or over? */
bool life_is_stopping(const struct life *l);
/* May the tree that was read be put in place?  Asked when it has been read. */
bool life_wants_tree(const struct life *l);

/* What is wrong with this state, which cannot be; NULL if nothing is. */
const char *life_check(const struct life *l);

/* Words for messages and tables. */
const char *life_state_word(unsigned state);

#endif
