/* unresolved.c - calls what is nowhere. */
#include <cinit/module.h>

int cinit_test_is_nowhere(void);

static int child_init(int rank)
{
	return rank > 1000 ? cinit_test_is_nowhere() : 0; /* never called: refused all the same */
}

const struct cinit_module cinit_module = {
	CINIT_MODULE_BEGIN, .name = "unresolved", .child_init = child_init,
};
