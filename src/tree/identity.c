/* identity.c - which service a directory is: its physical directory decides,
 * so links, aliases and detours all come to one row. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/tree/loader.h"
#include "src/limits.h"

static uint32_t slot_of(const struct loader *l, uint32_t dev, uint64_t ino)
{
	const uint32_t *slots = (const uint32_t *)(const void *)l->index.at;
	uint32_t mask = (uint32_t)(l->index.len / 4) - 1;
	uint32_t at = (uint32_t)((ino * 0x9e3779b97f4a7c15u ^ dev) >> 32) & mask;

	for (; slots[at]; at = (at + 1) & mask) {
		const struct conf_svc *c = &draft_at(l, slots[at] - 1)->conf;

		if (c->dev == dev && c->ino == ino)
			break;
	}
	return at;
}

static uint32_t slot_of_name(const struct loader *l, const char *name)
{
	const uint32_t *slots = (const uint32_t *)(const void *)l->names.at;
	uint32_t n = (uint32_t)(l->names.len / 4), at = config_name_slot(name, strlen(name), n);

	for (; slots[at]; at = (at + 1) & (n - 1))
		if (strcmp(loader_name(l, slots[at] - 1), name) == 0)
			break;
	return at;
}

uint32_t loader_named(const struct loader *l, const char *name)
{
	uint32_t row = ((uint32_t *)(void *)l->names.at)[slot_of_name(l, name)];

	return row ? row - 1 : NO_SVC;
}

static void put(struct loader *l, uint32_t i)
{
	const struct conf_svc *c = &draft_at(l, i)->conf;

	((uint32_t *)(void *)l->index.at)[slot_of(l, c->dev, c->ino)] = i + 1;
	((uint32_t *)(void *)l->names.at)[slot_of_name(l, loader_name(l, i))] = i + 1;
}

static int clear(struct vec *v, size_t slots)
{
	v->len = 0;
	if (!vec_add(v, slots * 4))
		return -1;
	memset(v->at, 0, slots * 4);
	return 0;
}

/* At least twice as many slots as services, so that a search always ends. */
static int rehash(struct loader *l)
{
	size_t slots = 256;

	while (slots < (size_t)draft_count(l) * 4)
		slots *= 2;
	if (clear(&l->index, slots) < 0 || clear(&l->names, slots) < 0)
		return -1;
	for (uint32_t i = 0; i < draft_count(l); i++)
		put(l, i);
	return 0;
}

int loader_index_begin(struct loader *l)
{
	return rehash(l);
}

int loader_index(struct loader *l, uint32_t i)
{
	if ((size_t)draft_count(l) * 2 > l->index.len / 4)
		return rehash(l);
	put(l, i);
	return 0;
}

/* One beyond CONFIG_SERVICES_MAX has a row as well, so that it is refused by its name. */
static uint32_t add_service(struct loader *l, const char *name, const struct stat *st, const char **why)
{
	uint32_t i = draft_count(l);
	size_t n = strlen(name);
	struct draft *d = vec_add(&l->drafts, sizeof *d);

	if (!d) {
		*why = "there are more than " LIMIT_TEXT(CONFIG_SERVICES_MAX) " services";
		if (errno != EFBIG)
			loader_fail(l, strerror(errno));
		return NO_SVC;
	}
	memset(d, 0, sizeof *d);
	d->conf.dev = config_dev(st->st_dev);
	d->conf.ino = st->st_ino;
	d->conf.name = loader_string(l, name, n > SVC_NAME_MAX ? SVC_NAME_MAX : n);
	if (n > SVC_NAME_MAX && !loader_has_failed(l)) /* so that it is nobody else's name */
		memcpy(l->values.strings.at + l->values.strings.len - 4, "...", 3);
	if (loader_has_failed(l))
		return NO_SVC;
	if (loader_index(l, i) < 0) {
		loader_fail(l, strerror(errno));
		return NO_SVC;
	}
	if (n > SVC_NAME_MAX)
		loader_refuse(l, i, "", "", "name is longer than " LIMIT_TEXT(SVC_NAME_MAX) " bytes");
	return i;
}

/* Applies one component of a path to the name in t. */
static void step(struct text *t, const char *component, size_t n)
{
	if (n == 0 || (n == 1 && component[0] == '.'))
		return;
	if (n == 2 && memcmp(component, "..", 2) == 0) {
		const char *slash = memrchr(t->buf, '/', t->len);

		t->cut |= t->len == 0; /* above svc/ */
		t->len = slash ? (size_t)(slash - t->buf) : 0;
		t->buf[t->len] = '\0';
		return;
	}
	if (t->len)
		text_char(t, '/');
	text_mem(t, component, n);
}

static void walk(struct text *t, const char *path, const char *end)
{
	while (path < end) {
		const char *slash = memchr(path, '/', (size_t)(end - path));
		const char *stop = slash ? slash : end;

		step(t, path, (size_t)(stop - path));
		path = stop + 1;
	}
}

