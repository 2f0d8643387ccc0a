/* files.c - two copies of what the directory says: the one in use, and the next. */
#include "src/pool/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/tree/file.h"
#include "src/tree/lines.h"

static struct files copies[2];
static struct files *current = &copies[0];
static int service_fd = -1;
static bool loaded;
static char directory[PATH_MAX], on_path[PATH_MAX];

const struct files *files(void)
{
	return current;
}

const char *files_directory(void)
{
	return directory;
}

const char *files_on(void)
{
	return on_path;
}

int files_init(int fd, const char *path)
{
	struct text t;

	service_fd = fd;
	if (!realpath(path, directory))
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

static bool complain_line(char *why, const char *where, uint32_t line, const char *what)
{
	struct text t;

	text_init(&t, why, FILES_WHY_MAX);
	text_str(&t, where);
	text_char(&t, ':');
	text_u64(&t, line);
	text_str(&t, ": ");
	text_str(&t, what);
	return false;
}

/* All of a file: 1, 0 where there is none, -1 with why. */
static int read_whole(const char *name, struct files_list *list, size_t *len, char *why)
{
	int got = file_begin(service_fd, name, list->text, sizeof list->text, len);

	*list->text = got > 0 ? *list->text : '\0';
	list->n = 0;
	if (got < 0) {
		complain(why, name, file_error(errno));
		return -1;
	}
	if (got && *len == sizeof list->text) {
		complain(why, name, file_error(EFBIG));
		return -1;
	}
	return got;
}

/* The strings of a file of lines: 1, 0, -1 as above. */
static int read_list(const char *name, struct files_list *list, bool skip_empty, char *why)
{
	struct lines lines;
	size_t len;
	int got = read_whole(name, list, &len, why);

	if (got <= 0)
		return got;
	lines = lines_split(list->text, len, skip_empty);
	if (lines.bad) {
		complain_line(why, name, lines.bad_line, lines.bad);
		return -1;
	}
	list->n = lines.count;
	return 1;
}

static bool read_program(struct files *f, char *why)
{
	ssize_t n;
	int got;

	if (f->conf.has_modules)
		return true;
	n = readlinkat(service_fd, "on", f->program, sizeof f->program - 1);
	if (n < 0 && errno == EINVAL) {
		memcpy(f->program, on_path, sizeof on_path); /* a file, no link */
	} else if (n < 0) {
		return complain(why, "on", strerror(errno));
	} else {
		f->program[n] = '\0';
	}
	if (read_list("on.params", &f->params, false, why) < 0)
		return false;
	got = read_list("on.env", &f->env, true, why);
	f->has_env = got > 0;
	return got >= 0;
}

/* ---- who workers are ---- */

/* One word and perhaps a newline: 1 with *word, 0, -1 with why. */
static int read_word(const char *name, struct files_list *list, const char **word, char *why)
{
	int got = read_list(name, list, false, why);

	*word = NULL;
	if (got <= 0)
		return got;
	if (list->n != 1 || !*list->text || strpbrk(list->text, " \t\r:")) {
		complain(why, name, "not one word");
		return -1;
	}
	*word = list->text;
	return 1;
}

static bool read_ids(struct files *f, char *why)
{
	static struct files_list user, group, groups;
	struct ids_asked asked = {.groups = groups.text};
	const char *what = "";
	int got;

	if (read_word("user", &user, &asked.user, why) < 0 ||
	    read_word("group", &group, &asked.group, why) < 0)
		return false;
	got = read_list("groups", &groups, true, why);
	if (got < 0)
		return false;
	asked.has_groups = got > 0;
	asked.n_groups = groups.n;
	if (ids_find(&asked, &f->ids, &what) < 0)
		return complain(why, what, ids_error(errno));
	return true;
}

bool files_read(char why[FILES_WHY_MAX])
{
	struct files *next = current == &copies[0] ? &copies[1] : &copies[0];
	char where[POOL_WHERE_MAX];
	const char *what;

	if (pool_conf_read(service_fd, &next->conf, where, &what) < 0)
		return complain(why, where, what);
	if (loaded && next->conf.mode != current->conf.mode)
		return complain(why, "pool/mode", "does not change while the pool runs");
	if (loaded && next->conf.has_modules != current->conf.has_modules)
		return complain(why, "pool/modules", "neither come nor go while the pool runs");
	if (!read_program(next, why) || !read_ids(next, why))
		return false;
	current = next;
	loaded = true;
	return true;
}
