/* entries.c - the table of entries.  It says what each entry is; how one is read stands in
 * readers.c, what rows mean together in facts.c. */
#include "src/tree/entries.h"

#include <string.h>

#include "src/engine/engine.h"
#include "src/tree/readers.h"

/* What a process of the service has, in place of what the supervisor has. */
#define SETTING (IS_SERVICE | IS_FILE_ONLY | IS_NESTED)
#define LATER(name) {name, .is = IS_LATER}
#define LATER_DIRECTORY(name) {name, .is = IS_LATER | IS_DIRECTORY}

const struct entry entries[ENTRY_N] = {
	[ENTRY_NEEDS] = {"needs", .is = IS_SERVICE, .read = read_links},
	[ENTRY_WANTS] = {"wants", .is = IS_SERVICE, .read = read_links},
	[ENTRY_ON] = {"on", HOLDS_STRINGS, .is = IS_SERVICE, .kind = KIND_ON, .read = read_program},
	[ENTRY_ON_PARAMS] = {"on.params", HOLDS_STRINGS, OF_PROGRAM, IS_SERVICE, .read = read_params},
	[ENTRY_ON_ENV] = {"on.env", HOLDS_STRINGS, OF_PROGRAM, IS_SERVICE, .read = read_env},
	[ENTRY_OFF] = {"off", HOLDS_STRINGS, .is = IS_SERVICE, .kind = KIND_OFF, .read = read_program},
	[ENTRY_OFF_PARAMS] = {"off.params", HOLDS_STRINGS, OF_PROGRAM, IS_SERVICE, .read = read_params},
	[ENTRY_OFF_ENV] = {"off.env", HOLDS_STRINGS, OF_PROGRAM, IS_SERVICE, .read = read_env},
	[ENTRY_TIMEOUT_ON] = {"timeout.on", HOLDS_NUMBER, OF_MAIN, IS_SERVICE | IS_FILE_ONLY,
	                      .limit = LIMIT_ON, .read = read_seconds},
	[ENTRY_TIMEOUT_OFF] = {"timeout.off", HOLDS_NUMBER, OF_ANY, IS_SERVICE | IS_FILE_ONLY,
	                       .limit = LIMIT_OFF, .read = read_seconds},
	[ENTRY_DELAY] = {"delay", HOLDS_NUMBER, OF_ANY, IS_SERVICE, .limit = LIMIT_DELAY,
	                 .read = read_seconds},
	[ENTRY_ESSENTIAL] = {"essential", HOLDS_NUMBERS, OF_MAIN, IS_SERVICE, .read = read_essential,
	                     .idle = "there is no `on` whose end could count, ignored"},
	[ENTRY_RESPAWN] = {"respawn", HOLDS_NOTHING, OF_MAIN, IS_SERVICE, KIND_RESPAWN,
	                   .read = read_presence, .idle = "there is no `on` to respawn, ignored"},
	[ENTRY_LISTEN] = {"listen", HOLDS_STRINGS, OF_MAIN, IS_SERVICE | IS_FILE_ONLY,
	                  .read = read_listen,
	                  .idle = "there is no `on` that could have the sockets, ignored"},
	[ENTRY_USER] = {"user", HOLDS_STRINGS, OF_ANY, IS_SERVICE | IS_FILE_ONLY, .read = read_name},
	[ENTRY_GROUP] = {"group", HOLDS_STRINGS, OF_ANY, IS_SERVICE | IS_FILE_ONLY, .read = read_name},
	[ENTRY_GROUPS] = {"groups", HOLDS_STRINGS, OF_ANY, IS_SERVICE | IS_FILE_ONLY,
	                  .read = read_groups},
	[ENTRY_POOL] = {"pool", HOLDS_NOTHING, .kind = KIND_ON | KIND_RESPAWN | KIND_READY,
	                .read = read_pool},
	[ENTRY_READY] = {"ready", HOLDS_NUMBER, OF_SERVICE, IS_SERVICE | IS_FILE_ONLY, KIND_READY,
	                 .read = read_ready},
	[ENTRY_LIMITS] = {"limits", HOLDS_LIMITS, OF_ANY, SETTING, .read = read_limits},
	[ENTRY_OOM] = {"oom", HOLDS_SIGNED, OF_ANY, SETTING, .read = read_oom},
	[ENTRY_NICE] = {"nice", HOLDS_SIGNED, OF_ANY, SETTING, .read = read_nice},
	[ENTRY_UMASK] = {"umask", HOLDS_OCTAL, OF_ANY, SETTING, .read = read_mode},
	[ENTRY_DIR] = {"dir", HOLDS_STRINGS, OF_ANY, SETTING, .read = read_path},
	[ENTRY_NO_NEW_PRIVS] = {"no-new-privs", HOLDS_NOTHING, OF_ANY, SETTING, .read = read_presence},
	[ENTRY_STDIN] = {"stdin", HOLDS_STRINGS, OF_ANY, SETTING, .read = read_stdin},
	[ENTRY_TTY] = {"tty", HOLDS_STRINGS, OF_MAIN, SETTING, .read = read_tty},

	[ENTRY_READY_CHECK] = LATER("ready.check"),
	[ENTRY_SIGNAL_OFF] = LATER("signal.off"),
	[ENTRY_BACKOFF] = LATER("backoff"),
	[ENTRY_LOG] = LATER("log"),
	[ENTRY_CGROUP] = LATER_DIRECTORY("cgroup"),
	[ENTRY_AFTER] = LATER_DIRECTORY("after"),
	[ENTRY_CONFLICTS] = LATER_DIRECTORY("conflicts"),

	[CONF_LAST] = {"last", HOLDS_STRINGS, OF_CONF, .read = read_program},
	[CONF_LAST_PARAMS] = {"last.params", HOLDS_STRINGS, OF_CONF, .read = read_params},
	[CONF_LAST_ENV] = {"last.env", HOLDS_STRINGS, OF_CONF, .read = read_env},
	[CONF_PANIC] = {"panic", HOLDS_STRINGS, OF_CONF, .read = read_program},
	[CONF_PANIC_PARAMS] = {"panic.params", HOLDS_STRINGS, OF_CONF, .read = read_params},
	[CONF_PANIC_ENV] = {"panic.env", HOLDS_STRINGS, OF_CONF, .read = read_env},
	[CONF_SLEEP_BEFORE_KILL] = {"sleep_before_kill", HOLDS_NUMBER, OF_CONF, .read = read_seconds},
	[CONF_IPC_GROUP] = {"ipc_group", .of = OF_CONF}, /* read once, before the first load */
	[CONF_HOSTNAME] = {"hostname", HOLDS_STRINGS, OF_CONF, .read = read_line},
	[CONF_WATCHDOG] = {"watchdog", HOLDS_STRINGS, OF_CONF, .read = read_watchdog},
	[CONF_SYSCTL] = {"sysctl", HOLDS_STRINGS, OF_CONF, .read = read_lines},
};

enum entry_id entry_of_name(const char *name)
{
	int i = 0;

	while (i < ENTRY_N && (entry_is_conf(&entries[i]) || strcmp(name, entries[i].name) != 0))
		i++;
	return (enum entry_id)i;
}
