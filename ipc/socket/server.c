/* server.c - the supervisor's side of the socket method.
 *
 * ipc_fd is an epoll instance over the listener and all connections, so the
 * loop sees one descriptor.  A connection may stay open for many requests. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipc/check.h"
#include "ipc/cinit_ipc.h"
#include "ipc/socket/ipc.h"
#include "ipc/text.h"

#define LISTENER UINT32_MAX
#define SOCKET_MODE 0666

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59 /* of <asm-generic/socket.h>, since Linux 4.13 */
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* since Linux 6.16 */
#endif

struct client {
	int fd;
	uint32_t count;   /* tells the uses of a row apart; 0: never used */
	uint64_t used;    /* when it last asked, in requests */
	bool open, may_command;
	uint32_t waits;   /* for so many answers */
	bool last;        /* which ends the connection */
	bool watched;     /* by ipc_fd */
};

int ipc_fd = -1;
bool ipc_more;

static int listener = -1;
static int probe = -1; /* while the endpoint is made */
static dev_t socket_dev;
static ino_t socket_ino;
static struct client clients[IPC_CLIENTS_MAX];
static uint32_t n_clients, n_others, clients_high;
static uint32_t clients_max; /* the rest of the descriptors is for services */
static uint64_t requests;
static bool deaf; /* the listener is not polled: no descriptor for a client */
static int spare = -1; /* given up to take one client when descriptors have run out */

static int watch(int op, int fd, uint32_t events, uint32_t data)
{
	struct epoll_event ev = {.events = events, .data.u32 = data};

	return epoll_ctl(ipc_fd, op, fd, &ev);
}

/* A descriptor was freed. */
static void hear(void)
{
	if (spare < 0)
		spare = fcntl(listener, F_DUPFD_CLOEXEC, 0);
	if (deaf && watch(EPOLL_CTL_MOD, listener, EPOLLIN, LISTENER) == 0)
		deaf = false;
}

static struct ipc_address address_of(const struct client *c)
{
	return (struct ipc_address){(uint64_t)(c - clients), c->count};
}

static void drop(struct client *c)
{
	if (!c->open)
		return;
	c->open = false;
	n_clients--;
	n_others -= !c->may_command;
	/* Closing is not enough: a child that has not executed yet may hold a copy. */
	if (c->watched)
		watch(EPOLL_CTL_DEL, c->fd, 0, 0);
	close(c->fd);
	ipc_gone(address_of(c));
	while (clients_high && !clients[clients_high - 1].open)
		clients_high--;
	hear();
}

static void close_all(void)
{
	for (uint32_t i = 0; i < IPC_CLIENTS_MAX && n_clients; i++)
		drop(&clients[i]);
	if (listener >= 0)
		close(listener);
	if (spare >= 0)
		close(spare);
	if (probe >= 0)
		close(probe);
	if (ipc_fd >= 0)
		close(ipc_fd);
	listener = spare = probe = ipc_fd = -1;
	deaf = false;
}

/* ---- the endpoint ---- */

static void socket_path(struct text *t, char *buf, size_t cap)
{
	text_init(t, buf, cap);
	text_str(t, ipc_rundir);
	text_str(t, "/" IPC_SOCKET_NAME);
}

static int bind_open(int fd, const struct sockaddr_un *a)
{
	mode_t was = umask(0);
	int r = bind(fd, (const struct sockaddr *)a, sizeof *a);

	umask(was);
	return r;
}

static int connect_to(int fd, const struct sockaddr_un *a)
{
	return connect(fd, (const struct sockaddr *)a, sizeof *a);
}

/* A path that does not fit an address is reached from within the directory; the
 * supervisor's own directory is / otherwise. */
static int in_rundir(int (*call)(int fd, const struct sockaddr_un *a), int fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct text t;
	int r;

	socket_path(&t, a.sun_path, sizeof a.sun_path);
	if (!t.cut)
		return call(fd, &a);
	text_init(&t, a.sun_path, sizeof a.sun_path);
	text_str(&t, IPC_SOCKET_NAME);
	if (chdir(ipc_rundir) < 0)
		return -1;
	r = call(fd, &a);
	return chdir("/") < 0 ? -1 : r;
}

/* The last close of a descriptor can block: of a TCP socket that lingers, of a file on
 * a file system that hangs.  So nobody shall pass us one.  Connections inherit this.
 * Older kernels do not know it; there a passed descriptor is closed when it comes. */
