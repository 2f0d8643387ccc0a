/* pool-race.c - a worker that is told to end between its last look and its accept: neither
 * accept nor poll may sleep then, and a connection that it has stays. */
#include <stdio.h>

#include "src/pool/cinit/worker.h"

static int check(int fine, const char *what)
{
	if (!fine)
		fprintf(stderr, "pool-race: %s: %s\n", what, strerror(errno));
	return fine;
}

int main(void)
{
	struct cinit_worker w;
	struct cinit_worker_request r;
	char rest[64];
	int fine;

	alarm(10);
	if (!check(cinit_worker_begin(&w) == 0, "begin"))
		return 1;
	fine = check(cinit_worker_take(&w, &r, NULL, 0) == 1, "a connection");
	raise(SIGTERM);
	fine &= check(cinit_worker_told(), "told");
	fine &= check(cinit_worker_accept(&w, 0, &r, NULL, 0) < 0, "accept after it");
	fine &= check(cinit_worker_wait(&w) == 0, "wait after it");
	fine &= check(cinit_worker_take(&w, &r, NULL, 0) == 0, "take after it");
	fine &= check(write(r.fd, "served\n", 7) == 7, "the connection");
	while (read(r.fd, rest, sizeof rest) > 0)
		; /* what is left unread would reset the connection */
	close(r.fd);
	return !fine;
}
