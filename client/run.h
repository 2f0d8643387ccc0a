/* run.h - carries out one command line of cinit.svc.
 *
 * Sends a request for each name and prints what comes back.  Options are read by svc.c; how
 * a service looks is show.h's, and in words libcinit's.
 */
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
	uint32_t from;       /* of scale: how many workers */
	const char *const *words; /* of call: the command and its arguments */
	size_t n_words;
	const char *rundir;  /* as it was given, or NULL */
};

enum code run(const struct run *r);
/* "NAME: no such service", and which was meant, if one is near. */
void say_no_service(const struct run *r, const char *name);

#endif
