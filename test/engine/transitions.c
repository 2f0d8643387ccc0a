/* transitions.c - prints decide() as a table, from the code.
 *
 * Every state is tried with all combinations of facts.  Those that matter to
 * it are arranged as the smallest tree of questions; each line is one way
 * through that tree, so the lines of a state exclude each other and miss
 * nothing, and a fact that is not named on a line does not matter there.
 * The output is kept as transitions.golden. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "src/engine/decide.h"

struct fact {
	const char *name, *meaning;
	size_t at;
};

#define FACT(name, meaning) {#name, meaning, offsetof(struct facts, name)}
static const struct fact facts[] = {
	FACT(refused, "the loader refused it"),
	FACT(wish, "wished up"),
	FACT(restart, "to be stopped once, although wished up"),
	FACT(retry_asked, "an operator's start since it failed or backed off"),
	FACT(group, "has no `on`"),
	FACT(respawn, "is kept running"),
	FACT(says_ready, "and says by itself when it is up"),
	FACT(alive, "its main process has not been reaped"),
	FACT(executed, "its main process has executed its program"),
	FACT(ready, "its main process has said that it is up"),
	FACT(succeeded, "its main process ended with exit 0"),
	FACT(transient, "could not be executed, for a reason that may pass"),
	FACT(permanent, "why it ended, or was never executed, does not pass by itself"),
	FACT(late, "was told to end because it was not up in time"),
	FACT(need_bad, "a need failed, is blocked, refused or was stopped"),
	FACT(need_leaving, "a need is being stopped"),
	FACT(needs_up, "every need is up"),
	FACT(wants_settled, "no want that orders is still on its way"),
	FACT(held, "somebody who must be down before it is not yet"),
	FACT(has_off, "has an `off`"),
	FACT(was_up, "was up since it was last started"),
	FACT(off_ran, "its `off` was run since"),
	FACT(off_alive, "its off process has not been reaped"),
	FACT(due, "the deadline of the state has passed"),
};
#define N_FACTS 24
_Static_assert(sizeof facts / sizeof *facts == N_FACTS, "a fact is missing");
_Static_assert(sizeof(struct facts) == N_FACTS * sizeof(bool), "a fact is not in the table");

/* What decide() says of one state, for each set of facts. */
static unsigned char verdict[1u << N_FACTS];

/* The same over the facts that matter, at most MATTER_MAX of them. */
#define MATTER_MAX 13
#define CUBES_MAX 1594323 /* 3 to the power of MATTER_MAX */
static unsigned matters[MATTER_MAX], n_matters;

/* A cube says of each fact that matters: false, true or either (a digit 0, 1, 2
 * to the base 3).  The cheapest tree below it: ways, questions in them, and
 * the fact to ask first. */
struct tree {
	unsigned ways, questions;
	int ask;               /* -1: no question, -2: not known yet */
	unsigned char says;
};
static struct tree trees[CUBES_MAX];

static bool *place(struct facts *f, unsigned k)
{
	return (bool *)((char *)f + facts[k].at);
}

/* In the order of a Gray code, so that one fact changes at a time. */
static void ask_everything(enum svc_state state)
{
	struct facts f = {0};
	unsigned set = 0;

	verdict[0] = (unsigned char)decide(state, &f);
	for (unsigned k = 1; k < 1u << N_FACTS; k++) {
		unsigned bit = (unsigned)__builtin_ctz(k);

		set ^= 1u << bit;
		*place(&f, bit) = set >> bit & 1;
		verdict[set] = (unsigned char)decide(state, &f);
	}
}

static bool fact_matters(unsigned bit)
{
	size_t half = (size_t)1 << bit;

	for (size_t at = 0; at < sizeof verdict; at += 2 * half)
		if (memcmp(verdict + at, verdict + at + half, half))
			return true;
	return false;
}

static bool find_matters(void)
{
	n_matters = 0;
	for (unsigned bit = 0; bit < N_FACTS; bit++) {
		if (!fact_matters(bit))
			continue;
		if (n_matters == MATTER_MAX)
			return false;
		matters[n_matters++] = bit;
	}
	return true;
}

static unsigned power3(unsigned n)
{
	return n ? 3 * power3(n - 1) : 1;
}

static unsigned digit(unsigned cube, unsigned k)
{
	return cube / power3(k) % 3;
}

/* A cube without a 2 is one set of facts. */
static unsigned char verdict_of(unsigned cube)
{
	unsigned set = 0;

	for (unsigned k = 0; k < n_matters; k++)
		set |= digit(cube, k) << matters[k];
	return verdict[set];
}

static const struct tree *grow(unsigned cube);

/* The tree that asks about fact k first. */
static struct tree ask_first(unsigned cube, unsigned k)
{
	const struct tree *no = grow(cube - 2 * power3(k)), *yes = grow(cube - power3(k));
	struct tree t = {no->ways + yes->ways, 0, (int)k, no->says};

	if (no->ask == -1 && yes->ask == -1 && no->says == yes->says)
		return (struct tree){1, 0, -1, no->says};
	t.questions = no->questions + yes->questions + t.ways;
	return t;
}

static const struct tree *grow(unsigned cube)
{
	struct tree best = {~0u, 0, -1, 0};
	bool open = false;

	if (trees[cube].ask != -2)
		return &trees[cube];
	for (unsigned k = 0; k < n_matters; k++) {
		struct tree t;

		if (digit(cube, k) != 2)
			continue;
		open = true;
		t = ask_first(cube, k);
		if (t.ways < best.ways || (t.ways == best.ways && t.questions < best.questions))
			best = t;
	}
	trees[cube] = open ? best : (struct tree){1, 0, -1, verdict_of(cube)};
	return &trees[cube];
}

static void print_way(enum svc_state state, const char *facts_said, unsigned says)
{
	printf("%-11s  %-78s -> %s\n", state_detail(state), facts_said,
	       says == state ? "(stays)" : state_detail(says));
}

/* The short branch first: it reads like a guard. */
static void print_tree(enum svc_state state, unsigned cube, const char *said)
{
	const struct tree *t = grow(cube), *no, *yes;
	unsigned step;
	char with[2][200];

	if (t->ask < 0) {
		print_way(state, said, t->says);
		return;
	}
	step = power3((unsigned)t->ask);
	no = grow(cube - 2 * step);
	yes = grow(cube - step);
	for (unsigned is = 0; is < 2; is++)
		snprintf(with[is], sizeof with[is], "%s%s%s%s", said, *said ? " " : "", is ? "" : "!",
		         facts[matters[t->ask]].name);
	if (yes->ways <= no->ways)
		print_tree(state, cube - step, with[1]);
	print_tree(state, cube - 2 * step, with[0]);
	if (yes->ways > no->ways)
		print_tree(state, cube - step, with[1]);
}

static bool print_state(enum svc_state state)
{
	ask_everything(state);
	if (!find_matters()) {
		fprintf(stderr, "transitions: too many facts matter to %s\n", state_detail(state));
		return false;
	}
	for (unsigned cube = 0; cube < power3(n_matters); cube++)
		trees[cube].ask = -2;
	putchar('\n');
	print_tree(state, power3(n_matters) - 1, "");
	return true;
}

int main(void)
{
	puts("# What a service does next: printed by test/engine/transitions from decide().\n"
	     "# A line holds when all its facts do (! is not); facts not named do not matter.\n#");
	for (unsigned k = 0; k < N_FACTS; k++)
		printf("# %-14s %s\n", facts[k].name, facts[k].meaning);
	for (unsigned state = 0; state < SVC_N_STATES; state++)
		if (!print_state((enum svc_state)state))
			return 1;
	return 0;
}
