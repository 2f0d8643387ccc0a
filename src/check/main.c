/* main.c - cinit.check: reads a tree with the supervisor's own loader and says
 * everything that is wrong with it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "src/check/check.h"

struct tally {
	struct text *out;
	unsigned errors, warnings;
};

static void say(void *arg, const struct finding *f)
{
	struct tally *t = arg;

	t->errors += f->level == FINDING_ERROR;
	t->warnings += f->level != FINDING_ERROR;
	text_name(t->out, f->path, strlen(f->path), true);
	text_str(t->out, ": ");
	if (*f->what) {
		text_name(t->out, f->what, strlen(f->what), true);
		text_str(t->out, ": ");
	}
	text_name(t->out, f->why, strlen(f->why), true);
	text_char(t->out, '\n');
}

int main(int argc, char **argv)
{
	static char buf[4096], ebuf[4096];
	struct text out, err;
	struct tally tally = {.out = &err};
	struct load l = {.dir = argc > 1 ? argv[1] : "/etc/cinit", .start = argc > 2 ? argv[2] : "init",
	                 .report = say, .arg = &tally};
	struct config *c;

	text_init_fd(&out, buf, sizeof buf, 1);
	text_init_fd(&err, ebuf, sizeof ebuf, 2);
	c = config_load(&l);
	if (c)
		check_graph(&out, c);
	text_flush(&out);
	text_flush(&err);
	config_free(c);
	return tally.errors > 0;
}
