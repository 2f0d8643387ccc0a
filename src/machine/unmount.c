/* unmount.c - sync, swapoff, umount, remount: each step in a process of its own,
 * because a process that waits for a device cannot be told to stop.
 *
 * Runs in a child that ends afterwards, so it may wait, and takes as much memory as
 * it likes. */
#include "src/machine/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/swap.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "src/limits.h"
#include "src/machine/begin.h"
#include "src/machine/mountinfo.h"
#include "src/shell/console.h"

/* Of the child alone: PID 1 never touches it. */
static struct {
	char table[UNMOUNT_TABLE];
	struct mount_row rows[UNMOUNT_ROWS];
	unsigned n_rows;
	bool hangs; /* something did: no second pass */
} own;

/* ---- steps ---- */

struct step {
	const char *name;
	int (*act)(const struct mount_row *row);
};

static int act_sync(const struct mount_row *row)
{
	(void)row;
	sync();
	return 0;
}

static int act_swapoff(const struct mount_row *row)
{
	return swapoff(row->path);
}

static int act_umount(const struct mount_row *row)
{
	return umount2(row->path, UMOUNT_NOFOLLOW);
}

static int act_read_only(const struct mount_row *row)
{
	return mount(NULL, row->path, NULL, MS_REMOUNT | MS_RDONLY, NULL);
}

static const struct step step_sync = {"sync", act_sync}, step_swapoff = {"swapoff", act_swapoff},
	step_umount = {"unmount", act_umount}, step_read_only = {"remount read-only", act_read_only};

static void say_slow(const struct step *s, const struct mount_row *row, int left_ms)
{
	struct text *t = say_begin();

	text_name(t, row->path, strlen(row->path), true);
	text_str(t, *row->path ? ": " : "");
	text_str(t, s->name);
	if (left_ms > 0) {
		text_str(t, " takes long, ");
		text_seconds(t, left_ms, 0);
		text_str(t, " s left");
	} else {
		text_str(t, " hangs, going on without it");
	}
	say_end();
	console_flush();
}

/* Its errno; ETIMEDOUT when it has not ended in time. */
static int await(pid_t pid, const struct step *s, const struct mount_row *row)
{
	const struct timespec slice = {.tv_sec = BLOCKED_SAY_MS / 1000};
	int left_ms = UNMOUNT_STEP_MS, status;
	sigset_t child;
	pid_t ended;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	while ((ended = waitpid(pid, &status, WNOHANG)) == 0) {
		if (sigtimedwait(&child, NULL, &slice) >= 0 || errno == EINTR)
			continue; /* perhaps of an earlier step that did hang */
		left_ms -= BLOCKED_SAY_MS;
		say_slow(s, row, left_ms);
		if (left_ms <= 0) {
			own.hangs = true;
			return ETIMEDOUT;
		}
	}
	if (ended < 0)
		return errno; /* how it ended is not known */
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static int run_step(const struct step *s, const struct mount_row *row)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(s->act(row) < 0 ? errno : 0);
	return pid < 0 ? errno : await(pid, s, row);
}

static void say_row(const struct mount_row *row, const char *what, const char *why)
{
	say(row->path, what, why);
	console_flush();
}

/* ---- tables of the kernel ---- */

/* All of the file in own.table, or as much as fits: its lines end with NULs. */
static size_t read_lines(const char *path)
{
	size_t len = 0;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		say_errno(path, "", errno);
		console_flush();
		return 0;
	}
	while ((n = read(fd, own.table + len, sizeof own.table - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	for (size_t i = 0; i < len; i++)
		if (own.table[i] == '\n')
			own.table[i] = '\0';
	own.table[len] = '\0';
	return len;
}

static void read_mounts(void)
{
	size_t len = read_lines("/proc/self/mountinfo");

	own.n_rows = 0;
	for (size_t at = 0, next; at < len && own.n_rows < UNMOUNT_ROWS; at = next) {
		next = at + strlen(own.table + at) + 1;
		if (mountinfo_parse(own.table + at, &own.rows[own.n_rows]))
			own.n_rows++;
	}
}

static bool is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

/* File systems that are only in memory and whose place we need to the end.
 * Others of their types go like all: they keep busy what they are mounted on. */
static bool is_kept(const struct mount_row *row)
{
	static const char *const types[] = {"proc", "sysfs", "devtmpfs", "devpts", "tmpfs",
		"rootfs", "ramfs", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "bpf",
		"pstore", "efivarfs", "mqueue", "hugetlbfs", "configfs", "fusectl", "autofs",
		"binfmt_misc"};
	static const char *const dirs[] = {"/proc", "/sys", "/dev", "/run"};
	bool place = strcmp(row->path, "/") == 0, type = false;

	for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++)
		place = place || is_below(row->path, dirs[i]);
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		type = type || strcmp(row->type, types[i]) == 0;
	return place && type;
}

/* ---- the order of things ---- */

static void end_swapping(void)
{
	size_t len = read_lines("/proc/swaps");
	struct mount_row row;
	int err;

	/* The first line names the columns. */
	for (size_t at = strlen(own.table) + 1, next; at < len; at = next) {
		next = at + strlen(own.table + at) + 1;
		row = (struct mount_row){.path = own.table + at};
		row.path[strcspn(row.path, " \t")] = '\0';
		mountinfo_unescape(row.path);
		err = run_step(&step_swapoff, &row);
		if (err && err != ETIMEDOUT)
			say_row(&row, "swapoff", strerror(err));
	}
}

/* How many went.  The root is the last to be tried, and stays. */
static unsigned unmount_pass(void)
{
	unsigned gone = 0;

	read_mounts();
	for (unsigned i = own.n_rows; i-- > 0;)
		if (strcmp(own.rows[i].path, "/") != 0 && !is_kept(&own.rows[i]))
			gone += run_step(&step_umount, &own.rows[i]) == 0;
	return gone;
}

static void make_read_only(const struct mount_row *row)
{
	int err = run_step(&step_read_only, row);

	if (err && err != ETIMEDOUT)
		say_row(row, "busy, and not to be made read-only", strerror(err));
	else if (!err && strcmp(row->path, "/") != 0)
		say_row(row, "", "busy, made read-only");
}

void unmount_all(void)
{
	const struct mount_row nothing = {.path = own.table}; /* empty so far */
	unsigned passes = 0;

	if (!machine_owns_kernel())
		_exit(0);
	run_step(&step_sync, &nothing);
	end_swapping();
	while (passes++ < UNMOUNT_PASSES && unmount_pass() > 0 && !own.hangs)
		;
	read_mounts();
	for (unsigned i = own.n_rows; i-- > 0;)
		if (!is_kept(&own.rows[i]))
			make_read_only(&own.rows[i]);
	_exit(0);
}
