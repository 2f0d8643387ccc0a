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

#include "src/config/config.h"

enum mode { MODE_MACHINE, MODE_CONTAINER, MODE_USER };

/* What was asked of the supervisor as a whole. */
enum ending { END_NOT, END_HALT, END_POWEROFF, END_REBOOT };

/* One process of ours.  pid 0: none.  A descriptor of -1: none. */
struct proc {
	pid_t pid;
	int pidfd;       /* readable when it has ended; only in a storm of orphans */
	int exec_fd;     /* end of file when it has executed its program */
	int16_t slot;    /* memory that it shares with us until then, or -1 */
};

enum proc_role { ROLE_MAIN, ROLE_OFF, ROLE_HELPER };

struct service_procs {
	struct proc main, off;
};

struct shell {
	enum mode mode;
	const char *dir;        /* the tree */
	const char *profile;    /* name of the start service */
	struct config *config;  /* never NULL once the loop runs */
	struct service_procs *procs; /* one per service */
	size_t procs_bytes;
	int64_t now_ms;         /* CLOCK_BOOTTIME at the start of this turn */
	uint32_t generation;    /* of the list of services, for clients */
	uint64_t nofile_soft;   /* what services get back */
	uint64_t nofile_hard;
	bool nofile_raised;
};

extern struct shell shell;

#endif
