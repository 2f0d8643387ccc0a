/* limits.h - every limit of the supervisor, with its unit and its reason.
 * What a client also has to know (sizes of records and names) is in ipc/record.h. */
#ifndef CINIT_LIMITS_H
#define CINIT_LIMITS_H

/* Engine: times in milliseconds. */
#define BACKOFF_FIRST_MS   100    /* second restart; the first is at once */
#define BACKOFF_MAX_MS     30000  /* doubling stops here: a broken service costs nothing */
#define BACKOFF_FORGET_MS  30000  /* a run longer than this was healthy */
#define STOP_DELAY_MS      5000   /* from TERM to KILL, where `delay` is absent */
#define STUCK_SAY_MS       10000  /* how often a process that survives KILL is named */
#define CHECK_EACH_MAX     2000   /* services: larger engines are checked once a turn at most */
#define WAITERS_MAX        1024   /* clients that wait at once; more are told "busy" */
#define WAITERS_OTHERS     768    /* of them for clients that may not command */

/* Loader: bytes and counts of one load. */
#define CONFIG_FILE_MAX_MIB 1             /* .params and .env: 8 times what one exec takes by default */
#define CONFIG_FILE_MAX    (CONFIG_FILE_MAX_MIB * 1024 * 1024)
#define CONFIG_ARG_MAX     131071         /* the kernel's MAX_ARG_STRLEN less its NUL */
#define CONFIG_ARGS_MAX    65536          /* arguments, or lines of environment, of one program */
#define CONFIG_VALUE_MAX   64             /* bytes of a file that holds one value */
#define CONFIG_SERVICES_MAX 65536         /* services of one load; what follows is refused, each by */
#define CONFIG_BEYOND_MAX  16384          /* its name: so many, what is still further is not looked at */
#define CONFIG_EDGES_MAX   1048576        /* needs of one load; wants likewise */
#define CONFIG_ENTRIES_MAX 131072         /* entries read of one directory */
#define CONFIG_BYTES_MAX_MIB 64           /* strings of one load; numbers likewise.  Of all these,
                                           * whoever is read last and does not fit is refused */
#define CONFIG_BYTES_MAX   (CONFIG_BYTES_MAX_MIB * 1024 * 1024)
#define CONFIG_BYTES_LAST  (4 * CONFIG_BYTES_MAX) /* of each kind with what has to be kept beyond its
                                           * limit: offsets have 32 bits */
#define CONFIG_FINDINGS_MAX_MIB 16        /* kept of one load until it is done: more than anybody reads */
#define CONFIG_FINDINGS_MAX (CONFIG_FINDINGS_MAX_MIB * 1024 * 1024)
#define CONFIG_PATH_MAX    4095           /* bytes of a path: the kernel's PATH_MAX less its NUL */
#define CONFIG_MODE_MAX    0777           /* permissions of a file, or what is taken from them */
#define CONFIG_NICE_MIN    -20            /* nice values, */
#define CONFIG_NICE_MAX    19
#define CONFIG_OOM_MIN     -1000          /* and scores, of the kernel */
#define CONFIG_OOM_MAX     1000
#define IDS_GROUPS_MAX     64             /* supplementary groups of one service */
#define CONFIG_DELAY_MAX_S 86400          /* `delay` and `sleep_before_kill`: a day */

/* What may pass (a tree that is being changed, EIO, ENOMEM ...) is read anew so often, after
 * a pause; a boot goes on with what it could read, and on trying, each pause twice the last. */
#define LOAD_TRIES         3
#define LOAD_PAUSE_MS      100
#define LOAD_BOOT_MS       10000
#define LOAD_SAY_MS        5000   /* how often a load that takes long is named */
#define LOAD_PLACE_BYTES   1024   /* kept of the path that it is at */
#define LOAD_PENDING_MAX   256    /* requests that wait for a load at once; more are told "busy" */
#define LOAD_STALE_MAX     5      /* loads in a row that no longer fit what runs */

/* Loop: work per turn. */
#define TURN_EVENTS        64     /* readiness events taken from the kernel */
#define TURN_ACTIONS       64     /* actions of the engine carried out */
#define TURN_REAPS         256    /* children reaped */
#define SPAWN_IN_FLIGHT    32     /* children that share our memory until they execute */
#define SPAWN_STACK        (16 * 1024) /* bytes of stack, arguments and path of each */
#define SPAWN_PATIENCE_MS  10     /* for one of them to execute, before others are forked instead */
#define RETIRED_MAX        (SPAWN_IN_FLIGHT + 1) /* configs that were replaced while children still read
                                   * them: each of these reads one */
