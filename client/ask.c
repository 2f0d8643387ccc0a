/* ask.c - finding the supervisor, asking it, and what to say when it fails. */
#include "client/ask.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ipc/client.h"
#include "ipc/lock.h"
#include "ipc/place.h"

const char *ask_program = "cinit";
bool ask_utf8;
static char rundir[PATH_MAX];
static struct ipc_client client;

void complain(const char *where, const char *what, const char *why)
{
	char buf[1024];
	const char *parts[4] = {ask_program, where, what, why};
	struct text t;

	text_init_fd(&t, buf, sizeof buf, 2);
	for (unsigned i = 0; i < 4; i++) {
		if (!*parts[i])
			continue;
		if (i)
			text_str(&t, ": ");
		text_name(&t, parts[i], strlen(parts[i]), ask_utf8);
	}
	text_char(&t, '\n');
	text_flush(&t);
}

void complain_line(const char *line)
{
	char buf[1024];
	struct text t;

	text_init_fd(&t, buf, sizeof buf, 2);
	text_str(&t, ask_program);
	text_str(&t, ": ");
	text_str(&t, line);
	text_char(&t, '\n');
	text_flush(&t);
}

/* Nobody listens.  The lock tells whether there is somebody, and on what. */
static enum code explain_absence(int err, bool quiet)
{
	char method[32], why[128];
	pid_t holder = lock_holder(rundir, method, sizeof method);
	struct text t;

	text_init(&t, why, sizeof why);
	if (holder >= 0 && *method && strcmp(method, CINIT_IPC_METHOD) != 0) {
		text_str(&t, "built for " CINIT_IPC_METHOD ", but ");
		text_str(&t, rundir);
		text_str(&t, "'s supervisor listens on ");
		text_str(&t, method);
		complain("", "", why);
		return CODE_NO_ANSWER;
	}
	if (quiet)
		return CODE_NO_ANSWER;
	text_str(&t, err == EACCES ? "permission denied" : "no supervisor answers");
	if (holder > 0) {
		text_str(&t, ", though pid ");
		text_i64(&t, holder);
		text_str(&t, " holds its lock");
	}
	text_str(&t, ": ");
	text_str(&t, strerror(err));
	complain(rundir, "", why);
	return err == EACCES ? CODE_DENIED : CODE_NO_ANSWER;
}

enum code ask_connect(const char *rundir_option, bool quiet_absence)
{
	if (place_rundir(rundir_option, rundir, sizeof rundir) < 0) {
		complain("run directory", "", strerror(errno));
		return CODE_USAGE;
	}
	return ipc_connect(&client, rundir) == 0 ? CODE_DONE : explain_absence(errno, quiet_absence);
}

int ask_published(const char *name, struct ipc_item *item)
{
	return ipc_board_item(&client, name, strlen(name), item);
}

int ask_all_published(struct ipc_item **items, size_t *n)
{
	return ipc_board_items(&client, items, n);
}

void ask_close(void)
{
	ipc_close(&client);
}

struct ipc_record ask_request(enum verb verb, const char *name)
{
	struct ipc_record r;

	record_init(&r);
	r.id = ipc_random_id();
	r.verb = (uint16_t)verb;
	r.expires_ms = record_now_ms() + ANSWER_GRACE_MS;
	if (name)
		record_set_name(&r, name, strlen(name));
	return r;
}

enum code ask_send(const struct ipc_record *request)
{
	if (ipc_request(&client, request) == 0)
		return CODE_DONE;
	complain(rundir, "the supervisor cannot be asked", strerror(errno));
	return CODE_NO_ANSWER;
}

enum code ask_next(struct ipc_record *answer, int64_t until_ms)
{
	if (ipc_next_answer(&client, answer, until_ms) == 0)
		return CODE_DONE;
	if (errno == ETIMEDOUT)
		return CODE_NOT_UP;
	complain(rundir, "no answer", errno == ECONNRESET ? "the supervisor closed the connection"
	                                                   : strerror(errno));
	return CODE_NO_ANSWER;
}

void ask_complain_silent(void)
{
	complain(rundir, "no answer", "the supervisor is silent");
}

enum code ask(const struct ipc_record *request, struct ipc_record *answer)
{
	enum code code = ask_send(request);

	while (code == CODE_DONE) {
		code = ask_next(answer, record_now_ms() + ANSWER_GRACE_MS);
		if (code == CODE_DONE && (answer->id == request->id || answer->result == RES_VERSION))
			return CODE_DONE;
	}
	if (code == CODE_NOT_UP)
		ask_complain_silent();
	return CODE_NO_ANSWER;
}

enum code code_of(const struct ipc_record *answer)
{
	switch ((enum result)answer->result) {
	case RES_DONE:
	case RES_ACCEPTED: return CODE_DONE;
	case RES_DENIED: return CODE_DENIED;
	case RES_NO_SERVICE:
	case RES_BAD_NAME: return CODE_NO_SERVICE;
	case RES_NONE:
	case RES_NO:
	case RES_SHUTDOWN:
	case RES_SUPERSEDED:
	case RES_NEED_NOT_UP:
	case RES_DEPENDENT_UP:
	case RES_STILL_WAITING:
	case RES_EXPIRED:
	case RES_BUSY:
	case RES_BAD_REQUEST:
	case RES_NO_MEMORY:
	case RES_LOAD:
	case RES_VERSION:
	case RES_N: break;
	}
	return CODE_FAILED;
}

/* A locale names its character set behind a dot, in many spellings. */
static bool is_utf8(const char *set)
{
	return strcasecmp(set, "utf-8") == 0 || strcasecmp(set, "utf8") == 0;
}

bool utf8_locale(void)
{
	const char *v = getenv("LC_ALL"), *dot;

	if (!v || !*v)
		v = getenv("LC_CTYPE");
	if (!v || !*v)
		v = getenv("LANG");
	dot = v ? strchr(v, '.') : NULL;
	return dot && is_utf8(dot + 1);
}

enum code worse(enum code a, enum code b)
{
	return a > b ? a : b;
}
