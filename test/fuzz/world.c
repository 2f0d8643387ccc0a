/* world.c - boots the tree, chooses what happens next. */
#include "test/fuzz/world.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/ask.h"
#include "client/lib/handle.h"
#include "client/show.h"
#include "ipc/describe.h"
#include "ipc/pool.h"
#include "src/tree/config.h"
#include "src/shell/board.h"
#include "src/shell/life.h"
#include "src/shell/relay.h"
#include "src/shell/services.h"
#include "src/shell/shell.h"
#include "test/fuzz/check.h"
#include "test/fuzz/machine.h"
#include "test/fuzz/manager.h"
#include "test/fuzz/oracle.h"
#include "test/fuzz/shape.h"
#include "test/fuzz/values.h"

#define CLIENTS 64
#define AFTER_END 256  /* steps that a system takes which a request has ended */
#define LONG "long-name-of-two-hundred-and-fifty-five-bytes-0123456789-0123456789-0123456789-" \
	"0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-" \
	"0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-0123456789-" \
	"0123456789-0123456789"

struct world_counts world_counts;
enum cinit_charset ask_charset = CINIT_ASCII; /* what client/show.c asks its program */

/* The tree, a line each: a service and what it has. */
static const struct {
	const char *name;
	bool on, off, respawn, pool;
	const char *needs[4];
	const char *wants;
} plan[] = {
	{"init", false, false, false, false, {"web", "db", "login", "pool"}, "batch"},
	{"web", true, false, true, false, {"net", "log"}, "cache"},
	{"db", true, false, true, false, {"disk"}, "log"},
	{"login", true, false, true, false, {"net"}, ""},
	{"net", true, true, false, false, {"modules"}, ""},
	{"disk", true, true, false, false, {"modules"}, ""},
	{"modules", true, false, false, false, {""}, ""},
	{"log", true, false, true, false, {"disk"}, ""},
	{"pool", true, false, true, true, {""}, "cache"},
	{"group/pool", true, true, true, true, {""}, "pool"},
	{"cache", true, false, true, false, {""}, ""},
	{"batch", true, false, false, false, {"group/a", "group/b"}, "group/pool"},
	{"group/a", false, false, false, false, {""}, "group/b"},
	{"group/b", false, false, false, false, {""}, ""},
	{LONG, true, false, true, false, {"late"}, ""},
	{"late", true, false, true, false, {"net"}, ""},
};

/* What requests name: mostly services that are loaded. */
static const char *const names[] = {
	"init", "web", "db", "login", "net", "disk", "modules", "log", "cache", "batch",
	"group/a", "group/b", "init", "web", "db", "login", "net", "disk", "modules", "log",
	"cache", "batch", "group/a", "group/b", "web", "db", "net", "cache", "batch", "log",
	"refused", "", "pool", "pool", "pool", "pool", "group/pool", "group/pool",
};
static const char *const rare_names[] = {
	"late", LONG, "none", "/etc", "../svc/web", "group", "a\nb", "group/../web", "refused",
	LONG "x",
};

static char tree[PATH_MAX];
static struct shape shape = {.names = names, .n_names = sizeof names / sizeof *names};
static struct config *booted;
static struct engine *fresh;    /* its engine as it was before the boot */
static bool slow; /* time hardly passes: tables fill up */

/* ---- the tree ---- */

static const char *below(const char *name, const char *entry)
{
	static char path[2 * PATH_MAX];
	struct text t;

	text_init(&t, path, sizeof path);
	text_str(&t, tree);
	text_str(&t, "/svc/");
	text_str(&t, name);
	text_str(&t, "/");
	text_str(&t, entry);
	return path;
}

static void make_edge(const char *from, const char *kind, const char *to)
{
	char target[PATH_MAX], entry[PATH_MAX];
	struct text t;

	if (!to || !*to)
		return;
	mkdir(below(from, kind), 0755);
	text_init(&t, target, sizeof target);
	text_str(&t, below(to, ""));
	text_init(&t, entry, sizeof entry);
	text_str(&t, kind);
	text_char(&t, '/');
	for (const char *c = to; *c; c++)
		text_char(&t, *c == '/' ? '-' : *c);
	MUST(symlink(target, below(from, entry)) == 0);
}

static void make_file(const char *name, const char *entry, const char *text)
{
	int fd = open(below(name, entry), O_CREAT | O_WRONLY, 0644);
	ssize_t n = (ssize_t)strlen(text);

	MUST(fd >= 0 && write(fd, text, (size_t)n) == n && close(fd) == 0);
}

