/* load.c - one epoll loop in each client process.  A connection that is closed is reset,
 * so that no port is kept waiting. */
#include "test/bench/pool/load.h"

#include "test/bench/util.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 256

struct client {
	const struct load *load;
	int epoll_fd;
	unsigned begun, done;
	uint64_t since[AT_ONCE];
	int fd[AT_ONCE];
	uint32_t *took_ns;     /* by request, shared with the parent */
};

static struct sockaddr_in address_of(uint16_t port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return a;
}

/* Connects without waiting; the request is sent when that is over. */
static void begin(struct client *c, unsigned i)
{
	struct sockaddr_in a = address_of(c->load->port);
	struct epoll_event ev = {.events = EPOLLOUT, .data.u32 = i};
	struct linger reset = {.l_onoff = 1};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	c->since[i] = now_ns();
	c->fd[i] = fd;
	c->begun++;
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) < 0)
		die("load", "a socket");
	if (connect(fd, (struct sockaddr *)&a, sizeof a) < 0 && errno != EINPROGRESS)
		die("load", "connecting");
	if (epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0)
		die("load", "epoll");
}

static void say(const struct client *c, unsigned i)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u32 = i};

	size_t n = strlen(c->load->say);

	if (send(c->fd[i], c->load->say, n, MSG_NOSIGNAL) != (ssize_t)n)
		die("load", "sending");
	if (epoll_ctl(c->epoll_fd, EPOLL_CTL_MOD, c->fd[i], &ev) < 0)
		die("load", "epoll");
}

static void hear(struct client *c, unsigned i)
{
	size_t least = strlen(c->load->hear);
	char buf[1024];
	ssize_t n = recv(c->fd[i], buf, sizeof buf, 0);

	if (n < (ssize_t)least || memcmp(buf, c->load->hear, least) != 0)
		die(n < 0 ? "load: receiving" : "load", n == 0 ? "closed without an answer" : "another answer");
	c->took_ns[c->done++] = (uint32_t)(now_ns() - c->since[i]);
	close(c->fd[i]);
	if (c->begun < c->load->requests)
		begin(c, i);
}

static _Noreturn void run_client(const struct load *l, uint32_t *took_ns)
{
	struct client c = {.load = l, .took_ns = took_ns};
	struct epoll_event ev[AT_ONCE];

	c.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (c.epoll_fd < 0)
		die("load", "epoll");
	for (unsigned i = 0; i < l->connections && i < l->requests; i++)
		begin(&c, i);
	while (c.done < l->requests) {
		int n = epoll_wait(c.epoll_fd, ev, AT_ONCE, 20000);

		if (n == 0)
			die_why("load", "waiting", "nothing came for 20 s");
		for (int k = 0; k < n; k++)
			if (ev[k].events & EPOLLOUT)
				say(&c, ev[k].data.u32);
			else
				hear(&c, ev[k].data.u32);
	}
	_exit(0);
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void wait_for_all(pid_t *pids, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		int status;

		while (waitpid(pids[i], &status, 0) < 0)
			if (errno != EINTR)
				die("load", "waiting for a client");
		if (status != 0)
			die_why("load", "a client", "it has failed");
	}
}

struct load_result load_run(const struct load *l)
{
	size_t n = (size_t)l->processes * l->requests;
	uint32_t *took = mmap(NULL, n * sizeof *took, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[16];
	struct load_result r;
	uint64_t since;

	if (took == MAP_FAILED || l->processes > 16 || l->connections > AT_ONCE)
		die("load", "room for the times");
	since = now_ns();
	for (unsigned i = 0; i < l->processes; i++) {
		pids[i] = fork();
		if (pids[i] < 0)
			die("load", "fork");
		if (pids[i] == 0)
			run_client(l, took + (size_t)i * l->requests);
	}
	wait_for_all(pids, l->processes);
	r.rate = (double)n / (ms_between(since, now_ns()) / 1000);
	qsort(took, n, sizeof *took, by_value);
	r.p50_us = took[n / 2] / 1000.0;
	r.p99_us = took[n - 1 - n / 100] / 1000.0;
	munmap(took, n * sizeof *took);
	return r;
}
