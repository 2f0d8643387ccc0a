/* wall.c - finds terminals in use without utmp, which not every system keeps. */
#include "client/wall.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "ipc/text.h"

enum { TERMINALS_MAX = 256 };

static dev_t in_use[TERMINALS_MAX];
static unsigned n_in_use;

static bool is_in_use(dev_t dev)
{
	for (unsigned i = 0; i < n_in_use; i++)
		if (in_use[i] == dev)
			return true;
	return false;
}

/* Field 7 of proc(5)'s stat, behind the name, which ends with the last ')'. */
static dev_t terminal_of(const char *stat)
{
	const char *at = strrchr(stat, ')');
	uint64_t number = 0;

	for (unsigned field = 2; at && field < 7; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	if (!at || !parse_u64(at, strspn(at, "0123456789"), UINT32_MAX, &number) || !number)
		return 0;
	return makedev(number >> 8 & 0xfff, (number & 0xff) | (number >> 12 & 0xfff00));
}

static void look_at(int proc, const char *pid)
{
	char path[300], stat[1024];
	struct text t;
	dev_t dev;
	ssize_t n;
	int fd;

	text_init(&t, path, sizeof path);
	text_str(&t, pid);
	text_str(&t, "/stat");
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = read(fd, stat, sizeof stat - 1);
	close(fd);
	stat[n > 0 ? n : 0] = '\0';
	dev = terminal_of(stat);
	if (dev && !is_in_use(dev) && n_in_use < TERMINALS_MAX)
		in_use[n_in_use++] = dev;
}

/* Calls `visit` with each name in a directory that begins with `first`. */
static void walk(const char *path, const char *first, void (*visit)(int fd, const char *name))
{
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		if (strncmp(e->d_name, first, strlen(first)) == 0 && e->d_name[0] != '.')
			visit(dirfd(d), e->d_name);
	if (d)
		closedir(d);
}

static void look_at_process(int fd, const char *name)
{
	if (name[0] >= '1' && name[0] <= '9')
		look_at(fd, name);
}

static const char *line;

static void tell(int dir, const char *name)
{
	struct stat st;
	ssize_t n;
	int fd;

	if (fstatat(dir, name, &st, 0) < 0 || !S_ISCHR(st.st_mode) || !is_in_use(st.st_rdev))
		return;
	fd = openat(dir, name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return;
	n = write(fd, line, strlen(line));
	(void)n; /* who does not take it, does not hear */
	close(fd);
}

void wall(const char *text)
{
	line = text;
	n_in_use = 0;
	walk("/proc", "", look_at_process);
	walk("/dev/pts", "", tell);
	walk("/dev", "tty", tell);
	walk("/dev", "hvc", tell);
}
