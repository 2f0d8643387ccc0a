/* transitions.c - prints life as tables, from the code: phase_next(), what entering each
 * state does, and what each request means in each of them.
 * The output is kept as transitions.golden. */
#include <stdio.h>
#include <string.h>

#include "src/engine/phase.h"
#include "test/lib/table.h"
#include "test/life/lib/world.h"

#define FACT(name, meaning) {#name, meaning, offsetof(struct life_facts, name)}
static const struct table_fact facts[] = {
	FACT(machine, "it runs a machine"),
	FACT(pid1, "it is process 1"),
	FACT(stop, "a stop is wanted"),
	FACT(forced, "without stopping anything"),
	FACT(goes_on, "for a rescue or another root"),
	FACT(switches, "and it is another root"),
	FACT(loaded, "the tree is in place"),
	FACT(load_failed, "the tree cannot be read"),
	FACT(tree, "there is one, this one or an earlier one"),
	FACT(start, "it has its start service"),
	FACT(shell_first, "a shell was asked for in place of the boot"),
	FACT(settled, "the boot has settled"),
	FACT(hollow, "and nothing came up"),
	FACT(ended, "the helper of the state has ended, or the switch has failed"),
	FACT(unstarted, "the helper of the state could not be executed"),
	FACT(down, "all services are down"),
	FACT(gone, "nobody is left who would be waited for"),
	FACT(due, "the deadline of the state has passed"),
};
#define N_FACTS (sizeof facts / sizeof *facts)
_Static_assert(sizeof(struct life_facts) == N_FACTS * sizeof(bool), "a fact is missing");

static unsigned next(unsigned state, const void *f)
{
	return phase_next((enum life_state)state, f);
}

static const struct table table = {
	.facts = facts, .n_facts = N_FACTS, .next = next, .word = life_state_word,
	.width = 11, .width_facts = 60,
};

/* ---- what entering a state does ---- */

static const char *const action_words[] = {
	[LIFE_ACT_STOP] = "stop the services", [LIFE_ACT_NAME] = "name", [LIFE_ACT_LOAD] = "load",
	[LIFE_ACT_RELOAD] = "reload", [LIFE_ACT_BOOT] = "boot", [LIFE_ACT_TERM] = "TERM",
	[LIFE_ACT_KILL] = "KILL", [LIFE_ACT_CLOSE] = "close", [LIFE_ACT_HELPER] = "run",
	[LIFE_ACT_LOOK] = "look", [LIFE_ACT_SWITCH] = "switch", [LIFE_ACT_SHELLS] = "shells",
	[LIFE_ACT_END] = "reboot(2)", [LIFE_ACT_EXIT] = "exit",
};
static const char *const helper_words[] = {
	[HELPER_PANIC] = " conf/panic", [HELPER_SHELL] = " the shell", [HELPER_LAST] = " conf/last",
	[HELPER_UNMOUNT] = " the unmounting",
};
static const char *const urgency_words[] = {"", " bounded", " now"};
static const char *const how_words[] = {
	[SHUTDOWN_NOT] = "-", [SHUTDOWN_HALT] = "halt", [SHUTDOWN_POWEROFF] = "power off",
	[SHUTDOWN_REBOOT] = "reboot", [SHUTDOWN_KEXEC] = "kexec", [SHUTDOWN_RESCUE] = "rescue",
	[SHUTDOWN_SWITCH] = "switch",
};
static const char *const by_words[] = {"client", "37 to 39", "TERM, INT", "PWR", "terminal"};

#define NOW 100000

/* The actions, without what is said. */
static void print_actions(struct life *l)
{
	struct life_action a;
	bool any = false;

	while (life_next(l, NOW, &a)) {
		if (a.kind == LIFE_ACT_SAY)
			continue;
		printf("%s%s%s%s", any ? ", " : "", action_words[a.kind],
		       a.kind == LIFE_ACT_HELPER ? helper_words[a.helper] : "",
		       a.kind == LIFE_ACT_STOP ? urgency_words[a.urgency] : "");
		any = true;
	}
	printf("%s\n", any ? "" : "nothing");
}

/* A machine, or a container, in a state of a stop for that. */
static struct life in_state(enum life_state state, bool machine, enum shutdown how)
{
	struct life l;
	bool phase = state >= LIFE_SERVICES && state <= LIFE_UNMOUNT;

