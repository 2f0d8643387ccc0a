/* program.c - reads a program with its .params and .env, and single values. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/tree/loader.h"
#include "src/tree/file.h"
#include "src/tree/lines.h"
#include "src/limits.h"

/* svc NO_SVC: a file of conf/, which refuses nobody. */
static void complain(struct loader *l, uint32_t svc, const char *entry, const char *what,
                     const char *why)
{
	if (svc == NO_SVC)
		loader_report(l, FINDING_ERROR, svc, entry, what, why);
	else
		loader_refuse(l, svc, entry, what, why);
}

/* Opens a regular file: 1 with *fd, 0 if absent, -1 reported. */
static int open_file(struct loader *l, int dir_fd, uint32_t svc, const char *name, int *fd)
{
	*fd = file_open(dir_fd, name, CONFIG_FILE_MAX);
	if (*fd >= 0)
		return 1;
	if (errno == ENOENT && file_is_absent(dir_fd, name))
		return 0;
	complain(l, svc, name, "cannot be read", file_error(errno));
	return -1;
}

/* All of fd at the end of the strings, with one byte to spare; -1 with a
 * reason.  The file may grow meanwhile, so the limit is checked again. */
static ssize_t slurp(struct loader *l, int fd, const char **why)
{
	size_t begin = l->strings.len;

	for (;;) {
		char *at = vec_add(&l->strings, 4096);
		ssize_t n;

		if (!at) {
			loader_fail(l, strerror(errno));
			return -1;
		}
		n = file_read(fd, at, 4096);
		if (n < 0 || l->strings.len - begin > CONFIG_FILE_MAX + 4096) {
			*why = n < 0 ? strerror(errno) : "larger than 1 MiB";
			l->strings.len = begin;
			return -1;
		}
		l->strings.len -= 4096 - (size_t)n;
		if (n < 4096) /* the end of a regular file */
			return (ssize_t)(l->strings.len - begin);
	}
}

static void say_line(struct loader *l, uint32_t svc, const char *name, uint32_t line,
                     const char *why)
{
	char at[NAME_MAX + 32];
	struct text t;

	text_init(&t, at, sizeof at);
	text_str(&t, name);
	text_char(&t, ':');
	text_u64(&t, line);
	loader_report(l, FINDING_WARNING, svc, at, "", why);
}

int loader_read_lines(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                      enum line_kind kind, uint32_t *strings, uint32_t *count)
{
	size_t begin = l->strings.len;
	const char *why = NULL;
	struct lines lines = {0};
	ssize_t n;
	int fd, r = open_file(l, dir_fd, svc, name, &fd);

	if (r <= 0)
		return r;
	n = slurp(l, fd, &why);
	close(fd);
	if (l->failed)
		return -1;
	if (n >= 0 && !vec_add(&l->strings, 1)) {
		loader_fail(l, strerror(errno));
		return -1;
	}
	if (n >= 0) {
		lines = lines_split(l->strings.at + begin, (size_t)n, kind != LINE_ARGUMENT);
		why = lines.bad;
		l->strings.len = begin + lines.bytes;
	}
	if (why) {
		l->strings.len = begin;
		complain(l, svc, name, "", why);
		return -1;
	}
	if (kind == LINE_ENVIRONMENT && lines.odd_line)
		say_line(l, svc, name, lines.odd_line, "no `=` in it, passed on as it is");
	if (lines.cr_line)
		say_line(l, svc, name, lines.cr_line, "ends with a carriage return, which is kept");
	*strings = (uint32_t)begin;
	*count = lines.count;
	return 1;
}

/* What `name` is: a link (its text becomes argv[0]) or a file. */
static int read_target(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                       struct conf_prog *prog)
{
	struct stat st;
	ssize_t n = readlinkat(dir_fd, name, l->target, sizeof l->target);

	if (n > 0) {
		prog->argv0 = loader_string(l, l->target, (size_t)n);
		return l->failed ? -1 : 1;
	}
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		complain(l, svc, name, "cannot be read", strerror(errno));
		return -1;
	}
	if (S_ISREG(st.st_mode))
		return 1;
	complain(l, svc, name, "", "neither a link nor a file");
	return -1;
}

void loader_read_env(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                     struct conf_prog *prog)
{
	prog->has_env = loader_read_lines(l, dir_fd, svc, name, LINE_ENVIRONMENT, &prog->env,
	                                  &prog->n_env) > 0;
}

