/* reload.c - loads a second config and puts it in the place of the first. */
#include "src/shell/reload.h"

#include <errno.h>
#include <string.h>

#include "ipc/cinit_ipc.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/ending.h"
#include "src/shell/loading.h"
#include "src/shell/services.h"
#include "src/shell/thrift.h"

static bool asked;
static bool busy_said;   /* it waits for another load, which was said */
static unsigned stale;   /* loads in a row that did not fit any more */

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

static void swap(struct config *fresh, const uint32_t *map)
{
	uint32_t n_before = shell.config->n;
	bool never_booted = shell.config->start == NO_SVC;

	if (services_adopt(fresh, map) < 0) {
		say_failed(strerror(errno));
		config_free(fresh);
		return;
	}
	ipc_services_moved(map, n_before);
	say_done(map, n_before);
	if (shell.machine)
		shell.machine->settings(fresh);
	boot_if_never_booted(never_booted);
	thrift_supervisor();
}

/* The end of the load that reload_turn() has begun. */
static void loaded(enum loaded how, struct config *fresh, const uint32_t *map)
{
	switch (how) {
	case LOADED:
		stale = 0;
		if (!ending_has_begun())
			swap(fresh, map);
		else
			config_free(fresh);
		break;
	case LOADED_STALE:
		asked = ++stale < LOAD_STALE_MAX;
		if (!asked)
			say_failed("services start and end faster than the tree is read");
		break;
	case LOADED_NOT:
		stale = 0;
		say_failed("the tree cannot be loaded");
		break;
	}
}

static void say_busy(void)
{
	struct text *t = say_begin();

	text_str(t, "reload: busy, ");
	loading_describe(t);
	say_end();
}

void reload_turn(void)
{
	if (!asked || busy_said) {
		busy_said &= loading_is_busy();
		return;
	}
	if (loading_is_busy()) {
		say_busy();
		busy_said = true;
		return;
	}
	asked = false;
	if (ending_has_begun())
		say_failed("everything is being stopped");
	else if (loading_begin(NULL, loaded) < 0)
		say_failed(strerror(errno));
}
