/* ask.c - the barest client there can be: connects, sends one record, receives
 * one, exits 0.  The answer comes from the echo server in status.c.
 *
 *   ask SOCKET
 */
#include "test/bench/ask.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	static char record[ASK_RECORD];
	int fd;

	if (argc != 2 || strlen(argv[1]) >= sizeof sa.sun_path)
		return 2;
	memcpy(sa.sun_path, argv[1], strlen(argv[1]) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&sa, sizeof sa) < 0)
		return 1;
	if (send(fd, record, sizeof record, 0) != (ssize_t)sizeof record)
		return 1;
	return recv(fd, record, sizeof record, 0) == (ssize_t)sizeof record ? 0 : 1;
}
