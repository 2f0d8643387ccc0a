/* entries.h - the names that mean something in a service directory, in one
 * table for the loader and for the checker's hints. */
#ifndef CINIT_TREE_ENTRIES_H
#define CINIT_TREE_ENTRIES_H

#include <stdint.h>

/* As bits, so that a directory's entries can be or'ed together. */
enum entry {
	ENTRY_ON = 1,
	ENTRY_OFF = 2,
	ENTRY_NEEDS = 4,
	ENTRY_WANTS = 8,
	ENTRY_RESPAWN = 16,
	ENTRY_DELAY = 32,
	ENTRY_ON_PARAMS = 64,
	ENTRY_ON_ENV = 128,
	ENTRY_OFF_PARAMS = 256,
	ENTRY_OFF_ENV = 512,
	ENTRY_LATER = 1024,  /* described, but not built yet */
	ENTRY_STRANGE = 2048,
	ENTRY_DOT = 4096,
	ENTRY_LATER_DIR = 8192, /* ENTRY_LATER, and a directory */
	ENTRY_ESSENTIAL = 16384,
	ENTRY_LISTEN = 32768,
	ENTRY_READY = 65536,
	ENTRY_USER = 131072,
	ENTRY_GROUP = 262144,
	ENTRY_GROUPS = 524288,
	ENTRY_TIMEOUT_ON = 1048576,
	ENTRY_TIMEOUT_OFF = 2097152,
	ENTRY_POOL = 4194304
};

struct entry_name {
	char name[12];
	uint32_t entry;      /* enum entry; 0 ends the table */
};

extern const struct entry_name entry_names[];

enum entry entry_of(const char *name);

#endif
