/* aside.c - one child, and the pipe whose end tells of its end. */
#include "src/shell/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "src/launch/fd.h"
#include "src/shell/console.h"

static void await_end_of(int fd, int wait_ms)
{
	struct pollfd p = {.fd = fd};

	poll(&p, 1, wait_ms);
}

static void say_not_done(void)
{
	say_errno("process", "files of sockets are left", errno);
}

void aside_run(void (*work)(void *arg), void *arg, int wait_ms)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		say_not_done();
		return;
	}
	console_flush(); /* the child has a copy of what is not written yet */
	pid = fork();
	if (pid == 0) {
		fd_close_all_but(ends[1]); /* or one that hangs would keep sockets open */
		work(arg);
		_exit(0);
	}
	if (pid < 0)
		say_not_done();
	close(ends[1]);
	if (pid > 0 && wait_ms)
		await_end_of(ends[0], wait_ms);
	close(ends[0]);
}
