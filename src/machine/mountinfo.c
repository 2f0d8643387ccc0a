/* mountinfo.c - "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
#include "src/machine/mountinfo.h"

#include <stddef.h>
#include <string.h>

enum { FIELDS_BEFORE_PATH = 4 };

static bool is_octal(const char *s)
{
	for (int i = 0; i < 3; i++)
		if (s[i] < '0' || s[i] > '7')
			return false;
	return true;
}

/* The kernel writes space, tab, newline and backslash as \ and three octal digits. */
void mountinfo_unescape(char *s)
{
	char *to = s;

	for (; *s; s++, to++) {
		if (s[0] == '\\' && is_octal(s + 1)) {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 3;
		} else {
			*to = *s;
		}
	}
	*to = '\0';
}

/* The next word, or NULL; *line moves behind it. */
static char *word(char **line)
{
	char *at = *line;
	size_t n = strcspn(at, " ");

	if (n == 0)
		return NULL;
	*line = at + n;
	if (**line)
		*(*line)++ = '\0';
	return at;
}

bool mountinfo_parse(char *line, struct mount_row *row)
{
	char *at;

	*row = (struct mount_row){NULL, NULL, NULL};
	for (int i = 0; i < FIELDS_BEFORE_PATH; i++)
		if (!word(&line))
			return false;
	row->path = word(&line);
	if (!row->path || !word(&line)) /* options */
		return false;
	while ((at = word(&line)) && strcmp(at, "-") != 0)
		;
	row->type = at ? word(&line) : NULL;
	row->source = row->type ? word(&line) : NULL;
	if (!row->source)
		return false;
	mountinfo_unescape(row->path);
	mountinfo_unescape(row->source);
	return true;
}
