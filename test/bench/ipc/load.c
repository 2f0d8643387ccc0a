/* load.c - round trips and rates.  Knows nothing of what carries the records. */
#include "test/bench/ipc/load.h"

#include "test/bench/util.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned warm_up(unsigned n)
{
	return n / 10 + 10;
}

unsigned load_requests(unsigned n)
{
	return n + warm_up(n);
}

static void put(int fd, const void *bytes, size_t n)
{
	const char *at = bytes;

	while (n > 0) {
		ssize_t done = write(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			die("result", "writing it");
		at += done;
		n -= (size_t)done;
	}
}

void load_trips(const struct load_link *link, unsigned n, int out_fd)
{
	uint64_t *ns = memory(n, sizeof *ns), before, after;
	struct load_result r = { .requests = load_requests(n), .counted = n };

	/* Every page is there before a time is taken. */
	memset(ns, 1, n * sizeof *ns);
	link->open(0);
	for (unsigned i = 0; i < warm_up(n); i++)
		link->ask();
	before = now_ns();
	for (unsigned i = 0; i < n; i++) {
		link->ask();
		after = now_ns();
		ns[i] = after - before;
		before = after;
		r.ns += ns[i];
	}
	link->close();
	put(out_fd, &r, sizeof r);
	put(out_fd, ns, n * sizeof *ns);
	free(ns);
}

/* ---- many at once ---- */

/* What the processes of one measurement share. */
struct crowd {
	_Atomic uint64_t until_ns;
	_Atomic uint64_t requests;
};

static struct crowd *crowd_make(void)
{
	void *at = mmap(NULL, sizeof(struct crowd), PROT_READ | PROT_WRITE,
	                MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		die("crowd", "sharing memory");
	return at;
}

/* Says that it is ready, and waits until the other end is closed. */
static void await_start(int ready_fd, int start_fd)
{
	char byte = 0;

	put(ready_fd, &byte, 1);
	while (read(start_fd, &byte, 1) < 0)
		if (errno != EINTR)
			die("crowd", "waiting for the start");
}

static _Noreturn void crowd_member(const struct load_link *link, unsigned client, struct crowd *crowd,
                                   int ready_fd, int start_fd)
{
	uint64_t n = 0, until;

	if (prctl(PR_SET_PDEATHSIG, (long)SIGKILL, 0L, 0L, 0L) < 0)
		die("crowd", "ending with its parent");
	link->open(client);
	link->ask(); /* its server knows it now */
	await_start(ready_fd, start_fd);
	until = atomic_load(&crowd->until_ns);
	while (now_ns() < until) {
		link->ask();
		n++;
	}
	atomic_fetch_add(&crowd->requests, n);
	link->close();
	_exit(0);
}

/* The descriptor of a pipe whose other end the members have: they start, or
 * leave, when it is closed.  All are ready when this returns. */
static int crowd_start(const struct load_link *link, unsigned clients, struct crowd *crowd)
{
	int ready[2], start[2];
	char byte;

	if (pipe(ready) < 0 || pipe(start) < 0)
		die("crowd", "making a pipe");
	for (unsigned i = 0; i < clients; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("crowd", "fork");
		if (pid == 0) {
			close(start[1]);
			close(ready[0]);
			crowd_member(link, i, crowd, ready[1], start[0]);
		}
	}
	close(ready[1]);
	close(start[0]);
	for (unsigned i = 0; i < clients; i++)
		if (read(ready[0], &byte, 1) != 1)
			die_why("crowd", "waiting for all to be ready", "one has ended");
	close(ready[0]);
	return start[1];
}

static void crowd_end(unsigned clients)
{
	int status;

	for (unsigned i = 0; i < clients; i++) {
		while (wait(&status) < 0)
			if (errno != EINTR)
				die("crowd", "waiting for a client");
		if (status != 0)
			die_why("crowd", "a client", "did not exit 0");
	}
}

void load_rate(const struct load_link *link, unsigned clients, unsigned ms, int out_fd)
{
	struct crowd *crowd = crowd_make();
	int start = crowd_start(link, clients, crowd);
	struct load_result r;

	r.ns = (uint64_t)ms * 1000000u;
	atomic_store(&crowd->until_ns, now_ns() + r.ns);
	close(start);
	crowd_end(clients);
	r.requests = r.counted = atomic_load(&crowd->requests);
	put(out_fd, &r, sizeof r);
}

void load_hold(const struct load_link *link, unsigned clients, int in_fd, int out_fd)
{
	struct crowd *crowd = crowd_make();
	int start = crowd_start(link, clients, crowd);

	await_start(out_fd, in_fd);
	close(start);
	crowd_end(clients);
}
