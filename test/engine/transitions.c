/* transitions.c - prints decide() as a table, from the code, by test/lib/table.h.
 * The output is kept as transitions.golden. */
#include <stdio.h>

#include "src/engine/decide.h"
#include "test/lib/table.h"

#define FACT(name, meaning) {#name, meaning, offsetof(struct facts, name)}
static const struct table_fact facts[] = {
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
#define N_FACTS TABLE_FACTS_MAX
_Static_assert(sizeof facts / sizeof *facts == N_FACTS, "a fact is missing");
_Static_assert(sizeof(struct facts) == N_FACTS * sizeof(bool), "a fact is not in the table");

static unsigned next(unsigned state, const void *f)
{
	return decide((enum svc_state)state, f);
}

static const struct table table = {
	.facts = facts, .n_facts = N_FACTS, .next = next, .word = state_detail,
	.width = 11, .width_facts = 78,
};

int main(void)
{
	puts("# What a service does next: printed by test/engine/transitions from decide().\n"
	     "# A line holds when all its facts do (! is not); facts not named do not matter.\n#");
	table_print_facts(&table);
	for (unsigned state = 0; state < SVC_N_STATES; state++)
		if (!table_print_state(&table, state))
			return 1;
	return 0;
}
