/* console.c - collects lines and writes them without waiting. */
#include "src/shell/console.h"

#include <string.h>

#include "ipc/outlet.h"

enum loudness console_loudness = NORMAL;

static char kept_buf[8192], line_buf[1200];
static struct text kept, line;
static unsigned lost;

static void write_some(void)
{
	size_t part = kept.len < OUTLET_MAX ? kept.len : OUTLET_MAX;
	ssize_t n = outlet_write(kept.buf, part);

	if (n < 0)
		n = (ssize_t)part; /* nobody to tell */
	memmove(kept.buf, kept.buf + n, kept.len - (size_t)n);
	kept.len -= (size_t)n;
}

static void drain(void)
{
	size_t before = 0;

	while (kept.len && kept.len != before) {
		before = kept.len;
		write_some();
	}
}

void console_flush(void)
{
	drain();
	if (kept.buf && kept.len == 0 && lost) {
		struct text *t = say_begin();

		text_u64(t, lost);
		text_str(t, " lines were lost: the console did not take them");
		lost = 0;
		say_end();
		drain();
	}
}

int console_awaited(void)
{
	return kept.buf && kept.len ? outlet_fd() : -1;
}

struct text *say_begin(void)
{
	if (!kept.buf)
		text_init(&kept, kept_buf, sizeof kept_buf);
	text_init(&line, line_buf, sizeof line_buf - 1);
	text_str(&line, "cinit: ");
	return &line;
}

void say_end(void)
{
	line_buf[line.len++] = '\n'; /* the text left one byte of room */
	if (kept.len + line.len >= kept.cap)
		drain();
	if (kept.len + line.len >= kept.cap)
		lost++;
	else
		text_mem(&kept, line_buf, line.len);
}

void say(const char *where, const char *what, const char *why)
{
	struct text *t = say_begin();
	const char *parts[3] = {where, what, why};
	bool first = true;

	for (unsigned i = 0; i < 3; i++) {
		if (!*parts[i])
			continue;
		if (!first)
			text_str(t, ": ");
		first = false;
		text_name(t, parts[i], strlen(parts[i]), true);
	}
	say_end();
}

void say_errno(const char *where, const char *what, int err)
{
	say(where, what, strerror(err));
}
