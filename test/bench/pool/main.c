/* main.c - how many requests a second a pool of workers serves, beside the least that the
 * kernel allows: as many processes that accept by themselves.
 *
 * All are measured in turns, with the same clients, the same number of workers and the
 * same calls on a connection.  Where nginx is installed, it and pools of the example http
 * are measured beside each other in the same way.  Last, what idle workers cost their
 * manager. */
#include "test/bench/pool/load.h"
#include "test/bench/pool/server.h"
#include "test/bench/proc.h"
#include "test/bench/samples.h"
#include "test/bench/util.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* What was measured, by the kind of server. */
enum kind { ECHO, HTTP };
static const char *const rate[] = {"requests a second", "pages a second"};
static const char *const took[] = {"us for a request", "us for a page"}; /* 1 / rate: for ratios */
static const char *const p99[] = {"p99", "p99 of a page"};
#define IDLE_WORKERS 100

struct options {
	unsigned rounds, requests, idle_s;
};

static const char usage[] =
	"bench-pool [-q] [-b DIR]\n"
	"  -q, --quick      few requests: whether it works\n"
	"  -b, --bin DIR    where cinit.pool is, and example/\n";

static void cleanup(void)
{
	static const char *const files[] = {
		"on", "on.params", "listen", "pool/mode", "pool/min", "pool/max", "pool/requests", "pool",
		"nginx.conf", "nginx.pid", "",
	};
	char path[PATH_CAP];

	proc_kill_children();
	for (unsigned i = 0; i < sizeof files / sizeof *files; i++) {
		path_make(path, "%s/%s", server_dir, files[i]);
		if (unlink(path) < 0)
			rmdir(path);
	}
}

static void measure(const char *who, struct server s, enum kind kind, const struct options *o, int counts)
{
	static const char *const say[] = {"sixteen bytes..\n", "GET / HTTP/1.0\r\n\r\n"};
	static const char *const hear[] = {"sixteen bytes..\n", "HTTP/1.1 200 OK\r\n"};
	struct load l = {.port = s.port, .processes = 2, .connections = 8, .requests = o->requests,
	                 .say = say[kind], .hear = hear[kind]};
	struct load_result r = load_run(&l);

	if (counts) {
		sample_add(rate[kind], who, r.rate);
		sample_add(took[kind], who, 1e6 / r.rate);
		sample_add(p99[kind], who, r.p99_us);
	}
	server_end(&s);
}

/* The first round only warms up. */
static void measure_all(const struct options *o)
{
	for (unsigned i = 0; i <= o->rounds; i++) {
		struct server nginx;

		measure("bare loop", server_bare(), ECHO, o, i > 0);
		measure("share", server_pool("share\n", "echo", SERVER_WORKERS), ECHO, o, i > 0);
		measure("dispatch", server_pool("dispatch\n", "echo", SERVER_WORKERS), ECHO, o, i > 0);
		nginx = server_nginx();
		if (!nginx.pid)
			continue;
		measure("nginx", nginx, HTTP, o, i > 0);
		measure("share", server_pool("share\n", "http", SERVER_WORKERS), HTTP, o, i > 0);
		measure("dispatch", server_pool("dispatch\n", "http", SERVER_WORKERS), HTTP, o, i > 0);
	}
}

static void measure_idle(const char *mode, const char *who, const struct options *o)
{
	struct server s = server_pool(mode, "echo", IDLE_WORKERS);
	long before;

	nap_ms(500); /* what follows the start is over */
	before = proc_switches(s.pid);
	nap_ms(o->idle_s * 1000);
	sample_add("switches of an idle manager", who, (double)(proc_switches(s.pid) - before));
	sample_add("PSS of that manager", who, (double)proc_pss_kb(s.pid));
	server_end(&s);
}

static void report(void)
{
	const struct target targets[] = {
		{"share", took[ECHO], "share", "us", took[ECHO], "bare loop", "bare loop", 1 / 0.95},
		{"dispatch", took[ECHO], "dispatch", "us", took[ECHO], "bare loop", "bare loop", 1 / 0.7},
		{"share, HTTP", took[HTTP], "share", "us", took[HTTP], "nginx", "nginx", -1},
		{"dispatch, HTTP", took[HTTP], "dispatch", "us", took[HTTP], "nginx", "nginx", -1},
		{"100 idle, share", "switches of an idle manager", "share", "", NULL, NULL, "none", 0},
		{"100 idle, dispatch", "switches of an idle manager", "dispatch", "", NULL, NULL, "none", 0},
	};

	samples_print(rate[ECHO], "1/s", "bare loop");
	samples_print(p99[ECHO], "us", "bare loop");
	samples_print(rate[HTTP], "1/s", "nginx");
	samples_print(p99[HTTP], "us", "nginx");
	samples_print("PSS of that manager", "KB", NULL);
	target_header();
	for (unsigned i = 0; i < sizeof targets / sizeof *targets; i++)
		target_print(&targets[i]);
}

static struct options parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{"quick", no_argument, NULL, 'q'}, {"bin", required_argument, NULL, 'b'},
		{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0},
	};
	struct options o = {.rounds = 5, .requests = 20000, .idle_s = 5};
	int c;

	while ((c = getopt_long(argc, argv, "qb:h", longs, NULL)) != -1)
		switch (c) {
		case 'q': o = (struct options){.rounds = 1, .requests = 500, .idle_s = 1}; break;
		case 'b': server_bin = optarg; break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			fputs(usage, stderr);
			exit(2);
		}
	return o;
}

int main(int argc, char **argv)
{
	struct options o = parse(argc, argv);
	char *bin = realpath(server_bin, NULL);
	const char *tmp = getenv("TMPDIR");

	if (!bin)
		die(server_bin, "finding it");
	server_bin = bin;
	path_make(server_dir, "%s/bench-pool.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(server_dir))
		die(server_dir, "making it");
	samples_output(stdout);
	on_end(cleanup);
	signals_catch();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	measure_all(&o);
	measure_idle("share\n", "share", &o);
	measure_idle("dispatch\n", "dispatch", &o);
	report();
	end();
	free(bin);
	return 0;
}
