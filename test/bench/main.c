/* main.c - the options of the benchmark and the order of its experiments.
 *
 * Measures how long cinit takes to start, restart, ask and stop services, and
 * what it weighs, as ratios to the least that the kernel allows and to other
 * supervisors.  Everything that it makes lives in one temporary directory. */
#include "test/bench/contender.h"
#include "test/bench/life.h"
#include "test/bench/plan.h"
#include "test/bench/proc.h"
#include "test/bench/samples.h"
#include "test/bench/util.h"
#include "test/bench/verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum experiment { DO_FLAT = 1, DO_LAYERED = 2, DO_CHAIN = 4, DO_RESTART = 8, DO_STATUS = 16, DO_IDLE = 32 };

struct options {
	struct plan plan;
	unsigned todo; /* enum experiment */
	bool peers;
};

static const struct plan full = {
	.sizes = { 10, 100, 1000 }, .n_sizes = 3, .chain = 500, .runs = 9, .settled_runs = 5,
	.restart_rounds = 3, .restarts = 30, .calls = 500, .idle_s = 10,
};

static const struct plan quick = {
	.sizes = { 10, 100 }, .n_sizes = 2, .chain = 100, .runs = 3, .settled_runs = 1,
	.restart_rounds = 1, .restarts = 10, .calls = 100, .idle_s = 1,
};

static const char usage[] =
	"bench [option...]\n"
	"  -q, --quick          10 and 100 services, 3 runs: under 30 s\n"
	"  -b, --bin DIR        where cinit and cinit.svc are (.)\n"
	"  -t, --tools DIR      where tick, true and ask are (beside this program)\n"
	"  -r, --runs N         starts of each contender, beside one not counted\n"
	"  -s, --sizes N,N...   numbers of services, flat and layered\n"
	"  -c, --chain N        services in the chain; 0: no chain\n"
	"  -k, --restarts N     services killed in each round\n"
	"  -n, --calls N        status calls\n"
	"  -i, --idle SECONDS   how long idle supervisors are watched; 0: not\n"
	"  -o, --only WORD,...  of flat, layered, chain, restart, status, idle\n"
	"  -p, --no-peers       without runit and s6\n"
	"  -h, --help\n"
	"Options behind --quick change it.\n";

static _Noreturn void bad(const char *option, const char *what, const char *why)
{
	fprintf(stderr, "bench: %s: %s: %s\n", option, what, why);
	exit(2);
}

static size_t number(const char *option, const char *text, size_t least, size_t most)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || v < least || v > most) {
		char why[64];

		snprintf(why, sizeof why, "not a number from %zu to %zu", least, most);
		bad(option, text, why);
	}
	return v;
}

static void set_sizes(struct plan *plan, char *list)
{
	plan->n_sizes = 0;
	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		if (plan->n_sizes == SIZES_MAX)
			bad("--sizes", word, "too many");
		plan->sizes[plan->n_sizes++] = number("--sizes", word, 1, SERVICES_MAX);
	}
	if (plan->n_sizes == 0)
		bad("--sizes", "", "no number");
}

static unsigned experiments(char *list)
{
	static const char *const names[] = { "flat", "layered", "chain", "restart", "status", "idle" };
	unsigned todo = 0;

	for (char *word = strtok(list, ","); word; word = strtok(NULL, ",")) {
		size_t i = 0;

		while (i < sizeof names / sizeof *names && strcmp(names[i], word) != 0)
			i++;
		if (i == sizeof names / sizeof *names)
			bad("--only", word, "not one of flat, layered, chain, restart, status, idle");
		todo |= 1u << i;
	}
	return todo;
}

static void be_quick(struct plan *plan)
{
	const char *bin = plan->bin, *tools = plan->tools;

	*plan = quick;
	plan->bin = bin;
	plan->tools = tools;
}

static void set_runs(struct plan *plan, const char *text)
{
	plan->runs = (unsigned)number("--runs", text, 1, 1000);
	if (plan->settled_runs > plan->runs)
		plan->settled_runs = plan->runs;
}

