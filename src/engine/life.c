/* life.c - takes events in, settles, hands actions out.
 * enter() is the only writer of the state, phase_next() the only judge. */
#include "src/engine/life.h"

#include "src/engine/phase.h"
#include "src/limits.h"

#define BIT(which) ((uint16_t)(1u << (which)))

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void act(struct life *l, enum life_action_kind which)
{
	l->todo |= BIT(which);
}

static void say(struct life *l, enum life_say what)
{
	l->say |= BIT(what);
}

static bool goes_on(unsigned how)
{
	return how == SHUTDOWN_RESCUE || how == SHUTDOWN_SWITCH;
}

static bool ends(unsigned how)
{
	return how != SHUTDOWN_NOT && !goes_on(how);
}

/* Are other processes awaited, whoever they are? */
static bool awaits_others(const struct life *l)
{
	return l->state == LIFE_TERMED || l->state == LIFE_KILLED;
}

bool life_is_stopping(const struct life *l)
{
	switch ((enum life_state)l->state) {
	case LIFE_SERVICES:
	case LIFE_TERMED:
	case LIFE_KILLED:
	case LIFE_LAST:
	case LIFE_UNMOUNT:
	case LIFE_SWITCHED:
	case LIFE_OVER:
		return true;
	case LIFE_LOAD:
	case LIFE_BOOT:
	case LIFE_RUN:
	case LIFE_PANIC:
	case LIFE_SHELL:
	case LIFE_SHELL_LATER:
	case LIFE_BOOT_LATER:
	case LIFE_SHELLS:
	case LIFE_N_STATES:
		break;
	}
	return false;
}

bool life_wants_tree(const struct life *l)
{
	return l->loading == LIFE_LOAD_BOOT || l->loading == LIFE_LOAD_RELOAD;
}

/* ---- naming ---- */

static void name(struct life *l, int64_t now)
{
	act(l, LIFE_ACT_NAME);
	l->named_ms = now;
	l->name_ms = now + BLOCKED_SAY_MS;
}

/* Because of a request: not with each of a flood. */
static void name_once(struct life *l, int64_t now)
{
	if (l->name_ms != NEVER && (l->named_ms == NEVER || now - l->named_ms >= REQUEST_NAME_MS))
		name(l, now);
}

/* ---- loads ---- */

/* Begins the load of a boot, unless another one is under way: then after that. */
static void load(struct life *l)
{
	if (l->loading != LIFE_LOAD_NONE)
		return;
	l->loading = LIFE_LOAD_BOOT;
	act(l, LIFE_ACT_LOAD);
}

/* A load that was not handed out yet is not done, any other one was in vain. */
static void give_up_loads(struct life *l)
{
	uint16_t loads = BIT(LIFE_ACT_LOAD) | BIT(LIFE_ACT_RELOAD);

	if (l->reload_asked || l->loading == LIFE_LOAD_RELOAD)
		say(l, LIFE_SAY_NO_RELOAD);
	l->reload_asked = false;
	if (l->todo & loads)
		l->loading = LIFE_LOAD_NONE;
	else if (l->loading != LIFE_LOAD_NONE)
		l->loading = LIFE_LOAD_STALE;
	l->todo = (uint16_t)(l->todo & ~loads);
}

/* ---- entering a state ---- */

/* A person is given a shell: whatever was stopped for that is over. */
static void live_again(struct life *l)
{
	l->how = SHUTDOWN_NOT;
	l->reload_first = true;
}

static void enter_shell(struct life *l, enum life_state from, int64_t now)
{
	if (from == LIFE_TERMED || from == LIFE_KILLED || from == LIFE_SWITCHED)
		live_again(l);
	l->shell_first = false;
	l->shell_ms = now;
	say(l, LIFE_SAY_SHELL);
}

static void enter_load(struct life *l)
{
	if (l->tree && l->in_use && !l->reload_first)
		l->loaded = true; /* what runs, or is waited for, is kept */
	else
		load(l);
}

