/* input.c - from `stdin` and `tty` to what a process starts with. */
#include "src/launch/input.h"

#include <string.h>

#include "src/tree/asking.h"

static bool wants_shell_tty(const struct rows *rows, enum terminal t)
{
	return t != TERMINAL_NONE && asking_shell(rows);
}

bool input_is_terminal(const struct rows *rows, enum terminal t)
{
	const char *word = rows_word(rows, ENTRY_STDIN);

	return rows_find(rows, ENTRY_TTY) || (word && strcmp(word, "tty") == 0)
	       || wants_shell_tty(rows, t);
}

/* As far as no terminal is concerned. */
static enum input kind_of(const struct rows *rows)
{
	const char *word = rows_word(rows, ENTRY_STDIN);

	if (word && strcmp(word, "file") == 0)
		return INPUT_FILE;
	return word && strcmp(word, "inherit") == 0 ? INPUT_INHERIT : INPUT_NULL;
}

/* Descriptor 0 is the terminal, unless `stdin` says something else of it. */
static bool reads_terminal(const struct rows *rows)
{
	const char *word = rows_word(rows, ENTRY_STDIN);

	return !word || strcmp(word, "tty") == 0;
}

struct standard_input input_of(const struct rows *rows, enum entry_id program, enum terminal t)
{
	struct standard_input in = {.kind = (uint8_t)kind_of(rows), .steals = t == TERMINAL_CONSOLE};

	if (program != ENTRY_ON || !input_is_terminal(rows, t))
		return in;
	in.opens_tty = rows_word(rows, ENTRY_TTY);
	in.tty = !in.opens_tty;
	if (reads_terminal(rows))
		in.kind = INPUT_INHERIT;
	return in;
}
