/* world.c - what is so, and how actions change it. */
#include "test/life/lib/world.h"

#include <stdarg.h>
#include <stdio.h>

#include "src/limits.h"
#include "test/life/lib/oracles.h"

const struct kind_of_world worlds[N_WORLDS] = {
	{"machine", true, false, true},
	{"machine that is not process 1", true, false, false},
	{"container", false, true, true},
	{"user", false, false, false},
};

#define TERM_MS 3000 /* conf/sleep_before_kill here */

static const char *const event_words[] = {
	[LIFE_EV_TURN] = "turn", [LIFE_EV_LOADED] = "loaded", [LIFE_EV_SETTLED] = "settled",
	[LIFE_EV_DOWN] = "down", [LIFE_EV_HELPER] = "helper over", [LIFE_EV_LEFT] = "left",
	[LIFE_EV_SWITCHED] = "switch failed", [LIFE_EV_REQUEST] = "request",
	[LIFE_EV_ESSENTIAL] = "essential", [LIFE_EV_RELOAD] = "reload", [LIFE_EV_IDLE] = "idle",
};
static const char *const action_words[] = {
	[LIFE_ACT_SAY] = "say", [LIFE_ACT_STOP] = "stop", [LIFE_ACT_NAME] = "name",
	[LIFE_ACT_LOAD] = "load", [LIFE_ACT_RELOAD] = "reload", [LIFE_ACT_BOOT] = "boot",
	[LIFE_ACT_TERM] = "TERM", [LIFE_ACT_KILL] = "KILL", [LIFE_ACT_CLOSE] = "close",
	[LIFE_ACT_HELPER] = "helper", [LIFE_ACT_LOOK] = "look", [LIFE_ACT_SWITCH] = "switch",
	[LIFE_ACT_SHELLS] = "shells", [LIFE_ACT_END] = "end", [LIFE_ACT_EXIT] = "exit",
};

void world_broken(struct world *w, const char *format, ...)
{
	va_list args;

	if (*w->failure)
		return;
	va_start(args, format);
	vsnprintf(w->failure, sizeof w->failure, format, args);
	va_end(args);
}

static void trace_event(const struct world *w, const struct life_event *ev)
{
	if (w->trace)
		printf("%8lld  %-13s how %d by %d force %d helper %d left %d ok %d start %d hollow %d -> ",
		       (long long)w->now, event_words[ev->kind], ev->how, ev->by, ev->force, ev->helper,
		       ev->left, ev->ok, ev->start, ev->hollow);
}

/* Something of the tree runs, or somebody waits for it, even if all is stopped. */
static bool in_use(const struct world *w)
{
	return w->services != SERVICES_NONE && w->active;
}

void world_event(struct world *w, const struct life_event *event)
{
	struct life_event ev = *event;

	unsigned from = w->l.state;
	int64_t deadline_ms = w->l.deadline_ms;

	ev.in_use = in_use(w);
	w->n_events++;
	trace_event(w, &ev);
	oracle_expect(w, &ev);
	life_event(&w->l, w->now, &ev);
	if (w->trace)
		printf("%s\n", life_state_word(w->l.state));
	oracle_event(w, &ev, from, deadline_ms);
}

bool world_has_actions(const struct world *w)
{
	return w->l.say || w->l.todo;
}

static void carry_out(struct world *w, const struct life_action *a)
{
	switch (a->kind) {
	case LIFE_ACT_STOP:
		if (w->services == SERVICES_RUN)
			w->services = SERVICES_STOP;
		if (w->services == SERVICES_NONE) { /* no engine: nothing is up */
			w->services = SERVICES_DOWN;
			world_simple(w, LIFE_EV_DOWN);
		}
		w->booting = false;
		break;
	case LIFE_ACT_LOAD:
		w->loading = true;
		w->reloading = w->stale = false;
		break;
	case LIFE_ACT_RELOAD:
		w->loading = w->reloading = true;
		w->stale = false;
		break;
	case LIFE_ACT_BOOT:
		w->booting = w->active = true;
		w->left = LIFE_LEFT_SOME;
		break;
	case LIFE_ACT_HELPER:
		w->helper = (uint8_t)a->helper;
		if (a->helper != HELPER_UNMOUNT)
			w->left = LIFE_LEFT_SOME;
		break;
	case LIFE_ACT_LOOK:
		world_event(w, &(struct life_event){.kind = LIFE_EV_LEFT, .left = (enum life_left)w->left});
		break;
	case LIFE_ACT_SWITCH:
		w->switching = true;
		break;
	case LIFE_ACT_SAY:
	case LIFE_ACT_NAME:
	case LIFE_ACT_TERM:
	case LIFE_ACT_KILL:
	case LIFE_ACT_CLOSE:
	case LIFE_ACT_SHELLS:
	case LIFE_ACT_END:
	case LIFE_ACT_EXIT:
	case LIFE_ACT_N:
		break;
	}
}

