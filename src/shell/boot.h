/* boot.h - reads the tree for a boot, wishes its start service up, and tells what came
 * of that. */
#ifndef CINIT_SHELL_BOOT_H
#define CINIT_SHELL_BOOT_H

#include <stdbool.h>

/* Reads the tree in place of the one before, of which nothing runs, and reports that to
 * life: the first one here, and then what this returns, life_tell() has returned; one after a
 * rescue in a child (loading.h), later. */
bool boot_load(void);
void boot_wish(void);
/* The boot has settled: says so where its start service is not up, and reports it. */
void boot_settled(void);

#endif
