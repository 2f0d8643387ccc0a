/* loop.h - one epoll loop; what wakes it and in which order it works.
 *
 * Each turn: results of exec and who says that it is ready, then the child that a signal
 * named, what managers of pools and the child that loads have to say, requests, the
 * engine's actions, all other children, the endpoint, and what life and the machine have
 * to do.  Each has a bound (limits.h); what is left over makes the next turn not sleep.
 * It decides nothing.
 */
#ifndef CINIT_SHELL_LOOP_H
#define CINIT_SHELL_LOOP_H

#include <stdbool.h>
#include <stdint.h>

enum proc_role { ROLE_MAIN, ROLE_OFF, ROLE_HELPER };

/* What a descriptor in the loop is. */
enum source {
	SOURCE_SIGNALS, SOURCE_IPC, SOURCE_EXEC, SOURCE_READY, SOURCE_PIDFD, SOURCE_CONTROL,
	SOURCE_ENDPOINT, SOURCE_LOAD, SOURCE_CONSOLE
};

/* What one turn leaves for the next; struct shell has it. */
struct loop {
	int epoll_fd, signal_fd;
	bool reap_due;          /* children may wait to be reaped */
	bool actions_left;      /* the engine may have more of them */
	bool ipc_said;          /* the endpoint's problem was said, not again */
	int64_t reap_after_ms;  /* orphans are left alone until then */
	int64_t look_ms;        /* the endpoint is looked at then, because of a sign; or NEVER */
	int64_t flushed_ms;     /* the console was written to last */
	int console_fd;         /* watched, because the console took not all; or -1 */
};

/* Makes the loop and the descriptor for signals (all are blocked before).  0 or -1. */
int loop_init(void);
/* Watches fd for reading; svc and role say whose it is.  0 or -1 with errno. */
int loop_watch(int fd, enum source source, uint32_t svc, enum proc_role role);
/* A process that may be watched belongs to service svc now. */
void loop_rewatch(int fd, enum source source, uint32_t svc, enum proc_role role);
/* Before it is closed: a child that has not executed yet may hold a copy. */
void loop_unwatch(int fd);
/* (Re)tries to make the IPC endpoint if there is none. */
void loop_try_ipc(void);
/* Runs until the supervisor ends; the exit code. */
int loop_run(void);

#endif
