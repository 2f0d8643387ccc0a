/* socket.c - from an address to a socket that others can reach. */
#include "src/launch/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Connections that wait to be accepted.  What Linux allows by default; SOMAXCONN is
 * less with some libcs. */
#define BACKLOG 4096

static int fail(int fd, int error)
{
	if (fd >= 0)
		close(fd);
	errno = error;
	return -1;
}

static int start_listening(int fd, int type)
{
	if (type == SOCK_STREAM && listen(fd, BACKLOG) < 0)
		return fail(fd, errno);
	return fd;
}

/* ---- addresses ---- */

static int open_inet(const struct sockaddr_storage *addr, socklen_t len, int type, int v6only)
{
	int on = 1, fd = socket(addr->ss_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0)
		return fail(fd, errno);
	if (addr->ss_family == AF_INET6
	    && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only) < 0)
		return fail(fd, errno);
	if (bind(fd, (const struct sockaddr *)addr, len) < 0)
		return fail(fd, errno);
	return start_listening(fd, type);
}

/* Where there is no IPv6, or it was turned off. */
static int open_any_ipv4(const struct listen_address *a)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	struct sockaddr_storage addr = {0};
	struct sockaddr_in6 in6;

	memcpy(&in6, &a->addr, sizeof in6);
	in.sin_port = in6.sin6_port;
	memcpy(&addr, &in, sizeof in);
	return open_inet(&addr, sizeof in, a->type, 0);
}

static int open_address(const struct listen_address *a)
{
	int fd = open_inet(&a->addr, a->len, a->type, !a->any);

	if (fd < 0 && a->any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
		return open_any_ipv4(a);
	return fd;
}

/* ---- paths ---- */

/* A socket lies there, and nobody has it open: connecting to it is refused. */
static bool is_left_over(const struct listen_address *a, const char *path)
{
	struct stat st;
	int fd, r, error;

	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return false;
	fd = socket(AF_UNIX, a->type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	r = connect(fd, (const struct sockaddr *)&a->addr, a->len);
	error = errno;
	close(fd);
	return r < 0 && error == ECONNREFUSED;
}

static int bind_with_mode(int fd, const struct listen_address *a)
{
	mode_t before = umask(~a->mode & 0777);
	int r = bind(fd, (const struct sockaddr *)&a->addr, a->len), error = errno;

	umask(before);
	errno = error;
	return r;
}

static int bind_path(int fd, const struct listen_address *a, const char *path)
{
	if (bind_with_mode(fd, a) == 0)
		return 0;
	if (errno != EADDRINUSE)
		return -1;
	if (!is_left_over(a, path)) {
		errno = EADDRINUSE;
		return -1;
	}
	return unlink(path) < 0 && errno != ENOENT ? -1 : bind_with_mode(fd, a);
}

/* Who owns the directory could put something else in the socket's place: it has to be
 * a socket, ours and without a second name, and it is held while it is looked at. */
static int give_away(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;
	int fd, r = -1, error = EPERM;

	if (uid == (uid_t)-1 && gid == (gid_t)-1)
		return 0;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) && st.st_nlink == 1 && st.st_uid == geteuid()) {
		r = fchownat(fd, "", uid, gid, AT_EMPTY_PATH);
		error = errno;
	}
	close(fd);
	errno = error;
	return r;
}

static int open_path(const struct listen_address *a, uid_t uid, gid_t gid)
{
	int fd = socket(AF_UNIX, a->type | SOCK_CLOEXEC, 0);
	struct sockaddr_un un;

	memcpy(&un, &a->addr, sizeof un);
	if (fd < 0)
		return -1;
	if (bind_path(fd, a, un.sun_path) < 0)
		return fail(fd, errno);
	if (give_away(un.sun_path, uid, gid) < 0) {
		int error = errno;

		unlink(un.sun_path);
		return fail(fd, error);
	}
	return start_listening(fd, a->type);
}

int listen_open(const struct listen_address *a, uid_t uid, gid_t gid)
{
	return a->addr.ss_family == AF_UNIX ? open_path(a, uid, gid) : open_address(a);
}
