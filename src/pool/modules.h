/* modules.h - the loaded modules of a pool, in the order of pool/modules.
 *
 * Opens and closes them and finds what they export; when which of their functions is called
 * is host.h's and walk.h's.
 */
#ifndef CINIT_POOL_MODULES_H
#define CINIT_POOL_MODULES_H

#include <stdbool.h>
#include <stddef.h>

#include "src/pool/cinit/module.h"

#define MODULES_MAX 32

/* One line of pool/modules that was loaded. */
struct loaded {
	const struct cinit_module *module;
	void *object;   /* of dlopen */
};

extern struct loaded modules[MODULES_MAX];
extern unsigned n_modules;

/* Opens every object and sets its parameters.  `lines` holds n strings, one after the
 * other, and stays for good: parameters point into it.  -1 with the reason in why (cap
 * bytes); what was opened before stays open. */
int modules_open(char *lines, unsigned n, const char *service_dir, char *why, size_t cap);
/* The opposite, in reverse order, after destroy. */
void modules_close(void);

/* A command or a method by its name, NAME or MODULE.NAME; NULL: there is none. */
const struct cinit_command *modules_command(const char *name, size_t n, bool from_outside);
const struct cinit_rpc *modules_rpc(const char *name, size_t n);

#endif
