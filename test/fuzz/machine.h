/* machine.h - what is left of the shell's surroundings when nothing but requests is
 * real: processes that are only numbers, no loop, no console, no end of a system. */
#ifndef FUZZ_MACHINE_H
#define FUZZ_MACHINE_H

#include "test/fuzz/choice.h"

/* How often spawning and executing fail. */
extern struct choice *machine_choice;

/* Some process executes its program, or ends. */
void machine_exec_some(struct choice *s);
void machine_end_some(struct choice *s);
/* All of them end; true if there was any. */
bool machine_end_all(void);

/* A pool is asked whether its manager has said something, as when its descriptor is
 * readable. */
void machine_hear_some(struct choice *s);

/* At first, and after a shutdown: as if there had been none. */
void machine_begin_anew(void);

#endif
