/* options.h - the command lines of a single program: our own, tini's and dumb-init's.
 *
 * Which of them it is, the name says by which we were called.  The two others
 * are taken as their programs take them: tini 0.19, dumb-init 1.2.5.
 */
#ifndef CINIT_SINGLE_OPTIONS_H
#define CINIT_SINGLE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/signal_name.h"

enum dialect { DIALECT_CINIT, DIALECT_TINI, DIALECT_DUMB_INIT };

/* Where the program runs. */
enum enclosure {
	IN_OUR_GROUP,   /* as if we were not there */
	IN_OWN_GROUP,   /* the foreground one, if ours was that */
	IN_OWN_SESSION  /* with the terminal, if there is one */
};

/* What is said; each includes those before it. */
enum { SAY_ERRORS, SAY_WARNINGS, SAY_STEPS, SAY_SIGNALS };

struct single_options {
	enum dialect dialect;
	enum enclosure enclosure;
	bool to_group;       /* signals go to the program's process group, not to it alone */
	bool subreaper;
	bool warn_reaped;
	unsigned loudness;   /* SAY_... */
	int parent_death;    /* the signal that we want then, or 0 */
	uint8_t rewrite[SIGNAL_MAX + 1]; /* what is sent for each signal; 0: nothing */
	uint64_t success[4]; /* exit codes that become 0, a bit for each */
	char **program;      /* with its arguments, NULL at the end; a word stands before it */
};

/* The dialect that this argv[0] speaks. */
enum dialect single_dialect(const char *argv0);
/* Reads a command line and the environment.  -1: run the program; else that is
 * the exit code, and why was said. */
int single_options_read(struct single_options *o, char **argv);

#endif
