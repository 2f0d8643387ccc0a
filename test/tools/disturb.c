/* disturb.c - somebody who moves a directory at the wrong moment:
 * disturb DIR FROM TO PROGRAM ARG...
 *
 * Executes the program in its own place.  A child traces it: while the program opens DIR
 * for the FROM-th to the TO-th time, as that path or as the end of one, DIR is not there. */
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
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define GET_SYSCALL_INFO 0x420e /* its name is an enumerator here, a macro there */
#define ENTRY 1

struct info { /* the beginning of the kernel's, see ptrace(2) */
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t ip, sp, nr, args[6];
};

static const char *dir;
static char away[4096 + 8];
static unsigned from, to, opened;
static pid_t moved; /* for whom it is away */

static _Noreturn void fail(const char *what)
{
	perror(what);
	_exit(2);
}

/* Up to the end of what can be read there. */
static void read_path(pid_t pid, uint64_t at, char *buf, size_t cap)
{
	struct iovec here = {buf, cap - 1}, there = {(void *)(uintptr_t)at, cap - 1};
	ssize_t n;

	do {
		n = process_vm_readv(pid, &here, 1, &there, 1, 0);
		there.iov_len = here.iov_len = here.iov_len / 2; /* perhaps to the end of the page */
	} while (n < 0 && here.iov_len > 1);
	buf[n > 0 ? n : 0] = '\0';
}

/* "svc/x" is what "x", opened relative to svc, ends in. */
static int is_open_of_it(pid_t pid, const struct info *info)
{
	char path[4096];
	size_t n, all = strlen(dir);

	if (info->op != ENTRY || info->nr != SYS_openat)
		return 0;
	read_path(pid, info->args[1], path, sizeof path);
	n = strlen(path);
	return n && n <= all && strcmp(dir + all - n, path) == 0 && (n == all || dir[all - n - 1] == '/');
}

static void move(const char *a, const char *b)
{
	if (rename(a, b) < 0)
		fail(a);
}

/* At a stop of this process; it goes on then. */
static void go_on(pid_t pid, int stop)
{
	const int call_stop = SIGTRAP | 0x80;
	int sig = stop == call_stop || stop >> 8 || stop == SIGTRAP || stop == SIGSTOP ? 0 : stop;
	struct info info;

	if (moved == pid)
		move(away, dir);
	moved = moved == pid ? 0 : moved;
	memset(&info, 0, sizeof info);
	if (stop == call_stop && ptrace(GET_SYSCALL_INFO, pid, (void *)sizeof info, &info) < 0)
		return; /* it was killed */
	if (stop == call_stop && is_open_of_it(pid, &info) && ++opened >= from && opened <= to) {
		move(dir, away);
		moved = pid;
	}
	ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig);
}

/* Its children, too: one of them may be who reads. */
static _Noreturn void trace(pid_t pid, int go)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK;
	int status;

	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)options) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		fail("PTRACE_SEIZE");
	close(go);
	while ((pid = waitpid(-1, &status, __WALL)) > 0)
		if (WIFSTOPPED(status))
			go_on(pid, status >> 8);
	_exit(0);
}

int main(int argc, char **argv)
{
	int go[2];
	pid_t pid;
	char byte;

	if (argc < 5 || pipe2(go, O_CLOEXEC) < 0)
		return 2;
	dir = argv[1];
	from = (unsigned)atoi(argv[2]);
	to = (unsigned)atoi(argv[3]);
	snprintf(away, sizeof away, "%s.away", dir);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0)
		trace(getppid(), go[1]);
	prctl(PR_SET_PTRACER, pid, 0, 0, 0);
	close(go[1]);
	while (read(go[0], &byte, 1) < 0 && errno == EINTR)
		;
	execv(argv[4], argv + 4);
	fail(argv[4]);
}
