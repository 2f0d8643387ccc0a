/* essential.h - the services whose end is the end of everything, outside a machine. */
#ifndef CINIT_SHELL_ESSENTIAL_H
#define CINIT_SHELL_ESSENTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "src/tree/config.h"

/* The start service is wished up: some may be lost already.  On a machine they
 * are named, as nothing comes of it there. */
void essential_booted(void);
/* A main process has ended, and the engine has not been told yet. */
void essential_ended(const struct event *ended);
/* svc is in another state than before. */
void essential_changed(uint32_t svc);

#endif
