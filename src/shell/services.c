/* services.c - between the engine and the processes of services. */
#include "src/shell/services.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ipc/cinit_ipc.h"
#include "ipc/describe.h"
#include "src/launch/prepare.h"
#include "src/limits.h"
#include "src/shell/aside.h"
#include "src/shell/board.h"
#include "src/shell/boot.h"
#include "src/shell/check.h"
#include "src/shell/console.h"
#include "src/shell/essential.h"
#include "src/shell/helper.h"
#include "src/shell/life.h"
#include "src/shell/loop.h"
#include "src/shell/process.h"
#include "src/shell/relay.h"
#include "src/shell/requests.h"
#include "src/shell/thrift.h"

/* ---- configuration ---- */

/* Only where there is one: other rows stay untouched. */
static void move_proc(struct proc *to, const struct proc *from)
{
	if (from->pid)
		*to = *from;
}

static int adopt_procs(uint32_t n, const uint32_t *map)
{
	size_t bytes = 2 * (size_t)n * sizeof(struct proc) + pids_bytes(n);
	void *block = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct service_procs procs = {block, (struct proc *)block + n};

	if (block == MAP_FAILED)
		return -1;
	for (uint32_t i = 0; map && i < shell.config->n; i++)
		if (map[i] != NO_SVC) {
			move_proc(&procs.main[map[i]], &shell.procs.main[i]);
			move_proc(&procs.off[map[i]], &shell.procs.off[i]);
		}
	if (shell.procs.main)
		munmap(shell.procs.main, shell.procs_bytes);
	shell.procs = procs;
	shell.procs_bytes = bytes;
	pids_begin(&shell.pids, procs, n, procs.off + n);
	return 0;
}

static void rewatch(uint32_t svc, enum proc_role role)
{
	const struct proc *p = services_proc(svc, role);

	if (p->exec_fd)
		loop_rewatch(p->exec_fd, SOURCE_EXEC, svc, role);
	if (p->pidfd)
		loop_rewatch(p->pidfd, SOURCE_PIDFD, svc, role);
}

/* Services have got other numbers. */
static void rewatch_all(const uint32_t *map, uint32_t n_before)
{
	for (uint32_t i = 0; i < n_before; i++) {
		if (map[i] == NO_SVC || map[i] == i)
			continue;
		rewatch(map[i], ROLE_MAIN);
		rewatch(map[i], ROLE_OFF);
	}
}

static int watch_channel(int fd, enum channel_role role, uint32_t svc)
{
	return loop_watch(fd, role == CHANNEL_READY ? SOURCE_READY : SOURCE_CONTROL, svc, ROLE_MAIN);
}

static void rewatch_channel(int fd, enum channel_role role, uint32_t svc)
{
	loop_rewatch(fd, role == CHANNEL_READY ? SOURCE_READY : SOURCE_CONTROL, svc, ROLE_MAIN);
}

const struct channel_watch services_channel_watch = {watch_channel, rewatch_channel, loop_unwatch,
                                                     aside_run};

/* All that can fail of taking a tree over. */
struct takeover {
	struct engine *engine;
	struct channels channels;
	struct reasons reasons;
};

static uint32_t count_inherited(void)
{
	uint32_t n = 0;

	for (char *const *v = services_inherited(); v && *v; v++)
		n++;
	return n;
}

static int prepare_takeover(struct takeover *t, const struct config *fresh, const uint32_t *map)
{
	int err;

	*t = (struct takeover){.engine = config_make_engine(fresh, shell.mode != MODE_MACHINE)};
	if (t->engine && spawn_prepare(&shell.spawner, fresh->words_max + count_inherited()) == 0
	    && channels_prepare(&t->channels, fresh) == 0 && reasons_prepare(&t->reasons, fresh->n) == 0
	    && adopt_procs(fresh->n, map) == 0)
		return 0;
	err = errno;
	config_free_engine(t->engine);
	channels_free(&t->channels);
	reasons_free(&t->reasons);
	errno = err;
	return -1;
}

int services_adopt(struct config *fresh, const uint32_t *map)
{
	struct takeover t;

	services_free_retired();
	if (shell.n_retired == RETIRED_MAX) {
		errno = EAGAIN;
		return -1;
	}
	if (prepare_takeover(&t, fresh, map) < 0)
		return -1;
	channels_move(&shell.channels, shell.config, &t.channels, fresh, map, &services_channel_watch);
	reasons_move(&shell.reasons, &t.reasons, map);
	shell.channels = t.channels;
	shell.reasons = t.reasons;
	if (shell.config && map)
		engine_adopt(t.engine, shell.engine, map);
	if (map) {
		rewatch_all(map, shell.config->n);
		relay_moved(map, shell.config->n);
	}
	if (shell.config)
		shell.retired[shell.n_retired++] = (struct retired){shell.config, shell.spawner.epoch};
	shell.spawner.epoch++;
	config_free_engine(shell.engine); /* no child reads it */
	shell.config = fresh;
	shell.engine = t.engine;
	shell.generation++;
	board_mark_all();
	services_free_retired();
	return 0;
}

