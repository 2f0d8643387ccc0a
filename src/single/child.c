/* child.c - from fork to exec.
 *
 * Every signal is blocked before the fork.  One that comes before exec waits
 * with the child until its mask is given back, and then has the effect that the
 * program's own beginning would have had: none is lost.  All descriptors are
 * the program's; we open none. */
#include "src/single/child.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/shell/console.h"

/* By the system calls themselves: a libc keeps some signals for itself, one of
 * which is the other libc's RTMIN. */
int child_take_signals(struct inherited *was, uint64_t mask, uint64_t spared)
{
	static const char by_default[64];
	uint64_t blocked = ~spared;

	was->mask = mask;
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, sizeof blocked) < 0)
		return -1;
	return (int)syscall(SYS_rt_sigaction, SIGCHLD, by_default, was->on_child, sizeof blocked);
}

static int give_back_signals(const struct inherited *was)
{
	if (syscall(SYS_rt_sigaction, SIGCHLD, was->on_child, NULL, sizeof was->mask) < 0)
		return -1;
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &was->mask, NULL, sizeof was->mask);
}

static void leave(const struct single_options *o, bool terminal)
{
	switch (o->enclosure) {
	case IN_OUR_GROUP:
		break;
	case IN_OWN_GROUP:
		if (setpgid(0, 0) < 0)
			say_errno("", "setpgid", errno);
		if (terminal && tcsetpgrp(0, getpid()) < 0) /* TTOU is blocked */
			say_errno("", "tcsetpgrp", errno);
		break;
	case IN_OWN_SESSION:
		if (setsid() < 0)
			say_errno("", "setsid", errno);
		if (terminal && ioctl(0, TIOCSCTTY, 0) < 0)
			say_errno("", "controlling terminal", errno);
		break;
	}
}

/* ---- finding the program ---- */

/* What the kernel does not know as a program is a script for the shell, as
 * execvp(3) has it where it was written with glibc in mind. */
static void execute(const char *path, char **program)
{
	static char shell_path[] = "/bin/sh";

	execv(path, program);
	if (errno != ENOEXEC)
		return;
	program[-1] = shell_path;
	program[0] = (char *)(uintptr_t)path; /* execv takes it as it is */
	execv(shell_path, program - 1);
}

/* In each directory of PATH; errno is then that of the best find. */
static void search(const char *path, char **program)
{
	static char file[PATH_MAX];
	const char *name = *program;
	int worst = ENOENT;

	for (;;) {
		size_t n = strcspn(path, ":");
		struct text t;

		text_init(&t, file, sizeof file);
		text_mem(&t, path, n);
		text_str(&t, n ? "/" : "");
		text_str(&t, name);
		errno = ENAMETOOLONG;
		if (!t.cut)
			execute(file, program);
		if (errno == EACCES)
			worst = EACCES;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
			return;
		if (!path[n])
			break;
		path += n + 1;
	}
	errno = worst;
}

/* The exit codes of shells, or of whom we stand in for. */
static int code_of(enum dialect dialect, int err)
{
	if (dialect == DIALECT_DUMB_INIT)
		return 2;
	if (err == ENOENT)
		return 127;
	return dialect == DIALECT_TINI && err != EACCES ? 1 : 126;
}

static _Noreturn void become(const struct single_options *o)
{
	const char *name = *o->program, *path = getenv("PATH");
	int err;

	if (strchr(name, '/'))
		execute(name, o->program);
	else if (*name)
		search(path ? path : "/usr/local/bin:/usr/bin:/bin", o->program);
	else
		errno = ENOENT;
	err = errno;
	say_errno(name, "exec", err);
	console_flush();
	_exit(code_of(o->dialect, err));
}

pid_t child_start(const struct single_options *o, const struct inherited *was, bool terminal)
{
	pid_t pid;

	console_flush(); /* or the child would say it again */
	pid = fork();
	if (pid == 0) {
		leave(o, terminal);
		if (give_back_signals(was) < 0)
			say_errno("", "signals", errno);
		become(o);
	}
	/* Here too: a signal for the group may come before the child has run. */
	if (pid > 0 && o->enclosure == IN_OWN_GROUP)
		setpgid(pid, pid);
	return pid;
}
