/* readers.c - from the bytes of one entry to its value row. */
#include "src/tree/readers.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "ipc/text.h"
#include "src/limits.h"
#include "src/tree/address.h"
#include "src/tree/lines.h"
#include "src/tree/pool_conf.h"
#include "src/tree/table.h"

static_assert(CONFIG_PATH_MAX == PATH_MAX - 1, "a path with its NUL");

#define FIRST_FD 3  /* of the listening sockets */
#define READY_MAX 63

/* ---- one value ---- */

/* A small file without its final newline: 1 and *n bytes (at most CONFIG_VALUE_MAX, or one
 * more where it is larger), 0 absent, -1 reported. */
static int read_value(struct reading *r, char value[CONFIG_VALUE_MAX + 2], size_t *n)
{
	int found = reading_bytes(r, value, CONFIG_VALUE_MAX + 1, n);

	if (found > 0 && *n && *n <= CONFIG_VALUE_MAX && value[*n - 1] == '\n')
		--*n;
	if (found > 0)
		value[*n] = '\0';
	return found;
}

static void refuse(struct reading *r, const char *why)
{
	reading_refuse(r, reading_name(r), "", why);
}

/* Of a value that a file holds alone.  What is behind a NUL cannot be shown. */
static void refuse_value(struct reading *r, const char *value, size_t n, const char *why)
{
	char quoted[CONFIG_VALUE_MAX + sizeof "''..."];
	struct text t;

	text_init(&t, quoted, sizeof quoted);
	lines_quote(&t, value, n, CONFIG_VALUE_MAX);
	if (memchr(value, '\0', n))
		refuse(r, "has a NUL byte");
	else
		reading_refuse(r, reading_name(r), quoted, why);
}

void read_seconds(struct reading *r)
{
	char value[CONFIG_VALUE_MAX + 2];
	uint64_t ms;
	size_t n;

	if (read_value(r, value, &n) <= 0)
		return;
	if (n > CONFIG_VALUE_MAX || !parse_seconds(value, n, CONFIG_DELAY_MAX_S * 1000u, &ms))
		refuse_value(r, value, n, "not a number of seconds up to " LIMIT_TEXT(CONFIG_DELAY_MAX_S));
	else
		reading_add_number(r, (uint32_t)ms);
}

void read_presence(struct reading *r)
{
	struct stat st;

	if (r->has[r->entry] != PRESENT_FILE) {
		if (fstatat(r->fd, reading_name(r), &st, 0) < 0) {
			reading_refuse_unread(r, errno);
			return;
		}
		if (!S_ISREG(st.st_mode)) {
			refuse(r, "not a file");
			return;
		}
	}
	reading_add_number(r, 1);
}

/* ---- settings of the process ---- */

/* A file of one line that is not empty. */
void read_path(struct reading *r)
{
	uint32_t at, n;

	if (reading_lines(r, LINE_ARGUMENT, &at, &n) <= 0)
		return;
	if (n != 1 || !*reading_string(r, at))
		refuse(r, "not one path");
	else if (strlen(reading_string(r, at)) > CONFIG_PATH_MAX)
		refuse(r, "longer than a path may be (" LIMIT_TEXT(CONFIG_PATH_MAX) " bytes)");
	else
		reading_add_strings(r, at, 1);
}

/* Workers are many, and the manager has nobody to ask. */
static bool is_of_pool(struct reading *r)
{
	if (reading_value(r, ENTRY_POOL))
		refuse(r, "a pool has no terminal");
	return reading_value(r, ENTRY_POOL);
}

/* One line: true and its offset; or refused. */
static bool read_only_line(struct reading *r, const char *why, uint32_t *at)
{
	uint32_t n;

	if (reading_lines(r, LINE_ARGUMENT, at, &n) <= 0)
		return false;
	if (n == 1 && strlen(reading_string(r, *at)) <= sizeof "file" + CONFIG_PATH_MAX)
		return true;
	refuse(r, n == 1 ? "longer than a path may be (" LIMIT_TEXT(CONFIG_PATH_MAX) " bytes)" : why);
	return false;
}

