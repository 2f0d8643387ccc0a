/* proc.c - reads /proc and ends what is left.  Knows nothing of supervisors. */
#include "test/bench/proc.h"

#include "test/bench/util.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A whole small file as text: its length, -1 when there is none (any more). */
static ssize_t slurp(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, cap - 1);
	close(fd);
	if (n >= 0)
		buf[n] = '\0';
	return n;
}

static pid_t parent_of(const char *pid)
{
	char path[64], text[512], *after;

	snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
	if (slurp(path, text, sizeof text) <= 0)
		return -1;
	after = strrchr(text, ')'); /* the name before it may hold anything */
	if (!after || strlen(after) < 5)
		return -1;
	return (pid_t)strtol(after + 4, NULL, 10);
}

size_t proc_children(pid_t parent, pid_t *pids, size_t max)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	size_t n = 0;

	if (!proc)
		return 0;
	while (n < max && (d = readdir(proc)))
		if (isdigit((unsigned char)d->d_name[0]) && parent_of(d->d_name) == parent)
			pids[n++] = (pid_t)strtol(d->d_name, NULL, 10);
	closedir(proc);
	return n;
}

/* The number behind `name` at the start of a line, or dies: the process has
 * to live, and the kernel to know the line. */
static long number_in(pid_t pid, const char *file, const char *name)
{
	char path[PATH_CAP], text[4096], *line;
	size_t len = strlen(name);

	path_make(path, "/proc/%ld/%s", (long)pid, file);
	if (slurp(path, text, sizeof text) <= 0)
		die(path, "reading it");
	for (line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, len) == 0)
			return strtol(line + len, NULL, 10);
	}
	die_why(path, name, "no such line");
}

long proc_pss_kb(pid_t pid)
{
	return number_in(pid, "smaps_rollup", "Pss:");
}

long proc_switches(pid_t pid)
{
	return number_in(pid, "status", "voluntary_ctxt_switches:") +
	       number_in(pid, "status", "nonvoluntary_ctxt_switches:");
}

static void reap_dead(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

void proc_kill_children(void)
{
	static pid_t pids[PROCS_MAX];
	const struct timespec pause = { .tv_nsec = 2000000 };

	/* 20 s: a tree dies in one round for each of its levels. */
	for (int round = 0; round < 10000; round++) {
		size_t n = proc_children(getpid(), pids, PROCS_MAX);

		if (n == 0 && waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)
			return;
		for (size_t i = 0; i < n; i++)
			if (pids[i] > 1)
				kill(pids[i], SIGKILL);
		nanosleep(&pause, NULL);
		reap_dead();
	}
}
