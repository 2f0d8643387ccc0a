/* options.c - reads the command lines of a single program. */
#include "src/single/options.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/shell/console.h"

enum meaning {
	MEANS_END, /* of a table */
	MEANS_GROUP, MEANS_SUBREAPER, MEANS_SUCCESS, MEANS_WARN, MEANS_VERBOSE, MEANS_DEBUG,
	MEANS_PARENT_DEATH, MEANS_REWRITE, MEANS_SINGLE, MEANS_HELP, MEANS_VERSION, MEANS_LICENCE
};

#define REWRITE_NOT 255 /* nothing was said about this signal */

struct option {
	char letter;          /* or 0 */
	char name[15];        /* of the long form, or "" */
	uint8_t meaning;      /* enum meaning */
	bool argument;
};

static const struct option cinit_options[] = {
	{'g', "", MEANS_GROUP, false}, {'s', "", MEANS_SUBREAPER, false},
	{'e', "", MEANS_SUCCESS, true}, {'w', "", MEANS_WARN, false},
	{'v', "", MEANS_VERBOSE, false}, {0, "pdeathsig", MEANS_PARENT_DEATH, true},
	{0, "rewrite", MEANS_REWRITE, true}, {0, "single-child", MEANS_SINGLE, false},
	{'h', "", MEANS_HELP, false}, {'V', "", MEANS_VERSION, false}, {0, "", MEANS_END, false},
}, tini_options[] = {
	{'g', "", MEANS_GROUP, false}, {'s', "", MEANS_SUBREAPER, false},
	{'e', "", MEANS_SUCCESS, true}, {'w', "", MEANS_WARN, false},
	{'v', "", MEANS_VERBOSE, false}, {'p', "", MEANS_PARENT_DEATH, true},
	{'h', "", MEANS_HELP, false}, {'l', "", MEANS_LICENCE, false},
	{0, "version", MEANS_VERSION, false}, {0, "", MEANS_END, false},
}, dumb_init_options[] = {
	{'c', "single-child", MEANS_SINGLE, false}, {'r', "rewrite", MEANS_REWRITE, true},
	{'v', "verbose", MEANS_DEBUG, false}, {'h', "help", MEANS_HELP, false},
	{'V', "version", MEANS_VERSION, false}, {0, "", MEANS_END, false},
};

static const struct {
	const struct option *options;
	const char *usage, *version;
	int bad_usage; /* the exit code */
} dialects[] = {
	[DIALECT_CINIT] = {cinit_options,
		"usage: cinit [-g | --single-child] [-s] [-w] [-v] [-e CODE] [--pdeathsig=SIG]\n"
		"             [--rewrite=A:B] -- PROGRAM [ARG...]\n",
		"cinit " CINIT_VERSION "\n", 2},
	[DIALECT_TINI] = {tini_options,
		"usage: tini [-g] [-s] [-w] [-v] [-e CODE] [-p SIG] [--] PROGRAM [ARG...]\n"
		"       tini -h | -l | --version\n"
		"environment: TINI_SUBREAPER TINI_KILL_PROCESS_GROUP TINI_VERBOSITY=N\n",
		"tini version 0.19.0, as spoken by cinit " CINIT_VERSION "\n", 1},
	[DIALECT_DUMB_INIT] = {dumb_init_options,
		"usage: dumb-init [-c | --single-child] [-v | --verbose] [-r | --rewrite A:B]\n"
		"                 [--] PROGRAM [ARG...]\n"
		"       dumb-init -h | --help | -V | --version\n"
		"environment: DUMB_INIT_SETSID=0 DUMB_INIT_DEBUG=1\n",
		"dumb-init v1.2.5, as spoken by cinit " CINIT_VERSION "\n", 1},
};

static const char licence[] = "cinit is free software under the ISC licence, and no part of tini is in it\n";

enum dialect single_dialect(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL, *name = slash ? slash + 1 : argv0;

	if (!name)
		return DIALECT_CINIT;
	if (strcmp(name, "tini") == 0 || strcmp(name, "tini-static") == 0)
		return DIALECT_TINI;
	return strcmp(name, "dumb-init") == 0 ? DIALECT_DUMB_INIT : DIALECT_CINIT;
}

