/* input.h - what descriptor 0 of a service's process is, and whether that has a terminal: by the
 * entries `stdin` and `tty`, and where neither is there, by which program it is.
 *
 * It only says so; steps.c carries it out.
 */
#ifndef CINIT_LAUNCH_INPUT_H
#define CINIT_LAUNCH_INPUT_H

#include "src/launch/steps.h"

/* Whose terminal descriptor 0 of ours is. */
enum terminal {
	TERMINAL_NONE,   /* nobody's, as far as we know: who asks finds nobody */
	TERMINAL_SHARED, /* that of who has started us, whose session keeps it */
	TERMINAL_CONSOLE /* of a machine: ours to give away */
};

struct standard_input {
	uint8_t kind;           /* enum input */
	bool tty, steals, opens_tty; /* as in struct child */
};

/* Of ENTRY_ON, or of ENTRY_OFF, which never has the terminal. */
struct standard_input input_of(const struct rows *rows, enum entry_id program, enum terminal t);

/* Whether the main process has a terminal, which is hung up when it is stopped. */
bool input_is_terminal(const struct rows *rows, enum terminal t);

#endif
