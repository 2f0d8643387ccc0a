/* environment.h - the arguments and the environment of a process, for the supervisor's
 * services and for a pool's workers alike.
 *
 * Of the same variable given twice the later wins: first comes what is inherited, without what
 * is not true for another process; then lines of an .env file; both without what others may not
 * say; then our own variables; then those of a user that is still to be looked up (login.h),
 * which replace inherited ones only.
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
	char *const *inherited; /* NULL-terminated; or NULL */
	const char *lines;      /* n_lines strings NAME=value, one after the other */
	uint32_t n_lines;
	const char *const *dropped; /* names that are not passed on, up to a NULL; or NULL */
	const char *own[ENVIRONMENT_OWN]; /* NAME=value each, up to a NULL */
	bool login;             /* the names of login.h are another user's: not inherited */
};

/* The variables of login.h that lines give, as bits. */
unsigned environment_login_given(const char *lines, uint32_t n);

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
	char **login;           /* where login_put() continues the environment, or NULL, */
	unsigned login_given;   /* and which of its variables stand there already, as bits */
};

void words_add(struct words *w, const char *word);
void words_add_strings(struct words *w, const char *s, uint32_t n);
/* What was given, without what our own variables replace; then these; then NULL, and with
 * `login` room for LOGIN_N more. */
void words_add_environment(struct words *w, const struct environment *e);

#endif