/* A stop begins; of a forced one the engine hears so that it starts nobody for those
 * who are killed. */
static void enter_stop(struct life *l)
{
	give_up_loads(l);
	say(l, l->forced ? LIFE_SAY_FORCED : LIFE_SAY_STOPPING);
	act(l, LIFE_ACT_STOP);
}

/* How long a state lasts at most, by the third request a second. */
static int64_t limited(const struct life *l, int64_t ms)
{
	return l->urgency == URGENCY_NOW ? earlier(ms, HURRY_DELAY_MS) : ms;
}

static void enter_killed(struct life *l, enum life_state from, int64_t now)
{
	if (from == LIFE_TERMED && !l->forced)
		name(l, now); /* who they are, as long as they are there */
	act(l, LIFE_ACT_KILL);
	act(l, LIFE_ACT_LOOK);
	l->deadline_ms = now + KILLED_MAX_MS;
}

static void enter_over(struct life *l)
{
	if (l->how == SHUTDOWN_NOT) {
		say(l, LIFE_SAY_NOTHING);
		l->code = 1;
	}
	act(l, l->machine ? LIFE_ACT_END : LIFE_ACT_EXIT);
}

static void start_helper(struct life *l, enum helper which)
{
	l->helper = (uint8_t)which;
	act(l, LIFE_ACT_HELPER);
}

/* What entering a state does beside the change itself. */
static void enter_effects(struct life *l, enum life_state from, int64_t now)
{
	switch ((enum life_state)l->state) {
	case LIFE_LOAD:
		enter_load(l);
		break;
	case LIFE_BOOT:
		act(l, LIFE_ACT_BOOT);
		break;
	case LIFE_PANIC:
		start_helper(l, HELPER_PANIC);
		break;
	case LIFE_SHELL:
		enter_shell(l, from, now);
		start_helper(l, HELPER_SHELL);
		break;
	case LIFE_SHELL_LATER:
		l->deadline_ms = now + RESCUE_RETRY_MS;
		break;
	case LIFE_BOOT_LATER:
		l->deadline_ms = l->shell_ms + RESCUE_RETRY_MS;
		break;
	case LIFE_TERMED:
		act(l, LIFE_ACT_TERM);
		act(l, LIFE_ACT_LOOK);
		l->deadline_ms = now + limited(l, l->term_ms);
		break;
	case LIFE_KILLED:
		enter_killed(l, from, now);
		break;
	case LIFE_LAST:
		start_helper(l, HELPER_LAST);
		l->deadline_ms = now + limited(l, LAST_MAX_MS);
		break;
	case LIFE_UNMOUNT:
		start_helper(l, HELPER_UNMOUNT);
		l->deadline_ms = now + UNMOUNT_MAX_MS;
		break;
	case LIFE_SWITCHED:
		act(l, LIFE_ACT_SWITCH);
		break;
	case LIFE_SHELLS:
		say(l, LIFE_SAY_NOTHING);
		act(l, LIFE_ACT_SHELLS);
		break;
	case LIFE_OVER:
		enter_over(l);
		break;
	case LIFE_SERVICES: /* as every stop, below */
	case LIFE_RUN:
	case LIFE_N_STATES:
		break;
	}
}

/* What leaving a state says or does, because of what has not happened in it. */
static void leave(struct life *l, enum life_state to)
{
	bool over = l->ended || l->unstarted;

	if (awaits_others(l) && to != LIFE_KILLED)
		act(l, LIFE_ACT_CLOSE);
	if (l->state == LIFE_KILLED && !l->gone)
		say(l, LIFE_SAY_SURVIVES);
	if (l->state == LIFE_LAST && !over) {
		say(l, LIFE_SAY_LAST_LATE);
		act(l, LIFE_ACT_KILL);
	}
	if (l->state == LIFE_UNMOUNT && !over)
		say(l, LIFE_SAY_HANGS);
}