void services_free_retired(void)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < shell.n_retired; i++)
		if (spawn_reads(&shell.spawner, shell.retired[i].epoch))
			shell.retired[kept++] = shell.retired[i];
		else
			config_free(shell.retired[i].config);
	shell.n_retired = kept;
}

void services_say_finding(void *arg, const struct finding *f)
{
	(void)arg;
	if (f->level != FINDING_NOTE)
		say(f->path, f->what, f->why);
}

/* ---- processes ---- */

struct proc *services_proc(uint32_t svc, enum proc_role role)
{
	switch (role) {
	case ROLE_MAIN: return &shell.procs.main[svc];
	case ROLE_OFF: return &shell.procs.off[svc];
	case ROLE_HELPER: break;
	}
	return &shell.helper;
}

bool services_find(pid_t pid, uint32_t *svc, enum proc_role *role)
{
	bool off;

	if (pids_find(&shell.pids, pid, svc, &off)) {
		*role = off ? ROLE_OFF : ROLE_MAIN;
		return true;
	}
	*svc = NO_SVC;
	*role = ROLE_HELPER;
	return shell.helper.pid == pid;
}

static void event(enum event_kind kind, uint32_t svc)
{
	struct event ev = {.kind = kind, .svc = svc};

	engine_event(shell.engine, shell.now_ms, &ev);
}

/* The plain facts: what they mean is the engine's to say. */
static void main_ended(uint32_t svc, const struct end *end)
{
	struct event ev = {.kind = EV_ENDED, .svc = svc, .end = *end,
	                   .said_why = *reasons_of(&shell.reasons, svc)};

	if (end->kind == END_SPAWN)
		ev.cause = process_cause(end);
	engine_event(shell.engine, shell.now_ms, &ev);
}

void services_ready(uint32_t svc)
{
	bool babbles;
	int ready = channels_hear_ready(&shell.channels, svc, &services_channel_watch, &babbles);

	if (babbles)
		say(config_name(shell.config, svc), "ready", "there is no newline in what it writes");
	if (ready <= 0)
		return;
	services_exec_result(svc, ROLE_MAIN);
	event(EV_READY, svc);
}

/* What it has said before its end comes before its end. */
static void hear_last(uint32_t svc)
{
	services_ready(svc);
	for (unsigned n = 0; n < LAST_RELAYS && relay_readable(svc); n++)
		;
	channels_close(&shell.channels, svc, CHANNEL_READY, &services_channel_watch);
	channels_close(&shell.channels, svc, CHANNEL_CONTROL, &services_channel_watch);
	relay_gone(svc);
}

static void report_end(uint32_t svc, enum proc_role role, const struct end *end)
{
	board_mark(svc);
	switch (role) {
	case ROLE_MAIN:
		hear_last(svc);
		main_ended(svc, end);
		break;
	case ROLE_OFF: event(EV_OFF_ENDED, svc); break;
	case ROLE_HELPER: helper_ended(end); break;
	}
}

extern char **environ;

char *const *services_inherited(void)
{
	static char *const path_alone[] = {(char *)(uintptr_t)DEFAULT_PATH, NULL};

	return shell.mode == MODE_MACHINE ? path_alone : environ;
}

enum terminal services_terminal(void)
{
	if (shell.mode == MODE_MACHINE)
		return TERMINAL_CONSOLE;
	return shell.terminal ? TERMINAL_SHARED : TERMINAL_NONE;
}

bool services_is_pool(uint32_t svc)
{
	return config_value(shell.config, svc, ENTRY_POOL);
}

/* The loop only has to hear of an exec where it makes a service up; of others
 * it is learned with the end, or by services_sweep(). */
static bool awaits_exec(uint32_t svc, enum proc_role role)
{
	return role == ROLE_MAIN
	       && engine_svc(shell.engine, svc)->kind & KIND_RESPAWN;
}

/* One that cannot be watched is found when reaping goes on. */
static void watch_end(uint32_t svc, enum proc_role role)
{
	struct proc *p = services_proc(svc, role);

	if (p->pid && process_open_pidfd(p) >= 0
	    && loop_watch(p->pidfd, SOURCE_PIDFD, svc, role) < 0)
		process_close_pidfd(p);
}