bool world_next(struct world *w)
{
	struct life_action a;

	if (*w->failure || !life_next(&w->l, w->now, &a))
		return false;
	w->n_actions++;
	if (w->trace)
		printf("%8lld      %s %d\n", (long long)w->now, action_words[a.kind],
		       a.kind == LIFE_ACT_SAY ? (int)a.say : a.kind == LIFE_ACT_HELPER ? (int)a.helper : 0);
	oracle_action(w, &a);
	carry_out(w, &a);
	return true;
}

void world_drain(struct world *w)
{
	for (unsigned n = 0; world_next(w); n++)
		if (n > 100)
			BROKEN(w, "L5: there is no end of actions");
}

void world_turn(struct world *w, int64_t to_ms)
{
	if (to_ms > w->now)
		w->now = to_ms;
	world_event(w, &(struct life_event){.kind = LIFE_EV_TURN});
	world_drain(w);
	oracle_turned(w);
}

void world_request(struct world *w, enum shutdown how, enum life_by by, bool force)
{
	world_event(w, &(struct life_event){.kind = LIFE_EV_REQUEST, .how = how, .by = by,
	                                    .force = force});
}

void world_simple(struct world *w, enum life_event_kind kind)
{
	if (kind == LIFE_EV_DOWN)
		w->services = SERVICES_DOWN;
	if (kind == LIFE_EV_SWITCHED)
		w->switching = false;
	world_event(w, &(struct life_event){.kind = kind});
}

void world_loaded(struct world *w, bool ok, bool start)
{
	/* A start service that is there is not given up by a reload. */
	bool boot = !w->reloading, fine = ok && (boot || start || !w->start);
	bool taken = fine && life_wants_tree(&w->l);
	struct life_event ev = {.kind = LIFE_EV_LOADED, .ok = taken, .start = start,
	                        .tree = w->tree || taken, .term_ms = TERM_MS};

	if (w->stale && life_wants_tree(&w->l))
		BROKEN(w, "L1: a tree that was read before a stop is put in place after it");
	w->loading = w->reloading = w->stale = false;
	if (taken) {
		w->tree = true;
		w->start = start;
		w->term_ms = TERM_MS;
		if (boot) {
			w->services = SERVICES_RUN;
			w->stopped = w->active = false;
		}
	}
	world_event(w, &ev);
}

void world_settled(struct world *w, bool hollow)
{
	w->booting = false;
	world_event(w, &(struct life_event){.kind = LIFE_EV_SETTLED, .hollow = hollow});
}

void world_helper_over(struct world *w, bool unstarted)
{
	enum helper which = (enum helper)w->helper;

	w->helper = HELPER_NONE;
	world_event(w, &(struct life_event){.kind = LIFE_EV_HELPER, .helper = which,
	                                    .unstarted = unstarted});
}

void world_essential(struct world *w, int32_t code)
{
	world_event(w, &(struct life_event){.kind = LIFE_EV_ESSENTIAL, .code = code});
}

void world_init(struct world *w, const struct kind_of_world *kind, bool shell_first)
{
	*w = (struct world){.kind = kind, .now = 1000000, .counted_ms = NEVER, .now_ms_asked = NEVER,
	                    .left = LIFE_LEFT_NOBODY, .shell_ms = NEVER,
	                    .term_ms = SLEEP_BEFORE_KILL_S * 1000, .shell_first = shell_first};
	w->since_ms = w->named_ms = w->now;
	life_begin(&w->l, w->now, kind->machine, kind->container, kind->pid1, shell_first);
}

/* ---- rest ---- */

/* One thing that happens by itself; false: nothing does. */
static bool behave(struct world *w, bool hostile)
{
	if (w->loading) {
		world_loaded(w, true, true);
	} else if (w->booting && w->services == SERVICES_RUN) {
		world_settled(w, false);
	} else if (w->services == SERVICES_STOP) {
		world_simple(w, LIFE_EV_DOWN);
	} else if (w->switching) {
		world_simple(w, LIFE_EV_SWITCHED);
	} else if (hostile) {
		return false;
	} else if (w->helper) {
		world_helper_over(w, false);
	} else if (life_is_stopping(&w->l) && w->left != LIFE_LEFT_NOBODY) {
		w->left = LIFE_LEFT_NOBODY;
	} else {
		return false;
	}
	return true;
}

static bool is_at_rest(const struct world *w, bool hostile)
{
	switch (w->l.state) {
	case LIFE_RUN:
	case LIFE_SHELLS:
	case LIFE_OVER: return true;
	case LIFE_PANIC:
	case LIFE_SHELL: return hostile;
	default: return false;
	}
}

void world_rest(struct world *w, bool hostile)
{
	int64_t by = w->now + TERM_MS + KILLED_MAX_MS + LAST_MAX_MS + UNMOUNT_MAX_MS + RESCUE_RETRY_MS;

	world_drain(w);
	for (unsigned n = 0; !*w->failure && !is_at_rest(w, hostile); n++) {
		if (!behave(w, hostile)) {
			int64_t at = life_deadline(&w->l);

			if (at == NEVER)
				BROKEN(w, "L3: in %s nothing is awaited any more", life_state_word(w->l.state));
			world_turn(w, at == NEVER ? w->now : at);
		}
		world_drain(w);
		if (w->now > by || n > 10000)
			BROKEN(w, "L3: still in %s", life_state_word(w->l.state));
	}
}
