/* measure.c - round trips, rates, whole processes, and what a server weighs. */
#include "test/bench/ipc/host.h"
#include "test/bench/ipc/plan.h"
#include "test/bench/proc.h"
#include "test/bench/samples.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIMIT_S 60
#define UNCOUNTED 5 /* whole processes before the first that counts */

const char *const place_names[N_PLACES] = { "one core", "two cores" };
const unsigned crowds[N_CROWDS] = { 1, 8, 64 };

const char *quantity(char name[QUANTITY], const char *what, enum place place)
{
	snprintf(name, QUANTITY, "%.24s, %s", what, place_names[place]);
	return name;
}

/* ---- where ---- */

/* The last cores: the first ones tend to serve the interrupts. */
static void cores(enum place place, cpu_set_t *server, cpu_set_t *client)
{
	static cpu_set_t all;
	int last = -1, before = -1;

	if (CPU_COUNT(&all) == 0 && sched_getaffinity(0, sizeof all, &all) < 0)
		die("cores", "asking for them");
	for (int i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET((size_t)i, &all)) {
			before = last;
			last = i;
		}
	CPU_ZERO(server);
	CPU_ZERO(client);
	CPU_SET((size_t)last, client);
	CPU_SET((size_t)(place == ONE_CORE || before < 0 ? last : before), server);
}

static void put_on(pid_t pid, const cpu_set_t *set)
{
	if (sched_setaffinity(pid, sizeof *set, set) < 0)
		die("cores", "choosing one");
}

/* ---- one load, whoever makes it ---- */

struct load {
	const char *verb; /* of asker */
	unsigned clients, trips, ms;
	struct load_result result;
	uint64_t *ns;       /* trips of them */
	uint64_t server_ns; /* processor time */
};

static void load_read(int fd, void *to, size_t n, const char *who)
{
	char *at = to;

	while (n > 0) {
		ssize_t got = read(fd, at, n);

		if (got < 0 && errno == EINTR)
			signals_check(who, "waiting for its result");
		else if (got <= 0)
			die_why(who, "reading its result", "it ended before");
		else {
			at += got;
			n -= (size_t)got;
		}
	}
}

static void load_take(struct load *l, int fd, pid_t child, pid_t server, const char *who)
{
	uint64_t before = process_cpu_ns(server);

	watchdog(LIMIT_S);
	load_read(fd, &l->result, sizeof l->result, who);
	if (l->ns)
		load_read(fd, l->ns, l->trips * sizeof *l->ns, who);
	l->server_ns = process_cpu_ns(server) - before;
	if (command_status(child, who) != 0)
		die_why(who, l->verb, "did not exit 0");
	watchdog(0);
	close(fd);
}

static void load_cinit(const struct host *h, struct load *l, enum place place)
{
	cpu_set_t server, client;
	struct command c;
	char count[40];
	int fds[2];
	pid_t pid;

	cores(place, &server, &client);
	put_on(h->pid, &server);
	if (l->ns)
		snprintf(count, sizeof count, "%u", l->trips);
	else
		snprintf(count, sizeof count, "%u,%u", l->clients, l->ms);
	host_asker_command(h, &c, l->verb, count);
	if (pipe2(fds, O_CLOEXEC) < 0)
		die(h->method, "making a pipe");
	pid = command_start(&c, -1, fds[1], &client);
	close(fds[1]);
	load_take(l, fds[0], pid, h->pid, h->method);
}

static pid_t fork_on(const cpu_set_t *set)
{
	pid_t pid = fork();

	if (pid < 0)
		die("bare mechanism", "fork");
	if (pid == 0)
		put_on(0, set);
	return pid;
}

