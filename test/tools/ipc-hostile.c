/* ipc-hostile.c - clients that may ask, and behave badly: N connections of one process.
 *
 *   ipc-hostile RUNDIR N HOW NAME [TIMES]
 *
 * What is sent asks to restart NAME wherever a supervisor that lacks a check would do
 * so.  HOW, done TIMES (1) on each connection:
 *
 *   silent         nothing
 *   half byte empty long garbage mess
 *                  512 bytes, 1, none, two records, 1024 random ones, any number of them
 *   magic version size swap payload id0 verb goal name expired far denied
 *                  a record with this wrong; `swap`: in the other byte order
 *   forged         a right one, with a return address that is not ours
 *   deaf           asks for the list; wait: waits for NAME to be down; neither reads
 *   ring           the bell alone
 *   leave ask-and-leave ring-and-leave
 *                  closes at once
 *
 * Prints "ready N", N being how many had a connection, and when its standard input has
 * something, is killed; but who leaves, leaves. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "ipc/client.h"

static const char *how, *service;
static unsigned n_refused;

static bool is(const char *what)
{
	return strcmp(how, what) == 0;
}

static struct ipc_record request(void)
{
	struct ipc_record r;

	record_init(&r);
	r.id = ipc_random_id();
	r.verb = VERB_RESTART;
	r.expires_ms = record_now_ms() + 2000;
	record_set_name(&r, service, strlen(service));
	return r;
}

/* The names of the ways to be wrong are those of the fields. */
static void spoil(struct ipc_record *r)
{
	if (is("magic"))
		r->magic ^= 0x01000000;
	else if (is("version"))
		r->version = (uint16_t)(r->version + 1);
	else if (is("size"))
		r->size = 512;
	else if (is("payload"))
		r->payload_len = 0xffff;
	else if (is("id0"))
		r->id = 0;
	else if (is("verb"))
		r->verb = (uint16_t)(VERB_N + r->id % 60000);
	else if (is("goal"))
		r->goal = GOAL_N;
	else if (is("expired"))
		r->expires_ms = 1;
	else if (is("far"))
		r->expires_ms = record_now_ms() + 2 * IPC_EXPIRES_MAX_MS;
}

static void swap(struct ipc_record *r)
{
	r->magic = __builtin_bswap32(r->magic);
	r->version = __builtin_bswap16(r->version);
	r->size = __builtin_bswap16(r->size);
	r->verb = __builtin_bswap16(r->verb);
	r->payload_len = __builtin_bswap16(r->payload_len);
}

static void query(struct ipc_record *r)
{
	if (is("name")) {
		r->verb = VERB_STATUS;
		memset(r->payload, 'n', SVC_NAME_MAX);
		r->payload_len = SVC_NAME_MAX;
	} else if (is("deaf") || is("ask-and-leave") || is("half") || is("long")) {
		/* to a stream, long is two, and half with whatever follows is one */
		r->verb = VERB_LIST;
		r->payload_len = 0;
	} else if (is("wait")) {
		r->verb = VERB_WAIT;
		r->goal = GOAL_DOWN;
		r->expires_ms = 0;
	}
}

static size_t length(void)
{
	uint64_t any = ipc_random_id();

	if (is("half"))
		return 512;
	if (is("byte"))
		return 1;
	if (is("empty"))
		return 0;
	if (is("long"))
		return 2 * sizeof(struct ipc_record);
	return is("mess") ? any % (3 * sizeof(struct ipc_record)) : sizeof(struct ipc_record);
}

static int act(struct ipc_client *c)
{
	struct { struct ipc_record r[3]; } bytes = {.r = {request(), request(), request()}};

	if (is("silent") || is("leave"))
		return 0;
	if (strncmp(how, "ring", 4) == 0)
		return ipc_ring(c);
	ipc_sign(c, &bytes.r[0]);
	if (is("forged")) {
		bytes.r[0].token = ipc_random_id();
		bytes.r[0].verb = VERB_STATUS;
	}
	spoil(&bytes.r[0]);
	query(&bytes.r[0]);
	if (is("long"))
		bytes.r[1] = bytes.r[0];
	if (is("swap"))
		swap(&bytes.r[0]);
	if ((is("garbage") || is("mess")) && getrandom(&bytes, sizeof bytes, 0) < 0)
		return -1;
	return ipc_post(c, &bytes, length());
}

static void raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static unsigned connect_all(struct ipc_client *c, unsigned n, const char *rundir, unsigned long times)
{
	unsigned connected = 0;

	for (unsigned i = 0; i < n; i++) {
		if (ipc_connect(&c[connected], rundir) < 0) {
			perror("ipc-hostile: connect");
			continue;
		}
		for (unsigned long k = 0; k < times; k++)
			n_refused += act(&c[connected]) < 0;
		if (strstr(how, "leave"))
			ipc_close(&c[connected]);
		connected++;
	}
	return connected;
}

int main(int argc, char **argv)
{
	struct pollfd end = {.fd = 0, .events = POLLIN};
	unsigned n = argc >= 5 ? (unsigned)atoi(argv[2]) : 0, connected;
	struct ipc_client *clients = calloc(n ? n : 1, sizeof *clients);

	if (argc < 5 || !clients)
		return 2;
	how = argv[3];
	service = argv[4];
	raise_limit();
	connected = connect_all(clients, n, argv[1], argc > 5 ? strtoul(argv[5], NULL, 10) : 1);
	printf("ready %u\n%u not taken\n", connected, n_refused);
	fflush(stdout);
	if (strstr(how, "leave"))
		return 0;
	while (poll(&end, 1, -1) < 0)
		;
	return raise(SIGKILL);
}
