/* extra.c - users, groups and pools: whether what they name is there now.  It need not
 * be there before the service starts, so nothing here is an error. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/check/check.h"
#include "src/tree/dir.h"
#include "src/launch/ids.h"
#include "src/limits.h"
#include "src/tree/pool_conf.h"

static void say(struct tally *t, enum finding_level level, const char *dir, const char *name,
                const char *what, const char *why)
{
	char path[PATH_MAX + 1024];
	struct text p;

	text_init(&p, path, sizeof path);
	text_str(&p, dir);
	text_char(&p, '/');
	text_str(&p, name);
	tally_add(t, level, path, what, why);
}

/* By the files of this system, which need not be the tree's. */
static void check_ids(struct tally *t, const struct config *c, uint32_t i, const char *dir)
{
	struct rows rows = config_rows(c, i);
	struct ids_asked asked;
	const char *what = "", *file = "groups";
	struct ids ids;

	if (!ids_asked_of(&rows, &asked) || ids_find(&asked, &ids, &what) == 0)
		return;
	if (what == asked.group)
		file = "group";
	else if (what == asked.user || what[0] == '/')
		file = "user";
	say(t, FINDING_WARNING, dir, file, what, ids_error(errno));
}

/* ---- pools ---- */

int check_open_pool(const struct config *c, uint32_t i, struct pool_conf *pool)
{
	char path[PATH_MAX + 512], where[POOL_WHERE_MAX];
	const char *why;
	struct text p;
	int fd;

	if (!config_value(c, i, ENTRY_POOL))
		return -1;
	text_init(&p, path, sizeof path);
	text_str(&p, config_str(c, c->svc_root));
	text_char(&p, '/');
	text_str(&p, config_name(c, i));
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && pool_conf_read(fd, pool, where, &why) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* OBJECT is relative to the service directory. */
static void check_module(struct tally *t, int service_fd, const char *dir, const char *line)
{
	char object[POOL_MODULES_BYTES];
	struct stat st;
	struct text p;
	const char *why = NULL;

	line += strspn(line, " ");
	text_init(&p, object, sizeof object);
	text_mem(&p, line, strcspn(line, " "));
	if (fstatat(service_fd, object, &st, 0) < 0)
		why = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		why = "not a file";
	if (why)
		say(t, FINDING_WARNING, dir, "pool/modules", object, why);
}

/* Is `name`, beside pool/, the OBJECT of this line? */
static bool names_file(const char *line, const char *name)
{
	size_t n = strlen(name);

	line += strspn(line, " ");
	if (strncmp(line, "./", 2) == 0)
		line += 2;
	return strcspn(line, " ") == n && memcmp(line, name, n) == 0;
}

bool is_module(const char *path)
{
	char dir[PATH_MAX + 512], lines[POOL_MODULES_BYTES], where[POOL_WHERE_MAX];
	const char *slash = strrchr(path, '/'), *line = lines, *why;
	struct text p;
	bool found = false;
	int fd, n;

	text_init(&p, dir, sizeof dir);
	text_mem(&p, path, slash ? (size_t)(slash - path) : 0);
	fd = slash ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	if (fd < 0)
		return false;
	n = pool_conf_modules(fd, lines, where, &why);
	close(fd);
	for (; n > 0 && !found; n--, line += strlen(line) + 1)
		found = names_file(line, slash + 1);
	return found;
}

static void check_modules(struct tally *t, int service_fd, const char *dir)
{
	char lines[POOL_MODULES_BYTES], where[POOL_WHERE_MAX];
	const char *line = lines, *why;
	int n = pool_conf_modules(service_fd, lines, where, &why);

	for (; n > 0; n--, line += strlen(line) + 1)
		check_module(t, service_fd, dir, line);
}

static void check_pool_name(struct tally *t, const char *dir, const char *name)
{
	char entry[NAME_MAX + 8], why[64];
	struct hint h = {.name = name};
	const char *known;
	struct text p;

	if (is_readme(name))
		return;
	for (unsigned k = 0; (known = pool_conf_name(k)); k++) {
		if (strcmp(name, known) == 0)
			return;
		hint_try(&h, known);
	}
	text_init(&p, entry, sizeof entry);
	text_str(&p, "pool/");
	text_str(&p, name);
	text_init(&p, why, sizeof why);
	text_str(&p, "ignored");
	hint_put(&p, &h);
	say(t, FINDING_WARNING, dir, entry, "unknown entry", why);
}

static void check_pool_names(struct tally *t, int service_fd, const char *dir)
{
	int fd = openat(service_fd, "pool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *name;
	unsigned char type;
	unsigned n = 0;
	struct dir d;

	if (fd < 0)
		return;
	dir_begin(&d, fd);
	while (n++ < CONFIG_ENTRIES_MAX && dir_next(&d, &name, &type) > 0)
		if (*name != '.')
			check_pool_name(t, dir, name);
	close(fd);
}

static void check_pool(struct tally *t, const struct config *c, uint32_t i, const char *dir)
{
	struct pool_conf pool;
	int fd = check_open_pool(c, i, &pool);

	if (fd < 0)
		return; /* no pool, or the loader has said it */
	if (pool.has_modules)
		check_modules(t, fd, dir);
	else if (pool.mode == POOL_SHARE)
		say(t, FINDING_REMARK, dir, "pool", "mode share", "requests, timeout and growth above"
		    " min apply only to workers that report busy and available");
	check_pool_names(t, fd, dir);
	close(fd);
}

void check_extra(struct tally *t, const struct config *c, uint32_t i, const char *dir)
{
	check_ids(t, c, i, dir);
	check_pool(t, c, i, dir);
}
