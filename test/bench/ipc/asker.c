/* asker.c - clients of cinit, measured; built once for each IPC method.
 *
 *   asker trips N RUNDIR NAME          N round trips of one client
 *   asker rate CLIENTS,MS RUNDIR NAME  as many requests as they get answered
 *   asker hold CLIENTS RUNDIR NAME     connected clients, until standard input ends
 *   asker board N RUNDIR NAME          N looks at the status board; exit 3 without one
 *
 * Each asks for the status of NAME.  Standard output: load.h. */
#include "ipc/client.h"

#include "test/bench/ipc/load.h"
#include "test/bench/util.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct ipc_client client;
static const char *rundir, *name;

static void open_link(unsigned n)
{
	(void)n;
	if (ipc_connect(&client, rundir) < 0)
		die(rundir, "connecting");
}

static void ask_supervisor(void)
{
	struct ipc_record r, answer;
	static uint64_t id;

	record_init(&r);
	if (!id)
		id = ipc_random_id();
	r.id = ++id ? id : ++id;
	r.verb = VERB_STATUS;
	r.expires_ms = record_now_ms() + IPC_EXPIRES_MAX_MS / 2;
	record_set_name(&r, name, strlen(name));
	if (ipc_request(&client, &r) < 0)
		die(name, "asking");
	if (ipc_next_answer(&client, &answer, r.expires_ms) < 0)
		die(name, "waiting for the answer");
	if (answer.id != r.id || answer.result != RES_DONE || answer.n_items != 1)
		die_why(name, "status", "not the answer");
}

static void look_at_board(void)
{
	struct ipc_item item;

	if (ipc_board_item(&client, name, strlen(name), &item) < 0)
		exit(3);
}

static void close_link(void)
{
	ipc_close(&client);
}

static const struct load_link by_request = { open_link, ask_supervisor, close_link };
static const struct load_link by_board = { open_link, look_at_board, close_link };

int main(int argc, char **argv)
{
	unsigned n, ms;
	char *comma;

	if (argc != 5) {
		static const char usage[] = "usage: asker trips|rate|hold|board N[,MS] RUNDIR NAME\n";

		return write(2, usage, sizeof usage - 1) < 0 ? 1 : 2;
	}
	n = (unsigned)strtoul(argv[2], &comma, 10);
	ms = *comma ? (unsigned)strtoul(comma + 1, NULL, 10) : 0;
	rundir = argv[3];
	name = argv[4];
	if (strcmp(argv[1], "trips") == 0)
		load_trips(&by_request, n, 1);
	else if (strcmp(argv[1], "rate") == 0)
		load_rate(&by_request, n, ms, 1);
	else if (strcmp(argv[1], "hold") == 0)
		load_hold(&by_request, n, 0, 1);
	else if (strcmp(argv[1], "board") == 0)
		load_trips(&by_board, n, 1);
	else
		return 2;
	return 0;
}
