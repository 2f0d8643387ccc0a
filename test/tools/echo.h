/* echo.h - how slow the machine is: a round trip with a process that does nothing but
 * send back what it gets.  What a supervisor is given beyond its limit. */
#ifndef CINIT_TEST_ECHO_H
#define CINIT_TEST_ECHO_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/record.h"

static int echo_fd = -1;

static void echo_begin(void)
{
	int pair[2];
	pid_t pid;
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0 || (pid = fork()) < 0) {
		perror("echo");
		exit(2);
	}
	if (pid == 0) {
		close(pair[1]); /* so that it ends with us */
		while (read(pair[0], &byte, 1) == 1 && write(pair[0], &byte, 1) == 1)
			continue;
		_exit(0);
	}
	close(pair[0]);
	echo_fd = pair[1];
}

/* One round trip, in milliseconds. */
static int64_t echo_ms(void)
{
	int64_t before = record_now_ms();
	char byte = 0;

	if (echo_fd < 0)
		echo_begin();
	if (write(echo_fd, &byte, 1) != 1 || read(echo_fd, &byte, 1) != 1) {
		perror("echo");
		exit(2);
	}
	return record_now_ms() - before;
}

#endif
