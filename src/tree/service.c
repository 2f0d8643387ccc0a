/* service.c - reads one service directory, or conf/: gives readers what they find a place in,
 * and follows the links to other services. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/limits.h"
#include "src/tree/dir.h"
#include "src/tree/loader.h"
#include "src/tree/reading.h"

/* ---- needs/ and wants/ ---- */

struct dependency {
	struct loader *l;
	uint32_t svc;
	int fd;
	bool need;
	char entry[8 + NAME_MAX]; /* needs/NAME */
};

/* `to` becomes a dependency of dep->svc, once. */
static void add_edge(struct dependency *dep, uint32_t to)
{
	struct vec *v = dep->need ? &dep->l->needs : &dep->l->wants;
	struct draft *d = draft_at(dep->l, to);
	uint32_t *edge;

	if (d->seen_by == dep->svc + 1)
		return;
	d->seen_by = dep->svc + 1;
	edge = vec_add(v, sizeof *edge);
	if (edge)
		*edge = to;
	else
		values_lack(&dep->l->values, errno, dep->need ? "all services together have more than "
		            LIMIT_TEXT(CONFIG_EDGES_MAX) " needs" : "all services together have more than "
		            LIMIT_TEXT(CONFIG_EDGES_MAX) " wants");
}

static void read_dependency(struct dependency *dep, const char *name)
{
	struct loader *l = dep->l;
	struct text t;
	const char *why;
	uint32_t to;

	text_init(&t, dep->entry, sizeof dep->entry);
	text_str(&t, dep->need ? "needs/" : "wants/");
	text_str(&t, name);
	text_init(&t, l->entry_path, sizeof l->entry_path);
	text_str(&t, l->root);
	text_char(&t, '/');
	text_str(&t, loader_name(l, dep->svc));
	text_char(&t, '/');
	text_str(&t, dep->entry);
	why = strerror(ENAMETOOLONG);
	to = t.cut ? NO_SVC : loader_resolve(l, &(struct place){.dir_fd = dep->fd, .entry = name,
	                                     .path = l->entry_path, .svc = dep->svc, .what = dep->entry,
	                                     .seen = true}, &why);
	if (loader_has_failed(l))
		return;
	if (to == NO_SVC && dep->need)
		loader_refuse(l, dep->svc, dep->entry, "no service", why);
	else if (to == NO_SVC)
		loader_report(l, FINDING_WARNING, dep->svc, dep->entry, "no service, ignored", why);
	else if (to == dep->svc && !dep->need)
		loader_report(l, FINDING_WARNING, dep->svc, dep->entry, "", "wants itself, ignored");
	else
		add_edge(dep, to);
}

/* An entry of the directory dir_fd. */
static void refuse_unread(struct loader *l, uint32_t svc, const char *entry, int dir_fd, int error)
{
	loader_missed(l, svc, entry, dir_fd, entry, error);
	loader_refuse(l, svc, entry, "cannot be read", strerror(error));
}

/* Follows needs/ or wants/ of the directory that is read. */
static void read_dependencies(struct reading *r)
{
	struct loader *l = r->arg;
	uint32_t svc = r->svc;
	struct dependency dep = {.l = l, .svc = svc, .need = r->entry == ENTRY_NEEDS};
	const char *entry = reading_name(r), *name;
	struct dir *d = &l->entry_dir;
	struct timespec since;
	unsigned char type;
	unsigned n = 0;
	int more = 0;

	dep.fd = openat(r->fd, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dep.fd < 0) {
		refuse_unread(l, svc, entry, r->fd, errno);
		return;
	}
	since = loader_changed_when(dep.fd);
	dir_begin(d, dep.fd);
	while (!values_stopped(&l->values) && (more = dir_next(d, &name, &type)) > 0) {
		if (name[0] == '.')
			continue;
		if (++n > CONFIG_ENTRIES_MAX) {
			loader_refuse(l, svc, entry, "", "has more than " LIMIT_TEXT(CONFIG_ENTRIES_MAX) " entries");
			break;
		}
		read_dependency(&dep, name);
	}
	if (!loader_has_failed(l) && more < 0)
		refuse_unread(l, svc, entry, r->fd, errno);
	if (!loader_has_failed(l) && !loader_is_same_time(since, loader_changed_when(dep.fd)))
		loader_changed(l, svc, entry);
	close(dep.fd);
}

