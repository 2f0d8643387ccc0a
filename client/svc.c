/* svc.c - cinit.svc: commands about services.
 *
 * Reads the command line, and is gone from there: run.c sends the requests and judges what
 * comes back. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/hint.h"
#include "client/pool.h"
#include "client/run.h"
#include "ipc/text.h"

#define TIMEOUT_MAX_S 86400 /* of -t: a day */

static const char usage[] =
	"usage: cinit.svc [-r RUNDIR] [-t SECONDS] [-q] [--json] [--only] [--no-wait]\n"
	"                 VERB [NAME ...]\n"
	"       cinit.svc -h | --help | -V | --version\n"
	"  start NAME ...        with what it needs and wants (--only: without)\n"
	"  stop NAME ...         with what needs it (--only: refuse while something does)\n"
	"  restart NAME ...      try-restart NAME ...: only what is up\n"
	"  status [NAME ...]     exit code 3 unless all are up\n"
	"  list                  all services\n"
	"  wait [up|down|settled] [NAME ...]\n"
	"  scale NAME N          as many workers of a pool at least\n"
	"  roll NAME ...         replaces every worker of a pool, one by one\n"
	"  call NAME COMMAND [ARG ...]  a command of a pool's modules\n";

static int usage_error(const char *where, const char *why)
{
	complain(where, "", why);
	return CODE_USAGE;
}

/* `wait`: an optional goal before the names. */
static int parse_wait(struct run *r)
{
	static const struct { const char *word; enum cinit_goal goal; } goals[] = {
		{"up", CINIT_GOAL_UP}, {"down", CINIT_GOAL_DOWN}, {"settled", CINIT_GOAL_SETTLED},
	};

	r->goal = CINIT_GOAL_UP;
	for (size_t i = 0; r->n && i < sizeof goals / sizeof *goals; i++)
		if (strcmp(r->names[0], goals[i].word) == 0) {
			r->goal = goals[i].goal;
			r->names++;
			r->n--;
			break;
		}
	if (r->n == 0 && r->goal != CINIT_GOAL_SETTLED)
		return usage_error("wait", "names no service");
	return 0;
}

/* `scale`: how many workers, behind the name. */
static int parse_scale(struct run *r)
{
	uint64_t workers;

	if (r->n != 2)
		return usage_error("scale", "takes a name and a number of workers");
	if (!parse_u64(r->names[1], strlen(r->names[1]), UINT32_MAX, &workers))
		return usage_error("scale", "not a number of workers");
	r->from = (uint32_t)workers;
	r->n = 1;
	return 0;
}

/* `call`: the command and its arguments, behind the name. */
static int parse_call(struct run *r)
{
	if (r->n < 2)
		return usage_error("call", "takes a name and a command");
	r->words = (const char *const *)r->names + 1;
	r->n_words = r->n - 1;
	r->n = 1;
	return 0;
}

static int check_names(const struct run *r)
{
	bool optional = r->verb == CINIT_STATUS || r->verb == CINIT_WAIT;

	if (r->verb == CINIT_LIST && r->n)
		return usage_error("list", "takes no names");
	if (r->verb != CINIT_LIST && !optional && r->n == 0)
		return usage_error(cinit_verb_word(r->verb), "names no service");
	for (size_t i = 0; i < r->n; i++) {
		if (!*r->names[i])
			return usage_error(cinit_verb_word(r->verb), "an empty name");
		if (strlen(r->names[i]) > CINIT_NAME_MAX)
			return usage_error(cinit_verb_word(r->verb), "a name longer than " LIMIT_TEXT(CINIT_NAME_MAX) " bytes");
	}
	return 0;
}

static int unknown_verb(const char *word)
{
	const char *instead = hint_instead(word), *near = hint_verb(word);
	char why[128];
	struct text t;

	text_init(&t, why, sizeof why);
	text_str(&t, instead || !near ? "not a verb; " : "not a verb, did you mean ");
	text_str(&t, instead ? instead : near ? near : "see cinit.svc -h");
	text_str(&t, instead || !near ? "" : "?");
	return usage_error(word, why);
}

static int parse_verb(struct run *r, char **words, int n)
{
	if (n < 1)
		return usage_error("", "no verb; see cinit.svc -h");
	r->verb = (enum cinit_verb)cinit_verb_of_word(words[0]);
	r->names = words + 1;
	r->n = (size_t)n - 1;
	switch (cinit_verb_of_word(words[0])) {
	case CINIT_WAIT:
		return parse_wait(r) ? CODE_USAGE : check_names(r);
	case CINIT_SCALE:
		return parse_scale(r) ? CODE_USAGE : check_names(r);
	case CINIT_CALL:
		return parse_call(r) ? CODE_USAGE : check_names(r);
	case CINIT_ROLL:
	case CINIT_START:
	case CINIT_STOP:
	case CINIT_RESTART:
	case CINIT_TRY_RESTART:
	case CINIT_STATUS:
	case CINIT_LIST:
		return check_names(r);
	default:
		break;
	}
	return unknown_verb(words[0]);
}

static int print(const char *text)
{
	return write(1, text, strlen(text)) < 0;
}

enum { OPT_JSON = 256, OPT_ONLY, OPT_NO_WAIT };

/* -1 to go on, else the exit code. */
static int parse_options(struct run *r, int argc, char **argv, const char **rundir)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, OPT_JSON}, {"only", no_argument, NULL, OPT_ONLY},
		{"no-wait", no_argument, NULL, OPT_NO_WAIT}, {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0},
	};
	char letter[] = "-?";
	uint64_t ms;
	int o;

	while ((o = getopt_long(argc, argv, ":r:t:qhV", longs, NULL)) != -1) {
		switch (o) {
		case 'r': *rundir = optarg; break;
		case 'q': r->quiet = true; break;
		case OPT_JSON: r->json = true; break;
		case OPT_ONLY: r->only = true; break;
		case OPT_NO_WAIT: r->no_wait = true; break;
		case 'h': return print(usage);
		case 'V':
			return print("cinit.svc " CINIT_VERSION " (ipc: ") || print(cinit_method())
			       || print(")\n");
		case 't':
			if (!parse_seconds(optarg, strlen(optarg), TIMEOUT_MAX_S * 1000u, &ms))
				return usage_error("-t", "not a number of seconds up to " LIMIT_TEXT(TIMEOUT_MAX_S));
			r->limited = true;
			r->limit_ms = (int64_t)ms;
			break;
		case ':': /* where optind stands then is not the same in all libcs */
			letter[1] = (char)optopt;
			return usage_error(letter, "needs an argument");
		default:
			letter[1] = (char)optopt;
			return usage_error(optopt > 0 && optopt < OPT_JSON ? letter : argv[optind - 1],
			                   "not an option; see cinit.svc -h");
		}
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct cinit cinit;
	struct run r = {.cinit = &cinit};
	const char *rundir = NULL;
	enum cinit_error error;
	int code;

	ask_program = "cinit.svc";
	ask_charset = charset_of_locale();
	code = parse_options(&r, argc, argv, &rundir);
	if (code >= 0)
		return code;
	code = parse_verb(&r, argv + optind, argc - optind);
	if (code)
		return code;
	r.rundir = rundir;
	error = cinit_connect(&cinit, rundir);
	if (error != CINIT_OK)
		code = (int)complain_error(&cinit, error);
	else
		code = (int)(r.verb == CINIT_CALL ? pool_call(&r) : run(&r));
	cinit_leave(&cinit);
	return code;
}
