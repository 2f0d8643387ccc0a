/* services.c - what the loader has no opinion on in the directories that it read.
 *
 * Names what has no effect or no meaning there.  Nothing is refused for it: what keeps a
 * service from starting, the loader has said. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/check/check.h"
#include "src/tree/asking.h"
#include "src/tree/dir.h"
#include "src/tree/group.h"
#include "src/limits.h"

static void put_path(struct text *t, char *buf, size_t cap, const char *dir, const char *name)
{
	text_init(t, buf, cap);
	text_str(t, dir);
	text_char(t, '/');
	text_str(t, name);
}

/* Of an entry of which nothing but its being there counts. */
static void check_content(struct tally *t, const char *dir, const char *name)
{
	char path[PATH_MAX + 512];
	struct text p;
	struct stat st;

	put_path(&p, path, sizeof path, dir, name);
	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0)
		tally_add(t, FINDING_WARNING, path, "its content is ignored",
		          "only that the file is there counts");
}

/* A file that is there and means nothing in this service. */
static void check_idle(struct tally *t, const char *dir, const struct entry *e, const char *why)
{
	char path[PATH_MAX + 512];
	struct text p;
	struct stat st;

	put_path(&p, path, sizeof path, dir, e->name);
	if (e->is & IS_NESTED && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return; /* a service of that name */
	if (lstat(path, &st) == 0)
		tally_add(t, FINDING_WARNING, path, "has no effect", why);
}

static const char *what_lacks(enum entry_of of)
{
	switch (of) {
	case OF_MAIN: return "there is no `on`";
	case OF_ANY: return "there is no `on` and no `off`";
	case OF_SERVICE:
	case OF_PROGRAM:
	case OF_CONF: break;
	}
	return NULL;
}

/* Entries that concern programs, in a service that has none of these.  Of some the loader
 * has said it. */
static void check_group_service(struct tally *t, const char *dir, bool has_off)
{
	for (int id = 0; id < ENTRY_N; id++) {
		const struct entry *e = &entries[id];
		const char *why = what_lacks((enum entry_of)e->of);

		if (why && !e->idle && (e->of == OF_MAIN || !has_off))
			check_idle(t, dir, e, why);
	}
}

/* What runs for long is looked for by its name. */
static void check_name(struct tally *t, const struct config *c, uint32_t i, const char *dir)
{
	const struct value *on = config_value(c, i, ENTRY_ON);
	char path[PATH_MAX + 512];
	struct text p;

	if (!on || on->n)
		return;
	put_path(&p, path, sizeof path, dir, entries[ENTRY_ON].name);
	tally_add(t, FINDING_REMARK, path, "", "is a file and no link, so the kernel names the process `on`");
}

static bool gives_path(const struct program *p)
{
	const char *line = p->env;

	for (uint32_t k = 0; k < p->n_env; k++, line = string_after(line))
		if (strncmp(line, "PATH=", 5) == 0)
			return true;
	return false;
}

/* Whoever adds one variable does not always mean to drop all others. */
static void check_environment(struct tally *t, const struct config *c, uint32_t i, const char *dir,
                              enum entry_id program)
{
	struct rows rows = config_rows(c, i);
	struct program p = rows_program(&rows, program);
	char path[PATH_MAX + 512];
	struct text text;

	if (!p.has_env || p.adds_env || gives_path(&p))
		return;
	put_path(&text, path, sizeof path, dir, entries[ENTRY_ENV_OF(program)].name);
	tally_add(t, FINDING_REMARK, path, "", "is the whole environment: PATH and all else that the"
	          " supervisor has is lost; with a first line `+` it is kept");
}

/* What asks finds nobody at /dev/null. */
static void check_asking(struct tally *t, const struct config *c, uint32_t i, const char *dir)
{
	struct rows rows = config_rows(c, i);
	const char *name = asking_nobody(&rows);
	char path[PATH_MAX + 512];
	struct text p;

	if (!name)
		return;
	put_path(&p, path, sizeof path, dir, entries[ENTRY_ON].name);
	tally_add(t, FINDING_REMARK, path, name,
	          "is known to ask, and its standard input is /dev/null; see `stdin` and `tty`");
}

static void check_service(struct tally *t, const struct config *c, uint32_t i)
{
	unsigned kind = config_node(c, i)->kind;
	bool has_off = config_value(c, i, ENTRY_OFF);
	char dir[PATH_MAX + 512];
	struct text p;

	put_path(&p, dir, sizeof dir, config_str(c, c->svc_root), config_name(c, i));
	if (config_value(c, i, ENTRY_ON))
		check_program(t, dir, "on");
	if (has_off)
		check_program(t, dir, "off");
	check_asking(t, c, i, dir);
	check_environment(t, c, i, dir, ENTRY_ON);
	check_environment(t, c, i, dir, ENTRY_OFF);
	if (kind & KIND_RESPAWN) {
		check_name(t, c, i, dir);
		check_content(t, dir, entries[ENTRY_RESPAWN].name);
	}
	if (config_value(c, i, ENTRY_NO_NEW_PRIVS))
		check_content(t, dir, entries[ENTRY_NO_NEW_PRIVS].name);
	check_extra(t, c, i, dir);
	if (!(kind & KIND_ON) && !config_svc(c, i)->refusal)
		check_group_service(t, dir, has_off);
}

int check_start(const struct config *c, uint32_t i)
{
	char dir[PATH_MAX + 512];
	struct text p;

	if (!config_value(c, i, ENTRY_ON) || config_value(c, i, ENTRY_POOL))
		return 0; /* the program of a pool is its manager */
	put_path(&p, dir, sizeof dir, config_str(c, c->svc_root), config_name(c, i));
	return check_program(NULL, dir, "on");
}

void check_services(struct tally *t, const struct config *c, uint32_t from)
{
	for (uint32_t i = from; i < c->n; i++)
		check_service(t, c, i);
}

/* Names of conf/: NULL if it is one; else the hint may know which was meant. */
static void check_conf_name(struct tally *t, const char *dir, const char *name)
{
	char path[PATH_MAX + 512], why[64];
	struct hint h = {.name = name};
	struct text p;

	if (is_readme(name))
		return;
	for (int id = 0; id < ENTRY_N; id++) {
		if (!entry_is_conf(&entries[id]))
			continue;
		if (strcmp(name, entries[id].name) == 0)
			return;
		hint_try(&h, entries[id].name);
	}
	put_path(&p, path, sizeof path, dir, name);
	text_init(&p, why, sizeof why);
	text_str(&p, "ignored");
	hint_put(&p, &h);
	tally_add(t, FINDING_WARNING, path, "unknown entry", why);
}

/* By the group file of this system, which need not be the tree's. */
static void check_group(struct tally *t, const char *dir)
{
	char path[PATH_MAX + 512];
	const char *why;
	struct text p;
	gid_t group;

	put_path(&p, path, sizeof path, dir, "ipc_group");
	if (group_of_ipc_file(path, &group, &why) < 0)
		tally_add(t, FINDING_WARNING, path, "no group may command", why);
}

void check_conf(struct tally *t, const struct config *c)
{
	const char *dir = config_str(c, c->conf_root), *name;
	struct dir d;
	unsigned char type;
	unsigned n = 0;
	int fd;

	check_group(t, dir);
	if (config_value(c, NO_SVC, CONF_LAST))
		check_program(t, dir, "last");
	if (config_value(c, NO_SVC, CONF_PANIC))
		check_program(t, dir, "panic");
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return; /* absent, or the loader has said it */
	dir_begin(&d, fd);
	while (n++ < CONFIG_ENTRIES_MAX && dir_next(&d, &name, &type) > 0)
		if (*name != '.')
			check_conf_name(t, dir, name);
	close(fd);
}
