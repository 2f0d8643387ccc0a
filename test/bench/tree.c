/* tree.c - the only file that knows how services are written down for each
 * supervisor.  It starts nothing. */
#include "test/bench/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LAYERS 10
#define NEEDS_PER_SERVICE 3

static char root[PATH_CAP], tick[PATH_CAP], true_[PATH_CAP];

void trees_init(const char *tools)
{
	const char *tmp = getenv("TMPDIR");

	path_make(tick, "%s/tick", tools);
	path_make(true_, "%s/true", tools);
	if (access(tick, X_OK) < 0)
		die(tick, "the service to start");
	if (access(true_, X_OK) < 0)
		die(true_, "the program that does nothing");
	path_make(root, "%s/cinit-bench.XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(root)) {
		root[0] = '\0';
		die("trees", "making a temporary directory");
	}
}

const char *trees_root(void)
{
	return root;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	if (remove(path) < 0)
		fprintf(stderr, "bench: %s: removing it: %s\n", path, strerror(errno));
	return 0;
}

void trees_remove(void)
{
	if (root[0])
		nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	root[0] = '\0';
}

static void make_dir(const char *path)
{
	if (mkdir(path, 0700) < 0)
		die(path, "making the directory");
}

static void make_link(const char *to, const char *path)
{
	if (symlink(to, path) < 0)
		die(path, "making the link");
}

static void make_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t n = strlen(text);

	if (fd < 0 || write(fd, text, n) != (ssize_t)n || close(fd) < 0)
		die(path, "writing it");
}

/* svc/FROM/needs/sNNNN -> ../../sNNNN, NNNN being `need` */
static void make_need(const char *dir, const char *from, size_t need)
{
	char to[PATH_CAP], path[PATH_CAP];

	path_make(to, "../../s%04zu", need);
	path_make(path, "%s/svc/%s/needs/s%04zu", dir, from, need);
	make_link(to, path);
}

static void make_service(const char *dir, size_t i, enum tree_shape shape)
{
	char path[PATH_CAP];

	path_make(path, "%s/svc/s%04zu", dir, i);
	make_dir(path);
	path_make(path, "%s/svc/s%04zu/on", dir, i);
	make_link(tick, path);
	path_make(path, "%s/svc/s%04zu/on.params", dir, i);
	make_file(path, shape == SHAPE_FLAT ? "stay\n" : "once\n");
	if (shape == SHAPE_FLAT) {
		path_make(path, "%s/svc/s%04zu/respawn", dir, i);
		make_file(path, "");
	} else {
		path_make(path, "%s/svc/s%04zu/needs", dir, i);
		make_dir(path);
	}
}

static size_t layer_width(size_t n)
{
	return n < LAYERS ? 1 : n / LAYERS;
}

/* The needs of service i.  What remains when n is not a multiple of ten makes
 * the last layer wider. */
static void make_layer_needs(const char *dir, size_t i, size_t n)
{
	size_t width = layer_width(n), layer = i / width;
	size_t each = width < NEEDS_PER_SERVICE ? width : NEEDS_PER_SERVICE;
	char from[24];

	if (layer >= LAYERS)
		layer = LAYERS - 1;
	if (layer == 0)
		return;
	snprintf(from, sizeof from, "s%04zu", i);
	for (size_t k = 0; k < each; k++)
		make_need(dir, from, (layer - 1) * width + (i + k) % width);
}

/* What init needs: everything that nobody else does. */
static size_t first_of_init(enum tree_shape shape, size_t n)
{
	size_t last_layer = (LAYERS - 1) * layer_width(n);

	if (shape == SHAPE_FLAT)
		return 0;
	if (shape == SHAPE_CHAIN)
		return n - 1;
	return last_layer < n ? last_layer : n - 1;
}

static void make_cinit(const char *dir, enum tree_shape shape, size_t n)
{
	char path[PATH_CAP], from[24];

	path_make(path, "%s/svc", dir);
	make_dir(path);
	path_make(path, "%s/run", dir);
	make_dir(path);
	path_make(path, "%s/svc/init", dir);
	make_dir(path);
	path_make(path, "%s/svc/init/needs", dir);
	make_dir(path);
	for (size_t i = 0; i < n; i++) {
		make_service(dir, i, shape);
		if (shape == SHAPE_LAYERED)
			make_layer_needs(dir, i, n);
		if (shape == SHAPE_CHAIN && i > 0) {
			snprintf(from, sizeof from, "s%04zu", i);
			make_need(dir, from, i - 1);
		}
	}
	for (size_t i = first_of_init(shape, n); i < n; i++)
		make_need(dir, "init", i);
}

/* runsvdir and s6-svscan agree: NAME/run. */
static void make_scan(const char *dir, enum tree_format format, size_t n)
{
	char path[PATH_CAP];

	for (size_t i = 0; i < n; i++) {
		path_make(path, "%s/s%04zu", dir, i);
		make_dir(path);
		path_make(path, "%s/s%04zu/run", dir, i);
		make_link(tick, path);
	}
	if (format != TREE_S6)
		return;
	path_make(path, "%s/.s6-svscan", dir);
	make_dir(path);
	path_make(path, "%s/.s6-svscan/finish", dir);
	make_link(true_, path);
}

void tree_get(char dir[PATH_CAP], enum tree_format format, enum tree_shape shape, size_t n)
{
	static const char *const formats[] = { "cinit", "runit", "s6" };
	static const char *const shapes[] = { "flat", "layered", "chain" };

	path_make(dir, "%s/%s-%s-%zu", root, formats[format], shapes[shape], n);
	if (access(dir, F_OK) == 0)
		return;
	make_dir(dir);
	if (format == TREE_CINIT)
		make_cinit(dir, shape, n);
	else
		make_scan(dir, format, n);
}
