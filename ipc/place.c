/* place.c - the tree and RUNDIR, from options, environment and user. */
#include "ipc/place.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "ipc/text.h"

static const char *variable(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* base/rest, made absolute. */
static int put(char *buf, size_t cap, const char *base, const char *rest)
{
	struct text t;

	text_init(&t, buf, cap);
	if (*base != '/') {
		if (!getcwd(buf, cap))
			return -1;
		while (buf[t.len])
			t.len++;
		text_char(&t, '/');
	}
	text_str(&t, base);
	text_str(&t, rest);
	if (!t.cut)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

int place_dir(const char *option, char *buf, size_t cap)
{
	const char *xdg = variable("XDG_CONFIG_HOME"), *home = variable("HOME");

	if (!option)
		option = variable("CINIT_DIR");
	if (option)
		return put(buf, cap, option, "");
	if (geteuid() != 0 && xdg)
		return put(buf, cap, xdg, "/cinit");
	if (geteuid() != 0 && home && put(buf, cap, home, "/.config/cinit") == 0
	    && access(buf, F_OK) == 0)
		return 0;
	return put(buf, cap, "/etc/cinit", "");
}

int place_rundir(const char *option, char *buf, size_t cap)
{
	const char *xdg = variable("XDG_RUNTIME_DIR");

	if (!option)
		option = variable("CINIT_RUN");
	if (option)
		return put(buf, cap, option, "");
	if (geteuid() != 0 && xdg)
		return put(buf, cap, xdg, "/cinit");
	return put(buf, cap, "/run/cinit", "");
}
