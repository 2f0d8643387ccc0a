/* run.h - carries out one command line of cinit.svc. */
#ifndef CINIT_CLIENT_RUN_H
#define CINIT_CLIENT_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "client/ask.h"

struct run {
	struct cinit *cinit;
	enum cinit_verb verb;
	enum cinit_goal goal; /* of wait */
	char **names;
	size_t n;
	bool quiet, json, only, no_wait, limited;
	int64_t limit_ms;    /* -t, if limited */
};

enum code run(const struct run *r);

#endif
