/* ipc-fill.c - sends N commands, each with an id of its own that the supervisor has to
 * remember, and prints the results that came back, each once.
 *
 *   ipc-fill RUNDIR N */
#include <stdio.h>
#include <stdlib.h>

#include "ipc/client.h"

int main(int argc, char **argv)
{
	static struct ipc_client client;
	bool seen[RES_N] = {false};

	if (argc != 3 || ipc_connect(&client, argv[1]) < 0)
		return 7;
	for (int i = atoi(argv[2]); i > 0; i--) {
		struct ipc_record r, a;

		record_init(&r);
		r.id = ipc_random_id();
		r.verb = VERB_STOP;
		r.expires_ms = record_now_ms() + IPC_EXPIRES_MAX_MS;
		record_set_name(&r, "no-such-service", 15);
		if (ipc_request(&client, &r) < 0
		    || ipc_next_answer(&client, &a, record_now_ms() + 30000) < 0)
			return 1;
		if (a.result < RES_N)
			seen[a.result] = true;
	}
	for (unsigned i = 0; i < RES_N; i++)
		if (seen[i])
			puts(result_word(i));
	return 0;
}
