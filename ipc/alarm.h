/* alarm.h - ends a system call that knows no time limit of its own.
 *
 * While an alarm is set, a timer of this thread's own interrupts it again and again
 * with a real-time signal that nobody else has a use for: one that is free in this
 * process, and not blocked here where there is a choice.  The signal, its mask and
 * the timer are given back by alarm_end(); other signals, timers and threads are
 * never touched.  Any number of threads may do so at the same time.
 */
#ifndef CINIT_IPC_ALARM_H
#define CINIT_IPC_ALARM_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct alarm {
	int timer, sig;
	bool was_blocked;
	struct sigaction before;
};

/* From now on; the first comes by alarm_within().  0, or -1 with errno when there is
 * no signal or timer to be had: then the caller must do without. */
int alarm_begin(struct alarm *a);
/* The next interruption comes in ms (at least 1), and more follow, should it have
 * come too early. */
void alarm_within(const struct alarm *a, int64_t ms);
/* Keeps errno. */
void alarm_end(const struct alarm *a);

#endif
