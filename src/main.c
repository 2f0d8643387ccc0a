/* main.c - options, mode, and the order in which the supervisor is set up.
 *
 * The order is what matters: signals are blocked before anything else, the instance lock is
 * taken before a tree is read, the loop comes last.  PID 1 of a machine must not exit: what is
 * wrong with its words is said, and it goes on.  The block `shell` is here, and nothing else
 * that lasts. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipc/check.h"
#include "ipc/cinit_ipc.h"
#include "ipc/lock.h"
#include "ipc/place.h"
#include "src/tree/group.h"
#include "src/limits.h"
#include "src/machine/begin.h"
#include "src/machine/machine.h"
#include "src/shell/beside.h"
#include "src/shell/console.h"
#include "src/shell/helper.h"
#include "src/shell/life.h"
#include "src/shell/loop.h"
#include "src/shell/shell.h"
#include "src/shell/signals.h"
#include "src/single/single.h"

struct shell shell;

struct options {
	const char *dir, *rundir, *profile;
	const char *unknown; /* the first word that means nothing to us */
	const char *rescue; /* a word that asks a machine for a shell */
	bool machine, container, version, check, help;
};

static const char usage[] =
	"usage: cinit [-c DIR] [-r RUNDIR] [-p PROFILE] [-q | -v]\n"
	"             [--machine | --container] [cprofile:PROFILE] ...\n"
	"       cinit [OPTION...] -- PROGRAM [ARG...]   (one program: cinit-single(8))\n"
	"       cinit -h | --help | -V [--check] | --version\n";

/* ---- words ---- */

static _Noreturn void print_and_exit(const char *text)
{
	ssize_t n = write(1, text, strlen(text));

	exit(n < 0);
}

/* Letters that take an argument, and where it goes. */
static const char **argument_of(struct options *o, char letter)
{
	switch (letter) {
	case 'c': return &o->dir;
	case 'r': return &o->rundir;
	case 'p': return &o->profile;
	default: return NULL;
	}
}

static void unknown(struct options *o, const char *word)
{
	if (!o->unknown)
		o->unknown = word;
}

/* What boot loaders have always given to init in place of the usual boot. */
static bool asks_for_rescue(const char *word)
{
	static const char *const words[] = {"single", "s", "S", "1", "rescue", "emergency", "-b"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

/* One word of the command line; how many words it took. */
static int take_word(struct options *o, char **argv)
{
	const char *word = argv[0], **argument = word[0] == '-' ? argument_of(o, word[1]) : NULL;

	if (argument && word[2]) {
		*argument = word + 2;
	} else if (argument && argv[1]) {
		*argument = argv[1];
		return 2;
	} else if (strcmp(word, "-q") == 0) {
		shell.console.loudness = QUIET;
	} else if (strcmp(word, "-v") == 0) {
		shell.console.loudness = VERBOSE;
	} else if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
		o->help = true;
	} else if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0) {
		o->version = true;
	} else if (strcmp(word, "--check") == 0) {
		o->check = true;
	} else if (asks_for_rescue(word)) {
		o->rescue = word;
	} else if (strcmp(word, "--machine") == 0) {
		o->machine = true;
	} else if (strcmp(word, "--container") == 0) {
		o->container = true;
	} else {
		unknown(o, word);
	}
	return 1;
}

static const char *profile_word(char **argv)
{
	const char *found = NULL;

	for (; *argv; argv++)
		if (strncmp(*argv, "cprofile:", 9) == 0)
			found = *argv + 9;
	return found;
}

static void parse(struct options *o, char **argv)
{
	char **words = argv + 1;

	while (*words) {
		if (strncmp(*words, "cprofile:", 9) == 0)
			words++;
		else
			words += take_word(o, words);
	}
	if (o->check && !o->version)
		unknown(o, "--check");
	if (!o->profile)
		o->profile = profile_word(argv + 1);
	if (!o->profile)
		o->profile = getenv("cprofile");
	if (!o->profile)
		o->profile = "init";
}

/* ---- surroundings ---- */

static int first_closed(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			return fd;
	return -1;
}

