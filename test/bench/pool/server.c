/* server.c - starts and ends what is compared. */
#include "test/bench/pool/server.h"

#include "test/bench/util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

const char *server_bin = ".";
char server_dir[PATH_CAP];

/* ---- the bare loop ---- */

static int listen_somewhere(uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
	    || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || listen(fd, SOMAXCONN) < 0
	    || getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		die("bare loop", "listening");
	*port = ntohs(a.sin_port);
	return fd;
}

/* The same calls on a connection as those of the example. */
static void echo(int fd)
{
	char buf[4096];
	ssize_t n;

	do {
		n = recv(fd, buf, sizeof buf, 0);
		if (n <= 0 || send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n)
			return;
	} while (!memchr(buf, '\n', (size_t)n));
}

static _Noreturn void accept_for_ever(int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		struct sockaddr_storage peer;
		socklen_t len = sizeof peer;
		int c = accept4(fd, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

		if (c < 0)
			continue;
		echo(c);
		close(c);
	}
}

static _Noreturn void be_bare(int fd)
{
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < SERVER_WORKERS; i++)
		if (fork() == 0)
			accept_for_ever(fd);
	for (;;)
		pause();
}

struct server server_bare(void)
{
	struct server s;
	int fd = listen_somewhere(&s.port);

	s.pid = fork();
	if (s.pid < 0)
		die("bare loop", "fork");
	if (s.pid == 0)
		be_bare(fd);
	close(fd);
	return s;
}

/* ---- a pool ---- */

void server_put(const char *name, const char *text)
{
	char path[PATH_CAP];
	FILE *f;

	path_make(path, "%s/%s", server_dir, name);
	f = fopen(path, "w");
	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		die(path, "writing it");
}

static void put_number(const char *name, unsigned n)
{
	char text[16];

	snprintf(text, sizeof text, "%u\n", n);
	server_put(name, text);
}

uint16_t server_free_port(void)
{
	uint16_t port;

	close(listen_somewhere(&port));
	return port;
}

static void make_directory(const char *mode, const char *example, unsigned workers, uint16_t port)
{
	char path[PATH_CAP], target[PATH_CAP], line[64];

	path_make(path, "%s/pool", server_dir);
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		die(path, "making it");
	path_make(path, "%s/on", server_dir);
	path_make(target, "%s/example/%s", server_bin, example);
	unlink(path);
	if (symlink(target, path) < 0)
		die(path, "making it");
	server_put("on.params", "-1\n");
	snprintf(line, sizeof line, "tcp 127.0.0.1:%u\n", (unsigned)port);
	server_put("listen", line);
	server_put("pool/mode", mode);
	put_number("pool/min", workers);
	put_number("pool/max", workers);
	put_number("pool/requests", 0);
}

static _Noreturn void execute(int ready_fd)
{
	char path[PATH_CAP], fd[16];

	path_make(path, "%s/cinit.pool", server_bin);
	snprintf(fd, sizeof fd, "%d", ready_fd);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("CINIT_READY_FD", fd, 1);
	fcntl(ready_fd, F_SETFD, 0);
	execl(path, path, server_dir, (char *)NULL);
	_exit(127);
}

struct server server_pool(const char *mode, const char *example, unsigned workers)
{
	struct server s = {.port = server_free_port()};
	int ends[2];
	char c;

	make_directory(mode, example, workers, s.port);
	if (pipe2(ends, O_CLOEXEC) < 0)
		die("cinit.pool", "a pipe");
	s.pid = fork();
	if (s.pid < 0)
		die("cinit.pool", "fork");
	if (s.pid == 0)
		execute(ends[1]);
	close(ends[1]);
	if (read(ends[0], &c, 1) != 1)
		die_why("cinit.pool", mode, "it did not get ready");
	close(ends[0]);
	return s;
}

void server_end(struct server *s)
{
	kill(s->pid, SIGTERM);
	while (waitpid(s->pid, NULL, 0) < 0)
		if (errno != EINTR)
			die("server", "waiting for its end");
}
