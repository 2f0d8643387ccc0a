/* machine.c - implements src/launch/spawn.h, src/shell/process.h and parts of its neighbours. */
#include "test/fuzz/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ipc/board.h"
#include "src/limits.h"
#include "src/shell/aside.h"
#include "src/shell/check.h"
#include "src/shell/console.h"
#include "src/shell/blockers.h"
#include "src/shell/boot.h"
#include "src/shell/helper.h"
#include "src/shell/loop.h"
#include "src/shell/process.h"
#include "src/shell/relay.h"
#include "src/shell/services.h"
#include "src/shell/thrift.h"
#include "test/fuzz/check.h"
#include "test/fuzz/manager.h"

#define EXEC_FD 1000000  /* no descriptor, only more than 0 */

struct shell shell = {.console.loudness = VERBOSE};
struct choice *machine_choice;

static pid_t last_pid = 1000;

/* Descriptors and processes are made up here, so nothing of them can be compared with. */
#if defined CINIT_CHECK && CINIT_CHECK > 1
void check_event(void)
{
}
#endif

void aside_run(const char *undone, void (*work)(void *arg), void *arg)
{
	(void)undone;
	work(arg);
}

/* ---- loads ---- */

/* At once, and in this process: what it hands over is the same. */
int loading_begin(enum load_kind kind, const char *asked,
                  void (*done)(enum loaded, struct config *, const uint32_t *))
{
	uint32_t *map = calloc(shell.config->n + (size_t)1, sizeof *map);
	struct load l = {.dir = shell.dir, .engine = shell.engine, .report = services_say_finding};
	struct config *fresh;

	MUST(map);
	for (uint32_t i = 0; i < shell.config->n; i++)
		map[i] = i;
	if (kind == LOAD_EXTENDS) {
		l.asked = asked;
		l.old = shell.config;
	} else {
		l.start = shell.profile;
		l.running = shell.config;
		l.map = map;
	}
	fresh = config_load(&l);
	done(fresh ? LOADED : LOADED_NOT, fresh, map);
	free(map);
	return 0;
}

bool loading_is_busy(void)
{
	return false;
}

void loading_end(void)
{
}

void loading_describe(struct text *t)
{
	(void)t;
}

/* ---- processes ---- */

int spawn_prepare(struct spawner *sp, uint32_t words_max)
{
	(void)sp;
	(void)words_max;
	return 0;
}

/* The descriptor of ours whose number the process finds in this variable, or -1. */
static int passed(const struct launch *l, const char *variable)
{
	size_t n = strlen(variable);

	for (unsigned i = 0; i < ENVIRONMENT_OWN && l->env.own[i]; i++)
		for (unsigned k = 0; k < l->n_fds && strncmp(l->env.own[i], variable, n) == 0; k++)
			if (l->fds[k].as == atoi(l->env.own[i] + n))
				return l->fds[k].fd;
	return -1;
}

static void begin_manager(const struct launch *l, pid_t pid)
{
	int control = passed(l, "CINIT_CONTROL_FD=");

	if (control < 0)
		return;
	MUST(strcmp(l->path, shell.pool_program) == 0 && l->word && passed(l, "CINIT_READY_FD=") >= 0);
	manager_begin(pid, l->word, control, passed(l, "CINIT_READY_FD="));
}

int spawn_process(struct spawner *sp, const struct launch *l, int64_t now_ms, struct proc *p,
                  struct end *end)
{
	(void)sp;
	(void)now_ms;
	MUST(p->pid == 0 && !p->exec_fd);
	MUST(l->path && *l->path == '/' && l->argv0);
	if (choice_once_in(machine_choice, 32)) {
		*end = (struct end){.kind = END_SPAWN, .step = STEP_FORK, .code = EAGAIN};
		return -1;
	}
	p->pid = last_pid = last_pid == INT32_MAX ? 1001 : last_pid + 1;
	p->exec_fd = EXEC_FD;
	begin_manager(l, p->pid);
	return 0;
}

