/* call.h - runs a command or method that a module exports.
 *
 * In a process that calls.h has made for it: what hangs or crashes here is that call alone.
 */
#ifndef CINIT_POOL_CALL_H
#define CINIT_POOL_CALL_H

#include <stddef.h>

/* `words` are n bytes: the name, then its arguments, each with its NUL.  text gets what
 * it says (at most cap bytes with the NUL).  0, or -1 with the reason as text. */
int call_exported(const char *words, size_t n, char *text, size_t cap);

#endif