static void clear_facts(struct life *l)
{
	l->settled = l->hollow = l->ended = l->unstarted = l->gone = l->looked = false;
}

/* What was to be begun in the state that is left is not begun any more. */
static void clear_actions(struct life *l)
{
	if (l->todo & BIT(LIFE_ACT_HELPER))
		l->helper = HELPER_NONE;
	l->todo = (uint16_t)(l->todo & ~(BIT(LIFE_ACT_BOOT) | BIT(LIFE_ACT_HELPER) | BIT(LIFE_ACT_LOOK)));
}

static void set_timers(struct life *l, int64_t now)
{
	bool stops = life_is_stopping(l) && l->state != LIFE_SWITCHED && l->state != LIFE_OVER;

	if (!stops)
		l->name_ms = l->named_ms = NEVER;
	else if (l->name_ms == NEVER)
		l->name_ms = now + BLOCKED_SAY_MS;
	l->look_ms = awaits_others(l) ? now + ENDING_LOOK_MS : NEVER;
}

static void enter(struct life *l, enum life_state to, int64_t now)
{
	enum life_state from = (enum life_state)l->state;
	bool stopped = life_is_stopping(l);

	leave(l, to);
	clear_facts(l);
	clear_actions(l);
	l->state = (uint8_t)to;
	l->since_ms = now;
	l->deadline_ms = NEVER;
	l->loaded = l->load_failed = false;
	set_timers(l, now);
	if (!stopped && life_is_stopping(l) && l->how != SHUTDOWN_NOT)
		enter_stop(l);
	enter_effects(l, from, now);
}

static struct life_facts gather(const struct life *l, int64_t now)
{
	return (struct life_facts){
		.machine = l->machine,
		.pid1 = l->pid1,
		.stop = l->how != SHUTDOWN_NOT,
		.forced = l->forced,
		.goes_on = goes_on(l->how),
		.switches = l->how == SHUTDOWN_SWITCH,
		.loaded = l->loaded,
		.load_failed = l->load_failed,
		.tree = l->tree,
		.start = l->start,
		.shell_first = l->shell_first,
		.settled = l->settled,
		.hollow = l->hollow,
		.ended = l->ended,
		.unstarted = l->unstarted,
		.down = l->down,
		.gone = l->gone,
		.due = l->deadline_ms <= now && (l->looked || !awaits_others(l)),
	};
}

static void settle(struct life *l, int64_t now)
{
	for (;;) {
		struct life_facts f = gather(l, now);
		enum life_state next = phase_next((enum life_state)l->state, &f);

		if (next == (enum life_state)l->state)
			break;
		enter(l, next, now);
	}
	clear_facts(l);
}

/* ---- requests ---- */

/* More urgency, where there is somebody whom it concerns. */
static void hurry(struct life *l, enum urgency to, int64_t now)
{
	if (l->urgency >= to || l->state == LIFE_UNMOUNT || l->state == LIFE_SWITCHED)
		return;
	l->urgency = (uint8_t)to;
	say(l, to == URGENCY_NOW ? LIFE_SAY_NOW : LIFE_SAY_BOUNDED);
	act(l, LIFE_ACT_STOP);
	if (to == URGENCY_NOW && (l->state == LIFE_TERMED || l->state == LIFE_LAST))
		l->deadline_ms = earlier(l->deadline_ms, now + HURRY_DELAY_MS);
}

/* The first is what the stop is for, and hurries nothing. */
static void count(struct life *l, int64_t now)
{
	if (l->counted_ms != NEVER && now - l->counted_ms < REQUEST_ONE_MS)
		return;
	l->counted_ms = now;
	if (l->requested && l->urgency < URGENCY_NOW)
		hurry(l, (enum urgency)(l->urgency + 1), now);
	l->requested = true;
}

