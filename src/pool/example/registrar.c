/* registrar.c - a module for a pool: answers SIP's REGISTER with 200 OK over UDP, and
 * counts and logs around each request.
 *
 * It keeps no table of who has registered: it is the smallest thing that a SIP client
 * takes for a registrar (RFC 3261, section 10.3, steps 1 and 8 alone), and shows every
 * part of a module: parameters, mod_init with shared memory, the hooks of a request, a
 * command with a fixup, methods for operators, and a further process.
 *
 *     pool/modules:  registrar.so expires=600 report=60
 *     listen:        udp *:5060
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cinit/module.h>

#define ANSWER_MAX 4096
#define EXPIRES_MAX 86400

/* One for all processes of the pool. */
struct counters {
	atomic_ulong seen, registered, refused, dropped;
	atomic_int expires;  /* seconds that a registration is granted */
};

static struct counters *counters;
static const struct cinit_host *pool;
static int expires = 3600, report;

/* ---- a SIP message, line by line ---- */

struct line {
	char *at;
	size_t n;
};

/* The next line of the head, without its end; false at the empty line behind it. */
static bool next_line(char **rest, struct line *l)
{
	char *end = strchr(*rest, '\n');

	if (!end)
		return false;
	*l = (struct line){*rest, (size_t)(end - *rest)};
	if (l->n && l->at[l->n - 1] == '\r')
		l->n--;
	*rest = end + 1;
	return l->n > 0;
}

/* Is it this header, by its long name or its letter (RFC 3261, section 7.3.3)? */
static bool is_header(const struct line *l, const char *name, char letter)
{
	size_t n = strlen(name);

	if (l->n > n && strncasecmp(l->at, name, n) == 0)
		return l->at[n + strspn(l->at + n, " \t")] == ':';
	return letter && l->n > 1 && (l->at[0] | 0x20) == letter && l->at[1 + strspn(l->at + 1, " \t")] == ':';
}

static bool is_copied(const struct line *l)
{
	return is_header(l, "Via", 'v') || is_header(l, "From", 'f') || is_header(l, "Call-ID", 'i')
	       || is_header(l, "CSeq", 0) || is_header(l, "Contact", 'm');
}

/* The head of a request that can be answered has all of these. */
static bool is_complete(char *rest)
{
	bool via = false, from = false, to = false, id = false, seq = false;
	struct line l;

	next_line(&rest, &l);
	while (next_line(&rest, &l)) {
		via |= is_header(&l, "Via", 'v');
		from |= is_header(&l, "From", 'f');
		to |= is_header(&l, "To", 't');
		id |= is_header(&l, "Call-ID", 'i');
		seq |= is_header(&l, "CSeq", 0);
	}
	return via && from && to && id && seq;
}

/* ---- the answer ---- */

struct answer {
	char text[ANSWER_MAX];
	struct cinit_out out;
};

static void put_line(struct answer *a, const struct line *l, const char *behind)
{
	cinit_say(&a->out, "%.*s%s\r\n", (int)l->n, l->at, behind);
}

/* A registrar adds its tag to a To that has none. */
static void put_to(struct answer *a, const struct line *l)
{
	bool tagged = memmem(l->at, l->n, ";tag=", 5) != NULL;

	put_line(a, l, tagged ? "" : ";tag=cinit");
}

static int reply(const struct cinit_message *m, const char *status)
{
	struct answer a = {.out = {.cap = ANSWER_MAX}};
	char *rest = m->copy;
	struct line l;

	a.out.text = a.text;
	cinit_say(&a.out, "SIP/2.0 %s\r\n", status);
	next_line(&rest, &l);
	while (next_line(&rest, &l)) {
		if (is_copied(&l))
			put_line(&a, &l, "");
		else if (is_header(&l, "To", 't'))
			put_to(&a, &l);
	}
	cinit_say(&a.out, "Expires: %d\r\nContent-Length: 0\r\n\r\n", atomic_load(&counters->expires));
	return a.out.len < ANSWER_MAX - 1 ? cinit_reply(m, a.text, a.out.len) : -1;
}

/* ---- the hooks of a request ---- */

static int check(struct cinit_message *m)
{
	if (m->fd >= 0 || memchr(m->data, 0, m->len))
		return -1; /* not a datagram, or not a text */
	if (strncmp(m->copy, "SIP/2.0 ", 8) == 0)
		m->kind = CINIT_ANSWER;
	else if (strncmp(m->copy, "CANCEL ", 7) == 0)
		m->kind = CINIT_CANCEL;
	else if (!is_complete(m->copy)) {
		atomic_fetch_add(&counters->dropped, 1);
		return -1;
	}
	return 0;
}

