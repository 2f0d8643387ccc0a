/* machine.c - implements src/shell/process.h and parts of its neighbours. */
#include "test/fuzz/machine.h"

#include <errno.h>
#include <string.h>

#include "ipc/board.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/ending.h"
#include "src/shell/helper.h"
#include "src/shell/loop.h"
#include "src/shell/process.h"
#include "src/shell/rescue.h"
#include "src/shell/services.h"
#include "src/shell/thrift.h"
#include "test/fuzz/check.h"

#define EXEC_FD 1000000  /* no descriptor, only more than -1 */

struct shell shell;
struct choice *machine_choice;
enum loudness console_loudness = VERBOSE;

static pid_t last_pid = 1000;
static bool ending;

/* ---- processes ---- */

const char spawn_listen_pid[] = "";

int process_move_fd(int fd)
{
	return fd;
}

int process_prepare(uint32_t words_max)
{
	(void)words_max;
	return 0;
}

int process_spawn(const struct spawn *s, struct proc *p, struct end *end)
{
	MUST(p->pid == 0 && p->exec_fd < 0);
	MUST(s->path && *s->path == '/' && s->argv0);
	if (choice_once_in(machine_choice, 32)) {
		*end = (struct end){.kind = END_SPAWN, .step = STEP_FORK, .code = EAGAIN};
		return -1;
	}
	p->pid = last_pid = last_pid == INT32_MAX ? 1001 : last_pid + 1;
	p->exec_fd = EXEC_FD;
	return 0;
}

int process_exec_result(struct proc *p, struct end *end)
{
	p->exec_fd = -1;
	if (!choice_once_in(machine_choice, 16))
		return 1;
	*end = (struct end){.kind = END_SPAWN, .step = STEP_EXEC, .code = ENOENT};
	return -1;
}

int process_open_pidfd(struct proc *p)
{
	return p->pidfd;
}

void process_close_pidfd(struct proc *p)
{
	p->pidfd = -1;
}

void process_forget(struct proc *p)
{
	*p = (struct proc){.pidfd = -1, .exec_fd = -1, .slot = -1};
}

void process_signal(const struct proc *p, int sig)
{
	MUST(sig > 0 && p->pid >= 0);
}

bool process_worth_retry(const struct end *end)
{
	return end->code == EAGAIN;
}

unsigned process_in_flight(void)
{
	return 0;
}

bool process_is_full(void)
{
	return false;
}

bool process_must_wait(int64_t now_ms)
{
	(void)now_ms;
	return false;
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
	if (services_proc(svc, role)->pid)
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
		any = any || shell.procs[i].main.pid || shell.procs[i].off.pid;
		end_one(i, ROLE_OFF, 0);
		end_one(i, ROLE_MAIN, 0);
	}
	return any;
}

/* ---- the rest ---- */

int loop_watch(int fd, enum source source, uint32_t svc, enum proc_role role)
{
	MUST(fd == EXEC_FD && source == SOURCE_EXEC && role == ROLE_MAIN && svc < shell.config->n);
	return 0;
}

void loop_rewatch(int fd, enum source source, uint32_t svc, enum proc_role role)
{
	MUST(services_proc(svc, role)->exec_fd == fd || source != SOURCE_EXEC);
}

void loop_unwatch(int fd)
{
	(void)fd;
	NEVER_HAPPENS("a service of the tree speaks by a descriptor");
}

bool ending_has_begun(void)
{
	return ending;
}

void ending_begin(enum ending how)
{
	struct event ev = {.kind = EV_SHUTDOWN};

	MUST(how != END_NOT);
	engine_event(config_engine(shell.config), shell.now_ms, &ev); /* again: hurried */
	ending = true;
}

/* Nobody is killed here, so the engine is still acted for. */
void ending_force(enum ending how)
{
	ending_begin(how);
}

bool ending_is_forced(void)
{
	return false;
}

void ending_begin_with(int code)
{
	MUST(code >= 0 && code < 256);
	ending_begin(END_HALT);
}

void ending_services_down(void)
{
	MUST(ending);
}

struct proc *helper_proc(void)
{
	static struct proc none = {.pidfd = -1, .exec_fd = -1, .slot = -1};

	return &none;
}

void helper_ended(const struct end *end)
{
	(void)end;
	NEVER_HAPPENS("a helper ends, and none was started");
}

void rescue_if_nothing_came_up(void)
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
	ending = false;
	ipc_board = &publisher;
}
