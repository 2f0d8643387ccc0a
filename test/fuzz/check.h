/* check.h - what must hold while fuzzing.  A fuzzer stops at the first breach. */
#ifndef FUZZ_CHECK_H
#define FUZZ_CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define MUST(what) ((what) ? (void)0 : breach(#what, __FILE__, __LINE__))
#define NEVER_HAPPENS(what) breach(what, __FILE__, __LINE__)

static inline _Noreturn void breach(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: breach: %s\n", file, line, what);
	abort();
}

#endif
