/* descendants.c - walks /proc breadth first, with bounds and no allocation. */
#include "src/shell/descendants.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/process.h"

struct found {
	pid_t pid, parent;
};

/* A cache, which find() fills anew for whoever asks. */
static struct {
	struct found at[DESCENDANTS_MAX];
	unsigned n;
} cache;

static int open_of(pid_t pid, const char *file, pid_t tid)
{
	char path[64];
	struct text t;

	text_init(&t, path, sizeof path);
	text_str(&t, "/proc/");
	text_i64(&t, pid);
	text_str(&t, file);
	if (tid) {
		text_i64(&t, tid);
		text_str(&t, "/children");
	}
	return open(path, O_RDONLY | O_CLOEXEC);
}

static void add(pid_t pid, pid_t parent)
{
	if (pid > 1 && cache.n < DESCENDANTS_MAX)
		cache.at[cache.n++] = (struct found){pid, parent};
}

/* The children that the first thread of a process has; those of its other
 * threads come to us when it is gone. */
static void add_children(pid_t parent)
{
	char buf[4096];
	pid_t child = 0;
	ssize_t n;
	int fd = open_of(parent, "/task/", parent);

	if (fd < 0)
		return;
	while ((n = read(fd, buf, sizeof buf)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (buf[i] >= '0' && buf[i] <= '9') {
				child = child * 10 + (buf[i] - '0');
				continue;
			}
			add(child, parent);
			child = 0;
		}
	close(fd);
}

/* Its parent now, by proc(5): behind the name, which ends with the last ')'. */
static pid_t parent_of(pid_t pid)
{
	char buf[512], *at;
	uint64_t parent = 0;
	ssize_t n;
	int fd = open_of(pid, "/stat", 0);

	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof buf - 1);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	at = strrchr(buf, ')');
	if (at && strlen(at) > 4)
		parse_u64(at + 4, strspn(at + 4, "0123456789"), INT32_MAX, &parent);
	return (pid_t)parent;
}

/* The number may have been reused since it was found.  A pidfd names one
 * process, so it is opened first and the parent compared afterwards. */
static void signal_found(const struct found *f, int sig)
{
	int fd = (int)syscall(SYS_pidfd_open, f->pid, 0);

	if (fd < 0) {
		if (f->parent == getpid())
			process_kill_pid(f->pid, sig); /* ours, and not reaped */
		return;
	}
	if (parent_of(f->pid) == f->parent)
		syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0);
	close(fd);
}

static void find(void)
{
	cache.n = 0;
	add_children(getpid());
	for (unsigned i = 0; i < cache.n; i++)
		add_children(cache.at[i].pid);
}

static void name(pid_t pid)
{
	char comm[32];
	ssize_t n = 0;
	int fd = open_of(pid, "/comm", 0);
	struct text *t;

	if (fd < 0)
		return;
	n = read(fd, comm, sizeof comm);
	close(fd);
	t = say_begin();
	text_str(t, "process ");
	text_i64(t, pid);
	text_str(t, " (");
	text_name(t, comm, n > 0 ? (size_t)n - 1 : 0, true); /* its last byte ends the line */
	text_str(t, ") has not ended");
	say_end();
}

void descendants_name(unsigned max)
{
	find();
	for (unsigned i = 0; i < cache.n && i < max; i++)
		name(cache.at[i].pid);
}

void descendants_signal(int sig)
{
	find();
	for (unsigned i = 0; i < cache.n; i++)
		signal_found(&cache.at[i], sig);
}
