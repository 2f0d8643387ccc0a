/* login.c - a line of passwd as variables.  Allocates nothing; the process that looks a user up
 * has memory of its own. */
#include "src/launch/login.h"

#include <string.h>

#include "ipc/text.h"

enum { LOGIN_HOME, LOGIN_USER, LOGIN_LOGNAME, LOGIN_SHELL };

const char *const login_names[LOGIN_N + 1] = {"HOME", "USER", "LOGNAME", "SHELL", NULL};

static void set(struct login *l, unsigned which, const char *value, size_t n)
{
	struct text t;

	text_init(&t, l->variable[which], LOGIN_BYTES);
	text_str(&t, login_names[which]);
	text_char(&t, '=');
	text_mem(&t, value, n);
}

static void set_word(struct login *l, unsigned which, const struct table_word *word,
                     const char *absent)
{
	if (word->len && word->len <= sizeof word->text)
		set(l, which, word->text, word->len);
	else
		set(l, which, absent, strlen(absent));
}

void login_of_number(struct login *l)
{
	*l = (struct login){.variable = {""}};
	set(l, LOGIN_HOME, "/", 1);
}

int login_of_line(struct login *l, struct table *t)
{
	struct table_word comment, home = {.len = 0}, shell = {.len = 0};

	if (table_word(t, ':', &comment) < 0 || table_word(t, ':', &home) < 0
	    || table_word(t, ':', &shell) < 0)
		return -1;
	set_word(l, LOGIN_HOME, &home, "/");
	set_word(l, LOGIN_USER, &t->name, "");
	set_word(l, LOGIN_LOGNAME, &t->name, "");
	set_word(l, LOGIN_SHELL, &shell, "/bin/sh");
	return 0;
}

void login_put(const struct login *l, unsigned given, char **at)
{
	for (unsigned i = 0; i < LOGIN_N; i++)
		if (*l->variable[i] && !(given >> i & 1))
			*at++ = (char *)(uintptr_t)l->variable[i];
	*at = NULL;
}