void read_stdin(struct reading *r)
{
	static const char why[] = "not `null`, `file` and an absolute path, `inherit` or `tty`";
	const char *line;
	uint32_t at;

	if (!read_only_line(r, why, &at))
		return;
	line = reading_string(r, at);
	if (strncmp(line, "file /", 6) == 0) {
		r->values->strings.at[at + 4] = '\0';
		reading_add_strings(r, at, 2);
	} else if (strcmp(line, "tty") == 0) {
		if (!is_of_pool(r))
			reading_add_strings(r, at, 1);
	} else if (strcmp(line, "null") == 0 || strcmp(line, "inherit") == 0) {
		reading_add_strings(r, at, 1);
	} else {
		reading_refuse_value(r, line, strlen(line), why);
	}
}

void read_tty(struct reading *r)
{
	uint32_t at, n;
	const char *line;

	if (is_of_pool(r) || reading_lines(r, LINE_PLAIN, &at, &n) <= 0)
		return;
	line = reading_string(r, at);
	if (n > 1)
		refuse(r, "more than one line");
	else if (n && *line != '/')
		reading_refuse_value(r, line, strlen(line), "not an absolute path");
	else if (n && strlen(line) > CONFIG_PATH_MAX)
		refuse(r, "longer than a path may be (" LIMIT_TEXT(CONFIG_PATH_MAX) " bytes)");
	else
		reading_add_strings(r, at, n);
}

void read_mode(struct reading *r)
{
	char value[CONFIG_VALUE_MAX + 2];
	uint32_t mask = 0;
	size_t n, k;

	if (read_value(r, value, &n) <= 0)
		return;
	for (k = 0; k < n && value[k] >= '0' && value[k] <= '7' && mask <= CONFIG_MODE_MAX; k++)
		mask = mask * 8 + (uint32_t)(value[k] - '0');
	if (!n || n > CONFIG_VALUE_MAX || k < n || mask > CONFIG_MODE_MAX)
		refuse_value(r, value, n, "not an octal number up to " LIMIT_TEXT(CONFIG_MODE_MAX));
	else
		reading_add_number(r, mask);
}

/* A number with or without a minus; the row has its 32 bits. */
static void read_signed(struct reading *r, int32_t min, int32_t max, const char *why)
{
	char value[CONFIG_VALUE_MAX + 2];
	uint64_t absolute;
	int64_t number;
	size_t n;
	bool minus;

	if (read_value(r, value, &n) <= 0)
		return;
	minus = n && value[0] == '-';
	if (n > CONFIG_VALUE_MAX || !parse_u64(value + minus, n - minus, INT32_MAX, &absolute)) {
		refuse_value(r, value, n, why);
		return;
	}
	number = minus ? -(int64_t)absolute : (int64_t)absolute;
	if (number < min || number > max)
		refuse_value(r, value, n, why);
	else
		reading_add_number(r, (uint32_t)(int32_t)number);
}

void read_nice(struct reading *r)
{
	read_signed(r, CONFIG_NICE_MIN, CONFIG_NICE_MAX,
	            "not a number from " LIMIT_TEXT(CONFIG_NICE_MIN) " to " LIMIT_TEXT(CONFIG_NICE_MAX));
}

void read_oom(struct reading *r)
{
	read_signed(r, CONFIG_OOM_MIN, CONFIG_OOM_MAX,
	            "not a number from " LIMIT_TEXT(CONFIG_OOM_MIN) " to " LIMIT_TEXT(CONFIG_OOM_MAX));
}

/* ---- programs ---- */

void read_links(struct reading *r)
{
	if (r->links)
		r->links(r);
}

void read_program(struct reading *r)
{
	size_t n;

	if (reading_link(r, &n) > 0)
		reading_add_strings(r, n ? values_string(r->values, r->scratch, n) : 0, n > 0);
}

static void add_lines(struct reading *r, enum line_kind kind)
{
	uint32_t at, n;

	if (reading_lines(r, kind, &at, &n) > 0)
		reading_add_strings(r, at, n);
}

