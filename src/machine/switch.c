/* switch.c - moves mounts, empties the old root, and executes the new init.
 * Nobody else runs any more, so it may take its time; all loops have bounds. */
#include "src/machine/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/tree/dir.h"
#include "src/limits.h"
#include "src/machine/begin.h"
#include "src/machine/watchdog.h"
#include "src/shell/console.h"
#include "src/shell/shell.h"

#define RAMFS 0x858458f6u /* <linux/magic.h> */
#define TMPFS 0x01021994u

static struct switch_target *const target = &shell.target;

/* ---- where to ---- */

static bool is_other_file_system(const char *path)
{
	struct stat here, there;

	return stat("/", &here) == 0 && stat(path, &there) == 0 && S_ISDIR(there.st_mode)
	       && here.st_dev != there.st_dev;
}

/* A link is as good: it may well lead elsewhere as long as / is still here. */
static bool has_init(void)
{
	char path[2 * SVC_NAME_MAX + 4];
	struct stat st;
	struct text t;

	text_init(&t, path, sizeof path);
	text_str(&t, target->root);
	text_str(&t, target->init);
	return lstat(path, &st) == 0 && (S_ISREG(st.st_mode) || S_ISLNK(st.st_mode));
}

bool switch_prepare(const char *words, size_t n)
{
	const char *newline = memchr(words, '\n', n);
	size_t n_root = newline ? (size_t)(newline - words) : n, n_init = newline ? n - n_root - 1 : 0;
	struct text tr, ti;

	text_init(&tr, target->root, sizeof target->root);
	text_init(&ti, target->init, sizeof target->init);
	text_mem(&tr, words, n_root);
	text_mem(&ti, n_init ? newline + 1 : "/sbin/cinit", n_init ? n_init : 11);
	return machine_owns_kernel() && target->root[0] == '/' && target->init[0] == '/'
	       && strlen(target->root) == tr.len && strlen(target->init) == ti.len
	       && is_other_file_system(target->root) && has_init();
}

/* ---- the old root ---- */

/* One directory that is being emptied. */
struct level {
	struct dir dir;
	char name[256];  /* in the one above */
	bool again;      /* something went: it is read once more, as places may have moved */
};

static bool enter_directory(struct level *l, int above, const char *name, dev_t dev)
{
	struct stat st;
	struct text t;
	int fd = openat(above, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) < 0 || st.st_dev != dev) {
		close(fd); /* something is mounted there */
		return false;
	}
	text_init(&t, l->name, sizeof l->name);
	text_str(&t, name);
	l->again = false;
	dir_begin(&l->dir, fd);
	return true;
}

/* True when there is nothing more to do in this directory. */
static bool is_emptied(struct level *l)
{
	if (!l->again)
		return true;
	l->again = false;
	lseek(l->dir.fd, 0, SEEK_SET);
	dir_begin(&l->dir, l->dir.fd);
	return false;
}

/* Deletes all below the directory that belongs to its file system. */
static void empty(int fd, dev_t dev)
{
	struct level levels[SWITCH_DEPTH]; /* a large frame, where nobody else needs memory */
	unsigned at = 0;
	const char *name;
	unsigned char type;

	if (!enter_directory(&levels[0], fd, ".", dev))
		return;
	for (unsigned n = 0; n < SWITCH_ENTRIES; n++) {
		struct level *l = &levels[at];

		if (dir_next(&l->dir, &name, &type) > 0) {
			if (unlinkat(l->dir.fd, name, 0) == 0)
				l->again = true;
			else if (at + 1 < SWITCH_DEPTH && enter_directory(&levels[at + 1], l->dir.fd, name, dev))
				at++;
			continue;
		}
		if (!is_emptied(l))
			continue;
		close(l->dir.fd);
		if (at == 0)
			return;
		at--;
		if (unlinkat(levels[at].dir.fd, levels[at + 1].name, AT_REMOVEDIR) == 0)
			levels[at].again = true;
	}
	for (;; at--) {
		close(levels[at].dir.fd);
		if (at == 0)
			return;
	}
}

static void empty_old_root(int fd)
{
	struct statfs fs;
	struct stat st;

	if (fstatfs(fd, &fs) < 0 || fstat(fd, &st) < 0)
		return;
	if ((unsigned long)fs.f_type == RAMFS || (unsigned long)fs.f_type == TMPFS)
		empty(fd, st.st_dev);
}

/* ---- going ---- */

static void carry_mount(const char *place)
{
	char to[SVC_NAME_MAX + 16];
	struct text t;

	if (!is_other_file_system(place))
		return;
	text_init(&t, to, sizeof to);
	text_str(&t, target->root);
	text_str(&t, place);
	mkdir(to, 0755); /* where it cannot be, moving tells */
	if (mount(place, to, NULL, MS_MOVE, NULL) == 0)
		return;
	say_errno(to, "move mount", errno);
	umount2(place, MNT_DETACH);
}

static int change_root(void)
{
	int old = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = -1;

	if (old < 0 || chdir(target->root) < 0) {
		say_errno(target->root, "chdir", errno);
	} else if (mount(".", "/", NULL, MS_MOVE, NULL) < 0) {
		say_errno(target->root, "move to /", errno);
	} else if (chroot(".") < 0 || chdir("/") < 0) {
		say_errno(target->root, "chroot", errno);
	} else {
		empty_old_root(old);
		r = 0;
	}
	if (old >= 0)
		close(old);
	return r;
}

/* The limit of descriptors that the kernel gave us, or the one that we work with. */
static void limit_descriptors(bool given)
{
	const struct spawner *s = &shell.spawner;
	struct rlimit l = {.rlim_cur = given ? s->nofile_soft : s->nofile_hard, .rlim_max = s->nofile_hard};

	if (s->nofile_raised && prlimit(0, RLIMIT_NOFILE, &l, NULL) < 0)
		say_errno("limit of descriptors", "", errno);
}

static void execute(void)
{
	sigset_t none, all;
	extern char **environ;

	sigemptyset(&none);
	sigfillset(&all);
	shell.argv[0] = target->init;
	limit_descriptors(true);
	machine_takes_ctrl_alt_del(false);
	watchdog_hand_over();
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(target->init, shell.argv, environ);
	say_errno(target->init, "exec", errno);
	sigprocmask(SIG_SETMASK, &all, NULL);
	watchdog_try();
	machine_takes_ctrl_alt_del(true);
	limit_descriptors(false);
}

void switch_go(void)
{
	static const char *const places[] = {"/dev", "/proc", "/sys", "/run"};

	say("switch", target->root, target->init);
	console_flush();
	watchdog_leave(); /* it is not fed meanwhile */
	if (!is_other_file_system(target->root) || !has_init()) {
		say("switch", target->root, "no file system with an init any more");
		return;
	}
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		carry_mount(places[i]);
	if (change_root() == 0)
		execute();
}
