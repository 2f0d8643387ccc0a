/* faults.c - what may be otherwise the next time: notes it, and ends a load that is not to
 * be had with it.  What such a load has found is not so, and is not reported. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "src/limits.h"
#include "src/tree/loader.h"

/* ---- findings ---- */

static void keep_string(char **at, const char *s)
{
	*at = stpcpy(*at, s) + 1;
}

/* A digit for the level, and three strings. */
static void keep(struct loader *l, const struct finding *f)
{
	char level[2] = {(char)('0' + f->level), '\0'};
	char *at = vec_add(&l->findings, sizeof level + strlen(f->path) + strlen(f->what) + strlen(f->why) + 3);

	if (!at) {
		l->findings_full = errno == EFBIG;
		if (!l->findings_full)
			loader_fail(l, strerror(errno));
		return;
	}
	keep_string(&at, level);
	keep_string(&at, f->path);
	keep_string(&at, f->what);
	keep_string(&at, f->why);
}

void loader_tell(struct loader *l, const struct finding *f)
{
	if (!l->rq->again)
		l->rq->report(l->rq->arg, f);
	else if (!l->findings_full)
		keep(l, f);
}

static const char *next_string(const char **at)
{
	const char *s = *at;

	*at += strlen(s) + 1;
	return s;
}

void loader_tell_kept(struct loader *l)
{
	const char *at = l->findings.at, *end = at + l->findings.len;

	while (at < end) {
		struct finding f = {.level = (enum finding_level)(*next_string(&at) - '0')};

		f.path = next_string(&at);
		f.what = next_string(&at);
		f.why = next_string(&at);
		l->rq->report(l->rq->arg, &f);
	}
	if (l->findings_full)
		l->rq->report(l->rq->arg, &(struct finding){FINDING_WARNING, l->rq->dir, "has more findings",
		              "not said: more than " LIMIT_TEXT(CONFIG_FINDINGS_MAX_MIB) " MiB of them"});
}

/* ---- faults ---- */

static void put_path(const struct loader *l, struct text *t, uint32_t svc, const char *entry)
{
	if (svc == NO_SVC && *entry == '/') {
		text_str(t, entry);
		return;
	}
	text_str(t, svc == NO_SVC ? l->rq->dir : l->root);
	text_char(t, '/');
	text_str(t, svc == NO_SVC ? "conf" : loader_name(l, svc));
	if (*entry) {
		text_char(t, '/');
		text_str(t, entry);
	}
}

static void note(struct loader *l, enum load_fault fault, int error, uint32_t svc, const char *entry)
{
	struct load_again *again = l->rq->again;
	struct text t;

	if (!again)
		return;
	if (again->fault == LOAD_FINE) {
		again->fault = fault;
		again->error = error;
		text_init(&t, again->path, sizeof again->path);
		put_path(l, &t, svc, entry);
	}
	if (again->refused & 1u << fault)
		loader_fail(l, "a fault that may pass");
}

void loader_changed(struct loader *l, uint32_t svc, const char *entry)
{
	note(l, LOAD_CHANGING, 0, svc, entry);
}

static bool may_pass(int error)
{
	switch (error) {
	case EIO:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case EAGAIN:
	case ENOBUFS:
	case ETIMEDOUT:
	case ESTALE: return true;
	default: return false;
	}
}

void loader_errno(struct loader *l, uint32_t svc, const char *entry, int error)
{
	if (may_pass(error))
		note(l, LOAD_UNREADABLE, error, svc, entry);
}

void loader_missed(struct loader *l, uint32_t svc, const char *entry, int dir_fd, const char *name,
                   int error)
{
	struct stat st;

	if (error == ENOENT && fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
		loader_changed(l, svc, entry);
	else
		loader_errno(l, svc, entry, error);
}

/* ---- what was read is what is there ---- */

struct timespec loader_changed_when(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ctim : (struct timespec){0};
}

bool loader_is_same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

/* Can the name of draft i lead elsewhere by now?  Where svc/ itself has not changed, only
 * one that is further down. */
static bool may_have_moved(const struct loader *l, uint32_t i, bool root_changed)
{
	const struct draft *d = draft_at(l, i);

	return !d->carried && !d->kept && !d->refused && (root_changed || strchr(loader_name(l, i), '/'));
}

void loader_check_in_place(struct loader *l)
{
	char *path = l->entry_path;
	struct stat ours, there;
	struct text t;
	bool changed;

	text_init(&t, path, sizeof l->entry_path);
	text_str(&t, l->rq->dir);
	text_str(&t, "/svc");
	if (!l->root_len || fstat(l->svc_fd, &ours) < 0)
		return;
	if (stat(path, &there) < 0 || there.st_dev != ours.st_dev || there.st_ino != ours.st_ino)
		loader_changed(l, NO_SVC, path);
	changed = !loader_is_same_time(ours.st_ctim, l->since);
	for (uint32_t i = 0; i < draft_count(l) && !loader_has_failed(l); i++)
		if (may_have_moved(l, i, changed) && !loader_is_in_place(l, i))
			loader_changed(l, i, "");
}
