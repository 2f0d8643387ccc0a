/* reload.c - loads a second config and puts it in the place of the first. */
#include "src/shell/reload.h"

#include <errno.h>
#include <string.h>

#include "ipc/cinit_ipc.h"
#include "src/tree/vec.h"
#include "src/shell/console.h"
#include "src/shell/ending.h"
#include "src/shell/services.h"
#include "src/shell/thrift.h"

static bool asked;

void reload_ask(void)
{
	asked = true;
}

static void say_failed(const char *why)
{
	say("reload", "nothing was changed", why);
}

static void put_count(struct text *t, const char *before, uint32_t n, const char *after)
{
	text_str(t, before);
	text_u64(t, n);
	text_str(t, after);
}

static void say_done(const uint32_t *map, uint32_t n_before)
{
	struct text *t = say_begin();
	uint32_t gone = 0;

	for (uint32_t i = 0; i < n_before; i++)
		gone += map[i] == NO_SVC;
	put_count(t, "reload: ", shell.config->n, " services, ");
	put_count(t, "", shell.config->n - (n_before - gone), " new, ");
	put_count(t, "", gone, " gone");
	say_end();
}

/* A tree that had no start service before has not been booted. */
static void boot_if_never_booted(bool never)
{
	struct event ev = {.kind = EV_BOOT, .svc = shell.config->start};

	if (never)
		engine_event(shell.engine, shell.now_ms, &ev);
}

static int swap(struct config *fresh, const uint32_t *map)
{
	uint32_t n_before = shell.config->n;
	bool never_booted = shell.config->start == NO_SVC;

	if (services_adopt(fresh, map) < 0) {
		say_failed(strerror(errno));
		config_free(fresh);
		return 0;
	}
	ipc_services_moved(map, n_before);
	say_done(map, n_before);
	if (shell.machine)
		shell.machine->settings(fresh);
	boot_if_never_booted(never_booted);
	return 1;
}

static int reload(uint32_t *map)
{
	struct load l = {.dir = shell.dir, .start = shell.profile, .running = shell.config,
	                 .engine = shell.engine, .map = map, .report = services_say_finding};
	struct config *fresh = config_load(&l);

	if (fresh)
		return swap(fresh, map);
	say_failed("the tree cannot be loaded");
	return 0;
}

int reload_turn(void)
{
	struct vec memory = {.max = SIZE_MAX / 2};
	uint32_t *map;
	int r = 0;

	if (!asked)
		return 0;
	asked = false;
	if (ending_has_begun()) {
		say_failed("everything is being stopped");
		return 0;
	}
	map = vec_add(&memory, (shell.config->n + (size_t)1) * sizeof *map);
	if (map)
		r = reload(map);
	else
		say_failed(strerror(errno));
	vec_free(&memory);
	thrift_supervisor();
	return r;
}