void services_watch(struct proc *p, uint32_t svc, enum proc_role role)
{
	/* Unwatched, its end is heard of by SIGCHLD, and a failed exec with it. */
	if (awaits_exec(svc, role) && loop_watch(p->exec_fd, SOURCE_EXEC, svc, role) < 0)
		event(EV_EXECUTED, svc);
	if (shell.ends_watched)
		watch_end(svc, role);
}

void services_watch_ends(void)
{
	if (shell.ends_watched)
		return;
	shell.ends_watched = true;
	for (uint32_t i = 0; i < shell.config->n; i++) {
		watch_end(i, ROLE_MAIN);
		watch_end(i, ROLE_OFF);
	}
	watch_end(NO_SVC, ROLE_HELPER);
}

void services_unwatch_ends(void)
{
	if (!shell.ends_watched)
		return;
	shell.ends_watched = false;
	for (uint32_t i = 0; i < shell.config->n; i++) {
		process_close_pidfd(services_proc(i, ROLE_MAIN));
		process_close_pidfd(services_proc(i, ROLE_OFF));
	}
	process_close_pidfd(services_proc(NO_SVC, ROLE_HELPER));
}

void services_sweep(void)
{
	uint32_t svc;
	enum proc_role role;

	for (unsigned i = 0; i < SPAWN_IN_FLIGHT; i++) {
		pid_t pid = spawn_holder(&shell.spawner, i);

		if (pid && services_find(pid, &svc, &role))
			services_exec_result(svc, role);
	}
	services_exec_result(NO_SVC, ROLE_HELPER);
}

/* Nobody asks what became of an `off`. */
static void keep_reason(uint32_t svc, enum proc_role role, const struct obstacle *why)
{
	if (role == ROLE_MAIN)
		reasons_set(&shell.reasons, svc, why->words, strlen(why->words));
	else if (*why->words)
		say(config_name(shell.config, svc), "off", why->words);
}

static int make_process(const struct order *o, struct proc *p, struct obstacle *why)
{
	struct prepared prepared;
	int r = prepare(&prepared, o, &shell.channels, &services_channel_watch, why);

	if (r == 0)
		r = spawn_process(&shell.spawner, &prepared.launch, shell.now_ms, p, &why->end);
	prepare_done(&prepared);
	return r;
}

static void spawn_service(uint32_t svc, enum proc_role role)
{
	struct rows rows = config_rows(shell.config, svc);
	struct proc *p = services_proc(svc, role);
	struct order o = {
		.rows = &rows, .dir = shell.dir,
		.program = role == ROLE_OFF ? ENTRY_OFF : ENTRY_ON, .svc = svc,
		.name = config_name(shell.config, svc), .profile = shell.profile,
		.main_pid = role == ROLE_OFF ? services_proc(svc, ROLE_MAIN)->pid : 0,
		.inherited = services_inherited(), .terminal = services_terminal(),
		.pool_program = shell.pool_program, .room = &shell.room,
	};
	struct obstacle why;
	int r;

	r = make_process(&o, p, &why);
	keep_reason(svc, role, &why);
	if (r < 0) {
		report_end(svc, role, &why.end);
	} else {
		pids_note(&shell.pids, svc, role == ROLE_OFF);
		services_watch(p, svc, role);
	}
}

/* The entry, its value, and what the system says: for a step that an entry asked for. */
static void describe_step(struct obstacle *o, uint32_t svc, const struct step_report *r)
{
	struct rows rows = config_rows(shell.config, svc);
	const struct value *v = rows_find(&rows, (enum entry_id)r->entry);
	char value[WORDS_MAX];
	struct text t;

	text_init(&t, value, sizeof value);
	if (v) /* a reload may have taken it away since */
		value_put(&t, &rows, v);
	obstacle_say(o, entries[r->entry].name, value, strerror(r->error));
}

/* Its start has failed at a step, or goes on without a comfort. */
static void take_report(uint32_t svc, enum proc_role role, const struct step_report *r)
{
	struct obstacle o = {.end = {END_SPAWN, (uint8_t)r->step, (int16_t)r->error}, .words = ""};
	bool of_entry = r->entry < ENTRY_N && role != ROLE_HELPER;

	if (of_entry)
		describe_step(&o, svc, r);
	else if (*r->words)
		obstacle_say(&o, step_word((unsigned)r->step), r->words, "");
	if (r->kind == REPORT_NOTE) {
		if (of_entry && reasons_is_news(&shell.reasons, svc, (unsigned)r->entry))
			say(config_name(shell.config, svc), o.words, "started without it");
		return;
	}
	if (role != ROLE_HELPER && *o.words)
		keep_reason(svc, role, &o);
	/* The child ends on its own; its exit is no news any more. */
	spawn_close(services_proc(svc, role));
	report_end(svc, role, &o.end);
}