static void make_pool(const char *name)
{
	char line[PATH_MAX];
	struct text t;

	text_init(&t, line, sizeof line);
	text_str(&t, "unix ");
	text_str(&t, below(name, "s"));
	MUST(!t.cut && mkdir(below(name, "pool"), 0755) == 0);
	make_file(name, "listen", line);
}

/* Everything that a process may be given beside its program: each service that has one has
 * all of it, so that a step which failed may have been any. */
static bool may_have(int id, bool pool)
{
	return entries[id].is & IS_NESTED && !(pool && id == ENTRY_TTY); /* a terminal is for one */
}

static void make_settings(const char *name, bool pool)
{
	for (int id = 0; id < ENTRY_N; id++)
		if (may_have(id, pool) && good_values[id])
			make_file(name, entries[id].name, good_values[id]);
}

/* They are in the table, and none was overlooked. */
static void check_settings(const struct config *c)
{
	for (uint32_t i = 0; i < c->n; i++)
		for (int id = 0; id < ENTRY_N; id++)
			if (may_have(id, config_value(c, i, ENTRY_POOL)) && config_node(c, i)->kind & KIND_ON)
				MUST(config_value(c, i, (enum entry_id)id));
}

static void make_service(unsigned i)
{
	if (plan[i].on)
		MUST(symlink("/bin/true", below(plan[i].name, "on")) == 0);
	if (plan[i].off)
		MUST(symlink("/bin/true", below(plan[i].name, "off")) == 0);
	if (plan[i].respawn)
		make_file(plan[i].name, "respawn", "");
	if (plan[i].pool)
		make_pool(plan[i].name);
	if (plan[i].on)
		make_settings(plan[i].name, plan[i].pool);
	for (unsigned k = 0; k < 4; k++)
		make_edge(plan[i].name, "needs", plan[i].needs[k]);
	make_edge(plan[i].name, "wants", plan[i].wants);
}

static void make_tree(void)
{
	const char *tmp = getenv("TMPDIR");
	struct text t;

	text_init(&t, tree, sizeof tree);
	text_str(&t, tmp && *tmp ? tmp : "/tmp");
	text_str(&t, "/cinit-fuzz.XXXXXX");
	MUST(mkdtemp(tree));
	MUST(mkdir(below("", ""), 0755) == 0);
	MUST(mkdir(below("group", ""), 0755) == 0);
	MUST(mkdir(below("refused", ""), 0755) == 0);
	for (unsigned i = 0; i < sizeof plan / sizeof *plan; i++)
		MUST(mkdir(below(plan[i].name, ""), 0755) == 0);
	for (unsigned i = 0; i < sizeof plan / sizeof *plan; i++)
		make_service(i);
	make_edge("refused", "needs", "refused"); /* of itself */
	make_edge("init", "wants", "refused");
}

static void remove_below(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0
		    && unlinkat(dirfd(d), e->d_name, 0) < 0)
			remove_below(dirfd(d), e->d_name);
	if (d)
		closedir(d);
	unlinkat(at, name, AT_REMOVEDIR);
}

void world_end(void)
{
	remove_below(AT_FDCWD, tree);
}

/* ---- boot ---- */

static void keep_engine(void)
{
	const struct engine *e = shell.engine;

	free(fresh);
	fresh = malloc(e->size);
	MUST(fresh);
	memcpy(fresh, e, e->size);
	booted = shell.config;
}

static void load(void)
{
	struct load l = {.dir = shell.dir, .start = shell.profile, .report = services_say_finding};
	struct config *c = config_load(&l);

	MUST(c && c->start != NO_SVC);
	check_settings(c);
	MUST(services_adopt(c, NULL) == 0);
	keep_engine();
}

static void boot(void)
{
	struct event ev = {.kind = EV_BOOT, .svc = shell.config->start};

	engine_event(shell.engine, shell.now_ms, &ev);
}

void world_begin(void)
{
	struct choice s = choice_of_seed(1);

	signal(SIGPIPE, SIG_IGN); /* managers write to whom has closed */
	make_tree();
	shell.dir = tree;
	shell.profile = "init";
	shell.pool_program = "/sbin/cinit.pool";
	shell.mode = MODE_CONTAINER;
	shell.now_ms = oracle_now_ms;
	machine_choice = &s;
	machine_begin_anew();
	load();
	boot();
}

