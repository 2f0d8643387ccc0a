/* process.c - kill(2), pidfds, wait statuses. */
#include "src/shell/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum spawn_cause process_cause(const struct end *end)
{
	switch (end->code) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE: return CAUSE_SHORTAGE;
	case ETXTBSY: return CAUSE_BUSY;
	case EADDRINUSE:
	case EADDRNOTAVAIL: return CAUSE_ADDRESS;
	case ENOENT: return CAUSE_MISSING;
	default: return CAUSE_OTHER;
	}
}

/* ---- signals and ends ---- */

int process_kill_pid(pid_t pid, int sig)
{
	if (pid > 1)
		return kill(pid, sig);
	errno = EINVAL;
	return -1;
}

void process_signal(const struct proc *p, int sig)
{
	process_kill_pid(p->pid, sig); /* not reaped yet, so it is still ours */
}

int process_open_pidfd(struct proc *p)
{
	int fd = p->pidfd ? p->pidfd : (int)syscall(SYS_pidfd_open, p->pid, 0);

	p->pidfd = fd > 0 ? fd : 0;
	return fd;
}

void process_close_pidfd(struct proc *p)
{
	if (!p->pidfd)
		return; /* and memory that was never touched stays so */
	close(p->pidfd);
	p->pidfd = 0;
}

struct end process_end_of_status(int status)
{
	if (WIFSIGNALED(status))
		return (struct end){END_SIGNAL, STEP_NONE, (int16_t)WTERMSIG(status)};
	return (struct end){END_EXIT, STEP_NONE, (int16_t)WEXITSTATUS(status)};
}
