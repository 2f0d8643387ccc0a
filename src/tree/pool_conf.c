/* pool_conf.c - the files of pool/.  Each absent one has its default; what is there is
 * either right or why the pool is refused. */
#include "src/tree/pool_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/tree/file.h"
#include "src/tree/lines.h"
#include "src/limits.h"

#define DEFAULT_MIN 3
#define DEFAULT_MAX 10
#define DEFAULT_REQUESTS 1000
#define DEFAULT_IDLE_MS 60000
#define DEFAULT_KEEPALIVE_MS 5000

struct reading {
	int fd;             /* of pool/ */
	char *where;
	const char **why;
};

static int fail(const struct reading *r, const char *name, uint32_t line, const char *why)
{
	struct text t;

	text_init(&t, r->where, POOL_WHERE_MAX);
	text_str(&t, "pool");
	if (*name) {
		text_char(&t, '/');
		text_str(&t, name);
	}
	if (line) {
		text_char(&t, ':');
		text_u64(&t, line);
	}
	*r->why = why;
	return -1;
}

/* The same for a value of n bytes, which is named behind the place. */
static int fail_value(const struct reading *r, const char *name, uint32_t line, const char *value,
                      size_t n, const char *why)
{
	struct text t;

	fail(r, name, line, why);
	if (memchr(value, '\0', n)) {
		*r->why = "has a NUL byte";
		return -1;
	}
	text_init(&t, r->where + strlen(r->where), POOL_WHERE_MAX - strlen(r->where));
	text_str(&t, ": ");
	lines_quote(&t, value, n, line ? LINE_QUOTED_MAX : CONFIG_VALUE_MAX);
	return -1;
}

/* ---- single values ---- */

/* A file with one line: 1 and *n bytes without its newline, 0 absent, -1. */
static int read_value(const struct reading *r, const char *name, char value[CONFIG_VALUE_MAX + 1],
                      size_t *n)
{
	int found = file_begin(r->fd, name, value, CONFIG_VALUE_MAX + 1, n);

	if (found < 0)
		return fail(r, name, 0, file_error(errno));
	if (found && *n > CONFIG_VALUE_MAX)
		return fail_value(r, name, 0, value, *n, "longer than " LIMIT_TEXT(CONFIG_VALUE_MAX) " bytes");
	if (found && *n && value[*n - 1] == '\n')
		--*n;
	return found;
}

static int read_number(const struct reading *r, const char *name, uint32_t min, uint32_t max,
                       const char *why, uint32_t *number)
{
	char value[CONFIG_VALUE_MAX + 1];
	uint64_t parsed;
	size_t n;
	int found = read_value(r, name, value, &n);

	if (found <= 0)
		return found;
	if (!parse_u64(value, n, max, &parsed) || parsed < min)
		return fail_value(r, name, 0, value, n, why);
	*number = (uint32_t)parsed;
	return 1;
}

static int read_workers(const struct reading *r, const char *name, uint32_t *number)
{
	return read_number(r, name, 1, POOL_WORKERS_MAX, "not a number from 1 to " LIMIT_TEXT(POOL_WORKERS_MAX), number);
}

static int read_seconds(const struct reading *r, const char *name, uint32_t *ms)
{
	char value[CONFIG_VALUE_MAX + 1];
	uint64_t parsed;
	size_t n;
	int found = read_value(r, name, value, &n);

	if (found <= 0)
		return found;
	if (!parse_seconds(value, n, CONFIG_DELAY_MAX_S * 1000u, &parsed))
		return fail_value(r, name, 0, value, n, "not a number of seconds up to " LIMIT_TEXT(CONFIG_DELAY_MAX_S));
	*ms = (uint32_t)parsed;
	return 1;
}

static int read_mode(const struct reading *r, enum pool_mode *mode)
{
	char value[CONFIG_VALUE_MAX + 1];
	size_t n;
	int found = read_value(r, "mode", value, &n);

	if (found <= 0)
		return found;
	if (n == 5 && memcmp(value, "share", n) == 0)
		*mode = POOL_SHARE;
	else if (n == 8 && memcmp(value, "dispatch", n) == 0)
		*mode = POOL_DISPATCH;
	else
		return fail_value(r, "mode", 0, value, n, "neither share nor dispatch");
	return 1;
}

