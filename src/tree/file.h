/* file.h - opens and reads files in which others wrote something for us, whatever lies
 * in their place.
 *
 * Nothing here waits: a device is not opened, and a FIFO not waited for.  Names may be
 * links to files.
 */
#ifndef CINIT_TREE_FILE_H
#define CINIT_TREE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_ANY_SIZE INT64_MAX

/* A regular file of at most max bytes, open for reading and close-on-exec; or -1 with
 * errno: EINVAL for what is no file, EFBIG for a larger one.  Until it is read it may
 * have grown. */
int file_open(int dir_fd, const char *name, int64_t max);
/* After ENOENT: there is nothing of this name, not even a link that leads nowhere. */
bool file_is_absent(int dir_fd, const char *name);
/* read(2), again if a signal came between. */
long file_read(int fd, void *buf, size_t n);
/* At most cap bytes from its beginning: 1 and *len (cap: it may be larger); 0 where
 * there is none; -1 with errno. */
int file_begin(int dir_fd, const char *name, char *buf, size_t cap, size_t *len);
/* What errno says about a file, with the two above. */
const char *file_error(int error);

#endif
