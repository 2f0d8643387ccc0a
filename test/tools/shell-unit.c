/* shell-unit.c - unit tests of src/shell/check: a supervisor's block that is right, and the same
 * with one value changed.
 *
 *   shell-unit TREE
 *
 * The tree has a pool and a service that listens on one line; everything of it is started. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "src/shell/check.h"
#include "src/tree/config.h"
#include "test/tools/unit.h"

/* What a build that checks would say it with. */
struct shell shell;

void say(const char *where, const char *what, const char *why)
{
	printf("%s: %s: %s\n", where, what, why);
}

void console_flush(void)
{
	fflush(stdout);
}

/* ---- a block that is right ---- */

static const char *tree;
static struct shell right;
static uint32_t pool;

static void report(void *arg, const struct finding *f)
{
	(void)arg;
	printf("# %s: %s: %s\n", f->path, f->what, f->why);
}

static void need(bool there)
{
	if (there)
		return;
	puts("# the tree is not as it has to be");
	exit(1);
}

static struct engine *started(const struct config *c)
{
	struct engine *e = config_make_engine(c, true);
	struct action a;

	for (uint32_t i = 0; e && i < c->n; i++)
		engine_event(e, 0, &(struct event){.kind = EV_START, .svc = i, .answer_by_ms = NEVER});
	while (e && engine_next(e, 0, &a))
		if (a.kind == ACT_SPAWN)
			right.procs.main[a.svc].pid = (pid_t)(1000 + a.svc);
	return e;
}

static void make_channels(const struct config *c)
{
	need(channels_prepare(&right.channels, c) == 0 && right.channels.n == 3);
	for (uint32_t i = 0; i < right.channels.n; i++)
		right.channels.row[i].held.fd = 0;
}

static void make(void)
{
	const struct load l = {.dir = tree, .start = "init", .report = report};
	struct config *c = config_load(&l);

	need(c);
	pool = config_find(c, "pool", 4);
	need(pool != NO_SVC);
	right.config = c;
	right.procs.main = calloc(c->n, sizeof(struct proc));
	right.procs.off = calloc(c->n, sizeof(struct proc));
	right.helper = PROC_NONE;
	life_begin(&right.life, 0, false, true, true, false);
	right.engine = started(c);
	pids_begin(&right.pids, right.procs, c->n, calloc(1, pids_bytes(c->n))); /* 64 slots */
	make_channels(c);
	right.reasons.n = c->n;
	right.procs.main[pool].slot = 3 + 1;
	right.spawner.held_by[3] = right.procs.main[pool].pid;
	right.spawner.n_held = 1;
	right.spawner.epoch = 5;
	right.relay.n = 1;
	right.relay.last_id = 7;
	right.relay.row[2] = (struct relayed){.handle = 1, .svc = pool, .id = 7};
	right.loading.said_fd = right.loading.memory_fd = -1;
	right.pending.n = 1;
}

static void are_right(void)
{
	struct shell empty = right;
	const char *wrong = shell_check(&right);

	if (wrong)
		printf("# %s\n", wrong);
	CHECK(!wrong);
	empty.config = NULL;
	empty.engine = NULL;
	CHECK(!shell_check(&empty));
}

/* ---- one value changed ---- */

static struct shell s; /* right, but for this */

static void finds(const char *should)
{
	const char *wrong = shell_check(&s);

	if (!wrong || strcmp(wrong, should) != 0)
		printf("# %s: not %s\n", wrong ? wrong : "nothing", should);
	CHECK(wrong && strcmp(wrong, should) == 0);
	s = right;
}

static struct proc *main_of(uint32_t svc)
{
	return &right.procs.main[svc];
}

static void processes(void)
{
	static uint32_t no_pids[64];
	struct proc was = *main_of(pool);

	*main_of(pool) = PROC_NONE;
	finds("engine and shell do not agree on what is alive");
	right.procs.off[pool].pid = 5;
	*main_of(pool) = was;
	finds("engine and shell do not agree on what is alive");
	right.procs.off[pool].pid = 0;
	right.procs.off[pool].exec_fd = 3;
	finds("something is left of a process that there is not");
	right.procs.off[pool].exec_fd = 0;
	main_of(pool)->exec_fd = 999;
	finds("the descriptor of a process is not open");
	*main_of(pool) = was;
	main_of(pool)->pidfd = 1;
	finds("a process is watched although none is");
	*main_of(pool) = was;
	main_of(pool)->slot = 4 + 1;
	finds("a process is in memory that is another's");
	*main_of(pool) = was;
	s.pids.n_used = s.pids.n_slots;
	finds("the table of pids is another tree's");
	s.pids.n++;
	finds("the table of pids is another tree's");
	s.pids.slot = no_pids;
	finds("a process is not found by its pid");
	s.life.state = LIFE_N_STATES;
	finds("a field is out of its range");
	s.life.helper = HELPER_LAST;
	finds("life waits for a helper that there is not");
}

static void memory(void)
{
	s.spawner.n_held = 2;
	finds("memory for children is counted wrong");
	s.spawner.held_by[0] = -1;
	finds("memory for a child is held by what cannot be");
	s.spawner.epoch_of[3] = 6;
	finds("memory for a child is held by what cannot be");
	s.n_retired = RETIRED_MAX + 1;
	finds("there are more retired configs than there can be");
	s.n_retired = 1;
	finds("a retired config is none");
	s.n_retired = 1;
	s.retired[0] = (struct retired){s.config, 1};
	finds("a retired config is none");
	s.console.n_kept = sizeof s.console.kept + 1;
	finds("the console keeps more than it can");
}

static void channels(void)
{
	struct channel *row = right.channels.row, was = row[0];

	row[0].svc = right.config->n;
	finds("a channel is nobody's");
	row[0] = row[1];
	finds("channels are out of order");
	row[0] = was;
	row[0].held.fd = 999;
	finds("a channel's descriptor is not open");
	row[0] = was;
	s.reasons.n++;
	finds("there are not as many reasons as services");
}

static void requests(void)
{
	s.relay.n = 0;
	finds("requests that were passed on are counted wrong");
	s.relay.row[2].svc = s.config->start;
	finds("a request was passed on to what is no pool");
	s.relay.row[2].id = 8;
	finds("a request has a number that was not given yet");
	s.pending.n = LOAD_PENDING_MAX + 1;
	finds("more requests wait for a load than there is room for");
	s.pending.at[0].name[SVC_NAME_MAX] = 'x';
	finds("a request that waits has a name without an end");
}

static void load_and_loop(void)
{
	static struct load_place place;

	s.loading.progress = &place;
	finds("something is left of a load that is over");
	s.loading.busy = true;
	finds("a load lacks what it works with");
	s.loop.signal_fd = 999;
	finds("the loop has lost a descriptor");
	s.engine = NULL;
	finds("there is an engine without a config, or the other way round");
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	tree = argv[1];
	make();
	s = right;
	test("a block that is right is found right, and one before its first tree", are_right);
	test("a process that engine, shell and memory do not agree on is found", processes);
	test("memory that is counted wrong is found", memory);
	test("a channel that is nobody's, or closed, is found", channels);
	test("a request that waits for nobody is found", requests);
	test("a load that lost what it works with is found, and so is a loop", load_and_loop);
	return failures != 0;
}
