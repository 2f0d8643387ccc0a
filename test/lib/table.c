/* table.c - all combinations of facts, and the smallest tree of questions for them. */
#include "test/lib/table.h"

#include <stdio.h>
#include <string.h>

static const struct table *table;

/* What is said of one state, for each set of facts. */
static unsigned char verdict[1u << TABLE_FACTS_MAX];

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

static bool *place(bool *facts, unsigned k)
{
	return facts + table->facts[k].at / sizeof(bool);
}

/* In the order of a Gray code, so that one fact changes at a time. */
static void ask_everything(unsigned state)
{
	bool facts[TABLE_FACTS_MAX] = {false};
	unsigned set = 0;

	verdict[0] = (unsigned char)table->next(state, facts);
	for (unsigned k = 1; k < 1u << table->n_facts; k++) {
		unsigned bit = (unsigned)__builtin_ctz(k);

		set ^= 1u << bit;
		*place(facts, bit) = set >> bit & 1;
		verdict[set] = (unsigned char)table->next(state, facts);
	}
}

static bool fact_matters(unsigned bit)
{
	size_t half = (size_t)1 << bit;

	for (size_t at = 0; at < (size_t)1 << table->n_facts; at += 2 * half)
		if (memcmp(verdict + at, verdict + at + half, half))
			return true;
	return false;
}

static bool find_matters(void)
{
	n_matters = 0;
	for (unsigned bit = 0; bit < table->n_facts; bit++) {
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

static void print_way(unsigned state, const char *facts_said, unsigned says)
{
	printf("%-*s  %-*s -> %s\n", table->width, table->word(state), table->width_facts, facts_said,
	       says == state ? "(stays)" : table->word(says));
}

/* The short branch first: it reads like a guard. */
static void print_tree(unsigned state, unsigned cube, const char *said)
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
		         table->facts[matters[t->ask]].name);
	if (yes->ways <= no->ways)
		print_tree(state, cube - step, with[1]);
	print_tree(state, cube - 2 * step, with[0]);
	if (yes->ways > no->ways)
		print_tree(state, cube - step, with[1]);
}

bool table_print_state(const struct table *t, unsigned state)
{
	table = t;
	ask_everything(state);
	if (!find_matters()) {
		fprintf(stderr, "transitions: too many facts matter to %s\n", t->word(state));
		return false;
	}
	for (unsigned cube = 0; cube < power3(n_matters); cube++)
		trees[cube].ask = -2;
	putchar('\n');
	print_tree(state, power3(n_matters) - 1, "");
	return true;
}

void table_print_facts(const struct table *t)
{
	for (unsigned k = 0; k < t->n_facts; k++)
		printf("# %-14s %s\n", t->facts[k].name, t->facts[k].meaning);
}