/* A default gives way to what was written, never the other way round. */
static int read_size(const struct reading *r, struct pool_conf *c)
{
	int min = read_workers(r, "min", &c->min), max, idle;

	if (min < 0 || (max = read_workers(r, "max", &c->max)) < 0
	    || (idle = read_workers(r, "idle", &c->idle)) < 0)
		return -1;
	if (!min)
		c->min = max && c->max < DEFAULT_MIN ? c->max : DEFAULT_MIN;
	if (!max)
		c->max = c->min > DEFAULT_MAX ? c->min : DEFAULT_MAX;
	if (!idle)
		c->idle = c->min;
	if (c->min > c->max)
		return fail(r, "min", 0, "more than pool/max");
	return c->idle < c->min ? fail(r, "idle", 0, "less than pool/min") : 0;
}

static int read_values(const struct reading *r, struct pool_conf *c)
{
	if (read_size(r, c) < 0 || read_mode(r, &c->mode) < 0
	    || read_number(r, "requests", 0, POOL_REQUESTS_MAX, "not a number up to " LIMIT_TEXT(POOL_REQUESTS_MAX),
	                   &c->requests) < 0
	    || read_seconds(r, "idle.time", &c->idle_time_ms) < 0
	    || read_seconds(r, "timeout", &c->timeout_ms) < 0
	    || read_seconds(r, "keepalive", &c->keepalive_ms) < 0)
		return -1;
	return 0;
}

/* ---- modules ---- */

/* OBJECT [NAME=VALUE ...]: why it is not, or NULL. */
static const char *judge_line(const char *line)
{
	const char *word = line + strspn(line, " ");

	if (!*word)
		return "names no object";
	while (word += strcspn(word, " "), word += strspn(word, " "), *word) {
		size_t n = strcspn(word, " ");

		if (*word == '=' || !memchr(word, '=', n))
			return "a word behind the object is not NAME=VALUE";
	}
	return NULL;
}

/* The number of the line counts those that are left. */
static int judge_lines(const struct reading *r, const char *line, uint32_t n)
{
	for (uint32_t k = 1; k <= n; k++, line += strlen(line) + 1) {
		const char *why = judge_line(line);

		if (why)
			return fail_value(r, "modules", k, line, strlen(line), why);
	}
	return (int)n;
}

static int read_modules(const struct reading *r, char *buf)
{
	struct lines lines;
	size_t len;
	int found = file_begin(r->fd, "modules", buf, POOL_MODULES_BYTES, &len);

	if (found < 0)
		return fail(r, "modules", 0, file_error(errno));
	if (!found)
		return 0;
	if (len == POOL_MODULES_BYTES)
		return fail(r, "modules", 0, "larger than " LIMIT_TEXT(POOL_MODULES_MAX) " bytes");
	lines = lines_split(buf, len, 1);
	if (lines.bad)
		return fail(r, "modules", lines.bad_line, lines.bad);
	if (!lines.count)
		return fail(r, "modules", 0, "names no object");
	return judge_lines(r, buf, lines.count);
}

/* ---- pool/ ---- */

static int open_pool(struct reading *r, int service_fd, char *where, const char **why)
{
	r->where = where;
	r->why = why;
	r->fd = openat(service_fd, "pool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return r->fd < 0 ? fail(r, "", 0, strerror(errno)) : 0;
}

int pool_conf_modules(int service_fd, char *buf, char where[POOL_WHERE_MAX], const char **why)
{
	struct reading r;
	int n;

	if (open_pool(&r, service_fd, where, why) < 0)
		return -1;
	n = read_modules(&r, buf);
	close(r.fd);
	return n;
}

int pool_conf_read(int service_fd, struct pool_conf *conf, char where[POOL_WHERE_MAX],
                   const char **why)
{
	char modules[POOL_MODULES_BYTES];
	struct reading r;
	int n;

	*conf = (struct pool_conf){.requests = DEFAULT_REQUESTS, .idle_time_ms = DEFAULT_IDLE_MS,
	                           .keepalive_ms = DEFAULT_KEEPALIVE_MS, .mode = POOL_SHARE};
	if (open_pool(&r, service_fd, where, why) < 0)
		return -1;
	n = read_values(&r, conf);
	if (n == 0)
		n = read_modules(&r, modules);
	conf->has_modules = n > 0;
	close(r.fd);
	return n < 0 ? -1 : 0;
}

const char *pool_conf_name(unsigned i)
{
	static const char names[][12] = {"min", "max", "idle", "idle.time", "requests", "mode",
	                                 "timeout", "keepalive", "modules"};

	return i < sizeof names / sizeof *names ? names[i] : NULL;
}