void read_lines(struct reading *r)
{
	add_lines(r, LINE_ARGUMENT);
}

void read_params(struct reading *r)
{
	if (reading_value(r, (enum entry_id)(r->entry - 1)))
		add_lines(r, LINE_ARGUMENT);
}

/* Of a pool whose workers are modules, `on.env` is all that there is of a program. */
void read_env(struct reading *r)
{
	enum entry_id program = (enum entry_id)(r->entry - 2), params = (enum entry_id)(r->entry - 1);
	bool modules = program == ENTRY_ON && !r->has[ENTRY_ON] && r->has[ENTRY_POOL];

	if (modules || (reading_value(r, program) && r->has[params] != PRESENT_BAD))
		add_lines(r, LINE_ENVIRONMENT);
}

/* ---- users and groups ---- */

/* Why this cannot be a name or number, or NULL. */
static const char *judge_name(const char *word, size_t n)
{
	uint32_t id;

	if (!n || strcspn(word, " \t\r\n:") < n) /* or a NUL before */
		return "not one name or number";
	if (strspn(word, "0123456789") == n && !table_number(word, n, &id))
		return "not a number up to " LIMIT_TEXT(TABLE_ID_MAX);
	return NULL;
}

void read_name(struct reading *r)
{
	char word[CONFIG_VALUE_MAX + 2];
	const char *why;
	size_t n;

	if (read_value(r, word, &n) <= 0)
		return;
	why = n > CONFIG_VALUE_MAX ? "longer than " LIMIT_TEXT(CONFIG_VALUE_MAX) " bytes" : judge_name(word, n);
	if (why)
		refuse_value(r, word, n, why);
	else
		reading_add_strings(r, values_string(r->values, word, n), 1);
}

/* A file of lines, each judged with those before it; the first that cannot be refuses. */
static void read_judged(struct reading *r, uint32_t most, const char *too_many,
                        const char *(*judge)(void *arg, const char *line, uint32_t k), void *arg)
{
	const char *line, *why = NULL;
	uint32_t at, n, k;

	if (reading_lines(r, LINE_PLAIN, &at, &n) <= 0)
		return;
	line = reading_string(r, at);
	for (k = 0; k < n && !(why = judge(arg, line, k)); k++)
		line = string_after(line);
	if (why)
		reading_refuse_value(r, line, strlen(line), why);
	else if (n > most)
		refuse(r, too_many);
	else
		reading_add_strings(r, at, n);
}

static const char *judge_group(void *arg, const char *line, uint32_t k)
{
	(void)arg;
	(void)k;
	return judge_name(line, strlen(line));
}

void read_groups(struct reading *r)
{
	read_judged(r, IDS_GROUPS_MAX, "more than " LIMIT_TEXT(IDS_GROUPS_MAX) " groups", judge_group, NULL);
}

/* ---- sockets ---- */

/* `arg`: the addresses of the lines so far. */
static const char *judge_socket(void *arg, const char *line, uint32_t k)
{
	struct listen_address *all = arg;
	const char *why;

	if (k == LISTEN_MAX)
		return "more than " LIMIT_TEXT(LISTEN_MAX) " sockets";
	if (listen_parse(line, strlen(line), &all[k], &why) < 0)
		return why;
	for (uint32_t i = 0; i < k; i++)
		if (listen_same(&all[i], &all[k]))
			return "is there twice";
	return NULL;
}

void read_listen(struct reading *r)
{
	struct listen_address all[LISTEN_MAX];

	read_judged(r, LISTEN_MAX, "", judge_socket, all);
}

static uint32_t count_sockets(const struct reading *r)
{
	const struct value *listen = reading_value(r, ENTRY_LISTEN);

	return listen ? listen->n : 0;
}

/* ---- being ready ---- */

/* "fd N": N, or -1. */
static int parse_fd(const char *value, size_t n)
{
	uint64_t fd;

	if (n <= 3 || memcmp(value, "fd ", 3) != 0 || !parse_u64(value + 3, n - 3, READY_MAX, &fd)
	    || fd < FIRST_FD)
		return -1;
	return (int)fd;
}

