/* halt.c - cinit.halt, cinit.poweroff, cinit.reboot: one program, three names, and
 * the classic ones beside them; as shutdown it is shutdown.c. */
#include <getopt.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/end.h"
#include "client/shutdown.h"
#include "ipc/text.h"

static const struct name {
	const char *program;
	enum cinit_verb verb;
} names[] = {
	{"halt", CINIT_HALT},
	{"poweroff", CINIT_POWEROFF},
	{"reboot", CINIT_REBOOT},
	{"switch", CINIT_SWITCH},
	{"shutdown", (enum cinit_verb)0},
};

static enum cinit_verb called_as(const char *path)
{
	const char *base = strrchr(path, '/');

	base = base ? base + 1 : path;
	if (strncmp(base, "cinit.", 6) == 0)
		base += 6;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(base, names[i].program) == 0)
			return names[i].verb;
	return CINIT_HALT;
}

static int print(const char *a, const char *b)
{
	return write(1, a, strlen(a)) < 0 || write(1, b, strlen(b)) < 0;
}

static int usage_error(int letter, char *const *argv)
{
	char text[] = {'-', (char)optopt, '\0'};

	if (letter == ':')
		complain(text, "", "needs an argument");
	else
		complain(optopt ? text : argv[optind - 1], "", "not an option");
	return CODE_USAGE;
}

/* Options as other systems' programs of these names have them. */
static int take(int letter, struct end_request *q)
{
	switch (letter) {
	case 'r': q->rundir = optarg; break;
	case 'f': q->force++; break;
	case 'n': q->no_sync = true; break;
	case 'k': q->kexec = true; break;
	case 'p': q->verb = CINIT_POWEROFF; break;
	case 'H': q->verb = CINIT_HALT; break;
	case 'R': q->verb = CINIT_REBOOT; break;
	default: return -1;
	}
	return 0;
}

/* One name in a request: both paths, one a line. */
static int switch_root(char *const *words, int n, struct end_request *q)
{
	static char both[CINIT_NAME_MAX + 1];
	struct text t;

	if (n < 1 || n > 2 || q->force || q->kexec) {
		complain("", "", "takes NEWROOT and perhaps INIT");
		return CODE_USAGE;
	}
	text_init(&t, both, sizeof both);
	text_str(&t, words[0]);
	if (n == 2) {
		text_char(&t, '\n');
		text_str(&t, words[1]);
	}
	if (t.cut || strchr(words[0], '\n')) {
		complain(words[0], "", "no path that can be switched to");
		return CODE_USAGE;
	}
	q->root = both;
	return end_system(q);
}

static int run(int argc, char **argv, struct end_request *q)
{
	static const struct option longs[] = {
		{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'},
		{"force", no_argument, NULL, 'f'}, {"no-sync", no_argument, NULL, 'n'},
		{"kexec", no_argument, NULL, 'k'}, {"poweroff", no_argument, NULL, 'p'},
		{"halt", no_argument, NULL, 'H'}, {"reboot", no_argument, NULL, 'R'},
		{NULL, 0, NULL, 0},
	};
	int letter;

	while ((letter = getopt_long(argc, argv, ":r:fnkphV", longs, NULL)) != -1) {
		if (letter == 'h')
			return print("usage: ", ask_program)
			       || print(q->verb == CINIT_SWITCH ? " [-r RUNDIR] NEWROOT [INIT]\n"
			                : " [-f | -ff [-n]] [-p] [-k] [-r RUNDIR]\n", "")
			       || print("   or: -h, --help, -V, --version\n", "");
		if (letter == 'V')
			return print(ask_program, " " CINIT_VERSION " (ipc: ")
			       || print(cinit_method(), ")\n");
		if (take(letter, q) < 0)
			return usage_error(letter, argv);
	}
	if (q->verb == CINIT_SWITCH)
		return switch_root(argv + optind, argc - optind, q);
	if (optind < argc) {
		complain(argv[optind], "", "takes no arguments");
		return CODE_USAGE;
	}
	if (q->kexec && q->verb != CINIT_REBOOT) {
		complain("--kexec", "", "only for a reboot");
		return CODE_USAGE;
	}
	return end_system(q);
}

int main(int argc, char **argv)
{
	struct end_request q = {.verb = called_as(argc ? argv[0] : "")};
	const char *slash = argc ? strrchr(argv[0], '/') : NULL;

	ask_program = slash ? slash + 1 : argc ? argv[0] : "cinit.halt";
	ask_charset = charset_of_locale();
	return (int)q.verb == 0 ? shutdown_main(argc, argv) : run(argc, argv, &q);
}
