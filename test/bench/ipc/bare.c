/* bare.c - a socket pair, a pair of FIFOs, message queues, shared memory with a
 * futex.  Their common parent makes everything before it forks. */
#include "test/bench/ipc/bare.h"

#include "test/bench/tree.h"
#include "test/bench/util.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CLIENTS 128
#define FUTEX_WAIT_ALL_PROCESSES 0 /* FUTEX_WAIT of <linux/futex.h>, not private */
#define FUTEX_WAKE_ALL_PROCESSES 1 /* FUTEX_WAKE */

static unsigned n_clients, self;
static char record[LOAD_RECORD];

static void check(const char *what, ssize_t n)
{
	if (n < 0)
		die("bare mechanism", what);
	if (n != LOAD_RECORD)
		die_why("bare mechanism", what, "not a whole record");
}

static void close_nothing(void)
{
}

/* ---- a socket pair for each client ---- */

static int ours[CLIENTS], theirs[CLIENTS]; /* server's and client's ends */

static void socket_make(unsigned clients)
{
	n_clients = clients;
	for (unsigned i = 0; i < clients; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
			die("bare socket", "socketpair");
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
}

static void socket_echo(int fd)
{
	check("recv", recv(fd, record, sizeof record, 0));
	check("send", send(fd, record, sizeof record, MSG_NOSIGNAL));
}

static void socket_serve(unsigned clients)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	for (unsigned i = 0; i < clients; i++) {
		struct epoll_event ev = { .events = EPOLLIN, .data.fd = ours[i] };

		if (epoll_ctl(epoll, EPOLL_CTL_ADD, ours[i], &ev) < 0)
			die("bare socket", "epoll");
	}
	while (clients == 1)
		socket_echo(ours[0]);
	for (;;) {
		struct epoll_event ev[CLIENTS];
		int n = epoll_wait(epoll, ev, CLIENTS, -1);

		for (int i = 0; i < n; i++)
			socket_echo(ev[i].data.fd);
	}
}

static void remember_self(unsigned client)
{
	self = client;
	memcpy(record, &client, sizeof client);
}

static void socket_ask(void)
{
	check("send", send(theirs[self], record, sizeof record, MSG_NOSIGNAL));
	check("recv", recv(theirs[self], record, sizeof record, 0));
}

static void socket_unmake(void)
{
	for (unsigned i = 0; i < n_clients; i++) {
		close(ours[i]);
		close(theirs[i]);
	}
}

/* ---- one FIFO for requests, one for each client's answers ---- */

static int requests_fd;

/* Open for both, so that it never ends and never waits for the other side. */
static int fifo_open(const char *name, unsigned i)
{
	char path[PATH_CAP];
	int fd;

	path_make(path, "%s/%s%u", trees_root(), name, i);
	if (mkfifo(path, 0600) < 0)
		die(path, "making the FIFO");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 || unlink(path) < 0)
		die(path, "opening the FIFO");
	return fd;
}

static void fifo_make(unsigned clients)
{
	n_clients = clients;
	requests_fd = fifo_open("bare-requests", 0);
	for (unsigned i = 0; i < clients; i++)
		theirs[i] = fifo_open("bare-answers", i);
}

static unsigned client_of(const char *r)
{
	unsigned client;

	memcpy(&client, r, sizeof client);
	return client;
}

static void fifo_serve(unsigned clients)
{
	(void)clients;
	for (;;) {
		check("read", read(requests_fd, record, sizeof record));
		check("write", write(theirs[client_of(record)], record, sizeof record));
	}
}

static void fifo_ask(void)
{
	check("write", write(requests_fd, record, sizeof record));
	check("read", read(theirs[self], record, sizeof record));
}

static void fifo_unmake(void)
{
	close(requests_fd);
	for (unsigned i = 0; i < n_clients; i++)
		close(theirs[i]);
}

/* ---- two message queues ---- */

static int requests_queue = -1, answers_queue = -1;

struct message {
	long type;
	char text[LOAD_RECORD];
};

static struct message message;

static void msq_make(unsigned clients)
{
	n_clients = clients;
	requests_queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	answers_queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (requests_queue < 0 || answers_queue < 0)
		die("bare message queue", "making it");
}

