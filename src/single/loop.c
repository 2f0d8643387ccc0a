/* loop.c - one signal at a time, and whoever has ended. */
#include "src/single/loop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc/describe.h"
#include "ipc/signal_name.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/thrift.h"

#define BIT(s) ((uint64_t)1 << ((s) - 1))
#define NS_PER_S 1000000000

static int64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * NS_PER_S + t.tv_nsec;
}

/* ---- what is said ---- */

static void say_signal(const char *what, int sig, const char *why)
{
	struct text *t = say_begin();

	text_str(t, what);
	text_i64(t, sig);
	if (*signal_word(sig)) {
		text_str(t, " (");
		text_str(t, signal_word(sig));
		text_char(t, ')');
	}
	text_str(t, why);
	say_end();
}

static void say_process(const char *what, pid_t pid, int status)
{
	struct end end = WIFSIGNALED(status) ? (struct end){END_SIGNAL, STEP_NONE, (int16_t)WTERMSIG(status)}
	                                     : (struct end){END_EXIT, STEP_NONE, (int16_t)WEXITSTATUS(status)};
	struct text *t = say_begin();

	text_str(t, what);
	text_i64(t, pid);
	text_str(t, ": ");
	describe_end(t, &end);
	say_end();
}

/* ---- passing signals on ---- */

/* The group may not be there yet, or no longer; the program is. */
static void pass_on(const struct loop *l, int sig)
{
	bool loud = l->options->loudness >= SAY_WARNINGS;

	if (l->child <= 1)
		return;
	if (l->options->to_group && kill(-l->child, sig) == 0)
		return;
	if (kill(l->child, sig) < 0 && loud)
		say_signal("signal ", sig, errno == EPERM ? ": the program may not be sent it"
		                                          : ": the program cannot be sent it");
}

static bool is_stop(int sig)
{
	return sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

/* Ours, for the shell that waits for us.  It takes the terminal back by itself;
 * other parents do not.  PID 1 is not stopped by this. */
static void suspend(struct loop *l)
{
	if (l->terminal && l->options->enclosure == IN_OWN_GROUP)
		tcsetpgrp(0, getpgrp());
	l->stop_asked = false;
	console_flush();
	kill(getpid(), SIGSTOP);
}

/* Again, and in the foreground: so the program is, too. */
static void resume(const struct loop *l)
{
	if (l->terminal && l->options->enclosure == IN_OWN_GROUP && tcgetpgrp(0) == getpgrp())
		tcsetpgrp(0, l->child);
}

static void heed(struct loop *l, int sig)
{
	const struct single_options *o = l->options;
	int to = o->rewrite[sig];

	if (l->drop_once & BIT(sig)) {
		l->drop_once &= ~BIT(sig);
		return;
	}
	if (o->loudness >= SAY_SIGNALS)
		say_signal("received signal ", sig, to == sig ? "" : to ? ", rewritten" : ", not passed on");
	if (sig == SIGCONT)
		resume(l);
	if (to)
		pass_on(l, to);
	if (!is_stop(sig) || o->dialect == DIALECT_TINI)
		return;
	/* dumb-init stops at once; we, if and when the program does. */
	if (o->dialect == DIALECT_DUMB_INIT)
		suspend(l);
	else
		l->stop_asked = true;
}

/* ---- reaping ---- */

static void stopped(struct loop *l, int sig)
{
	if (l->stop_asked || (l->terminal && is_stop(sig)))
		suspend(l);
}

static void reaped(struct loop *l, pid_t pid, int status)
{
	const struct single_options *o = l->options;

	if (pid != l->child) {
		if (o->warn_reaped && !WIFSTOPPED(status))
			say_process("reaped orphan ", pid, status);
		return;
	}
	if (WIFSTOPPED(status)) {
		stopped(l, WSTOPSIG(status));
		return;
	}
	l->ended = true;
	l->status = status;
	if (o->loudness >= SAY_STEPS)
		say_process("ended: the program, process ", pid, status);
}

/* Whoever has ended, within a bound, and with a pause when waiting has become
 * slow: then many are dying, and the kernel looks through all of them each time.
 * (loop.c of the shell does the same.) */
static void reap(struct loop *l)
{
	int flags = WNOHANG | (l->options->dialect == DIALECT_CINIT ? WUNTRACED : 0), status;
	int64_t before = clock_ns(), after;

	for (unsigned n = 0; n < TURN_REAPS; n++) {
		pid_t pid = waitpid(-1, &status, flags);

		if (pid <= 0) {
			l->reap_due = false;
			return;
		}
		reaped(l, pid, status);
		after = clock_ns();
		if (after - before > REAP_SLOW_NS && !l->ended) {
			l->reap_after_ns = after + (int64_t)REAP_PAUSE_MS * 1000000;
			return;
		}
		before = after;
	}
}

/* ---- waiting ---- */

/* The next signal, or 0 when its time is over; negative: for ever. */
static int next_signal(uint64_t set, int64_t timeout_ns)
{
	/* The kernel's structure, which libc's is not everywhere. */
	struct { long s, ns; } timeout = {(long)(timeout_ns / NS_PER_S), (long)(timeout_ns % NS_PER_S)};
	long sig = syscall(SYS_rt_sigtimedwait, &set, NULL, timeout_ns < 0 ? NULL : &timeout, sizeof set);

	return sig < 0 ? 0 : (int)sig;
}

/* In a pause the ends of children, thousands of them, do not wake us. */
static void turn(struct loop *l)
{
	const int64_t retry_ns = (int64_t)CONSOLE_RETRY_MS * 1000000;
	int64_t left = l->reap_due ? l->reap_after_ns - clock_ns() : -1;
	bool paused = l->reap_due && left > 0;
	int sig;

	if (l->reap_due && !paused)
		left = 0;
	else if (console_awaited() >= 0 && (left < 0 || left > retry_ns))
		left = retry_ns;
	sig = next_signal(paused ? l->heard & ~BIT(SIGCHLD) : l->heard, left);

	if (sig == SIGCHLD)
		l->reap_due = true;
	else if (sig)
		heed(l, sig);
	if (l->reap_due && l->reap_after_ns <= clock_ns())
		reap(l);
	console_flush();
}

static int exit_code(const struct loop *l)
{
	unsigned code = WIFSIGNALED(l->status) ? 128 + (unsigned)WTERMSIG(l->status)
	                                       : (unsigned)WEXITSTATUS(l->status);

	return l->options->success[code / 64] >> code % 64 & 1 ? 0 : (int)code;
}

int single_loop(struct loop *l)
{
	if (l->options->loudness >= SAY_STEPS) {
		struct text *t = say_begin();

		text_str(t, "started the program, process ");
		text_i64(t, l->child);
		say_end();
		console_flush();
	}
	thrift_single();
	while (!l->ended)
		turn(l);
	if (l->options->enclosure == IN_OWN_SESSION)
		kill(-l->child, SIGTERM); /* as dumb-init: what is left of the group */
	if (l->terminal && l->options->enclosure == IN_OWN_GROUP && tcgetpgrp(0) == l->child)
		tcsetpgrp(0, getpgrp());
	return exit_code(l);
}