/* Descriptors 0 to 2 must be something, or the next open becomes one of them.
 * Where there is no device at all, a directory keeps the place: reading and
 * writing it fail, and that is all. */
static void open_standard(void)
{
	static const struct { char path[16]; int flags; } places[] = {
		{"/dev/console", O_RDWR | O_NOCTTY}, {"/dev/null", O_RDWR}, {"/", O_RDONLY | O_DIRECTORY},
	};
	size_t i = getpid() == 1 ? 0 : 1;

	while (i < 3 && first_closed() >= 0)
		if (open(places[i].path, places[i].flags) < 0)
			i++;
}

/* What we inherited is not for services. */
static void close_on_exec(void)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, 3u, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */) == 0)
		return;
#endif
	for (int fd = 3; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* We hold descriptors for every service; they get back what we were given. */
static void raise_descriptors(void)
{
	struct rlimit l;

	if (prlimit(0, RLIMIT_NOFILE, NULL, &l) < 0)
		return;
	shell.spawner.nofile_soft = l.rlim_cur;
	shell.spawner.nofile_hard = l.rlim_max;
	if (l.rlim_cur == l.rlim_max)
		return;
	l.rlim_cur = l.rlim_max;
	shell.spawner.nofile_raised = prlimit(0, RLIMIT_NOFILE, &l, NULL) == 0;
	if (!shell.spawner.nofile_raised)
		shell.spawner.nofile_hard = shell.spawner.nofile_soft;
}

/* In a container it is best not even to ask reboot(2).  0xeffffffc is the kernel's
 * fixed number of the first PID namespace (PROC_PID_INIT_INO). */
static bool in_later_pid_namespace(void)
{
	char link[64];
	ssize_t n = readlink("/proc/self/ns/pid", link, sizeof link - 1);

	link[n > 0 ? n : 0] = '\0';
	return n > 0 && strcmp(link, "pid:[4026531836]") != 0;
}

static enum mode find_mode(const struct options *o)
{
	if (o->machine)
		return MODE_MACHINE;
	if (o->container)
		return MODE_CONTAINER;
	if (getpid() != 1)
		return MODE_USER;
	if (in_later_pid_namespace())
		return MODE_CONTAINER;
	return machine_owns_kernel() ? MODE_MACHINE : MODE_CONTAINER;
}

static const char *mode_word(enum mode mode)
{
	switch (mode) {
	case MODE_MACHINE: return "machine";
	case MODE_CONTAINER: return "container";
	case MODE_USER: return "user";
	}
	return "?";
}

static void say_hello(void)
{
	struct text *t;

	if (shell.console.loudness == QUIET)
		return;
	t = say_begin();
	text_str(t, CINIT_VERSION " (" CINIT_IPC_METHOD "): ");
	text_str(t, mode_word(shell.mode));
	text_str(t, " mode, pid ");
	text_i64(t, getpid());
	text_str(t, ", tree ");
	text_name(t, shell.dir, strlen(shell.dir), true);
	text_str(t, ", run ");
	text_name(t, ipc_rundir, strlen(ipc_rundir), true);
	say_end();
}

/* ---- the way up ---- */

/* A reason to end; on a machine, where nothing may, only said. */
static int refuse(const char *where, const char *why, int code)
{
	say(where, "", why);
	console_flush();
	return shell.mode == MODE_MACHINE ? 0 : code;
}

/* The instance lock comes before anything else.  0, or the exit code. */
static int take_instance(void)
{
	const char *what;
	pid_t holder;
	char why[64];
	struct text t;

	if (lock_take(ipc_rundir, CINIT_IPC_METHOD, &holder, &what) == 0 || errno != EBUSY)
		return 0; /* no lock for want of a place: the loop tries again */
	text_init(&t, why, sizeof why);
	text_str(&t, "already supervised by ");
	text_str(&t, holder ? "pid " : "a process of another PID namespace");
	if (holder)
		text_i64(&t, holder);
	return refuse(ipc_rundir, why, 1);
}

static int find_places(const struct options *o)
{
	char *rundir, *pool;

	if (place_dir(o->dir, shell.places, PATH_MAX) < 0)
		return refuse("tree", strerror(errno), 2);
	rundir = shell.places + strlen(shell.places) + 1;
	if (place_rundir(o->rundir, rundir, PATH_MAX) < 0)
		return refuse("run directory", strerror(errno), 2);
	pool = rundir + strlen(rundir) + 1;
	beside(shell.argv[0], "cinit.pool", pool, PATH_MAX);
	shell.dir = shell.places;
	ipc_rundir = rundir;
	shell.pool_program = pool;
	return 0;
}

static void find_group(void)
{
	char path[PATH_MAX];
	const char *why;
	struct text t;

	text_init(&t, path, sizeof path);
	text_str(&t, shell.dir);
	text_str(&t, "/conf/ipc_group");
	if (group_of_ipc_file(path, &ipc_group, &why) < 0) {
		ipc_group = IPC_NO_GROUP;
		say(path, "no group may command", why);
	}
}

/* -V, and with --check a line for each thing that the method needs here. */
static int show_version(const struct options *o)
{
	char buf[512];
	struct text t;
	bool fine = true;

	text_init_fd(&t, buf, sizeof buf, 1);
	text_str(&t, "cinit " CINIT_VERSION " (ipc: " CINIT_IPC_METHOD ")\n");
	if (o->check) {
		if (place_rundir(o->rundir, shell.places, sizeof shell.places) < 0)
			return refuse("run directory", strerror(errno), 1);
		ipc_rundir = shell.places;
		fine = check_needs(&t);
	}
	return text_flush(&t) < 0 || !fine;
}

static int set_up(const struct options *o)
{
	const char *odd;
	int code;

	shell.mode = find_mode(o);
	shell.terminal = shell.mode == MODE_USER && isatty(0);
	if (shell.mode == MODE_MACHINE) {
		shell.machine = &machine_duties;
		machine_begin();
	}
	odd = o->unknown || shell.mode == MODE_MACHINE ? o->unknown : o->rescue;
	if (odd && (code = refuse(odd, "not an option or word of cinit", 2)))
		return code;
	if ((code = find_places(o)))
		return code;
	shell.profile = o->profile;
	find_group();
	if (chdir("/") < 0)
		say_errno("/", "chdir", errno);
	umask(022);
	raise_descriptors();
	if (shell.mode == MODE_USER && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		say_errno("prctl", "subreaper", errno);
	return take_instance();
}

/* No loop could be had.  A machine still must not lose PID 1. */
static int last_resort(const char *where, const char *why)
{
	int code = refuse(where, why, 1);

	if (code)
		return code;
	helper_shells();
}

/* The loop and what comes before it; the exit code. */
static int run(bool shell_first)
{
	if (loop_init() < 0)
		return last_resort("epoll or signalfd", strerror(errno));
	say_hello();
	loop_try_ipc();
	shell.now_ms = record_now_ms();
	life_start(shell_first);
	return loop_run();
}

int main(int argc, char **argv)
{
	static char name[] = "cinit", *alone[] = {name, NULL};
	struct options o = {.dir = NULL};
	uint64_t mask = 0;
	int code;

	signals_block(&mask);
	if (argc == 0)
		argv = alone; /* before Linux 5.18: behind the missing name lies the environment */
	shell.argv = argv;
	shell.watchdog.fd = -1;
	shell.watchdog.feed_ms = NEVER;
	if (single_wanted(argv))
		return single_main(argv, mask);
	open_standard();
	close_on_exec();
	parse(&o, argv);
	/* PID 1 of a machine must not exit, whatever its boot loader says. */
	if ((o.help || o.version) && (getpid() != 1 || find_mode(&o) != MODE_MACHINE)) {
		signals_restore(&mask);
		if (o.help)
			print_and_exit(usage);
		return show_version(&o);
	}
	code = set_up(&o);
	if (code)
		return code;
	code = run(shell.mode == MODE_MACHINE && o.rescue);
	if (ipc_at_end)
		ipc_at_end();
	lock_end();
	return code;
}
