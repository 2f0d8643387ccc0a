/* ipc-lock.c - the instance lock of a RUNDIR, from outside.
 *
 *   ipc-lock hold RUNDIR METHOD     takes it, says "held", keeps it until stdin ends
 *   ipc-lock holder RUNDIR          prints "PID METHOD"; PID is -1 if nobody has it */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ipc/lock.h"

static int hold(const char *rundir, const char *method)
{
	const char *what = "";
	pid_t holder;
	char c;

	if (lock_take(rundir, method, &holder, &what) < 0) {
		printf("%s: %s, holder %d\n", what, strerror(errno), (int)holder);
		return 1;
	}
	puts("held");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}

int main(int argc, char **argv)
{
	char method[32];
	int pid;

	if (argc == 4 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], argv[3]);
	if (argc != 3 || strcmp(argv[1], "holder") != 0)
		return 2;
	pid = (int)lock_holder(argv[2], method, sizeof method);
	printf("%d %s\n", pid, method);
	return 0;
}
