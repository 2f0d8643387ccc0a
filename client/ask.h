/* ask.h - what all clients do alike: say in one line what did not work, and end
 * with the code for it.  They ask with libcinit and nothing else. */
#ifndef CINIT_CLIENT_ASK_H
#define CINIT_CLIENT_ASK_H

#include <cinit/client.h>
#include <stdbool.h>

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
extern enum cinit_charset ask_charset; /* names may be shown as they are: a UTF-8 locale */

#define ANSWER_GRACE_MS 10000  /* for an answer to a question: the supervisor can be busy */
#define LINE_CAP 1200          /* bytes of a line about a service */

/* One line on stderr: "program: where: what: why"; empty parts are left out. */
void complain(const char *where, const char *what, const char *why);
/* The same with a line that libcinit made. */
void complain_line(const char *line);
/* What libcinit says of its last call, and the code for that. */
enum code complain_error(const struct cinit *c, enum cinit_error error);

/* Why an answer is not yes, without the name of the service, as it came: for programs. */
void answer_error(const struct cinit_answer *answer, char line[LINE_CAP]);

/* The exit code that a result means. */
enum code code_of(unsigned result);

/* What the environment says of the terminal (LC_ALL, LC_CTYPE, LANG). */
enum cinit_charset charset_of_locale(void);
/* The worse of two codes. */
enum code worse(enum code a, enum code b);

#endif
