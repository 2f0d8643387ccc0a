/* login.h - HOME, USER, LOGNAME and SHELL, as the line of a user in a file like /etc/passwd
 * gives them (passwd(5)).
 *
 * For whom a line is looked up, and from which file, is ids.c's; which programs get these
 * variables is said in environment.h.
 */
#ifndef CINIT_LAUNCH_LOGIN_H
#define CINIT_LAUNCH_LOGIN_H

#include "src/tree/table.h"

#define LOGIN_N 4
#define LOGIN_BYTES (sizeof "LOGNAME=" + TABLE_WORD_MAX)

/* NAME=value each; empty: not known, so the process has no such variable. */
struct login {
	char variable[LOGIN_N][LOGIN_BYTES];
};

/* Their names, in the same order, up to a NULL. */
extern const char *const login_names[LOGIN_N + 1];

/* A number without a line: HOME is /, and nothing else is known. */
void login_of_number(struct login *l);
/* What is left of the line at which the table stands, behind the group.  A home directory or
 * a shell that is not there, or longer than TABLE_WORD_MAX, is / or /bin/sh.  0, or -1 with
 * errno. */
int login_of_line(struct login *l, struct table *t);

/* Writes those that are known, but for the bits of `given`, to a list of an environment, and
 * ends that. */
void login_put(const struct login *l, unsigned given, char **at);

#endif
