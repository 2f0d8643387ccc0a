/* process.h - makes processes, signals them, and hears of their end.
 *
 * A child is made either sharing our memory until it executes its program, on
 * a small stack of its own and without our waiting for it (the fastest way,
 * see spawn_child.c), or by fork where that cannot be.  Both report alike,
 * through a pipe that closes itself on exec: end of file says executed, a
 * record says which step failed and why.
 */
#ifndef CINIT_SHELL_PROCESS_H
#define CINIT_SHELL_PROCESS_H

#include "src/launch/ids.h"
#include "src/shell/shell.h"

#define SPAWN_EXTRA 8

/* A descriptor of ours that the process gets, under this number. */
struct spawn_fd {
	int fd, as;
};

/* An `extra` word in which the process finds its own pid. */
extern const char spawn_listen_pid[]; /* LISTEN_PID */

struct spawn {
	const char *path;     /* what is executed */
	const char *argv0;
	const char *params;   /* n_params strings, one after the other */
	uint32_t n_params;
	const char *env;      /* n_env strings likewise */
	uint32_t n_env;
	char *const *environ; /* instead of env, if not NULL: NULL-terminated */
	const char *word;     /* one more argument, or NULL */
	const char *extra[SPAWN_EXTRA]; /* further NAME=value, up to a NULL; they win over the above */
	const struct spawn_fd *fds; /* n_fds of them: no fd is below SPAWN_OWN_FD, no `as` is not */
	unsigned n_fds;
	const struct ids *ids; /* whom it becomes, or NULL */
	bool tty;             /* make descriptor 0 its controlling terminal */
};

/* What is passed on has numbers from here on, so that none of them, nor the pipe that
 * reports, is overwritten in the child by what another becomes there. */
#define SPAWN_OWN_FD 64

/* The same descriptor with such a number; the one given is closed.  -1 with errno
 * (EINVAL: RLIMIT_NOFILE is too low for it). */
int process_move_fd(int fd);

/* Prepares the memory for spawning; words_max is the most arguments or
 * environment lines that one program has.  0, or -1 with errno. */
int process_prepare(uint32_t words_max);

/* Makes the process.  0 and *p, or -1 with *end saying why (END_SPAWN). */
int process_spawn(const struct spawn *s, struct proc *p, struct end *end);

/* Reads what the child reports: 1 it has executed, 0 nothing yet, -1 it failed
 * with *end.  Closes exec_fd unless 0. */
int process_exec_result(struct proc *p, struct end *end);

/* A descriptor that is readable when the process has ended; -1 with errno.
 * Opened only while it is needed: a descriptor for each service would be copied
 * and closed by each child that is made. */
int process_open_pidfd(struct proc *p);
void process_close_pidfd(struct proc *p);

/* The process is reaped or given up: closes what is left of it. */
void process_forget(struct proc *p);

/* Sends a signal to a process of ours that has not been reaped. */
void process_signal(const struct proc *p, int sig);
/* The one door to kill(2): refuses everything that is not one process. */
int process_kill_pid(pid_t pid, int sig);

/* Which class the errno of a failed spawn is of. */
enum spawn_cause process_cause(const struct end *end);

/* Children that still share our memory.  While there are any, nothing that
 * they may read can be unmapped. */
unsigned process_in_flight(void);
/* All memory for children is in use. */
bool process_is_full(void);
/* It is, but it is freed quickly: better wait for
 * an exec than fork.  False once nothing has been freed for a while. */
bool process_must_wait(int64_t now_ms);
/* From when on it is worth to look for children that have executed unheard, or
 * NEVER.  Nobody is woken for it: it is done with the next event. */
int64_t process_sweep_ms(void);
/* Gives the stacks back to the kernel if nobody uses them. */
void process_rest(void);

struct end process_end_of_status(int status);

#endif
