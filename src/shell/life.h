/* life.h - carries out what the supervisor's life asks for (src/engine/life.h), and
 * reports to it.  It decides nothing; its state is shell.life. */
#ifndef CINIT_SHELL_LIFE_H
#define CINIT_SHELL_LIFE_H

#include "src/shell/shell.h"

/* Reads the tree and boots it, or gives a shell first.  Does not return on a machine
 * that has no tree at all. */
void life_start(bool shell_first);

/* Reports an event.  life_tell() acts on it, too; after life_hear() the caller does, by
 * life_act().  True: the engine has heard something, so its actions are to be taken. */
void life_hear(const struct life_event *ev);
bool life_act(void);
bool life_tell(const struct life_event *ev);

/* Everything is to be stopped. */
void life_request(enum shutdown how, enum life_by by);
/* A load is over: what was read is in place, or not. */
bool life_loaded(bool ok);
/* Once a turn, and when the engine has nothing to hand out; true as above. */
bool life_turn(void);
bool life_idle(void);

#endif