#define READY_BYTES_MAX    4096   /* written to a `ready` descriptor without a newline */
#define WORDS_MAX          256    /* kept of why a start failed, or of a manager's last words */
#define SPAWN_SWEEP_MS     50     /* after the last spawn: who has executed unheard gives memory back */

#define BOARD_CREDIT       256    /* rows of waiting services refreshed on the status board at
                                   * once; one more each millisecond */

/* Requests passed on to managers of pools. */
#define RELAY_MAX          64     /* under way at once; more are told "busy" */
#define RELAY_OTHERS       32     /* of them for clients that may not command */
#define RELAY_MAX_MS       10000  /* until a manager that says nothing is given up */
#define RELAY_LOOK_MAX_MS  2000   /* the same for how its workers are: it knows at once, and who
                                   * looks has the rest of the answer already */
#define RELAY_ROLL_MAX_MS  86400000 /* a roll may wait for requests that take long: a day */
#define TURN_RELAYS        16     /* records of one manager taken in a turn */
#define LAST_RELAYS        64     /* times that, when it has ended: more than its queue holds */

/* The console: what was said is written at the latest after this time, however busy we
 * are; a single program, which waits for signals alone, tries a full one again so often. */
#define CONSOLE_MAX_MS     200
#define CONSOLE_RETRY_MS   500

/* IPC: from the first sign that the endpoint may be lost until somebody looks.  Whoever
 * removes a whole directory has done so by then, and a storm of signs costs five looks
 * a second. */
#define IPC_LOOK_AFTER_MS  200

/* Reaping orphans: a slow wait means that many children are dying at once and
 * the kernel walks their list each time; a pause lets the storm pass. */
#define REAP_SLOW_NS       40000
#define REAP_PAUSE_MS      30

/* Machine. */
#define WATCHDOG_FEEDS     3      /* in the time that a watchdog allows: two may come late */
#define WATCHDOG_END_S     120    /* what it allows after reboot(2): firmware may be slow */
#define SWITCH_DEPTH       32     /* directories below each other that are emptied of an initramfs */
#define SWITCH_ENTRIES     1000000 /* steps of that, at most */
#define WATCHDOG_MAX_S     86400

/* Shutdown. */
#define SLEEP_BEFORE_KILL_S 2     /* where conf/sleep_before_kill is absent */
#define REQUEST_ONE_MS     2000   /* requests to end this close to one that counted are the same */
#define REQUEST_NAME_MS    1000   /* between two lines that requests cause about what is awaited */
#define BOUNDED_DELAY_MS   10000  /* from the second that counted: for what has no limit of its own */
#define HURRY_DELAY_MS     1000   /* from the third that counted, or from TERM, to KILL */
#define STOP_MAX_MS        90000  /* for a `delay` of 0, "never", during a shutdown */

#define LAST_MAX_MS        60000  /* for conf/last, which may sync and unmount */
#define KILLED_MAX_MS      10000  /* for processes that KILL does not end: then on without them */
#define BLOCKED_SAY_MS     5000   /* how often what holds up a shutdown is named */
#define BLOCKED_NAMES      5      /* of them at once */
#ifndef STUCK_MAX_MS              /* the explorer's is STUCK_SAY_MS: fewer states */
#define STUCK_MAX_MS       30000  /* for a process of a service that KILL does not end, in a
                                   * shutdown: then it counts as gone */
#endif
#define UNMOUNT_STEP_MS    30000  /* for writing out, or one file system, before the next one's turn */
#define UNMOUNT_MAX_MS     90000  /* for all of them: then on, whatever hangs */
#define UNMOUNT_PASSES     8      /* over the table, while some go: one may hold another */
#define UNMOUNT_ROWS       4096   /* mounts seen in one pass, in a child that ends */
#define UNMOUNT_TABLE      (1024 * 1024) /* bytes of /proc/self/mountinfo read in one pass */
#define FOREIGN_MAX_MS     200    /* of it for processes that others put into our namespace */
#define ENDING_LOOK_MS     50     /* how often foreign processes are looked for meanwhile */
#define DESCENDANTS_MAX    4096   /* processes found in one search */
#define RESCUE_RETRY_MS    5000   /* from one rescue shell to the next */

#endif
