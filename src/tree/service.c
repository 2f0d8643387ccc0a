/* service.c - reads one service directory: which entries there are, what they
 * mean.  Whatever is wrong with them refuses this one service, or is only said. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/tree/dir.h"
#include "src/tree/entries.h"
#include "src/tree/loader.h"
#include "src/limits.h"

/* What a directory has; in *files, what the directory itself says is a file.
 * A subdirectory that means nothing may be a service. */
static unsigned scan(struct loader *l, uint32_t svc, int fd, unsigned *files)
{
	struct dir *d = &l->service_dir;
	const char *name;
	unsigned char type;
	unsigned has = 0, n = 0;
	int r;

	dir_begin(d, fd);
	while ((r = dir_next(d, &name, &type)) > 0 && ++n <= CONFIG_ENTRIES_MAX) {
		enum entry e = entry_of(name);

		has |= (unsigned)e;
		if (type == DT_REG)
			*files |= (unsigned)e;
		if (e == ENTRY_LATER_DIR || (e == ENTRY_LATER && type != DT_DIR))
			loader_report(l, FINDING_WARNING, svc, name, "", "not built yet, ignored");
		if (e == ENTRY_STRANGE && type != DT_DIR)
			loader_report(l, FINDING_NOTE, svc, name, FINDING_UNKNOWN, "ignored");
	}
	if (r < 0)
		loader_refuse(l, svc, "", "cannot be read", strerror(errno));
	if (n > CONFIG_ENTRIES_MAX)
		loader_refuse(l, svc, "", "", "has more than 131072 entries");
	return has;
}

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
		loader_fail(dep->l, errno == EFBIG ? "more than 1048576 dependencies" : strerror(errno));
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
	text_str(&t, l->strings.at + draft_at(l, dep->svc)->conf.name);
	text_char(&t, '/');
	text_str(&t, dep->entry);
	why = strerror(ENAMETOOLONG);
	to = t.cut ? NO_SVC : loader_resolve(l, dep->fd, name, l->entry_path, &why);
	if (l->failed)
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

static void read_dependencies(struct loader *l, uint32_t svc, int svc_fd, bool need)
{
	struct dependency dep = {.l = l, .svc = svc, .need = need};
	const char *entry = need ? "needs" : "wants", *name;
	struct dir *d = &l->entry_dir;
	unsigned char type;
	unsigned n = 0;
	int r = 0;

	dep.fd = openat(svc_fd, entry, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dep.fd < 0) {
		loader_refuse(l, svc, entry, "cannot be read", strerror(errno));
		return;
	}
	dir_begin(d, dep.fd);
	while (!l->failed && (r = dir_next(d, &name, &type)) > 0) {
		if (name[0] == '.')
			continue;
		if (++n > CONFIG_ENTRIES_MAX) {
			loader_refuse(l, svc, entry, "", "has more than 131072 entries");
			break;
		}
		read_dependency(&dep, name);
	}
	if (!l->failed && r < 0)
		loader_refuse(l, svc, entry, "cannot be read", strerror(errno));
	close(dep.fd);
}

/* Only that it is a file counts. */
static bool is_file(struct loader *l, uint32_t svc, int fd, const char *name)
{
	struct stat st;

	if (fstatat(fd, name, &st, 0) < 0) {
		loader_refuse(l, svc, name, "cannot be read", strerror(errno));
		return false;
	}
	if (!S_ISREG(st.st_mode)) {
		loader_refuse(l, svc, name, "", "not a file");
		return false;
	}
	return true;
}

static void read_on(struct loader *l, uint32_t svc, int fd, unsigned has)
{
	struct conf_prog prog = {0};
	unsigned files = (has & ENTRY_ON_PARAMS ? PROG_PARAMS : 0) | (has & ENTRY_ON_ENV ? PROG_ENV : 0);

	loader_read_program(l, fd, svc, "on", files, &prog);
	draft_at(l, svc)->conf.on = prog;
	draft_at(l, svc)->kind |= prog.present ? KIND_ON : 0;
}

