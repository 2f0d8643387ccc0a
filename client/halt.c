/* halt.c - cinit.halt, cinit.poweroff, cinit.reboot: one program, three names.
 *
 * Asks the supervisor; where none answers and no -r was given, PID 1 is told by
 * signal (the numbers that cinit and systemd understand alike). */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "client/ask.h"

static const struct name {
	const char *program;
	enum cinit_verb verb;
	int signal;
} names[] = {
	{"cinit.halt", CINIT_HALT, 37},
	{"cinit.poweroff", CINIT_POWEROFF, 38},
	{"cinit.reboot", CINIT_REBOOT, 39},
};

static const struct name *called_as(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(base, names[i].program) == 0)
			return &names[i];
	return &names[0];
}

static int print(const char *a, const char *b)
{
	return write(1, a, strlen(a)) < 0 || write(1, b, strlen(b)) < 0;
}

static int signal_init(const struct name *me)
{
	if (kill(1, me->signal) == 0)
		return CODE_DONE;
	complain("pid 1", "signal", strerror(errno));
	return errno == EPERM ? CODE_DENIED : CODE_NO_ANSWER;
}

/* -1: nobody is there to be asked. */
static int ask_supervisor(const struct name *me, const char *rundir)
{
	struct cinit c;
	enum cinit_error error = cinit_connect(&c, rundir);
	bool absent = error != CINIT_OK, quiet = absent && !rundir && error != CINIT_USAGE
	              && error != CINIT_OTHER_METHOD;
	enum code code = CODE_DONE;

	if (!absent)
		error = cinit_command(&c, me->verb, NULL, CINIT_LAST, 0);
	if (error != CINIT_OK && !quiet)
		code = complain_error(&c, error);
	cinit_leave(&c);
	return absent && !rundir && error != CINIT_USAGE ? -1 : (int)code;
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0},
	};
	const struct name *me = called_as(argc ? argv[0] : "");
	char letter[] = "-?";
	const char *rundir = NULL;
	int code, o;

	ask_program = me->program;
	ask_charset = charset_of_locale();
	while ((o = getopt_long(argc, argv, ":r:hV", longs, NULL)) != -1) {
		switch (o) {
		case 'r': rundir = optarg; break;
		case 'h': return print("usage: ", me->program) || print(" [-r RUNDIR]", "\n");
		case 'V':
			return print(me->program, " " CINIT_VERSION " (ipc: ") || print(cinit_method(), ")\n");
		case ':': complain("-r", "", "needs an argument"); return CODE_USAGE;
		default:
			letter[1] = (char)optopt;
			complain(optopt ? letter : argv[optind - 1], "", "not an option");
			return CODE_USAGE;
		}
	}
	if (optind < argc) {
		complain(argv[optind], "", "takes no words");
		return CODE_USAGE;
	}
	code = ask_supervisor(me, rundir);
	return code < 0 ? signal_init(me) : code;
}
