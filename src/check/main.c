/* main.c - cinit.check: reads a tree with the supervisor's own loader, says
 * everything that is wrong with it, and shows what it would do. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/place.h"
#include "src/check/check.h"
#include "src/limits.h"

#define SUPPOSITIONS_MAX 1024 /* --fail and --time together */
#define EXIT_BAD 1
#define EXIT_USAGE 2

enum view {
	VIEW_FINDINGS,
	VIEW_ORDER,
	VIEW_SIMULATE,
	VIEW_STOP_TIME,
	VIEW_GRAPH
};

/* --fail or --time as it was given, resolved once the tree is loaded. */
struct given {
	const char *arg;
	bool time;
};

struct options {
	const char *dir, *profile;
	enum view view;
	struct given given[SUPPOSITIONS_MAX];
	unsigned n_given;
	const char *stop; /* --stop */
};

static struct options options;
static struct supposition suppositions[SUPPOSITIONS_MAX];
static char out_buf[65536], err_buf[4096], dir_buf[PATH_MAX];
static struct text out, err;

static const char usage[] =
	"usage: cinit.check [-c DIR] [-p PROFILE] [VIEW]\n"
	"Reads a tree of services as cinit does, and says what is wrong with it.\n"
	"  -c DIR               the tree (else $CINIT_DIR, else /etc/cinit)\n"
	"  -p PROFILE           the service to start with (else init)\n"
	"views, instead of the checks:\n"
	"  --order              what starts after what, in waves\n"
	"  --simulate           boot it in virtual time\n"
	"    --fail NAME          ... in which this service fails\n"
	"    --time NAME=SECONDS  ... in which a run of this one takes so long\n"
	"    --stop SECONDS       ... and stop it then, while no program heeds TERM\n"
	"  --stop-time          how long an ordered stop takes at most, and why\n"
	"  --graph              the services as JSON\n"
	"  -h, --help           this text\n"
	"  -V, --version        the version\n"
	"exit: 0 no errors, 1 errors (or the start did not come up), 2 bad usage\n";

/* One line that says why not, and the exit code for it. */
static int fail(int code, const char *where, const char *why)
{
	text_str(&err, "cinit.check: ");
	if (*where) {
		text_name(&err, where, strlen(where), true);
		text_str(&err, ": ");
	}
	text_str(&err, why);
	text_char(&err, '\n');
	text_flush(&err);
	return code;
}

static int set_view(enum view view)
{
	if (options.view != VIEW_FINDINGS && options.view != view)
		return fail(EXIT_USAGE, "", "--order, --simulate, --stop-time and --graph exclude each other");
	options.view = view;
	return 0;
}

static int give(const char *arg, bool time)
{
	if (options.n_given == SUPPOSITIONS_MAX)
		return fail(EXIT_USAGE, arg, "more than " LIMIT_TEXT(SUPPOSITIONS_MAX) " of --fail and --time");
	options.given[options.n_given++] = (struct given){arg, time};
	return 0;
}

static int show(const char *text)
{
	text_str(&out, text);
	return text_flush(&out) < 0 ? EXIT_BAD : 0;
}

static int check_given(int argc, char **argv)
{
	if (optind < argc)
		return fail(EXIT_USAGE, argv[optind], "unexpected argument (see cinit.check -h)");
	if (options.n_given && options.view != VIEW_SIMULATE)
		return fail(EXIT_USAGE, options.given[0].time ? "--time" : "--fail",
		            "goes with --simulate only");
	if (options.stop && options.view != VIEW_SIMULATE)
		return fail(EXIT_USAGE, "--stop", "goes with --simulate only");
	if (options.dir && !*options.dir)
		return fail(EXIT_USAGE, "-c", "an empty directory name");
	return -1;
}

/* Options without a letter. */
enum {
	OPT_ORDER = 256,
	OPT_SIMULATE,
	OPT_GRAPH,
	OPT_FAIL,
	OPT_TIME,
	OPT_STOP,
	OPT_STOP_TIME
};

static int refuse_option(char **argv, const char *why)
{
	char letter[] = {'-', (char)optopt, '\0'};
	bool is_letter = optopt > 0 && optopt < OPT_ORDER;

	return fail(EXIT_USAGE, is_letter ? letter : argv[optind - 1], why);
}

/* -1 to go on, or the exit code. */
static int parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{"order", no_argument, NULL, OPT_ORDER},
		{"simulate", no_argument, NULL, OPT_SIMULATE},
		{"graph", no_argument, NULL, OPT_GRAPH},
		{"fail", required_argument, NULL, OPT_FAIL},
		{"time", required_argument, NULL, OPT_TIME},
		{"stop", required_argument, NULL, OPT_STOP},
		{"stop-time", no_argument, NULL, OPT_STOP_TIME},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0}
	};
	int o, bad = 0;

	opterr = 0;
	while (!bad && (o = getopt_long(argc, argv, ":c:p:hV", longs, NULL)) != -1)
		switch (o) {
		case 'c': options.dir = optarg; break;
		case 'p': options.profile = optarg; break;
		case OPT_ORDER: bad = set_view(VIEW_ORDER); break;
		case OPT_SIMULATE: bad = set_view(VIEW_SIMULATE); break;
		case OPT_GRAPH: bad = set_view(VIEW_GRAPH); break;
		case OPT_FAIL: bad = give(optarg, false); break;
		case OPT_STOP: options.stop = optarg; break;
		case OPT_STOP_TIME: bad = set_view(VIEW_STOP_TIME); break;
		case OPT_TIME: bad = give(optarg, true); break;
		case 'h': return show(usage);
		case 'V': return show("cinit.check " CINIT_VERSION " (ipc: " CINIT_IPC_METHOD ")\n");
		case ':': return refuse_option(argv, "needs an argument (see cinit.check -h)");
		default: return refuse_option(argv, "unknown option (see cinit.check -h)");
		}
	return bad ? bad : check_given(argc, argv);
}