static void change(struct life *l, enum shutdown how)
{
	if (l->how == (uint8_t)how)
		return;
	l->other = l->how;
	l->how = (uint8_t)how;
	say(l, LIFE_SAY_INSTEAD);
}

/* A stop has begun already. */
static void request_again(struct life *l, int64_t now, const struct life_event *ev)
{
	bool says_how = ev->by == LIFE_BY_CLIENT || ev->by == LIFE_BY_NUMBER;
	bool counts = says_how || !l->machine || ev->by != LIFE_BY_SIGNAL;
	bool first = goes_on(l->how);

	if (says_how || first)
		change(l, ev->how);
	if (counts || first)
		count(l, now);
	if (ev->force && l->state == LIFE_LAST)
		hurry(l, URGENCY_NOW, now);
	else if (ev->force && !l->forced && (l->state == LIFE_SERVICES || l->state == LIFE_TERMED)) {
		l->forced = true;
		say(l, LIFE_SAY_FORCED);
	}
	name_once(l, now);
}

static void request_end(struct life *l, int64_t now, const struct life_event *ev)
{
	if (l->how != SHUTDOWN_NOT) {
		request_again(l, now, ev);
		return;
	}
	l->how = (uint8_t)ev->how;
	l->forced = ev->force;
	l->requested = true;
	l->counted_ms = now;
}

/* A rescue, or another root.  The machine goes on afterwards. */
static void request_more(struct life *l, enum shutdown how)
{
	if (!l->machine)
		return;
	if (l->how != SHUTDOWN_NOT) {
		l->other = (uint8_t)how;
		say(l, LIFE_SAY_BEGUN);
	} else if (how == SHUTDOWN_RESCUE && l->state == LIFE_SHELL) {
		say(l, LIFE_SAY_SHELL_IS_THERE);
	} else {
		l->how = (uint8_t)how;
	}
}

static void request(struct life *l, int64_t now, const struct life_event *ev)
{
	if (l->state == LIFE_OVER || l->state == LIFE_SHELLS || ev->how == SHUTDOWN_NOT)
		return;
	if (goes_on(ev->how))
		request_more(l, ev->how);
	else
		request_end(l, now, ev);
}

/* The engine has begun to stop by itself.  Where a request has come in between, the
 * service came first all the same. */
static void essential(struct life *l, int32_t code)
{
	if (l->machine || l->state == LIFE_OVER)
		return;
	l->code = code;
	if (l->how == SHUTDOWN_NOT)
		l->how = SHUTDOWN_POWEROFF;
}

/* ---- other events ---- */

static void loaded(struct life *l, const struct life_event *ev)
{
	enum life_load was = (enum life_load)l->loading;
	bool booted_late = was == LIFE_LOAD_RELOAD && !l->start && ev->start && !l->down;

	l->loading = LIFE_LOAD_NONE;
	if (was == LIFE_LOAD_BOOT || was == LIFE_LOAD_RELOAD)
		l->tree |= ev->tree;
	if (ev->ok && (was == LIFE_LOAD_BOOT || was == LIFE_LOAD_RELOAD)) {
		l->start = ev->start;
		l->term_ms = ev->term_ms;
		if (booted_late) /* there was no start service before */
			act(l, LIFE_ACT_BOOT);
	}
	if (was == LIFE_LOAD_BOOT) {
		l->loaded = ev->ok;
		l->load_failed = !ev->ok;
		if (ev->ok)
			l->down = l->reload_first = false;
	} else if (l->state == LIFE_LOAD && !l->loaded) {
		load(l);
	}
}

static void idle(struct life *l)
{
	if (!l->reload_asked || l->loading != LIFE_LOAD_NONE || !l->tree)
		return;
	l->reload_asked = false;
	l->loading = LIFE_LOAD_RELOAD;
	act(l, LIFE_ACT_RELOAD);
}

