/* program.c - would exec take it?  Looks where exec looks: the file, its mode,
 * its first bytes, the interpreter that these name. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/check/check.h"

#define HEAD_MAX 256 /* bytes of a file in which Linux looks for a #! line */

struct subject {
	struct tally *t;
	char path[PATH_MAX + 512]; /* of `on` */
	char target[PATH_MAX];     /* the text of the link, or "" */
	int error;                 /* what exec says */
};

static void complain(struct subject *s, int error, const char *what, const char *why)
{
	s->error = error;
	if (s->t)
		tally_add(s->t, FINDING_ERROR, s->path, what, why);
}

/* Why the file at this path cannot be executed, as far as its row tells; or NULL. */
static const char *judge_file(const char *path, int *error)
{
	struct stat st;

	*error = EACCES;
	if (stat(path, &st) < 0) {
		*error = errno;
		return strerror(errno);
	}
	if (S_ISDIR(st.st_mode))
		return "is a directory";
	if (!S_ISREG(st.st_mode))
		return "is not a file";
	return st.st_mode & 0111 ? NULL : "is not executable";
}

static void judge_interpreter(struct subject *s, const char *interpreter)
{
	char path[PATH_MAX], what[PATH_MAX + 32];
	struct text t;
	const char *why;
	size_t n = strlen(interpreter);
	int error;

	text_init(&t, path, sizeof path);
	if (*interpreter != '/')
		text_char(&t, '/'); /* the working directory of a service */
	text_str(&t, interpreter);
	why = judge_file(path, &error);
	if (!why)
		return;
	if (n && interpreter[n - 1] == '\r')
		why = "the #! line ends with a carriage return";
	text_init(&t, what, sizeof what);
	text_str(&t, "interpreter ");
	text_str(&t, interpreter);
	complain(s, error, what, why);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* `head` holds the first n bytes of a script; it is written to. */
static void judge_script(struct subject *s, char *head, size_t n)
{
	char *nl = memchr(head, '\n', n);
	size_t end = nl ? (size_t)(nl - head) : n, from = 2, to;

	while (from < end && is_blank(head[from]))
		from++;
	for (to = from; to < end && head[to] && !is_blank(head[to]);)
		to++;
	if (to == from) {
		complain(s, ENOEXEC, "", "its #! line names no interpreter");
	} else if (to == HEAD_MAX) {
		complain(s, ENOEXEC, "", "its #! line is longer than " LIMIT_TEXT(HEAD_MAX) " bytes");
	} else {
		head[to] = '\0';
		judge_interpreter(s, head + from);
	}
}

static void judge_content(struct subject *s, int fd)
{
	char head[HEAD_MAX + 1], interpreter[PATH_MAX];
	ssize_t n = pread(fd, head, HEAD_MAX, 0);

	if (n < 0)
		return;
	if (n >= 2 && memcmp(head, "#!", 2) == 0)
		judge_script(s, head, (size_t)n);
	else if (n < 4 || memcmp(head, "\177ELF", 4) != 0)
		complain(s, ENOEXEC, s->target, "neither an ELF program nor a script that begins with #!");
	else if (elf_interpreter(fd, interpreter, sizeof interpreter))
		judge_interpreter(s, interpreter);
}

int check_program(struct tally *tally, const char *path, const char *name)
{
	struct subject s = {.t = tally};
	struct text t;
	const char *why;
	ssize_t n;
	int fd, error;

	text_init(&t, s.path, sizeof s.path);
	text_str(&t, path);
	text_char(&t, '/');
	text_str(&t, name);
	n = readlink(s.path, s.target, sizeof s.target - 1);
	s.target[n > 0 ? n : 0] = '\0';
	why = judge_file(s.path, &error);
	if (why) {
		complain(&s, error, s.target, why);
		return s.error;
	}
	fd = open(s.path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return 0; /* may be executed all the same */
	judge_content(&s, fd);
	close(fd);
	return s.error;
}
