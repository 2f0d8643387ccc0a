/* signal_name.h - signals by name: one table for all that print or read them. */
#ifndef CINIT_IPC_SIGNAL_NAME_H
#define CINIT_IPC_SIGNAL_NAME_H

#include <stddef.h>

#define SIGNAL_MAX 64 /* the kernel's last; a set of them is 64 bits */

/* The name of a signal without SIG, or "" for one that has none (32 and above). */
const char *signal_word(int sig);
/* The signal that n bytes name: "TERM", "SIGTERM" or "15", 1 to SIGNAL_MAX; else 0. */
int signal_of_word(const char *s, size_t n);

#endif