static void follow_links(struct reading *r)
{
	read_dependencies(r);
	r->refused |= draft_at(r->arg, r->svc)->refused;
}

/* ---- directories ---- */

/* An error of a file of conf/ refuses nobody. */
static void report(struct reading *r, enum finding_level level, const char *entry, const char *what,
                   const char *why)
{
	if (level == FINDING_ERROR && r->svc != NO_SVC)
		loader_refuse(r->arg, r->svc, entry, what, why);
	else
		loader_report(r->arg, level, r->svc, entry, what, why);
}

static void missed(struct reading *r, const char *entry, int error)
{
	if (r->svc == NO_SVC)
		loader_errno(r->arg, r->svc, entry, error);
	else
		loader_missed(r->arg, r->svc, entry, r->fd, entry, error);
}

static struct reading reading_of(struct loader *l, uint32_t svc, int fd)
{
	return (struct reading){.values = &l->values, .svc = svc, .fd = fd, .scratch = l->target,
	                        .report = report, .missed = missed, .links = follow_links,
	                        .arg = l};
}

static bool has_control_byte(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return true;
	return false;
}

/* It was found by its name, and has to be that directory still, before and afterwards. */
static void read_directory(struct loader *l, uint32_t i, int fd)
{
	const struct conf_svc *c = &draft_at(l, i)->conf;
	struct reading r = reading_of(l, i, fd);
	struct stat st = {0};

	if (fstat(fd, &st) < 0 || config_dev(st.st_dev) != c->dev || st.st_ino != c->ino) {
		loader_changed(l, i, "");
		if (loader_has_failed(l))
			return;
	}
	reading_scan(&r, &l->service_dir);
	reading_service(&r);
	if (!loader_has_failed(l) && !loader_is_same_time(st.st_ctim, loader_changed_when(fd)))
		loader_changed(l, i, "");
}

void loader_read_service(struct loader *l, uint32_t i)
{
	int fd;

	if (draft_at(l, i)->refused)
		return; /* its name is too long */
	if (i >= CONFIG_SERVICES_MAX) {
		loader_refuse(l, i, "", "does not fit",
		              "there are more than " LIMIT_TEXT(CONFIG_SERVICES_MAX) " services");
		return;
	}
	if (has_control_byte(loader_name(l, i))) {
		loader_refuse(l, i, "", "", "name has a control byte");
		return;
	}
	if (l->rq->place)
		l->rq->place(l->rq->arg, loader_name(l, i));
	fd = openat(l->svc_fd, loader_name(l, i), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int error = errno;

		if (error == ENOENT || error == ENOTDIR)
			loader_changed(l, i, ""); /* it was found */
		loader_errno(l, i, "", error);
		loader_refuse(l, i, "", "cannot be read", strerror(error));
		return;
	}
	read_directory(l, i, fd);
	close(fd);
}

uint32_t loader_read_conf(struct loader *l)
{
	char *path = l->entry_path;
	struct reading r;
	struct text t;
	uint32_t root;
	int fd;

	text_init(&t, path, sizeof l->entry_path);
	text_str(&t, l->rq->dir);
	text_str(&t, "/conf");
	root = loader_string(l, path, t.len);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		int error = errno;

		loader_errno(l, NO_SVC, "", error);
		if (error != ENOENT)
			loader_report(l, FINDING_ERROR, NO_SVC, "", "cannot be read", strerror(error));
		return root;
	}
	r = reading_of(l, NO_SVC, fd);
	reading_conf(&r);
	close(fd);
	return root;
}