static int print(const char *text)
{
	return write(1, text, strlen(text)) < 0;
}

static int refuse(const struct single_options *o, const char *word, const char *why)
{
	say(word, "", why);
	return dialects[o->dialect].bad_usage;
}

/* ---- values ---- */

static bool take_success(struct single_options *o, const char *s)
{
	uint64_t code;

	if (!parse_u64(s, strlen(s), 255, &code))
		return false;
	o->success[code / 64] |= (uint64_t)1 << code % 64;
	return true;
}

static bool take_parent_death(struct single_options *o, const char *s)
{
	o->parent_death = signal_of_word(s, strlen(s));
	return o->parent_death > 0;
}

/* A:B, where B may be 0. */
static bool take_rewrite(struct single_options *o, const char *s)
{
	const char *colon = strchr(s, ':');
	int from = colon ? signal_of_word(s, (size_t)(colon - s)) : 0;
	int to = colon ? signal_of_word(colon + 1, strlen(colon + 1)) : 0;

	if (!from || (!to && strcmp(colon + 1, "0") != 0))
		return false;
	o->rewrite[from] = (uint8_t)to;
	return true;
}

/* ---- options ---- */

/* -1: go on; else the exit code. */
static int take_option(struct single_options *o, const struct option *option, const char *value)
{
	bool good = true;

	switch ((enum meaning)option->meaning) {
	case MEANS_GROUP: o->to_group = true; break;
	case MEANS_SUBREAPER: o->subreaper = true; break;
	case MEANS_SUCCESS: good = take_success(o, value); break;
	case MEANS_WARN: o->warn_reaped = true; break;
	case MEANS_VERBOSE: o->loudness++; break;
	case MEANS_DEBUG: o->loudness = SAY_SIGNALS; break;
	case MEANS_PARENT_DEATH: good = take_parent_death(o, value); break;
	case MEANS_REWRITE: good = take_rewrite(o, value); break;
	case MEANS_SINGLE: o->enclosure = IN_OUR_GROUP; break;
	case MEANS_HELP: return print(dialects[o->dialect].usage);
	case MEANS_VERSION: return print(dialects[o->dialect].version);
	case MEANS_LICENCE: return print(licence);
	case MEANS_END: break;
	}
	return good ? -1 : refuse(o, value, option->meaning == MEANS_SUCCESS ? "not an exit code"
	                          : option->meaning == MEANS_REWRITE ? "not SIGNAL:SIGNAL" : "not a signal");
}

/* An argument that stands in a word of its own moves *words on. */
static int take_with_next(struct single_options *o, const struct option *option, char ***words)
{
	if (!(*words)[1])
		return refuse(o, **words, "needs an argument");
	++*words;
	return take_option(o, option, **words);
}

/* The letters of one word. */
static int take_letters(struct single_options *o, char ***words)
{
	const char *word = **words;
	int code = -1;

	for (const char *at = word + 1; *at && code < 0; at++) {
		const struct option *option = dialects[o->dialect].options;

		while (option->meaning != MEANS_END && option->letter != *at)
			option++;
		if (option->meaning == MEANS_END)
			return refuse(o, word, "unknown option");
		if (option->argument && at[1])
			return take_option(o, option, at + 1);
		code = option->argument ? take_with_next(o, option, words) : take_option(o, option, "");
		if (option->argument)
			break;
	}
	return code;
}

/* A beginning of a name will do where no other name begins so. */
static const struct option *find_name(const struct option *options, const char *name, size_t n)
{
	const struct option *found = NULL;

	for (; options->meaning != MEANS_END; options++) {
		if (n == 0 || strncmp(options->name, name, n) != 0)
			continue;
		if (found)
			return NULL;
		found = options;
	}
	return found;
}

