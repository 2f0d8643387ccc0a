/* signal_name.c - the table of signals.  Those from 32 on have no names here:
 * each libc keeps some of them for itself and counts RTMIN from behind those. */
#include "ipc/signal_name.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ipc/text.h"

static const struct { int sig; char name[8]; } names[] = {
	{SIGHUP, "HUP"}, {SIGINT, "INT"}, {SIGQUIT, "QUIT"}, {SIGILL, "ILL"}, {SIGTRAP, "TRAP"},
	{SIGABRT, "ABRT"}, {SIGBUS, "BUS"}, {SIGFPE, "FPE"}, {SIGKILL, "KILL"}, {SIGUSR1, "USR1"},
	{SIGSEGV, "SEGV"}, {SIGUSR2, "USR2"}, {SIGPIPE, "PIPE"}, {SIGALRM, "ALRM"}, {SIGTERM, "TERM"},
#ifdef SIGSTKFLT
	{SIGSTKFLT, "STKFLT"},
#endif
	{SIGCHLD, "CHLD"}, {SIGCONT, "CONT"}, {SIGSTOP, "STOP"}, {SIGTSTP, "TSTP"}, {SIGTTIN, "TTIN"},
	{SIGTTOU, "TTOU"}, {SIGURG, "URG"}, {SIGXCPU, "XCPU"}, {SIGXFSZ, "XFSZ"}, {SIGVTALRM, "VTALRM"},
	{SIGPROF, "PROF"}, {SIGWINCH, "WINCH"}, {SIGIO, "IO"}, {SIGPWR, "PWR"}, {SIGSYS, "SYS"},
	/* other names of the same: found by name only, as they come last */
	{SIGABRT, "IOT"}, {SIGCHLD, "CLD"}, {SIGIO, "POLL"},
};

#define N_NAMES (sizeof names / sizeof *names)

const char *signal_word(int sig)
{
	for (size_t i = 0; i < N_NAMES; i++)
		if (names[i].sig == sig)
			return names[i].name;
	return "";
}

int signal_of_word(const char *s, size_t n)
{
	uint64_t number;

	if (parse_u64(s, n, SIGNAL_MAX, &number))
		return (int)number;
	if (n > 3 && memcmp(s, "SIG", 3) == 0) {
		s += 3;
		n -= 3;
	}
	for (size_t i = 0; i < N_NAMES; i++)
		if (strlen(names[i].name) == n && memcmp(names[i].name, s, n) == 0)
			return names[i].sig;
	return 0;
}