static void refuse_descriptors(int fd)
{
	const int no = 0;

	setsockopt(fd, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
}

/* What may be lacking is got before anything is changed: an attempt that cannot succeed
 * leaves no traces in RUNDIR, which would call for the next. */
static const char *prepare(void)
{
	const int type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;

	listener = socket(AF_UNIX, type, 0);
	probe = socket(AF_UNIX, type, 0);
	if (listener < 0 || probe < 0)
		return "socket";
	refuse_descriptors(listener);
	fchmod(listener, SOCKET_MODE); /* what it is bound to gets that; if not, see_path() mends it */
	spare = fcntl(listener, F_DUPFD_CLOEXEC, 0);
	ipc_fd = epoll_create1(EPOLL_CLOEXEC);
	if (ipc_fd < 0 || watch(EPOLL_CTL_ADD, listener, EPOLLIN, LISTENER) < 0)
		return "epoll";
	return NULL;
}

/* What the path leads to.  A directory may have modes of its own for what is made in it
 * (acl(5)); a link is not followed. */
static const char *see_path(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0 || !S_ISSOCK(st.st_mode))
		return "lstat";
	if ((st.st_mode & 0777) != SOCKET_MODE
	    && fchmodat(AT_FDCWD, path, SOCKET_MODE, AT_SYMLINK_NOFOLLOW) < 0)
		return "chmod";
	socket_dev = st.st_dev;
	socket_ino = st.st_ino;
	return NULL;
}

/* Is it our socket that was seen there, and not one that has just come in its place?
 * Only a connection tells; where we may not make one, we believe it. */
static const char *prove(void)
{
	struct ucred who = {.pid = 0};
	socklen_t n = sizeof who;

	if (in_rundir(connect_to, probe) == 0) {
		if (getsockopt(probe, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0 || who.pid != getpid()) {
			errno = EADDRINUSE;
			return "connect";
		}
	} else if (errno != EACCES && errno != EPERM && errno != EAGAIN) {
		return "connect";
	}
	close(probe);
	probe = -1;
	return NULL;
}

/* The steps in the order in which nobody can slip in between: no client can
 * connect before listen(). */
static const char *make_endpoint(void)
{
	const char *step = prepare();
	char path[4096];
	struct text t;

	if (step)
		return step;
	socket_path(&t, path, sizeof path);
	if (unlink(path) < 0 && (errno != EISDIR || rmdir(path) < 0) && errno != ENOENT)
		return "unlink";
	if (in_rundir(bind_open, listener) < 0)
		return "bind";
	step = see_path(path);
	if (step)
		return step;
	if (listen(listener, IPC_BACKLOG) < 0)
		return "listen";
	return prove();
}

/* Half of what we may open, so that no crowd of clients keeps services from
 * their pipes. */
static uint32_t find_clients_max(void)
{
	struct rlimit l;

	if (prlimit(0, RLIMIT_NOFILE, NULL, &l) < 0 || l.rlim_cur / 2 > IPC_CLIENTS_MAX)
		return IPC_CLIENTS_MAX;
	return l.rlim_cur < 8 ? 4 : (uint32_t)l.rlim_cur / 2;
}

int cinit_ipc_init(void)
{
	const char *step;

	close_all();
	clients_max = find_clients_max();
	step = make_endpoint();
	if (!step)
		return 1;
	ipc_set_problem(step, errno);
	close_all();
	return 0;
}

static bool is_ours(void)
{
	char path[4096];
	struct text t;
	struct stat st;

	socket_path(&t, path, sizeof path);
	return lstat(path, &st) == 0 && st.st_dev == socket_dev && st.st_ino == socket_ino
	       && (st.st_mode & 0777) == SOCKET_MODE;
}

/* ---- what it needs ---- */

static int make_socket(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), r = -1, err;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct text t;

	if (fd < 0)
		return -1;
	/* By its file's name alone, from within: as long as RUNDIR may be. */
	text_init(&t, a.sun_path, sizeof a.sun_path);
	text_str(&t, strrchr(path, '/') + 1);
	if (chdir(ipc_rundir) == 0)
		r = bind(fd, (const struct sockaddr *)&a, sizeof a);
	err = errno;
	if (chdir("/") < 0)
		r = -1;
	close(fd);
	errno = err;
	return r;
}

static int try_socket(void)
{
	return check_in_rundir(make_socket);
}

const struct ipc_need ipc_needs[] = {
	{"a run directory that can be written", check_rundir},
	{"a socket in it (AF_UNIX, SOCK_SEQPACKET)", try_socket},
	{NULL, NULL},
};

/* ---- connections ---- */

/* Its groups when it connected, as far as they fit. */
static bool is_member(int fd, gid_t main_group)
{
	static gid_t groups[IPC_GROUPS_MAX];
	socklen_t n = sizeof groups;

	if (ipc_group == IPC_NO_GROUP || main_group == ipc_group)
		return ipc_group != IPC_NO_GROUP;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &n) < 0)
		return false;
	for (size_t i = 0; i < n / sizeof *groups; i++)
		if (groups[i] == ipc_group)
			return true;
	return false;
}

