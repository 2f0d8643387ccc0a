/* settings.c - carries out what stands in conf/hostname and conf/sysctl.
 *
 * The lines are those of sysctl.conf(5): KEY = VALUE, `#` or `;` begins a comment,
 * a `-` before the key keeps a failure quiet.  In a key that begins with a dot's
 * part, dots separate and slashes stand for dots; otherwise the other way round. */
#include "src/machine/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ipc/text.h"
#include "src/machine/begin.h"
#include "src/shell/console.h"

struct part {
	const char *at;
	size_t n;
};

static struct part trim(const char *s, size_t n)
{
	while (n && (s[0] == ' ' || s[0] == '\t'))
		s++, n--;
	while (n && (s[n - 1] == ' ' || s[n - 1] == '\t' || s[n - 1] == '\r'))
		n--;
	return (struct part){s, n};
}

static char separator(char c, bool dots)
{
	if (dots && (c == '.' || c == '/'))
		return c == '.' ? '/' : '.';
	return c;
}

/* "/proc/sys/KEY"; false where the key leads out of it. */
static bool path_of(struct text *t, struct part key)
{
	const char *slash = memchr(key.at, '/', key.n), *dot = memchr(key.at, '.', key.n);
	bool dots = dot && (!slash || dot < slash);

	text_str(t, "/proc/sys/");
	for (size_t i = 0; i < key.n; i++)
		text_char(t, separator(key.at[i], dots));
	return key.n && !t->cut && !strstr(t->buf, "/../");
}

static int write_value(const char *path, struct part value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NONBLOCK), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, value.at, value.n) < 0)
		err = errno;
	close(fd);
	return err;
}

static void set(const char *line)
{
	const char *is = strchr(line, '=');
	bool quiet = *line == '-';
	struct part key = trim(line + quiet, (size_t)((is ? is : line + strlen(line)) - line) - quiet);
	char path[256];
	struct text t;
	int err;

	text_init(&t, path, sizeof path);
	if (!is || !path_of(&t, key)) {
		say("conf/sysctl", line, "not KEY=VALUE");
		return;
	}
	err = write_value(path, trim(is + 1, strlen(is + 1)));
	if (err && !quiet)
		say_errno("conf/sysctl", path, err);
}

static void set_all(const struct config *c)
{
	const struct value *sysctl = config_value(c, NO_SVC, CONF_SYSCTL);
	const char *line = sysctl ? config_strings(c, sysctl) : "";

	for (uint32_t i = 0; sysctl && i < sysctl->n; i++, line = string_after(line)) {
		const char *at = line + strspn(line, " \t\r");

		if (*at && *at != '#' && *at != ';')
			set(at);
	}
}

void machine_settings(const struct config *c)
{
	const char *name = config_word(c, NO_SVC, CONF_HOSTNAME);

	if (!machine_owns_kernel())
		return;
	if (name && *name && sethostname(name, strlen(name)) < 0)
		say_errno("conf/hostname", name, errno);
	set_all(c);
}
