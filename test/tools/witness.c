/* witness.c - stands for every program of a tree, and tells how it was started.
 *
 * It adds one block of lines "key TAB value", with a blank line behind it, to the file
 * /log/witness by a single write, and calls itself "testified": test/behave/ waits for that and
 * reads the blocks.  Then it does what its name says, which is the last part of argv[0]:
 *
 *   up..., cinit.pool  stays until TERM     ok..., off...  exits 0
 *   bad...             exits 3              boom...        dies of KILL
 *   any other name     stays if its service is kept running, else exits 0
 *
 * Three names are no program of a tree: "root" is process 1 above a cinit in user mode,
 * "lo" brings the loopback device up, "base" writes its block to descriptor 1. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/text.h"

#define WORD_SHOWN 300 /* bytes of an argument or variable that are shown whole */

extern char **environ;

static char block[16 << 20];
static struct text out;

/* ---- writing ---- */

static void key(const char *name)
{
	text_str(&out, name);
	text_char(&out, '\t');
}

static void put_byte(unsigned char c)
{
	static const char hex[] = "0123456789abcdef";

	if (c >= 0x20 && c < 0x7f && c != '\\') {
		text_char(&out, (char)c);
		return;
	}
	text_str(&out, "\\x");
	text_char(&out, hex[c >> 4]);
	text_char(&out, hex[c & 15]);
}

/* What is long is shown by its beginning, its length and a sum (FNV-1a). */
static void put_bytes(const char *s)
{
	size_t n = strlen(s);
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < n && (n <= WORD_SHOWN || i < 40); i++)
		put_byte((unsigned char)s[i]);
	if (n <= WORD_SHOWN)
		return;
	for (size_t i = 0; i < n; i++)
		sum = (sum ^ (unsigned char)s[i]) * 16777619u;
	text_str(&out, " ... ");
	text_u64(&out, n);
	text_str(&out, " bytes, sum ");
	text_u64(&out, sum);
}

static void line(const char *name, const char *value)
{
	key(name);
	put_bytes(value);
	text_char(&out, '\n');
}

static void number(const char *name, int64_t value)
{
	key(name);
	text_i64(&out, value);
	text_char(&out, '\n');
}

/* ---- descriptors ---- */

static void put_inet(const struct sockaddr_storage *a)
{
	struct sockaddr_in6 in6;
	struct sockaddr_in in;
	char host[INET6_ADDRSTRLEN] = "";

	memcpy(&in6, a, sizeof in6);
	memcpy(&in, a, sizeof in);
	if (a->ss_family == AF_INET6)
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
	else
		inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
	text_str(&out, host);
	text_char(&out, ' ');
	text_u64(&out, ntohs(a->ss_family == AF_INET6 ? in6.sin6_port : in.sin_port));
}

static void put_unix(const struct sockaddr_storage *a)
{
	struct sockaddr_un un;
	struct stat st;

	memcpy(&un, a, sizeof un);
	text_str(&out, "unix ");
	put_bytes(un.sun_path);
	if (!un.sun_path[0] || stat(un.sun_path, &st) < 0)
		return;
	text_str(&out, " mode ");
	for (int shift = 9; shift >= 0; shift -= 3)
		text_u64(&out, st.st_mode >> shift & 7);
	text_str(&out, " of ");
	text_u64(&out, st.st_uid);
	text_char(&out, ':');
	text_u64(&out, st.st_gid);
}

static void put_socket(int fd)
{
	struct sockaddr_storage a = {0};
	socklen_t n = sizeof a, size = sizeof(int);
	int type = 0, listens = 0;

	getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
	size = sizeof(int);
	getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size);
	text_str(&out, type == SOCK_STREAM ? "stream " : type == SOCK_DGRAM ? "datagram " : "packet ");
	text_str(&out, listens ? "listening " : "");
	if (getsockname(fd, (struct sockaddr *)(void *)&a, &n) < 0)
		return;
	if (a.ss_family == AF_UNIX)
		put_unix(&a);
	else
		put_inet(&a);
}