static void set_option(struct options *o, int c)
{
	struct plan *p = &o->plan;

	switch (c) {
	case 'q': be_quick(p); break;
	case 'b': p->bin = optarg; break;
	case 't': p->tools = optarg; break;
	case 'r': set_runs(p, optarg); break;
	case 's': set_sizes(p, optarg); break;
	case 'c': p->chain = number("--chain", optarg, 0, SERVICES_MAX); break;
	case 'k': p->restarts = number("--restarts", optarg, 1, SERVICES_MAX - 1); break;
	case 'n': p->calls = (unsigned)number("--calls", optarg, 1, 100000); break;
	case 'i': p->idle_s = (unsigned)number("--idle", optarg, 0, 3600); break;
	case 'o': o->todo = experiments(optarg); break;
	case 'p': o->peers = false; break;
	case 'h': fputs(usage, stdout); exit(0);
	default: fputs(usage, stderr); exit(2);
	}
}

static void read_options(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "quick", no_argument, NULL, 'q' },          { "bin", required_argument, NULL, 'b' },
		{ "tools", required_argument, NULL, 't' },    { "runs", required_argument, NULL, 'r' },
		{ "sizes", required_argument, NULL, 's' },    { "chain", required_argument, NULL, 'c' },
		{ "restarts", required_argument, NULL, 'k' }, { "calls", required_argument, NULL, 'n' },
		{ "idle", required_argument, NULL, 'i' },     { "only", required_argument, NULL, 'o' },
		{ "no-peers", no_argument, NULL, 'p' },       { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "qb:t:r:s:c:k:n:i:o:ph", longs, NULL)) != -1)
		set_option(o, c);
	if (optind < argc)
		bad(argv[optind], "argument", "unknown");
}

/* As absolute paths: links in the trees lead there. */
static const char *absolute(const char *dir, const char *option, char path[PATH_CAP])
{
	char *real = realpath(dir, NULL);

	if (!real)
		bad(option, dir, strerror(errno));
	path_make(path, "%s", real);
	free(real);
	return path;
}

static const char *own_directory(char *argv0)
{
	char *slash = strrchr(argv0, '/');

	if (!slash)
		return ".";
	*slash = '\0';
	return argv0;
}

static void clean_up(void)
{
	proc_kill_children();
	trees_remove();
}

/* Standard output is lent to the floors' children, so the tables go to a copy. */
static void prepare(const struct options *o)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		die("standard output", "duplicating it");
	samples_output(f);
	/* What a supervisor leaves behind comes here, and can be ended. */
	if (prctl(PR_SET_CHILD_SUBREAPER, 1L, 0L, 0L, 0L) < 0)
		die("processes", "becoming a subreaper");
	signals_catch();
	on_end(clean_up);
	trees_init(o->plan.tools);
	contenders_init(o->plan.bin, o->peers);
	contender_floor_stdout(-1);
}

static void say_who(void)
{
	for (size_t i = N_WAYS; i < N_CONTENDERS; i++)
		if (!contenders[i].present)
			fprintf(samples_file(), "%s: %s: left out\n", contenders[i].name,
			        contenders[i].absent_why);
	fprintf(samples_file(),
	        "All figures are medians. Floors: a bare loop that reads each service's directory and\n"
	        "spawns. Flat services are kept running; layered ones and those of the chain exit 0.\n"
	        "Memory and context switches: the supervisor with its helpers, without the services.\n");
	fflush(samples_file());
}

static void measure(const struct options *o)
{
	const struct plan *p = &o->plan;

	for (size_t i = 0; i < p->n_sizes && o->todo & DO_FLAT; i++)
		measure_flat(p, p->sizes[i]);
	for (size_t i = 0; i < p->n_sizes && o->todo & DO_LAYERED; i++)
		measure_layered(p, p->sizes[i]);
	if (o->todo & DO_CHAIN && p->chain > 0)
		measure_chain(p);
	if (o->todo & DO_RESTART)
		measure_restart(p);
	if (o->todo & DO_STATUS)
		measure_status(p);
	if (o->todo & DO_IDLE && p->idle_s > 0)
		measure_idle(p);
}

int main(int argc, char **argv)
{
	struct options o = { .plan = full, .peers = true,
		.todo = DO_FLAT | DO_LAYERED | DO_CHAIN | DO_RESTART | DO_STATUS | DO_IDLE };
	static char bin[PATH_CAP], tools[PATH_CAP];

	o.plan.bin = ".";
	read_options(&o, argc, argv);
	if (!o.plan.tools)
		o.plan.tools = own_directory(argv[0]);
	o.plan.bin = absolute(o.plan.bin, "--bin", bin);
	o.plan.tools = absolute(o.plan.tools, "--tools", tools);
	prepare(&o);
	say_who();
	measure(&o);
	verdict_print(&o.plan);
	end();
	return ferror(samples_file()) ? 1 : 0;
}
