/* mute.c - somebody who does not read: mute KIND GO OUT PROGRAM ARG...
 *
 * Executes the program in its own place, with standard error as KIND says.  A child holds
 * the other side, and copies it to the file OUT once the FIFO GO was written to.
 *
 *   tty      the program's controlling terminal     pipe, socket
 *   alone    a terminal that is nobody's
 * With -hidden behind it there is no /proc (in a mount namespace of the caller's). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(2);
}

static void open_terminal(int ends[2], int controls)
{
	ends[0] = posix_openpt(O_RDWR | O_NOCTTY);
	if (ends[0] < 0 || grantpt(ends[0]) < 0 || unlockpt(ends[0]) < 0)
		fail("posix_openpt");
	ends[1] = open(ptsname(ends[0]), O_RDWR | O_NOCTTY);
	if (ends[1] < 0)
		fail("terminal");
	setsid();
	if (controls && ioctl(ends[1], TIOCSCTTY, 0) < 0)
		fail("TIOCSCTTY");
}

static void open_ends(const char *kind, int ends[2])
{
	if (strncmp(kind, "tty", 3) == 0 || strncmp(kind, "alone", 5) == 0)
		open_terminal(ends, *kind == 't');
	else if (strncmp(kind, "pipe", 4) == 0 ? pipe(ends) : socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		fail(kind);
}

static _Noreturn void hold(int from, const char *go, const char *out)
{
	char buf[4096];
	ssize_t n;
	int to, fd;

	signal(SIGHUP, SIG_IGN);
	fd = open(go, O_RDONLY);
	to = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	if (fd < 0 || to < 0 || read(fd, buf, sizeof buf) < 0)
		_exit(2);
	while ((n = read(from, buf, sizeof buf)) > 0)
		if (write(to, buf, (size_t)n) != n)
			_exit(2);
	_exit(0);
}

int main(int argc, char **argv)
{
	int ends[2];
	pid_t pid;

	if (argc < 5)
		return 2;
	open_ends(argv[1], ends);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		close(ends[1]);
		hold(ends[0], argv[2], argv[3]);
	}
	close(ends[0]);
	if (strstr(argv[1], "-hidden") && umount2("/proc", MNT_DETACH) < 0)
		fail("/proc");
	if (dup2(ends[1], 2) < 0 || close(ends[1]) < 0)
		fail(argv[1]);
	execvp(argv[4], argv + 4);
	fail(argv[4]);
}