static bool is_later(const char *value)
{
	return strcmp(value, "notify") == 0 || strcmp(value, "check") == 0;
}

/* Behind `listen` and pool/: it has to fit the first, and the other has its own. */
void read_ready(struct reading *r)
{
	char value[CONFIG_VALUE_MAX + 2];
	const char *ignored = NULL;
	size_t n;
	int fd;

	if (reading_value(r, ENTRY_POOL))
		ignored = "a pool is ready by its own word, ignored";
	else if (!reading_value(r, ENTRY_ON) || !reading_value(r, ENTRY_RESPAWN))
		ignored = "there is no program that is kept running, ignored";
	if (ignored) {
		r->report(r, FINDING_WARNING, reading_name(r), "", ignored);
		return;
	}
	if (read_value(r, value, &n) <= 0)
		return;
	fd = parse_fd(value, n);
	if (strlen(value) == n && is_later(value))
		r->report(r, FINDING_WARNING, reading_name(r), "", "not built yet, ignored");
	else if (fd < 0)
		refuse_value(r, value, n, "not `fd N` with a number from " LIMIT_TEXT(FIRST_FD) " to " LIMIT_TEXT(READY_MAX));
	else if ((uint32_t)fd < FIRST_FD + count_sockets(r))
		refuse_value(r, value, n, "the number is that of a socket of `listen`");
	else
		reading_add_number(r, (uint32_t)fd);
}

/* ---- pools ---- */

/* Sockets that were refused have been spoken of. */
static const char *judge_pool(const struct reading *r, const struct pool_conf *pool)
{
	if (r->has[ENTRY_ON] && pool->has_modules)
		return "has both `on` and pool/modules";
	if (!r->has[ENTRY_ON] && !pool->has_modules)
		return "has neither `on` nor pool/modules";
	return count_sockets(r) || r->refused ? NULL : "has no socket in `listen`";
}

void read_pool(struct reading *r)
{
	char where[POOL_WHERE_MAX];
	struct pool_conf pool;
	const char *why;

	errno = 0;
	if (pool_conf_read(r->fd, &pool, where, &why) < 0) {
		if (r->missed && errno != ENOENT)
			r->missed(r, where, errno);
		reading_refuse(r, where, "", why);
		return;
	}
	reading_add_number(r, 1);
	why = judge_pool(r, &pool);
	if (why)
		refuse(r, why);
}

/* ---- conf/ ---- */

/* One line as a string: true and its offset. */
static bool read_one_line(struct reading *r, uint32_t *at)
{
	const char *why = NULL;
	uint32_t n;

	if (reading_lines(r, LINE_ARGUMENT, at, &n) <= 0 || n == 0)
		return false;
	if (n > 1)
		why = "more than one line";
	else if (strlen(reading_string(r, *at)) > CONFIG_VALUE_MAX)
		why = "longer than " LIMIT_TEXT(CONFIG_VALUE_MAX) " bytes";
	if (why)
		refuse(r, why);
	return !why;
}

void read_line(struct reading *r)
{
	uint32_t at;

	if (read_one_line(r, &at))
		reading_add_strings(r, at, 1);
}

/* The two words become two strings: the second may have a default. */
void read_watchdog(struct reading *r)
{
	const char *line, *space, *device = "/dev/watchdog";
	uint64_t seconds;
	uint32_t at;
	size_t n;

	if (!read_one_line(r, &at))
		return;
	line = reading_string(r, at);
	space = strchr(line, ' ');
	n = space ? (size_t)(space - line) : strlen(line);
	if ((space && space[1] != '/') || !parse_u64(line, n, WATCHDOG_MAX_S, &seconds) || !seconds) {
		refuse_value(r, line, strlen(line),
		             "not SECONDS (up to " LIMIT_TEXT(WATCHDOG_MAX_S) ") and perhaps a device");
		return;
	}
	if (space)
		r->values->strings.at[at + n] = '\0';
	else
		values_string(r->values, device, strlen(device));
	reading_add_strings(r, at, 2);
}
