/* aside.c - one child, which the loop reaps like any orphan. */
#include "src/shell/aside.h"

#include <errno.h>
#include <unistd.h>

#include "src/launch/fd.h"
#include "src/shell/console.h"

void aside_run(const char *undone, void (*work)(void *arg), void *arg)
{
	pid_t pid;

	console_flush(); /* the child has a copy of what is not written yet */
	pid = fork();
	if (pid == 0) {
		fd_close_range(3, ~0u); /* or one that hangs would keep sockets open */
		work(arg);
		_exit(0);
	}
	if (pid < 0)
		say_errno("fork", undone, errno);
}
