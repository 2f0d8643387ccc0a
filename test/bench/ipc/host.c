/* host.c - starts and stops supervisors and reads what /proc says of them. */
#include "test/bench/ipc/host.h"

#include "test/bench/proc.h"
#include "test/bench/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 60
#define LOOK_MS 5

struct host hosts[METHODS_MAX];
size_t n_hosts;

void host_add(const char *method, const char *bin)
{
	struct host *h = &hosts[n_hosts];
	char *real = realpath(bin, NULL);

	if (n_hosts == METHODS_MAX)
		die_why(method, "IPC method", "too many");
	if (!real)
		die(bin, method);
	n_hosts++;
	*h = (struct host){ .method = method, .bare = bare_of(method) };
	path_make(h->bin, "%s", real);
	snprintf(h->bare_name, sizeof h->bare_name, "%s: bare", method);
	free(real);
}

/* ---- namespaces ---- */

static void write_map(const char *path, unsigned id)
{
	char line[64];
	int fd = open(path, O_WRONLY | O_CLOEXEC), n = snprintf(line, sizeof line, "%u %u 1\n", id, id);

	if (fd < 0 || write(fd, line, (size_t)n) != n || close(fd) < 0)
		die(path, "writing it");
}

void hosts_enter_namespace(void)
{
	unsigned uid = geteuid(), gid = getegid();
	int fd;

	if (unshare(CLONE_NEWIPC | CLONE_NEWNS) == 0)
		return;
	if (errno != EPERM || unshare(CLONE_NEWUSER | CLONE_NEWIPC | CLONE_NEWNS) < 0)
		die("namespace", "making one for System V objects");
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "deny", 4) != 4 || close(fd) < 0)
		die("/proc/self/setgroups", "writing it");
	write_map("/proc/self/uid_map", uid);
	write_map("/proc/self/gid_map", gid);
}

static char rundirs[PATH_CAP];

void hosts_make_rundirs(void)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("/", "keeping mounts private");
	path_make(rundirs, "%s/run", trees_root());
	if (mkdir(rundirs, 0755) < 0 || mount("tmpfs", rundirs, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		die(rundirs, "mounting a tmpfs");
}

void hosts_remove_rundirs(void)
{
	if (rundirs[0])
		umount2(rundirs, MNT_DETACH);
	rundirs[0] = '\0';
}

/* ---- commands ---- */

static void command_set(struct command *c, const struct host *h, const char *program)
{
	*c = (struct command){ .strace_file = NULL };
	path_make(c->path, "%s/%s", h->bin, program);
	c->argv[0] = strrchr(c->path, '/') + 1;
}

void host_status_command(const struct host *h, struct command *c)
{
	command_set(c, h, "cinit.svc");
	c->argv[1] = "-r";
	c->argv[2] = h->run;
	c->argv[3] = "status";
	c->argv[4] = HOST_ASKED;
}

void host_asker_command(const struct host *h, struct command *c, const char *verb, const char *count)
{
	command_set(c, h, "test/bench/asker");
	c->argv[1] = verb;
	c->argv[2] = count;
	c->argv[3] = h->run;
	c->argv[4] = HOST_ASKED;
}

static _Noreturn void command_exec(const struct command *c, char *const *argv, int in_fd, int out_fd)
{
	static char path_env[] = "PATH=/usr/bin:/bin";
	static char *const environment[] = { path_env, NULL };
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0 || dup2(in_fd < 0 ? null : in_fd, 0) < 0 || dup2(out_fd < 0 ? null : out_fd, 1) < 0)
		_exit(126);
	if (c->mute && dup2(null, 2) < 0)
		_exit(126);
	if (c->strace_file)
		execvpe("strace", argv, environment);
	else
		execve(c->path, argv, environment);
	_exit(127);
}

pid_t command_start(const struct command *c, int in_fd, int out_fd, const cpu_set_t *cpus)
{
	char *argv[HOST_ARGS + 8];
	unsigned n = 0;
	pid_t pid;

	if (c->strace_file) {
		const char *const before[] = { "strace", c->alone ? "-q" : "-f", "-c", "-U", "name,calls", "-o", c->strace_file, c->path };

		for (; n < sizeof before / sizeof *before; n++)
			memcpy(&argv[n], &before[n], sizeof *argv);
	}
	for (unsigned i = n ? 1 : 0; c->argv[i]; i++, n++)
		memcpy(&argv[n], &c->argv[i], sizeof *argv); /* exec's argv is not const */
	argv[n] = NULL;
	pid = vfork();
	if (pid == 0) {
		if (cpus && sched_setaffinity(0, sizeof *cpus, cpus) < 0)
			_exit(126);
		command_exec(c, argv, in_fd, out_fd);
	}
	if (pid < 0)
		die(c->path, "vfork");
	return pid;
}

int command_status(pid_t pid, const char *what)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			die(what, "waiting for it");
		signals_check(what, "waiting for it");
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* ---- starting and stopping ---- */

/* What there is in the namespace. */
struct objects {
	unsigned n;
	long queue_bytes, segment_bytes;
};

static struct objects look_at_objects(void)
{
	struct objects o = { 0, 0, 0 };
	struct msqid_ds q;
	struct shmid_ds m;
	struct semid_ds s;
	struct msginfo qi;
	struct shm_info mi;
	struct seminfo si;
	union { struct semid_ds *buf; struct seminfo *info; } arg = { .info = &si };
	int most;

