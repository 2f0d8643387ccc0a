/* manager.h - the managers of pools, as a supervisor has to expect them: now and then
 * one does what it is asked; else it lies, floods, says the same twice, or hangs up. */
#ifndef FUZZ_MANAGER_H
#define FUZZ_MANAGER_H

#include <sys/types.h>

#include "ipc/record.h"
#include "test/fuzz/choice.h"

/* A manager of the service in this directory was started that speaks by these, of which
 * it makes copies. */
void manager_begin(pid_t pid, const char *directory, int control_fd, int ready_fd);
/* It has ended, and its copies are closed; any other pid is ignored. */
void manager_ended(pid_t pid);
/* One of them does something. */
void manager_step(struct choice *s);

/* Every answer's generation tells who gave it, and whether honestly. */
#define MANAGER_HONEST 0x40000000u
#define MANAGER_LIES   0x20000000u
/* Did the manager of this service give an answer of that generation? */
bool manager_is_of(uint32_t generation, const char *service, size_t len);
/* The `total` of an honest one tells which request it answers. */
uint32_t manager_tag(const struct ipc_record *request);

struct manager_counts {
	uint64_t steps, asked, honest, hostile;
};

extern struct manager_counts manager_counts;

#endif
