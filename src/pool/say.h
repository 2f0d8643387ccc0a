/* say.h - the manager's lines on standard error: "cinit.pool: SERVICE: what: why".
 *
 * Nothing here waits: what nobody takes is dropped. */
#ifndef CINIT_POOL_SAY_H
#define CINIT_POOL_SAY_H

#include "ipc/text.h"

/* The service's name in each line, from now on; it stays the caller's. */
void say_service(const char *name);
/* Empty parts are left out. */
void say(const char *what, const char *why);
void say_errno(const char *what, int error);

/* A line of the caller's own: what is put in between. */
struct text *say_begin(void);
void say_end(void);

#endif
