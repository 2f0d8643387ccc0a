/* environment.c - lists of words.  Strings are pointed to, never copied. */
#include "src/launch/environment.h"

#include <string.h>

const char environment_listen_pid[] = "LISTEN_PID=0000000000";

void environment_own(struct environment *e, const char *variable)
{
	unsigned n = 0;

	while (n < ENVIRONMENT_OWN && e->own[n])
		n++;
	if (n < ENVIRONMENT_OWN)
		e->own[n] = variable;
}

void environment_own_text(struct environment *e, char *buf, size_t cap, const char *name,
                          const char *value)
{
	struct text t;

	text_init(&t, buf, cap);
	text_str(&t, name);
	text_str(&t, value);
	environment_own(e, buf);
}

void environment_own_number(struct environment *e, char *buf, size_t cap, const char *name,
                            int64_t value)
{
	struct text t;

	text_init(&t, buf, cap);
	text_str(&t, name);
	text_i64(&t, value);
	environment_own(e, buf);
}

void words_add(struct words *w, const char *word)
{
	if (w->n < w->room)
		w->at[w->n++] = (char *)(uintptr_t)word; /* execve takes it as it is */
	else
		w->cut = true;
}

void words_add_strings(struct words *w, const char *s, uint32_t n)
{
	for (; n--; s += strlen(s) + 1)
		words_add(w, s);
}

/* Do both set the same variable? */
static bool is_same(const char *line, const char *other)
{
	size_t n = strcspn(other, "=");

	return other[n] && strncmp(line, other, n + 1) == 0;
}

/* Does one of ours have the same name? */
static bool is_own(const struct environment *e, const char *line)
{
	for (unsigned i = 0; i < ENVIRONMENT_OWN && e->own[i]; i++)
		if (is_same(line, e->own[i]))
			return true;
	return false;
}

static bool sets(const char *line, const char *name)
{
	size_t n = strlen(name);

	return strncmp(line, name, n) == 0 && line[n] == '=';
}

static bool sets_one_of(const char *line, const char *const *name)
{
	while (name && *name && !sets(line, *name))
		name++;
	return name && *name;
}

static bool is_dropped(const struct environment *e, const char *line)
{
	return sets_one_of(line, e->dropped) || is_own(e, line);
}

/* What was said to us, and is not true for another process. */
static bool is_ours(const char *line)
{
	static const char *const names[] = {"NOTIFY_SOCKET", "cprofile", NULL};

	return strncmp(line, "LISTEN_", 7) == 0 || strncmp(line, "CINIT_", 6) == 0
	       || sets_one_of(line, names);
}

static bool is_given(const struct environment *e, const char *line)
{
	const char *other = e->lines;

	for (uint32_t i = 0; i < e->n_lines; i++, other += strlen(other) + 1)
		if (is_same(line, other))
			return true;
	return false;
}

static void add_inherited(struct words *w, const struct environment *e)
{
	for (char *const *v = e->inherited; v && *v; v++)
		if (!is_ours(*v) && !is_dropped(e, *v) && !is_given(e, *v)
		    && !(e->login && sets_one_of(*v, login_names)))
			words_add(w, *v);
}

unsigned environment_login_given(const char *lines, uint32_t n)
{
	unsigned given = 0;

	for (; n--; lines += strlen(lines) + 1)
		for (unsigned i = 0; i < LOGIN_N; i++)
			if (sets(lines, login_names[i]))
				given |= 1u << i;
	return given;
}

/* Room for what is known later. */
static void add_login(struct words *w, const struct environment *e)
{
	w->login = w->at + w->n;
	w->login_given = environment_login_given(e->lines, e->n_lines);
	for (unsigned i = 0; i < LOGIN_N; i++)
		words_add(w, NULL);
}

void words_add_environment(struct words *w, const struct environment *e)
{
	const char *line = e->lines;

	add_inherited(w, e);
	for (uint32_t i = 0; i < e->n_lines; i++, line += strlen(line) + 1)
		if (!is_dropped(e, line))
			words_add(w, line);
	for (unsigned i = 0; i < ENVIRONMENT_OWN && e->own[i]; i++)
		words_add(w, e->own[i]);
	if (e->login)
		add_login(w, e);
	words_add(w, NULL);
}
