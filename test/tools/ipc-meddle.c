/* ipc-meddle.c - something happens to the endpoint while the supervisor sees to it.
 *
 *   ipc-meddle PID files|objects N FIRST SECOND
 *
 * Stops the supervisor, has the shell do FIRST, lets it go on to the end of the N-th
 * system call that it then makes, has the shell do SECOND there, and lets it go.  Calls
 * that have nothing to do with files, or System V objects, do not count.  Prints "at CALL" with the number of that call, and is
 * done; or "over" where the supervisor lies down to sleep for good before. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* linux/ptrace.h cannot be had beside sys/ptrace.h everywhere. */
#ifndef PTRACE_GET_SYSCALL_INFO
#define PTRACE_GET_SYSCALL_INFO 0x420e
#endif
#define AT_ENTRY 1
#define AT_EXIT 2
#define PATIENCE 2 /* seconds; what is due comes at once */
#define SYSCALL_STOP (SIGTRAP | 0x80)

struct call { /* the head of struct ptrace_syscall_info */
	uint8_t op, pad[3];
	uint32_t arch;
	uint64_t pc, sp;
	uint64_t nr, args[6]; /* at entry */
	uint64_t room[2];
};

static pid_t pid;

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void shell(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "ipc-meddle: failed: %s\n", command);
		exit(2);
	}
}

enum stop { STOP_CALL, STOP_OTHER, STOP_NONE };

/* Lets it go on to its next stop.  With `patience`, in seconds, it may sleep on. */
static enum stop next_stop(int *sig, unsigned patience)
{
	int status;
	pid_t got;

	if (ptrace(PTRACE_SYSCALL, pid, NULL, (long)*sig) < 0)
		die("ipc-meddle: let the supervisor go on");
	alarm(patience);
	got = waitpid(pid, &status, __WALL);
	alarm(0);
	if (got < 0 && errno == EINTR)
		return STOP_NONE;
	if (got != pid || !WIFSTOPPED(status))
		die("ipc-meddle: the supervisor");
	*sig = WSTOPSIG(status) == SYSCALL_STOP || status >> 16 ? 0 : WSTOPSIG(status);
	return WSTOPSIG(status) == SYSCALL_STOP ? STOP_CALL : STOP_OTHER;
}

/* What is done to an object before and after any other call comes to the same. */
static bool sees_objects(uint64_t nr)
{
	switch (nr) {
	case SYS_msgget: case SYS_msgctl: case SYS_msgrcv: case SYS_msgsnd:
	case SYS_shmget: case SYS_shmctl: case SYS_shmat: case SYS_shmdt: return true;
	default: return false;
	}
}

/* And what is done to a path, before and after these. */
static bool sees_files(uint64_t nr)
{
	switch (nr) {
	case SYS_close: case SYS_fcntl: case SYS_umask: case SYS_socket: case SYS_setsockopt:
	case SYS_epoll_ctl: case SYS_epoll_create1: case SYS_getpid: case SYS_geteuid:
	case SYS_semget: case SYS_semctl: case SYS_write: case SYS_lseek: case SYS_getdents64: return false;
	default: return !sees_objects(nr);
	}
}

static bool is_wait(uint64_t nr)
{
#ifdef SYS_epoll_wait
	if (nr == SYS_epoll_wait)
		return true;
#endif
	return nr == SYS_epoll_pwait;
}

/* To the end of the n-th call: its number, or -1 when there are not so many. */
static long run_to(unsigned n, bool (*sees)(uint64_t nr))
{
	struct call c = {0};
	uint64_t nr = 0;
	unsigned patience = 0;
	int sig = 0;

	while (n) {
		enum stop stop = next_stop(&sig, patience);

		patience = 0;
		if (stop == STOP_NONE)
			return -1;
		if (stop != STOP_CALL || ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof c, &c) < 0)
			continue;
		if (c.op == AT_EXIT && !is_wait(nr) && sees(nr)) {
			n--;
		} else if (c.op == AT_ENTRY) {
			nr = c.nr;
			patience = is_wait(nr) && (int)c.args[3] < 0 ? PATIENCE : 0;
		}
	}
	return (long)nr;
}

static void on_alarm(int sig)
{
	(void)sig;
}

static void stop_it(void)
{
	int status;

	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0 || waitpid(pid, &status, __WALL) != pid)
		die("ipc-meddle: stop the supervisor");
}

int main(int argc, char **argv)
{
	const struct sigaction act = {.sa_handler = on_alarm}; /* which ends a wait */
	long nr;

	if (argc != 6)
		return 2;
	pid = (pid_t)atoi(argv[1]);
	if (sigaction(SIGALRM, &act, NULL) < 0
	    || ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESYSGOOD) < 0)
		die("ipc-meddle: trace the supervisor");
	stop_it();
	shell(argv[4]);
	nr = run_to((unsigned)atoi(argv[3]), strcmp(argv[2], "files") == 0 ? sees_files : sees_objects);
	if (nr >= 0)
		shell(argv[5]);
	else
		stop_it();
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL) < 0)
		die("ipc-meddle: let the supervisor go");
	if (nr < 0)
		puts("over");
	else
		printf("at %ld\n", nr);
	return 0;
}
