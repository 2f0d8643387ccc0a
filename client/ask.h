/* ask.h - what all clients do alike: find the supervisor, ask it, and say in
 * one line why that did not work.  Sees only ipc/. */
#ifndef CINIT_CLIENT_ASK_H
#define CINIT_CLIENT_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "ipc/record.h"
#include "ipc/text.h"

/* Exit codes of all clients; the worst of several is the largest. */
enum code {
	CODE_DONE = 0,
	CODE_FAILED = 1,
	CODE_USAGE = 2,
	CODE_NOT_UP = 3,
	CODE_DENIED = 4,
	CODE_NO_SERVICE = 5,
	CODE_NO_ANSWER = 7
};

/* Who speaks: "cinit.svc".  Set by main before anything else. */
extern const char *ask_program;
extern bool ask_utf8; /* names may be shown as they are: a UTF-8 locale */

/* One line on stderr: "program: where: what: why"; empty parts are left out. */
void complain(const char *where, const char *what, const char *why);
/* The same with a line whose names are made fit to be shown already. */
void complain_line(const char *line);

/* Connects to the supervisor of RUNDIR (option -r, or NULL).  CODE_DONE, or the
 * exit code after saying why; with `quiet_absence`, that nobody is there is
 * not said. */
enum code ask_connect(const char *rundir_option, bool quiet_absence);

/* What is published without being asked for; -1: it must be asked for. */
int ask_published(const char *name, struct ipc_item *item);
int ask_all_published(struct ipc_item **items, size_t *n);
/* At the end, of every client that was connected. */
void ask_close(void);

/* A request of this verb about this name (NULL for none), with a fresh id. */
struct ipc_record ask_request(enum verb verb, const char *name);
/* Sends it; CODE_DONE, or CODE_NO_ANSWER after saying why. */
enum code ask_send(const struct ipc_record *request);
/* The next answer: CODE_DONE; CODE_NOT_UP when until_ms passed; CODE_NO_ANSWER
 * after saying why. */
enum code ask_next(struct ipc_record *answer, int64_t until_ms);
/* Says that the supervisor let ANSWER_GRACE_MS pass without an answer. */
#define ANSWER_GRACE_MS 10000  /* it can be busy */
void ask_complain_silent(void);
/* Sends one request and waits for its answer, and no other is under way. */
enum code ask(const struct ipc_record *request, struct ipc_record *answer);

/* The exit code that a result means. */
enum code code_of(const struct ipc_record *answer);

/* Does the environment ask for UTF-8 (LC_ALL, LC_CTYPE, LANG)? */
bool utf8_locale(void);
/* The worse of two codes. */
enum code worse(enum code a, enum code b);

#endif
