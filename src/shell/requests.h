/* requests.h - what clients ask: from a record to an event of the engine, and
 * from its answer to a record.  Implements what ipc/cinit_ipc.h leaves to src/. */
#ifndef CINIT_SHELL_REQUESTS_H
#define CINIT_SHELL_REQUESTS_H

#include "src/engine/engine.h"

/* The engine answers a request. */
void requests_answer(const struct action *a);
/* Requests that wait for a load: those whose time is over are answered, and so are all once
 * everything is being stopped. */
void requests_turn(void);
int64_t requests_deadline(void);

/* An answer with how service svc is now. */
void requests_answer_about(uint32_t handle, uint32_t svc, enum result result);

#endif
