/* trace.c - a module that writes down, a line each, everything that is asked of it.
 *
 * Parameters: to=FILE; fail=STEP fails there (mod_init, INIT, MAIN, or a rank); drop=HOOK,
 * keep=N keeps each connection for N requests; extra=OPTIONS registers further processes,
 * a letter each: c with child_init, n without, e ends at once.
 *
 * It is built as several modules: -DNAME. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cinit/module.h>

#ifndef NAME
#define NAME "trace"
#endif

static const char *to = "/dev/null", *fail = "", *drop = "", *extra = "";
static int keep, took;
static int out = -1;
static const struct cinit_host *pool;
static int *shared, own;

static int note(const char *what, const char *of, int number)
{
	char line[256];
	int n = snprintf(line, sizeof line, "%s %s %s %d pid=%d uid=%d\n", NAME, what, of, number, (int)getpid(),
	                 (int)geteuid());

	if (out < 0)
		out = open(to, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	return write(out, line, (size_t)n) == n ? 0 : -1;
}

static bool fails(const char *step)
{
	if (strcmp(fail, step) != 0)
		return false;
	pool->why("told to fail at it");
	return true;
}

static char ends[] = "ends", stays[] = "stays";

static int run(int rank, void *arg)
{
	note("run", arg, rank);
	if (arg == ends)
		return 3;
	for (;;)
		pause();
	return 0;
}

static int mod_init(const struct cinit_host *host)
{
	pool = host;
	note("mod_init", "processes", (int)host->n_processes);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (const char *e = extra; *e; e++)
		note("registered", "rank", host->extra_process("further", run, *e == 'e' ? ends : stays,
		                                               *e == 'n' ? CINIT_NO_CHILD_INIT : 0));
	return shared == MAP_FAILED || fails("mod_init") ? -1 : 0;
}

static int child_init(int rank)
{
	char number[16];
	const char *what = number;

	snprintf(number, sizeof number, "%d", rank);
	if (rank == CINIT_RANK_INIT)
		what = "INIT";
	else if (rank == CINIT_RANK_MAIN)
		what = "MAIN";
	note("child_init", what, (int)pool->n_processes);
	return fails(what) ? -1 : 0;
}

static int check(struct cinit_message *m)
{
	note("check", "len", (int)m->len);
	if (m->fd < 0 && strncmp(m->copy, "answer", 6) == 0)
		m->kind = CINIT_ANSWER;
	if (m->fd < 0 && strncmp(m->copy, "cancel", 6) == 0)
		m->kind = CINIT_CANCEL;
	if (m->fd < 0 && m->len)
		m->copy[0] = '*'; /* only the copy */
	return strcmp(drop, "check") == 0 ? -1 : 0;
}

static int pre(struct cinit_message *m)
{
	note("pre", m->fd < 0 && memchr(m->data, '*', m->len) ? "changed" : "original", (int)m->len);
	return strcmp(drop, "pre") == 0 ? -1 : 0;
}

static int handle_stream(struct cinit_message *m)
{
	char buf[256];
	ssize_t n = read(m->fd, buf, sizeof buf);

	note("handle", "read", (int)n);
	if (n <= 0)
		return CINIT_TAKEN;
	cinit_reply(m, buf, (size_t)n);
	took++;
	return took % (keep + 1) ? CINIT_KEEP : CINIT_TAKEN;
}

static int handle(struct cinit_message *m)
{
	if (strcmp(drop, "handle") == 0) {
		note("handle", "passes", 0);
		return CINIT_PASS;
	}
	if (m->fd >= 0)
		return handle_stream(m);
	note("handle", "len", (int)m->len);
	if (m->len == 5 && memcmp(m->data, "crash", 5) == 0)
		raise(SIGKILL);
	cinit_reply(m, m->data, m->len);
	return CINIT_TAKEN;
}

static int response(struct cinit_message *m)
{
	note("response", "len", (int)m->len);
	return CINIT_TAKEN;
}

