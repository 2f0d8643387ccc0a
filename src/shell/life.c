/* life.c - between the supervisor's life and the system: one action, one call. */
#include "src/shell/life.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "src/limits.h"
#include "src/shell/blockers.h"
#include "src/shell/boot.h"
#include "src/shell/console.h"
#include "src/shell/helper.h"
#include "src/shell/reload.h"
#include "src/shell/services.h"

/* Only a machine ends in several ways. */
static const char *word(enum shutdown how)
{
	switch (shell.machine ? how : SHUTDOWN_NOT) {
	case SHUTDOWN_HALT: return "halt";
	case SHUTDOWN_POWEROFF: return "power off";
	case SHUTDOWN_REBOOT: return "reboot";
	case SHUTDOWN_KEXEC: return "kexec";
	case SHUTDOWN_RESCUE: return "rescue";
	case SHUTDOWN_SWITCH: return "switch";
	case SHUTDOWN_NOT: break;
	}
	return "stop";
}

/* ---- what is said ---- */

static void say_instead(const struct life_action *a)
{
	struct text *t;

	if (strcmp(word(a->how), word(a->other)) == 0)
		return;
	t = say_begin();
	text_str(t, word(a->how));
	text_str(t, ": instead of the ");
	text_str(t, word(a->other));
	say_end();
}

static void say_bounded(enum shutdown how)
{
	struct text *t = say_begin();

	text_str(t, word(how));
	text_str(t, ": asked for again, what has no limit of its own has ");
	text_seconds(t, BOUNDED_DELAY_MS, 0);
	text_str(t, " s from now");
	say_end();
}

static void say_sentence(const struct life_action *a)
{
	switch (a->say) {
	case LIFE_SAY_STOPPING:
		if (shell.console.loudness != QUIET)
			say("", word(a->how), "stopping all services");
		break;
	case LIFE_SAY_FORCED: say("", word(a->how), "at once, everybody is killed"); break;
	case LIFE_SAY_BOUNDED:
		say_bounded(a->how);
		break;
	case LIFE_SAY_NOW:
		say("", word(a->how), "asked for a third time, whoever is still there has a second");
		break;
	case LIFE_SAY_INSTEAD: say_instead(a); break;
	case LIFE_SAY_BEGUN:
		say(word(a->other), "",
		    a->how == SHUTDOWN_RESCUE ? "a rescue has begun" : "a shutdown has begun");
		break;
	case LIFE_SAY_SHELL_IS_THERE: say("rescue", "", "its shell is there already"); break;
	case LIFE_SAY_SURVIVES: say("", "", "a process survives KILL, going on without it"); break;
	case LIFE_SAY_OTHERS:
		say("", "", "processes that we may not kill are left, going on without them");
		break;
	case LIFE_SAY_LAST_LATE: say("conf/last", "", "has not ended in time, going on without it"); break;
	case LIFE_SAY_HANGS: say("", "", "a file system hangs, going on without it"); break;
	case LIFE_SAY_SHELL: say("rescue", "", "a shell on the console; leave it to boot again"); break;
	case LIFE_SAY_NO_RELOAD: say("reload", "nothing was changed", "everything is being stopped"); break;
	case LIFE_SAY_NOTHING: say(shell.dir, "", "there is nothing to start in it"); break;
	case LIFE_SAY_N: break;
	}
}

/* ---- what is done ---- */

static bool stop_services(enum urgency urgency)
{
	struct event ev = {.kind = EV_SHUTDOWN, .urgency = urgency};

	if (shell.engine)
		engine_event(shell.engine, shell.now_ms, &ev);
	else
		life_tell(&(struct life_event){.kind = LIFE_EV_DOWN}); /* before the first tree */
	return true;
}

static bool start_helper(enum helper which)
{
	if (helper_start(which) == 0)
		return false;
	return life_tell(&(struct life_event){.kind = LIFE_EV_HELPER, .helper = which,
	                                      .unstarted = true});
}

static bool look(void)
{
	return life_tell(&(struct life_event){.kind = LIFE_EV_LEFT, .left = blockers_left()});
}

static bool switch_root(void)
{
	shell.machine->switch_root();
	return life_tell(&(struct life_event){.kind = LIFE_EV_SWITCHED});
}

static void end_machine(enum shutdown how)
{
	say("", word(how), "now");
	console_flush();
	shell.machine->end(how);
}

static bool carry_out(const struct life_action *a)
{
	switch (a->kind) {
	case LIFE_ACT_SAY: say_sentence(a); break;
	case LIFE_ACT_STOP: return stop_services(a->urgency);
	case LIFE_ACT_NAME: blockers_name(); break;
	case LIFE_ACT_LOAD: return boot_load();
	case LIFE_ACT_RELOAD: reload_begin(); break;
	case LIFE_ACT_BOOT: boot_wish(); return true;
	case LIFE_ACT_TERM: blockers_signal(SIGTERM); break;
	case LIFE_ACT_KILL: blockers_signal(SIGKILL); break;
	case LIFE_ACT_CLOSE: channels_end(&shell.channels, shell.config, &services_channel_watch); break;
	case LIFE_ACT_HELPER: return start_helper(a->helper);
	case LIFE_ACT_LOOK: return look();
	case LIFE_ACT_SWITCH: return switch_root();
	case LIFE_ACT_SHELLS: helper_shells();
	case LIFE_ACT_END: end_machine(a->how); break;
	case LIFE_ACT_EXIT: /* the loop sees it */
	case LIFE_ACT_N: break;
	}
	return false;
}

/* ---- reports ---- */

void life_hear(const struct life_event *ev)
{
	const struct engine *e = shell.engine;
	struct life_event whole = *ev;

	whole.in_use = e && (e->n_active > 0 || e->n_waiters > 0);
	life_event(&shell.life, shell.now_ms, &whole);
}

bool life_act(void)
{
	struct life_action a;
	bool heard = false;

	while (life_next(&shell.life, shell.now_ms, &a))
		heard |= carry_out(&a);
	return heard;
}

bool life_tell(const struct life_event *ev)
{
	life_hear(ev);
	return life_act();
}

void life_request(enum shutdown how, enum life_by by)
{
	life_tell(&(struct life_event){.kind = LIFE_EV_REQUEST, .how = how, .by = by});
}

bool life_loaded(bool ok)
{
	const struct config *c = shell.config;

	return life_tell(&(struct life_event){
		.kind = LIFE_EV_LOADED, .ok = ok, .tree = c, .start = c && c->start != NO_SVC,
		.term_ms = c ? config_sleep_before_kill_ms(c) : 0});
}

bool life_turn(void)
{
	return life_tell(&(struct life_event){.kind = LIFE_EV_TURN});
}

bool life_idle(void)
{
	return life_tell(&(struct life_event){.kind = LIFE_EV_IDLE});
}

void life_start(bool shell_first)
{
	life_begin(&shell.life, shell.now_ms, shell.mode == MODE_MACHINE, shell.mode == MODE_CONTAINER,
	           getpid() == 1, shell_first);
	life_act();
}
