/* alarm.c - a timer that interrupts this thread only. */
#include "ipc/alarm.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef sigev_notify_thread_id /* not every libc has the name that timer_create(2) gives it */
#define sigev_notify_thread_id _sigev_un._tid
#endif

#define AGAIN_MS 100 /* an interruption that came before the call is repeated */

/* What a signal does is the same for all threads, so each alarm has one of its own.
 * A bit for each that is in use; those that a fork took along stay so. */
static _Atomic uint64_t in_use;

static void on_alarm(int sig)
{
	(void)sig;
}

static uint64_t bit_of(int sig)
{
	return (uint64_t)1 << (sig - 1);
}

/* Is the signal free for us, and, if it must be, open to this thread? */
static bool take_signal(struct alarm *a, int sig, const sigset_t *blocked, bool open)
{
	struct sigaction ours = {.sa_handler = on_alarm, .sa_flags = SA_RESTART | SA_ONSTACK};

	if (open && sigismember(blocked, sig))
		return false;
	if (atomic_fetch_or(&in_use, bit_of(sig)) & bit_of(sig))
		return false;
	sigfillset(&ours.sa_mask);
	if (sigaction(sig, NULL, &a->before) == 0 && !(a->before.sa_flags & SA_SIGINFO)
	    && a->before.sa_handler == SIG_DFL && sigaction(sig, &ours, NULL) == 0) {
		a->sig = sig;
		return true;
	}
	atomic_fetch_and(&in_use, ~bit_of(sig));
	return false;
}

static void give_signal(const struct alarm *a)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a->sig);
	if (a->was_blocked)
		pthread_sigmask(SIG_BLOCK, &set, NULL);
	sigaction(a->sig, &a->before, NULL);
	atomic_fetch_and(&in_use, ~bit_of(a->sig));
}

static int find_signal(struct alarm *a)
{
	sigset_t blocked, set;

	if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0)
		return -1;
	for (int open = 1; open >= 0; open--)
		for (int sig = SIGRTMAX; sig >= SIGRTMIN; sig--)
			if (take_signal(a, sig, &blocked, open)) {
				a->was_blocked = sigismember(&blocked, sig);
				if (!a->was_blocked)
					return 0;
				sigemptyset(&set);
				sigaddset(&set, sig);
				pthread_sigmask(SIG_UNBLOCK, &set, NULL);
				return 0;
			}
	errno = EAGAIN;
	return -1;
}

/* The kernel's timers, not libc's: what is deleted is gone at once. */
int alarm_begin(struct alarm *a)
{
	struct sigevent e;
	int err;

	if (find_signal(a) < 0)
		return -1;
	memset(&e, 0, sizeof e);
	e.sigev_notify = SIGEV_THREAD_ID;
	e.sigev_signo = a->sig;
	e.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &e, &a->timer) == 0)
		return 0;
	err = errno;
	give_signal(a);
	errno = err;
	return -1;
}

void alarm_within(const struct alarm *a, int64_t ms)
{
	struct { long s, ns; } t[2] = {{0, AGAIN_MS * 1000000L}, {0, 1000000}};

	if (ms > 0) {
		t[1].s = (long)(ms / 1000);
		t[1].ns = (long)(ms % 1000) * 1000000;
	}
	syscall(SYS_timer_settime, a->timer, 0, t, NULL);
}

/* The signal is open to this thread, so none is left once the timer is deleted. */
void alarm_end(const struct alarm *a)
{
	int err = errno;

	syscall(SYS_timer_delete, a->timer);
	give_signal(a);
	errno = err;
}
