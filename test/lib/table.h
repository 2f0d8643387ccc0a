/* table.h - prints a pure function of a state and yes-or-no facts as a table.
 *
 * A state is tried with all combinations of facts.  Those that matter to it are
 * arranged as the smallest tree of questions; each line is one way through that tree,
 * so the lines of a state exclude each other and miss nothing, and a fact that is not
 * named on a line does not matter there. */
#ifndef TEST_LIB_TABLE_H
#define TEST_LIB_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table_fact {
	const char *name, *meaning;
	size_t at;  /* of its bool in the struct of all facts */
};

struct table {
	const struct table_fact *facts;
	unsigned n_facts;      /* at most TABLE_FACTS_MAX */
	/* The next state, by the facts. */
	unsigned (*next)(unsigned state, const void *facts);
	const char *(*word)(unsigned state);
	int width;             /* of a state's word */
	int width_facts;       /* of the facts on a line */
};

#define TABLE_FACTS_MAX 24

/* Prints the facts as a comment, the states as lines; false: too many facts matter to one. */
void table_print_facts(const struct table *t);
bool table_print_state(const struct table *t, unsigned state);

#endif