/* --NAME, --NAME=VALUE or --NAME VALUE. */
static int take_name(struct single_options *o, char ***words)
{
	const char *name = **words + 2, *equals = strchr(name, '=');
	size_t n = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *option = find_name(dialects[o->dialect].options, name, n);

	if (!option)
		return refuse(o, **words, "unknown option");
	if (equals && !option->argument)
		return refuse(o, **words, "takes no argument");
	if (equals)
		return take_option(o, option, equals + 1);
	return option->argument ? take_with_next(o, option, words) : take_option(o, option, "");
}

/* `tini PROGRAM -- ARG...` is how its help has it: there a `--` is not the
 * program's, if no word that begins with a dash stands before it. */
static void drop_dashes(char **words)
{
	while (*words && (*words)[0] != '-')
		words++;
	if (*words && strcmp(*words, "--") == 0)
		for (; *words; words++)
			words[0] = words[1];
}

/* Up to the first word that is no option, or to behind a `--`, which our own
 * dialect demands: without it the command line is that of a tree. */
static int take_all(struct single_options *o, char **words)
{
	int code = -1;

	for (; *words && code < 0; words++) {
		if (strcmp(*words, "--") == 0) {
			words++;
			break;
		}
		if ((*words)[0] != '-' || !(*words)[1]) {
			if (o->dialect == DIALECT_CINIT)
				return refuse(o, *words, "not an option of a single program");
			if (o->dialect == DIALECT_TINI)
				drop_dashes(words);
			break;
		}
		code = (*words)[1] == '-' ? take_name(o, &words) : take_letters(o, &words);
	}
	o->program = words;
	return code;
}

/* ---- the whole ---- */

static bool variable_is(const char *name, const char *value)
{
	const char *is = getenv(name);

	return is && strcmp(is, value) == 0;
}

static void read_environment(struct single_options *o)
{
	const char *loudness = getenv("TINI_VERBOSITY");
	uint64_t n;

	if (o->dialect == DIALECT_TINI) {
		o->subreaper = getenv("TINI_SUBREAPER") != NULL;
		o->to_group = getenv("TINI_KILL_PROCESS_GROUP") != NULL;
		if (loudness)
			o->loudness = parse_u64(loudness, strlen(loudness), SAY_SIGNALS, &n) ? (unsigned)n : 0;
	}
	if (o->dialect == DIALECT_DUMB_INIT) {
		o->enclosure = variable_is("DUMB_INIT_SETSID", "0") ? IN_OUR_GROUP : IN_OWN_SESSION;
		if (variable_is("DUMB_INIT_DEBUG", "1"))
			o->loudness = SAY_SIGNALS;
	}
}

/* The session of a program that dumb-init runs has no other process group that
 * could continue it, so the kernel ignores these three there.  STOP always works. */
static void rewrite_stops(struct single_options *o)
{
	static const int stops[] = {SIGTSTP, SIGTTIN, SIGTTOU};

	for (unsigned i = 0; i < 3; i++)
		if (o->rewrite[stops[i]] == REWRITE_NOT)
			o->rewrite[stops[i]] = SIGSTOP;
}

static void leave_others(struct single_options *o)
{
	for (unsigned s = 0; s <= SIGNAL_MAX; s++)
		if (o->rewrite[s] == REWRITE_NOT)
			o->rewrite[s] = (uint8_t)s;
}

int single_options_read(struct single_options *o, char **argv)
{
	int code;

	*o = (struct single_options){.dialect = single_dialect(argv[0]),
	                             .enclosure = IN_OWN_GROUP, .loudness = SAY_WARNINGS};
	memset(o->rewrite, REWRITE_NOT, sizeof o->rewrite);
	read_environment(o);
	code = take_all(o, argv + 1);
	if (code >= 0)
		return code;
	if (!*o->program)
		return refuse(o, "PROGRAM", "none was given");
	if (o->dialect == DIALECT_CINIT && o->to_group && o->enclosure == IN_OUR_GROUP)
		return refuse(o, "--single-child", "leaves no group for -g");
	if (o->enclosure == IN_OWN_SESSION) {
		o->to_group = true;
		rewrite_stops(o);
	}
	leave_others(o);
	return -1;
}
