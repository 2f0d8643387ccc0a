/* files.h - what the service directory says, as the manager uses it: pool/, the program
 * with its arguments and environment, who workers are, and every other entry that is carried
 * out for them.
 *
 * It is read at the start, and again for each roll, by the readers of the tree: whole or not
 * at all.
 */
#ifndef CINIT_POOL_FILES_H
#define CINIT_POOL_FILES_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "src/launch/ids.h"
#include "src/limits.h"
#include "src/tree/pool_conf.h"
#include "src/tree/values.h"

#define FILES_WHY_MAX 256

struct files {
	struct pool_conf conf;
	struct ids ids;
	struct program on;          /* argv0: the text of the link `on`, or NULL */
	struct rows rows;           /* of the service */
	struct values values;       /* where they lie */
	uint64_t said;              /* bits, of enum entry_id: see files_is_news() */
};

/* Where the service directory is: service_fd, and `path` for what is executed.  0, or -1
 * with errno. */
int files_init(int service_fd, const char *path);
/* Reads it all: true, and files() is what was read; false with why, and it is what it
 * was before. */
bool files_read(char why[FILES_WHY_MAX]);
const struct files *files(void);
/* True if this is the first time since it was read that a worker starts without what this
 * entry (enum entry_id) asks for. */
bool files_is_news(unsigned entry);
/* The directory as an absolute path, with the links that it was given with. */
const char *files_directory(void);
/* What is executed: "DIR/on", or what it says where it is a link. */
const char *files_on(void);
/* Room for the text of that link, as struct child has it. */
char *files_link(uint16_t *at);

#endif