	life_begin(&l, NOW - 10000, machine, !machine, true, false);
	l.state = (uint8_t)state;
	l.how = (uint8_t)how;
	l.tree = l.start = true;
	l.loading = LIFE_LOAD_NONE;
	l.todo = 0;
	l.name_ms = phase ? NOW + 5000 : NEVER;
	l.named_ms = NOW - 10000;
	l.shell_ms = NOW - 1000;
	l.reload_asked = state == LIFE_RUN;
	l.deadline_ms = state == LIFE_TERMED || state == LIFE_LAST ? NOW + 30000 : NEVER;
	return l;
}

static void print_entering(const char *what, enum life_state from, bool machine, enum shutdown how,
                           struct life_event ev)
{
	struct life l = in_state(from, machine, how);
	enum helper runs = from == LIFE_PANIC ? HELPER_PANIC : from == LIFE_SHELL ? HELPER_SHELL
	                   : from == LIFE_LAST ? HELPER_LAST : HELPER_UNMOUNT;

	l.helper = (uint8_t)runs;
	ev.helper = runs;
	if (from == LIFE_LOAD)
		l.loading = LIFE_LOAD_BOOT;
	if (ev.kind == LIFE_EV_TURN)
		l.deadline_ms = NOW;
	life_event(&l, NOW, &ev);
	printf("%-11s %-22s -> %-11s ", life_state_word(from), what, life_state_word(l.state));
	if (life_deadline(&l) == NEVER)
		printf("%8s  ", "-");
	else
		printf("%5lld ms  ", (long long)(life_deadline(&l) - NOW));
	print_actions(&l);
}

static void print_all_entering(void)
{
	static const struct { const char *what; uint8_t from, how; bool machine; struct life_event ev; } ways[] = {
		{"loaded", LIFE_LOAD, SHUTDOWN_NOT, true,
		 {.kind = LIFE_EV_LOADED, .ok = true, .tree = true, .start = true}},
		{"no start service", LIFE_LOAD, SHUTDOWN_NOT, true, {.kind = LIFE_EV_LOADED, .ok = true, .tree = true}},
		{"the same, container", LIFE_LOAD, SHUTDOWN_NOT, false, {.kind = LIFE_EV_LOADED, .ok = true, .tree = true}},
		{"settled", LIFE_BOOT, SHUTDOWN_NOT, true, {.kind = LIFE_EV_SETTLED}},
		{"nothing is up", LIFE_BOOT, SHUTDOWN_NOT, true, {.kind = LIFE_EV_SETTLED, .hollow = true}},
		{"ended", LIFE_PANIC, SHUTDOWN_NOT, true, {.kind = LIFE_EV_HELPER}},
		{"not executed", LIFE_SHELL, SHUTDOWN_NOT, true, {.kind = LIFE_EV_HELPER, .unstarted = true}},
		{"left", LIFE_SHELL, SHUTDOWN_NOT, true, {.kind = LIFE_EV_HELPER}},
		{"its time", LIFE_SHELL_LATER, SHUTDOWN_NOT, true, {.kind = LIFE_EV_TURN}},
		{"its time", LIFE_BOOT_LATER, SHUTDOWN_NOT, true, {.kind = LIFE_EV_TURN}},
		{"reload, idle", LIFE_RUN, SHUTDOWN_NOT, true, {.kind = LIFE_EV_IDLE}},
		{"a request", LIFE_RUN, SHUTDOWN_NOT, true, {.kind = LIFE_EV_REQUEST, .how = SHUTDOWN_REBOOT}},
		{"force", LIFE_RUN, SHUTDOWN_NOT, true,
		 {.kind = LIFE_EV_REQUEST, .how = SHUTDOWN_REBOOT, .force = true}},
		{"essential, container", LIFE_RUN, SHUTDOWN_NOT, false, {.kind = LIFE_EV_ESSENTIAL, .code = 3}},
		{"essential, machine", LIFE_RUN, SHUTDOWN_NOT, true, {.kind = LIFE_EV_ESSENTIAL, .code = 3}},
		{"services down", LIFE_SERVICES, SHUTDOWN_REBOOT, true, {.kind = LIFE_EV_DOWN}},
		{"force", LIFE_SERVICES, SHUTDOWN_REBOOT, true,
		 {.kind = LIFE_EV_REQUEST, .how = SHUTDOWN_REBOOT, .force = true}},
		{"nobody left", LIFE_TERMED, SHUTDOWN_REBOOT, true, {.kind = LIFE_EV_LEFT, .left = LIFE_LEFT_NOBODY}},
		{"the same, for a rescue", LIFE_TERMED, SHUTDOWN_RESCUE, true,
		 {.kind = LIFE_EV_LEFT, .left = LIFE_LEFT_NOBODY}},
		{"the same, for a switch", LIFE_TERMED, SHUTDOWN_SWITCH, true,
		 {.kind = LIFE_EV_LEFT, .left = LIFE_LEFT_NOBODY}},
		{"a turn", LIFE_TERMED, SHUTDOWN_REBOOT, true, {.kind = LIFE_EV_TURN}},
		{"nobody left", LIFE_KILLED, SHUTDOWN_REBOOT, true, {.kind = LIFE_EV_LEFT, .left = LIFE_LEFT_NOBODY}},
		{"ended", LIFE_LAST, SHUTDOWN_REBOOT, true, {.kind = LIFE_EV_HELPER}},
		{"its time", LIFE_LAST, SHUTDOWN_REBOOT, true, {.kind = LIFE_EV_TURN}},
		{"ended, container", LIFE_LAST, SHUTDOWN_REBOOT, false, {.kind = LIFE_EV_HELPER}},
		{"ended", LIFE_UNMOUNT, SHUTDOWN_REBOOT, true, {.kind = LIFE_EV_HELPER}},
		{"failed", LIFE_SWITCHED, SHUTDOWN_SWITCH, true, {.kind = LIFE_EV_SWITCHED}},
	};

	puts("\n# What happens then: state, event -> state, when it is woken at the latest, what is done.");
	for (unsigned k = 0; k < sizeof ways / sizeof *ways; k++)
		print_entering(ways[k].what, (enum life_state)ways[k].from, ways[k].machine,
		               (enum shutdown)ways[k].how, ways[k].ev);
}