/* The process has opened a socket of its service, which outlives it. */
static void take_socket(uint32_t svc, const struct step_report *r, int fd)
{
	const struct held held = {.fd = fd, .is_file = r->is_file, .dev = (dev_t)r->dev,
	                          .ino = (ino_t)r->ino};

	if (!channels_take(&shell.channels, svc, (uint32_t)r->error, &held))
		say(config_name(shell.config, svc), "listen", "a socket is not kept over its next start");
}

void services_exec_result(uint32_t svc, enum proc_role role)
{
	struct proc *p = services_proc(svc, role);
	struct step_report r;
	int fd;

	while (p->exec_fd) {
		switch (spawn_hear(&shell.spawner, p, shell.now_ms, &r, &fd)) {
		case SPAWN_NOTHING: return;
		case SPAWN_SOCKET: take_socket(svc, &r, fd); break;
		case SPAWN_NOTE:
		case SPAWN_FAILED: take_report(svc, role, &r); break;
		case SPAWN_EXECUTED:
			if (role == ROLE_MAIN)
				event(EV_EXECUTED, svc);
			break;
		}
	}
}

void services_ended(uint32_t svc, enum proc_role role, int status)
{
	struct proc *p = services_proc(svc, role);
	struct end end = process_end_of_status(status);
	pid_t pid = p->pid;

	services_exec_result(svc, role);
	if (p->pid != pid)
		return; /* never executed: said already, a helper may have been followed by another */
	spawn_close(p);
	report_end(svc, role, &end);
}

/* ---- what is said ---- */

void services_item(uint32_t svc, struct ipc_item *item)
{
	const struct config *c = shell.config;
	const struct svc *s = engine_svc(shell.engine, svc);
	const char *name = config_name(c, svc), *detail = "";
	char limit[24];
	struct text time;
	uint32_t other;
	size_t n;

	memset(item, 0, sizeof *item);
	item->state = s->live.state;
	item->why = (uint8_t)engine_why(shell.engine, svc, &other);
	item->flags = (uint8_t)((s->live.wish ? ITEM_WISH : 0)
	                        | (s->kind & KIND_RESPAWN ? ITEM_RESPAWN : 0)
	                        | (s->kind & KIND_ON ? 0 : ITEM_GROUP)
	                        | (services_is_pool(svc) ? ITEM_POOL : 0));
	item->crashes = s->live.crashes;
	item->end = s->live.end;
	item->pid = shell.procs.main[svc].pid;
	item->since_ms = s->live.since_ms;
	item->deadline_ms = s->live.deadline_ms == NEVER ? 0 : s->live.deadline_ms;
	text_init(&time, limit, sizeof limit);
	if (other != NO_SVC) {
		detail = config_name(c, other);
		item->other_state = engine_svc(shell.engine, other)->live.state;
		item->other_end = engine_svc(shell.engine, other)->live.end;
	} else if (item->why == WHY_LOAD) {
		detail = config_str(c, config_svc(c, svc)->refusal);
	} else if (item->why == WHY_LATE) {
		describe_time(&time, s->on_ms);
		detail = limit;
	} else if (item->why == WHY_END || item->why == WHY_DELAY) {
		detail = reasons_of(&shell.reasons, svc);
	}
	if (*detail && item->why == WHY_END)
		item->why = WHY_SAID;
	n = strlen(name);
	item->name_len = (uint8_t)n;
	memcpy(item->name, name, n);
	n = strlen(detail) < 255 ? strlen(detail) : 255;
	item->detail_len = (uint8_t)n;
	memcpy(item->detail, detail, n);
}

/* Is this change worth a line at this loudness? */
static bool worth_saying(unsigned from, unsigned to)
{
	/* who are killed all at once have been named together */
	enum loudness loud = shell.console.loudness;
	bool forced = shell.life.forced && loud != VERBOSE;
	bool bad = to == SVC_FAILED || to == SVC_BLOCKED || to == SVC_KILLING || to == SVC_BACKOFF
	           || to == SVC_REFUSED || to == SVC_OFF_KILLED;
	bool plain = to == SVC_UP || (to == SVC_DOWN && from != SVC_WAITING);

	return !forced && (bad || loud == VERBOSE || (plain && loud == NORMAL));
}