static void pass_time(int64_t ms)
{
	oracle_now_ms += ms;
	shell.now_ms = oracle_now_ms;
}

/* Everything that was asked is answered when a system has ended, and no process is left:
 * so none may have been killed for so long by then that it is given up. */
static void shut_down(void)
{
	machine_end_all();
	life_request(SHUTDOWN_POWEROFF, LIFE_BY_SIGNAL);
	for (unsigned i = 0; i < 10000 && (oracle_open() || !shell.engine->done); i++) {
		while (services_act())
			;
		machine_end_all();
		pass_time(1000);
	}
	MUST(oracle_open() == 0);
	MUST(shell.engine->done);
	machine_end_all(); /* what was given up ends at last, */
	while (services_act())
		;
	MUST(!machine_end_all()); /* and nothing comes after it */
}

void world_round(struct choice *s)
{
	machine_choice = s;
	shut_down();
	pass_time(IPC_EXPIRES_MAX_MS);
	machine_begin_anew();
	if (shell.config != booted)
		load();
	else
		memcpy(shell.engine, fresh, fresh->size);
	board_mark_all();
	boot();
	slow = choice_once_in(s, 8);
}

/* ---- the client's direction ---- */

static void read_answer(const struct ipc_record *answer, size_t n)
{
	static char out[16384];
	static struct cinit_item items[64];
	struct ipc_item item;
	struct ipc_worker worker;
	struct ipc_pool pool;
	struct ipc_record *r = malloc(sizeof *r); /* on the heap its bounds are watched */
	size_t cursor = 0, n_items = 0;
	struct text t;

	MUST(r);
	*r = *answer;
	if (record_take_answer(r, n) == 0) {
		world_counts.answers_read++;
		while (n_items < 64 && record_get_item(r, &cursor, &item))
			item_public(&items[n_items++], &item);
		MUST(n_items < 64 && cursor <= sizeof r->payload && (!n_items || cursor <= r->payload_len));
		result_word(r->result);
		if (record_get_pool(r, &pool))
			for (unsigned i = 0; record_get_worker(r, i, &worker); i++)
				world_counts.workers_read++;
	}
	free(r);
	world_counts.items_read += n_items;
	text_init(&t, out, sizeof out);
	show_json(&t, items, n_items);
	text_clear(&t);
	show_table(&t, items, n_items, (struct look){.colour = true, .fold = true});
	MUST(t.len < sizeof out);
}

static void hostile_answer(struct choice *s)
{
	struct ipc_record r;
	size_t n;

	shape_answer(s, &shape, &r, &n);
	read_answer(&r, n);
}

/* ---- steps ---- */

static struct ipc_address some_client(struct choice *s)
{
	uint64_t a = choice_pick(s, CLIENTS);

	return (struct ipc_address){a, a * 0x9e3779b97f4a7c15u};
}

static void request(struct choice *s)
{
	struct ipc_address from = some_client(s);
	struct ipc_record r;
	size_t n;
	bool may_command = !choice_once_in(s, 8), rare = choice_once_in(s, 256);

	if (rare) {
		shape.names = rare_names;
		shape.n_names = sizeof rare_names / sizeof *rare_names;
	}
	shape_request(s, &shape, oracle_now_ms, &r, &n);
	if (rare) {
		shape.names = names;
		shape.n_names = sizeof names / sizeof *names;
	}
	oracle_deaf = choice_once_in(s, 64);
	oracle_feed(&r, n, from, may_command);
	oracle_deaf = false;
}

/* A record as it stands in the input, for seeds and what is bred from them; times
 * are told from now. */
static void raw_request(struct choice *s)
{
	unsigned how = choice_pick(s, 256);
	struct ipc_record r;

	choice_fill(s, &r, sizeof r);
	if (how & 1) {
		r.magic = IPC_MAGIC;
		r.version = IPC_VERSION;
		r.size = sizeof r;
	}
	if (how & 2 && r.expires_ms > 0 && r.expires_ms <= INT64_MAX - oracle_now_ms)
		r.expires_ms += oracle_now_ms;
	if (how & 2 && r.answer_by_ms > 0 && r.answer_by_ms <= INT64_MAX - oracle_now_ms)
		r.answer_by_ms += oracle_now_ms;
	if (how & 4)
		read_answer(&r, sizeof r);
	else
		oracle_feed(&r, sizeof r, some_client(s), !(how & 8));
}

