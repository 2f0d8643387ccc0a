/* ipc-lock.c - the instance lock of a RUNDIR, from outside.
 *
 *   ipc-lock hold RUNDIR METHOD     takes it, says "held", keeps it until stdin ends
 *   ipc-lock holder RUNDIR          prints "PID METHOD"; PID is -1 if nobody has it
 *   ipc-lock read|write FILE        locks one file for that, says "held", and so on: as a
 *                                   stranger may, and as a supervisor of before did */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ipc/lock.h"

static int until_told(void)
{
	char c;

	puts("held");
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		;
	return 0;
}

static int lock_file(const char *path, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
	int fd = open(path, type == F_RDLCK ? O_RDONLY : O_RDWR);

	if (fd >= 0 && fcntl(fd, F_SETLK, &l) == 0)
		return until_told();
	perror(path);
	return 1;
}

static int hold(const char *rundir, const char *method)
{
	const char *what = "";
	pid_t holder;

	if (lock_take(rundir, method, &holder, &what) < 0) {
		printf("%s: %s, holder %d\n", what, strerror(errno), (int)holder);
		return 1;
	}
	return until_told();
}

int main(int argc, char **argv)
{
	char method[32];
	int pid;

	if (argc == 4 && strcmp(argv[1], "hold") == 0)
		return hold(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "read") == 0)
		return lock_file(argv[2], F_RDLCK);
	if (argc == 3 && strcmp(argv[1], "write") == 0)
		return lock_file(argv[2], F_WRLCK);
	if (argc != 3 || strcmp(argv[1], "holder") != 0)
		return 2;
	pid = (int)lock_holder(argv[2], method, sizeof method);
	printf("%d %s\n", pid, method);
	return 0;
}