static void say_change(const struct action *a)
{
	struct ipc_item item;
	struct text *t;
	size_t before;

	if (!worth_saying(a->from, a->to))
		return;
	services_item(a->svc, &item);
	t = say_begin();
	text_name(t, item.name, item.name_len, true);
	text_str(t, ": ");
	text_str(t, shell.console.loudness == VERBOSE ? state_detail(a->from) : state_word(a->from));
	text_str(t, " -> ");
	text_str(t, shell.console.loudness == VERBOSE ? state_detail(a->to) : state_word(a->to));
	before = t->len;
	text_str(t, " (");
	describe_why(t, &item, shell.now_ms, true);
	if (t->len == before + 2)
		t->len = before;
	else
		text_char(t, ')');
	say_end();
}

/* "NAME: process N", of the one that was killed last. */
static struct text *say_begin_process(uint32_t svc)
{
	const char *name = config_name(shell.config, svc);
	bool off = engine_svc(shell.engine, svc)->live.state == SVC_OFF_KILLED;
	struct text *t = say_begin();

	text_name(t, name, strlen(name), true);
	text_str(t, ": process ");
	text_i64(t, off ? shell.procs.off[svc].pid : shell.procs.main[svc].pid);
	return t;
}

static void say_stuck(uint32_t svc)
{
	struct text *t = say_begin_process(svc);

	text_str(t, " has not ended ");
	text_seconds(t, STUCK_SAY_MS, 0);
	text_str(t, " s after KILL");
	say_end();
}

static void say_given_up(uint32_t svc)
{
	text_str(say_begin_process(svc), " survives KILL, going on without it");
	say_end();
}

/* ---- actions ---- */

/* In a forced end nobody is made for those who are killed: that has failed at once. */
static void spawn(uint32_t svc, enum proc_role role)
{
	const struct end canceled = {.kind = END_SPAWN, .step = STEP_FORK, .code = ECANCELED};

	if (shell.life.forced)
		report_end(svc, role, &canceled);
	else
		spawn_service(svc, role);
}

/* A shell that somebody sits at ignores TERM: it ends when its terminal does. */
static void terminate(uint32_t svc)
{
	const struct proc *p = services_proc(svc, ROLE_MAIN);
	struct rows rows = config_rows(shell.config, svc);

	process_signal(p, SIGTERM);
	if (input_is_terminal(&rows, services_terminal()))
		process_signal(p, SIGHUP);
	process_signal(p, SIGCONT);
}

static void act(const struct action *a)
{
	board_mark(a->svc);
	switch (a->kind) {
	case ACT_CHANGED:
		shell.generation++;
		say_change(a);
		if (a->to == SVC_UP)
			ipc_recheck = true; /* it may have mounted something over RUNDIR */
		if (a->to == SVC_UP && shell.machine)
			shell.machine->service_up();
		break;
	case ACT_SPAWN:
		spawn(a->svc, ROLE_MAIN);
		break;
	case ACT_SPAWN_OFF:
		spawn(a->svc, ROLE_OFF);
		break;
	case ACT_TERM:
		terminate(a->svc);
		break;
	case ACT_KILL:
		process_signal(services_proc(a->svc, ROLE_MAIN), SIGKILL);
		break;
	case ACT_KILL_OFF:
		process_signal(services_proc(a->svc, ROLE_OFF), SIGKILL);
		break;
	case ACT_STUCK:
		say_stuck(a->svc);
		break;
	case ACT_GIVE_UP:
		say_given_up(a->svc);
		break;
	case ACT_ANSWER:
		board_publish(); /* whoever is answered may look at once */
		requests_answer(a);
		break;
	case ACT_ESSENTIAL:
		essential_act(a);
		break;
	case ACT_SETTLED:
		boot_settled();
		thrift_supervisor();
		break;
	case ACT_DONE: /* files are removed while life waits for those who are left */
		channels_end(&shell.channels, shell.config, &services_channel_watch);
		life_tell(&(struct life_event){.kind = LIFE_EV_DOWN});
		break;
	}
}

static bool act_on_some(void)
{
	struct engine *e = shell.engine;
	struct action a;

	for (unsigned n = 0; n < TURN_ACTIONS; n++) {
		if (spawn_is_full(&shell.spawner))
			services_sweep();
		if (spawn_must_wait(&shell.spawner, shell.now_ms))
			return true;
		if (!engine_next(e, shell.now_ms, &a))
			return false;
		act(&a);
		check_event();
	}
	return true;
}

bool services_act(void)
{
	bool more = act_on_some();

	board_publish();
	return more;
}
