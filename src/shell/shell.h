/* shell.h - what the files of the shell share: the supervisor as it runs.
 *
 * The shell turns kernel facts into events for the engine and the engine's
 * actions into system calls.  It decides nothing about services.
 */
#ifndef CINIT_SHELL_SHELL_H
#define CINIT_SHELL_SHELL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/engine/life.h"
#include "src/launch/channels.h"
#include "src/launch/prepare.h"
#include "src/launch/reasons.h"
#include "src/launch/spawn.h"
#include "src/shell/loading.h"
#include "src/shell/reload.h"
#include "src/tree/config.h"

enum mode { MODE_MACHINE, MODE_CONTAINER, MODE_USER };

enum proc_role { ROLE_MAIN, ROLE_OFF, ROLE_HELPER };

struct service_procs {
	struct proc main, off;
};

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

struct shell {
	enum mode mode;
	const struct machine *machine; /* NULL unless the mode is MODE_MACHINE */
	char **argv;            /* as the kernel gave it to us */
	const char *dir;        /* the tree */
	const char *profile;    /* name of the start service */
	const char *pool_program; /* what manages pools, as it is executed */
	struct config *config;  /* never NULL once the loop runs, */
	struct engine *engine;  /* nor this, which decides for its services */
	struct service_procs *procs; /* one per service */
	size_t procs_bytes;
	struct life life;       /* of the supervisor: boot, rescue, stop, end */
	struct proc helper;     /* the program outside all services that life.helper names */
	int64_t now_ms;         /* CLOCK_BOOTTIME at the start of this turn */
	uint32_t generation;    /* of the list of services, for clients */
	struct spawner spawner; /* memory for children */
	struct channels channels; /* descriptors held for services */
	struct loading loading; /* the load that is under way */
	struct reasons reasons; /* why their last start or run ended */
	struct reload reload;
	bool terminal;          /* in user mode: descriptor 0 was one when we began; isatty(3)
	                         * says no once it has hung up */
	/* The last two are large, and hardly ever touched but for their beginning. */
	struct pending pending; /* requests that wait for a load */
	struct prepare_room room; /* for the process that is being made */
};

extern struct shell shell;

#endif