/* The row for a service that --fail or --time names: a new one, or the one
 * that the other option made; NULL after a line that says why not. */
static struct supposition *suppose(const struct config *c, const char *name, size_t len,
                                   unsigned *n)
{
	uint32_t svc = config_find(c, name, len);

	if (svc == NO_SVC) {
		fail(EXIT_USAGE, name, "no service of this name would be started");
		return NULL;
	}
	if (!(config_node(c, svc)->kind & KIND_ON)) {
		fail(EXIT_USAGE, name, "has no `on` that could fail or take time");
		return NULL;
	}
	for (unsigned k = 0; k < *n; k++)
		if (suppositions[k].svc == svc)
			return &suppositions[k];
	suppositions[*n] = (struct supposition){.svc = svc};
	return &suppositions[(*n)++];
}

static bool suppose_given(const struct config *c, const struct given *g, unsigned *n)
{
	const char *equals = g->time ? strrchr(g->arg, '=') : NULL;
	size_t len = equals ? (size_t)(equals - g->arg) : strlen(g->arg);
	struct supposition *s;
	uint64_t ms = 0;

	if (g->time && (!equals || !parse_seconds(equals + 1, strlen(equals + 1),
	                                          CONFIG_DELAY_MAX_S * 1000u, &ms))) {
		fail(EXIT_USAGE, g->arg, "not NAME=SECONDS (at most " LIMIT_TEXT(CONFIG_DELAY_MAX_S) ")");
		return false;
	}
	s = suppose(c, g->arg, len, n);
	if (!s)
		return false;
	if (g->time) {
		s->timed = true;
		s->run_ms = (int64_t)ms;
	} else {
		s->fails = true;
	}
	return true;
}

static int simulate(const struct config *c, struct engine *e)
{
	unsigned n = 0;
	uint64_t stop_ms = NEVER;
	int code;

	if (options.stop && !parse_seconds(options.stop, strlen(options.stop),
	                                   CONFIG_DELAY_MAX_S * 1000u, &stop_ms))
		return fail(EXIT_USAGE, options.stop, "not a number of seconds up to " LIMIT_TEXT(CONFIG_DELAY_MAX_S));
	for (unsigned k = 0; k < options.n_given; k++)
		if (!suppose_given(c, &options.given[k], &n))
			return EXIT_USAGE;
	if (c->start == NO_SVC)
		return EXIT_BAD; /* which was said */
	if (check_simulate(&out, c, e, suppositions, n, (int64_t)stop_ms, &code) < 0)
		return fail(EXIT_BAD, "", strerror(errno));
	if (code >= 0)
		return code ? EXIT_BAD : 0;
	return engine_svc(e, c->start)->live.state == SVC_UP ? 0 : EXIT_BAD;
}

static int view(struct tally *t, const struct config *c, struct engine *e, const char *dir)
{
	switch (options.view) {
	case VIEW_FINDINGS:
		check_conf(t, c);
		check_services(t, c, 0);
		check_unreached(t, c, dir);
		tally_sum(t);
		break;
	case VIEW_ORDER:
		return check_order(&out, c, e) < 0 ? fail(EXIT_BAD, "", strerror(errno)) : 0;
	case VIEW_SIMULATE:
		return simulate(c, e);
	case VIEW_STOP_TIME:
		return check_stop_time(&out, c, e) < 0 ? fail(EXIT_BAD, "", strerror(errno)) : 0;
	case VIEW_GRAPH:
		check_graph(&out, c);
		break;
	}
	return 0;
}

static int run(const char *dir)
{
	struct tally t = {.out = options.view == VIEW_FINDINGS ? &out : &err};
	struct load l = {.dir = dir, .start = options.profile ? options.profile : "init",
	                 .report = tally_say, .arg = &t};
	struct config *c = config_load(&l);
	struct engine *e = c ? config_make_engine(c, true) : NULL;
	int code = EXIT_BAD; /* no memory, or too large: said */

	text_flush(&err);
	if (e)
		code = view(&t, c, e, dir);
	else if (c)
		fail(EXIT_BAD, dir, strerror(errno));
	tally_free(&t);
	config_free_engine(e);
	config_free(c);
	if (text_flush(&out) < 0 || out.cut)
		return fail(EXIT_BAD, "standard output", "cannot be written");
	return code ? code : t.errors ? EXIT_BAD : 0;
}

int main(int argc, char **argv)
{
	struct stat st;
	int code;

	text_init_fd(&out, out_buf, sizeof out_buf, 1);
	text_init_fd(&err, err_buf, sizeof err_buf, 2);
	code = parse(argc, argv);
	if (code >= 0)
		return code;
	if (place_dir(options.dir, dir_buf, sizeof dir_buf) < 0)
		return fail(EXIT_USAGE, options.dir ? options.dir : "", strerror(errno));
	if (stat(dir_buf, &st) < 0)
		return fail(EXIT_USAGE, dir_buf, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return fail(EXIT_USAGE, dir_buf, "not a directory");
	return run(dir_buf);
}
