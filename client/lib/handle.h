/* handle.h - what is in a struct cinit, and how its text is made.
 *
 * For the files of client/lib/ alone: callers see client/cinit/client.h and never what is in
 * the storage that they lend.  Nothing is allocated here.
 */
#ifndef CINIT_LIB_HANDLE_H
#define CINIT_LIB_HANDLE_H

#include <cinit/client.h>
#include <stdbool.h>
#include <stddef.h>

#include "ipc/client.h"
#include "ipc/text.h"

#define GRACE_MS 10000 /* for an answer to a question: the supervisor can be busy */

#define PROBLEM_CAP 1200

/* At the beginning of the caller's storage, which is of another type: hence may_alias.
 * Behind RUNDIR comes what the method needs, then nothing, and at the very end the
 * text of what went wrong.  So all that an ordinary use touches lies together: a page
 * more costs a client that asks and ends some microseconds. */
struct __attribute__((may_alias)) handle {
	bool connected, failed;
	unsigned under_way;        /* requests without an answer */
	struct ipc_client *client;
	char rundir[];
};

static inline struct handle *handle_of(struct cinit *c)
{
	return (struct handle *)c->room; /* cppcheck-suppress ctuuninitvar */
}

static inline char *problem_of(struct handle *h)
{
	return (char *)h + sizeof(struct cinit) - PROBLEM_CAP;
}

/* Begins the text of what went wrong: "RUNDIR: ", if `about_rundir`. */
struct text handle_problem(struct handle *h, bool about_rundir);
/* The same, ended with these words and that of errno, if err is not 0. */
enum cinit_error handle_fail(struct handle *h, enum cinit_error error, const char *what, int err);

/* Asks and waits for the answer; whatever is not yes has its text. */
enum cinit_error handle_ask(struct cinit *c, const struct cinit_request *q, struct cinit_answer *a);

/* An item of a record as callers see it. */
void item_public(struct cinit_item *out, const struct ipc_item *item);

#endif
