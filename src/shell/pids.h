/* pids.h - the processes of services, and whose process a pid is.
 *
 * A table that is hashed by pid and remembers which service got one; who has it now, the
 * processes themselves say.  So nothing is ever taken out: an entry that is out of date
 * matches nobody, and when there are too many the table is filled anew from what lives.  It lies
 * behind the processes in one block.  Must not know what a process is for. */
#ifndef CINIT_SHELL_PIDS_H
#define CINIT_SHELL_PIDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "src/launch/spawn.h"

/* One row for each service.  They lie apart, as hardly any service has an `off` that runs: so
 * the memory of these rows is not touched before one does. */
struct service_procs {
	struct proc *main, *off;
};

struct pids {
	struct service_procs procs; /* of n services */
	uint32_t n;
	uint32_t *slot;    /* 0, or 1 more than twice the service, and one more for `off` */
	uint32_t n_slots;  /* a power of two */
	uint32_t n_used;
};

/* Bytes behind the processes of n services. */
size_t pids_bytes(uint32_t n);
/* Over memory of that size, all zero; what lives is entered. */
void pids_begin(struct pids *p, struct service_procs procs, uint32_t n, void *memory);
/* This service has got a process. */
void pids_note(struct pids *p, uint32_t svc, bool off);
bool pids_find(const struct pids *p, pid_t pid, uint32_t *svc, bool *off);

#endif
