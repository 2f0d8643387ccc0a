/* stall.c - vm-stall PID: stops a process as if it hung, by tracing it, and goes on
 * in the background so that it stays stopped. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? (pid_t)atoi(argv[1]) : 0;
	int ready[2];
	char c;

	if (pid < 1 || pipe(ready) < 0)
		return 2;
	if (fork() == 0) {
		close(ready[0]);
		if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0
		    || waitpid(pid, NULL, 0) != pid) {
			perror("vm-stall");
			return 1;
		}
		if (write(ready[1], "", 1) != 1)
			return 1;
		for (;;)
			pause();
	}
	close(ready[1]);
	return read(ready[0], &c, 1) == 1 ? 0 : 1;
}
