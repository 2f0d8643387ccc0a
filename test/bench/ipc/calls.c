/* calls.c - system calls, counted by strace(1) on both sides.
 *
 * Each side runs twice, with few requests and with many: the difference is what
 * the requests took, without boot, connecting and end. */
#include "test/bench/ipc/host.h"
#include "test/bench/ipc/plan.h"
#include "test/bench/samples.h"
#include "test/bench/tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_S 120
#define FEW 1
#define NAMES_MAX 96
#define NAME_MAX_ 31

/* How often each was called. */
struct calls {
	struct call {
		char name[NAME_MAX_ + 1];
		double n;
	} call[NAMES_MAX];
	size_t n;
};

#define WORDS_CAP 512
static char words[METHODS_MAX][N_CALLS_OF][WORDS_CAP];

const char *calls_in_words(size_t host, enum calls_of whose)
{
	return words[host][whose];
}

static struct call *call_of(struct calls *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->call[i].name, name) == 0)
			return &c->call[i];
	if (c->n == NAMES_MAX)
		die_why("strace", name, "too many system calls");
	snprintf(c->call[c->n].name, sizeof c->call[c->n].name, "%s", name);
	c->call[c->n].n = 0;
	return &c->call[c->n++];
}

/* Adds a file of strace's, `factor` times: lines of a name and a number. */
static void add_file(struct calls *c, const char *path, double factor)
{
	char line[256], name[NAME_MAX_ + 1];
	unsigned long n;
	FILE *f = fopen(path, "re");

	if (!f)
		die(path, "reading what strace counted");
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "%31s %lu", name, &n) == 2 && strcmp(name, "total") != 0)
			call_of(c, name)->n += factor * (double)n;
	fclose(f);
}

static int by_number(const void *a, const void *b)
{
	double x = ((const struct call *)a)->n, y = ((const struct call *)b)->n;

	return (x < y) - (x > y);
}

/* The sum; those that are not there with every request are left out of the words. */
static double in_words(struct calls *c, double each, char out[WORDS_CAP])
{
	double sum = 0;
	size_t at = 0;

	qsort(c->call, c->n, sizeof *c->call, by_number);
	out[0] = '\0';
	for (size_t i = 0; i < c->n; i++) {
		double n = c->call[i].n / each;

		sum += n;
		if (n >= 0.05 && at < WORDS_CAP)
			at += (size_t)snprintf(out + at, WORDS_CAP - at, "%s%s %.*f", at ? ", " : "",
			                       c->call[i].name, each > 1 ? 1 : 0, n);
	}
	return sum;
}

/* One life with that many requests; both sides' counts go to files. */
static void run_traced(struct host *h, unsigned requests, const char *server, const char *client)
{
	struct command c;
	char count[24];

	host_start(h, server);
	snprintf(count, sizeof count, "%u", requests);
	host_asker_command(h, &c, "trips", count);
	c.strace_file = client;
	watchdog(LIMIT_S);
	if (command_status(command_start(&c, -1, -1, NULL), h->method) != 0)
		die_why(h->method, "asking under strace", "did not exit 0");
	watchdog(0);
	host_stop(h);
}

static void count_status(size_t i)
{
	char path[PATH_CAP];
	struct calls calls = { .n = 0 };
	struct command c;

	path_make(path, "%s/calls", trees_root());
	host_start(&hosts[i], NULL);
	host_status_command(&hosts[i], &c);
	c.strace_file = path;
	watchdog(LIMIT_S);
	if (command_status(command_start(&c, -1, -1, NULL), hosts[i].method) != 0)
		die_why(hosts[i].method, "status under strace", "did not exit 0");
	watchdog(0);
	host_stop(&hosts[i]);
	add_file(&calls, path, 1);
	sample_add(CALLS_STATUS, hosts[i].method, in_words(&calls, 1, words[i][CALLS_OF_STATUS]));
}

static void count_requests(size_t i, unsigned requests)
{
	static const char *const names[] = { CALLS_CLIENT, CALLS_SERVER };
	struct calls calls[2] = { { .n = 0 }, { .n = 0 } };
	char server[PATH_CAP], client[PATH_CAP];

	path_make(server, "%s/server.calls", trees_root());
	path_make(client, "%s/client.calls", trees_root());
	for (int many = 0; many < 2; many++) {
		run_traced(&hosts[i], many ? requests : FEW, server, client);
		add_file(&calls[CALLS_OF_CLIENT], client, many ? 1 : -1);
		add_file(&calls[CALLS_OF_SERVER], server, many ? 1 : -1);
	}
	for (int side = 0; side < 2; side++)
		sample_add(names[side], hosts[i].method,
		           in_words(&calls[side], (double)load_requests(requests) - load_requests(FEW),
		                    words[i][side]));
}

static bool can_trace(void)
{
	struct command c = { .path = "/bin/sh", .argv = { "sh", "-c", ":" },
	                     .strace_file = "/dev/null", .mute = true };

	return command_status(command_start(&c, -1, -1, NULL), "strace") == 0;
}

void measure_calls(const struct ipc_plan *plan)
{
	if (plan->traced == 0)
		return;
	if (!can_trace()) {
		fprintf(samples_file(), "strace: not here, or may not: system calls are not counted\n");
		return;
	}
	for (size_t i = 0; i < n_hosts; i++) {
		count_requests(i, plan->traced);
		count_status(i);
	}
}
