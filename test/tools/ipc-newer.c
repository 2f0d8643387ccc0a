/* ipc-newer.c - listens on RUNDIR/socket and answers one request as a supervisor of
 * the future might, then ends.
 *
 *   ipc-newer RUNDIR unknown    with states, reasons, ends and a result that nobody knows
 *   ipc-newer RUNDIR version    with a record of another version */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/record.h"

static int listen_below(const char *rundir)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int n = snprintf(a.sun_path, sizeof a.sun_path, "%s/socket", rundir);

	if (fd < 0 || n >= (int)sizeof a.sun_path
	    || bind(fd, (const struct sockaddr *)&a, sizeof a) < 0 || listen(fd, 1) < 0)
		return -1;
	puts("ready");
	fflush(stdout);
	return accept(fd, NULL, NULL);
}

static void fill(struct ipc_record *r)
{
	struct ipc_item item = {
		.state = 99, .why = 88, .flags = 0xf0, .other_state = 77,
		.end = {.kind = 66, .step = 55, .code = 44}, .name_len = 3, .name = "web",
		.detail_len = 3, .detail = "net",
	};

	r->result = 4444;
	r->n_items = r->payload_len = 0;
	record_put_item(r, &item);
	item.why = WHY_NEED;
	record_put_item(r, &item);
}

int main(int argc, char **argv)
{
	struct ipc_record r;
	int fd = argc == 3 ? listen_below(argv[1]) : -1;

	if (fd < 0 || recv(fd, &r, sizeof r, 0) != (ssize_t)sizeof r)
		return 1;
	if (strcmp(argv[2], "version") == 0) {
		r.version = IPC_VERSION + 1;
		r.result = RES_VERSION;
	} else {
		fill(&r);
	}
	return send(fd, &r, sizeof r, MSG_NOSIGNAL) == (ssize_t)sizeof r ? 0 : 1;
}