static int pre(struct cinit_message *m)
{
	(void)m;
	atomic_fetch_add(&counters->seen, 1);
	return 0;
}

static int handle(struct cinit_message *m)
{
	bool registers = strncmp(m->copy, "REGISTER ", 9) == 0;

	if (reply(m, registers ? "200 OK" : "405 Method Not Allowed") < 0)
		atomic_fetch_add(&counters->dropped, 1);
	else
		atomic_fetch_add(registers ? &counters->registered : &counters->refused, 1);
	return CINIT_TAKEN;
}

/* Nothing was asked by this pool and nothing is under way: neither is answered. */
static int ignore(struct cinit_message *m)
{
	(void)m;
	return CINIT_TAKEN;
}

/* Each thousandth is worth a line. */
static void post(struct cinit_message *m)
{
	unsigned long seen = atomic_load(&counters->seen);
	char line[64];

	(void)m;
	if (seen % 1000 != 0)
		return;
	snprintf(line, sizeof line, "%lu requests", seen);
	pool->log("registrar", line);
}

/* ---- what operators may call ---- */

/* The text becomes a number, or is refused. */
static int fix_seconds(void **param, unsigned number)
{
	char *end;
	long n = strtol((const char *)*param, &end, 10);

	(void)number;
	if (*end || end == (char *)*param || n < 1 || n > EXPIRES_MAX)
		return -1;
	*param = (void *)n;
	return 0;
}

static int set_expires(struct cinit_out *out, void **params)
{
	int n = (int)(long)params[0];

	cinit_say(out, "%d, was %d", n, atomic_exchange(&counters->expires, n));
	return 0;
}

static int show_stats(struct cinit_out *out, int argc, char **argv)
{
	(void)argc, (void)argv;
	cinit_say(out, "seen %lu, registered %lu, refused %lu, dropped %lu",
	          atomic_load(&counters->seen), atomic_load(&counters->registered),
	          atomic_load(&counters->refused), atomic_load(&counters->dropped));
	return 0;
}

static int reset_stats(struct cinit_out *out, int argc, char **argv)
{
	show_stats(out, argc, argv);
	atomic_store(&counters->seen, 0);
	atomic_store(&counters->registered, 0);
	atomic_store(&counters->refused, 0);
	atomic_store(&counters->dropped, 0);
	return 0;
}

/* ---- life ---- */

/* A further process: says now and then how it goes. */
static int reporter(int rank, void *arg)
{
	char line[64];

	(void)rank, (void)arg;
	while (sleep((unsigned)report) == 0) {
		snprintf(line, sizeof line, "%lu registered", atomic_load(&counters->registered));
		pool->log("registrar", line);
	}
	return 0;
}

static int mod_init(const struct cinit_host *host)
{
	void *shared = mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	pool = host;
	if (shared == MAP_FAILED) {
		host->why("no shared memory");
		return -1;
	}
	if (expires < 1 || expires > EXPIRES_MAX) {
		host->why("expires: not 1 to 86400 seconds");
		return -1;
	}
	counters = shared;
	atomic_store(&counters->expires, expires);
	if (report > 0 && !host->extra_process("reporter", reporter, NULL, CINIT_NO_CHILD_INIT)) {
		host->why("no room for the reporter");
		return -1;
	}
	return 0;
}

static void destroy(void)
{
	munmap(counters, sizeof *counters);
}

static const struct cinit_command commands[] = {
	{.name = "expires", .call = set_expires, .n_params = 1, .fixup = fix_seconds},
	{.name = NULL},
};

static const struct cinit_rpc rpc[] = {
	{.name = "stats", .call = show_stats, .doc = "what was seen and answered"},
	{.name = "reset", .call = reset_stats, .doc = "the same, and counts from 0"},
	{.name = NULL},
};

static const struct cinit_param params[] = {
	{.name = "expires", .type = CINIT_PARAM_INT, .number = &expires},
	{.name = "report", .type = CINIT_PARAM_INT, .number = &report},
	{.name = NULL},
};

const struct cinit_module cinit_module = {
	CINIT_MODULE_BEGIN, .name = "registrar", .version = "1", .commands = commands, .rpc = rpc,
	.params = params, .mod_init = mod_init, .check = check, .pre = pre, .handle = handle,
	.response = ignore, .cancel = ignore, .post = post, .destroy = destroy,
};
