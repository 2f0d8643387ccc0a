/* watchdog.h - conf/watchdog: a device that reboots the machine unless it is fed.
 *
 * It is fed by the loop, so it tells whether PID 1 still turns.  During the end
 * it is fed as well; the last thing before reboot(2) is a longer time, so that
 * an end that hangs in the kernel is bounded, too.  A halt closes it instead:
 * a machine that was halted stays so.  So does a switch to another root, whose init
 * arms it again if it knows of it. */
#ifndef CINIT_MACHINE_WATCHDOG_H
#define CINIT_MACHINE_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "src/tree/config.h"

/* What a tree that was loaded says of it. */
void watchdog_settings(const struct config *c);
/* A service came up: it may have brought the device. */
void watchdog_try(void);
/* When watchdog_turn() wants to be called, or NEVER. */
int64_t watchdog_deadline(void);
void watchdog_turn(void);
void watchdog_end(bool halt);
/* The same before another init takes over: it has the longer time to come up, */
void watchdog_leave(void);
/* and then the device is disarmed, as it may not know of it, where the kernel lets us;
 * watchdog_try() arms it again. */
void watchdog_hand_over(void);

#endif
