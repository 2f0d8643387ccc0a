/* host.h - the supervisors that are measured, one for each IPC method, and what
 * the kernel says of them.
 *
 * All boot the same tree of ten services, each has a RUNDIR of its own, and their
 * System V objects lie in an IPC namespace of this run. */
#ifndef BENCH_IPC_HOST_H
#define BENCH_IPC_HOST_H

#include "test/bench/ipc/bare.h"
#include "test/bench/util.h"

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define METHODS_MAX 8
#define HOST_SERVICES 10
#define HOST_ASKED "s0000" /* the service that is asked about */

struct host {
	const char *method;
	char bare_name[32];      /* of the mechanism's series */
	const struct bare *bare; /* NULL: there is none */
	char bin[PATH_CAP];      /* cinit, cinit.svc; test/bench/asker below */
	char run[PATH_CAP];
	pid_t pid, child;        /* the supervisor; what was started: it, or strace */
	unsigned objects;        /* System V objects that it made */
	long queue_bytes, segment_bytes; /* their limits and sizes */
	char kernel_memory[40];  /* at most, in words: segments, queues, pipes, connections */
};

extern struct host hosts[METHODS_MAX];
extern size_t n_hosts;

/* Adds a method whose programs are in bin. */
void host_add(const char *method, const char *bin);
/* Enters a new IPC and a new mount namespace, in a new user namespace where it has to. */
void hosts_enter_namespace(void);
/* Makes where RUNDIRs are: a tmpfs, as /run is; and takes it away. */
void hosts_make_rundirs(void);
void hosts_remove_rundirs(void);
/* Starts one, under `strace` with its counts in strace_file unless that is NULL,
 * and returns when every service is up. */
void host_start(struct host *h, const char *strace_file);
void host_stop(struct host *h);

/* A command line as an array: path, then words up to NULL. */
#define HOST_ARGS 12
struct command {
	char path[PATH_CAP];
	const char *argv[HOST_ARGS + 1];
	const char *strace_file; /* NULL: not traced */
	bool alone;              /* and its children are not */
	bool mute;               /* standard error to /dev/null */
};

/* `cinit.svc -r RUN status NAME`, for one call after the other. */
void host_status_command(const struct host *h, struct command *c);
/* `asker VERB COUNT RUN NAME`. */
void host_asker_command(const struct host *h, struct command *c, const char *verb, const char *count);
/* vfork and exec, standard input and output /dev/null unless >= 0; CPU may be NULL. */
pid_t command_start(const struct command *c, int in_fd, int out_fd, const cpu_set_t *cpus);
/* Its exit status, waited for. */
int command_status(pid_t pid, const char *what);

/* ---- what it uses ---- */

/* The time on a processor so far. */
uint64_t process_cpu_ns(pid_t pid);
unsigned host_descriptors(const struct host *h);
/* Entries below RUNDIR but the two of the lock, which all methods have. */
unsigned host_files(const struct host *h);
/* Sets kernel_memory. */
void host_note_kernel_memory(struct host *h);

#endif
