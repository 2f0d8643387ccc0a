/* oracles.c - each rule by itself, from what the world knows. */
#include "test/life/lib/oracles.h"

#include "src/limits.h"

static bool goes_on(unsigned how)
{
	return how == SHUTDOWN_RESCUE || how == SHUTDOWN_SWITCH;
}

static bool ends(unsigned how)
{
	return how != SHUTDOWN_NOT && !goes_on(how);
}

static bool in_stop(unsigned state)
{
	return state >= LIFE_SERVICES && state <= LIFE_SWITCHED;
}

static bool names(unsigned state)
{
	return state >= LIFE_SERVICES && state <= LIFE_UNMOUNT;
}

static bool asks(const struct world *w, unsigned which)
{
	return w->l.todo >> which & 1;
}

static bool says(const struct world *w, unsigned what)
{
	return w->l.say >> what & 1;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- what an event means ---- */

static void begin_stop(struct world *w, unsigned how)
{
	w->how = (uint8_t)how;
	w->urgency = URGENCY_ORDERLY;
	w->urgency_told = false;
	w->now_ms_asked = NEVER;
	w->named_ms = w->now;
	w->shell_ms = NEVER;
	w->termed = w->killed = w->closed = w->last = w->unmounted = w->ended = false;
	w->reload_asked = false;
	w->stale = w->loading;
}

static void raise_urgency(struct world *w, unsigned to)
{
	if (w->urgency >= to || w->l.state == LIFE_UNMOUNT || w->l.state == LIFE_SWITCHED)
		return;
	w->urgency = (uint8_t)to;
	w->urgency_told = false;
	if (to == URGENCY_NOW)
		w->now_ms_asked = w->now;
}

static void expect_again(struct world *w, const struct life_event *ev)
{
	bool strong = ev->by == LIFE_BY_CLIENT || ev->by == LIFE_BY_NUMBER, first = goes_on(w->how);

	if (strong || first)
		w->how = (uint8_t)ev->how;
	if ((first || !w->kind->machine || ev->by != LIFE_BY_SIGNAL)
	    && (w->counted_ms == NEVER || w->now >= w->counted_ms + REQUEST_ONE_MS)) {
		w->counted_ms = w->now;
		if (w->requested && w->urgency < URGENCY_NOW)
			raise_urgency(w, w->urgency + 1u);
		w->requested = true;
	}
	if (ev->force && w->l.state == LIFE_LAST)
		raise_urgency(w, URGENCY_NOW);
	if (ev->force && (w->l.state == LIFE_SERVICES || w->l.state == LIFE_TERMED))
		w->forced = true;
}

static void expect_request(struct world *w, const struct life_event *ev)
{
	if (w->l.state == LIFE_OVER || w->l.state == LIFE_SHELLS)
		return;
	if (goes_on(ev->how)) {
		if (w->kind->machine && w->how == SHUTDOWN_NOT
		    && !(ev->how == SHUTDOWN_RESCUE && w->l.state == LIFE_SHELL))
			begin_stop(w, ev->how);
		return;
	}
	if (w->how != SHUTDOWN_NOT) {
		expect_again(w, ev);
		return;
	}
	begin_stop(w, ev->how);
	w->forced = ev->force;
	w->requested = true;
	w->counted_ms = w->now;
}

void oracle_expect(struct world *w, const struct life_event *ev)
{
	if (ev->kind == LIFE_EV_REQUEST)
		expect_request(w, ev);
	if (ev->kind == LIFE_EV_ESSENTIAL && !w->kind->machine && w->l.state != LIFE_OVER) {
		if (w->how == SHUTDOWN_NOT)
			begin_stop(w, SHUTDOWN_POWEROFF);
		w->code = ev->code;
	}
	if (ev->kind == LIFE_EV_RELOAD && w->how == SHUTDOWN_NOT && w->l.state != LIFE_OVER)
		w->reload_asked = true;
}

/* ---- from state to state ---- */

/* When the state `s`, entered at since_ms, is to be left; NEVER: not by time. */
static int64_t due(const struct world *w, unsigned s)
{
	int64_t at = w->since_ms, third = NEVER;

	if (w->urgency == URGENCY_NOW)
		third = later(at, w->now_ms_asked) + HURRY_DELAY_MS;
	switch (s) {
	case LIFE_SHELL_LATER: return at + RESCUE_RETRY_MS;
	case LIFE_BOOT_LATER: return w->shell_ms + RESCUE_RETRY_MS;
	case LIFE_TERMED: return earlier(at + w->term_ms, third);
	case LIFE_KILLED: return at + KILLED_MAX_MS;
	case LIFE_LAST: return earlier(at + LAST_MAX_MS, third);
	case LIFE_UNMOUNT: return at + UNMOUNT_MAX_MS;
	default: return NEVER;
	}
}

static bool others_may_stay(const struct world *w)
{
	return w->left == LIFE_LEFT_OTHERS && w->kind->container && w->now >= w->since_ms + FOREIGN_MAX_MS;
}

/* Is there nobody to be waited for any more? */
static bool all_gone(const struct world *w, unsigned from)
{
	if (from == LIFE_SWITCHED || w->left == LIFE_LEFT_NOBODY)
		return true;
	return from == LIFE_KILLED && (others_may_stay(w) || w->now >= due(w, LIFE_KILLED));
}

static bool awaits_others(unsigned s)
{
	return s == LIFE_TERMED || s == LIFE_KILLED;
}

/* From where the end of a stop comes. */
static bool stop_ends(const struct world *w, unsigned from)
{
	return (awaits_others(from) || from == LIFE_SWITCHED) && all_gone(w, from);
}

static bool helper_over(const struct world *w, const struct life_event *ev, unsigned from,
                        enum helper which)
{
	return (ev->kind == LIFE_EV_HELPER && ev->helper == which) || w->now >= due(w, from);
}

static bool kept(const struct world *w)
{
	return w->services == SERVICES_RUN && w->active && w->tree && !w->stopped;
}

static bool may_boot(const struct world *w, const struct life_event *ev, unsigned from)
{
	if (w->shell_first)
		return false;
	if (from == LIFE_BOOT_LATER)
		return kept(w) && w->start && w->now >= due(w, from);
	return from == LIFE_LOAD && ev->kind == LIFE_EV_LOADED && ev->ok && ev->start;
}

static bool may_panic(const struct world *w, const struct life_event *ev, unsigned from)
{
	if (!w->kind->machine)
		return false;
	if (from == LIFE_BOOT || from == LIFE_RUN)
		return ev->kind == LIFE_EV_SETTLED && ev->hollow;
	if (from == LIFE_BOOT_LATER)
		return kept(w) && !w->start;
	return from == LIFE_LOAD && ev->kind == LIFE_EV_LOADED
	       && (ev->ok ? !ev->start && !w->shell_first : w->tree);
}

static bool may_shell(const struct world *w, const struct life_event *ev, unsigned from)
{
	if (!w->kind->machine)
		return false;
	switch (from) {
	case LIFE_PANIC: return ev->kind == LIFE_EV_HELPER && ev->helper == HELPER_PANIC;
	case LIFE_LOAD: return w->shell_first && ev->kind == LIFE_EV_LOADED && ev->ok;
	case LIFE_SHELL_LATER: return w->now >= due(w, from);
	case LIFE_TERMED:
	case LIFE_KILLED: return w->how == SHUTDOWN_RESCUE && all_gone(w, from);
	case LIFE_SWITCHED: return ev->kind == LIFE_EV_SWITCHED && goes_on(w->how);
	default: return false;
	}
}

static bool may_kill(const struct world *w, unsigned from)
{
	if (from == LIFE_TERMED && w->now >= due(w, from))
		return true;
	return w->forced && from != LIFE_LAST && from != LIFE_UNMOUNT;
}

static bool may_unmount(const struct world *w, const struct life_event *ev, unsigned from)
{
	if (!w->kind->machine || !ends(w->how))
		return false;
	if (from == LIFE_LAST)
		return helper_over(w, ev, from, HELPER_LAST);
	return !w->kind->pid1 && stop_ends(w, from);
}

static bool may_be_over(const struct world *w, const struct life_event *ev, unsigned from)
{
	if (w->kind->machine)
		return from == LIFE_UNMOUNT && helper_over(w, ev, from, HELPER_UNMOUNT);
	if (w->how == SHUTDOWN_NOT)
		return from == LIFE_LOAD && ev->kind == LIFE_EV_LOADED && !(ev->ok && ev->start);
	if (w->kind->pid1)
		return from == LIFE_LAST && helper_over(w, ev, from, HELPER_LAST);
	return stop_ends(w, from);
}

static bool may_change(const struct world *w, const struct life_event *ev, unsigned from, unsigned to)
{
	bool stop = w->how != SHUTDOWN_NOT, helped = ev->kind == LIFE_EV_HELPER && from == LIFE_SHELL;

	switch ((enum life_state)to) {
	case LIFE_LOAD: return !stop && from == LIFE_BOOT_LATER && w->now >= due(w, from);
	case LIFE_BOOT: return !stop && may_boot(w, ev, from);
	case LIFE_RUN:
		return !stop && from == LIFE_BOOT && ev->kind == LIFE_EV_SETTLED
		       && !(ev->hollow && w->kind->machine);
	case LIFE_PANIC: return !stop && may_panic(w, ev, from);
	case LIFE_SHELL: return (!stop || in_stop(from)) && may_shell(w, ev, from);
	case LIFE_SHELL_LATER: return !stop && helped && ev->unstarted;
	case LIFE_BOOT_LATER: return !stop && helped && !ev->unstarted;
	case LIFE_SERVICES: return stop && !w->forced && !in_stop(from);
	case LIFE_TERMED:
		return stop && !w->forced && w->services == SERVICES_DOWN
		       && (from == LIFE_SERVICES || !in_stop(from));
	case LIFE_KILLED: return stop && may_kill(w, from);
	case LIFE_LAST: return ends(w->how) && w->kind->pid1 && stop_ends(w, from);
	case LIFE_UNMOUNT: return may_unmount(w, ev, from);
	case LIFE_SWITCHED: return w->how == SHUTDOWN_SWITCH && awaits_others(from) && all_gone(w, from);
	case LIFE_SHELLS:
		return w->kind->machine && from == LIFE_LOAD && ev->kind == LIFE_EV_LOADED && !ev->ok && !w->tree;
	case LIFE_OVER: return may_be_over(w, ev, from);
	case LIFE_N_STATES: break;
	}
	return false;
}

/* What has to be said and done when a phase of a stop is left. */
static void check_leaving(struct world *w, const struct life_event *ev, unsigned from, unsigned to)
{
	bool last_late = from == LIFE_LAST && !(ev->kind == LIFE_EV_HELPER && ev->helper == HELPER_LAST);
	bool hangs = from == LIFE_UNMOUNT && !(ev->kind == LIFE_EV_HELPER && ev->helper == HELPER_UNMOUNT);
	bool survives = from == LIFE_KILLED && w->left != LIFE_LEFT_NOBODY;

	if (awaits_others(from) && to != LIFE_KILLED && !asks(w, LIFE_ACT_CLOSE))
		BROKEN(w, "L2: what is held for services is not closed");
	if (survives && !others_may_stay(w) && !says(w, LIFE_SAY_SURVIVES))
		BROKEN(w, "L4: who survives KILL is left in silence");
	if (survives && others_may_stay(w) && !says(w, LIFE_SAY_OTHERS))
		BROKEN(w, "L4: who may not be killed is left in silence");
	if (from == LIFE_KILLED && !survives && (says(w, LIFE_SAY_SURVIVES) || says(w, LIFE_SAY_OTHERS)))
		BROKEN(w, "L4: nobody is left, and it is said that somebody is");
	if (last_late && !(says(w, LIFE_SAY_LAST_LATE) && asks(w, LIFE_ACT_KILL)))
		BROKEN(w, "L2: a late conf/last is not killed, or in silence");
	if (hangs && !says(w, LIFE_SAY_HANGS))
		BROKEN(w, "L4: hanging file systems are left in silence");
}

/* What entering a state has to lead to. */
static void check_entering(struct world *w, unsigned from, unsigned to)
{
	static const struct { uint8_t state, action; } begins[] = {
		{LIFE_BOOT, LIFE_ACT_BOOT}, {LIFE_PANIC, LIFE_ACT_HELPER}, {LIFE_SHELL, LIFE_ACT_HELPER},
		{LIFE_SERVICES, LIFE_ACT_STOP}, {LIFE_TERMED, LIFE_ACT_TERM}, {LIFE_KILLED, LIFE_ACT_KILL},
		{LIFE_LAST, LIFE_ACT_HELPER}, {LIFE_UNMOUNT, LIFE_ACT_HELPER},
		{LIFE_SWITCHED, LIFE_ACT_SWITCH}, {LIFE_SHELLS, LIFE_ACT_SHELLS},
	};

	for (unsigned k = 0; k < sizeof begins / sizeof *begins; k++)
		if (begins[k].state == to && !asks(w, begins[k].action))
			BROKEN(w, "L3: %s is entered, and nothing is done for it", life_state_word(to));
	if (to == LIFE_OVER && !asks(w, LIFE_ACT_END) && !asks(w, LIFE_ACT_EXIT))
		BROKEN(w, "L3: it is over, and there is no end");
	if (in_stop(to) && !in_stop(from) && !says(w, LIFE_SAY_STOPPING) && !says(w, LIFE_SAY_FORCED))
		BROKEN(w, "L4: a stop begins in silence");
}

static void end_of_stop(struct world *w)
{
	w->how = SHUTDOWN_NOT;
	w->stopped = true;
}

static void check_change(struct world *w, const struct life_event *ev, unsigned from)
{
	unsigned to = w->l.state;
	bool left_shell = ev->kind == LIFE_EV_HELPER && ev->helper == HELPER_SHELL && !ev->unstarted;

	if (from == LIFE_SHELL && left_shell && w->now >= due(w, LIFE_BOOT_LATER))
		from = LIFE_BOOT_LATER; /* for no time */
	if (!may_change(w, ev, from, to))
		BROKEN(w, "L3: from %s to %s", life_state_word(from), life_state_word(to));
	check_leaving(w, ev, from, to);
	check_entering(w, from, to);
	if (to == LIFE_SHELL && in_stop(from))
		end_of_stop(w);
	if (from == LIFE_KILLED || from == LIFE_LAST)
		w->helper = HELPER_NONE; /* whoever survives is nobody's business any more */
	if (from == LIFE_SWITCHED)
		w->named_ms = w->now; /* the loop did not turn */
	w->since_ms = w->now;
}

/* An event that leads to another state does so at once. */
static void check_stay(struct world *w, const struct life_event *ev, int64_t deadline_ms)
{
	unsigned s = w->l.state;

	if (w->l.deadline_ms > deadline_ms)
		BROKEN(w, "L5: the deadline of %s is put off", life_state_word(s));
	if (w->how != SHUTDOWN_NOT && !in_stop(s) && s != LIFE_OVER)
		BROKEN(w, "L3: a stop is wanted and does not begin");
	if (w->forced && (s == LIFE_SERVICES || s == LIFE_TERMED))
		BROKEN(w, "L3: a forced end waits for what it should kill");
	if (s == LIFE_SERVICES && w->services == SERVICES_DOWN && ev->kind == LIFE_EV_DOWN)
		BROKEN(w, "L3: all services are down, and nothing comes of it");
	if (ev->kind == LIFE_EV_LEFT && awaits_others(s) && w->left == LIFE_LEFT_NOBODY)
		BROKEN(w, "L3: nobody is left, and nothing comes of it");
	if (ev->kind == LIFE_EV_LEFT && s == LIFE_KILLED && others_may_stay(w))
		BROKEN(w, "L3: who may not be killed is waited for");
	if (ev->kind == LIFE_EV_HELPER && ev->helper == HELPER_LAST && s == LIFE_LAST)
		BROKEN(w, "L3: conf/last has ended, and nothing comes of it");
	if (ev->kind == LIFE_EV_HELPER && ev->helper == HELPER_UNMOUNT && s == LIFE_UNMOUNT)
		BROKEN(w, "L3: all is unmounted, and nothing comes of it");
	if (ev->kind == LIFE_EV_HELPER && (s == LIFE_PANIC || s == LIFE_SHELL) && w->helper == HELPER_NONE
	    && ev->helper == (s == LIFE_PANIC ? HELPER_PANIC : HELPER_SHELL))
		BROKEN(w, "L3: a program has ended, and nothing comes of it");
	if (ev->kind == LIFE_EV_SETTLED && (s == LIFE_BOOT || (s == LIFE_RUN && ev->hollow && w->kind->machine)))
		BROKEN(w, "L3: the boot has settled, and nothing comes of it");
	if (ev->kind == LIFE_EV_SWITCHED && s == LIFE_SWITCHED)
		BROKEN(w, "L3: the switch has failed, and nothing comes of it");
	if (ev->kind == LIFE_EV_LOADED && ev->ok && s == LIFE_LOAD && !w->l.loading)
		BROKEN(w, "L3: the tree is there, and nothing comes of it");
}

static void check_idle(struct world *w)
{
	bool may = w->reload_asked && w->how == SHUTDOWN_NOT && w->tree && !w->loading
	           && !asks(w, LIFE_ACT_LOAD);

	if (may && !asks(w, LIFE_ACT_RELOAD))
		BROKEN(w, "L9: a reload is asked for, and nothing comes of it");
}

void oracle_event(struct world *w, const struct life_event *ev, unsigned from, int64_t deadline_ms)
{
	const char *wrong = life_check(&w->l);
	bool named = w->named_ms + REQUEST_NAME_MS > w->now;

	if (wrong)
		BROKEN(w, "Lc: %s", wrong);
	if (ev->kind == LIFE_EV_REQUEST && !goes_on(ev->how) && names(from) && !named && w->l.state == from
	    && !asks(w, LIFE_ACT_NAME))
		BROKEN(w, "L4: who asks again is not told what is awaited");
	if (ev->kind == LIFE_EV_RELOAD && in_stop(from) && !says(w, LIFE_SAY_NO_RELOAD))
		BROKEN(w, "L4: a reload is refused in silence");
	if (ev->kind == LIFE_EV_IDLE)
		check_idle(w);
	if (w->l.state != from)
		check_change(w, ev, from);
	else
		check_stay(w, ev, deadline_ms);
	if (w->l.how != w->how && w->l.state != LIFE_OVER)
		BROKEN(w, "L7: how it ends is %u, and not %u", w->l.how, w->how);
}

/* ---- actions ---- */

static void check_helper(struct world *w, enum helper which)
{
	bool rescues = which == HELPER_PANIC || which == HELPER_SHELL;

	if (rescues && w->how != SHUTDOWN_NOT)
		BROKEN(w, "L1: a rescue in a stop");
	if (rescues && (!w->kind->machine || w->helper))
		BROKEN(w, "L9: a rescue where there is none, or one already");
	if (which == HELPER_SHELL) {
		if (w->shell_ms != NEVER && w->now < w->shell_ms + RESCUE_RETRY_MS)
			BROKEN(w, "L9: a shell %lld ms after the last", (long long)(w->now - w->shell_ms));
		w->shell_ms = w->now;
		w->shell_first = false;
	}
	if (which == HELPER_LAST && (w->last || !w->kind->pid1 || !ends(w->how)))
		BROKEN(w, "L2: conf/last, where or when it is not due");
	if (which == HELPER_UNMOUNT && (w->unmounted || !w->kind->machine || !ends(w->how)))
		BROKEN(w, "L2: unmounting, where or when it is not due");
	w->last |= which == HELPER_LAST;
	w->unmounted |= which == HELPER_UNMOUNT;
	if (which == HELPER_NONE)
		BROKEN(w, "L9: no program is to be started");
}

static void check_load(struct world *w, bool again)
{
	if (w->how != SHUTDOWN_NOT)
		BROKEN(w, "L1: a load in a stop");
	if (w->loading)
		BROKEN(w, "L9: two loads at a time");
	if (!again && kept(w))
		BROKEN(w, "L9: what runs is replaced");
	if (again && !w->reload_asked)
		BROKEN(w, "L9: a reload that nobody asked for");
	if (again)
		w->reload_asked = false;
}

static void check_end(struct world *w, const struct life_action *a)
{
	bool exits = a->kind == LIFE_ACT_EXIT;

	if (w->ended)
		BROKEN(w, "L2: it ends twice");
	w->ended = true;
	if (exits == w->kind->machine)
		BROKEN(w, "L9: a machine exits, or somebody else calls reboot(2)");
	if (!exits && a->how != (enum shutdown)w->how)
		BROKEN(w, "L7: it ends by %d", a->how);
	if (exits && a->code != (w->how == SHUTDOWN_NOT ? 1 : w->code))
		BROKEN(w, "L8: the exit code is %d", a->code);
}

static void check_kill(struct world *w)
{
	if (w->how == SHUTDOWN_NOT || !(w->forced || w->termed))
		BROKEN(w, "L2: KILL to who was not asked");
	w->killed = true;
}

static void check_term(struct world *w)
{
	if (w->how == SHUTDOWN_NOT || w->services != SERVICES_DOWN || w->termed)
		BROKEN(w, "L2: TERM out of order, or twice");
	w->termed = true;
}

static void check_say(struct world *w, enum life_say what)
{
	bool machine = w->kind->machine;

	if ((what == LIFE_SAY_BOUNDED && w->urgency < URGENCY_BOUNDED)
	    || (what == LIFE_SAY_NOW && w->urgency < URGENCY_NOW))
		BROKEN(w, "L6: it is not as urgent as is said");
	if ((what == LIFE_SAY_SHELL || what == LIFE_SAY_SHELL_IS_THERE || what == LIFE_SAY_HANGS) && !machine)
		BROKEN(w, "L9: there is no such thing here");
	if (what == LIFE_SAY_FORCED && !w->forced)
		BROKEN(w, "L6: nobody has asked for force");
}

void oracle_action(struct world *w, const struct life_action *a)
{
	switch (a->kind) {
	case LIFE_ACT_SAY: check_say(w, a->say); break;
	case LIFE_ACT_STOP:
		if (w->how == SHUTDOWN_NOT || a->urgency != (enum urgency)w->urgency)
			BROKEN(w, "L6: the engine is told %d, not %d", a->urgency, w->urgency);
		w->urgency_told = true;
		break;
	case LIFE_ACT_NAME: w->named_ms = w->now; break;
	case LIFE_ACT_LOAD: check_load(w, false); break;
	case LIFE_ACT_RELOAD: check_load(w, true); break;
	case LIFE_ACT_BOOT:
		if (w->how != SHUTDOWN_NOT || !w->start || w->stopped)
			BROKEN(w, "L1: a boot in a stop, of nothing, or of what was stopped");
		break;
	case LIFE_ACT_TERM: check_term(w); break;
	case LIFE_ACT_KILL: check_kill(w); break;
	case LIFE_ACT_CLOSE: w->closed = true; break;
	case LIFE_ACT_HELPER: check_helper(w, a->helper); break;
	case LIFE_ACT_LOOK: break;
	case LIFE_ACT_SWITCH:
		if (w->l.state != LIFE_SWITCHED || !w->closed)
			BROKEN(w, "L2: a switch too early");
		break;
	case LIFE_ACT_SHELLS:
		if (!w->kind->machine || w->tree)
			BROKEN(w, "L9: shells for ever although there is something else");
		break;
	case LIFE_ACT_END:
	case LIFE_ACT_EXIT: check_end(w, a); break;
	case LIFE_ACT_N: break;
	}
}

void oracle_turned(struct world *w)
{
	unsigned s = w->l.state;

	if (*w->failure)
		return;
	if (life_deadline(&w->l) <= w->now)
		BROKEN(w, "L5: %s spins", life_state_word(s));
	if (names(s) && w->now - w->named_ms > BLOCKED_SAY_MS)
		BROKEN(w, "L4: what %s awaits is not named", life_state_word(s));
	if (w->now >= due(w, s))
		BROKEN(w, "L3: %s goes on after its deadline", life_state_word(s));
	if (in_stop(s) && !w->urgency_told)
		BROKEN(w, "L6: the engine is not told how urgent it is");
	if (s == LIFE_SERVICES && w->services == SERVICES_DOWN)
		BROKEN(w, "L3: services are waited for that are down");
}