/* Of any entry that is carried out by a step, whether the service has it (any more) or not. */
static struct step_report report_of_entry(enum report_kind kind)
{
	unsigned n = 0, id = 0;

	for (unsigned k = 0; k < ENTRY_N; k++)
		n += (entries[k].is & IS_NESTED) != 0;
	for (n = choice_pick(machine_choice, n) + 1; n; id++)
		n -= (entries[id].is & IS_NESTED) != 0;
	return (struct step_report){
		.step = STEP_ENTRY, .error = EPERM, .entry = (int32_t)id - 1, .kind = (uint8_t)kind,
	};
}

enum spawn_heard spawn_hear(struct spawner *sp, struct proc *p, int64_t now_ms,
                            struct step_report *report, int *fd)
{
	(void)fd;
	(void)sp;
	(void)now_ms;
	if (choice_once_in(machine_choice, 16)) {
		*report = report_of_entry(REPORT_NOTE);
		return SPAWN_NOTE;
	}
	p->exec_fd = 0;
	if (!choice_once_in(machine_choice, 16))
		return SPAWN_EXECUTED;
	manager_ended(p->pid);
	*report = (struct step_report){.step = STEP_EXEC, .error = ENOENT, .entry = ENTRY_N};
	if (choice_once_in(machine_choice, 4))
		*report = report_of_entry(REPORT_FATAL);
	return SPAWN_FAILED;
}

void spawn_close(struct proc *p)
{
	*p = PROC_NONE;
}

pid_t spawn_holder(const struct spawner *sp, unsigned i)
{
	(void)sp;
	(void)i;
	return 0;
}

bool spawn_reads(const struct spawner *sp, uint32_t epoch)
{
	(void)sp;
	(void)epoch;
	return false;
}

bool spawn_is_full(const struct spawner *sp)
{
	(void)sp;
	return false;
}

bool spawn_must_wait(const struct spawner *sp, int64_t now_ms)
{
	(void)sp;
	(void)now_ms;
	return false;
}

int process_open_pidfd(struct proc *p)
{
	(void)p;
	return -1;
}

void process_close_pidfd(struct proc *p)
{
	p->pidfd = 0;
}

void process_signal(const struct proc *p, int sig)
{
	MUST(sig > 0 && p->pid >= 0);
}

enum spawn_cause process_cause(const struct end *end)
{
	return end->code == EAGAIN ? CAUSE_SHORTAGE : CAUSE_OTHER;
}

struct end process_end_of_status(int status)
{
	return (struct end){.kind = status & 0x7f ? END_SIGNAL : END_EXIT,
	                    .code = (int16_t)(status & 0x7f ? status & 0x7f : status >> 8)};
}

void machine_exec_some(struct choice *s)
{
	services_exec_result(choice_pick(s, shell.config->n), ROLE_MAIN);
}

static void end_one(uint32_t svc, enum proc_role role, int status)
{
	if (!services_proc(svc, role)->pid)
		return;
	manager_ended(services_proc(svc, role)->pid); /* its descriptors are closed first */
	services_ended(svc, role, status);
}

void machine_end_some(struct choice *s)
{
	uint32_t svc = choice_pick(s, shell.config->n);
	enum proc_role role = choice_once_in(s, 4) ? ROLE_OFF : ROLE_MAIN;
	bool badly = choice_once_in(s, 4);

	end_one(svc, role, badly ? (int)(choice_pick(s, 256) << 8 | choice_pick(s, 32)) : 0);
}

bool machine_end_all(void)
{
	bool any = false;

	for (uint32_t i = 0; i < shell.config->n; i++) {
		any = any || shell.procs.main[i].pid || shell.procs.off[i].pid;
		end_one(i, ROLE_OFF, 0);
		end_one(i, ROLE_MAIN, 0);
	}
	return any;
}