static void put_path(int fd)
{
	char link[64], path[4096];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	put_bytes(path);
}

static void put_kind(int fd, const struct stat *st)
{
	static const char *const way[] = {" read", " write", " both", " none"};
	int flags = fcntl(fd, F_GETFL);

	if (S_ISSOCK(st->st_mode)) {
		put_socket(fd);
	} else if (S_ISFIFO(st->st_mode)) {
		text_str(&out, "pipe");
	} else if (S_ISCHR(st->st_mode)) {
		text_str(&out, "device ");
		text_u64(&out, major(st->st_rdev));
		text_char(&out, ':');
		text_u64(&out, minor(st->st_rdev));
	} else {
		put_path(fd);
	}
	text_str(&out, way[flags & O_ACCMODE]);
	if (flags & O_NONBLOCK)
		text_str(&out, " nonblocking");
}

static void put_descriptors(void)
{
	struct stat st;

	for (int fd = 0; fd < 4096; fd++) {
		if (fstat(fd, &st) < 0)
			continue;
		key("fd");
		text_i64(&out, fd);
		text_char(&out, ' ');
		put_kind(fd, &st);
		text_char(&out, '\n');
	}
}

/* ---- words ---- */

/* The numbers of processes are others each time. */
static void put_variable(const char *v)
{
	const char *pid = strchr(v, '=');

	if (strncmp(v, "LISTEN_PID=", 11) == 0 && atol(pid + 1) == getpid())
		line("env", "LISTEN_PID=(its own)");
	else if (strncmp(v, "CINIT_PID=", 10) == 0)
		line("env", kill(atoi(pid + 1), 0) == 0 ? "CINIT_PID=(lives)" : "CINIT_PID=(gone)");
	else
		line("env", v);
}

static void put_words(int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		line("arg", argv[i]);
	for (char **v = environ; *v; v++)
		put_variable(*v);
}

/* ---- the process ---- */

static void put_status(void)
{
	static const char *const wanted[] = {
		"Umask", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "CapInh", "CapPrm", "CapEff", "CapBnd",
		"CapAmb", "NoNewPrivs", "Seccomp", "Name",
	};
	FILE *f = fopen("/proc/self/status", "r");
	char row[4096];

	while (f && fgets(row, sizeof row, f))
		for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
			size_t n = strlen(wanted[i]);

			if (strncmp(row, wanted[i], n) == 0 && row[n] == ':') {
				row[strcspn(row, "\n")] = '\0';
				line(wanted[i], row + n + 2);
			}
		}
	if (f)
		fclose(f);
}

static void put_limits(void)
{
	char name[16], value[64];
	uint64_t l[2];

	for (int i = 0; i < 16; i++) {
		if (syscall(SYS_prlimit64, 0, i, NULL, l) < 0) /* libc's has an enum for some */
			continue;
		snprintf(name, sizeof name, "limit%d", i);
		snprintf(value, sizeof value, "%llu %llu", (unsigned long long)l[0], (unsigned long long)l[1]);
		line(name, value);
	}
}

static void put_oom(void)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "r");
	char row[32] = "";

	if (f && fgets(row, sizeof row, f))
		row[strcspn(row, "\n")] = '\0';
	if (f)
		fclose(f);
	line("oom", row);
}

static void put_relations(void)
{
	int tty = open("/dev/tty", O_RDONLY | O_CLOEXEC), death = 0;

	prctl(PR_GET_PDEATHSIG, &death);
	line("session", getsid(0) == getpid() ? "leads it" : "another's");
	line("group", getpgrp() == getpid() ? "leads it" : "another's");
	line("parent", getppid() == 1 ? "process 1" : "another");
	line("terminal", tty < 0 ? "none" : "has one");
	number("dies with its parent", death);
	number("nice", getpriority(PRIO_PROCESS, 0));
	if (tty >= 0)
		close(tty);
}

