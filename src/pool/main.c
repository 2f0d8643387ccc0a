/* main.c - cinit.pool: prepares a pool and runs it.
 *
 * All that needs privileges is done here, once, before there is a worker.  What fails ends the
 * start of the service, with the reason; once the loop runs, nothing of this file is called. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/pool/child.h"
#include "src/pool/control.h"
#include "src/pool/files.h"
#include "src/pool/host.h"
#include "src/pool/inherited.h"
#include "src/pool/manager.h"
#include "src/pool/rules.h"
#include "src/pool/say.h"
#include "src/pool/sockets.h"

#define EXIT_BAD 1
#define EXIT_USAGE 2

static const char usage[] =
	"usage: cinit.pool [--no-fork] DIR\n"
	"Runs the pool of workers that the service directory DIR describes.\n"
	"  --no-fork      as one process, which is the only worker: for debugging\n"
	"  -h, --help     this text\n"
	"  -V, --version  the version\n"
	"signals: HUP reads DIR again and replaces the workers one by one, TERM lets them\n"
	"finish and ends\n";

static struct options {
	const char *dir;
	bool no_fork;
} options;

static int show(const char *s)
{
	char buf[1024];
	struct text t;

	text_init_fd(&t, buf, sizeof buf, 1);
	text_str(&t, s);
	return text_flush(&t) < 0 ? EXIT_BAD : 0;
}

static int refuse(const char *where, const char *why)
{
	say(where, why);
	return EXIT_USAGE;
}

/* -1 to go on, or the exit code. */
static int parse(int argc, char **argv)
{
	static const struct option longs[] = {
		{"no-fork", no_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0}
	};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "hV", longs, NULL)) != -1)
		switch (o) {
		case 'n': options.no_fork = true; break;
		case 'h': return show(usage);
		case 'V': return show("cinit.pool " CINIT_VERSION "\n");
		default: return refuse(argv[optind - 1], "unknown option (see cinit.pool -h)");
		}
	if (optind + 1 != argc)
		return refuse("DIR", "one service directory is needed (see cinit.pool -h)");
	options.dir = argv[optind];
	return -1;
}

static int fail(const char *where, const char *why)
{
	manager_complain(where, why);
	return -1;
}

static int fail_errno(const char *where)
{
	return fail(where, strerror(errno));
}

/* The supervisor's name for the service, else the last part of its path. */
static void name_service(void)
{
	static char path[PATH_MAX];
	const char *name = getenv("CINIT_SERVICE");

	if (!name && realpath(options.dir, path))
		name = basename(path);
	say_service(name ? name : options.dir);
}

/* ---- modules ---- */

static int load_modules(int service_fd)
{
	const struct host *host = host_find();
	char why[HOST_WHY_MAX] = "";

	if (!files()->conf.has_modules)
		return 0;
	if (!host)
		return fail("pool/modules", "this build is static and runs programs only");
	if (host->load(service_fd, files_directory(), why) < 0 || host->init(files()->conf.max + host->n_extra() + 1, why) < 0 ||
	    host->begin(why) < 0)
		return fail("pool/modules", why);
	return 0;
}

static void end_modules(void)
{
	if (files()->conf.has_modules)
		host_find()->end();
}

/* ---- in order ---- */

static int read_directory(int service_fd)
{
	char why[FILES_WHY_MAX];

	if (files_init(service_fd, options.dir) < 0)
		return fail_errno(options.dir);
	if (!files_read(why))
		return fail("", why);
	if (options.no_fork && files()->conf.mode == POOL_DISPATCH)
		return fail("--no-fork", "a pool with pool/mode dispatch has no single process");
	return 0;
}

static int open_sockets(unsigned given)
{
	const char *where, *why;

	if (sockets_take(given, files(), &where, &why) < 0)
		return fail(where, why);
	if (sockets_prepare(files()->conf.mode == POOL_DISPATCH) < 0)
		return fail_errno("listening sockets");
	return 0;
}

/* Workers run as the same user, perhaps: none may look into the manager. */
static int prepare(struct inherited *in, int *service_fd)
{
	*service_fd = open(options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*service_fd < 0)
		return fail_errno(options.dir);
	if (inherited_take(in, service_fd) < 0 || child_prepare() < 0)
		return fail_errno("start");
	control_init(in->control_fd);
	if (!options.no_fork && prctl(PR_SET_DUMPABLE, 0) < 0)
		return fail_errno("prctl");
	if (read_directory(*service_fd) < 0 || open_sockets(in->n_sockets) < 0)
		return -1;
	return chdir("/") < 0 ? fail_errno("/") : 0;
}

int main(int argc, char **argv)
{
	struct inherited in = {.ready_fd = -1, .control_fd = -1};
	int code = parse(argc, argv), service_fd = -1;

	if (code >= 0)
		return code;
	name_service();
	if (prepare(&in, &service_fd) < 0 || load_modules(service_fd) < 0)
		return EXIT_BAD;
	if (options.no_fork)
		child_alone(in.ready_fd);
	code = manager_run(in.ready_fd);
	end_modules();
	return code;
}
