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

static uint32_t slot_of(const struct loader *l, uint64_t dev, uint64_t ino)
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

/* At least twice as many slots as services, so that a search always ends. */
static int rehash(struct loader *l)
{
	size_t slots = 256;

	while (slots < (size_t)draft_count(l) * 4)
		slots *= 2;
	l->index.len = 0;
	if (!vec_add(&l->index, slots * 4))
		return -1;
	memset(l->index.at, 0, slots * 4);
	for (uint32_t i = 0; i < draft_count(l); i++) {
		const struct conf_svc *c = &draft_at(l, i)->conf;

		((uint32_t *)(void *)l->index.at)[slot_of(l, c->dev, c->ino)] = i + 1;
	}
	return 0;
}

int loader_index_begin(struct loader *l)
{
	return rehash(l);
}

int loader_index(struct loader *l, uint32_t i)
{
	const struct conf_svc *c = &draft_at(l, i)->conf;

	if ((size_t)draft_count(l) * 2 > l->index.len / 4)
		return rehash(l);
	((uint32_t *)(void *)l->index.at)[slot_of(l, c->dev, c->ino)] = i + 1;
	return 0;
}

static uint32_t add_service(struct loader *l, const char *name, const struct stat *st)
{
	uint32_t i = draft_count(l);
	size_t n = strlen(name);
	struct draft *d = vec_add(&l->drafts, sizeof *d);

	if (!d) {
		loader_fail(l, errno == EFBIG ? "more than " LIMIT_TEXT(CONFIG_SERVICES_MAX) " services"
		                      : strerror(errno));
		return NO_SVC;
	}
	memset(d, 0, sizeof *d);
	d->conf.dev = st->st_dev;
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

/* The physical path below svc/, or NULL with *why. */
static const char *physical_name(struct loader *l, int dir_fd, const char *entry,
                                 const char *path, const struct stat *st, const char **why)
{
	const char *name = guess_name(l, dir_fd, entry, path, st);

	if (name)
		return name;
	if (!realpath(path, l->real_path)) {
		*why = strerror(errno);
		return NULL;
	}
	*why = "not below svc/";
	if (strncmp(l->real_path, l->root, l->root_len) != 0 || l->real_path[l->root_len] != '/')
		return NULL;
	return l->real_path + l->root_len + 1;
}

/* A service that runs, whose directory was replaced by another of its name, is
 * still that service. */
static uint32_t known_by_name(struct loader *l, const char *name, const struct stat *st)
{
	uint32_t i = 0;

	while (i < draft_count(l) && (!draft_at(l, i)->was
	                              || strcmp(loader_name(l, i), name) != 0))
		i++;
	if (i == draft_count(l))
		return NO_SVC;
	draft_at(l, i)->conf.dev = st->st_dev;
	draft_at(l, i)->conf.ino = st->st_ino;
	if (loader_index(l, i) < 0)
		loader_fail(l, strerror(errno));
	return i;
}

uint32_t loader_resolve(struct loader *l, int dir_fd, const char *entry, const char *path,
                        const char **why)
{
	const char *real;
	struct stat st;
	uint32_t known;

	if (l->rq->place)
		l->rq->place(l->rq->arg, strncmp(path, l->root, l->root_len) ? path : path + l->root_len + 1);
	if (fstatat(dir_fd, entry, &st, 0) < 0) {
		*why = strerror(errno);
		return NO_SVC;
	}
	*why = "not a directory";
	if (!S_ISDIR(st.st_mode))
		return NO_SVC;
	known = ((uint32_t *)(void *)l->index.at)[slot_of(l, st.st_dev, st.st_ino)];
	if (known)
		return known - 1;
	real = physical_name(l, dir_fd, entry, path, &st, why);
	if (!real)
		return NO_SVC;
	known = l->rq->old ? known_by_name(l, real, &st) : NO_SVC;
	return known == NO_SVC ? add_service(l, real, &st) : known;
}
