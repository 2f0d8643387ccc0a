/* entries.h - THE table: each entry of a service directory, and of conf/, is one row.
 *
 * Whoever handles entries loops over this table: the loader that reads them, the carrying
 * of a running service's rows through a reload, cinit.check with its hints and --graph, the
 * manager of a pool, the steps of a process's start, and a test that compares the table
 * with cinit-svc(5).  So a new entry is an identifier here, a row in entries.c, a reader in
 * readers.c if none of those fits, and, where it changes the process itself, a step in
 * src/launch/steps.c.  test/25-table.bats asks for two more: its paragraph in cinit-svc(5),
 * and a good value in test/fuzz/values.h.
 */
#ifndef CINIT_TREE_ENTRIES_H
#define CINIT_TREE_ENTRIES_H

#include <stdbool.h>
#include <stdint.h>

/* In the order in which they are read: some are judged by what was read before them.
 * A program's .params and .env follow it immediately. */
enum entry_id {
	ENTRY_NEEDS,
	ENTRY_WANTS,
	ENTRY_ON,
	ENTRY_ON_PARAMS,
	ENTRY_ON_ENV,
	ENTRY_OFF,
	ENTRY_OFF_PARAMS,
	ENTRY_OFF_ENV,
	ENTRY_TIMEOUT_ON,
	ENTRY_TIMEOUT_OFF,
	ENTRY_DELAY,
	ENTRY_ESSENTIAL,
	ENTRY_RESPAWN,
	ENTRY_LISTEN,
	ENTRY_USER,
	ENTRY_GROUP,
	ENTRY_GROUPS,
	ENTRY_POOL,
	ENTRY_READY,
	ENTRY_LIMITS,
	ENTRY_OOM,
	ENTRY_NICE,
	ENTRY_UMASK,
	ENTRY_DIR,
	ENTRY_NO_NEW_PRIVS,
	ENTRY_STDIN,
	ENTRY_TTY,
	ENTRY_READY_CHECK,
	ENTRY_SIGNAL_OFF,
	ENTRY_BACKOFF,
	ENTRY_LOG,
	ENTRY_CGROUP,
	ENTRY_AFTER,
	ENTRY_CONFLICTS,
	/* Of conf/. */
	CONF_LAST,
	CONF_LAST_PARAMS,
	CONF_LAST_ENV,
	CONF_PANIC,
	CONF_PANIC_PARAMS,
	CONF_PANIC_ENV,
	CONF_SLEEP_BEFORE_KILL,
	CONF_IPC_GROUP,
	CONF_HOSTNAME,
	CONF_WATCHDOG,
	CONF_SYSCTL,
	ENTRY_N
};

#define ENTRY_PARAMS_OF(program) ((enum entry_id)((program) + 1))
#define ENTRY_ENV_OF(program) ((enum entry_id)((program) + 2))

/* The `at` of an entry's value row (struct value). */
enum entry_holds {
	HOLDS_NOTHING, /* that the entry is there is all; or it has no row at all */
	HOLDS_NUMBER,  /* the number itself */
	HOLDS_OCTAL,   /* likewise, written to the base 8 */
	HOLDS_SIGNED,  /* likewise, 32 bits of a number that may be negative */
	HOLDS_NUMBERS, /* the index of `n` numbers */
	HOLDS_LIMITS,  /* likewise, three for each limit: RLIMIT_*, soft, hard */
	HOLDS_STRINGS  /* the offset of `n` strings, one after the other */
};

/* The program without which the entry has no effect. */
enum entry_of {
	OF_SERVICE, /* none: it counts in every service */
	OF_MAIN,    /* `on`, or a pool's manager */
	OF_ANY,     /* `on`, a pool's manager, or `off` */
	OF_PROGRAM, /* the one that it stands behind in this table, which reads it */
	OF_CONF     /* an entry of conf/ */
};

/* Further properties, as bits. */
enum entry_is {
	IS_LATER = 1,      /* not built yet: said, and ignored, */
	IS_DIRECTORY = 2,  /* with IS_LATER: even where it is a directory */
	IS_SERVICE = 4,    /* a directory that has it is a service, */
	IS_FILE_ONLY = 8,  /* but not where it is a directory itself: that may be a service */
	IS_NESTED = 16     /* and where it is a directory, or a link to one, it is no entry at all */
};

/* The time limit of the engine that a HOLDS_NUMBER row in milliseconds is. */
enum entry_limit { LIMIT_NONE, LIMIT_DELAY, LIMIT_ON, LIMIT_OFF };

struct reading;

struct entry {
	char name[18];  /* with its NUL */
	uint8_t holds;  /* enum entry_holds */
	uint8_t of;     /* enum entry_of */
	uint8_t is;     /* enum entry_is, or'ed */
	uint8_t kind;   /* enum svc_kind that a row of it adds, or'ed */
	uint8_t limit;  /* enum entry_limit */
	/* Reads it and adds its row, or refuses the service; NULL: nothing to be read here. */
	void (*read)(struct reading *r);
	const char *idle; /* what the loader says where `of` is not there; NULL: nothing */
};

/* By identifier. */
extern const struct entry entries[ENTRY_N];

/* The entry of a service directory of this name, or ENTRY_N. */
enum entry_id entry_of_name(const char *name);

static inline bool entry_is_conf(const struct entry *e)
{
	return e->of == OF_CONF;
}

#endif
