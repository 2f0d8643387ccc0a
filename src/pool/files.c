/* files.c - two copies of what the directory says: the one in use, and the next. */
#include "src/pool/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/tree/reading.h"

static struct files copies[2];
static struct files *current = &copies[0];
static int service_fd = -1;
static bool loaded;
static char directory[PATH_MAX], on_path[PATH_MAX], link_room[2 * PATH_MAX];

const struct files *files(void)
{
	return current;
}

bool files_is_news(unsigned entry)
{
	uint64_t bit = (uint64_t)1 << (entry & 63);
	bool news = !(current->said & bit);

	current->said |= bit;
	return news;
}

const char *files_directory(void)
{
	return directory;
}

const char *files_on(void)
{
	return on_path;
}

char *files_link(uint16_t *at)
{
	*at = (uint16_t)(strlen(directory) + 1);
	memcpy(link_room, on_path, *at);
	return link_room;
}

/* As it was given, but absolute: a link in it counts whenever a worker starts. */
static int set_directory(const char *path)
{
	char here[PATH_MAX];
	struct text t;

	text_init(&t, directory, sizeof directory);
	if (*path != '/') {
		if (!getcwd(here, sizeof here))
			return -1;
		text_str(&t, here);
		text_char(&t, '/');
	}
	text_str(&t, path);
	if (!t.cut)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int files_init(int fd, const char *path)
{
	struct text t;

	service_fd = fd;
	if (set_directory(path) < 0)
		return -1;
	text_init(&t, on_path, sizeof on_path);
	text_str(&t, directory);
	text_str(&t, "/on");
	errno = ENAMETOOLONG;
	return t.cut ? -1 : 0;
}

/* ---- reading ---- */

static bool complain(char *why, const char *where, const char *what)
{
	struct text t;

	text_init(&t, why, FILES_WHY_MAX);
	text_str(&t, where);
	text_str(&t, ": ");
	text_str(&t, what);
	return false;
}

/* "entry: what: why" of the first error; what is no error the supervisor has said. */
static void report(struct reading *r, enum finding_level level, const char *entry, const char *what,
                   const char *why)
{
	const char *const parts[3] = {entry, what, why};
	char *first = r->arg;
	struct text t;

	if (level != FINDING_ERROR || *first)
		return;
	text_init(&t, first, FILES_WHY_MAX);
	for (unsigned i = 0; i < 3; i++) {
		if (*parts[i] && t.len)
			text_str(&t, ": ");
		text_str(&t, parts[i]);
	}
}

/* Its dependencies are nobody's here. */
static bool read_entries(struct files *f, char *why)
{
	static char scratch[PATH_MAX];
	static struct dir dir;
	struct reading r = {.values = &f->values, .svc = 0, .fd = service_fd, .scratch = scratch,
	                    .report = report, .arg = why};

	*why = '\0';
	f->said = 0;
	values_free(&f->values);
	if (values_begin(&f->values) == 0 && lseek(service_fd, 0, SEEK_SET) == 0) {
		reading_scan(&r, &dir);
		reading_service(&r);
	}
	if (f->values.failed)
		return complain(why, files_directory(), f->values.failed);
	f->rows = values_rows(&f->values);
	f->on = rows_program(&f->rows, ENTRY_ON);
	return !r.refused;
}

static bool find_ids(struct files *f, char *why)
{
	struct ids_asked asked;
	const char *what = "";

	ids_asked_of(&f->rows, &asked);
	return ids_find(&asked, &f->ids, &what) == 0 || complain(why, what, ids_error(errno));
}

/* A pool that runs stays what it is. */
static bool fits(const struct files *next, char *why)
{
	if (loaded && next->conf.mode != current->conf.mode)
		return complain(why, "pool/mode", "does not change while the pool runs");
	if (loaded && next->conf.has_modules != current->conf.has_modules)
		return complain(why, "pool/modules", "neither come nor go while the pool runs");
	return true;
}

bool files_read(char why[FILES_WHY_MAX])
{
	struct files *next = current == &copies[0] ? &copies[1] : &copies[0];
	char where[POOL_WHERE_MAX];
	const char *what;

	if (pool_conf_read(service_fd, &next->conf, where, &what) < 0)
		return complain(why, where, what);
	if (!fits(next, why) || !read_entries(next, why) || !find_ids(next, why))
		return false;
	current = next;
	loaded = true;
	return true;
}
