/* walk.c - looks below svc/ for services that the load did not come to; rest.c checks them.
 *
 * Breadth first over a list of paths, so that no depth of directories needs a
 * deep stack; links are not followed, so it ends. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <dirent.h>
#include <unistd.h>

#include "src/check/check.h"
#include "src/tree/dir.h"
#include "src/tree/entries.h"
#include "src/tree/vec.h"
#include "src/limits.h"

struct identity {
	uint64_t ino;
	uint32_t dev;
};

struct walk {
	struct tally *t;
	const struct config *c;
	int svc_fd;
	struct vec loaded;  /* struct identity, sorted */
	struct vec paths;   /* below svc/, each with its NUL; "" is svc/ itself */
	struct vec rest;    /* those of services that were not loaded, likewise */
	size_t n_rest;
	unsigned n_dirs;
	bool full;          /* CHECK_DIRS_MAX, or out of memory */
};

static int compare(const void *a, const void *b)
{
	const struct identity *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

static bool collect(struct walk *w)
{
	struct identity *id = vec_add(&w->loaded, (w->c->n + (size_t)1) * sizeof *id);

	if (!id)
		return false;
	for (uint32_t i = 0; i < w->c->n; i++)
		id[i] = (struct identity){config_svc(w->c, i)->ino, config_svc(w->c, i)->dev};
	qsort(id, w->c->n, sizeof *id, compare);
	return true;
}

static bool is_loaded(const struct walk *w, const char *path)
{
	struct stat st;
	struct identity id;

	if (!*path || fstatat(w->svc_fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return true; /* svc/ itself, or nothing can be said about it */
	id = (struct identity){st.st_ino, config_dev(st.st_dev)};
	return bsearch(&id, w->loaded.at, w->c->n, sizeof id, compare);
}

/* Appends dir/name; dir lies in w->paths, at this offset. */
static void push(struct walk *w, size_t dir, const char *name)
{
	size_t dir_len = strlen(w->paths.at + dir), n = strlen(name);
	char *at;

	if (dir_len + 1 + n > SVC_NAME_MAX)
		return; /* cannot be a service, nor can what it holds */
	w->full = w->full || w->n_dirs == CHECK_DIRS_MAX;
	at = w->full ? NULL : vec_add(&w->paths, dir_len + 1 + n + 1);
	if (!at) {
		w->full = true;
		return;
	}
	w->n_dirs++;
	if (dir_len) {
		memcpy(at, w->paths.at + dir, dir_len);
		at[dir_len++] = '/';
	} else {
		w->paths.len--; /* there is no slash before it */
	}
	memcpy(at + dir_len, name, n);
	at[dir_len + n] = '\0';
}

static bool is_directory(int fd, const char *name, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN)
		return type == DT_DIR;
	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Does an entry of this name make a service of the directory that it is in? */
static bool marks_service(const char *name, bool directory)
{
	enum entry_id id = entry_of_name(name);
	unsigned is = id == ENTRY_N ? 0 : entries[id].is;

	return is & IS_SERVICE && !(directory && is & IS_FILE_ONLY);
}

/* Lists a directory: is it one of a service?  Its directories are pushed. */
static bool list(struct walk *w, int fd, size_t path)
{
	struct dir d;
	const char *name;
	unsigned char type;
	bool service = false;
	unsigned n = 0;

	dir_begin(&d, fd);
	while (n++ < CONFIG_ENTRIES_MAX && dir_next(&d, &name, &type) > 0) {
		bool directory = *name != '.' && is_directory(fd, name, type);

		service |= marks_service(name, directory);
		if (directory)
			push(w, path, name);
	}
	return service;
}

static void say(struct walk *w, size_t path, const char *what, const char *why)
{
	char full[PATH_MAX + 512];
	struct text t;

	text_init(&t, full, sizeof full);
	text_str(&t, config_str(w->c, w->c->svc_root));
	text_char(&t, '/');
	text_str(&t, w->paths.at + path);
	tally_add(w->t, FINDING_WARNING, full, what, why);
}

static void keep(struct walk *w, size_t path)
{
	size_t size = strlen(w->paths.at + path) + 1;
	char *at = vec_add(&w->rest, size);

	w->full = w->full || !at;
	if (!at)
		return;
	memcpy(at, w->paths.at + path, size);
	w->n_rest++;
}

static void say_unreached(struct walk *w, size_t path)
{
	char why[SVC_NAME_MAX + 64];
	struct text t;

	keep(w, path);
	if (w->c->start == NO_SVC)
		return; /* then nothing is reached, which was said */
	text_init(&t, why, sizeof why);
	text_str(&t, "starting ");
	text_str(&t, config_name(w->c, w->c->start));
	text_str(&t, " does not need or want it");
	say(w, path, "not reached", why);
}

/* A directory with nothing of a service in it, whose name is nearly needs or
 * wants, and which lies in some other directory. */
static void say_near_miss(struct walk *w, size_t path)
{
	const char *slash = strrchr(w->paths.at + path, '/');
	struct hint h = {.name = slash ? slash + 1 : ""};
	char why[32];
	struct text t;

	hint_try(&h, "needs");
	hint_try(&h, "wants");
	if (!h.best)
		return;
	text_init(&t, why, sizeof why);
	text_str(&t, "did you mean ");
	text_str(&t, h.best);
	text_char(&t, '?');
	say(w, path, "unknown directory", why);
}

/* needs/ or wants/ of a service: below svc/ itself they are names like any other. */
static bool is_edges(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && (strcmp(slash, "/needs") == 0 || strcmp(slash, "/wants") == 0);
}

static void visit(struct walk *w, size_t path)
{
	const char *name = w->paths.at + path;
	bool known = is_edges(name) || is_loaded(w, name); /* the loader has said the rest */
	bool service;
	int fd = openat(w->svc_fd, *name ? name : ".",
	                O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		if (!known)
			say(w, path, "cannot be read", strerror(errno));
		return;
	}
	service = list(w, fd, path);
	close(fd);
	if (known)
		return;
	if (service)
		say_unreached(w, path);
	else
		say_near_miss(w, path);
}

static void walk(struct walk *w)
{
	if (!collect(w) || !vec_add(&w->paths, 1))
		return;
	for (size_t at = 0; at < w->paths.len; at += strlen(w->paths.at + at) + 1)
		visit(w, at);
	if (w->full)
		say(w, 0, "not looked through to the end", "more than " LIMIT_TEXT(CHECK_DIRS_MAX) " directories");
}

void check_unreached(struct tally *t, const struct config *c, const char *dir)
{
	struct walk w = {.t = t, .c = c, .loaded.max = SIZE_MAX / 2, .paths.max = SIZE_MAX / 2,
	                 .rest.max = SIZE_MAX / 2};

	w.svc_fd = open(config_str(c, c->svc_root), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w.svc_fd < 0)
		return;
	walk(&w);
	close(w.svc_fd);
	check_rest(t, c, dir, w.rest.at, w.n_rest);
	vec_free(&w.rest);
	vec_free(&w.loaded);
	vec_free(&w.paths);
}
