/* environment.h - the arguments and the environment of a process, for the supervisor's
 * services and for a pool's workers alike.
 *
 * Of the same variable given twice the later wins: first comes what was given (lines of an
 * .env file, or an environment that is inherited), without what others may not say; then our
 * own variables; then those of a user that is still to be looked up (login.h).
 */
#ifndef CINIT_LAUNCH_ENVIRONMENT_H
#define CINIT_LAUNCH_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc/text.h"
#include "src/launch/login.h"

#define ENVIRONMENT_OWN 10 /* variables of ours, at most */

/* An own variable in which the process finds its own number. */
extern const char environment_listen_pid[]; /* LISTEN_PID */

struct environment {
	const char *lines;      /* n_lines strings NAME=value, one after the other */
	uint32_t n_lines;
	char *const *inherited; /* instead of lines, if not NULL: NULL-terminated */
	const char *const *dropped; /* names that are not passed on, up to a NULL; or NULL */
	const char *own[ENVIRONMENT_OWN]; /* NAME=value each, up to a NULL */
	bool login;             /* the names of login.h are another user's: not inherited */
};

/* Adds a variable of ours; the string has to stay. */
void environment_own(struct environment *e, const char *variable);
/* The same, made of a name with its `=` and a value, in buf. */
void environment_own_text(struct environment *e, char *buf, size_t cap, const char *name,
                          const char *value);
void environment_own_number(struct environment *e, char *buf, size_t cap, const char *name,
                            int64_t value);

/* Pointers to words, for execve(). */
struct words {
	char **at;
	size_t n, room;
	bool cut;               /* something did not fit */
	char **login;           /* where login_put() continues the environment, or NULL */
};

void words_add(struct words *w, const char *word);
void words_add_strings(struct words *w, const char *s, uint32_t n);
/* What was given, without what our own variables replace; then these; then NULL, and with
 * `login` room for LOGIN_N more. */
void words_add_environment(struct words *w, const struct environment *e);

#endif