static bool may_command(int fd)
{
	struct ucred who;
	socklen_t n = sizeof who;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) < 0)
		return false;
	return who.uid == 0 || who.uid == geteuid() || is_member(fd, who.gid);
}

/* The connection that is given up first: of those without a pending request
 * the one that has been silent longest, users who may not command before the
 * others.  With `waiting`, such users' pending ones too. */
static struct client *least(bool waiting)
{
	struct client *best = NULL;

	for (uint32_t i = 0; i < clients_high; i++) {
		struct client *c = &clients[i];

		if (!c->open || (c->waits && (!waiting || c->may_command)))
			continue;
		if (!best || c->may_command < best->may_command
		    || (c->may_command == best->may_command && c->used < best->used))
			best = c;
	}
	return best;
}

static bool evict(void)
{
	struct client *c = least(false);

	if (!c)
		c = least(true);
	if (c)
		drop(c);
	return c != NULL;
}

/* A descriptor for the next client: the spare one first. */
static bool free_descriptor(void)
{
	if (spare < 0)
		return evict();
	close(spare);
	spare = -1;
	return true;
}

static void receive(struct client *c)
{
	struct ipc_record r;
	ssize_t n = recv(c->fd, &r, sizeof r, MSG_DONTWAIT | MSG_TRUNC); /* n: as sent */

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->used = ++requests;
	c->waits++; /* until cinit_ipc_send() */
	c->last = n == (ssize_t)sizeof r && r.flags & IPC_LAST;
	if (n <= 0 || !ipc_receive(&r, (size_t)n, address_of(c), c->may_command))
		drop(c);
}

static void adopt(int fd)
{
	uint32_t i = 0, count;
	struct client *c;

	while (i < clients_high && clients[i].open)
		i++;
	c = &clients[i];
	if (i == clients_high)
		clients_high++;
	count = c->count + 1;
	*c = (struct client){.fd = fd, .count = count ? count : 1, .used = ++requests,
	                     .open = true, .may_command = may_command(fd)};
	n_clients++;
	n_others += !c->may_command;
	if (n_others > clients_max / 4 * 3)
		evict();
	if (c->open)
		receive(c); /* often it has asked already, and needs no watching */
	if (c->open && watch(EPOLL_CTL_ADD, fd, EPOLLIN, i) < 0)
		drop(c);
	c->watched = c->open;
}

static bool somebody_waits(void)
{
	struct pollfd p = {.fd = listener, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

/* One connection: 1 when there may be more. */
static int accept_one(void)
{
	bool full = n_clients >= clients_max;
	int fd;

	if (full)
		evict();
	if (n_clients >= clients_max) {
		errno = EMFILE;
		fd = -1;
	} else {
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	}
	if (fd >= 0) {
		adopt(fd);
		return 1;
	}
	if (errno == ECONNABORTED || errno == EINTR)
		return 1;
	/* Out of descriptors, the kernel does not even look for somebody. */
	if (errno == EAGAIN || !somebody_waits())
		return 0;
	if (free_descriptor())
		return 1;
	/* Polling on would spin; the next client that leaves opens it again. */
	if (watch(EPOLL_CTL_MOD, listener, 0, LISTENER) == 0)
		deaf = true;
	return 0;
}

/* The first is known to wait.  For the others it is asked: accept4(2) makes a
 * whole socket before it looks, and would throw it away. */
static void accept_some(void)
{
	for (int i = 0; i < IPC_ACCEPTS; i++)
		if ((i && !somebody_waits()) || !accept_one())
			return;
	ipc_more = true;
}

int cinit_ipc_listen(void)
{
	struct epoll_event ev[IPC_EVENTS];
	int n;

	ipc_more = false;
	if (ipc_recheck && !is_ours()) {
		close_all();
		return 0;
	}
	if (ipc_recheck)
		hear();
	n = epoll_wait(ipc_fd, ev, IPC_EVENTS, 0);
	for (int i = 0; i < n; i++) {
		if (ev[i].data.u32 == LISTENER)
			accept_some();
		else if (clients[ev[i].data.u32].open)
			receive(&clients[ev[i].data.u32]);
	}
	if (n == IPC_EVENTS)
		ipc_more = true;
	return 1;
}

int cinit_ipc_send(void *data)
{
	const struct ipc_record *r = data;
	struct ipc_address to;
	struct client *c;

	if (!ipc_address_of(r->handle, &to))
		return 0;
	c = &clients[to.a];
	if (!c->open || c->count != to.b)
		return 0;
	c->waits -= c->waits > 0;
	/* A client that does not read is not waited for; an error tells it soonest
	 * when the connection ends. */
	if (send(c->fd, r, sizeof *r, MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof *r) {
		shutdown(c->fd, SHUT_RDWR);
		return 0;
	}
	if (c->last)
		drop(c);
	return 1;
}
