/* floor.c - scans directories and spawns, with as little as possible around it.
 * Measures nothing itself; life.c takes the times. */
#include "test/bench/floor.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 14
#define TEXT_CAP 1024      /* bytes of a program's arguments */
#define SLOT_SIZE 16384    /* a stack that also bears a signal's frame */
#define SCAN_CAP 32768     /* bytes of directory entries read at once */

struct job {
	alignas(16) char path[PATH_CAP]; /* of `on` */
	char *argv[ARGS_MAX + 1];
	char text[TEXT_CAP]; /* what argv points to */
};

/* The job lies at the hot end of the stack: one page fault serves both. */
struct slot {
	alignas(16) char stack[SLOT_SIZE - sizeof(struct job)];
	struct job job;
};
_Static_assert(sizeof(struct slot) == SLOT_SIZE, "no padding: the stack begins aligned");

/* getdents64(2): the kernel's record; not in every libc's headers. */
struct entry {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

/* What cinit gives a service that has no on.env. */
static char env_path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
static char *const environment[] = { env_path, NULL };

const char *way_name(enum way way)
{
	static const char *const names[N_WAYS] = { "vfork", "fork", "posix_spawn", "clone vm+vfork",
	                                           "clone vm" };

	return names[way];
}

struct slot *slots_make(size_t n)
{
	struct slot *slots = mmap(NULL, n * sizeof *slots, PROT_READ | PROT_WRITE,
	                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (slots == MAP_FAILED)
		die("floor", "memory for the children's stacks");
	return slots;
}

void slots_free(struct slot *slots, size_t n)
{
	if (slots && munmap(slots, n * sizeof *slots) < 0)
		die("floor", "giving back the children's stacks");
}

struct slot *slots_at(struct slot *slots, size_t i)
{
	return &slots[i];
}

/* ---- reading a service's directory ---- */

static bool next_entry(int fd, char *buf, size_t cap, size_t *at, size_t *len, struct entry **e)
{
	if (*at == *len) {
		long n = syscall(SYS_getdents64, fd, buf, cap);

		if (n < 0)
			die("floor", "reading a directory");
		if (n == 0)
			return false;
		*at = 0;
		*len = (size_t)n;
	}
	*e = (struct entry *)(void *)(buf + *at);
	*at += (*e)->reclen;
	return true;
}

/* One line of on.params is one argument: cuts the n bytes at text, in place. */
static void split(char *text, size_t n, char **argv)
{
	size_t args = 0;

	if (n > 0 && text[n - 1] == '\n')
		n--;
	text[n] = '\0';
	for (char *line = text; line; ) {
		char *end = strchr(line, '\n');

		if (args == ARGS_MAX - 1)
			die_why("floor", line, "too many arguments");
		argv[args++] = line;
		if (end)
			*end++ = '\0';
		line = end;
	}
	argv[args] = NULL;
}

static void read_params(int fd, struct job *job, size_t used)
{
	int file = openat(fd, "on.params", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (file < 0)
		die(job->path, "opening its on.params");
	n = read(file, job->text + used, sizeof job->text - used - 1);
	if (n < 0)
		die(job->path, "reading its on.params");
	close(file);
	if (n > 0)
		split(job->text + used, (size_t)n, job->argv + 1);
}

/* The text of the link `on`: its length without the NUL. */
static size_t read_on(int fd, struct job *job)
{
	ssize_t n = readlinkat(fd, "on", job->text, sizeof job->text - 1);

	if (n < 0)
		die(job->path, "reading the link");
	job->text[(size_t)n] = '\0';
	return (size_t)n;
}

/* False for a group: a directory without `on`. */
static bool read_service(int svc_fd, const char *dir, const char *name, struct job *job)
{
	alignas(8) char buf[2048];
	size_t at = 0, len = 0, n;
	bool on = false, params = false;
	struct entry *e;
	int fd = openat(svc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		die(name, "opening the service's directory");
	while (next_entry(fd, buf, sizeof buf, &at, &len, &e)) {
		on |= strcmp(e->name, "on") == 0;
		params |= strcmp(e->name, "on.params") == 0;
	}
	if (on) {
		path_make(job->path, "%s/svc/%s/on", dir, name);
		n = read_on(fd, job);
		job->argv[0] = job->text;
		job->argv[1] = NULL;
		if (params)
			read_params(fd, job, n + 1);
	}
	close(fd);
	return on;
}

/* ---- spawning ---- */

static pid_t by_vfork(const struct job *job)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execve(job->path, job->argv, environment);
		_exit(127);
	}
	return pid;
}

static pid_t by_fork(const struct job *job)
{
	pid_t pid = fork();

	if (pid == 0) {
		execve(job->path, job->argv, environment);
		_exit(127);
	}
	return pid;
}

static pid_t by_spawn(const struct job *job)
{
	pid_t pid;
	int err = posix_spawn(&pid, job->path, NULL, NULL, job->argv, environment);

	if (err) {
		errno = err;
		return -1;
	}
	return pid;
}

/* On a stack of its own in the parent's memory, with the parent's errno:
 * nothing but two system calls.  The first writes errno only where it fails,
 * and then the run is void. */
static int exec_job(void *arg)
{
	const struct job *job = arg;

	syscall(SYS_execve, job->path, job->argv, environment);
	syscall(SYS_exit_group, 127);
	return 127;
}

pid_t floor_spawn(enum way way, struct slot *slot)
{
	struct job *job = &slot->job;
	char *top = slot->stack + sizeof slot->stack;
	pid_t pid = -1;

	switch (way) {
	case WAY_VFORK:
		pid = by_vfork(job);
		break;
	case WAY_FORK:
		pid = by_fork(job);
		break;
	case WAY_SPAWN:
		pid = by_spawn(job);
		break;
	case WAY_CLONE_VFORK:
		pid = clone(exec_job, top, CLONE_VM | CLONE_VFORK | SIGCHLD, job);
		break;
	case WAY_CLONE_VM:
		pid = clone(exec_job, top, CLONE_VM | SIGCHLD, job);
		break;
	}
	if (pid <= 0)
		die(job->path, way_name(way));
	return pid;
}

/* ---- the loops ---- */

static int open_svc(const char *dir)
{
	char path[PATH_CAP];
	int fd;

	path_make(path, "%s/svc", dir);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		die(path, "opening it");
	return fd;
}

size_t floor_spawn_all(enum way way, const char *dir, struct slot *slots, pid_t *pids, size_t max)
{
	alignas(8) static char buf[SCAN_CAP];
	size_t at = 0, len = 0, n = 0;
	struct entry *e;
	int svc_fd = open_svc(dir);

	while (n < max && next_entry(svc_fd, buf, sizeof buf, &at, &len, &e)) {
		/* Who waits for the exec can use the same memory again. */
		struct slot *slot = way == WAY_CLONE_VM ? &slots[n] : slots;

		if (e->name[0] != '.' && read_service(svc_fd, dir, e->name, &slot->job))
			pids[n++] = floor_spawn(way, slot);
	}
	close(svc_fd);
	return n;
}

static void wait_exit(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die("floor", "waiting for a child");
		signals_check("floor", "waiting for a child");
	}
	if (status != 0)
		die_why("floor", "a once-service", "did not exit 0");
}

size_t floor_spawn_in_sequence(enum way way, const char *dir, struct slot *slot)
{
	alignas(8) static char buf[SCAN_CAP];
	size_t at = 0, len = 0, n = 0;
	struct entry *e;
	int svc_fd = open_svc(dir);

	while (next_entry(svc_fd, buf, sizeof buf, &at, &len, &e)) {
		if (e->name[0] == '.' || !read_service(svc_fd, dir, e->name, &slot->job))
			continue;
		wait_exit(floor_spawn(way, slot));
		n++;
	}
	close(svc_fd);
	return n;
}

void floor_prepare(const char *dir, const char *name, struct slot *slot)
{
	int svc_fd = open_svc(dir);

	if (!read_service(svc_fd, dir, name, &slot->job))
		die_why(name, "the service to start again", "has no `on`");
	close(svc_fd);
}
