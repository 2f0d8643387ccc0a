/* main.c - the options of the comparison of IPC methods, and its order.
 *
 * Everything that it makes lives in one temporary directory and in an IPC
 * namespace of its own. */
#include "test/bench/ipc/host.h"
#include "test/bench/ipc/plan.h"
#include "test/bench/proc.h"
#include "test/bench/samples.h"
#include "test/bench/tree.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static const struct ipc_plan full = { .rounds = 15, .trips = 3000, .rate_ms = 100, .calls = 500, .traced = 2000 };
static const struct ipc_plan quick = { .rounds = 3, .trips = 300, .rate_ms = 20, .calls = 50, .traced = 200 };

static const char usage[] =
	"bench-ipc [option...] METHOD=DIR...\n"
	"  DIR has cinit and cinit.svc built for METHOD, and test/bench/asker\n"
	"  -q, --quick          few rounds\n"
	"  -t, --tools DIR      where tick and true are (beside this program)\n"
	"  -r, --rounds N       of everything that is timed\n"
	"  -n, --trips N        round trips in a round\n"
	"  -m, --rate-ms N      how long clients ask together\n"
	"  -c, --calls N        status calls\n"
	"  -s, --traced N       requests under strace; 0: none\n"
	"  -o, --svg FILE       where the plot goes\n"
	"  -h, --help\n"
	"Options behind --quick change it.\n";

static _Noreturn void bad(const char *option, const char *what, const char *why)
{
	fprintf(stderr, "bench-ipc: %s: %s: %s\n", option, what, why);
	exit(2);
}

static unsigned number(const char *option, unsigned least, unsigned most)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(optarg, &end, 10);
	if (*optarg < '0' || *optarg > '9' || *end || errno || v < least || v > most)
		bad(option, optarg, "not a number that can be used");
	return (unsigned)v;
}

static void be_quick(struct ipc_plan *p)
{
	const char *svg = p->svg;

	*p = quick;
	p->svg = svg;
}

static const char *read_options(struct ipc_plan *p, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "quick", no_argument, NULL, 'q' },         { "tools", required_argument, NULL, 't' },
		{ "rounds", required_argument, NULL, 'r' },  { "trips", required_argument, NULL, 'n' },
		{ "rate-ms", required_argument, NULL, 'm' }, { "calls", required_argument, NULL, 'c' },
		{ "traced", required_argument, NULL, 's' },  { "svg", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },          { NULL, 0, NULL, 0 },
	};
	const char *tools = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "qt:r:n:m:c:s:o:h", longs, NULL)) != -1)
		switch (c) {
		case 'q': be_quick(p); break;
		case 't': tools = optarg; break;
		case 'r': p->rounds = number("--rounds", 1, 1000); break;
		case 'n': p->trips = number("--trips", 10, 1000000); break;
		case 'm': p->rate_ms = number("--rate-ms", 1, 10000); break;
		case 'c': p->calls = number("--calls", 1, 100000); break;
		case 's': p->traced = number("--traced", 0, 1000000); break;
		case 'o': p->svg = optarg; break;
		case 'h': fputs(usage, stdout); exit(0);
		default: fputs(usage, stderr); exit(2);
		}
	return tools;
}

static void add_methods(int n, char **words)
{
	if (n == 0)
		bad("METHOD=DIR", "", "none");
	for (int i = 0; i < n; i++) {
		char *dir = strchr(words[i], '=');

		if (!dir)
			bad("METHOD=DIR", words[i], "no `='");
		*dir++ = '\0';
		host_add(words[i], dir);
	}
}

/* As an absolute path: links in the tree lead there. */
static const char *absolute(const char *dir, char path[PATH_CAP])
{
	char *real = realpath(dir, NULL);

	if (!real)
		bad("--tools", dir, strerror(errno));
	path_make(path, "%s", real);
	free(real);
	return path;
}

static void clean_up(void)
{
	proc_kill_children();
	bare_clean();
	hosts_remove_rundirs();
	trees_remove();
}

static void prepare(struct ipc_plan *plan, const char *tools, char *argv0)
{
	static char dir[PATH_CAP], yes[PATH_CAP];
	char *slash = strrchr(argv0, '/');

	if (!tools && slash)
		*slash = '\0';
	absolute(tools ? tools : slash ? argv0 : ".", dir);
	path_make(yes, "%s/true", dir);
	plan->true_path = yes;
	samples_output(stdout);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) < 0)
		die("processes", "becoming a subreaper");
	hosts_enter_namespace();
	signals_catch();
	on_end(clean_up);
	trees_init(dir);
	hosts_make_rundirs();
}

static void measure(const struct ipc_plan *plan)
{
	for (size_t i = 0; i < n_hosts; i++)
		host_start(&hosts[i], NULL);
	measure_weight(plan);
	measure_trips(plan);
	measure_rates(plan);
	measure_status(plan);
	for (size_t i = 0; i < n_hosts; i++) {
		host_note_kernel_memory(&hosts[i]);
		host_stop(&hosts[i]);
	}
	measure_calls(plan);
}

int main(int argc, char **argv)
{
	struct ipc_plan plan = full;
	const char *tools = read_options(&plan, argc, argv);

	add_methods(argc - optind, argv + optind);
	prepare(&plan, tools, argv[0]);
	measure(&plan);
	report_print(&plan);
	if (plan.svg && plot_write(&plan, plan.svg) < 0)
		die(plan.svg, "writing the plot");
	if (plan.svg)
		fprintf(samples_file(), "\nplot: %s\n", plan.svg);
	end();
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
