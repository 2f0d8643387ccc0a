/* unit.h - for unit tests in one program: a line "ok - what", "not ok - what" or
 * "skip - what" for each, and exit code 1 if any is not. */
#ifndef CINIT_TEST_UNIT_H
#define CINIT_TEST_UNIT_H

#include <stdbool.h>
#include <stdio.h>

static int failures;
static bool fine, skipped; /* of the test that runs */

static inline void check_at(bool holds, const char *what, int line)
{
	if (!holds && fine)
		printf("# line %d: %s\n", line, what);
	fine &= holds;
}

#define CHECK(x) check_at((x), #x, __LINE__)
#define SKIP_UNLESS(x) do { if (!(x)) { skipped = true; return; } } while (0)

static inline void test(const char *what, void (*body)(void))
{
	fine = true;
	skipped = false;
	body();
	printf("%s - %s\n", !fine ? "not ok" : skipped ? "skip" : "ok", what);
	fflush(stdout);
	failures += !fine;
}

#endif
