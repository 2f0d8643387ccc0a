/* relay.h - requests about a pool, passed on to its manager and answered by it.
 *
 * The manager is a process that may hang, die or lie.  So each request that was passed
 * on is a row here with a time by which it is answered, whatever the manager does, and
 * of the manager's records nothing counts but a result, a text, or rows that are shown.
 */
#ifndef CINIT_SHELL_RELAY_H
#define CINIT_SHELL_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/record.h"
#include "src/limits.h"

/* One request that a manager has to answer. */
struct relayed {
	uint32_t handle;  /* of the client; 0: a free row */
	uint32_t svc;
	uint64_t id;      /* of the record that the manager got */
	int64_t due_ms;   /* answered by then */
	uint16_t verb;
};

/* All of them; struct shell has it. */
struct relay {
	unsigned n;       /* rows in use */
	uint64_t last_id;
	struct relayed row[RELAY_MAX];
};

/* A request of VERB_WORKERS, SCALE, ROLL or CALL about service svc; it is answered at
 * once when it cannot be passed on. */
void relay_request(const struct ipc_record *r, uint32_t svc, bool may_command);
/* The control descriptor of svc is readable: takes some of what is there, true
 * if there may be more.  What the manager says of its own end is kept as the service's words. */
bool relay_readable(uint32_t svc);
/* The manager of svc has ended: its requests are answered. */
void relay_gone(uint32_t svc);
/* The client behind a handle is gone. */
void relay_client_gone(uint32_t handle);
/* Service i is map[i] now. */
void relay_moved(const uint32_t *map, uint32_t n);
/* Answers what was not answered in time; when it wants to be called, or NEVER. */
void relay_turn(void);
int64_t relay_deadline(void);

#endif
