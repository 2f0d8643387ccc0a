/* own-root.c - executes a program in a chroot as if it were none.
 *
 *   own-root PROGRAM [ARG...]
 *
 * Below chroot(2) / is seldom a mount point: there unshare(1) cannot make mounts
 * private, and the kernel gives nobody a user namespace.  So PROGRAM has a mount
 * namespace of its own, in which the directory that is / here is the root of
 * everything; whatever is mounted below it stays.  Nothing changes for others. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Returns only if RESULT is none of an error. */
static void must(const char *what, int result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "own-root: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int open_as(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	must(path, fd);
	return fd;
}

/* Out of the chroot, to the root of a new mount namespace.  Returns a descriptor of what
 * was / before, as it is mounted in the new one. */
static int leave_chroot(void)
{
	int ns, root;

	must("unshare", unshare(CLONE_NEWNS));
	root = open_as("/", O_PATH | O_DIRECTORY);
	ns = open_as("/proc/self/ns/mnt", O_RDONLY);
	must("setns", setns(ns, CLONE_NEWNS)); /* changes / and the working directory, too */
	must("private mounts", mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	return root;
}

/* This directory becomes a mount point, and that the root of the namespace. */
static void become_root(int directory)
{
	char path[PATH_MAX];

	must("fchdir", fchdir(directory));
	must("getcwd", getcwd(path, sizeof path) ? 0 : -1);
	must("bind", mount(".", ".", NULL, MS_BIND | MS_REC, NULL));
	must(path, chdir(path)); /* from below the mount onto it */
	must("pivot_root", (int)syscall(SYS_pivot_root, ".", "."));
	must("umount", umount2(".", MNT_DETACH)); /* of the old root, which is uppermost */
	must("chroot", chroot("."));
}

int main(int argc, char **argv)
{
	char before[PATH_MAX];

	if (argc < 2) {
		fprintf(stderr, "usage: own-root PROGRAM [ARG...]\n");
		return 125;
	}
	must("getcwd", getcwd(before, sizeof before) ? 0 : -1);
	become_root(leave_chroot());
	must(before, chdir(before));
	execvp(argv[1], argv + 1);
	must(argv[1], -1);
}
