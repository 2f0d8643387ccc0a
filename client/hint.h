/* hint.h - what a person may have meant by a word that is not known.
 *
 * Knows the verbs of cinit.svc, and those that other supervisors' tools have.  Asks nobody
 * and prints nothing: names of services are tried by whoever has a list of them.
 */
#ifndef CINIT_CLIENT_HINT_H
#define CINIT_CLIENT_HINT_H

#include <stddef.h>

struct hint {
	const char *word;  /* the unknown one; set by the caller, the rest zero */
	const char *best;  /* the nearest that was tried, or NULL */
	unsigned distance; /* slips of the keys between the two */
};

/* Takes note of `known` if it is nearer than what was tried before.  A name is near, too, if
 * it ends with "/WORD", or if only ".service" is missing in it. */
void hint_try(struct hint *h, const char *known);
/* What to use in place of a word that is no verb, as a sentence; or NULL. */
const char *hint_instead(const char *word);
/* The verb of cinit.svc that is near to a word, or NULL. */
const char *hint_verb(const char *word);

#endif
