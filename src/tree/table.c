/* table.c - one byte after the other, so that no line is too long and no cut between
 * two reads matters. */
#include "src/tree/table.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/tree/file.h"
#include "src/limits.h"

#define END_OF_FILE (-1)
#define READ_ERROR (-2)

int table_begin(struct table *t, const char *file)
{
	t->in_line = false;
	t->at = t->have = t->total = 0;
	t->fd = file_open(AT_FDCWD, file, FILE_ANY_SIZE);
	return t->fd < 0 ? -1 : 0;
}

void table_end(struct table *t)
{
	int error = errno;

	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	errno = error;
}

/* Fills the buffer again: READ_ERROR, END_OF_FILE or 0. */
static int refill(struct table *t)
{
	long n = file_read(t->fd, t->buf, sizeof t->buf);

	if (n <= 0)
		return n < 0 ? READ_ERROR : END_OF_FILE;
	t->total += (size_t)n;
	if (t->total > CONFIG_FILE_MAX) {
		errno = EFBIG;
		return READ_ERROR;
	}
	t->at = 0;
	t->have = (size_t)n;
	return 0;
}

static int next_byte(struct table *t)
{
	int r = t->at == t->have ? refill(t) : 0;

	return r < 0 ? r : (unsigned char)t->buf[t->at++];
}

/* What ended the word: the separator, a newline, END_OF_FILE or READ_ERROR. */
static int take_word(struct table *t, char separator, struct table_word *word)
{
	int c;

	word->len = 0;
	while ((c = next_byte(t)) >= 0 && c != '\n' && c != (unsigned char)separator) {
		if (word->len < sizeof word->text)
			word->text[word->len] = (char)c;
		word->len++;
	}
	t->in_line = c == (unsigned char)separator;
	return c;
}

static int skip_line(struct table *t)
{
	int c = 0;

	while (t->in_line && c >= 0) {
		c = next_byte(t);
		t->in_line = c >= 0 && c != '\n';
	}
	return c;
}

static bool is_name(const struct table_word *name)
{
	return name->len && name->text[0] != '+' && name->text[0] != '-';
}

/* NAME:PASSWORD:NUMBER: of the line that begins here; *good if it has this form. */
static int take_line(struct table *t, bool *good)
{
	struct table_word word;
	int c = take_word(t, ':', &t->name);

	*good = false;
	if (c == ':')
		c = take_word(t, ':', &word); /* the password */
	if (c != ':')
		return c;
	c = take_word(t, ':', &word);
	*good = c == ':' && is_name(&t->name) && word.len <= sizeof word.text
	        && table_number(word.text, word.len, &t->id);
	return c;
}

int table_line(struct table *t)
{
	bool good = false;
	int c = skip_line(t);

	while (c >= 0 && !good) {
		c = take_line(t, &good);
		if (c >= 0 && !good)
			c = skip_line(t);
	}
	if (good)
		return 1;
	return c == READ_ERROR ? -1 : 0;
}

int table_word(struct table *t, char separator, struct table_word *word)
{
	if (!t->in_line)
		return 0;
	return take_word(t, separator, word) == READ_ERROR ? -1 : 1;
}

bool table_word_is(const struct table_word *word, const char *s, size_t n)
{
	return word->len == n && n <= sizeof word->text && memcmp(word->text, s, n) == 0;
}

bool table_number(const char *s, size_t n, uint32_t *id)
{
	uint64_t value;

	if (!parse_u64(s, n, TABLE_ID_MAX, &value))
		return false;
	*id = (uint32_t)value;
	return true;
}

/* By name, or where that is NULL by id. */
static int find(struct table *t, const char *file, const char *name, size_t n, uint32_t id)
{
	int r = table_begin(t, file);

	if (r < 0)
		return -1;
	while ((r = table_line(t)) > 0)
		if (name ? table_word_is(&t->name, name, n) : t->id == id)
			return 0;
	if (r == 0)
		errno = ENOENT;
	return -1;
}

int table_find_name(struct table *t, const char *file, const char *name, size_t n)
{
	return find(t, file, name, n, 0);
}

int table_find_id(struct table *t, const char *file, uint32_t id)
{
	return find(t, file, NULL, 0, id);
}

int table_id_of(const char *file, const char *name, size_t n, uint32_t *id)
{
	struct table t;
	int r = table_find_name(&t, file, name, n);

	if (r == 0)
		*id = t.id;
	table_end(&t);
	return r;
}
