/* reload.c - loads a second config and puts it in the place of the first. */
#include "src/shell/reload.h"

#include <errno.h>
#include <string.h>

#include "ipc/cinit_ipc.h"
#include "src/limits.h"
#include "src/shell/boot.h"
#include "src/shell/console.h"
#include "src/shell/life.h"
#include "src/shell/loading.h"
#include "src/shell/services.h"
#include "src/shell/thrift.h"

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

/* Puts what was read in the place of what runs. */
static bool swap(struct config *fresh, const uint32_t *map)
{
	uint32_t n_before = shell.config->n;

	if (services_adopt(fresh, map) < 0) {
		say_failed(strerror(errno));
		config_free(fresh);
		return false;
	}
	ipc_services_moved(map, n_before);
	say_done(map, n_before);
	if (shell.machine)
		shell.machine->settings(fresh);
	thrift_supervisor();
	return true;
}

static bool may_try_again(void)
{
	if (++shell.reload.stale < LOAD_STALE_MAX)
		return true;
	say_failed("services start and end faster than the tree is read");
	return false;
}

/* ---- what the boot could not read ---- */

void reload_after_boot(void)
{
	shell.reload.pause_ms = LOAD_PAUSE_MS;
	shell.reload.boot_ms = shell.now_ms + LOAD_BOOT_MS;
	shell.reload.again_ms = shell.now_ms + LOAD_PAUSE_MS;
}

bool reload_mends_boot(void)
{
	return shell.reload.boot_ms;
}

/* True: the next try will come. */
static bool try_later(void)
{
	struct reload *r = &shell.reload;

	if (!reload_mends_boot() || shell.now_ms + 2 * r->pause_ms >= r->boot_ms)
		return false;
	r->pause_ms *= 2;
	r->again_ms = shell.now_ms + r->pause_ms;
	return true;
}

/* Now it can be judged what came up. */
static void end_boot(void)
{
	bool settled = shell.reload.settled;

	shell.reload.again_ms = shell.reload.boot_ms = 0;
	shell.reload.settled = false;
	if (settled)
		boot_settled();
}

/* ---- the end of a load ---- */

/* Of the one that reload_turn() has begun.  A stop that has begun meanwhile gives it up, and
 * life has said so. */
static void loaded(enum loaded how, struct config *fresh, const uint32_t *map)
{
	bool stopping = life_is_stopping(&shell.life), done = false;

	if (stopping) {
		config_free(fresh);
	} else if (how == LOADED_STALE && may_try_again()) {
		shell.reload.wanted = true;
		return;
	} else if (how == LOADED) {
		done = swap(fresh, map);
	} else if (how == LOADED_NOT && try_later()) {
		life_loaded(false);
		return;
	} else if (how == LOADED_NOT) {
		say_failed("the tree cannot be loaded");
	}
	shell.reload.stale = 0;
	life_loaded(done);
	if (!stopping && reload_mends_boot())
		end_boot();
}

static void say_busy(void)
{
	struct text *t = say_begin();

	text_str(t, "reload: busy, ");
	loading_describe(t);
	say_end();
}

void reload_ask(void)
{
	if (loading_is_busy())
		say_busy();
	life_tell(&(struct life_event){.kind = LIFE_EV_RELOAD});
}

void reload_begin(void)
{
	shell.reload.wanted = true;
	reload_turn();
}

void reload_turn(void)
{
	struct reload *r = &shell.reload;

	if (r->again_ms && r->again_ms <= shell.now_ms) {
		r->again_ms = 0;
		life_tell(&(struct life_event){.kind = LIFE_EV_RELOAD});
	}
	if (!r->wanted || loading_is_busy())
		return;
	r->wanted = false;
	if (life_is_stopping(&shell.life)) {
		life_loaded(false); /* which has said so */
	} else if (loading_begin(LOAD_ANEW, NULL, loaded) < 0) {
		if (!try_later())
			say_failed(strerror(errno));
		life_loaded(false);
	}
}