static void reload(struct life *l)
{
	if (life_is_stopping(l))
		say(l, LIFE_SAY_NO_RELOAD);
	else if (!(l->todo & BIT(LIFE_ACT_RELOAD))) /* that one sees all */
		l->reload_asked = true;
}

static enum helper helper_of(unsigned state)
{
	switch (state) {
	case LIFE_PANIC: return HELPER_PANIC;
	case LIFE_SHELL: return HELPER_SHELL;
	case LIFE_LAST: return HELPER_LAST;
	case LIFE_UNMOUNT: return HELPER_UNMOUNT;
	default: return HELPER_NONE;
	}
}

static void helper_over(struct life *l, const struct life_event *ev)
{
	if (ev->helper == HELPER_NONE || l->helper != (uint8_t)ev->helper)
		return;
	l->helper = HELPER_NONE;
	if (helper_of(l->state) != ev->helper)
		return;
	l->ended = !ev->unstarted;
	l->unstarted = ev->unstarted;
}

/* Whoever may not be killed by us ends with the namespace. */
static void left(struct life *l, int64_t now, enum life_left who)
{
	bool others = who == LIFE_LEFT_OTHERS && l->container && l->state == LIFE_KILLED
	              && now - l->since_ms >= FOREIGN_MAX_MS;

	if (!awaits_others(l))
		return;
	if (others)
		say(l, LIFE_SAY_OTHERS);
	l->gone = who == LIFE_LEFT_NOBODY || others;
	l->looked = true;
	settle(l, now);
}

/* Others end without a signal to us, and whoever is born meanwhile is killed as well.
 * What is due is judged when it is known who is left. */
static void turn(struct life *l, int64_t now)
{
	if (awaits_others(l))
		act(l, LIFE_ACT_LOOK);
	else
		settle(l, now);
	if (l->look_ms <= now) {
		l->look_ms = now + ENDING_LOOK_MS;
		if (l->state == LIFE_KILLED)
			act(l, LIFE_ACT_KILL);
	}
	if (l->name_ms <= now)
		name(l, now);
}

void life_event(struct life *l, int64_t now, const struct life_event *ev)
{
	l->in_use = ev->in_use;
	switch (ev->kind) {
	case LIFE_EV_TURN: turn(l, now); return;
	case LIFE_EV_LEFT: left(l, now, ev->left); return;
	case LIFE_EV_LOADED: loaded(l, ev); break;
	case LIFE_EV_SETTLED:
		l->settled = true;
		l->hollow = ev->hollow;
		break;
	case LIFE_EV_DOWN: l->down = true; break;
	case LIFE_EV_HELPER: helper_over(l, ev); break;
	case LIFE_EV_SWITCHED: l->ended = l->state == LIFE_SWITCHED; break;
	case LIFE_EV_REQUEST: request(l, now, ev); break;
	case LIFE_EV_ESSENTIAL: essential(l, ev->code); break;
	case LIFE_EV_RELOAD: reload(l); break;
	case LIFE_EV_IDLE: idle(l); break;
	}
	settle(l, now);
}

/* ---- out ---- */

static unsigned lowest(unsigned bits)
{
	unsigned n = 0;

	while (!(bits >> n & 1))
		n++;
	return n;
}

bool life_next(struct life *l, int64_t now, struct life_action *a)
{
	(void)now;
	*a = (struct life_action){.kind = LIFE_ACT_SAY, .how = (enum shutdown)l->how,
	                          .other = (enum shutdown)l->other, .code = l->code,
	                          .urgency = (enum urgency)l->urgency,
	                          .helper = (enum helper)l->helper};
	if (l->say) {
		a->say = (enum life_say)lowest(l->say);
		l->say = (uint16_t)(l->say & (l->say - 1u));
		return true;
	}
	if (!l->todo)
		return false;
	a->kind = (enum life_action_kind)lowest(l->todo);
	l->todo = (uint16_t)(l->todo & (l->todo - 1u));
	return true;
}