static void load_bare(const struct bare *b, struct load *l, enum place place)
{
	cpu_set_t on_server, on_client;
	pid_t server, child;
	int fds[2];

	cores(place, &on_server, &on_client);
	if (pipe2(fds, O_CLOEXEC) < 0)
		die(b->title, "making a pipe");
	b->make(l->clients);
	server = fork_on(&on_server);
	if (server == 0) {
		b->serve(l->clients);
		_exit(0);
	}
	child = fork_on(&on_client);
	if (child == 0) {
		if (l->ns)
			load_trips(&b->link, l->trips, fds[1]);
		else
			load_rate(&b->link, l->clients, l->ms, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	load_take(l, fds[0], child, server, b->title);
	if (kill(server, SIGKILL) < 0 || waitpid(server, NULL, 0) < 0)
		die(b->title, "ending it");
	b->unmake();
}

/* ---- round trips ---- */

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void keep_trips(struct load *l, enum place place, const char *who)
{
	char what[QUANTITY];

	qsort(l->ns, l->trips, sizeof *l->ns, by_size);
	sample_add(quantity(what, TRIP_50, place), who, (double)l->ns[l->trips / 2] / 1e3);
	sample_add(quantity(what, TRIP_99, place), who, (double)l->ns[l->trips * 99 / 100] / 1e3);
	sample_add(quantity(what, SERVER_CPU, place), who,
	           (double)l->server_ns / 1e3 / (double)l->result.requests);
}

void measure_trips(const struct ipc_plan *plan)
{
	struct load l = { .verb = "trips", .clients = 1, .trips = plan->trips };

	l.ns = memory(plan->trips, sizeof *l.ns);
	for (unsigned r = 0; r < plan->rounds; r++)
		for (enum place place = ONE_CORE; place < N_PLACES; place++)
			for (size_t i = 0; i < n_hosts; i++) {
				load_cinit(&hosts[i], &l, place);
				keep_trips(&l, place, hosts[i].method);
				if (!hosts[i].bare)
					continue;
				load_bare(hosts[i].bare, &l, place);
				keep_trips(&l, place, hosts[i].bare_name);
			}
	free(l.ns);
}

/* ---- rates ---- */

static void keep_rate(const struct load *l, enum place place, const char *who)
{
	char what[QUANTITY], name[QUANTITY];

	snprintf(what, sizeof what, RATE " %u", l->clients);
	sample_add(quantity(name, what, place), who,
	           (double)l->result.counted * 1e9 / (double)l->result.ns);
}

void measure_rates(const struct ipc_plan *plan)
{
	struct load l = { .verb = "rate", .ms = plan->rate_ms };

	for (unsigned r = 0; r < plan->rounds * N_CROWDS; r++) {
		l.clients = crowds[r % N_CROWDS];
		for (enum place place = ONE_CORE; place < N_PLACES; place++)
			for (size_t i = 0; i < n_hosts; i++) {
				load_cinit(&hosts[i], &l, place);
				keep_rate(&l, place, hosts[i].method);
				if (!hosts[i].bare)
					continue;
				load_bare(hosts[i].bare, &l, place);
				keep_rate(&l, place, hosts[i].bare_name);
			}
	}
}

/* ---- whole processes ---- */

static void call_once(const struct command *c, const cpu_set_t *on, const char *what, const char *who)
{
	uint64_t from = now_ns();
	int status = command_status(command_start(c, -1, -1, on), who);
	double us = ms_between(from, now_ns()) * 1e3;

	if (status != 0)
		die_why(who, c->path, "did not exit 0");
	if (what)
		sample_add(what, who, us);
}

static void measure_status_at(const struct ipc_plan *plan, enum place place)
{
	struct command yes = { .argv = { "true" } }, asks[METHODS_MAX];
	cpu_set_t server, client;
	char what[QUANTITY];

	path_make(yes.path, "%s", plan->true_path);
	cores(place, &server, &client);
	for (size_t i = 0; i < n_hosts; i++) {
		put_on(hosts[i].pid, &server);
		host_status_command(&hosts[i], &asks[i]);
	}
	put_on(0, &client); /* whoever waits for it, like a shell */
	quantity(what, STATUS, place);
	for (unsigned k = 0; k < UNCOUNTED + plan->calls; k++) {
		const char *name = k < UNCOUNTED ? NULL : what;

		watchdog(LIMIT_S);
		call_once(&yes, NULL, name, "true");
		for (size_t i = 0; i < n_hosts; i++)
			call_once(&asks[i], NULL, name, hosts[i].method);
	}
	watchdog(0);
}

/* How often a call made the server run. */
static void measure_wakes(const struct host *h, unsigned calls)
{
	struct command c;
	long before = proc_switches(h->pid);

	host_status_command(h, &c);
	for (unsigned k = 0; k < calls; k++)
		call_once(&c, NULL, NULL, h->method);
	sample_add(WAKES, h->method, (double)(proc_switches(h->pid) - before) / calls);
}

static void measure_board(const struct host *h, unsigned looks)
{
	char count[24];
	struct command c;
	struct load l = { .verb = "board", .trips = looks };
	int fds[2], status;
	pid_t pid;

	snprintf(count, sizeof count, "%u", looks);
	host_asker_command(h, &c, l.verb, count);
	if (pipe2(fds, O_CLOEXEC) < 0)
		die(h->method, "making a pipe");
	pid = command_start(&c, -1, fds[1], NULL);
	close(fds[1]);
	l.ns = memory(looks, sizeof *l.ns);
	if (read(fds[0], &l.result, sizeof l.result) == (ssize_t)sizeof l.result) {
		load_read(fds[0], l.ns, looks * sizeof *l.ns, h->method);
		qsort(l.ns, looks, sizeof *l.ns, by_size);
		sample_add(BOARD, h->method, (double)l.ns[looks / 2] / 1e3);
	}
	close(fds[0]);
	free(l.ns);
	status = command_status(pid, h->method);
	if (status != 0 && status != 3)
		die_why(h->method, "board", "did not exit 0");
}

void measure_status(const struct ipc_plan *plan)
{
	cpu_set_t before;

	if (sched_getaffinity(0, sizeof before, &before) < 0)
		die("cores", "asking for them");
	measure_status_at(plan, ONE_CORE);
	put_on(0, &before);
	measure_status_at(plan, TWO_CORES);
	put_on(0, &before);
	for (size_t i = 0; i < n_hosts; i++) {
		measure_wakes(&hosts[i], plan->calls);
		measure_board(&hosts[i], plan->trips);
	}
}

/* ---- weight ---- */

static void weigh(const struct host *h, const char *when)
{
	char what[QUANTITY];

	snprintf(what, sizeof what, PSS "%s", when);
	sample_add(what, h->method, (double)proc_pss_kb(h->pid));
	snprintf(what, sizeof what, DESCRIPTORS "%s", when);
	sample_add(what, h->method, (double)host_descriptors(h));
	snprintf(what, sizeof what, FILES "%s", when);
	sample_add(what, h->method, (double)host_files(h));
	snprintf(what, sizeof what, OBJECTS "%s", when);
	sample_add(what, h->method, (double)h->objects);
}

/* With a crowd that has connected and asked once, and is silent. */
static void weigh_crowded(const struct host *h)
{
	char count[24], byte;
	struct command c;
	int in[2], out[2];
	pid_t pid;

	snprintf(count, sizeof count, "%u", crowds[N_CROWDS - 1]);
	host_asker_command(h, &c, "hold", count);
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		die(h->method, "making a pipe");
	pid = command_start(&c, in[0], out[1], NULL);
	close(in[0]);
	close(out[1]);
	watchdog(LIMIT_S);
	load_read(out[0], &byte, 1, h->method);
	weigh(h, CROWDED);
	close(in[1]);
	if (command_status(pid, h->method) != 0)
		die_why(h->method, "hold", "did not exit 0");
	watchdog(0);
	close(out[0]);
}

void measure_weight(const struct ipc_plan *plan)
{
	(void)plan;
	for (size_t i = 0; i < n_hosts; i++) {
		weigh(&hosts[i], "");
		weigh_crowded(&hosts[i]);
	}
}
