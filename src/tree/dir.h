/* dir.h - reads the names in a directory without allocating.
 *
 * The descriptor is the caller's, and no order is promised.
 */
#ifndef CINIT_TREE_DIR_H
#define CINIT_TREE_DIR_H

#include <stddef.h>

struct dir {
	int fd;              /* open for reading; owned by the caller */
	size_t at, end;      /* in buf */
	_Alignas(8) char buf[4096];
};

void dir_begin(struct dir *d, int fd);
/* The next entry but "." and "..": 1 with *name (valid until the next call)
 * and *type (DT_*), 0 at the end, -1 with errno. */
int dir_next(struct dir *d, const char **name, unsigned char *type);

#endif
