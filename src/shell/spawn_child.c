/* spawn_child.c - the child between clone and exec.
 *
 * It may share all memory with the supervisor, which runs on meanwhile.  So:
 * no libc, no errno, no static data, nothing written but its own stack, and no
 * stack protector (its canary lives in thread storage, which is the parent's).
 */
#include "src/shell/spawn_child.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/words.h"
#include "src/launch/ids.h"
#include "src/shell/process.h"

#if defined(__has_attribute)
#if __has_attribute(no_stack_protector)
#define PLAIN __attribute__((no_stack_protector))
#endif
#endif
#ifndef PLAIN
#define PLAIN
#endif

/* A system call that returns -errno and touches no memory of libc's. */
#if defined(__x86_64__)
PLAIN static inline long raw(long n, long a, long b, long c, long d)
{
	long r;
	register long r10 __asm__("r10") = d;

	__asm__ volatile("syscall" : "=a"(r) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10)
	                 : "rcx", "r11", "memory");
	return r;
}
#elif defined(__aarch64__)
PLAIN static inline long raw(long n, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}
#else
/* Elsewhere children are forked, and errno is their own. */
static long raw(long n, long a, long b, long c, long d)
{
	long r = syscall(n, a, b, c, d);

	return r < 0 ? -errno : r;
}
#endif

PLAIN static _Noreturn void fail(const struct child *c, enum spawn_step step, long result)
{
	struct child_report report = {(int32_t)step, (int32_t)-result};

	raw(SYS_write, c->report_fd, (long)&report, sizeof report, 0);
	for (;;)
		raw(SYS_exit_group, 127, 0, 0, 0);
}

/* Before the limit is given back, which may be lower than a number given away. */
PLAIN static void take_descriptors(const struct child *c)
{
	for (unsigned i = 0; i < c->n_fds; i++) {
		long r = raw(SYS_dup3, c->fds[i].fd, c->fds[i].as, 0, 0);

		if (r < 0)
			fail(c, STEP_FDS, r);
	}
}

/* Room for ten digits; a pid has no more. */
PLAIN static void write_pid(char *at)
{
	unsigned long pid = (unsigned long)raw(SYS_getpid, 0, 0, 0, 0);
	unsigned n = 1;

	for (unsigned long rest = pid; rest >= 10; rest /= 10)
		n++;
	at[n] = '\0';
	for (; n; pid /= 10)
		at[--n] = (char)('0' + pid % 10);
}

PLAIN int spawn_child(void *arg)
{
	const struct child *c = arg;
	struct { uint64_t soft, hard; } limit = {c->nofile_soft, c->nofile_hard};
	uint64_t no_signals = 0;
	long r = raw(SYS_setsid, 0, 0, 0, 0);

	if (r < 0)
		fail(c, STEP_SESSION, r);
	if (c->tty)
		raw(SYS_ioctl, 0, TIOCSCTTY, 1, 0); /* without it there is no job control */
	take_descriptors(c);
	if (c->pid)
		write_pid(c->pid);
	if (c->limit) {
		r = raw(SYS_prlimit64, 0, RLIMIT_NOFILE, (long)&limit, 0);
		if (r < 0)
			fail(c, STEP_LIMIT, r);
	}
	/* Caught signals were none, ignored ones were reset at our start; exec
	 * keeps the mask, so it is emptied here. */
	r = raw(SYS_rt_sigprocmask, 2 /* SIG_SETMASK */, (long)&no_signals, 0, sizeof no_signals);
	if (r < 0)
		fail(c, STEP_SIGNALS, r);
	if (c->ids && ids_become(c->ids) < 0)
		fail(c, STEP_IDS, -errno);
	r = raw(SYS_execve, (long)c->path, (long)c->argv, (long)c->envp, 0);
	fail(c, STEP_EXEC, r);
}
