/* say.c - one line at a time, in one write.  What is not taken at once is lost. */
#include "src/pool/say.h"

#include <string.h>

#include "ipc/outlet.h"

static const char *service = "";
static char line_buf[1024];
static struct text line;

void say_service(const char *name)
{
	service = name;
}

struct text *say_begin(void)
{
	text_init(&line, line_buf, sizeof line_buf - 1);
	text_str(&line, "cinit.pool: ");
	if (*service) {
		text_name(&line, service, strlen(service), true);
		text_str(&line, ": ");
	}
	return &line;
}

void say_end(void)
{
	line_buf[line.len++] = '\n'; /* the text left one byte of room */
	if (outlet_write(line_buf, line.len) < 0)
		return; /* nobody to tell */
}

void say(const char *what, const char *why)
{
	struct text *t = say_begin();

	text_name(t, what, strlen(what), true);
	if (*what && *why)
		text_str(t, ": ");
	text_name(t, why, strlen(why), true);
	say_end();
}

void say_errno(const char *what, int error)
{
	say(what, strerror(error));
}