static void read_off(struct loader *l, uint32_t svc, int fd, unsigned has)
{
	struct conf_prog prog = {0};
	unsigned files = (has & ENTRY_OFF_PARAMS ? PROG_PARAMS : 0) | (has & ENTRY_OFF_ENV ? PROG_ENV : 0);

	loader_read_program(l, fd, svc, "off", files, &prog);
	draft_at(l, svc)->conf.off = prog;
	draft_at(l, svc)->kind |= prog.present ? KIND_OFF : 0;
}

/* Of a pool whose workers are modules, `on.env` is all that there is of a program. */
static void read_main(struct loader *l, uint32_t svc, int fd, unsigned has)
{
	struct conf_prog prog = {0};

	if (has & ENTRY_ON) {
		read_on(l, svc, fd, has);
	} else if (has & ENTRY_POOL && has & ENTRY_ON_ENV) {
		loader_read_env(l, fd, svc, "on.env", &prog);
		draft_at(l, svc)->conf.on = prog;
	}
}

/* What is given for the whole of a stop bounds a step of it, too. */
static void read_times(struct loader *l, uint32_t svc, int fd, unsigned has)
{
	struct draft *d = draft_at(l, svc);

	if (has & ENTRY_TIMEOUT_ON)
		loader_read_seconds(l, fd, svc, "timeout.on", &d->on_ms);
	if (has & ENTRY_TIMEOUT_OFF && loader_read_seconds(l, fd, svc, "timeout.off", &d->off_ms) > 0)
		d->delay_ms = d->off_ms;
	if (has & ENTRY_DELAY)
		loader_read_seconds(l, fd, svc, "delay", &d->delay_ms);
}

static void read_entries(struct loader *l, uint32_t svc, int fd)
{
	const unsigned extra = ENTRY_LISTEN | ENTRY_READY | ENTRY_USER | ENTRY_GROUP | ENTRY_GROUPS
		| ENTRY_POOL;
	const unsigned process = ENTRY_ON | ENTRY_POOL;
	unsigned files = 0, has = scan(l, svc, fd, &files);

	if (has & ENTRY_NEEDS)
		read_dependencies(l, svc, fd, true);
	if (has & ENTRY_WANTS && !l->failed)
		read_dependencies(l, svc, fd, false);
	if (!l->failed)
		read_main(l, svc, fd, has);
	if (has & ENTRY_OFF && !l->failed)
		read_off(l, svc, fd, has);
	read_times(l, svc, fd, has);
	if (has & ENTRY_ESSENTIAL && !(has & process))
		loader_report(l, FINDING_WARNING, svc, "essential", "",
		              "there is no `on` whose end could count, ignored");
	else if (has & ENTRY_ESSENTIAL && !l->failed)
		loader_read_essential(l, fd, svc);
	if (has & ENTRY_RESPAWN && !(has & process))
		loader_report(l, FINDING_WARNING, svc, "respawn", "", "there is no `on` to respawn, ignored");
	else if (files & ENTRY_RESPAWN || (has & ENTRY_RESPAWN && is_file(l, svc, fd, "respawn")))
		draft_at(l, svc)->kind |= KIND_RESPAWN;
	if (has & extra && !l->failed)
		loader_read_extra(l, fd, svc, has);
	if (has & (ENTRY_ON_PARAMS | ENTRY_ON_ENV) && !(has & process))
		loader_report(l, FINDING_NOTE, svc, "", "has on.params or on.env", "but no `on`");
	if (has & (ENTRY_OFF_PARAMS | ENTRY_OFF_ENV) && !(has & ENTRY_OFF))
		loader_report(l, FINDING_NOTE, svc, "", "has off.params or off.env", "but no `off`");
}

static bool has_control_byte(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return true;
	return false;
}

void loader_read_service(struct loader *l, uint32_t i)
{
	int fd;

	if (draft_at(l, i)->kind & KIND_REFUSED)
		return; /* its name is too long */
	if (has_control_byte(l->strings.at + draft_at(l, i)->conf.name)) {
		loader_refuse(l, i, "", "", "name has a control byte");
		return;
	}
	fd = openat(l->svc_fd, l->strings.at + draft_at(l, i)->conf.name,
	            O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		loader_refuse(l, i, "", "cannot be read", strerror(errno));
		return;
	}
	read_entries(l, i, fd);
	close(fd);
}
