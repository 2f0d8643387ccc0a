/* ipc-storm.c - very many records, right ones and wrong ones, through a running
 * supervisor, while an honest client on another connection asks for what it knows.
 *
 *   ipc-storm RUNDIR RECORDS SEED STEADY NAME...
 *
 * Requests of every verb about these NAMEs, of which a part is broken (test/fuzz/shape.h);
 * none ends the system.  STEADY is not named in them and has to be up whenever it is
 * asked for.  Prints "N posted, N answers, N connections, N honest, N wrong, slowest N ms";
 * the last three are of the honest client. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ipc/client.h"
#include "test/fuzz/shape.h"

#define WINDOW 64        /* records from one honest request to the next */
#define LOST_MS 60000    /* the supervisor is taken for dead */
#define DRAIN_MS 20      /* for answers that may not come at all */
#define BRIEF_MS 150     /* commands that are remembered would be too many otherwise */

static struct ipc_client hostile, honest;
static const char *rundir, *steady;
static bool is_connected;
static struct {
	unsigned long posted, answers, connections, honest, wrong;
	long long slowest_ms;
} count;

static void pause_briefly(void)
{
	struct timespec t = {.tv_nsec = 200000};

	nanosleep(&t, NULL);
}

static _Noreturn void give_up(const char *what)
{
	fprintf(stderr, "ipc-storm: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* With very many of us, or out of descriptors, a connection may have to wait. */
static void connect_to(struct ipc_client *c)
{
	int64_t until = record_now_ms() + LOST_MS;

	while (ipc_connect(c, rundir) < 0) {
		if (record_now_ms() > until)
			give_up("connect");
		pause_briefly();
	}
	count.connections++;
}

static struct ipc_record honest_request(void)
{
	struct ipc_record r;

	record_init(&r);
	r.id = ipc_random_id();
	r.verb = VERB_STATUS;
	record_set_name(&r, steady, strlen(steady));
	return r;
}

static bool is_right(const struct ipc_record *a)
{
	struct ipc_item item;
	size_t cursor = 0;

	return a->result == RES_DONE && a->n_items == 1 && record_get_item(a, &cursor, &item)
	       && strcmp(item.name, steady) == 0 && item.state == SVC_UP;
}

static void ask_honestly(void)
{
	struct ipc_record q = honest_request(), a;
	int64_t before = record_now_ms(), took;

	if (ipc_request(&honest, &q) < 0)
		give_up("an honest request");
	if (ipc_next_answer(&honest, &a, before + LOST_MS) < 0)
		give_up("an honest answer");
	took = record_now_ms() - before;
	count.honest++;
	count.wrong += a.id != q.id || !is_right(&a);
	if (took > count.slowest_ms)
		count.slowest_ms = took;
}

static void leave(void)
{
	if (is_connected)
		ipc_close(&hostile);
	is_connected = false;
}

/* Reads answers until that to the request of this id; false if it does not come. */
static bool read_answers(uint64_t last)
{
	struct ipc_record a;
	unsigned errors = 0;

	while (errors < 2 * WINDOW) {
		if (ipc_next_answer(&hostile, &a, record_now_ms() + DRAIN_MS) == 0) {
			count.answers++;
			if (a.id == last)
				return true;
			continue;
		}
		if (errno == ETIMEDOUT || errno == ENOMSG)
			return false;
		errors++; /* one was lost, or all of the connection */
	}
	return false;
}

/* All answers that are due.  In the mess that was made on this connection even the
 * last request may be lost: then another connection is made. */
static void drain(void)
{
	struct ipc_record q = honest_request();

	if (!is_connected)
		return;
	if (ipc_request(&hostile, &q) < 0)
		q.id = 0;
	if (!read_answers(q.id))
		leave();
}

static void post(const void *bytes, size_t n)
{
	int64_t until = record_now_ms() + LOST_MS;

	if (!is_connected)
		connect_to(&hostile);
	is_connected = true;
	while (ipc_post(&hostile, bytes, n) < 0) {
		if (errno != EAGAIN) {
			read_answers(0);
			leave();
			return;
		}
		if (record_now_ms() > until)
			give_up("post");
		drain();
		if (!is_connected)
			return;
		pause_briefly();
	}
}

static void post_one(struct choice *s, struct shape *shape)
{
	static uint8_t bytes[IPC_POST_MAX];
	struct ipc_record r;
	size_t n;

	shape_request(s, shape, record_now_ms(), &r, &n);
	if (is_connected && !choice_once_in(s, 8))
		ipc_sign(&hostile, &r);
	if (shape->well_formed)
		r.flags &= (uint16_t)~IPC_LAST; /* which may end the connection */
	memcpy(bytes, &r, sizeof r);
	if (n > sizeof r)
		choice_fill(s, bytes + sizeof r, sizeof bytes - sizeof r);
	count.posted++;
	post(bytes, n < sizeof bytes ? n : sizeof bytes);
}

static void storm(unsigned long records, uint64_t seed, struct shape *shape)
{
	struct choice s = choice_of_seed(seed);

	while (count.posted < records) {
		shape->well_formed = choice_once_in(&s, 2);
		for (unsigned i = 0; i < WINDOW && count.posted < records; i++)
			post_one(&s, shape);
		ask_honestly();
		if (choice_once_in(&s, 8))
			leave();
		else
			drain();
	}
	leave();
}

int main(int argc, char **argv)
{
	struct shape shape = {.harmless = true, .brief_ms = BRIEF_MS};

	if (argc < 6) {
		fputs("usage: ipc-storm RUNDIR RECORDS SEED STEADY NAME...\n", stderr);
		return 2;
	}
	rundir = argv[1];
	steady = argv[4];
	shape.names = (const char *const *)argv + 5;
	shape.n_names = (unsigned)argc - 5;
	connect_to(&honest);
	storm(strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10), &shape);
	ipc_close(&honest);
	printf("%lu posted, %lu answers, %lu connections, %lu honest, %lu wrong, slowest %lld ms\n",
	       count.posted, count.answers, count.connections, count.honest, count.wrong,
	       count.slowest_ms);
	return 0;
}
