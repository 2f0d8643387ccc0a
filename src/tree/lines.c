/* lines.c - from the bytes of a file to strings. */
#include "src/tree/lines.h"

#include <string.h>

#include "src/limits.h"

/* Notes what is remarkable about one line. */
static void inspect(struct lines *l, const char *line, size_t len, uint32_t number)
{
	if (len > CONFIG_ARG_MAX && !l->bad) {
		l->bad = "longer than one argument may be (" LIMIT_TEXT(CONFIG_ARG_MAX) " bytes)";
		l->bad_line = number;
	}
	if (!l->odd_line && !memchr(line, '=', len) && !(l->count == 0 && len == 1 && *line == '+'))
		l->odd_line = number;
	if (!l->cr_line && len && line[len - 1] == '\r')
		l->cr_line = number;
}

static void refuse_nul(struct lines *l, const char *text, const char *nul)
{
	l->bad = "has a NUL byte";
	l->bad_line = 1;
	for (const char *p = text; p < nul; p++)
		l->bad_line += *p == '\n';
}

void lines_quote(struct text *t, const char *value, size_t n, size_t most)
{
	n = strnlen(value, n);
	text_char(t, '\'');
	text_mem(t, value, n < most ? n : most);
	text_str(t, n > most ? "'..." : "'");
}

struct lines lines_split(char *text, size_t len, int skip_empty)
{
	struct lines l = {0};
	const char *nul = memchr(text, '\0', len);
	uint32_t number = 0;
	size_t from = 0;

	if (nul) {
		refuse_nul(&l, text, nul);
		return l;
	}
	if (len == 0)
		return l;
	if (text[len - 1] == '\n')
		len--;
	while (from <= len && !l.bad) {
		const char *end = memchr(text + from, '\n', len - from);
		size_t n = end ? (size_t)(end - text) - from : len - from;

		number++;
		if (n || !skip_empty) {
			inspect(&l, text + from, n, number);
			memmove(text + l.bytes, text + from, n);
			text[l.bytes + n] = '\0';
			l.bytes += n + 1;
			if (++l.count > CONFIG_ARGS_MAX) {
				l.bad = "has more than " LIMIT_TEXT(CONFIG_ARGS_MAX) " lines";
				l.bad_line = number;
			}
		}
		from += n + 1;
	}
	return l;
}
