/* files.h - what the service directory says, as the manager uses it: pool/, the program
 * with its arguments and environment, and who workers are.
 *
 * It is read at the start, and again for each roll: whole or not at all.  Nothing is
 * allocated. */
#ifndef CINIT_POOL_FILES_H
#define CINIT_POOL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/launch/ids.h"
#include "src/limits.h"
#include "src/tree/pool_conf.h"

#define FILES_WHY_MAX 256

/* Strings one after the other. */
struct files_list {
	uint32_t n;
	char text[CONFIG_FILE_MAX + 1];
};

struct files {
	struct pool_conf conf;
	struct ids ids;
	bool has_env;               /* there is an on.env */
	char program[PATH_MAX];     /* argv[0]: the text of the link `on` */
	struct files_list params, env;
};

/* Where the service directory is: service_fd, and `path` for what is executed.  0, or -1
 * with errno. */
int files_init(int service_fd, const char *path);
/* Reads it all: true, and files() is what was read; false with why, and it is what it
 * was before. */
bool files_read(char why[FILES_WHY_MAX]);
const struct files *files(void);
/* The directory as an absolute path. */
const char *files_directory(void);
/* What is executed: "DIR/on". */
const char *files_on(void);

#endif
