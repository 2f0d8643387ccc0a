/* rescue.c - boots the tree, or else gives a person a shell. */
#include "src/shell/rescue.h"

#include <errno.h>

#include "ipc/describe.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/ending.h"
#include "src/shell/essential.h"
#include "src/shell/services.h"

static int64_t again_ms = NEVER; /* when a shell that could not be started is tried again, */
static bool again_boots;         /* or, if one ended at once, the boot */
static int64_t shell_ms;         /* when the last one was started */
static bool anew;                /* everything was stopped: the tree is read again */

static void start_shell(void)
{
	if (ending_has_begun())
		return;
	say("rescue", "", "a shell on the console; leave it to boot again");
	shell_ms = shell.now_ms;
	again_boots = false;
	if (helper_start(HELPER_SHELL) < 0)
		again_ms = shell.now_ms + RESCUE_RETRY_MS;
}

static void begin(void)
{
	if (helper_running() != HELPER_NONE || ending_has_begun())
		return;
	if (helper_start(HELPER_PANIC) < 0)
		start_shell();
}

static int load_tree(void)
{
	struct load l = {.dir = shell.dir, .start = shell.profile, .report = services_say_finding};
	struct config *fresh = config_load(&l);

	if (!fresh)
		return -1;
	if (services_adopt(fresh, NULL) < 0) {
		say_errno(shell.dir, "cannot be loaded", errno);
		config_free(fresh);
		return -1;
	}
	anew = false;
	if (shell.machine)
		shell.machine->settings(fresh);
	return 0;
}

static void wish_start_service(void)
{
	struct event ev = {.kind = EV_BOOT, .svc = shell.config->start};

	engine_event(shell.engine, shell.now_ms, &ev);
	essential_booted();
}

/* A tree is kept while something of it runs, or somebody waits for it. */
static bool must_load(void)
{
	const struct engine *e = shell.engine;

	return !e || anew || (e->n_active == 0 && e->n_waiters == 0);
}

int rescue_or_boot(void)
{
	if (must_load() && load_tree() < 0)
		return -1;
	if (shell.rescue_first) {
		shell.rescue_first = false;
		start_shell();
		return 0;
	}
	if (shell.config->start != NO_SVC) {
		wish_start_service();
		return 0;
	}
	if (shell.mode != MODE_MACHINE)
		return -1;
	begin();
	return 0;
}

static bool a_respawn_service_is_up(void)
{
	const struct engine *e = shell.engine;

	for (uint32_t i = 0; i < e->n; i++) {
		const struct svc *s = engine_svc(e, i);

		if (s->kind & KIND_RESPAWN && s->live.state == SVC_UP)
			return true;
	}
	return false;
}

void rescue_if_nothing_came_up(void)
{
	uint32_t start = shell.config->start;
	const struct svc *s = engine_svc(shell.engine, start);
	struct ipc_item item;
	struct text *t;

	if (s->live.state == SVC_UP)
		return;
	services_item(start, &item);
	t = say_begin();
	text_str(t, "the boot has settled, but ");
	text_name(t, item.name, item.name_len, true);
	text_str(t, " is ");
	text_str(t, state_word(item.state));
	text_str(t, ": ");
	describe_why(t, &item, shell.now_ms, true);
	say_end();
	if (shell.mode == MODE_MACHINE && !a_respawn_service_is_up())
		begin();
}

void rescue_after_stop(void)
{
	anew = true;
	start_shell();
}

/* A console that nobody sits at ends its shell at once: no hot loop for that. */
static void boot_again(void)
{
	again_boots = true;
	again_ms = shell_ms + RESCUE_RETRY_MS;
}

void rescue_helper_ended(enum helper which, const struct end *end)
{
	if (ending_has_begun())
		return;
	if (which == HELPER_PANIC)
		start_shell();
	else if (end->kind == END_SPAWN)
		again_ms = shell.now_ms + RESCUE_RETRY_MS;
	else
		boot_again();
}

int64_t rescue_deadline(void)
{
	return again_ms;
}

void rescue_turn(void)
{
	if (again_ms > shell.now_ms)
		return;
	again_ms = NEVER;
	if (ending_has_begun())
		return;
	if (!again_boots)
		start_shell();
	else if (rescue_or_boot() < 0)
		begin();
}
