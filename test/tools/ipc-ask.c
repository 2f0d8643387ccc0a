/* ipc-ask.c - sends records as they are told and prints what comes back.
 *
 *   ipc-ask RUNDIR FIELD=VALUE... [, FIELD=VALUE...]...
 *
 * One record per group, on one connection, sent one after the other; then, unless
 * a group says `mute`, its answer is awaited before the next is sent.  Fields: id,
 * verb, name, goal, flags, from, expires and answer_by (0, or milliseconds from now
 * as in +500 or -1), magic, version, size, payload_len, handle.  `swap` sends the
 * head in the other byte order; `read` sends nothing and awaits one more answer;
 * `told` first awaits a line of standard input;
 * `times=N` sends it N times; `within=MS` is how long an answer is awaited.
 *
 * Prints a line for each answer: the result's word, then for each item NAME=STATE;
 * or "closed", "silent", or "no record" (an answer without an id is none). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/client.h"

struct group {
	struct ipc_record r;
	bool mute, swap, read_only, told;
	unsigned long times;
	long within_ms;
};

static long long number(const char *s)
{
	char *end;
	long long v = strtoll(s, &end, 0);

	if (*end || !*s) {
		fprintf(stderr, "ipc-ask: %s: not a number\n", s);
		exit(2);
	}
	return v;
}

static struct ipc_client client;

static int64_t when(const char *s)
{
	int64_t v = number(s);

	return *s == '+' || *s == '-' ? record_now_ms() + v : v;
}

static uint16_t verb(const char *s)
{
	enum verb v = verb_of_word(s);

	return (uint16_t)(v ? (long long)v : number(s));
}

static void set(struct group *g, const char *word)
{
	const char *value = strchr(word, '=');
	size_t n = value ? (size_t)(value++ - word) : strlen(word);

#define IS(field) (n == strlen(field) && strncmp(word, field, n) == 0)
	if (IS("mute")) g->mute = true;
	else if (IS("swap")) g->swap = true;
	else if (IS("read")) g->read_only = true;
	else if (IS("told")) g->told = true;
	else if (!value) { fprintf(stderr, "ipc-ask: %s?\n", word); exit(2); }
	else if (IS("id")) g->r.id = (uint64_t)number(value);
	else if (IS("verb")) g->r.verb = verb(value);
	else if (IS("name")) record_set_name(&g->r, value, strlen(value));
	else if (IS("goal")) g->r.goal = (uint16_t)number(value);
	else if (IS("flags")) g->r.flags = (uint16_t)number(value);
	else if (IS("from")) g->r.from = (uint32_t)number(value);
	else if (IS("expires")) g->r.expires_ms = when(value);
	else if (IS("answer_by")) g->r.answer_by_ms = when(value);
	else if (IS("magic")) g->r.magic = (uint32_t)number(value);
	else if (IS("version")) g->r.version = (uint16_t)number(value);
	else if (IS("size")) g->r.size = (uint16_t)number(value);
	else if (IS("payload_len")) g->r.payload_len = (uint16_t)number(value);
	else if (IS("handle")) g->r.handle = (uint32_t)number(value);
	else if (IS("times")) g->times = (unsigned long)number(value);
	else if (IS("within")) g->within_ms = (long)number(value);
	else { fprintf(stderr, "ipc-ask: %s?\n", word); exit(2); }
#undef IS
}

static void swap(struct ipc_record *r)
{
	r->magic = __builtin_bswap32(r->magic);
	r->version = __builtin_bswap16(r->version);
	r->size = __builtin_bswap16(r->size);
	r->id = __builtin_bswap64(r->id);
}

static void print_items(const struct ipc_record *r)
{
	struct ipc_item item;
	size_t cursor = 0;

	while (record_get_item(r, &cursor, &item))
		printf(" %s=%s", item.name, state_word(item.state));
}

/* False when there is no more to come. */
static bool print_answer(const struct group *g)
{
	struct ipc_record a;

	if (ipc_next_answer(&client, &a, record_now_ms() + g->within_ms) < 0) {
		puts(errno == ETIMEDOUT ? "silent" : errno == ECONNRESET ? "closed" : "no record");
		return errno != ECONNRESET;
	}
	if (a.id != g->r.id && !g->swap && !g->read_only)
		printf("of another request: ");
	fputs(result_word(a.result), stdout);
	print_items(&a);
	putchar('\n');
	return true;
}

static void carry_out(struct group *g)
{
	while (g->told && getchar() != '\n')
		if (feof(stdin))
			exit(1);
	if (g->swap)
		swap(&g->r);
	for (unsigned long i = 0; i < g->times; i++) {
		if (!g->read_only && ipc_request(&client, &g->r) < 0) {
			puts("closed");
			exit(0);
		}
		if (!g->mute && !print_answer(g))
			exit(0);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	char **word = argv + 2;

	if (argc < 2 || ipc_connect(&client, argv[1]) < 0) {
		fprintf(stderr, "ipc-ask: connect: %s\n", strerror(errno));
		return 7;
	}
	while (*word) {
		struct group g = {.times = 1, .within_ms = 30000};

		record_init(&g.r);
		g.r.id = ipc_random_id();
		for (; *word && strcmp(*word, ",") != 0; word++)
			set(&g, *word);
		if (*word)
			word++;
		carry_out(&g);
	}
	ipc_close(&client);
	return 0;
}
