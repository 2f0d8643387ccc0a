/* dispatch.c - one request at a time is in our hands. */
#include "src/pool/dispatch.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "src/tree/address.h"
#include "src/pool/cinit/worker.h"
#include "src/pool/manager.h"
#include "src/pool/rules.h"
#include "src/pool/say.h"
#include "src/pool/sockets.h"
#include "src/pool/watch.h"
#include "src/pool/workers.h"

#define DATAGRAM_MAX 65536  /* no datagram is larger */
#define RETRY_MS 10         /* after the kernel had no descriptor or memory for us, or a
                             * socket that was readable had nothing */

enum known {
	NOTHING,   /* it had nothing when we looked: to be watched */
	WATCHED,
	PERHAPS,   /* we have just taken something: there may be more */
	SOMETHING
};

static enum known known[LISTEN_MAX];
static unsigned next_socket;       /* is looked at first, so that all get their turn */
static int64_t retry_ms = POOL_NEVER;
static uint32_t refused = POOL_NO_ROW; /* who has not taken the last one */
static bool said_full;             /* that we have no descriptors */

/* The request in our hands. */
static struct {
	bool held;
	int fd;                    /* of a stream, else -1 */
	size_t len;                /* of a datagram */
	struct cinit_request_head head;
	char bytes[DATAGRAM_MAX];
} request = {.fd = -1};

int dispatch_init(void)
{
	for (unsigned i = 0; i < sockets_count(); i++) {
		if (watch_add_once(sockets_fd(i), WATCH_LISTENER, i) < 0)
			return -1;
		known[i] = WATCHED;
	}
	return 0;
}

void dispatch_readable(unsigned i)
{
	known[i] = SOMETHING;
}

bool dispatch_refused(uint32_t row)
{
	return refused == row;
}

bool dispatch_holds(void)
{
	return request.held;
}

int64_t dispatch_deadline(void)
{
	return manager_listens() ? retry_ms : POOL_NEVER;
}

void dispatch_close_in_child(void)
{
	if (request.fd >= 0)
		close(request.fd);
}

/* ---- taking ---- */

static void look_later(void)
{
	retry_ms = manager_now() + RETRY_MS;
}

/* Once for each time that there are none: requests wait in the kernel meanwhile. */
static void complain_full(int error)
{
	if (!said_full)
		say_errno("accept", error);
	said_full = true;
	look_later();
}

static bool no_room(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void hold(unsigned i, enum cinit_request_kind kind, socklen_t peer_len)
{
	const socklen_t most = sizeof request.head.peer;

	request.held = true;
	request.head.magic = CINIT_REQUEST_MAGIC;
	request.head.kind = (uint32_t)kind;
	request.head.listener = i;
	request.head.peer_len = peer_len < most ? peer_len : most;
	said_full = false;
}

/* What of the sender's address was not written is not left from another. */
static int take_one(unsigned i)
{
	socklen_t len = sizeof request.head.peer;
	struct sockaddr *peer = (struct sockaddr *)&request.head.peer;
	ssize_t n;

	memset(&request.head, 0, sizeof request.head);
	if (sockets_is_stream(i)) {
		request.fd = accept4(sockets_fd(i), peer, &len, SOCK_CLOEXEC);
		if (request.fd < 0)
			return -1;
		request.len = 0;
		hold(i, CINIT_STREAM, len);
		return 0;
	}
	n = recvfrom(sockets_fd(i), request.bytes, sizeof request.bytes, MSG_DONTWAIT, peer, &len);
	if (n < 0)
		return -1;
	request.len = (size_t)n;
	hold(i, CINIT_DATAGRAM, len);
	if (n == 0 && len == 0)
		look_later(); /* of a Unix socket that a worker has shut down there is no end */
	return 0;
}

/* Nothing, or an error that a connection brought along: the next may be fine.  A
 * datagram socket that a worker has shut down is readable for ever. */
static void note_nothing(unsigned i)
{
	if (known[i] == SOMETHING)
		look_later();
	known[i] = NOTHING;
}

/* Takes a request from a socket that may have one; true if there is one in our hands. */
static bool take_request(void)
{
	unsigned n = sockets_count();

	for (unsigned k = 0; k < n && !request.held; k++) {
		unsigned i = (next_socket + k) % n;

		if (known[i] < PERHAPS)
			continue;
		if (take_one(i) == 0) {
			known[i] = PERHAPS;
			next_socket = i + 1;
		} else if (no_room(errno)) {
			complain_full(errno);
			return false;
		} else {
			note_nothing(i);
		}
	}
	return request.held;
}

/* What is not known to have something is watched. */
static bool watch_all(bool doubt)
{
	bool something = false;

	for (unsigned i = 0; i < sockets_count(); i++) {
		if (known[i] == NOTHING || (doubt && known[i] == PERHAPS)) {
			known[i] = WATCHED;
			if (watch_again(sockets_fd(i), WATCH_LISTENER, i) < 0)
				say_errno("epoll", errno);
		}
		something |= known[i] == SOMETHING;
	}
	return something;
}

/* With an idle worker a request is taken at once.  Without one it is made sure first
 * that there is a request: the pool may grow for it. */
bool dispatch_turn(void)
{
	bool idle = manager_idle() > 0;

	if (!manager_listens() || (retry_ms != POOL_NEVER && retry_ms > manager_now()))
		return false;
	retry_ms = POOL_NEVER;
	if (!request.held && idle)
		take_request();
	if (!watch_all(!idle) && !request.held)
		return false;
	manager_event(POOL_EV_REQUEST, POOL_NO_ROW);
	return true;
}

/* ---- giving ---- */

static void let_go(void)
{
	if (request.fd >= 0)
		close(request.fd);
	request.fd = -1;
	request.held = false;
}

static ssize_t send_to(int fd)
{
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part[2] = {{&request.head, sizeof request.head}, {request.bytes, request.len}};
	struct msghdr m = {.msg_iov = part, .msg_iovlen = 1 + (request.len > 0)};

	if (request.fd >= 0) {
		memset(&control, 0, sizeof control);
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof control.bytes;
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.head), &request.fd, sizeof request.fd);
	}
	return sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* The kernel's want of memory is not the worker's fault: the request is kept. */
static void give_later(uint32_t row, int error)
{
	complain_full(error);
	manager_event(POOL_EV_NOTHING, row);
}

void dispatch_give(uint32_t row)
{
	int fd = workers_fd(row);

	if (!request.held && !take_request()) {
		manager_event(POOL_EV_NOTHING, row);
		return;
	}
	refused = POOL_NO_ROW;
	if (fd >= 0 && send_to(fd) >= 0) {
		let_go();
	} else if (fd >= 0 && (no_room(errno) || errno == ETOOMANYREFS)) {
		give_later(row, errno);
	} else {
		refused = row;
		manager_event(POOL_EV_UNABLE, row);
	}
}
