/* asking.c - names of programs that ask. */
#include "src/tree/asking.h"

#include <string.h>

static const char *const shells[] = {
	"sh", "ash", "bash", "dash", "ksh", "zsh", "busybox", "sulogin", NULL
};

/* They ask for a password, a name or a decision. */
static const char *const others[] = {
	"login", "su", "passwd", "cryptsetup", "systemd-tty-ask-password-agent", "fsck", "e2fsck",
	"fsck.ext2", "fsck.ext3", "fsck.ext4", NULL
};

static bool is_among(const char *name, const char *const *names)
{
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

/* The last part of the link's text, or NULL where it is a file. */
static const char *program_name(const struct rows *rows)
{
	const char *text = rows_word(rows, ENTRY_ON), *slash = text ? strrchr(text, '/') : NULL;

	return slash ? slash + 1 : text;
}

/* Whatever is said of its standard input counts; a pool's workers ask nobody. */
static bool is_settled(const struct rows *rows)
{
	return rows_find(rows, ENTRY_STDIN) || rows_find(rows, ENTRY_TTY) || rows_find(rows, ENTRY_POOL);
}

static bool is_bare_shell(const struct rows *rows)
{
	const char *name = program_name(rows);

	return name && !is_settled(rows) && !rows_find(rows, ENTRY_ON_PARAMS) && is_among(name, shells);
}

bool asking_shell(const struct rows *rows)
{
	return is_bare_shell(rows) && !rows_find(rows, ENTRY_USER);
}

const char *asking_nobody(const struct rows *rows)
{
	const char *name = program_name(rows);

	if (!name || is_settled(rows) || asking_shell(rows))
		return NULL;
	return is_bare_shell(rows) || is_among(name, others) ? name : NULL;
}
