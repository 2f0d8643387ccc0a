/* contender.c - the only file that knows the supervisors' command lines and
 * signals.  It takes no times. */
#include "test/bench/contender.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOG_TAIL 2000 /* bytes of messages shown when something failed */

struct contender contenders[N_CONTENDERS] = {
	{ .name = "vfork", .kind = KIND_FLOOR, .way = WAY_VFORK, .present = true },
	{ .name = "fork", .kind = KIND_FLOOR, .way = WAY_FORK, .present = true },
	{ .name = "posix_spawn", .kind = KIND_FLOOR, .way = WAY_SPAWN, .present = true },
	{ .name = "clone vm+vfork", .kind = KIND_FLOOR, .way = WAY_CLONE_VFORK, .present = true },
	{ .name = "clone vm", .kind = KIND_FLOOR, .way = WAY_CLONE_VM, .present = true },
	{ .name = "cinit", .kind = KIND_CINIT },
	{ .name = "runit", .kind = KIND_RUNIT },
	{ .name = "s6", .kind = KIND_S6 },
};

static char cinit_path[PATH_CAP], runsvdir_path[PATH_CAP], svscan_path[PATH_CAP];
static char env_path[4096];
static char *const environment[] = { env_path, NULL };
static int null_fd = -1, log_fd = -1;

bool contender_find_program(const char *name, char path[PATH_CAP])
{
	const char *dir = getenv("PATH");

	while (dir && *dir) {
		size_t len = strcspn(dir, ":");

		if (len > 0 && len + strlen(name) + 2 < PATH_CAP) {
			path_make(path, "%.*s/%s", (int)len, dir, name);
			if (access(path, X_OK) == 0)
				return true;
		}
		dir += len + (dir[len] == ':');
	}
	return false;
}

static void find_peers(bool wanted)
{
	struct contender *runit = &contenders[N_WAYS + 1], *s6 = &contenders[N_WAYS + 2];
	char helper[PATH_CAP];

	runit->absent_why = s6->absent_why = wanted ? "not installed" : "not asked for";
	if (!wanted)
		return;
	runit->present = contender_find_program("runsv", helper) &&
	                 contender_find_program("runsvdir", runsvdir_path);
	s6->present = contender_find_program("s6-supervise", helper) &&
	              contender_find_program("s6-svscan", svscan_path);
}

void contenders_init(const char *bin, bool peers)
{
	const char *path = getenv("PATH");
	char log[PATH_CAP];
	int n;

	path_make(cinit_path, "%s/cinit", bin);
	CINIT->present = access(cinit_path, X_OK) == 0;
	CINIT->absent_why = "not built";
	find_peers(peers);
	n = snprintf(env_path, sizeof env_path, "PATH=%s", path ? path : "/usr/bin:/bin");
	if (n < 0 || (size_t)n >= sizeof env_path)
		die_why("environment", "PATH", "too long");
	path_make(log, "%s/log", trees_root());
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null_fd < 0)
		die("/dev/null", "opening it");
	log_fd = open(log, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		die(log, "opening it");
}

enum tree_format contender_format(const struct contender *who)
{
	if (who->kind == KIND_RUNIT)
		return TREE_RUNIT;
	return who->kind == KIND_S6 ? TREE_S6 : TREE_CINIT;
}

int contender_stop_signal(const struct contender *who)
{
	/* TERM ends runsvdir alone; after HUP it sends TERM to every runsv. */
	return who->kind == KIND_RUNIT ? SIGHUP : SIGTERM;
}

_Noreturn void contender_fail(const struct contender *who, const char *what, const char *why)
{
	char text[LOG_TAIL];
	off_t size = lseek(log_fd, 0, SEEK_END);
	ssize_t n = pread(log_fd, text, sizeof text, size > LOG_TAIL ? size - LOG_TAIL : 0);

	if (n > 0)
		fprintf(stderr, "--- the last messages of the supervisors:\n%.*s---\n", (int)n, text);
	die_why(who->name, what, why);
}

void contender_floor_stdout(int fd)
{
	if (dup2(fd < 0 ? null_fd : fd, STDOUT_FILENO) < 0)
		die("descriptors", "setting standard output");
}

static pid_t exec_with(const char *path, char *const argv[], int out_fd)
{
	pid_t pid = vfork();

	if (pid == 0) {
		if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(out_fd, STDOUT_FILENO) < 0 ||
		    dup2(log_fd, STDERR_FILENO) < 0)
			_exit(127);
		execve(path, argv, environment);
		_exit(127);
	}
	return pid;
}

static pid_t exec_cinit(char *dir, int out_fd)
{
	static char name[] = "cinit", c[] = "-c", r[] = "-r", q[] = "-q";
	char run[PATH_CAP];
	char *const argv[] = { name, c, dir, r, run, q, NULL };

	path_make(run, "%s/run", dir);
	return exec_with(cinit_path, argv, out_fd);
}

static pid_t exec_runit(char *dir, int out_fd)
{
	static char name[] = "runsvdir";
	char *const argv[] = { name, dir, NULL };

	return exec_with(runsvdir_path, argv, out_fd);
}

static pid_t exec_s6(char *dir, size_t n, int out_fd)
{
	static char name[] = "s6-svscan", c[] = "-c";
	char max[24];
	char *const argv[] = { name, c, max, dir, NULL };

	snprintf(max, sizeof max, "%zu", n + 10); /* without it, 500 */
	return exec_with(svscan_path, argv, out_fd);
}

pid_t contender_exec(const struct contender *who, const char *dir, size_t n, int out_fd)
{
	char copy[PATH_CAP];
	pid_t pid = -1;

	path_make(copy, "%s", dir);
	switch (who->kind) {
	case KIND_FLOOR:
		die_why(who->name, "starting it", "a floor is no program");
	case KIND_CINIT:
		pid = exec_cinit(copy, out_fd);
		break;
	case KIND_RUNIT:
		pid = exec_runit(copy, out_fd);
		break;
	case KIND_S6:
		pid = exec_s6(copy, n, out_fd);
		break;
	}
	if (pid < 0)
		die(who->name, "starting it");
	return pid;
}
