/* console.c - collects lines and writes them without waiting. */
#include "src/shell/console.h"

#include <string.h>

#include "ipc/outlet.h"
#include "src/shell/shell.h"

static void write_some(struct console *c)
{
	size_t part = c->n_kept < OUTLET_MAX ? c->n_kept : OUTLET_MAX;
	ssize_t n = outlet_write(c->kept, part);

	if (n < 0)
		n = (ssize_t)part; /* nobody to tell */
	memmove(c->kept, c->kept + n, c->n_kept - (size_t)n);
	c->n_kept -= (size_t)n;
}

static void drain(struct console *c)
{
	size_t before = 0;

	while (c->n_kept && c->n_kept != before) {
		before = c->n_kept;
		write_some(c);
	}
}

void console_flush(void)
{
	struct console *c = &shell.console;

	drain(c);
	if (c->n_kept == 0 && c->lost) {
		struct text *t = say_begin();

		text_u64(t, c->lost);
		text_str(t, " lines were lost: the console did not take them");
		c->lost = 0;
		say_end();
		drain(c);
	}
}

int console_awaited(void)
{
	return shell.console.n_kept ? outlet_fd() : -1;
}

struct text *say_begin(void)
{
	struct console *c = &shell.console;

	text_init(&c->line, c->line_buf, sizeof c->line_buf - 1);
	text_str(&c->line, "cinit: ");
	return &c->line;
}

void say_end(void)
{
	struct console *c = &shell.console;
	size_t n = c->line.len;

	c->line_buf[n++] = '\n'; /* the text left one byte of room */
	if (c->n_kept + n >= sizeof c->kept)
		drain(c);
	if (c->n_kept + n >= sizeof c->kept) {
		c->lost++;
		return;
	}
	memcpy(c->kept + c->n_kept, c->line_buf, n);
	c->n_kept += n;
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
