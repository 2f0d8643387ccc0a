/* values.h - a good value for each entry of the table that is a file of text: what tests write
 * into a service directory.  An entry that has none here, and is no link and no directory,
 * fails the test of the table. */
#ifndef CINIT_TEST_FUZZ_VALUES_H
#define CINIT_TEST_FUZZ_VALUES_H

#include "src/tree/entries.h"

/* By enum entry_id; NULL: a program, a directory, or nobody has written one yet. */
static const char *const good_values[ENTRY_N] = {
	[ENTRY_ON_PARAMS] = "-v\nx y\n",
	[ENTRY_ON_ENV] = "A=1\n",
	[ENTRY_OFF_PARAMS] = "-v\n",
	[ENTRY_OFF_ENV] = "A=1\n",
	[ENTRY_TIMEOUT_ON] = "60\n",
	[ENTRY_TIMEOUT_OFF] = "20\n",
	[ENTRY_DELAY] = "1.5\n",
	[ENTRY_ESSENTIAL] = "TERM=0\n",
	[ENTRY_RESPAWN] = "",
	[ENTRY_LISTEN] = "tcp *:80\n",
	[ENTRY_USER] = "root\n",
	[ENTRY_GROUP] = "0\n",
	[ENTRY_GROUPS] = "0\n1\n",
	[ENTRY_READY] = "fd 5\n",
	[ENTRY_LIMITS] = "nofile 64 128\ncore 0\n",
	[ENTRY_OOM] = "-100\n",
	[ENTRY_NICE] = "-5\n",
	[ENTRY_UMASK] = "027\n",
	[ENTRY_DIR] = ".\n",
	[ENTRY_NO_NEW_PRIVS] = "",
	[ENTRY_STDIN] = "file /dev/zero\n",
	[ENTRY_TTY] = "/dev/tty\n",
};

#endif
