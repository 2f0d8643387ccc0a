/* connect.c - finds the supervisor; where there is none, says what is there.
 *
 * Which run directory it is, ipc/place.h says.  Nothing is started, and nothing is repaired:
 * who answers with another IPC method is named, and left alone. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "client/lib/handle.h"
#include "ipc/lock.h"
#include "ipc/place.h"

static_assert(sizeof(struct handle) + PATH_MAX + _Alignof(max_align_t) + sizeof(struct ipc_client)
              + PROBLEM_CAP <= sizeof(struct cinit), "the caller's storage is too small");

struct text handle_problem(struct handle *h, bool about_rundir)
{
	struct text t;

	h->failed = true;
	text_init(&t, problem_of(h), PROBLEM_CAP);
	if (about_rundir) {
		text_name(&t, h->rundir, strlen(h->rundir), true);
		text_str(&t, ": ");
	}
	return t;
}

enum cinit_error handle_fail(struct handle *h, enum cinit_error error, const char *what, int err)
{
	struct text t = handle_problem(h, true);

	text_str(&t, what);
	if (err) {
		text_str(&t, ": ");
		text_str(&t, strerror(err));
	}
	return error;
}

static enum cinit_error other_method(struct handle *h, const char *method)
{
	struct text t = handle_problem(h, false);

	text_str(&t, "built for " CINIT_IPC_METHOD ", but ");
	text_name(&t, h->rundir, strlen(h->rundir), true);
	text_str(&t, "'s supervisor listens on ");
	text_name(&t, method, strlen(method), true);
	return CINIT_OTHER_METHOD;
}

static enum cinit_error error_of(int err)
{
	switch (err) {
	case EACCES:
	case EPERM: return CINIT_DENIED;
	case ENOMEM:
	case ENOBUFS: return CINIT_MEMORY;
	case EMFILE:
	case ENFILE:
	case ENOSPC:
	case EROFS: return CINIT_SYSTEM;
	default: return CINIT_ABSENT;
	}
}

/* Nobody listens.  The lock tells whether there is somebody, and on what. */
static enum cinit_error explain_absence(struct handle *h, int err)
{
	char method[32];
	pid_t holder = lock_holder(h->rundir, method, sizeof method);
	struct text t;

	if (holder >= 0 && *method && strcmp(method, CINIT_IPC_METHOD) != 0)
		return other_method(h, method);
	t = handle_problem(h, true);
	text_str(&t, err == EACCES ? "permission denied" : "no supervisor answers");
	if (holder > 0) {
		text_str(&t, ", though pid ");
		text_i64(&t, holder);
		text_str(&t, " holds its lock");
	}
	text_str(&t, ": ");
	text_str(&t, strerror(err));
	return error_of(err);
}

static struct ipc_client *place_for_client(struct handle *h)
{
	size_t at = offsetof(struct handle, rundir) + strlen(h->rundir) + 1;

	at += -at & (_Alignof(max_align_t) - 1);
	return (struct ipc_client *)(void *)((char *)h + at);
}

enum cinit_error cinit_connect(struct cinit *c, const char *rundir)
{
	struct handle *h = handle_of(c);
	struct text t;

	h->connected = h->failed = false;
	h->under_way = 0;
	if (place_rundir(rundir, h->rundir, PATH_MAX) < 0) {
		int err = errno;

		h->rundir[0] = '\0';
		t = handle_problem(h, false);
		text_str(&t, "run directory: ");
		text_str(&t, strerror(err));
		return CINIT_USAGE;
	}
	h->client = place_for_client(h);
	if (ipc_connect(h->client, h->rundir) < 0)
		return explain_absence(h, errno);
	h->connected = true;
	return CINIT_OK;
}

void cinit_close(struct cinit *c)
{
	struct handle *h = handle_of(c);

	if (h->connected)
		ipc_close(h->client);
	h->connected = false;
	h->under_way = 0;
}

void cinit_leave(struct cinit *c)
{
	struct handle *h = handle_of(c);

	if (h->connected)
		ipc_leave(h->client);
	h->connected = false;
}

const char *cinit_problem(const struct cinit *c)
{
	const struct handle *h = (const struct handle *)c->room;

	return h->failed ? (const char *)c + sizeof *c - PROBLEM_CAP : "";
}

const char *cinit_rundir(const struct cinit *c)
{
	return ((const struct handle *)c->room)->rundir;
}

const char *cinit_method(void)
{
	return CINIT_IPC_METHOD;
}
