/* dir.c - getdents64(2), whose record is described in its manual page. */
#include "src/tree/dir.h"

#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct record {
	uint64_t ino;
	int64_t off;
	uint16_t len;
	unsigned char type;
	char name[];
};

void dir_begin(struct dir *d, int fd)
{
	d->fd = fd;
	d->at = d->end = 0;
}

int dir_next(struct dir *d, const char **name, unsigned char *type)
{
	const struct record *r;
	long n;

	do {
		if (d->at == d->end) {
			n = syscall(SYS_getdents64, d->fd, d->buf, sizeof d->buf);
			if (n <= 0)
				return (int)n;
			d->at = 0;
			d->end = (size_t)n;
		}
		r = (const struct record *)(const void *)(d->buf + d->at);
		d->at += r->len;
	} while (strcmp(r->name, ".") == 0 || strcmp(r->name, "..") == 0);
	*name = r->name;
	*type = r->type;
	return 1;
}