static void msq_serve(unsigned clients)
{
	(void)clients;
	for (;;) {
		check("msgrcv", msgrcv(requests_queue, &message, LOAD_RECORD, 1, 0));
		message.type = 2 + (long)client_of(message.text);
		check("msgsnd", msgsnd(answers_queue, &message, LOAD_RECORD, 0) < 0 ? -1 : LOAD_RECORD);
	}
}

static void msq_open(unsigned client)
{
	self = client;
	memcpy(message.text, &client, sizeof client);
}

static void msq_ask(void)
{
	message.type = 1;
	check("msgsnd", msgsnd(requests_queue, &message, LOAD_RECORD, 0) < 0 ? -1 : LOAD_RECORD);
	check("msgrcv", msgrcv(answers_queue, &message, LOAD_RECORD, 2 + (long)self, 0));
}

static void msq_unmake(void)
{
	if (requests_queue >= 0)
		msgctl(requests_queue, IPC_RMID, NULL);
	if (answers_queue >= 0)
		msgctl(answers_queue, IPC_RMID, NULL);
	requests_queue = answers_queue = -1;
}

/* ---- shared memory: a slot for each client, a futex for each wait ---- */

struct shared {
	_Alignas(64) _Atomic uint32_t bell;
	struct shared_slot {
		_Alignas(64) _Atomic uint32_t state; /* 1: asked, 2: answered */
		char request[LOAD_RECORD], answer[LOAD_RECORD];
	} slot[CLIENTS];
};

static int segment = -1;
static struct shared *shared;

static void futex_wait(_Atomic uint32_t *at, uint32_t seen)
{
	syscall(SYS_futex, at, FUTEX_WAIT_ALL_PROCESSES, seen, NULL, NULL, 0);
}

static void futex_wake(_Atomic uint32_t *at)
{
	syscall(SYS_futex, at, FUTEX_WAKE_ALL_PROCESSES, INT_MAX, NULL, NULL, 0);
}

static void shm_make(unsigned clients)
{
	void *at;

	n_clients = clients;
	segment = shmget(IPC_PRIVATE, sizeof *shared, IPC_CREAT | 0600);
	at = segment < 0 ? NULL : shmat(segment, NULL, 0);
	if (!at || (intptr_t)at == -1)
		die("bare shared memory", "making it");
	shared = at;
}

static unsigned shm_serve_round(unsigned clients)
{
	unsigned n = 0;

	for (unsigned i = 0; i < clients; i++) {
		struct shared_slot *s = &shared->slot[i];

		if (atomic_load(&s->state) != 1)
			continue;
		memcpy(record, s->request, sizeof record);
		memcpy(s->answer, record, sizeof record);
		atomic_store(&s->state, 2);
		futex_wake(&s->state);
		n++;
	}
	return n;
}

static void shm_serve(unsigned clients)
{
	for (;;) {
		uint32_t seen = atomic_load(&shared->bell);

		if (shm_serve_round(clients) == 0)
			futex_wait(&shared->bell, seen);
	}
}

static void shm_ask(void)
{
	struct shared_slot *s = &shared->slot[self];

	memcpy(s->request, record, sizeof record);
	atomic_store(&s->state, 1);
	atomic_fetch_add(&shared->bell, 1);
	futex_wake(&shared->bell);
	while (atomic_load(&s->state) != 2)
		futex_wait(&s->state, 1);
	memcpy(record, s->answer, sizeof record);
}

static void shm_unmake(void)
{
	if (shared)
		shmdt(shared);
	if (segment >= 0)
		shmctl(segment, IPC_RMID, NULL);
	shared = NULL;
	segment = -1;
}

/* ---- which ---- */

static const struct bare all[] = {
	{ "socket", "socketpair", socket_make, socket_serve,
	  { remember_self, socket_ask, close_nothing }, socket_unmake },
	{ "fifo", "two FIFOs", fifo_make, fifo_serve, { remember_self, fifo_ask, close_nothing }, fifo_unmake },
	{ "msq", "msgsnd, msgrcv", msq_make, msq_serve, { msq_open, msq_ask, close_nothing }, msq_unmake },
	{ "shm", "memory, futex", shm_make, shm_serve, { remember_self, shm_ask, close_nothing }, shm_unmake },
};

const struct bare *bare_of(const char *method)
{
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i].method, method) == 0)
			return &all[i];
	return NULL;
}

/* Queues and segments outlive their processes. */
void bare_clean(void)
{
	msq_unmake();
	shm_unmake();
}
