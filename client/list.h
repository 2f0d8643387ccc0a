/* list.h - pulls a list from the supervisor, page by page. */
#ifndef CINIT_CLIENT_LIST_H
#define CINIT_CLIENT_LIST_H

#include <stddef.h>

#include "client/ask.h"

/* All items of a list (VERB_LIST, or VERB_DEPENDENTS of name) as one consistent
 * picture: begun anew when it changed between two pages, and given up as it is
 * when it keeps changing.  CODE_DONE with *items (free() it) and *n; else the
 * exit code, after saying why (but not what is wrong with the name). */
enum code list_pull(enum verb verb, const char *name, struct ipc_item **items, size_t *n);

#endif