/* First what was open before anything is opened here. */
static void testify(int argc, char **argv, const char *name)
{
	unsigned long path = getauxval(AT_EXECFN);
	char cwd[4096] = "?";
	int fd;

	text_init(&out, block, sizeof block - 2);
	line("exec", path ? (const char *)path : "?");
	put_descriptors();
	put_words(argc, argv);
	put_status();
	put_limits();
	put_oom();
	put_relations();
	line("cwd", getcwd(cwd, sizeof cwd) ? cwd : "?");
	text_char(&out, '\n');
	fd = strcmp(name, "base") == 0 ? 1 : open("/log/witness", O_WRONLY | O_APPEND | O_CLOEXEC);
	if (out.cut || fd < 0 || write(fd, block, out.len) != (ssize_t)out.len)
		_exit(99);
	if (fd > 2)
		close(fd);
}

/* ---- parts to play ---- */

/* Where whoever started cinit has set the variable, the descriptor is another's. */
static void say_ready(void)
{
	const char *fd = getenv("CINIT_READY_FD");
	struct stat st;

	if (fd && fstat(atoi(fd), &st) == 0 && S_ISFIFO(st.st_mode) && write(atoi(fd), "\n", 1) < 0)
		_exit(98);
}

static _Noreturn void stay(void)
{
	sigset_t term;
	int sig;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigaddset(&term, SIGHUP);
	say_ready();
	while (sigwait(&term, &sig) != 0 || sig != SIGTERM)
		;
	_exit(0);
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* Of programs whose name says nothing. */
static bool is_kept_running(void)
{
	static char path[8192];
	const char *service = getenv("CINIT_SERVICE"), *exec = (const char *)getauxval(AT_EXECFN);
	size_t n = strlen(exec);

	if (!service || (n > 4 && strcmp(exec + n - 4, "/off") == 0))
		return false;
	snprintf(path, sizeof path, "/etc/cinit/svc/%s/respawn", service);
	return access(path, F_OK) == 0;
}

static _Noreturn void play(const char *name)
{
	if (begins(name, "boom"))
		raise(SIGKILL);
	if (begins(name, "bad"))
		_exit(3);
	if (begins(name, "ok") || begins(name, "off") || strcmp(name, "base") == 0)
		_exit(0);
	if (begins(name, "up") || begins(name, "cinit.pool") || is_kept_running())
		stay();
	_exit(0);
}

static volatile pid_t below; /* the cinit below "root" */

static void pass_on(int sig)
{
	if (below > 0)
		kill(below, sig);
}

/* Executes the other words and reaps, until that has ended.  Nobody sends TERM before it has
 * answered, but by then we may not have come to run again: so the handler is there before. */
static int be_root(char **words)
{
	int status = 0;

	signal(SIGTERM, pass_on);
	below = fork();
	if (below == 0) {
		execv(words[0], words);
		_exit(127);
	}
	while (wait(&status) != below)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int bring_up_lo(void)
{
	struct ifreq r = {.ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memcpy(r.ifr_name, "lo", 3);
	return fd < 0 || ioctl(fd, SIOCSIFFLAGS, &r) < 0;
}

int main(int argc, char **argv)
{
	const char *name = argc ? strrchr(argv[0], '/') : NULL;
	sigset_t term;

	name = name ? name + 1 : argc ? argv[0] : "";
	if (strcmp(name, "root") == 0)
		return be_root(argv + 1);
	if (strcmp(name, "lo") == 0)
		return bring_up_lo();
	testify(argc, argv, name);
	/* from here on, TERM may come at any time: it is waited for, not lost */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigaddset(&term, SIGHUP);
	sigprocmask(SIG_BLOCK, &term, NULL);
	prctl(PR_SET_NAME, "testified");
	play(name);
}
