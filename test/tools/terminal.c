/* terminal.c - a person at a terminal: terminal PROGRAM ARG...
 *
 * Runs the program as the leader of a session with a new terminal, types on it
 * what comes from standard input, and shows on standard output what it shows.
 * Ends with the program's code, or 128+n. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *tty, char **argv)
{
	setsid();
	signal(SIGINT, SIG_DFL); /* ignored where a shell put us into the background */
	signal(SIGQUIT, SIG_DFL);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (open(tty, O_RDWR) != 0 || dup(0) < 0 || dup(0) < 0 || ioctl(0, TIOCSCTTY, 0) < 0)
		_exit(2);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* False when there is no more. */
static int copy(int from, int to)
{
	char buf[1024];
	ssize_t n = read(from, buf, sizeof buf);

	return n > 0 && write(to, buf, (size_t)n) == n;
}

int main(int argc, char **argv)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), status;
	struct pollfd p[2] = {{.fd = master, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
	pid_t pid;

	if (argc < 2 || master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
		return 2;
	pid = fork();
	if (pid == 0)
		run(ptsname(master), argv + 1);
	for (;;) {
		if (poll(p, 2, -1) < 0)
			break;
		if (p[0].revents && !copy(master, 1))
			break; /* nobody has it open any more */
		if (p[1].revents && !copy(0, master))
			p[1].fd = -1;
	}
	if (waitpid(pid, &status, 0) != pid)
		return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
