/* begin.c - the file systems and the console that every program expects.
 *
 * Each is mounted only where nothing is; what a kernel does not have is said,
 * and the boot goes on without it. */
#include "src/machine/begin.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "src/shell/console.h"

/* Parents first.  gid 5 is `tty` in every distribution. */
static const struct place {
	const char *path, *type, *options;
	unsigned long flags;
} places[] = {
	{"/proc", "proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/sys", "sysfs", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
	{"/dev", "devtmpfs", "mode=0755", MS_NOSUID},
	{"/dev/pts", "devpts", "mode=0620,gid=5", MS_NOSUID | MS_NOEXEC},
	{"/dev/shm", "tmpfs", "mode=1777", MS_NOSUID | MS_NODEV},
	{"/run", "tmpfs", "mode=0755", MS_NOSUID | MS_NODEV},
	{"/sys/fs/cgroup", "cgroup2", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC},
};

bool machine_owns_kernel(void)
{
	static struct { bool asked, owns; } cache; /* asking again says the same */

	if (!cache.asked)
		cache.owns = getpid() == 1 && reboot(RB_DISABLE_CAD) == 0;
	cache.asked = true;
	return cache.owns;
}

void machine_takes_ctrl_alt_del(bool ours)
{
	if (machine_owns_kernel())
		reboot((int)(ours ? RB_DISABLE_CAD : RB_ENABLE_CAD));
}

/* All parents in `places` lie on another file system. */
static bool is_mounted(const char *path)
{
	struct stat here, parent;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool mounted = fd >= 0 && fstat(fd, &here) == 0 && fstatat(fd, "..", &parent, 0) == 0
	               && here.st_dev != parent.st_dev;

	if (fd >= 0)
		close(fd);
	return mounted;
}

static void mount_missing(const struct place *p)
{
	if (is_mounted(p->path))
		return;
	mkdir(p->path, 0755); /* where it cannot be, mounting tells */
	if (mount(p->type, p->path, p->type, p->flags, p->options) < 0 && errno != EBUSY)
		say_errno(p->path, "mount", errno);
}

/* Without a /dev the kernel gave us no console, and main() put something in its place. */
static bool is_stand_in(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 || S_ISDIR(st.st_mode)
	       || (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3));
}

static void open_console(void)
{
	int fd;

	if (!is_stand_in(2))
		return;
	fd = open("/dev/console", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return; /* a kernel without one */
	for (int i = 0; i < 3; i++)
		if (is_stand_in(i))
			dup2(fd, i);
	close(fd);
}

void machine_begin(void)
{
	if (!machine_owns_kernel())
		return;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		mount_missing(&places[i]);
	open_console();
}
