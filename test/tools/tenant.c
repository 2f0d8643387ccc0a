/* tenant.c - a service that needs nothing but the kernel: no library, no file
 * that it could write, no /proc.  What it does is its first argument:
 *
 *   stay [KIND]       says that it is up on standard output and KIND on standard
 *                     error, and stays; TERM: says so, and exits 0
 *   quiet             stays, without a word
 *   deaf              stays, and does not hear TERM
 *   exit N            exits so
 *   signal PID NAME   sends TERM, KILL or USR1
 *   look              says who it is and what it may
 *   pair              leaves a process behind that does not hear TERM, and exits 0
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAPABILITY_VERSION_3 0x20080522 /* linux/capability.h, which musl's gcc does not find */

static const char *me;

static char line[512];

/* One write for one line: what others say does not come in between. */
static int put(int fd, int len)
{
	return write(fd, line, (size_t)len) == len ? 0 : 1;
}

static void say(int fd, const char *what)
{
	put(fd, snprintf(line, sizeof line, "%s: %s\n", me, what));
}

static int stay(const char *other)
{
	sigset_t term;
	int sig = 0;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	say(1, "up");
	if (other)
		say(2, other);
	while (sigwait(&term, &sig) != 0)
		;
	say(1, "TERM");
	return 0;
}

static _Noreturn void quiet(void)
{
	for (;;)
		pause();
}

static _Noreturn void deaf(void)
{
	signal(SIGTERM, SIG_IGN);
	say(1, "up");
	quiet();
}

static int send(char **argv)
{
	int sig = strcmp(argv[3], "KILL") == 0 ? SIGKILL
	          : strcmp(argv[3], "USR1") == 0 ? SIGUSR1 : SIGTERM;

	return kill(atoi(argv[2]), sig) < 0;
}

static const char *writing(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	int err = errno;

	if (fd >= 0)
		unlink(path);
	return fd >= 0 ? "can be written" : strerror(err);
}

static int look(void)
{
	struct { unsigned version; int pid; } head = {CAPABILITY_VERSION_3, 0};
	struct { unsigned effective, permitted, inheritable; } caps[2];

	if (syscall(SYS_capget, &head, caps) < 0)
		return 1;
	return put(1, snprintf(line, sizeof line, "%s: uid %d, capabilities %x%08x, /: %s, /run: %s, "
	           "/dev/shm: %s, /proc %s, /sys %s\n",
	           me, (int)getuid(), caps[1].effective | caps[1].permitted,
	           caps[0].effective | caps[0].permitted, writing("/x"), writing("/run/x"),
	           writing("/dev/shm/x"),
	           access("/proc/self", F_OK) == 0 ? "is there" : "is not there",
	           access("/sys/kernel", F_OK) == 0 ? "is there" : "is not there"));
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "stay";

	me = getenv("CINIT_SERVICE") ? getenv("CINIT_SERVICE") : "tenant";
	if (strcmp(what, "stay") == 0)
		return stay(argc > 2 ? argv[2] : NULL);
	if (strcmp(what, "quiet") == 0)
		quiet();
	if (strcmp(what, "deaf") == 0)
		deaf();
	if (strcmp(what, "exit") == 0 && argc > 2)
		return atoi(argv[2]);
	if (strcmp(what, "signal") == 0 && argc > 3)
		return send(argv);
	if (strcmp(what, "look") == 0)
		return look();
	if (strcmp(what, "pair") == 0 && fork() == 0)
		deaf();
	return strcmp(what, "pair") == 0 ? 0 : 2;
}
