/* last-words.c - a pool's manager that says why it ends: last-words TEXT, on CINIT_CONTROL_FD. */
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/pool.h"

int main(int argc, char **argv)
{
	const char *fd = getenv("CINIT_CONTROL_FD");
	struct ipc_record r;

	if (argc < 2 || !fd)
		return 2;
	record_init(&r);
	r.id = 0;
	r.result = RES_POOL;
	record_set_text(&r, argv[1]);
	return send(atoi(fd), &r, sizeof r, MSG_NOSIGNAL) != (ssize_t)sizeof r;
}
