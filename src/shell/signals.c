/* signals.c - signals become events.
 *
 * 37, 38 and 39 are what systemd's tools send as RTMIN+3..5 with a RTMIN of 34;
 * libcs differ in theirs, so they are numbers here. */
#include "src/shell/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/cinit_ipc.h"
#include "src/shell/console.h"
#include "src/shell/life.h"
#include "src/shell/reload.h"
#include "src/shell/shell.h"

enum { SIGNAL_HALT = 37, SIGNAL_POWEROFF = 38, SIGNAL_REBOOT = 39 };

/* By the system call itself: libc's sigaction() refuses the signals that it
 * keeps for itself, and a parent may have left those ignored, too.  All zero is
 * the default in the kernel's structure, whatever its layout. */
static void reset_all(void)
{
	static const char dfl[64];

	for (int s = 1; s <= 64; s++)
		syscall(SYS_rt_sigaction, s, dfl, NULL, 8); /* KILL and STOP refuse */
}

/* A fault that is blocked kills anyway, and tells less. */
static const uint64_t faults = (uint64_t)1 << (SIGSEGV - 1) | (uint64_t)1 << (SIGBUS - 1)
	| (uint64_t)1 << (SIGILL - 1) | (uint64_t)1 << (SIGFPE - 1);

/* By the system call for the same reason: RTMIN of one libc is the other's own. */
void signals_block(uint64_t *before)
{
	uint64_t mask = ~faults;

	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, before, sizeof mask);
}

void signals_restore(const uint64_t *before)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, before, NULL, sizeof *before);
}

int signals_open(void)
{
	sigset_t all;

	reset_all();
	sigfillset(&all);
	sigdelset(&all, SIGSEGV); /* as above */
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGFPE);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0)
		return -1;
	sigdelset(&all, SIGURG); /* blocked too, but the bell of IPC methods, which read it */
	return signalfd(-1, &all, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* The end of a terminal may be told twice, by its shell and by the kernel: at once, so
 * that it is one request. */
static void hang_up(void)
{
	if (shell.terminal)
		life_request(SHUTDOWN_POWEROFF, LIFE_BY_TERMINAL);
	else
		reload_ask();
}

static void on_machine(int sig)
{
	switch (sig) {
	case SIGTERM: life_request(SHUTDOWN_POWEROFF, LIFE_BY_SIGNAL); break;
	case SIGPWR: life_request(SHUTDOWN_POWEROFF, LIFE_BY_POWER); break;
	case SIGNAL_POWEROFF: life_request(SHUTDOWN_POWEROFF, LIFE_BY_NUMBER); break;
	case SIGINT: life_request(SHUTDOWN_REBOOT, LIFE_BY_SIGNAL); break;
	case SIGNAL_REBOOT: life_request(SHUTDOWN_REBOOT, LIFE_BY_NUMBER); break;
	case SIGNAL_HALT: life_request(SHUTDOWN_HALT, LIFE_BY_NUMBER); break;
	case SIGUSR2: life_request(SHUTDOWN_RESCUE, LIFE_BY_SIGNAL); break;
	default: break;
	}
}

static void elsewhere(int sig)
{
	switch (sig) {
	case SIGTERM:
	case SIGINT:
	case SIGQUIT: life_request(SHUTDOWN_POWEROFF, LIFE_BY_SIGNAL); break;
	case SIGPWR: life_request(SHUTDOWN_POWEROFF, LIFE_BY_POWER); break;
	case SIGNAL_HALT:
	case SIGNAL_POWEROFF:
	case SIGNAL_REBOOT: life_request(SHUTDOWN_POWEROFF, LIFE_BY_NUMBER); break;
	case SIGUSR2: say("USR2", "", "there is no rescue shell outside a machine, ignored"); break;
	default: break;
	}
}

static void heed(int sig)
{
	if (sig == SIGHUP) {
		hang_up();
	} else if (sig == SIGUSR1) {
		ipc_recheck = true;
	} else if (shell.mode == MODE_MACHINE) {
		on_machine(sig);
	} else {
		elsewhere(sig);
	}
}

int signals_take(int fd, pid_t *pid)
{
	struct signalfd_siginfo info[8];
	ssize_t n = read(fd, info, sizeof info);
	int child = 0;

	for (ssize_t i = 0; i < n / (ssize_t)sizeof *info; i++) {
		if (info[i].ssi_signo != SIGCHLD) {
			heed((int)info[i].ssi_signo);
			continue;
		}
		child = 1;
		*pid = (pid_t)info[i].ssi_pid;
	}
	return child;
}
