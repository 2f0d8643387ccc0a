/* held.h - one listening socket that is held for a service, opened from a line of
 * its `listen` and given up again. */
#ifndef CINIT_LAUNCH_HELD_H
#define CINIT_LAUNCH_HELD_H

#include <stdbool.h>
#include <sys/types.h>

struct held {
	int fd;       /* -1: not open */
	bool is_file; /* bound to a path, whose file this is: */
	dev_t dev;
	ino_t ino;
};

/* Opens it for a user and a group (-1: nobody asked).  0, or -1 with errno. */
int held_open(struct held *h, const char *line, uid_t uid, gid_t gid);

/* Removes its file, unless another one stands there: it may lie on a disk that hangs. */
void held_remove_file(const struct held *h, const char *line);
/* Closes it if it is open. */
void held_close(struct held *h);

#endif
