/* reading.c - looks through a directory, opens its files, and adds rows. */
#include "src/tree/reading.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/limits.h"
#include "src/tree/file.h"
#include "src/tree/lines.h"

static void refuse(struct reading *r, const char *entry, const char *what, const char *why)
{
	r->refused = true;
	r->report(r, FINDING_ERROR, entry, what, why);
}

static void miss(struct reading *r, const char *entry, int error)
{
	if (r->missed)
		r->missed(r, entry, error);
}

/* ---- which entries there are ---- */

/* A directory that means nothing may be a service. */
static void see_unknown(struct reading *r, const char *name, unsigned char type)
{
	if (*name != '.' && type != DT_DIR)
		r->report(r, FINDING_NOTE, name, FINDING_UNKNOWN, "ignored");
}

/* Or a link to one, as all services may be. */
static bool is_directory(int fd, const char *name, unsigned char type)
{
	struct stat st;

	if (type != DT_UNKNOWN && type != DT_LNK)
		return type == DT_DIR;
	return fstatat(fd, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

static void see(struct reading *r, const char *name, unsigned char type)
{
	enum entry_id id = entry_of_name(name);
	const struct entry *e = &entries[id];

	if (id == ENTRY_N) {
		see_unknown(r, name, type);
		return;
	}
	if (e->is & IS_NESTED && is_directory(r->fd, name, type)) {
		if (type == DT_LNK)
			r->report(r, FINDING_NOTE, name, "", "leads to a directory, so it is a service and no setting");
		return;
	}
	r->has[id] = type == DT_REG ? PRESENT_FILE : PRESENT;
	if (e->is & IS_LATER && (e->is & IS_DIRECTORY || type != DT_DIR))
		r->report(r, FINDING_WARNING, name, "", "not built yet, ignored");
}

void reading_scan(struct reading *r, struct dir *d)
{
	const char *name;
	unsigned char type;
	unsigned n = 0;
	int more;

	dir_begin(d, r->fd);
	while ((more = dir_next(d, &name, &type)) > 0 && ++n <= CONFIG_ENTRIES_MAX)
		see(r, name, type);
	if (more < 0) {
		int error = errno;

		miss(r, "", error);
		refuse(r, "", "cannot be read", strerror(error));
	}
	if (n > CONFIG_ENTRIES_MAX)
		refuse(r, "", "", "has more than " LIMIT_TEXT(CONFIG_ENTRIES_MAX) " entries");
}

bool reading_concerns(const struct reading *r, enum entry_of of)
{
	bool main = r->has[ENTRY_ON] || r->has[ENTRY_POOL];

	switch (of) {
	case OF_SERVICE:
	case OF_PROGRAM:
	case OF_CONF: return true;
	case OF_MAIN: return main;
	case OF_ANY: return main || r->has[ENTRY_OFF];
	}
	return false;
}

/* ---- reading them ---- */

static void read_entry(struct reading *r, enum entry_id id)
{
	const struct entry *e = &entries[id];

	r->entry = id;
	if (e->idle && !reading_concerns(r, (enum entry_of)e->of))
		r->report(r, FINDING_WARNING, e->name, "", e->idle);
	else if (e->read)
		e->read(r);
	if (r->values->full)
		reading_refuse(r, e->name, "does not fit", r->values->full);
}

static void say_idle_parts(struct reading *r)
{
	bool on = r->has[ENTRY_ON_PARAMS] || r->has[ENTRY_ON_ENV];
	bool off = r->has[ENTRY_OFF_PARAMS] || r->has[ENTRY_OFF_ENV];

	if (on && !reading_concerns(r, OF_MAIN))
		r->report(r, FINDING_NOTE, "", "has on.params or on.env", "but no `on`");
	if (off && !r->has[ENTRY_OFF])
		r->report(r, FINDING_NOTE, "", "has off.params or off.env", "but no `off`");
}

void reading_service(struct reading *r)
{
	r->first = values_count(r->values);
	for (int id = 0; id < ENTRY_N && !values_stopped(r->values); id++)
		if (r->has[id] && !entry_is_conf(&entries[id]))
			read_entry(r, (enum entry_id)id);
	say_idle_parts(r);
}

void reading_conf(struct reading *r)
{
	r->first = values_count(r->values);
	for (int id = 0; id < ENTRY_N && !values_stopped(r->values); id++)
		if (entry_is_conf(&entries[id]))
			read_entry(r, (enum entry_id)id);
}

const char *reading_name(const struct reading *r)
{
	return entries[r->entry].name;
}

void reading_refuse(struct reading *r, const char *entry, const char *what, const char *why)
{
	r->has[r->entry] = PRESENT_BAD;
	refuse(r, entry, what, why);
}

void reading_refuse_value(struct reading *r, const char *value, size_t n, const char *why)
{
	char quoted[LINE_QUOTED_MAX + sizeof "''..."];
	struct text t;

	text_init(&t, quoted, sizeof quoted);
	lines_quote(&t, value, n, LINE_QUOTED_MAX);
	reading_refuse(r, reading_name(r), quoted, why);
}

void reading_refuse_unread(struct reading *r, int error)
{
	miss(r, reading_name(r), error);
	reading_refuse(r, reading_name(r), "cannot be read", file_error(error));
}

/* It is absent, or has gone since. */
static int absent(struct reading *r)
{
	if (r->has[r->entry])
		miss(r, reading_name(r), ENOENT);
	return 0;
}

/* ---- files ---- */

/* Opens a regular file: 1 with *fd, 0 if absent, -1 reported. */
static int open_file(struct reading *r, int *fd)
{
	const char *name = reading_name(r);
	int error;

	*fd = file_open(r->fd, name, CONFIG_FILE_MAX);
	if (*fd >= 0)
		return 1;
	error = errno;
	if (error == ENOENT && file_is_absent(r->fd, name))
		return absent(r);
	reading_refuse_unread(r, error);
	return -1;
}

/* All of fd at the end of the strings, with one byte to spare; -1 with a
 * reason.  The file may grow meanwhile, so the limit is checked again. */
static ssize_t slurp(struct values *v, int fd, const char **why, int *error)
{
	size_t begin = v->strings.len;

	for (;;) {
		char *at = vec_add(&v->strings, 4096);
		ssize_t n;

		if (!at) {
			values_lack(v, errno, VALUES_LIMIT_STRINGS);
			v->strings.len = begin;
			return -1;
		}
		n = file_read(fd, at, 4096);
		if (n < 0 || v->strings.len - begin > CONFIG_FILE_MAX + 4096) {
			*error = n < 0 ? errno : 0;
			*why = n < 0 ? strerror(*error) : "larger than " LIMIT_TEXT(CONFIG_FILE_MAX_MIB) " MiB";
			v->strings.len = begin;
			return -1;
		}
		v->strings.len -= 4096 - (size_t)n;
		if (n < 4096) /* the end of a regular file */
			return (ssize_t)(v->strings.len - begin);
	}
}

static void warn_of_line(struct reading *r, uint32_t line, const char *why)
{
	char at[NAME_MAX + 32];
	struct text t;

	text_init(&t, at, sizeof at);
	text_str(&t, reading_name(r));
	text_char(&t, ':');
	text_u64(&t, line);
	r->report(r, FINDING_WARNING, at, "", why);
}

/* The n bytes behind `begin` among the strings become strings; or a reason why not. */
static const char *split(struct reading *r, size_t begin, size_t n, enum line_kind kind,
                         struct lines *lines)
{
	struct values *v = r->values;

	if (!vec_add(&v->strings, 1)) {
		values_lack(v, errno, VALUES_LIMIT_STRINGS);
		return NULL;
	}
	*lines = lines_split(v->strings.at + begin, n, kind != LINE_ARGUMENT);
	v->strings.len = begin + lines->bytes;
	return lines->bad;
}

int reading_lines(struct reading *r, enum line_kind kind, uint32_t *strings, uint32_t *n)
{
	struct values *v = r->values;
	size_t begin = v->strings.len;
	const char *why = NULL;
	struct lines lines = {0};
	ssize_t len;
	int fd, error = 0, found = open_file(r, &fd);

	if (found <= 0)
		return found;
	len = slurp(v, fd, &why, &error);
	close(fd);
	if (error)
		miss(r, reading_name(r), error);
	if (len >= 0)
		why = split(r, begin, (size_t)len, kind, &lines);
	if (why || values_stopped(v))
		v->strings.len = begin;
	if (values_stopped(v))
		return -1;
	if (why) {
		reading_refuse(r, reading_name(r), "", why);
		return -1;
	}
	if (kind == LINE_ENVIRONMENT && lines.odd_line)
		warn_of_line(r, lines.odd_line, "no `=` in it, passed on as it is");
	if (lines.cr_line)
		warn_of_line(r, lines.cr_line, "ends with a carriage return, which is kept");
	*strings = (uint32_t)begin;
	*n = lines.count;
	return 1;
}

int reading_bytes(struct reading *r, char *buf, size_t cap, size_t *len)
{
	ssize_t n;
	int fd, found = open_file(r, &fd);

	if (found <= 0)
		return found;
	n = file_read(fd, buf, cap);
	if (n < 0)
		reading_refuse_unread(r, errno);
	close(fd);
	*len = n < 0 ? 0 : (size_t)n;
	return n < 0 ? -1 : 1;
}

int reading_link(struct reading *r, size_t *n)
{
	const char *name = reading_name(r);
	ssize_t len = readlinkat(r->fd, name, r->scratch, PATH_MAX);
	struct stat st;

	*n = len > 0 ? (size_t)len : 0;
	if (len > 0)
		return 1;
	if (fstatat(r->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return absent(r);
		reading_refuse_unread(r, errno);
		return -1;
	}
	if (S_ISREG(st.st_mode))
		return 1;
	reading_refuse(r, name, "", "neither a link nor a file");
	return -1;
}

/* ---- rows ---- */

static void add(struct reading *r, uint32_t n, uint32_t at)
{
	values_add(r->values, &(struct value){(uint8_t)r->entry, n & VALUE_N_MAX, at});
}

void reading_add_number(struct reading *r, uint32_t number)
{
	add(r, 1, number);
}

void reading_add_numbers(struct reading *r, const uint64_t *number, uint32_t n)
{
	add(r, n, values_numbers(r->values, number, n));
}

void reading_add_strings(struct reading *r, uint32_t at, uint32_t n)
{
	add(r, n, at);
}

const struct value *reading_value(const struct reading *r, enum entry_id entry)
{
	return values_find(r->values, r->first, entry);
}

const char *reading_string(const struct reading *r, uint32_t at)
{
	return r->values->strings.at + at;
}