/* ---- what requests mean ---- */

/* Four requests for a reboot, so many ms apart, in a power off that a client asked for. */
static void print_requests(bool machine, enum life_by by, enum shutdown first, int64_t apart)
{
	struct life l = in_state(LIFE_SERVICES, machine, first);
	bool ends = first != SHUTDOWN_RESCUE;

	l.requested = ends;
	l.counted_ms = ends ? NOW : NEVER;
	printf("%-9s  %-9s  %-9s %5lld ", machine ? "machine" : "container", how_words[first], by_words[by],
	       (long long)apart);
	for (int k = 1; k <= 4; k++) {
		struct life_event ev = {.kind = LIFE_EV_REQUEST, .how = SHUTDOWN_REBOOT, .by = by};

		life_event(&l, NOW + k * apart, &ev);
		printf("  %-9s%-8s", how_words[l.how], urgency_words[l.urgency]);
	}
	putchar('\n');
}

static void print_all_requests(void)
{
	puts("\n# Requests for a reboot in a stop that was begun for another end: four of them, so many\n"
	     "# milliseconds apart, and what it is for and how urgent it is after each.");
	for (unsigned machine = 2; machine-- > 0;)
		for (unsigned by = 0; by <= LIFE_BY_TERMINAL; by++) {
			print_requests(machine, (enum life_by)by, SHUTDOWN_POWEROFF, 1000);
			print_requests(machine, (enum life_by)by, SHUTDOWN_POWEROFF, 2000);
			if (machine)
				print_requests(true, (enum life_by)by, SHUTDOWN_RESCUE, 2000);
		}
}

int main(void)
{
	puts("# What becomes of the supervisor next: printed by test/life/transitions from phase_next().\n"
	     "# A line holds when all its facts do (! is not); facts not named do not matter.\n#");
	table_print_facts(&table);
	for (unsigned state = 0; state < LIFE_N_STATES; state++)
		if (!table_print_state(&table, state))
			return 1;
	print_all_entering();
	print_all_requests();
	return 0;
}
