/* orphans.c - leaves N processes without a parent, which end all at once.
 *
 * orphans N FILE: makes N processes whose parent is gone, creates FILE.ready,
 * waits until FILE is there and ends, and they with it: they hold only a pipe of ours. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its child's child is nobody's. */
static int make_orphan(int pipe_fd[2])
{
	pid_t pid = fork();
	int status;
	char c;

	if (pid < 0)
		return -1;
	if (pid > 0)
		return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
	pid = fork();
	if (pid != 0)
		_exit(pid < 0);
	close(pipe_fd[1]);
	_exit(read(pipe_fd[0], &c, 1) != 0);
}

int main(int argc, char **argv)
{
	char ready[4096];
	int pipe_fd[2], n = argc == 3 ? atoi(argv[1]) : -1;
	FILE *f;

	if (n < 0 || pipe(pipe_fd) < 0)
		return 2;
	for (int i = 0; i < n; i++)
		if (make_orphan(pipe_fd) < 0)
			return 1;
	snprintf(ready, sizeof ready, "%s.ready", argv[2]);
	f = fopen(ready, "w");
	if (!f || fclose(f))
		return 1;
	while (access(argv[2], F_OK) < 0)
		usleep(5000);
	return 0;
}