	most = msgctl(0, MSG_INFO, (struct msqid_ds *)(void *)&qi);
	for (int i = 0; i <= most; i++)
		if (msgctl(i, MSG_STAT, &q) >= 0) {
			o.n++;
			o.queue_bytes += (long)q.msg_qbytes;
		}
	most = shmctl(0, SHM_INFO, (struct shmid_ds *)(void *)&mi);
	for (int i = 0; i <= most; i++)
		if (shmctl(i, SHM_STAT, &m) >= 0) {
			o.n++;
			o.segment_bytes += (long)m.shm_segsz;
		}
	most = semctl(0, 0, SEM_INFO, arg);
	arg.buf = &s;
	for (int i = 0; i <= most; i++)
		o.n += semctl(i, 0, SEM_STAT, arg) >= 0;
	return o;
}

/* One request, however long it takes: the calls of two lives compare.  The start
 * service needs all others. */
static bool is_up(const struct host *h)
{
	struct command c;

	host_status_command(h, &c);
	c.argv[3] = "wait";
	c.argv[4] = "init";
	c.mute = true; /* it may not be there yet */
	return command_status(command_start(&c, -1, -1, NULL), h->method) == 0;
}

/* The tracer has had others, before what it traces was up. */
static pid_t traced_child(const struct host *h)
{
	pid_t pid;

	if (proc_children(h->child, &pid, 1) != 1)
		die_why(h->method, "strace", "has no child");
	return pid;
}

void host_start(struct host *h, const char *strace_file)
{
	static char tree[PATH_CAP];
	struct command c;
	struct objects before = look_at_objects(), after;

	tree_get(tree, TREE_CINIT, SHAPE_FLAT, HOST_SERVICES);
	path_make(h->run, "%s/%s", rundirs, h->method);
	command_set(&c, h, "cinit");
	c.argv[1] = "-q";
	c.argv[2] = "-c";
	c.argv[3] = tree;
	c.argv[4] = "-r";
	c.argv[5] = h->run;
	c.strace_file = strace_file;
	c.alone = true; /* the services' calls are not for a request */
	c.mute = true;
	h->child = command_start(&c, -1, -1, NULL);
	watchdog(LIMIT_S);
	while (!is_up(h))
		nap_ms(LOOK_MS);
	watchdog(0);
	h->pid = strace_file ? traced_child(h) : h->child;
	after = look_at_objects();
	h->objects = after.n - before.n;
	h->queue_bytes = after.queue_bytes - before.queue_bytes;
	h->segment_bytes = after.segment_bytes - before.segment_bytes;
}

void host_stop(struct host *h)
{
	watchdog(LIMIT_S);
	if (h->pid <= 1 || kill(h->pid, SIGTERM) < 0)
		die(h->method, "ending it");
	command_status(h->child, h->method);
	watchdog(0);
	h->pid = h->child = 0;
}

/* ---- what it uses ---- */

uint64_t process_cpu_ns(pid_t pid)
{
	struct timespec t;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
		die("processor time", "asking for it");
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static unsigned count_entries(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	unsigned n = 0;

	if (!d)
		return 0;
	while ((e = readdir(d))) {
		char below[PATH_CAP];
		struct stat st;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		n++;
		path_make(below, "%s/%s", path, e->d_name);
		if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode))
			n += count_entries(below);
	}
	closedir(d);
	return n;
}

unsigned host_descriptors(const struct host *h)
{
	char path[PATH_CAP];

	path_make(path, "/proc/%ld/fd", (long)h->pid);
	return count_entries(path);
}

unsigned host_files(const struct host *h)
{
	return count_entries(h->run) - 2; /* the two files of the lock */
}

static mode_t type_of(const struct host *h, const char *name, char path[PATH_CAP])
{
	struct stat st;

	path_make(path, "%s/%s", h->run, name);
	return lstat(path, &st) == 0 ? st.st_mode & S_IFMT : 0;
}

static long pipe_kb(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), size;

	if (fd < 0)
		die(path, "opening it");
	size = fcntl(fd, F_GETPIPE_SZ);
	close(fd);
	return size / 1024;
}

/* Each side may have so much on the way that the other has not read. */
static long connection_kb(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), bytes = 0;
	socklen_t n = sizeof bytes;

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, &n) < 0)
		die("socket", "asking for its limit");
	close(fd);
	return 2 * (long)bytes / 1024;
}

void host_note_kernel_memory(struct host *h)
{
	char path[PATH_CAP], *text = h->kernel_memory;
	size_t cap = sizeof h->kernel_memory;

	if (h->queue_bytes)
		snprintf(text, cap, "%ld KB", h->queue_bytes / 1024);
	else if (h->segment_bytes)
		snprintf(text, cap, "%ld KB", h->segment_bytes / 1024);
	else if (type_of(h, "request", path) == S_IFIFO)
		snprintf(text, cap, "%ld KB, %ld/client", pipe_kb(path), pipe_kb(path));
	else if (type_of(h, "socket", path) == S_IFSOCK)
		snprintf(text, cap, "%ld KB/client", connection_kb());
	else
		snprintf(text, cap, "unknown");
}
