/* shell.h - what the files of the shell share: the supervisor as it runs.
 *
 * The shell turns kernel facts into events for the engine and the engine's
 * actions into system calls.  It decides nothing about services.
 *
 * What it knows stands in one block, struct shell below.  A file that has something to
 * remember puts it there: its own header says what, and no variable of its own has it.
 */
#ifndef CINIT_SHELL_SHELL_H
#define CINIT_SHELL_SHELL_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/engine/life.h"
#include "src/launch/channels.h"
#include "src/launch/prepare.h"
#include "src/launch/reasons.h"
#include "src/launch/spawn.h"
#include "src/shell/console.h"
#include "src/shell/loading.h"
#include "src/shell/loop.h"
#include "src/shell/pids.h"
#include "src/shell/relay.h"
#include "src/shell/reload.h"
#include "src/tree/config.h"

enum mode { MODE_MACHINE, MODE_CONTAINER, MODE_USER };

/* What only a machine has: src/machine/ does it, main() puts it here.  It may do
 * less where --machine was given to a process that owns no kernel. */
struct machine {
	void (*settings)(const struct config *c); /* a tree was loaded */
	void (*service_up)(void);      /* it may have brought a device */
	int64_t (*deadline)(void);     /* when turn() wants to be called, or NEVER */
	void (*turn)(void);            /* of the loop */
	bool (*may_switch)(const char *words, size_t n); /* "NEWROOT\nINIT", remembered */
	void (*switch_root)(void);     /* returns where it could not */
	void (*unmount)(void);         /* the life of a child at the end; never returns */
	void (*end)(enum shutdown how); /* never returns */
};

/* conf/watchdog: the device that is fed.  Only src/machine/ reads it. */
struct watchdog {
	int fd;              /* -1: not armed */
	int timeout_s;       /* 0: none is wanted */
	int said_errno;      /* of the last try to open it: not said again */
	int64_t feed_ms;     /* when it is fed next, or NEVER */
	char device[CONFIG_VALUE_MAX + 1];
};

/* Where a switch leads, once it was asked for.  Only src/machine/ reads it. */
struct switch_target {
	char root[SVC_NAME_MAX + 1];
	char init[SVC_NAME_MAX + 1];
};

/* A block that was replaced, which children in flight may still read. */
struct retired {
	struct config *config;
	uint32_t epoch;
};

/* A request for one service, as the engine is told of it. */
struct pending_request {
	uint32_t handle;           /* of the client; 0: nobody waits for it any more */
	uint8_t kind, goal;        /* enum event_kind, enum goal */
	bool only;
	int64_t answer_by_ms;      /* NEVER for no limit */
	char name[SVC_NAME_MAX + 1];
};

/* Those that wait until what they name has been loaded, in their order. */
struct pending {
	unsigned n;
	unsigned stale;            /* loads in a row for the first that did not fit any more */
	struct pending_request at[LOAD_PENDING_MAX];
};

/* All that the supervisor knows: no file of the shell, of launch/ or of machine/ keeps
 * anything elsewhere but caches, which a function of theirs fills anew (test/03-state.bats
 * lists them).  What is used lies together, between the unused rest of the paths and that
 * of the large tables: so it takes few pages. */
struct shell {
	char places[3 * PATH_MAX]; /* the tree, right behind it the run directory, and behind
	                            * that cinit.pool's path */
	enum mode mode;
	const struct machine *machine; /* NULL unless the mode is MODE_MACHINE */
	char **argv;            /* as the kernel gave it to us */
	const char *dir;        /* the tree */
	const char *profile;    /* name of the start service */
	const char *pool_program; /* what manages pools, as it is executed */
	struct config *config;  /* never NULL once the loop runs, */
	struct engine *engine;  /* nor this, which decides for its services */
	struct service_procs procs; /* of services, */
	struct pids pids;       /* whose is which, */
	size_t procs_bytes;     /* and of the block of both, which begins with procs.main */
	struct life life;       /* of the supervisor: boot, rescue, stop, end */
	struct proc helper;     /* the program outside all services that life.helper names */
	int64_t now_ms;         /* CLOCK_BOOTTIME at the start of this turn */
	uint32_t generation;    /* of the list of services, for clients */
	struct spawner spawner; /* memory for children */
	struct channels channels; /* descriptors held for services */
	struct loop loop;
	struct watchdog watchdog;
	bool ends_watched;      /* each process of ours is watched by a pidfd */
	unsigned n_retired;
	struct loading loading; /* the load that is under way */
	struct reasons reasons; /* why their last start or run ended */
	struct reload reload;
	bool terminal;          /* in user mode: descriptor 0 was one when we began; isatty(3)
	                         * says no once it has hung up */
	/* These are large, and hardly ever touched but for their beginning. */
	struct console console;
	struct relay relay;
	struct retired retired[RETIRED_MAX];
	struct switch_target target;
	struct pending pending; /* requests that wait for a load */
	struct prepare_room room; /* for the process that is being made */
};

extern struct shell shell;

#endif
