/* single.c - sets up around a single program, before its start. */
#include "src/single/single.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "src/shell/console.h"
#include "src/single/child.h"
#include "src/single/loop.h"
#include "src/single/options.h"

#define BIT(s) ((uint64_t)1 << ((s) - 1))

/* What tini does not pass on. */
static const uint64_t faults = BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGSEGV) | BIT(SIGBUS)
	| BIT(SIGABRT) | BIT(SIGTRAP) | BIT(SIGSYS);
static const uint64_t background = BIT(SIGTTIN) | BIT(SIGTTOU);

bool single_wanted(char **argv)
{
	if (!argv[0])
		return false;
	if (single_dialect(argv[0]) != DIALECT_CINIT)
		return true;
	for (char **word = argv + 1; *word; word++)
		if (strcmp(*word, "--") == 0)
			return word[1] != NULL;
	return false;
}

/* The parent may have gone before we asked to be told. */
static void watch_parent(int sig, pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0) < 0)
		say_errno("", "parent death signal", errno);
	else if (getppid() != parent)
		kill(getpid(), sig);
}

static void become_reaper(const struct single_options *o)
{
	if (o->subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		say_errno("", "subreaper", errno);
	else if (!o->subreaper && getpid() != 1 && o->loudness >= SAY_WARNINGS
	         && o->dialect != DIALECT_DUMB_INIT)
		say("", "", "neither PID 1 nor, with -s, a subreaper: orphans go to another process");
}

/* May the program have the terminal?  Not when a shell runs us in the
 * background. */
static bool terminal_to_give(const struct single_options *o)
{
	return o->enclosure == IN_OWN_GROUP && tcgetpgrp(0) == getpgrp();
}

/* A terminal must have left our session before it can enter the program's.
 * When we lead the session, the kernel takes that for a hang-up, and tells us. */
static bool release_terminal(struct loop *l)
{
	if (ioctl(0, TIOCNOTTY) == 0 && getsid(0) == getpid())
		l->drop_once = BIT(SIGHUP) | BIT(SIGCONT);
	return isatty(0);
}

int single_main(char **argv, uint64_t mask)
{
	static struct single_options o;
	static struct inherited was;
	struct loop l = {.options = &o};
	bool tini = single_dialect(argv[0]) == DIALECT_TINI;
	pid_t parent = getppid();
	int code = -1;

	if (child_take_signals(&was, mask, tini ? faults : 0) < 0) {
		say_errno("", "signals", errno);
		code = 1;
	}
	if (code < 0)
		code = single_options_read(&o, argv);
	if (code < 0) {
		if (o.parent_death)
			watch_parent(o.parent_death, parent);
		become_reaper(&o);
		l.heard = ~(tini ? faults | background : 0);
		l.terminal = o.enclosure == IN_OWN_SESSION ? release_terminal(&l) : terminal_to_give(&o);
		l.child = child_start(&o, &was, l.terminal);
		if (l.child > 0)
			code = single_loop(&l);
		else
			say_errno(*o.program, "fork", errno);
	}
	console_flush();
	return code < 0 ? 1 : code;
}
