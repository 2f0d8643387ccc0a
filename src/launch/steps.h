/* steps.h - THE order in which a new process becomes what its service says, one system call or
 * two at a time, for processes of the supervisor and for workers of cinit.pool alike.
 *
 * A step is always there, or it carries out an entry of the service directory and is left out
 * where that has no value row.
 */
#ifndef CINIT_LAUNCH_STEPS_H
#define CINIT_LAUNCH_STEPS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "ipc/words.h"
#include "src/launch/ids.h"
#include "src/tree/values.h"

/* A descriptor of ours that the process gets, under this number. */
struct spawn_fd {
	int fd, as;
};

/* A socket of `listen` that the process opens itself, as it has a path. */
struct own_socket {
	const char *line;
	uint16_t number;  /* which line it is */
	uint16_t as;      /* the descriptor that it becomes */
};

#define STEP_WORDS 120

/* What the process says on its way; written as it is. */
enum report_kind {
	REPORT_FATAL,  /* a step has failed */
	REPORT_NOTE,   /* likewise, but it was a comfort: the process starts without it */
	REPORT_SOCKET  /* a socket was opened: comes with a descriptor, `error` is its line */
};

struct step_report {
	int32_t step;    /* enum spawn_step */
	int32_t error;   /* errno */
	int32_t entry;   /* enum entry_id of STEP_ENTRY, else ENTRY_N */
	uint8_t kind;    /* enum report_kind */
	bool is_file;    /* REPORT_SOCKET: bound to a path, whose file this is: */
	uint64_t dev, ino;
	char words[STEP_WORDS]; /* "what: why", where more is known than errno says */
};

/* What descriptor 0 of the process is. */
enum input {
	INPUT_INHERIT, /* ours, or a terminal that was opened for it */
	INPUT_NULL,    /* nothing to be read */
	INPUT_FILE     /* what the row of `stdin` names */
};

/* What a process is to become.  All memory that it points to stays as it is until the
 * process has executed its program, or has ended. */
struct child {
	const char *path;       /* what is executed; NULL: nothing, steps_run() returns */
	/* NULL, or room for what `path` says, which may be a link: link_at + PATH_MAX bytes, of which
	 * the first link_at are the directory of `path` with its slash. */
	char *link;
	uint16_t link_at;
	char **argv, **envp;
	int report_fd;          /* for `report` */
	bool session;           /* begin a session of its own */
	bool tty;               /* make descriptor 0, as it is inherited, its controlling terminal, */
	bool steals;            /* also where it is that of another session */
	bool opens_tty;         /* open the terminal that the row of `tty` names, for 0 to 2 */
	uint8_t input;          /* enum input */
	bool limit;             /* set RLIMIT_NOFILE to the two below */
	uint16_t n_fds;
	const struct spawn_fd *fds;
	char *pid;              /* room for ten digits of its own number, or NULL */
	const struct ids *ids;  /* whom it becomes, or NULL */
	bool find_ids;          /* look up the names in `rows` first, into *found */
	uint16_t n_sockets;
	const struct own_socket *sockets; /* to be opened for *found */
	struct ids *found;      /* for both, room */
	char *words;            /* and room for STEP_WORDS of why that failed */
	char **login;           /* where the found user's variables continue envp, or NULL, */
	unsigned login_given;   /* and those that stand there already */
	uint64_t nofile_soft, nofile_hard;
	struct rows rows;       /* of the service */
	bool settings;          /* carry out what its entries ask for */
	const char *directory;  /* of the service, for a relative `dir` */
	pid_t bond;             /* it is killed when this parent ends; 0: it is not */
	/* Called for a step that failed, before it goes on without it or steps_run() returns. */
	void (*report)(const struct child *c, const struct step_report *r);
};

/* In the new process: all steps.  Returns 0 only where nothing is to be executed; else -1,
 * reported.  Touches no libc, but for steps that need memory of their own. */
int steps_run(const struct child *c);

/* Whether an entry asks for a step that may not be done in memory that is shared with us. */
bool steps_need_memory(const struct rows *rows);

#endif
