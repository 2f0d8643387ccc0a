/* early.c - a signal that comes as early as can be: early SIGNAL PROGRAM ARG...
 *
 * Executes the program in its own place.  A child traces it and sends it the signal when
 * its main() asks for the first time whether descriptor 0 is open. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GET_SYSCALL_INFO 0x420e /* its name is an enumerator here, a macro there */
#define ENTRY 1

struct info { /* the beginning of the kernel's, see ptrace(2) */
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp, nr, args[6];
};

static _Noreturn void fail(const char *what)
{
	perror(what);
	_exit(2);
}

static int asks_for_0(pid_t pid)
{
	struct info info;

	memset(&info, 0, sizeof info);
	if (ptrace(GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) < 0)
		fail("PTRACE_GET_SYSCALL_INFO");
	return info.op == ENTRY && info.nr == SYS_fcntl && info.args[0] == 0 && info.args[1] == F_GETFD;
}

static int next_stop(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		fail("waitpid");
	return status >> 8;
}

static _Noreturn void trace(pid_t pid, int sig, int go)
{
	const int exec_stop = SIGTRAP | PTRACE_EVENT_EXEC << 8, call_stop = SIGTRAP | 0x80;
	int executed = 0, stop;

	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(long)(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC)) < 0
	    || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		fail("PTRACE_SEIZE");
	close(go);
	for (;;) {
		stop = next_stop(pid);
		executed |= stop == exec_stop;
		if (executed && stop == call_stop && asks_for_0(pid))
			break;
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0)
			fail("PTRACE_SYSCALL");
	}
	if (kill(pid, sig) < 0 || ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0)
		fail("kill");
	_exit(0);
}

int main(int argc, char **argv)
{
	int go[2];
	pid_t pid;
	char byte;

	if (argc < 3 || pipe2(go, O_CLOEXEC) < 0)
		return 2;
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		trace(getppid(), atoi(argv[1]), go[1]);
	prctl(PR_SET_PTRACER, pid, 0, 0, 0);
	close(go[1]);
	while (read(go[0], &byte, 1) < 0 && errno == EINTR)
		;
	execv(argv[2], argv + 2);
	fail(argv[2]);
}
