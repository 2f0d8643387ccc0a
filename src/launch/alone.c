/* alone.c - looks up names, and binds sockets to paths. */
#include "src/launch/alone.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/launch/held.h"

static long fail(const struct child *c, int error, const char *what, const char *why)
{
	struct text t;

	text_init(&t, c->words, STEP_WORDS);
	text_str(&t, what);
	text_str(&t, ": ");
	text_str(&t, why);
	return -error;
}

long alone_find_ids(const struct child *c)
{
	struct ids_asked asked;
	const char *what = "";
	int error;

	if (ids_asked_of(&c->rows, &asked) && ids_find(&asked, c->found, &what) < 0) {
		error = errno;
		return fail(c, error, what, ids_error(error));
	}
	if (c->login)
		login_put(&c->found->login, c->login_given, c->login);
	return 0;
}

/* One record with the descriptor.  Whether it arrives is not our affair: without it the
 * supervisor opens the socket again for the next start. */
static void hand_over(const struct child *c, const struct held *h, unsigned line)
{
	struct step_report r = {.step = STEP_LISTEN, .entry = ENTRY_LISTEN, .kind = REPORT_SOCKET,
	                        .error = (int32_t)line, .is_file = h->is_file, .dev = h->dev,
	                        .ino = h->ino};
	struct iovec iov = {&r, sizeof r};
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET,
	                      .cmsg_type = SCM_RIGHTS}};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
	                   .msg_controllen = sizeof control.space};

	memcpy(CMSG_DATA(&control.head), &h->fd, sizeof h->fd);
	sendmsg(c->report_fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
}

long alone_open_sockets(const struct child *c)
{
	for (unsigned i = 0; i < c->n_sockets; i++) {
		const struct own_socket *s = &c->sockets[i];
		struct held h;

		if (held_open(&h, s->line, c->found->uid, c->found->gid) < 0) {
			int error = errno;

			return fail(c, error, s->line, strerror(error));
		}
		hand_over(c, &h, s->number);
		if (dup2(h.fd, s->as) < 0)
			return fail(c, errno, s->line, strerror(errno));
	}
	return 0;
}
