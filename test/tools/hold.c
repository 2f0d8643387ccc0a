/* hold.c - holds a process, so that it survives KILL as one does that hangs in the kernel:
 * traced by somebody who looks away, it does not hear TERM, and whoever made it does not
 * get to reap it when it is dead.
 *
 *   hold PID
 *
 * Writes "held" when it has it; lets go of it when it ends, and ends with its parent. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (ptrace(PTRACE_SEIZE, atoi(argv[1]), NULL, NULL) < 0) {
		perror("hold");
		return 1;
	}
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}