/* Is svc/NAME the directory of *st, without a link on the way? */
static bool is_physical(const struct loader *l, char *name, const struct stat *st)
{
	struct stat at;

	for (char *p = name;; p++) {
		char c = *p;
		int r;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		r = fstatat(l->svc_fd, name, &at, AT_SYMLINK_NOFOLLOW);
		*p = c;
		if (r < 0 || !S_ISDIR(at.st_mode))
			return false;
		if (c == '\0')
			return at.st_dev == st->st_dev && at.st_ino == st->st_ino;
	}
}

bool loader_is_in_place(struct loader *l, uint32_t i)
{
	const struct conf_svc *c = &draft_at(l, i)->conf;
	struct stat st = {.st_dev = c->dev, .st_ino = c->ino};
	struct text t;

	text_init(&t, l->real_path, sizeof l->real_path);
	text_str(&t, loader_name(l, i));
	return is_physical(l, l->real_path, &st);
}

/* What the text of the link suggests, if that turns out to be true: far fewer
 * system calls than realpath(3), which remains for everything unusual. */
static const char *guess_name(struct loader *l, int dir_fd, const char *entry, const char *path,
                              const struct stat *st)
{
	const char *below = path + l->root_len + 1, *last = strrchr(path, '/');
	ssize_t n = readlinkat(dir_fd, entry, l->target, sizeof l->target);
	const char *text = l->target, *end = text + n;
	struct text t;

	text_init(&t, l->real_path, sizeof l->real_path);
	if (n <= 0)
		return NULL;
	if (*text != '/')
		walk(&t, below, last > below ? last : below);
	else if ((size_t)n > l->root_len && memcmp(text, l->root, l->root_len) == 0
	         && text[l->root_len] == '/')
		text += l->root_len + 1;
	else
		return NULL;
	walk(&t, text, end);
	return !t.cut && t.len && is_physical(l, l->real_path, st) ? l->real_path : NULL;
}

static const char changed[] = "it changes while it is read";

/* The physical path below svc/, or NULL with *why. */
static const char *physical_name(struct loader *l, const struct place *at, const struct stat *st,
                                 const char **why)
{
	const char *guess = guess_name(l, at->dir_fd, at->entry, at->path, st);
	char *name = l->real_path + l->root_len + 1;

	if (guess)
		return guess;
	if (!realpath(at->path, l->real_path)) {
		*why = strerror(errno);
		if (errno == ENOENT || errno == ENOTDIR)
			loader_changed(l, at->svc, at->what); /* it was there a moment ago */
		else
			loader_errno(l, at->svc, at->what, errno);
		return NULL;
	}
	*why = "not below svc/";
	if (strncmp(l->real_path, l->root, l->root_len) != 0 || l->real_path[l->root_len] != '/')
		return NULL;
	if (is_physical(l, name, st))
		return name;
	*why = changed;
	loader_changed(l, at->svc, at->what);
	return NULL;
}

/* A directory that is new, of a name that is known: in a tree that is extended it is
 * still that service, but only once in a load. */
static uint32_t replaced(struct loader *l, uint32_t i, const struct stat *st)
{
	struct draft *d = draft_at(l, i);

	if (!l->rq->old || !d->was || d->moved)
		return NO_SVC;
	d->moved = true;
	d->conf.dev = config_dev(st->st_dev);
	d->conf.ino = st->st_ino;
	if (loader_index(l, i) < 0)
		loader_fail(l, strerror(errno));
	return i;
}

static uint32_t resolve_new(struct loader *l, const struct place *at, const struct stat *st,
                            const char **why)
{
	const char *real = physical_name(l, at, st, why);
	uint32_t known;

	if (!real)
		return NO_SVC;
	known = loader_named(l, real);
	if (known == NO_SVC)
		return add_service(l, real, st, why);
	known = replaced(l, known, st);
	if (known == NO_SVC) {
		*why = changed;
		loader_changed(l, at->svc, at->what);
	}
	return known;
}

uint32_t loader_resolve(struct loader *l, const struct place *at, const char **why)
{
	bool below = strncmp(at->path, l->root, l->root_len) == 0;
	struct stat st;
	uint32_t known;

	if (l->rq->place)
		l->rq->place(l->rq->arg, below ? at->path + l->root_len + 1 : at->path);
	if (fstatat(at->dir_fd, at->entry, &st, 0) < 0) {
		int error = errno;

		*why = strerror(error);
		if (at->seen)
			loader_missed(l, at->svc, at->what, at->dir_fd, at->entry, error);
		else
			loader_errno(l, at->svc, at->what, error);
		return NO_SVC;
	}
	*why = "not a directory";
	if (!S_ISDIR(st.st_mode))
		return NO_SVC;
	known = ((uint32_t *)(void *)l->index.at)[slot_of(l, config_dev(st.st_dev), st.st_ino)];
	return known ? known - 1 : resolve_new(l, at, &st, why);
}