void machine_hear_some(struct choice *s)
{
	uint32_t n = shell.config->n, svc = choice_pick(s, n);

	/* mostly the next pool from there on */
	for (uint32_t k = 0; k < n && !services_is_pool(svc) && !choice_once_in(s, 256); k++)
		svc = (svc + 1) % n;
	if (choice_once_in(s, 4))
		services_ready(svc);
	else
		relay_readable(svc);
}

/* ---- the rest ---- */

int loop_watch(int fd, enum source source, uint32_t svc, enum proc_role role)
{
	MUST(fd >= 0 && role == ROLE_MAIN && svc < shell.config->n);
	MUST(source == SOURCE_EXEC ? fd == EXEC_FD : services_is_pool(svc));
	MUST(source == SOURCE_EXEC || source == SOURCE_READY || source == SOURCE_CONTROL);
	return 0;
}

void loop_rewatch(int fd, enum source source, uint32_t svc, enum proc_role role)
{
	MUST(services_proc(svc, role)->exec_fd == fd || source != SOURCE_EXEC);
}

void loop_unwatch(int fd)
{
	MUST(fd >= 0 && fd != EXEC_FD);
}

/* Nobody is killed here but by the engine, and somebody is always left: no stop gets
 * beyond that. */
enum life_left blockers_left(void)
{
	return LIFE_LEFT_SOME;
}

void blockers_signal(int sig)
{
	MUST(sig > 0 && life_is_stopping(&shell.life));
}

void blockers_name(void)
{
	MUST(life_is_stopping(&shell.life));
}

bool blockers_item(struct ipc_item *item)
{
	MUST(life_is_stopping(&shell.life));
	services_item(0, item);
	return true;
}

int helper_start(enum helper which)
{
	(void)which;
	NEVER_HAPPENS("a helper is started");
	return -1;
}

void helper_ended(const struct end *end)
{
	(void)end;
	NEVER_HAPPENS("a helper ends, and none was started");
}

void helper_shells(void)
{
	NEVER_HAPPENS("shells are all that is left");
	abort();
}

bool boot_load(void)
{
	NEVER_HAPPENS("life loads a tree");
	return false;
}

void boot_wish(void)
{
}

void boot_settled(void)
{
}

void console_flush(void)
{
}

void thrift_supervisor(void)
{
}

static char said[1200];
static struct text line;

struct text *say_begin(void)
{
	text_init(&line, said, sizeof said);
	return &line;
}

void say_end(void)
{
	MUST(line.len < sizeof said);
}

void say(const char *where, const char *what, const char *why)
{
	struct text *t = say_begin();

	text_name(t, where, strlen(where), true);
	text_name(t, what, strlen(what), true);
	text_name(t, why, strlen(why), true);
	say_end();
}

/* ---- a status board that nobody reads ---- */

static uint32_t board_rows;

static void board_begin(uint32_t n, bool changed)
{
	(void)changed;
	MUST(n == shell.config->n);
	board_rows = n;
}

static void board_put(uint32_t row, const struct ipc_item *item, bool passing)
{
	(void)passing;
	MUST(row < board_rows && item->name_len > 0);
}

static void board_end(void)
{
	board_rows = 0;
}

static struct ipc_board publisher = {
	.blank = true, .begin = board_begin, .put = board_put, .end = board_end,
};

void machine_begin_anew(void)
{
	struct life_action a;

	shell.helper = PROC_NONE;
	life_begin(&shell.life, shell.now_ms, false, true, true, false);
	while (life_next(&shell.life, shell.now_ms, &a)) /* the tree is loaded by the world */
		;
	life_event(&shell.life, shell.now_ms, &(struct life_event){
		.kind = LIFE_EV_LOADED, .ok = true, .tree = true, .start = true});
	while (life_next(&shell.life, shell.now_ms, &a))
		;
	ipc_board = &publisher;
}
