/* prepare.h - from the value rows of a service, or of conf/, to what a process is made from.
 *
 * Everything that is made here for one process alone is closed again by prepare_done(): its
 * sockets and our ends of what it speaks by belong to the channels.
 */
#ifndef CINIT_LAUNCH_PREPARE_H
#define CINIT_LAUNCH_PREPARE_H

#include "src/launch/channels.h"
#include "src/launch/spawn.h"
#include "src/tree/address.h"

#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define PREPARE_FIRST_FD 3 /* of sockets, as LISTEN_FDS has it */
#define PREPARE_PATH_MAX (4096 + SVC_NAME_MAX + 32)

/* What few need, off the stack: the caller keeps one for all processes. */
struct prepare_room {
	char names[sizeof "LISTEN_FDNAMES=" + LISTEN_MAX * LISTEN_NAME_MAX];
	char directory[PREPARE_PATH_MAX]; /* of the service */
};

/* Which process is wanted.  The strings have to stay until prepare_done(). */
struct order {
	const struct rows *rows;
	enum entry_id program;    /* ENTRY_ON, ENTRY_OFF, CONF_LAST, CONF_PANIC */
	uint32_t svc;             /* its row among the channels */
	const char *dir;          /* the tree as it was given: a link in it counts at each start */
	const char *name;         /* of the service, or NULL: a program of conf/ */
	const char *profile;
	pid_t main_pid;           /* for `off`: the main process, or 0 */
	char *const *inherited;   /* the environment of a program without an .env */
	enum terminal terminal;   /* what we have as descriptor 0 */
	const char *pool_program; /* what manages pools */
	struct prepare_room *room; /* in use until prepare_done() */
};

/* What is always written stands together, so that little of the stack is touched. */
struct prepared {
	struct launch launch;
	int made[2];              /* the process's ends, to be closed here */
	unsigned n_made;
	char pid[32], listen_fds[32], ready_fd[32], control_fd[32];
	char service[SVC_NAME_MAX + 16], profile[SVC_NAME_MAX + 16];
	char path[PREPARE_PATH_MAX];
	struct own_socket sockets[LISTEN_MAX];
	struct spawn_fd fds[LISTEN_MAX + 2];
};

/* Why a process cannot be made. */
struct obstacle {
	struct end end;           /* END_SPAWN */
	char words[WORDS_MAX];    /* "listen: tcp *:80: Address already in use", or "" */
};

/* 0, or -1 with *why.  prepare_done() in either case. */
int prepare(struct prepared *p, const struct order *o, struct channels *channels,
            const struct channel_watch *w, struct obstacle *why);
void prepare_done(struct prepared *p);

/* "step: what: why" */
void obstacle_say(struct obstacle *o, const char *step, const char *what, const char *why);

#endif