static void act(struct choice *s)
{
	oracle_deaf = choice_once_in(s, 16);
	relay_turn();
	if (!services_act())
		life_idle();
	oracle_deaf = false;
}

/* The tree loses a service, or gets it back, and is loaded anew. */
static void change_tree(void)
{
	static bool moved;
	char from[PATH_MAX];
	struct text t;

	text_init(&t, from, sizeof from);
	text_str(&t, below(moved ? "zz-moved" : "cache", ""));
	MUST(rename(from, below(moved ? "cache" : "zz-moved", "")) == 0);
	moved = !moved;
	life_tell(&(struct life_event){.kind = LIFE_EV_RELOAD});
}

enum { STEPS = 72, STEP_RAW = STEPS - 1 };

static void step(struct choice *s)
{
	switch (choice_pick(s, STEPS)) {
	case STEP_RAW: raw_request(s); break;
	case 0: pass_time(choice_pick(s, slow ? 4 : 65536)); break;
	case 1: pass_time(choice_pick(s, slow ? 2 : 4096)); break;
	case 2: pass_time(choice_pick(s, slow ? 2 : 256)); break;
	case 3:
		if (choice_once_in(s, slow ? 256 : 4))
			oracle_gone(some_client(s));
		break;
	case 4:
		if (choice_once_in(s, slow ? 256 : 16))
			oracle_only((uint64_t)1 << choice_pick(s, 6));
		break;
	case 5: oracle_answer_late(choice_pick(s, 64)); break;
	case 6:
	case 7: hostile_answer(s); break;
	case 19:
		if (choice_once_in(s, 64))
			change_tree();
		break;
	case 20:
	case 21:
	case 22:
	case 23:
	case 24:
	case 25: manager_step(s); break;
	case 26:
	case 27:
	case 28: machine_hear_some(s); break;
	case 8:
	case 9: machine_exec_some(s); break;
	case 10:
	case 11:
	case 12: machine_end_some(s); break;
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
	case 18: act(s); break;
	default: request(s); break;
	}
}

void world_step(struct choice *s)
{
	static unsigned after_end;

	machine_choice = s;
	step(s);
	/* Whoever waits in the engine is somebody whose request is open. */
	MUST(shell.engine->n_waiters <= oracle_open());
	MUST(!engine_check(shell.engine, shell.engine->size));
	if (shell.config != booted)
		booted = NULL; /* now: a later load may lie at its place again */
	after_end = life_is_stopping(&shell.life) ? after_end + 1 : 0;
	if (after_end == AFTER_END)
		world_round(s);
}

/* ---- seeds ---- */

static size_t seed_of(const struct ipc_record *r, unsigned how, uint8_t *input)
{
	input[0] = STEP_RAW;
	input[1] = (uint8_t)how;
	memcpy(input + 2, r, sizeof *r);
	input[2 + sizeof *r] = 5; /* the client's number */
	input[3 + sizeof *r] = 13; /* and the engine acts */
	input[4 + sizeof *r] = 0;
	return 5 + sizeof *r;
}

static void seed_answer(struct ipc_record *r)
{
	struct ipc_item item = {.state = SVC_BLOCKED, .why = WHY_CULPRIT, .other_state = SVC_FAILED,
	                        .end = {.kind = END_EXIT, .code = 2}, .name_len = 3, .detail_len = 3,
	                        .name = "web", .detail = "net"};

	r->result = RES_DONE;
	while (record_put_item(r, &item))
		;
}

size_t world_seed(unsigned i, uint8_t *input)
{
	struct ipc_record r;

	record_init(&r);
	r.id = i + 1;
	r.token = i + 1;
	r.expires_ms = 20000;
	record_set_name(&r, names[1 + i % 11], strlen(names[1 + i % 11]));
	if (i < VERB_N - 1) {
		r.verb = (uint16_t)(VERB_START + i);
		r.goal = r.verb == VERB_WAIT ? GOAL_UP : GOAL_NOW;
		return seed_of(&r, 3, input);
	}
	i -= VERB_N - 1;
	if (i < GOAL_N) {
		r.verb = VERB_WAIT;
		r.goal = (uint16_t)i;
		r.answer_by_ms = 100;
		return seed_of(&r, 3, input);
	}
	r.payload_len = 0;
	if (i == GOAL_N)
		seed_answer(&r);
	return i > GOAL_N ? 0 : seed_of(&r, 7, input);
}