int64_t life_deadline(const struct life *l)
{
	return earlier(earlier(l->deadline_ms, l->name_ms), l->look_ms);
}

void life_begin(struct life *l, int64_t now, bool machine, bool container, bool pid1,
                bool shell_first)
{
	*l = (struct life){
		.since_ms = now, .deadline_ms = NEVER, .name_ms = NEVER, .named_ms = NEVER,
		.look_ms = NEVER, .counted_ms = NEVER, .shell_ms = NEVER,
		.state = LIFE_LOAD, .machine = machine, .container = container, .pid1 = pid1,
		.shell_first = shell_first, .term_ms = SLEEP_BEFORE_KILL_S * 1000,
	};
	load(l);
}

/* ---- what has to hold ---- */

static bool awaits_deadline(unsigned state)
{
	return state == LIFE_SHELL_LATER || state == LIFE_BOOT_LATER || state == LIFE_TERMED
	       || state == LIFE_KILLED || state == LIFE_LAST || state == LIFE_UNMOUNT;
}

static bool is_phase_of_stop(unsigned state)
{
	return state == LIFE_SERVICES || state == LIFE_TERMED || state == LIFE_KILLED
	       || state == LIFE_LAST || state == LIFE_UNMOUNT;
}

const char *life_check(const struct life *l)
{
	bool stops = is_phase_of_stop(l->state) || l->state == LIFE_SWITCHED;

	if (l->state >= LIFE_N_STATES || l->how > SHUTDOWN_SWITCH || l->urgency > URGENCY_NOW
	    || l->helper > HELPER_UNMOUNT || l->loading > LIFE_LOAD_STALE)
		return "a field is out of its range";
	if (stops != (l->how != SHUTDOWN_NOT) && l->state != LIFE_OVER)
		return "what a stop is for, and being in one, do not agree";
	if (awaits_deadline(l->state) != (l->deadline_ms != NEVER))
		return "the state lacks its deadline, or has one";
	if (is_phase_of_stop(l->state) != (l->name_ms != NEVER))
		return "what a stop awaits will not be named, or there is none";
	if (awaits_others(l) != (l->look_ms != NEVER))
		return "nobody looks who is left, or needlessly";
	if (l->urgency != URGENCY_ORDERLY && !l->requested)
		return "it is urgent, and nobody has asked";
	if (l->requested != (l->counted_ms != NEVER) || (l->requested && !ends(l->how)))
		return "an end was asked for, and it is none";
	if (l->forced && (!stops || !ends(l->how) || l->state == LIFE_SERVICES
	                  || l->state == LIFE_TERMED) && l->state != LIFE_OVER)
		return "a forced end waits for what is not killed";
	if (stops && (l->reload_asked || life_wants_tree(l)))
		return "a stop goes on loading";
	if (l->state == LIFE_LOAD && l->loading == LIFE_LOAD_NONE)
		return "a tree is awaited that nobody loads";
	if (helper_of(l->state) != HELPER_NONE && helper_of(l->state) != (enum helper)l->helper)
		return "a program is awaited that does not run";
	return NULL;
}

const char *life_state_word(unsigned state)
{
	switch (state) {
	case LIFE_LOAD: return "load";
	case LIFE_BOOT: return "boot";
	case LIFE_RUN: return "run";
	case LIFE_PANIC: return "panic";
	case LIFE_SHELL: return "shell";
	case LIFE_SHELL_LATER: return "shell later";
	case LIFE_BOOT_LATER: return "boot later";
	case LIFE_SERVICES: return "services";
	case LIFE_TERMED: return "termed";
	case LIFE_KILLED: return "killed";
	case LIFE_LAST: return "last";
	case LIFE_UNMOUNT: return "unmount";
	case LIFE_SWITCHED: return "switched";
	case LIFE_SHELLS: return "shells";
	case LIFE_OVER: return "over";
	default: return "?";
	}
}