void loader_read_program(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                         unsigned files, struct conf_prog *prog)
{
	char file[16];
	struct text t;

	if (read_target(l, dir_fd, svc, name, prog) <= 0)
		return;
	prog->present = true;
	text_init(&t, file, sizeof file);
	text_str(&t, name);
	text_str(&t, ".params");
	if (files & PROG_PARAMS
	    && loader_read_lines(l, dir_fd, svc, file, LINE_ARGUMENT, &prog->params,
	                         &prog->n_params) < 0)
		return;
	text_clear(&t);
	text_str(&t, name);
	text_str(&t, ".env");
	if (files & PROG_ENV)
		loader_read_env(l, dir_fd, svc, file, prog);
}

int loader_read_small(struct loader *l, int dir_fd, uint32_t svc, const char *name, char *buf,
                      size_t cap, size_t *len)
{
	ssize_t n;
	int fd, r = open_file(l, dir_fd, svc, name, &fd);

	if (r <= 0)
		return r;
	n = file_read(fd, buf, cap);
	if (n < 0)
		complain(l, svc, name, "cannot be read", strerror(errno));
	close(fd);
	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -1 : 1;
}

int loader_read_seconds(struct loader *l, int dir_fd, uint32_t svc, const char *name,
                        uint32_t *ms)
{
	char value[CONFIG_VALUE_MAX + 1]; /* one more shows that a file is too long */
	uint64_t parsed;
	size_t n;
	int r = loader_read_small(l, dir_fd, svc, name, value, sizeof value, &n);

	if (r <= 0)
		return r;
	if (n > 0 && n < sizeof value && value[n - 1] == '\n')
		n--;
	if (n == sizeof value || !parse_seconds(value, n, CONFIG_DELAY_MAX_S * 1000u, &parsed)) {
		complain(l, svc, name, "", "not a number of seconds up to 86400");
		return -1;
	}
	*ms = (uint32_t)parsed;
	return 1;
}

/* A file of conf/ that holds one line: it becomes a string.  Empty is absent. */
static void read_word(struct loader *l, int dir_fd, const char *name, uint32_t *string)
{
	uint32_t at, n;
	const char *why = NULL;

	if (loader_read_lines(l, dir_fd, NO_SVC, name, LINE_ARGUMENT, &at, &n) <= 0 || n == 0)
		return;
	if (n > 1)
		why = "more than one line";
	else if (strlen(l->strings.at + at) > CONFIG_VALUE_MAX)
		why = "longer than 64 bytes";
	if (why)
		complain(l, NO_SVC, name, "", why);
	else
		*string = at;
}

/* "SECONDS [DEVICE]" */
static void read_watchdog(struct loader *l, int dir_fd, struct config *head)
{
	uint32_t at = 0;
	uint64_t seconds;
	const char *line, *space, *device = "/dev/watchdog";

	read_word(l, dir_fd, "watchdog", &at);
	if (!at)
		return;
	line = l->strings.at + at;
	space = strchr(line, ' ');
	if (space)
		device = space + 1;
	if (!parse_u64(line, space ? (size_t)(space - line) : strlen(line), WATCHDOG_MAX_S, &seconds)
	    || !seconds || *device != '/') {
		complain(l, NO_SVC, "watchdog", "", "not SECONDS (up to 86400) and perhaps a device");
		return;
	}
	head->watchdog = space ? at + (uint32_t)(device - line) : loader_string(l, device, strlen(device));
	head->watchdog_s = (uint32_t)seconds;
}

void loader_read_conf(struct loader *l, struct config *head)
{
	char *path = l->entry_path;
	struct text t;
	int fd;

	head->sleep_before_kill_ms = SLEEP_BEFORE_KILL_S * 1000;
	text_init(&t, path, sizeof l->entry_path);
	text_str(&t, l->rq->dir);
	text_str(&t, "/conf");
	head->conf_root = loader_string(l, path, t.len);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		if (errno != ENOENT)
			loader_report(l, FINDING_ERROR, NO_SVC, "", "cannot be read", strerror(errno));
		return;
	}
	loader_read_program(l, fd, NO_SVC, "last", PROG_PARAMS | PROG_ENV, &head->last);
	loader_read_program(l, fd, NO_SVC, "panic", PROG_PARAMS | PROG_ENV, &head->panic);
	loader_read_seconds(l, fd, NO_SVC, "sleep_before_kill", &head->sleep_before_kill_ms);
	read_word(l, fd, "hostname", &head->hostname);
	read_watchdog(l, fd, head);
	loader_read_lines(l, fd, NO_SVC, "sysctl", LINE_ARGUMENT, &head->sysctl, &head->n_sysctl);
	close(fd);
}
