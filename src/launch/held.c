/* held.c - opening a socket for a service, closing it, and removing its file. */
#include "src/launch/held.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "src/launch/fd.h"
#include "src/launch/socket.h"

static int parse(const char *line, struct listen_address *a)
{
	const char *why;

	if (listen_parse(line, strlen(line), a, &why) == 0)
		return 0;
	errno = EINVAL;
	return -1;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The directory of a path, so that what is looked at is what is removed. */
static int open_directory(const char *path)
{
	char dir[sizeof ((struct sockaddr_un *)0)->sun_path + 1];
	size_t n = (size_t)(last_part(path) - path);

	memcpy(dir, path, n);
	dir[n] = '\0';
	return open(n ? dir : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void remember_file(struct held *h, const char *path)
{
	struct stat st;

	h->is_file = path && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode);
	if (h->is_file) {
		h->dev = st.st_dev;
		h->ino = st.st_ino;
	}
}

int held_open(struct held *h, const char *line, uid_t uid, gid_t gid)
{
	struct listen_address a;
	int err;

	*h = (struct held){.fd = -1};
	if (parse(line, &a) < 0)
		return -1;
	h->fd = listen_open(&a, uid, gid);
	if (h->fd < 0)
		return -1;
	remember_file(h, listen_path(&a));
	h->fd = fd_move_up(h->fd);
	if (h->fd >= 0)
		return 0;
	err = errno;
	held_remove_file(h, line);
	held_close(h);
	errno = err;
	return -1;
}

static void remove_file(const struct held *h, const char *path)
{
	int dir = open_directory(path);
	struct stat st;

	if (dir < 0)
		return;
	if (fstatat(dir, last_part(path), &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == h->dev
	    && st.st_ino == h->ino)
		unlinkat(dir, last_part(path), 0);
	close(dir);
}

void held_remove_file(const struct held *h, const char *line)
{
	struct listen_address a;

	if (h->is_file && parse(line, &a) == 0 && listen_path(&a))
		remove_file(h, listen_path(&a));
}

void held_close(struct held *h)
{
	int err = errno;

	if (h->fd >= 0)
		close(h->fd);
	*h = (struct held){.fd = -1};
	errno = err;
}
