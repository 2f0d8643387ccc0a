/* take.c - cinit.take: makes a worker of any program.
 *
 * One request at a time: the program is run with it as its standard input and output,
 * and when it has ended the next is taken.  Of a stream that is the connection itself;
 * of a datagram a file with its bytes, and another whose bytes are the answer. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/pool/cinit/worker.h"

#define DATAGRAM_MAX 65536 /* no datagram is larger */
#define EXIT_USAGE 2

static const char usage[] =
	"usage: cinit.take PROGRAM [ARG...]\n"
	"A worker of a pool (see cinit.pool(8)) that runs PROGRAM for each request, with\n"
	"the request as its standard input and output.\n"
	"  -h, --help     this text\n"
	"  -V, --version  the version\n";

static char bytes[DATAGRAM_MAX];

static void show(int fd, const char *s)
{
	char buf[512];
	struct text t;

	text_init_fd(&t, buf, sizeof buf, fd);
	text_str(&t, s);
	text_flush(&t);
}

static void say(const char *where, const char *why)
{
	char buf[512];
	struct text t;

	text_init_fd(&t, buf, sizeof buf, 2);
	text_str(&t, "cinit.take: ");
	text_name(&t, where, strlen(where), true);
	text_str(&t, ": ");
	text_str(&t, why);
	text_char(&t, '\n');
	text_flush(&t);
}

/* ---- the program ---- */

/* It ends with us: whoever kills a worker means its request. */
static _Noreturn void become(char **program, int in_fd, int out_fd, pid_t parent)
{
	int error;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent ||
	    dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0)
		_exit(126);
	execvp(*program, program);
	error = errno;
	say(*program, strerror(error));
	_exit(error == ENOENT ? 127 : 126);
}

/* Runs it to its end: 0, or -1 with errno if there was no process. */
static int run(char **program, int in_fd, int out_fd)
{
	pid_t us = getpid(), pid = fork();
	int status;

	if (pid < 0)
		return -1;
	if (pid == 0)
		become(program, in_fd, out_fd, us);
	if (in_fd == out_fd)
		close(in_fd); /* the connection is the program's */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return 0;
}

/* ---- datagrams ---- */

/* A file with n bytes, to be read from its beginning; -1 with errno. */
static int file_of(const char *name, size_t n)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || n == 0)
		return fd;
	if (write(fd, bytes, n) == (ssize_t)n && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

static void answer(const struct cinit_worker_request *r, int fd)
{
	ssize_t n = pread(fd, bytes, sizeof bytes, 0);

	if (n > 0 && cinit_worker_answer(r, bytes, (size_t)n) < 0)
		say("answer", strerror(errno)); /* its sender may be gone: the next one is not */
}

static int serve_datagram(const struct cinit_worker_request *r, char **program)
{
	int in = file_of("request", r->len), out = in < 0 ? -1 : file_of("answer", 0), result = -1;

	if (out >= 0)
		result = run(program, in, out);
	if (result == 0)
		answer(r, out);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return result;
}

/* ---- taking ---- */

static int fail(const char *what)
{
	say(what, strerror(errno));
	return 1;
}

static int take_all(struct cinit_worker *w, char **program)
{
	struct cinit_worker_request r;
	int got;

	while ((got = cinit_worker_take(w, &r, bytes, sizeof bytes)) > 0) {
		int result = r.head.kind == CINIT_STREAM ? run(program, r.fd, r.fd)
		                                         : serve_datagram(&r, program);

		if (result < 0)
			return fail(*program);
		if (cinit_worker_done(w) < 0)
			return fail("available");
	}
	return got < 0 ? fail("request") : 0;
}

static int refuse(const char *where, const char *why)
{
	say(where, why);
	return EXIT_USAGE;
}

static bool is(const char *arg, const char *letter, const char *word)
{
	return strcmp(arg, letter) == 0 || strcmp(arg, word) == 0;
}

int main(int argc, char **argv)
{
	struct cinit_worker worker;

	if (argc > 1 && is(argv[1], "-h", "--help"))
		return show(1, usage), 0;
	if (argc > 1 && is(argv[1], "-V", "--version"))
		return show(1, "cinit.take " CINIT_VERSION "\n"), 0;
	if (argc > 1 && is(argv[1], "--", "--"))
		argv++, argc--;
	else if (argc > 1 && argv[1][0] == '-')
		return refuse(argv[1], "unknown option (see cinit.take -h)");
	if (argc < 2)
		return refuse("PROGRAM", "none was given (see cinit.take -h)");
	if (cinit_worker_begin(&worker) < 0)
		return fail("no worker of a pool");
	return take_all(&worker, argv + 1);
}
