/* boot.c - from a directory to services that start. */
#include "src/shell/boot.h"

#include <errno.h>

#include "ipc/describe.h"
#include "src/limits.h"
#include "src/shell/console.h"
#include "src/shell/essential.h"
#include "src/shell/life.h"
#include "src/shell/loading.h"
#include "src/shell/reload.h"
#include "src/shell/services.h"

/* Takes over what was read; faults are read again while it boots. */
static bool take_over(struct config *fresh, bool faults)
{
	if (services_adopt(fresh, NULL) < 0) {
		say_errno(shell.dir, "cannot be loaded", errno);
		config_free(fresh);
		return false;
	}
	if (faults)
		reload_after_boot();
	if (shell.machine)
		shell.machine->settings(shell.config);
	return true;
}

/* ---- the first time: nobody can ask for anything yet ---- */

/* The last try goes on with what can be read. */
static bool load_once(bool last)
{
	struct load_again again = {.refused = last ? 0 : 1u << LOAD_CHANGING | 1u << LOAD_UNREADABLE};
	struct load l = {.dir = shell.dir, .start = shell.profile, .again = &again,
	                 .report = services_say_finding};
	struct config *fresh = config_load(&l);

	return fresh && take_over(fresh, again.fault != LOAD_FINE);
}

static bool load_here(void)
{
	bool ok = false;

	for (unsigned i = 0; i < LOAD_TRIES && !ok; i++)
		ok = load_once(i == LOAD_TRIES - 1);
	return life_loaded(ok);
}

/* ---- after a rescue: a disk that hangs must not hold up whoever asks for an end ---- */

/* A stop that has begun meanwhile gives it up. */
static void loaded(enum loaded how, struct config *fresh, const uint32_t *map)
{
	(void)map; /* there was nothing before */
	if (life_is_stopping(&shell.life)) {
		config_free(fresh);
		life_loaded(false);
	} else {
		life_loaded(how == LOADED && take_over(fresh, shell.loading.fault));
	}
}

static bool load_in_a_child(void)
{
	loading_end(); /* what was asked for in the rescue shell */
	if (loading_begin(LOAD_BOOT, NULL, loaded) == 0)
		return false;
	say_errno(shell.dir, "cannot be loaded", errno);
	return life_loaded(false);
}

bool boot_load(void)
{
	return shell.config ? load_in_a_child() : load_here();
}

void boot_wish(void)
{
	struct event ev = {.kind = EV_BOOT, .svc = shell.config->start};

	engine_event(shell.engine, shell.now_ms, &ev);
	essential_booted();
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

static void say_not_up(uint32_t svc)
{
	struct ipc_item item;
	struct text *t;

	services_item(svc, &item);
	t = say_begin();
	text_str(t, "the boot has settled, but ");
	text_name(t, item.name, item.name_len, true);
	text_str(t, " is ");
	text_str(t, state_word(item.state));
	text_str(t, ": ");
	describe_why(t, &item, shell.now_ms, true);
	say_end();
}

void boot_settled(void)
{
	uint32_t start = shell.config->start;
	bool up = engine_svc(shell.engine, start)->live.state == SVC_UP;

	if (!up && reload_mends_boot()) {
		shell.reload.settled = true; /* it is judged when what is missing has been read */
		return;
	}
	if (!up)
		say_not_up(start);
	life_tell(&(struct life_event){.kind = LIFE_EV_SETTLED,
	                               .hollow = !up && !a_respawn_service_is_up()});
}