static int cancel(struct cinit_message *m)
{
	note("cancel", "len", (int)m->len);
	return CINIT_TAKEN;
}

static void post(struct cinit_message *m)
{
	note("post", "len", (int)m->len);
}

static void release(struct cinit_message *m)
{
	note("release", "len", (int)m->len);
}

static void destroy(void)
{
	note("destroy", "", 0);
}

/* ---- commands ---- */

static int fix_number(void **param, unsigned number)
{
	char *end;
	long n = strtol(*param, &end, 10);

	(void)number;
	if (*end)
		return -1;
	*param = malloc(sizeof n);
	memcpy(*param, &n, sizeof n);
	return 0;
}

static void unfix_number(void **param, unsigned number)
{
	free(*param);
	note("unfixed", "", (int)number);
}

static int add(struct cinit_out *o, void **params)
{
	cinit_say(o, "%ld", *(long *)params[0] + *(long *)params[1]);
	return 0;
}

static int count(struct cinit_out *o, void **params)
{
	(void)params;
	cinit_say(o, "own %d shared %d uid %d", ++own, ++*shared, (int)geteuid());
	return 0;
}

static int home(struct cinit_out *o, void **params)
{
	const char *user = getenv("USER");

	(void)params;
	cinit_say(o, "%s %s", getenv("HOME"), user ? user : "-");
	return 0;
}

static int hang(struct cinit_out *o, void **params)
{
	(void)o, (void)params;
	for (;;)
		pause();
	return 0;
}

static int crash(struct cinit_out *o, void **params)
{
	(void)o, (void)params;
	abort();
}

static int refuse(struct cinit_out *o, void **params)
{
	cinit_say(o, "not %s", (char *)params[0]);
	return -1;
}

static int hidden(struct cinit_out *o, void **params)
{
	(void)params;
	cinit_say(o, "hidden");
	return 0;
}

/* Finds what another module exports, and calls it. */
static int other(struct cinit_out *o, void **params)
{
	const struct cinit_command *c = pool->find_command(params[0]);

	if (!c)
		return -1;
	return c->call(o, params);
}

static int words(struct cinit_out *o, int argc, char **argv)
{
	for (int i = 0; i < argc; i++)
		cinit_say(o, "[%s]", argv[i]);
	return 0;
}

static int flood(struct cinit_out *o, int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int i = 0; i < 2000; i++)
		cinit_say(o, "%d,", i);
	return 0;
}

static const struct cinit_command commands[] = {
	{.name = "add", .call = add, .n_params = 2, .fixup = fix_number, .fixup_free = unfix_number},
	{.name = "count", .call = count},
	{.name = "hang", .call = hang},
	{.name = "home", .call = home},
	{.name = "crash", .call = crash},
	{.name = "refuse", .call = refuse, .n_params = 1},
	{.name = "hidden", .call = hidden, .flags = CINIT_INTERNAL},
	{.name = "other", .call = other, .n_params = 1},
	{.name = NULL},
};

static const struct cinit_rpc rpc[] = {
	{.name = "words", .call = words, .min = 1, .max = 3, .doc = "says them again"},
	{.name = "flood", .call = flood, .doc = "says more than fits"},
	{.name = NULL},
};

static const struct cinit_param params[] = {
	{.name = "to", .type = CINIT_PARAM_TEXT, .text = &to},
	{.name = "fail", .type = CINIT_PARAM_TEXT, .text = &fail},
	{.name = "drop", .type = CINIT_PARAM_TEXT, .text = &drop},
	{.name = "extra", .type = CINIT_PARAM_TEXT, .text = &extra},
	{.name = "keep", .type = CINIT_PARAM_INT, .number = &keep},
	{.name = NULL},
};

const struct cinit_module cinit_module = {
	CINIT_MODULE_BEGIN, .name = NAME, .commands = commands, .rpc = rpc, .params = params,
	.mod_init = mod_init, .child_init = child_init, .check = check, .pre = pre, .handle = handle,
	.response = response, .cancel = cancel, .post = post, .release = release, .destroy = destroy,
};
