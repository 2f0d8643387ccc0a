/* entries.c - the table.  It holds no pointers, so that a static supervisor
 * has nothing to relocate for it. */
#include "src/tree/entries.h"

#include <string.h>

const struct entry_name entry_names[] = {
	{"on", ENTRY_ON},
	{"off", ENTRY_OFF},
	{"needs", ENTRY_NEEDS},
	{"wants", ENTRY_WANTS},
	{"respawn", ENTRY_RESPAWN},
	{"delay", ENTRY_DELAY},
	{"on.params", ENTRY_ON_PARAMS},
	{"on.env", ENTRY_ON_ENV},
	{"off.params", ENTRY_OFF_PARAMS},
	{"off.env", ENTRY_OFF_ENV},
	{"ready", ENTRY_READY},
	{"ready.check", ENTRY_LATER},
	{"user", ENTRY_USER},
	{"group", ENTRY_GROUP},
	{"groups", ENTRY_GROUPS},
	{"dir", ENTRY_LATER},
	{"umask", ENTRY_LATER},
	{"nice", ENTRY_LATER},
	{"limits", ENTRY_LATER},
	{"oom", ENTRY_LATER},
	{"timeout.on", ENTRY_TIMEOUT_ON},
	{"timeout.off", ENTRY_TIMEOUT_OFF},
	{"signal.off", ENTRY_LATER},
	{"backoff", ENTRY_LATER},
	{"essential", ENTRY_ESSENTIAL},
	{"log", ENTRY_LATER},
	{"listen", ENTRY_LISTEN},
	{"tty", ENTRY_LATER},
	{"cgroup", ENTRY_LATER_DIR},
	{"after", ENTRY_LATER_DIR},
	{"conflicts", ENTRY_LATER_DIR},
	{"pool", ENTRY_POOL},
	{"", 0}
};

enum entry entry_of(const char *name)
{
	if (name[0] == '.')
		return ENTRY_DOT;
	for (const struct entry_name *e = entry_names; e->entry; e++)
		if (strcmp(name, e->name) == 0)
			return (enum entry)e->entry;
	return ENTRY_STRANGE;
}
